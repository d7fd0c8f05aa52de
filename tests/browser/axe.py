"""axe-core, with the rules of WCAG 2.2 AA and its best practices."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import LAY_OUT_ALL
from tests.built_site import ROOT

AXE = ROOT / "node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
# What MathJax draws is left out: hidden from screen readers, in the color of the text around it, and half of
# the elements of a page. A box of its size stands there meanwhile. The MathML beside it is looked at.
RUN = """async ([runOnly, rules]) => {
  const drawn = [...document.querySelectorAll("mjx-math")].map((formula) => {
    const { width, height } = formula.getBoundingClientRect();
    return { formula, width, height, style: formula.style.cssText, children: [...formula.childNodes] };
  });
  for (const { formula, width, height } of drawn) {
    formula.replaceChildren();
    formula.style.cssText += `; display: inline-block; width: ${width}px; height: ${height}px`;
  }
  const options = { runOnly, rules, resultTypes: ["violations"], preload: { assets: ["media"] } };
  const { violations } = await axe.run({ exclude: ["mjx-math"] }, options);
  for (const { formula, style, children } of drawn) {
    formula.style.cssText = style;
    formula.replaceChildren(...children);
  }
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target}: ${failureSummary}`));
}"""
# axe leaves these out unless they are named; Lighthouse names them
MORE = ["target-size", "td-has-header", "label-content-name-mismatch", "table-fake-caption"]
SCHEMES = {"light": "default", "dark": "slate"}
COLORS = ["color-contrast", "link-in-text-block"]  # the rules that another palette can break


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
