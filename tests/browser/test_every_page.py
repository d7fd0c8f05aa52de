"""Every page loads as a whole, fits a phone, and passes axe in both palettes; one visit serves for all."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.axe import COLORS, RULES, use_palette, violations
from tests.browser.conftest import LAY_OUT_ALL, new_context, watched
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
LOAD_ALL = "() => document.querySelectorAll('img').forEach((image) => { image.loading = 'eager' })"


@pytest.fixture(scope="module", params=[*addresses(), "404.html"])
def visited(request: pytest.FixtureRequest, browser: Browser, site: Site) -> Iterator[Page]:
    """It adds: no error, no failed request, nothing from another host."""
    with new_context(browser, site) as context, watched(context, site) as page:
        page.emulate_media(
            reduced_motion="reduce"
        )  # a color on its way from one palette to the other is neither
        page.goto(request.param)
        page.add_style_tag(content=LAY_OUT_ALL)
        page.evaluate(LOAD_ALL)
        page.wait_for_load_state("networkidle")
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
