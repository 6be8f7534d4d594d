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
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route

from apim_aks.options import OPTIONS
from apim_aks.page import document, markdown, single_file
from apim_aks.page.portfolio import portfolio_page
from apim_aks.portfolio.assessment import State, stopped
from apim_aks.portfolio.together import together
from tests.support import report_runs
from tests.support.places import REPOSITORY
from tests.support.portfolios import GOOD, rows
from tests.support.series import SEED, combined

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

SCREEN, TELEPHONE, HEIGHT = 1280, 390, 900
"""Widths, and the height of a screen, in pixels."""
MAKEFILE = REPOSITORY / "Makefile"
LOOKED_AT = ("index", "06_", "reachability", "glossary", "report")
"""Pages that axe looks at in `make test`, one of each make; in `make proof` at all, unfolded."""
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
    """What one visit to every page has shown, by file; `scroll` by width and file."""

    wrong: list[str]
    scroll: dict[tuple[int, str], int]
    screens: dict[str, float]
    findings: dict[str, list[str]]
    sideways: dict[str, list[str]]


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All pages in one file, as `report --single-file` writes it."""
    texts = {p.name: (p.name, p.read_text(encoding="utf-8")) for p in pages()}
    file = tmp_path_factory.mktemp("single") / "report.html"
    first = {"index.html": texts.pop("index.html")}
    file.write_text(single_file({**first, **texts}, "reachability.css"), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def seen(browser: Browser, single: Path) -> Seen:
    """Each page is read once, on a screen that then becomes as narrow as a telephone."""
    axe = Axe()
    with shut(browser, SCREEN) as (page, wrong):
        found = Seen(wrong, {}, {}, {}, {})
        for file in (*pages(), single):
            name = file.name
            page.set_viewport_size({"width": SCREEN, "height": HEIGHT})
            page.goto(file.as_uri())
            found.screens[name] = page.evaluate("document.documentElement.scrollHeight") / HEIGHT
            for width in (SCREEN, TELEPHONE):
                page.set_viewport_size({"width": width, "height": HEIGHT})
                page.wait_for_function("w => window.innerWidth === w", arg=width)
                found.scroll[width, name] = page.evaluate("document.documentElement.scrollWidth")
            found.sideways[name] = page.evaluate(_SIDEWAYS) if file != single else []
            found.findings[name] = page.evaluate(_TWICE)
            page.set_viewport_size({"width": SCREEN, "height": HEIGHT})
            if not SEED:
                page.evaluate(_UNFOLDED)
            looked_at = SEED or name.startswith(LOOKED_AT)
            broken = axe.run(page, options=_AXE).response["violations"] if looked_at else []
            found.findings[name] += [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in broken]
    assert len(found.sideways) == 13
    return found


def test_pages_need_no_network_and_fit_the_screen(seen: Seen) -> None:
    assert seen.wrong == []
    assert {at: wide for at, wide in seen.scroll.items() if wide > at[0]} == {}


def test_a_page_is_read_and_not_scrolled_for_long(seen: Seen) -> None:
    """The first page takes six screens at most, any other twelve."""
    most = {name: 6 if name == "index.html" else 12 for name in seen.screens}
    assert {n: s for n, s in seen.screens.items() if s > most[n]} == {}


def test_no_table_scrolls_sideways_on_a_telephone(seen: Seen) -> None:
    """Folded ones included: wide rows are cards there."""
    assert {name: tables for name, tables in seen.sideways.items() if tables} == {}


def test_nothing_is_found_that_keeps_somebody_out(seen: Seen) -> None:
    """By axe, and by ids and links that lead nowhere."""
    assert {name: found for name, found in seen.findings.items() if found} == {}


_AXE = {"resultTypes": ["violations"], "preload": False}
_SIDEWAYS = """() => {
  document.querySelectorAll('details').forEach(e => { e.open = true; });
  return [...document.querySelectorAll('.scroll')]
    .filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.getAttribute('aria-label'));
}"""
_TWICE = """() => {
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  const places = new Set(ids);
  const found = ids.filter((id, i) => ids.indexOf(id) !== i).map(id => `id ${id} twice`);
  const lost = [...document.querySelectorAll('a[href^="#"]')].map(a => a.hash.slice(1))
    .filter(id => id && !places.has(id) && !places.has(decodeURIComponent(id)));
  return [...found, ...lost.map(id => `a link to ${id}, which is not there`)];
}"""
# What is folded has the same parts as what is not; passing over all of it takes minutes.
_UNFOLDED = """() => document.querySelectorAll('main details > :not(summary)')
  .forEach(e => e.remove())"""


def test_cards_are_still_a_table_to_those_who_hear_it(browser: Browser) -> None:
    with shut(browser, 390) as (page, _):
        page.goto(page_of("index"))
        table = page.get_by_role("table", name="The options, counted on this workload")
        assert table.get_by_role("columnheader").count() > 5
        row = table.get_by_role("row").filter(has_text="Public endpoints of the cluster")
        assert row.get_by_role("rowheader").count() == 1
        assert row.get_by_role("cell").count() == len(OPTIONS)


def test_paper_has_what_matters_and_the_record_takes_three_sheets(
    browser: Browser, tmp_path: Path
) -> None:
    """What is folded on a screen cannot be opened on paper; file names fill no sheets."""
    record = report_runs.report("contoso-retail").folder / "decision.md"
    with shut(browser, 718) as (page, _):
        page.goto(page_of("index"))
        assert sheets(page) <= 14
        page.emulate_media(media="print")
        assert page.locator("#pictures ~ details figure").first.is_visible()
        assert not page.locator("#artefacts ~ details ul").first.is_visible()
        assert not page.locator(".contents").is_visible()
        for heading in page.locator("h2").all():
            assert heading.evaluate("e => getComputedStyle(e).breakAfter") == "avoid"
        body = f'<div class="workbook">{markdown(record.read_text(encoding="utf-8"))}</div>'
        file = tmp_path / "record.html"
        file.write_text(document("Decision", body), encoding="utf-8")
        page.goto(file.as_uri())
        assert 1 < sheets(page) <= 3


def sheets(page: Page) -> int:
    """How many sheets of A4 the page takes."""
    edge = dict.fromkeys(("top", "right", "bottom", "left"), "18mm")
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4", margin=edge)))


def test_one_switch_shows_the_code_and_an_address_opens_what_it_names(browser: Browser) -> None:
    with shut(browser, SCREEN) as (page, wrong):
        page.goto(page_of("02_") + "#table-services-of-this-workload")
        assert page.get_by_role("table", name="Services of this workload").is_visible()
        code = page.locator("details.code pre").first
        assert not code.is_visible()
        page.get_by_role("button", name="Show code").click()
        assert code.is_visible()
        assert wrong == []


def test_search_finds_what_is_folded_on_another_page(browser: Browser) -> None:
    with shut(browser, SCREEN) as (page, wrong):
        page.goto(page_of("index"))
        page.get_by_role("searchbox").fill("callers inside the cluster")
        place = page.locator(".found a").first.get_attribute("href") or ""
        assert "#table-callers-inside-the-cluster" in place
        page.goto(page_of("index").replace("index.html", place))
        assert page.get_by_role("table", name="Callers inside the cluster").is_visible()
        assert wrong == []


def test_a_reviewer_walks_from_the_index_through_every_page(browser: Browser) -> None:
    with shut(browser, 1280) as (page, wrong):
        page.goto(page_of("index"))
        seen = [page.title()]
        page.locator(".chapters a[href^='reachability']").first.click()
        seen.append(page.title())
        page.locator("nav a[href='index.html']").first.click()
        page.locator(".chapters a[href^='callers']").first.click()
        seen.append(page.title())
        page.locator("nav a[href='glossary.html']").first.click()
        seen.append(page.title())
        page.locator("nav a[href='index.html']").first.click()
        page.locator(".chapters a[href^='00_']").first.click()
        seen.append(page.title())
        while page.locator("a[rel=next]").count():
            page.locator("a[rel=next]").first.click()
            seen.append(page.title())
    assert wrong == []
    assert len(set(seen)) == len(pages())


def test_a_portfolio_is_searched_by_keyboard_and_fits_a_telephone(
    browser: Browser, tmp_path: Path
) -> None:
    late = stopped(State.TIME, "It took too long.")
    many = {f"w{n}": replace(GOOD, networks=()) for n in range(3)}
    file = tmp_path / "index.html"
    file.write_text(portfolio_page(together(rows(late=late, **many))), encoding="utf-8")
    with shut(browser, SCREEN) as (page, wrong):
        page.goto(file.as_uri())
        page.get_by_label("Search workloads").press_sequentially("W1")
        assert page.inner_text("[data-told]") == "1 of 4 workloads shown."
        page.keyboard.press("Tab")
        page.keyboard.type("not ass")
        assert page.inner_text("[data-told]") == "0 of 4 workloads shown."
        page.get_by_text("Show all").press("Enter")
        page.wait_for_function("document.querySelector('[data-told]').textContent[0] === '4'")
        page.set_viewport_size({"width": TELEPHONE, "height": HEIGHT})
        page.evaluate(_UNFOLDED)
        assert page.evaluate("document.documentElement.scrollWidth") == TELEPHONE
        assert page.evaluate(_SIDEWAYS) == []
        broken = Axe().run(page, options=_AXE).response["violations"]
        assert [v["id"] for v in broken] == page.evaluate(_TWICE) == wrong == []


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
