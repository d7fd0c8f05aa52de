"""One Chromium for all tests; a page that fails its test on any error or any request to another host."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from scripts import chromium
from scripts.static_server import serve
from tests.built_site import Site

Opened = Callable[[str], Page]  # gives the page of an address
DESKTOP = {"width": 1280, "height": 800}
# Chromium lays out what is far below the window when it comes near; what is measured has to be there.
LAY_OUT_ALL = ".md-content__inner > * { content-visibility: visible !important }"


@pytest.fixture(scope="session")
def executable() -> str:
    return chromium.find() or pytest.fail(chromium.MISSING, pytrace=False)


@pytest.fixture(scope="session")
def arguments(site: Site) -> Iterator[list[str]]:
    """With them Chromium finds the site at the address that it was built for, and no other host."""
    with serve(site.folder, site.prefix) as address:
        port = urlsplit(address).port
        host = site.host if ":" in site.host else f"{site.host}:80"
        rules = f"MAP {host} 127.0.0.1:{port}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
        yield [*chromium.QUIET, f"--host-resolver-rules={rules}"]


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The one of the process: a second cannot be started beside it."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright, arguments: list[str], executable: str) -> Iterator[Browser]:
    launched = playwright.chromium.launch(executable_path=executable, args=arguments)
    yield launched
    launched.close()


@contextmanager
def new_context(browser: Browser, site: Site) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=site.address, viewport=DESKTOP, color_scheme="light")
    yield context
    context.close()


@contextmanager
def watched(page: Page, site: Site) -> Iterator[Page]:
    problems: list[str] = []
    handlers = {
        "pageerror": lambda error: problems.append(f"error: {error}"),
        "console": lambda m: m.type == "error" and problems.append(f"console: {m.text}"),
        "requestfailed": lambda request: _note_failure(problems, request),
        "request": lambda request: _note_host(problems, request.url, site),
    }
    for event, handler in handlers.items():
        page.on(event, handler)
    yield page
    for event, handler in handlers.items():
        page.remove_listener(event, handler)
    assert not problems


@contextmanager
def marked(page: Page) -> Iterator[None]:
    """Marks the document that is opened within as the one that stays when a link is followed.

    Material sees to that once it knows all pages.
    """
    with page.expect_request_finished(lambda request: request.url.endswith("/sitemap.xml")):
        yield
    page.evaluate("globalThis.sameDocument = true")


@pytest.fixture(scope="module")
def opened(browser: Browser, site: Site) -> Iterator[Opened]:
    """Gives a page that many tests of a file look at, or set anew each; it is loaded once."""
    with new_context(browser, site) as context, ExitStack() as stack:

        @cache
        def open_once(address: str) -> Page:
            page = stack.enter_context(watched(context.new_page(), site))
            page.goto(address)
            return page

        yield open_once


@pytest.fixture(scope="module")
def tab(browser: Browser, site: Site) -> Iterator[Page]:
    with new_context(browser, site) as context:
        yield context.new_page()


@pytest.fixture
def page(tab: Page, site: Site) -> Iterator[Page]:
    """The tab of the tests before, with nothing stored, light and wide: a window costs as much again.

    Addresses are relative to the home page: page.goto("transformers/").
    """
    tools = tab.context.new_cdp_session(tab)
    tools.send("Storage.clearDataForOrigin", {"origin": f"http://{site.host}", "storageTypes": "all"})
    tools.detach()
    tab.emulate_media(color_scheme="light", reduced_motion="no-preference")
    tab.set_viewport_size(DESKTOP)
    with watched(tab, site):
        yield tab
    tab.goto("about:blank")


@pytest.fixture
def context(browser: Browser, site: Site) -> Iterator[BrowserContext]:
    with new_context(browser, site) as context:
        yield context


@pytest.fixture
def own_page(context: BrowserContext, site: Site) -> Iterator[Page]:
    """A window for one test, which changes what a tab keeps: clock, routes, scripts, what it has loaded."""
    with watched(context.new_page(), site) as page:
        yield page


def _note_failure(problems: list[str], request) -> None:
    if request.failure != "net::ERR_ABORTED":  # what a navigation interrupts, its successor loads
        problems.append(f"failed: {request.url} {request.failure}")


def _note_host(problems: list[str], url: str, site: Site) -> None:
    parts = urlsplit(url)
    if parts.scheme in ("http", "https") and parts.netloc != site.host:
        problems.append(f"request to another host: {url}")
