"""The site kept for reading offline: when asked for, all of it or nothing, never two versions at once."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from scripts import chromium
from scripts.finish import built_pages, offline
from scripts.static_server import serve
from tests.browser.conftest import DESKTOP
from tests.browser.search_box import search
from tests.built_site import Site

TAKE_ALONG = "study/take-along/"
SCALING = "transformers/why-divide-by-sqrt-dk/"
KEPT = """async () => ({
  caches: (await caches.keys()).sort(),
  workers: (await navigator.serviceWorker.getRegistrations()).length,
})"""
NOTHING = {"caches": [], "workers": 0}
# the version of a document, and that of what it loads when it asks now
VERSIONS = """async () => {
  const sheet = document.querySelector("link[href*='content.css']").href;
  return [document.querySelector("meta[name=build]").content, (await (await fetch(sheet)).text()).slice(-1)];
}"""

FAILS = """() => {
  navigator.serviceWorker.addEventListener("message", ({ data }) => {
    if (data.offline?.failed) document.documentElement.dataset.failed = data.offline.failed;
  });
}"""


class Host:
    """A web server whose site is put there, replaced, broken and taken away."""

    def __init__(self, folder: Path, site: Site) -> None:
        self.folder, self.site = folder, site

    def publish(self, version: int) -> None:
        """The site as if it had been built anew: every page and style sheet is another one."""
        built = self.folder.with_name(f"version-{version}")
        if not built.exists():
            self._build(built, version)
        self.take_down()
        shutil.copytree(built, self.folder, dirs_exist_ok=True)

    def _build(self, folder: Path, version: int) -> None:
        # the pictures for other sites are many, and nothing here asks for them
        leave = shutil.ignore_patterns("cards", "downloads", "*.md")
        shutil.copytree(self.site.folder, folder, ignore=leave)
        mark = f'<meta name="build" content="{version}"></head>'
        built_pages.rewrite(folder, lambda text: text.replace("</head>", mark, 1))
        built_pages.rewrite(folder, lambda text: f"{text}\n/* */{version}", "**/*.css")
        offline.run(folder)

    def take_down(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()


@pytest.fixture(scope="module")
def host(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Host:
    return Host(tmp_path_factory.mktemp("host") / "site", site)


@pytest.fixture(scope="module")
def own_browser(host: Host, site: Site, playwright: Playwright, executable: str) -> Iterator[Browser]:
    host.publish(1)
    with serve(host.folder, site.prefix) as address:
        rules = f"MAP {site.host}:80 127.0.0.1:{urlsplit(address).port}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
        arguments = [*chromium.QUIET, f"--host-resolver-rules={rules}"]
        launched = playwright.chromium.launch(executable_path=executable, args=arguments)
        yield launched
        launched.close()


@pytest.fixture
def context(own_browser: Browser, host: Host, site: Site) -> Iterator[BrowserContext]:
    host.publish(1)
    context = own_browser.new_context(base_url=site.address, viewport=DESKTOP)
    yield context
    context.close()


def keep(page: Page) -> None:
    page.goto(TAKE_ALONG)
    button = page.get_by_role("button", name="Keep this site for reading offline")
    button.scroll_into_view_if_needed()
    button.click()


def kept(page: Page) -> None:
    keep(page)
    expect(page.get_by_role("status").filter(has_text="Kept:")).to_be_visible(timeout=60_000)


def test_all_pages_and_the_search_work_without_a_network(context: BrowserContext, host: Host, site: Site):
    page = context.new_page()
    page.goto(TAKE_ALONG)
    assert page.evaluate(KEPT) == NOTHING
    kept(page)
    host.take_down()
    context.set_offline(True)
    # the tab in which the reader has asked, by instant navigation
    page.locator("nav.md-tabs").get_by_role("link", name="Attention").click()
    expect(page.locator("main h1")).to_have_text(re.compile("Attention"))
    failed: list[str] = []
    page.on("requestfailed", lambda r: r.failure != "net::ERR_ABORTED" and failed.append(r.url))
    page.on("response", lambda r: r.status >= 400 and failed.append(r.url))
    page.on("console", lambda m: m.type == "error" and failed.append(m.text))
    for path in site.pages():
        assert page.goto(path).from_service_worker, path
        expect(page.locator("main h1")).to_have_count(1)
        assert page.evaluate("[...document.images].every((i) => i.loading === 'lazy' || i.naturalWidth > 0)")
    page.goto("calculators/kv-cache/?model=x")
    expect(page.locator("kv-cache-calculator").get_by_role("combobox").first).to_be_visible()
    search(page, "flash attention")
    page.locator(".md-search-result__link").filter(has_text="How does FlashAttention work?").first.click()
    expect(page.locator("main h1")).to_contain_text("FlashAttention")
    assert failed == []


def test_it_is_removed_when_the_reader_says_so(context: BrowserContext, host: Host):
    page = context.new_page()
    kept(page)
    assert page.evaluate(KEPT)["workers"] == 1
    page.reload()
    page.get_by_role("button", name="Remove it from this browser").click()
    expect(page.get_by_role("status").filter(has_text="Not kept.")).to_be_visible()
    page.goto(SCALING)
    assert page.evaluate(KEPT) == NOTHING
    host.publish(2)
    assert context.new_page().goto("transformers/?new").from_service_worker is False


def test_a_new_version_never_mixes_with_the_old_one(context: BrowserContext, host: Host):
    reading, other = context.new_page(), context.new_page()
    kept(other)
    reading.goto(SCALING)
    before = set(reading.evaluate(KEPT)["caches"])
    host.publish(2)
    other.goto("transformers/")  # still the old version; the browser looks for a new worker
    note = reading.locator(".offline-note")
    expect(note.get_by_role("status")).to_have_text("A new version of the site is ready.", timeout=60_000)
    assert reading.evaluate(VERSIONS) == ["1", "1"]
    assert other.evaluate(VERSIONS) == ["1", "1"]
    reading.locator("nav.md-tabs").get_by_role("link", name="Attention").click()
    expect(reading.locator("main h1")).to_have_text(re.compile("Attention"))
    assert reading.evaluate(VERSIONS) == ["1", "1"]
    opened = context.new_page()
    opened.goto(SCALING)
    assert opened.evaluate(VERSIONS) == ["2", "2"]
    note.get_by_role("button", name="Reload").click()
    expect(note).to_have_count(0)
    reading.wait_for_load_state()
    assert reading.evaluate(VERSIONS) == ["2", "2"]
    other.close()
    after = before
    for path in (
        "glossary/",
        "notation/",
        "privacy/",
        "errata/",
    ):  # each looks whether somebody reads the old one
        reading.goto(path)
        reading.wait_for_timeout(300)
        after = set(reading.evaluate(KEPT)["caches"])
        if len(after) == 2:
            break
    assert len(after) == len(before) == 2
    assert len(after & before) == 1  # which page reads which version
    host.take_down()
    context.set_offline(True)
    reading.goto("notation/")
    assert reading.evaluate(VERSIONS) == ["2", "2"]


@pytest.mark.parametrize("damage", ["missing", "of another version"])
def test_a_failed_download_leaves_nothing(context: BrowserContext, host: Host, damage: str):
    page = context.new_page()
    victim = host.folder / "assets/stylesheets/content.css"
    whole = victim.read_bytes()
    victim.unlink()
    if damage == "of another version":
        victim.write_bytes(whole + b" ")
    keep(page)
    expect(page.get_by_role("status").filter(has_text="none is kept")).to_be_visible(timeout=60_000)
    assert page.evaluate(KEPT) == NOTHING
    victim.write_bytes(whole)
    page.get_by_role("button", name="Keep this site for reading offline").click()
    expect(page.get_by_role("status").filter(has_text="Kept:")).to_be_visible(timeout=60_000)


def test_a_failed_update_leaves_what_was_there(context: BrowserContext, host: Host):
    page = context.new_page()
    kept(page)
    before = page.evaluate(KEPT)
    host.publish(2)
    (host.folder / "glossary/index.html").unlink()
    page.goto(SCALING)
    page.evaluate(FAILS)
    expect(page.locator("html[data-failed]")).to_have_count(1, timeout=60_000)
    page.wait_for_function("() => navigator.serviceWorker.ready.then((r) => !r.installing)", timeout=60_000)
    assert page.evaluate(KEPT) == before
    page.goto("glossary/")
    assert page.evaluate(VERSIONS) == ["1", "1"]
