"""A real browser: JupyterLab with a control that is moved, and the report with the network shut."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route

from apim_aks.options import OPTIONS
from tests.support import report_runs
from tests.support.places import REPOSITORY
from tests.support.series import combined

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

SCREEN, TELEPHONE = 1280, 390
"""Widths in pixels."""
MAKEFILE = REPOSITORY / "Makefile"
LOCAL = ("file:", "data:", "blob:", "about:")


# The report, with the network shut.


def pages() -> list[Path]:
    return sorted(report_runs.report("contoso-retail").folder.glob("*.html"))


def page_of(start: str) -> str:
    """The address of the page whose name begins so."""
    return next(p for p in pages() if p.name.startswith(start)).as_uri()


@contextmanager
def shut(browser: Browser, width: int) -> Iterator[tuple[Page, list[str]]]:
    """A page of this width that reaches files only, and what went wrong on it."""
    wrong: list[str] = []
    context = browser.new_context(viewport={"width": width, "height": 900})

    def only_files(route: Route) -> None:
        if route.request.url.startswith(LOCAL):
            route.continue_()
        else:
            wrong.append(f"asked for {route.request.url}")
            route.abort()

    context.route("**/*", only_files)
    context.set_default_timeout(1000 * report_runs.GUARD)
    page = context.new_page()
    page.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda e: wrong.append(str(e)))
    page.on("requestfailed", lambda r: wrong.append(f"failed: {r.url[:200]}"))
    yield page, wrong
    context.close()


@dataclass
class Seen:
    """What one visit to every page has shown: by width and file, by file on a telephone."""

    wrong: list[str]
    scroll: dict[tuple[int, str], int]
    lacking: dict[tuple[int, str], list[str]]
    sideways: dict[str, list[str]]


@pytest.fixture(scope="module")
def seen(browser: Browser) -> Seen:
    """Each page is read once, on a screen that then becomes as narrow as a telephone."""
    with shut(browser, SCREEN) as (page, wrong):
        found = Seen(wrong, {}, {}, {})
        for file in pages():
            page.set_viewport_size({"width": SCREEN, "height": 900})
            page.goto(file.as_uri())
            for width in (SCREEN, TELEPHONE):
                page.set_viewport_size({"width": width, "height": 900})
                page.wait_for_function("w => window.innerWidth === w", arg=width)
                at = width, file.name
                found.scroll[at] = page.evaluate("document.documentElement.scrollWidth")
                found.lacking[at] = page.evaluate(_LACKING)
            found.sideways[file.name] = page.evaluate(_SIDEWAYS)
    assert len(found.sideways) == 10
    return found


def test_pages_need_no_network_and_fit_the_screen(seen: Seen) -> None:
    assert seen.wrong == []
    assert {at: wide for at, wide in seen.scroll.items() if wide > at[0]} == {}


def test_no_table_scrolls_sideways_on_a_telephone(seen: Seen) -> None:
    """Folded ones included: wide rows are cards there."""
    assert {name: tables for name, tables in seen.sideways.items() if tables} == {}


def test_pages_say_what_pictures_and_tables_are(seen: Seen) -> None:
    assert {at: things for at, things in seen.lacking.items() if things} == {}


_SIDEWAYS = """() => {
  document.querySelectorAll('details').forEach(e => { e.open = true; });
  return [...document.querySelectorAll('.scroll')]
    .filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.getAttribute('aria-label'));
}"""


def test_cards_are_still_a_table_to_those_who_hear_it(browser: Browser) -> None:
    with shut(browser, 390) as (page, _):
        page.goto(page_of("index"))
        table = page.get_by_role("table", name="The options, counted on this workload")
        assert table.get_by_role("columnheader").count() > 5
        row = table.get_by_role("row").filter(has_text="Public endpoints of the cluster")
        assert row.get_by_role("rowheader").count() == 1
        assert row.get_by_role("cell").count() == len(OPTIONS)


def test_paper_shows_folded_tables_and_no_links_to_headings(browser: Browser) -> None:
    """What is folded on a screen cannot be opened on paper."""
    with shut(browser, 718) as (page, _):
        page.goto(page_of("05_"))
        page.emulate_media(media="print")
        folded = page.locator("details:has(> .scroll):not(:has(a[download])) > .scroll").first
        assert folded.is_visible()
        assert not page.locator(".contents").is_visible()


_LACKING = """() => {
  const found = [];
  const bad = (selector, fine) => [...document.querySelectorAll(selector)]
    .filter(e => !fine(e)).forEach(e => found.push(e.outerHTML.slice(0, 120)));
  bad('img', e => e.getAttribute('alt'));
  bad('svg', e => e.parentElement.closest('svg') || e.getAttribute('aria-hidden') === 'true'
    || e.getAttribute('aria-label') || e.getAttribute('aria-labelledby')
    || e.querySelector('title'));
  bad('th', e => ['row', 'col', 'rowgroup', 'colgroup'].includes(e.scope));
  bad('table', e => e.caption || e.getAttribute('aria-label') || e.closest('figure'));
  if (document.querySelectorAll('main').length !== 1) found.push('not one main');
  if (document.querySelectorAll('h1').length !== 1)
    found.push(`${document.querySelectorAll('h1').length} headings of the first level`);
  if (!document.documentElement.lang) found.push('no language');
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  ids.filter((id, i) => ids.indexOf(id) !== i).forEach(id => found.push(`id ${id} twice`));
  return found;
}"""


def test_a_reviewer_walks_from_the_index_through_every_page(browser: Browser) -> None:
    with shut(browser, 1280) as (page, wrong):
        page.goto(page_of("index"))
        seen = [page.title()]
        page.locator("main a[href^='reachability']").first.click()
        seen.append(page.title())
        page.go_back()
        page.locator("main a[href^='00_']").first.click()
        seen.append(page.title())
        while page.locator("a[rel=next]").count():
            page.locator("a[rel=next]").first.click()
            seen.append(page.title())
    assert wrong == []
    assert len(set(seen)) == len(pages())


# JupyterLab.


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """JupyterLab on a copy of the notebooks, with a home of its own."""
    home = tmp_path_factory.mktemp("lab")
    shutil.copytree(REPOSITORY / "notebooks", home / "notebooks")
    settings = home / ".jupyter/lab/user-settings/@jupyterlab/notebook-extension"
    settings.mkdir(parents=True)
    # JupyterLab draws the cells in view only, and the control is further down.
    tracker = settings / "tracker.jupyterlab-settings"
    tracker.write_text('{"windowingMode": "none"}', encoding="utf-8")
    server, port = started(home)
    try:
        yield f"http://127.0.0.1:{port}/{{}}?token=test&reset"
    finally:
        server.terminate()
        server.wait(report_runs.GUARD)


def started(home: Path) -> tuple[subprocess.Popen[bytes], int]:
    """JupyterLab and its port; again where the port was taken before it was bound."""
    arguments = [
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        "--port=0",
        f"--ServerApp.root_dir={home}",
        *re.findall(r"--LabApp.default_url=\S+", MAKEFILE.read_text(encoding="utf-8")),
        "--IdentityProvider.token=test",
        "--LabApp.expose_app_in_browser=True",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.news_url=",
    ]
    own = {"HOME": str(home), "JUPYTER_RUNTIME_DIR": str(home / "runtime")}
    for _ in range(5):
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *arguments],
            env={**os.environ, **own},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        if port := answering(server, home / "runtime" / f"jpserver-{server.pid}.json"):
            return server, port
    pytest.fail("JupyterLab ended at once, five times")


def answering(server: subprocess.Popen[bytes], said: Path) -> int:
    """The port of a server that answers; 0 where it has ended."""
    until = time.monotonic() + report_runs.GUARD
    while time.monotonic() < until and server.poll() is None:
        with suppress(OSError, ValueError):
            port = int(json.loads(said.read_text(encoding="utf-8"))["port"])
            url = f"http://127.0.0.1:{port}/api/status?token=test"
            urllib.request.urlopen(url, timeout=report_runs.GUARD).close()
            return port
        time.sleep(0.2)
    server.kill()
    server.wait()
    return 0


_CONNECTED = """() => {
  const context = window.jupyterapp?.shell?.currentWidget?.sessionContext;
  return context?.isReady && context.session?.kernel?.connectionStatus === 'connected';
}"""


@contextmanager
def opened(browser: Browser, lab: str, notebook: str) -> Iterator[Page]:
    """A notebook in JupyterLab, every cell run."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    context.set_default_timeout(1000 * report_runs.GUARD)
    page = context.new_page()
    page.goto(lab.format(f"lab/tree/notebooks/{notebook}"))
    page.wait_for_function(_CONNECTED)
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")
    page.locator(".jp-OutputArea .widget-label").first.wait_for(state="attached")
    idle = '.jp-Notebook-ExecutionIndicator[data-status="idle"]'
    page.wait_for_selector(idle, state="attached")
    yield page
    context.close()


