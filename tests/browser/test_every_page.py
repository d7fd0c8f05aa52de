"""Every page loads whole, asks no other host, fits a phone, passes axe in both palettes: in one visit."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Playwright

from tests.browser.axe import COLORS, RULES, use_palette, violations
from tests.browser.conftest import DESKTOP, LAY_OUT_ALL, new_context, watched
from tests.built_site import Site, addresses

# formulas and images that take no room or have not loaded; folded answers take none
MISSING = """() => [...document.querySelectorAll("article :is(mjx-container, img)")]
  .filter((element) => !element.closest("details:not([open])"))
  .filter((element) => {
    const { width, height } = element.getBoundingClientRect();
    return !width || !height || element.naturalWidth === 0;
  })
  .map((element) => element.dataset.tex ?? element.src)"""
OVERFLOW = "() => document.scrollingElement.scrollWidth - innerWidth"
LOAD_ALL = """() => Promise.all([document.fonts.ready, ...[...document.images].map((image) => {
  image.loading = "eager";
  return image.decode();
})])"""


@pytest.fixture(scope="module")
def tab(
    playwright: Playwright, executable: str, arguments: list[str], site: Site, tmp_path_factory
) -> Iterator[Page]:
    """Of a browser that does nothing else, so that its log holds all that its network was asked for."""
    log = tmp_path_factory.mktemp("network") / "log.json"
    browser = playwright.chromium.launch(
        executable_path=executable, args=[*arguments, f"--log-net-log={log}"]
    )
    with new_context(browser, site) as context:
        page = context.new_page()
        # a color on its way from one palette to the other is neither
        page.emulate_media(reduced_motion="reduce")
        yield page
    browser.close()
    assert asked_hosts(log, site) == {site.host}


def asked_hosts(log: Path, site: Site) -> set[str]:
    events = [event.get("params", {}) for event in json.loads(log.read_text("utf-8"))["events"]]
    origin = f"http://{site.host}"
    # without an initiator are the pages themselves, and what Chromium asks its makers on its own account
    unclear = {event["initiator"] for event in events if "initiator" in event} - {origin, "not an origin"}
    assert unclear == set()
    return {urlsplit(event["url"]).netloc for event in events if event.get("initiator") == origin}


@pytest.fixture(scope="module", params=[*addresses(), "404.html"])
def visited(request: pytest.FixtureRequest, tab: Page, site: Site) -> Iterator[Page]:
    """It adds: no error, no failed request, nothing from another host."""
    tab.emulate_media(color_scheme="light")
    tab.set_viewport_size(DESKTOP)
    with watched(tab, site) as page:
        page.goto(request.param)
        page.add_style_tag(content=LAY_OUT_ALL)
        page.evaluate(LOAD_ALL)
        yield page


def test_everything_is_there_and_fits(visited: Page):
    assert visited.evaluate(MISSING) == []
    assert "\\(" not in visited.locator("article").inner_text()
    for width in (1280, 768, 360, 320):
        visited.set_viewport_size({"width": width, "height": 640})
        assert visited.evaluate(OVERFLOW) <= 0, f"wider than {width} px"


def test_axe_finds_nothing(visited: Page):
    visited.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true })")
    for width, palette, rules in ((1280, "light", RULES), (1280, "dark", COLORS), (360, "dark", RULES)):
        visited.set_viewport_size({"width": width, "height": 800})
        use_palette(visited, palette)
        assert violations(visited, rules) == [], f"{width} px, {palette}"
