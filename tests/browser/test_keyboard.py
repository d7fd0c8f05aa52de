"""Everything can be reached and used without a mouse."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import marked
from tests.browser.search_box import wait_until_material_has_closed

PAGE = "transformers/why-divide-by-sqrt-dk/"
PHONE = {"width": 360, "height": 640}


def focused(page: Page, expression: str):
    return page.evaluate(f"(() => {{ const element = document.activeElement; return {expression} }})()")


def tab_until(page: Page, condition: str, limit: int = 60) -> int:
    """Presses Tab until the condition holds for the element with the focus; returns how often."""
    for presses in range(1, limit + 1):
        page.keyboard.press("Tab")
        if focused(page, condition):
            return presses
    raise AssertionError(f"{limit} times Tab do not lead to {condition}")


def test_first_stop_skips_to_the_content(page: Page):
    page.goto(PAGE)
    page.keyboard.press("Tab")
    expect(page.locator(".md-skip")).to_be_focused()
    expect(page.locator(".md-skip")).to_have_css("opacity", "1")
    page.keyboard.press("Enter")
    page.wait_for_url("**/#*")
    page.wait_for_timeout(500)  # instant navigation moves the focus some time after the address
    page.keyboard.press("Tab")
    assert focused(page, "element.closest('article') !== null")


def test_search_is_among_the_first_stops(page: Page):
    page.goto(PAGE)
    wait_until_material_has_closed(page)
    assert tab_until(page, "element.name === 'query'") <= 5
    page.keyboard.type("layer norm")
    expect(page.locator(".md-search-result__link").first).to_be_visible()
    page.wait_for_timeout(500)  # the answer to the last letter replaces that to the one before, focus and all
    page.keyboard.press("ArrowDown")
    page.wait_for_function("() => document.activeElement.matches('.md-search-result__link')")
    page.keyboard.press("Escape")
    expect(page.locator(".md-search-result__link").first).not_to_be_in_viewport()


def test_enter_in_a_search_that_has_just_closed_stays_on_the_page(page: Page):
    with marked(page):
        page.goto(PAGE)
    page.locator("[name=query]").fill("softmax")
    page.locator("#__search").evaluate("toggle => { toggle.checked = false }")
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    assert page.evaluate("globalThis.sameDocument")
    assert "?" not in page.url


def test_palette_is_switched_with_enter(page: Page):
    page.emulate_media(color_scheme="dark")
    page.goto(PAGE)
    expect(page.locator("body")).to_have_attribute("data-md-color-scheme", "slate")
    tab_until(page, "element.name === '__palette'", 10)
    page.keyboard.press("Enter")
    expect(page.locator("body")).to_have_attribute("data-md-color-scheme", "default")


def test_every_stop_shows_that_it_has_the_focus(page: Page):
    page.goto(PAGE)
    seen = """(() => {
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1;
    })() || element.matches('[name=query], [name=__palette]')"""  # a caret; an icon that changes its color
    hidden = []
    for _ in range(40):
        page.keyboard.press("Tab")
        if not focused(page, seen):
            hidden.append(focused(page, "element.outerHTML.slice(0, 80)"))
    assert hidden == []


def scroll_with_arrow(page: Page, selector: str) -> None:
    element = page.locator(selector).first
    element.scroll_into_view_if_needed()
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    element.focus()
    expect(element).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("element => element.scrollLeft > 0", arg=element.element_handle())


def test_wide_tables_scroll_with_the_arrow_keys(page: Page):
    page.set_viewport_size(PHONE)
    page.goto(PAGE)
    page.locator("article table").first.scroll_into_view_if_needed()
    page.locator(".md-typeset__scrollwrap[tabindex='0']").first.wait_for()
    scroll_with_arrow(page, ".md-typeset__scrollwrap[tabindex='0']")


def test_wide_code_scrolls_with_the_arrow_keys(page: Page):
    page.set_viewport_size(PHONE)
    page.goto(PAGE)
    page.locator(".highlight code[tabindex='0']").first.wait_for()
    scroll_with_arrow(page, ".highlight code[tabindex='0']")


def test_folded_answers_open_with_enter(page: Page):
    page.goto(PAGE)
    summary = page.locator("article details > summary").first
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.locator("article details").first).to_have_attribute("open", "")
