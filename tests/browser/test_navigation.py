"""Instant navigation puts the next page in the place of the first, and everything still works there."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import marked
from tests.browser.search_box import open_search
from tests.built_site import Site

START = "transformers/"
SCALING = "transformers/why-divide-by-sqrt-dk/"


@pytest.fixture
def second_page(page: Page, site: Site) -> Page:
    """A page with formulas, code, tables and a figure, come to by a click."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.address)
    with marked(page):
        page.goto(START)
    page.locator("article").get_by_role("link", name="Why divide by √d_k?").click()
    page.wait_for_url(f"**/{SCALING}")
    expect(page.locator("main h1")).to_contain_text("Why divide by √d_k?")
    yield page
    assert page.evaluate("globalThis.sameDocument"), (
        "the page was loaded anew: does the address match site_url?"
    )


def test_formulas_are_styled(second_page: Page):
    formula = second_page.locator("article mjx-container[display]").first
    second_page.wait_for_function("() => document.fonts.status === 'loaded'")
    assert formula.locator("mjx-c").first.evaluate("c => getComputedStyle(c).fontFamily").startswith("MJX")
    assert formula.bounding_box()["height"] > 15


def test_head_names_the_new_page(second_page: Page, site: Site):
    assert second_page.title().startswith("Why divide by √d_k?")
    canonical = second_page.locator("link[rel=canonical]").get_attribute("href")
    assert canonical == site.address + SCALING


def test_code_is_copied(second_page: Page):
    block = second_page.locator(".highlight:not(:has(.filename))").first
    block.scroll_into_view_if_needed()
    block.locator("[data-md-type=copy]").click()
    copied = second_page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("from llm_questions.saturation import sample_saturation\n")


def test_wide_tables_are_stops_of_the_tab_key(second_page: Page):
    second_page.set_viewport_size({"width": 360, "height": 640})
    second_page.locator("article table").first.scroll_into_view_if_needed()
    table = second_page.locator(".md-typeset__scrollwrap[tabindex='0']").first
    expect(table).to_have_attribute("role", "group")
    second_page.set_viewport_size({"width": 1280, "height": 800})
    expect(second_page.locator(".md-typeset__scrollwrap[tabindex]")).to_have_count(0)


def test_search_leads_on(second_page: Page):
    open_search(second_page)
    second_page.keyboard.type("rotary position embedding")
    first = second_page.locator(".md-search-result__link").first
    expect(first).to_have_attribute("href", re.compile(r"/rope/\?h=rotary\+position\+embedding$"))
    first.click()
    second_page.wait_for_url("**/positional-encoding/rope/**")
    expect(second_page.locator("main h1")).to_contain_text("RoPE")


def test_back_leads_back(second_page: Page):
    second_page.go_back()
    expect(second_page.locator("main h1")).to_contain_text("Transformers")


def test_folded_answers_open(second_page: Page):
    details = second_page.locator("article details").first
    details.locator("summary").click()
    expect(details.locator("p").first).to_be_visible()


def test_links_into_folded_or_far_sections_arrive(second_page: Page):
    second_page.locator(".md-sidebar--secondary").get_by_role("link", name="References").click()
    expect(second_page.locator("#references")).to_be_in_viewport()
