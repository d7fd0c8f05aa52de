"""The reader's choice of colors: the system's, light, dark; it holds on every page and after a reload."""

import json

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.built_site import ROOT, Site

GROUNDS = {
    name: colors["background"]
    for name, colors in json.loads((ROOT / "scripts/figures/palette.json").read_text("utf-8")).items()
}


def expect_ground(page: Page, name: str) -> None:
    red, green, blue = bytes.fromhex(GROUNDS[name].removeprefix("#"))
    expect(page.locator("body")).to_have_css("background-color", f"rgb({red}, {green}, {blue})")


def switch(page: Page) -> None:
    page.locator("header label[for^=__palette]:visible").click()


@pytest.mark.parametrize("system", GROUNDS)
def test_colors_follow_the_system(page: Page, system: str):
    page.emulate_media(color_scheme=system)
    page.goto("")
    expect_ground(page, system)


def test_choice_goes_round_and_holds(page: Page):
    page.emulate_media(color_scheme="dark")
    page.goto("")
    expect_ground(page, "dark")
    switch(page)
    expect_ground(page, "light")
    page.reload()
    expect_ground(page, "light")
    page.locator("article").get_by_role("link", name="Why divide by √d_k?").click()
    expect(page.locator("main h1")).to_contain_text("Why divide")
    expect_ground(page, "light")
    switch(page)
    expect_ground(page, "dark")
    page.emulate_media(color_scheme="light")
    expect_ground(page, "dark")
    switch(page)
    expect_ground(page, "light")


def test_choice_reaches_what_the_browser_draws(page: Page):
    """Scroll bars, and the figures: they are files of their own that ask for the color scheme of the page."""
    page.goto("")
    switch(page)  # from the system's colors to light
    switch(page)
    expect_ground(page, "dark")
    expect(page.locator("body")).to_have_css("color-scheme", "dark")
    # the window's bars are drawn as the root is, whose system colors tell how: Material sets a <meta>
    page.add_style_tag(content="html { background-color: Canvas }")
    expect(page.locator("html")).to_have_css("background-color", "rgb(18, 18, 18)")
    switch(page)  # the system's, which is light
    expect_ground(page, "light")
    expect(page.locator("html")).to_have_css("background-color", "rgb(255, 255, 255)")


def test_paper_is_light(browser: Browser, site: Site):
    context = browser.new_context(base_url=site.address, color_scheme="dark")
    page = context.new_page()
    page.goto("transformers/why-divide-by-sqrt-dk/")
    expect_ground(page, "dark")
    page.emulate_media(media="print")
    expect_ground(page, "light")
    expect(page.locator("article img").first).to_have_css("color-scheme", "light")
    answer = page.locator("article details p").first
    assert answer.bounding_box()["height"] > 10, "answers are unfolded on paper"
    context.close()
