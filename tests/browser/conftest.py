"""One Chromium for every test of a module; skipped where there is none, unless it is required."""

import os
import shutil
from collections.abc import Iterator
from typing import NoReturn

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.support.report_runs import GUARD

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not path:
        _without("no Chromium found; install one or set CHROMIUM to its path")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        hangs = 1000 * GUARD
        opened = playwright.chromium.launch(executable_path=path, args=arguments, timeout=hangs)
        if not _draws_text(opened):
            opened.close()
            _without("Chromium has no font to draw with; install one, such as fonts-liberation")
        yield opened
        opened.close()


def _without(message: str) -> NoReturn:
    if os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(message)
    pytest.skip(message)


def _draws_text(browser: Browser) -> bool:
    """Without any font a text has no height, and what is waited for never comes to be seen."""
    page = browser.new_page()
    page.set_content("<p>text</p>")
    height = page.evaluate("document.querySelector('p').offsetHeight")
    page.close()
    return bool(height)