def test_make_lab_opens_on_notebook_00_with_the_repository_beside_it(
    browser: Browser, lab: str
) -> None:
    page = browser.new_page()
    page.goto(lab.format("").replace("&reset", ""))
    page.wait_for_url("**/lab/tree/notebooks/00_start.ipynb*")
    page.locator("h1", has_text="Which workload, and what must hold?").wait_for()
    page.locator(".jp-BreadCrumbs-home").wait_for()
    assert page.locator(".jp-BreadCrumbs").inner_text().strip("/ \n") == "notebooks"
    page.close()


def moved(page: Page) -> None:
    """The first slider is moved, and the table below it follows."""
    handle = page.locator(".widget-slider .noUi-handle").first
    handle.wait_for(state="attached")
    handle.scroll_into_view_if_needed()
    output = page.locator(".jp-OutputArea-output:has(.widget-slider) table").first
    output.wait_for()
    before = output.inner_text()
    handle.focus()
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "before => document.querySelector("
        "'.jp-OutputArea-output:has(.widget-slider) table').innerText !== before",
        arg=before,
    )


@pytest.mark.parametrize(
    "notebook", combined("06_decision.ipynb", "02_service_mapping.ipynb", "00_start.ipynb")
)
def test_a_moved_control_changes_what_is_shown_and_labels_are_whole(
    browser: Browser, lab: str, notebook: str
) -> None:
    """Labels, buttons and hints, on a wide and on a narrow screen, whichever part is open.

    One test, since JupyterLab and a notebook take long to open.
    """
    cut: set[str] = set()
    with opened(browser, lab, notebook) as page:
        if notebook == "06_decision.ipynb":
            moved(page)
        assert page.locator(_ERRORS).count() == 0
        page.evaluate("() => { window.jupyterapp.shell.collapseLeft() }")
        folds = page.locator(".jp-OutputArea .jupyter-widget-Collapse-header")
        for width in (1200, 400):
            page.set_viewport_size({"width": width, "height": 1000})
            page.wait_for_function("w => document.body.clientWidth === w", arg=width)
            cut |= {f"{width}: {what}" for what in page.evaluate(_CUT)}
            for number in range(1, folds.count()):
                folds.nth(number).click()
                cut |= {f"{width}: {what}" for what in page.evaluate(_CUT)}
            if folds.count():
                folds.first.click()
        seen = page.evaluate(_CONTROLS)
    assert seen > 5
    assert cut == set()


