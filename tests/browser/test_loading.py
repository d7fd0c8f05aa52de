"""A page waits for two style sheets, and what Material's script does on each load has it not styled anew.

Browsers match every rule with every element again when the classes of the root, the address of a style sheet
or the color scheme are set, mostly even if they are what they were.
"""

from pathlib import Path

from playwright.sync_api import Page, Request, expect

WATCH = """
globalThis.changes = [];
const dear = "html, link[rel=stylesheet], meta[name=color-scheme]";
const attributes = { attributeOldValue: true, attributeFilter: ["class", "href", "content"] };
new MutationObserver((records) => {
  if (!document.body) return; // nothing has been styled yet
  for (const { target, attributeName, oldValue } of records) {
    const value = target.getAttribute(attributeName);
    const isSame = attributeName === "class" && oldValue === value;
    if (target.matches(dear) && !isSame) changes.push(`${target.localName}: ${oldValue} to ${value}`);
  }
}).observe(document, { subtree: true, ...attributes });
"""


def test_page_is_not_styled_anew_when_material_starts(own_page: Page):
    own_page.add_init_script(WATCH)
    own_page.goto("positional-encoding/sinusoidal/")
    expect(own_page.locator("html")).to_have_attribute("data-js-focus-visible", "")  # Material has started
    expect(own_page.locator("article .md-code__nav").first).to_be_attached()  # and is done with the text
    assert own_page.evaluate("changes") == []
    expect(own_page.locator("meta[name=color-scheme]")).to_have_count(1)


def test_first_paint_waits_for_two_style_sheets(own_page: Page):
    asked: list[Request] = []
    own_page.on("request", lambda request: asked.append(request))
    own_page.goto("positional-encoding/sinusoidal/")
    sheets = [Path(request.url).name for request in asked if request.resource_type == "stylesheet"]
    assert [name.partition(".")[0] for name in sheets] == ["main", "content"]
