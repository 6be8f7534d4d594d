"""Voila shows notebooks 00 and 06 as they are: their prose, their controls, no error."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support import report_runs
from tests.support.places import REPOSITORY

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.skipif(
        not find_spec("voila"), reason="without Voila: pip install -e .[voila] brings it"
    ),
]


@pytest.fixture(scope="module")
def voila(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Voila on a copy of the notebooks; the address of a notebook in it."""
    home = tmp_path_factory.mktemp("voila")
    shutil.copytree(REPOSITORY / "notebooks", home / "notebooks")
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


@pytest.mark.parametrize(
    ("notebook", "label", "twin"),
    [
        ("00_start", "Private gateway", "Questions, those first"),
        ("06_decision", "Named weights", "Move the weights"),
    ],
)
def test_voila_shows_the_notebook_with_its_controls(
    browser: Browser, voila: str, notebook: str, label: str, twin: str
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    context.set_default_timeout(1000 * report_runs.GUARD)
    page = context.new_page()
    page.goto(voila.format(notebook))
    page.get_by_label(label).first.wait_for()
    assert page.locator("h1").count() == 1
    assert page.locator(".jp-RenderedText[data-mime-type*=stderr], .jp-Error").count() == 0
    assert "Traceback" not in page.inner_text("body")
    assert page.locator(".static-twin").count() and not page.locator(".static-twin:visible").count()
    if shots := os.environ.get("APIM_AKS_SCREENSHOTS"):
        page.screenshot(path=str(Path(shots) / f"voila-{notebook}.png"), full_page=True)
    context.close()
