"""axe-core finds nothing in what opens over a page; test_every_page.py has the pages themselves."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import SCHEMES, use_palette, violations
from tests.browser.search_box import open_search, search, wait_until_material_has_closed


@pytest.fixture
def page(page: Page) -> Page:
    page.emulate_media(reduced_motion="reduce")  # a color on its way from one palette to the other is neither
    return page


def search_with_results(page: Page) -> None:
    search(page, "softmax saturation")


def search_in_vain(page: Page) -> None:
    open_search(page)
    page.keyboard.type("zzqxv")
    expect(page.locator(".no-answer")).to_be_visible()


def point_at_abbreviation(page: Page) -> None:
    page.locator("article abbr").first.hover()
    tooltip = page.locator(".md-tooltip2--active")
    expect(tooltip).to_be_visible()
    # Material appends it to the body; the word that it explains lies in a landmark, which is what counts
    tooltip.evaluate("tooltip => document.querySelector('main').append(tooltip)")


def open_drawer(page: Page) -> None:
    wait_until_material_has_closed(page)
    page.set_viewport_size({"width": 360, "height": 800})
    page.locator("header label[for=__drawer]").click()
    expect(page.get_by_role("link", name="How does FlashAttention work?").first).to_be_in_viewport()


@pytest.mark.parametrize("palette", SCHEMES)
@pytest.mark.parametrize(
    "unfold",
    [search_with_results, search_in_vain, point_at_abbreviation, open_drawer],
    ids=lambda f: f.__name__,
)
def test_axe_finds_nothing_in_what_opens(page: Page, unfold, palette: str):
    page.goto("attention/")
    use_palette(page, palette)
    unfold(page)
    assert violations(page) == []
