"""Chromium, where there is one: fixtures that `conftest.py` hands to all tests."""

import shutil

import pytest

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Playwright's context of a fresh Chromium profile."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright, of the test extra")
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(f"needs a browser, one of {BROWSERS}")
    with playwright.sync_playwright() as driver:
        options = {"executable_path": path, "headless": True, "args": FLAGS}
        context = driver.chromium.launch_persistent_context(tmp_path_factory.mktemp("profile"), **options)
        yield context
        context.close()


@pytest.fixture
def tab(browser):
    """Opens a file and fails on errors and on requests for anything but the file itself."""
    said, requests, opened, page = [], [], [], browser.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))

    def open_file(path):
        opened.append(path.as_uri())
        page.goto(opened[-1])
        return page

    yield open_file
    assert said == []
    assert [url for url in requests if not url.startswith("data:")] == opened
    page.close()
