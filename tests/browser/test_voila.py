"""Voila shows notebooks 00 and 06 as they are, to anybody: prose, controls, no error."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.support import report_runs
from tests.support.places import REPOSITORY

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

SHOWN = {"00_start": "Private gateway", "06_decision": "Named weights"}
"""Each notebook, with a control that is there once its cells have run."""
AXE = {
    "resultTypes": ["violations"],
    "preload": False,
    # Voila's template lab closes a <main> that it has not opened, and has no setting for one.
    "rules": {"region": {"enabled": False}},
}
NAMELESS = [[".noUi-handle"]]
"""The handle of ipywidgets' slider takes no name; the number beside it has the label."""


@pytest.fixture(scope="module")
def voila(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Voila on a copy of the notebooks and the smallest workload; the address of a notebook."""
    home = tmp_path_factory.mktemp("voila")
    shutil.copytree(REPOSITORY / "notebooks", home / "notebooks")
    (home / ".apim-aks").mkdir()
    (home / ".apim-aks" / "workload").write_text("contoso-orders\n")
    own = {"HOME": str(home), "JUPYTER_RUNTIME_DIR": str(home / "runtime")}
    with socket.create_server(("127.0.0.1", 0)) as free:  # Voila does not say what 0 became
        port = free.getsockname()[1]
    arguments = ["--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1"]
    server = subprocess.Popen(
        [sys.executable, "-m", "voila", *arguments, str(home / "notebooks")],
        env={**os.environ, **own},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stderr
    address = next(filter(None, (re.search(r"http://[^/]+/", line) for line in server.stderr)))
    try:
        yield f"{address[0]}voila/render/{{}}.ipynb"
    finally:
        server.terminate()
        server.communicate(timeout=report_runs.GUARD)


def test_voila_shows_the_notebooks_with_their_controls_to_anybody(
    browser: Browser, voila: str
) -> None:
    """Both are opened before either is waited for, since each waits for a kernel of its own."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    context.set_default_timeout(1000 * report_runs.GUARD)
    pages = {name: context.new_page() for name in SHOWN}
    for name, page in pages.items():
        page.goto(voila.format(name), wait_until="commit")
    for name, page in pages.items():
        page.get_by_label(SHOWN[name]).first.wait_for()
        assert page.locator("h1").count() == 1
        assert page.locator(".jp-RenderedText[data-mime-type*=stderr], .jp-Error").count() == 0
        assert "Traceback" not in page.inner_text("body")
        twin = page.locator(".static-twin")
        assert twin.count() and not page.locator(".static-twin:visible").count()
        broken = Axe().run(page, context={"exclude": NAMELESS}, options=AXE).response["violations"]
        assert [f"{name}, {v['id']}: {v['nodes'][0]['html'][:200]}" for v in broken] == []
        if shots := os.environ.get("APIM_AKS_SCREENSHOTS"):
            page.screenshot(path=str(Path(shots) / f"voila-{name}.png"), full_page=True)
    context.close()
