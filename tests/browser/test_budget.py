"""What an interactive part adds to a page: at most 30 KB, as sent, of scripts, styles and data."""

import gzip
import re
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from scripts.pages import address_of
from tests.browser.conftest import new_context
from tests.built_site import ROOT, Site

BUDGET = 30_000  # bytes
PLAIN = "notation/"
PART = re.compile(r'<([a-z]+(?:-[a-z]+)+) data-part="(?:calculator|figure)"')


def parts() -> list[tuple[str, str]]:
    """Addresses, and the last element of each page that has one."""
    found = []
    for path in sorted((ROOT / "docs").rglob("*.md")):
        if elements := PART.findall(path.read_text("utf-8")):
            found.append((address_of(path.relative_to(ROOT / "docs").as_posix()), elements[-1]))
    return found


def sent(page: Page, site: Site, address: str, element: str | None = None) -> dict[str, int]:
    """Bytes with gzip, as servers send them, of each file but pages and pictures."""
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(address)
    if element:
        parts = page.locator(f"[data-part]:not({element})")
        for part in (*parts.all(), page.locator(element).first):
            part.scroll_into_view_if_needed()
            expect(part.locator("form")).to_be_visible()
    page.wait_for_load_state("networkidle")
    paths = {unquote(urlsplit(url).path).removeprefix(site.prefix) for url in requests}
    return {
        path: len(gzip.compress((site.folder / path).read_bytes(), compresslevel=6))
        for path in sorted(paths)
        if path.endswith((".js", ".json", ".css"))
    }


@pytest.fixture(scope="module")
def without(browser: Browser, site: Site) -> dict[str, int]:
    with new_context(browser, site) as context:
        return sent(context.new_page(), site, PLAIN)


@pytest.mark.parametrize(("address", "element"), parts())
def test_a_part_adds_at_most_30_kilobytes(
    own_page: Page, site: Site, without: dict[str, int], address: str, element: str
):
    added = {
        path: size for path, size in sent(own_page, site, address, element).items() if path not in without
    }
    assert any(path.endswith(f"{element}.js") for path in added), "the part was not loaded"
    assert sum(added.values()) <= BUDGET, added
    print(f"{sum(added.values()):>6}", address)
