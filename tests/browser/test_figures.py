"""Figures in the page: their ground follows the colors that the reader chose, and their room is reserved."""

import io

import pytest
from PIL import Image
from playwright.sync_api import Page, Route

from scripts.figures import colors

PAGE = "transformers/why-layer-norm/"
FIGURE = "img[src$='norm-axes.svg']"


def wait_for_figure(page: Page) -> None:
    page.wait_for_function(
        "image => image.complete && image.naturalWidth > 0", arg=page.locator(FIGURE).element_handle()
    )


def ground(page: Page) -> str:
    """The color of the upper left pixel of the first figure, after it has loaded."""
    figure = page.locator(FIGURE)
    figure.scroll_into_view_if_needed()
    wait_for_figure(page)
    pixels = Image.open(io.BytesIO(figure.screenshot())).convert("RGB")
    return "#{:02x}{:02x}{:02x}".format(*pixels.getpixel((3, 3)))


@pytest.mark.parametrize(("system", "scheme"), [("light", colors.LIGHT), ("dark", colors.DARK)])
def test_figures_follow_the_system(page: Page, system, scheme):
    page.emulate_media(color_scheme=system)
    page.goto(PAGE)
    assert ground(page) == scheme["bg"]


def test_figures_follow_the_choice_against_the_system(page: Page):
    page.goto(PAGE)
    page.evaluate("document.body.setAttribute('data-md-color-scheme', 'slate')")
    assert ground(page) == colors.DARK["bg"]


@pytest.mark.parametrize("width", [1280, 390])
def test_figures_keep_their_room_until_they_have_loaded(own_page: Page, width):
    own_page.set_viewport_size({"width": width, "height": 800})
    held: list[Route] = []
    own_page.route("**/norm-axes.svg", lambda route: held.append(route))
    own_page.goto(PAGE, wait_until="domcontentloaded")
    figure = own_page.locator(FIGURE)
    own_page.wait_for_function("() => document.fonts.status === 'loaded'")
    before = figure.bounding_box()
    assert held
    held.pop().continue_()
    wait_for_figure(own_page)
    after = figure.bounding_box()
    assert (before["width"], before["height"]) == (after["width"], after["height"])
    assert 300 < after["width"] <= min(600, width)