_ERRORS = '.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"]'
_CONTROLS = """() => document.querySelectorAll(
  '.jp-OutputArea .jupyter-widgets .widget-label, .jp-OutputArea .widget-button').length"""

_CUT = """() => {
  const pen = document.createElement('canvas').getContext('2d');
  const room = e => e.clientWidth - parseFloat(getComputedStyle(e).paddingLeft)
    - parseFloat(getComputedStyle(e).paddingRight);
  const wide = (e, text) => {
    pen.font = getComputedStyle(e).font;
    return pen.measureText(text).width;
  };
  const of = selector => [...document.querySelectorAll(selector)]
    .filter(e => e.closest('.jp-OutputArea') && e.clientWidth);
  const titles = '.lm-TabBar-tabLabel, .jupyter-widget-Collapse-header';
  const labels = of(`.widget-label, .widget-button, ${titles}`)
    .filter(e => e.scrollWidth > e.clientWidth).map(e => e.innerText);
  const hints = of('.widget-text input').filter(e => wide(e, e.placeholder) > room(e))
    .map(e => `hint ${e.placeholder}`);
  const flat = of('.widget-dropdown select').filter(e => e.clientHeight < 20)
    .map(e => `flat ${e.value}`);
  return [...labels, ...hints, ...flat];
}"""
