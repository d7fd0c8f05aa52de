"""axe-core finds nothing on any page: WCAG 2.2 AA and best practices, in both palettes, wide and narrow."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LAY_OUT_ALL
from tests.browser.search_box import open_search, search, wait_until_material_has_closed
from tests.built_site import ROOT, addresses

AXE = ROOT / "node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
# What MathJax draws is left out: hidden from screen readers, in the color of the text around it, and so many
# elements that a page would take half a minute. The MathML beside it is looked at.
RUN = """async ([runOnly, rules]) => {
  const options = { runOnly, rules, resultTypes: ["violations"] };
  const { violations } = await axe.run({ exclude: ["mjx-math"] }, options);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target}: ${failureSummary}`));
}"""
# axe leaves these out unless they are named; Lighthouse names them
MORE = ["target-size", "td-has-header", "label-content-name-mismatch", "table-fake-caption"]
SCHEMES = {"light": "default", "dark": "slate"}
COLORS = ["color-contrast", "link-in-text-block"]  # the rules that another palette can break


@pytest.fixture
def page(page: Page) -> Page:
    page.emulate_media(reduced_motion="reduce")  # a color on its way from one palette to the other is neither
    return page


def use_palette(page: Page, name: str) -> None:
    page.emulate_media(color_scheme=name)
    expect(page.locator("body")).to_have_attribute("data-md-color-scheme", SCHEMES[name])
    page.wait_for_function("() => document.getAnimations().length === 0")


def violations(page: Page, rules: list[str] = RULES) -> list[str]:
    if not page.evaluate("'axe' in globalThis"):
        page.add_style_tag(content=LAY_OUT_ALL)
        page.evaluate(AXE.read_text("utf-8"))  # the policy of the page lets no script be added
    more = MORE if rules is RULES else []
    return page.evaluate(RUN, [rules, {name: {"enabled": True} for name in more}])


@pytest.mark.parametrize("path", [*addresses(), "404.html"])
def test_axe_finds_nothing(page: Page, path: str):
    page.goto(path)
    page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true })")
    for width, palette, rules in ((1280, "light", RULES), (1280, "dark", COLORS), (360, "dark", RULES)):
        page.set_viewport_size({"width": width, "height": 800})
        use_palette(page, palette)
        assert violations(page, rules) == [], f"{width} px, {palette}"


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
    expect(page.get_by_role("link", name="What are Q, K and V?").first).to_be_in_viewport()


@pytest.mark.parametrize("palette", SCHEMES)
@pytest.mark.parametrize(
    "unfold",
    [search_with_results, search_in_vain, point_at_abbreviation, open_drawer],
    ids=lambda f: f.__name__,
)
def test_axe_finds_nothing_in_what_opens(page: Page, unfold, palette: str):
    page.goto("transformers/why-divide-by-sqrt-dk/")
    use_palette(page, palette)
    unfold(page)
    assert violations(page) == []
