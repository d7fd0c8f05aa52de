"""Formulas in a real browser: on a page of hard cases, so that no page of the site has to hold them."""

import html
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from scripts.finish import formulas
from scripts.static_server import serve

ROOT = Path(__file__).resolve().parents[2]
PHONE = {"width": 320, "height": 640}
COPY = "assets/javascripts/copy-tex.js"

TERMS = " + ".join(f"a_{{{i}}}" for i in range(1, 13))
INLINE = {
    "sum": rf"{TERMS} = \sum_{{i=1}}^{{12}} a_i",
    "list": "(" + ", ".join(f"x_{{{i}}}" for i in range(1, 13)) + ")",
    "fence": rf"\left({TERMS}\right)",
    "short": r"\sqrt{d_k}",
}
DISPLAY = {
    "attention": r"\operatorname{Attention}(Q, K, V) = \softmax\left(\frac{QK^\top}{\sqrt{d_k}}\right)V",
    "aligned": r"\begin{aligned} h_t &= \bar{A} h_{t-1} + \bar{B} x_t \\ y_t &= C h_t \end{aligned}",
    "cases": r"f(x) = \begin{cases} \max(0, x) & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}",
    "matrix": r"R = \begin{pmatrix} \cos \theta & -\sin \theta \\ \sin \theta & \cos \theta \end{pmatrix}",
    "numbered": rf"{TERMS} \tag{{3}}",
    "tall": r"\left[\begin{matrix} 1 \\ 2 \\ 3 \\ 4 \\ 5 \end{matrix}\right] \xrightarrow{n} \mathcal{O}(n)",
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    site = tmp_path_factory.mktemp("formulas")
    inline = "".join(
        f'<p id="{name}">Before <span class="arithmatex">\\({html.escape(tex)}\\)</span>, after.</p>'
        for name, tex in INLINE.items()
    )
    display = "".join(
        f'<div id="{name}"><div class="arithmatex">\\[{html.escape(tex)}\\]</div></div>'
        for name, tex in DISPLAY.items()
    )
    (site / "index.html").write_text(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Formulas</title>'
        '<meta name="viewport" content="width=device-width"><style>:root { color-scheme: light dark }'
        "body { margin: 16px; font: 16px/1.6 sans-serif }</style>"
        f'<script type="module" src="{COPY}"></script></head>'
        f'<body><main><h1>Formulas</h1>{inline}{display}<p id="end">End.</p></main></body></html>'
    )
    (site / COPY).parent.mkdir(parents=True)
    shutil.copy(ROOT / "docs" / COPY, site / COPY)
    formulas.run(site)
    with serve(site) as address:
        yield address


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    contexts = []

    def opened(**options) -> Page:
        contexts.append(browser.new_context(**{"viewport": PHONE} | options))
        page = contexts[-1].new_page()
        page.goto(address, wait_until="networkidle")
        return page

    yield opened
    for context in contexts:
        context.close()


def boxes(page: Page, selector: str) -> list[dict]:
    return page.eval_on_selector_all(selector, "all => all.map(e => e.getBoundingClientRect().toJSON())")


def test_a_phone_shows_every_formula_without_scrolling_the_page(open_page):
    page = open_page()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    for name in INLINE:
        right = max(box["right"] for box in boxes(page, f"#{name} mjx-container"))
        assert right <= PHONE["width"] - 16, name


def test_long_inline_formulas_break_into_lines(open_page):
    page = open_page()
    for name in ("sum", "list"):
        glyphs = boxes(page, f"#{name} mjx-math > :not(mjx-break)")
        lines = {round(box["bottom"] / 20) for box in glyphs}
        assert len(lines) >= 2, name
        assert max(box["right"] for box in glyphs) <= PHONE["width"] - 16, name


def test_no_line_begins_with_the_comma_after_a_formula(open_page):
    page = open_page(viewport={"width": 800, "height": 600})
    parted = page.evaluate(
        """() => {
          const comma = document.createRange();
          const text = document.querySelector("#short mjx-container").nextSibling;
          comma.setStart(text, 0);
          comma.setEnd(text, 1);
          const formula = document.querySelector("#short mjx-math");
          const parted = [];
          for (let width = 40; width < 160; width += 1) {
            document.querySelector("#short").style.width = `${width}px`;
            const overlap = comma.getBoundingClientRect().top < formula.getBoundingClientRect().bottom;
            if (!overlap) parted.push(width);
          }
          return parted;
        }"""
    )
    assert parted == []


def test_a_wide_formula_scrolls_by_keyboard(open_page):
    page = open_page()
    for selector in ("#attention mjx-container", "#numbered mjx-container", "#fence mjx-container"):
        formula = page.locator(selector)
        assert formula.evaluate("e => e.scrollWidth > e.clientWidth"), selector
        formula.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function("document.activeElement.scrollLeft > 0")
        assert formula.evaluate("e => e.scrollTop") == 0


def test_a_wide_formula_scrolls_by_touch(open_page):
    page = open_page(has_touch=True, is_mobile=True)
    formula = page.locator("#attention mjx-container")
    formula.scroll_into_view_if_needed()
    box = formula.bounding_box()
    touch = page.context.new_cdp_session(page)
    y = box["y"] + box["height"] / 2
    for kind, x in [
        ("touchStart", 250),
        *(("touchMove", x) for x in range(240, 160, -10)),
        ("touchEnd", None),
    ]:
        points = [{"x": x, "y": y}] if x else []
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    page.wait_for_function("e => e.scrollLeft > 0", arg=formula.element_handle())
    assert page.evaluate("scrollX") == 0


def test_copying_gives_tex(open_page):
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.evaluate(
        """() => {
          const glyph = document.querySelector("#short mjx-c").firstChild;
          const end = document.querySelector("#aligned");
          getSelection().setBaseAndExtent(glyph, 0, end, end.childNodes.length);
        }"""
    )
    page.keyboard.press("Control+c")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.split() == (
        f"${INLINE['short']}$, after. $$ {DISPLAY['attention']} $$ $$ {DISPLAY['aligned']} $$".split()
    )
    assert f"\n$$\n{DISPLAY['aligned']}\n$$" in copied


def test_copying_plain_text_is_left_to_the_browser(open_page):
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.evaluate("getSelection().selectAllChildren(document.querySelector('#end'))")
    page.keyboard.press("Control+c")
    assert page.evaluate("navigator.clipboard.readText()") == "End."


def test_nothing_moves_when_the_fonts_come_late(browser, address):
    context = browser.new_context(viewport={"width": 800, "height": 900})
    page = context.new_page()
    held = []
    page.route("**/*.woff2", lambda route: held.append(route))
    page.add_init_script(
        """window.shifts = [];
        new PerformanceObserver((list) => shifts.push(...list.getEntries().flatMap((entry) =>
            entry.sources.map(({ node }) => (node?.parentElement ?? node)?.outerHTML))))
          .observe({ type: "layout-shift", buffered: true });"""
    )
    page.goto(address, wait_until="domcontentloaded")
    page.wait_for_timeout(300)
    assert held, "no font was asked for"
    before = boxes(page, "mjx-container, p, mjx-c")
    page.evaluate("() => { shifts.length = 0 }")  # a slow browser has shown part of the page before
    for route in held:
        route.continue_()
    page.wait_for_function("[...document.fonts].some((font) => !font.src && font.status === 'loaded')")
    page.wait_for_timeout(300)
    assert boxes(page, "mjx-container, p, mjx-c") == before
    assert page.evaluate("shifts") == []
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_color_follows_the_text(open_page, scheme):
    page = open_page(color_scheme=scheme)
    page.evaluate("document.querySelector('#short').style.color = 'rgb(200, 30, 40)'")
    color = "e => getComputedStyle(e).color"
    text = page.locator("#end").evaluate(color)
    assert text == ("rgb(0, 0, 0)" if scheme == "light" else "rgb(255, 255, 255)")
    assert set(page.eval_on_selector_all("#attention mjx-c", f"all => all.map({color})")) == {text}
    assert set(page.eval_on_selector_all("#short mjx-c", f"all => all.map({color})")) == {"rgb(200, 30, 40)"}
    line = page.locator("#attention mjx-line").evaluate("e => getComputedStyle(e).borderTopColor")
    assert line == text


def test_a_screen_reader_gets_mathematics_once_also_below_the_screen(open_page):
    page = open_page(viewport={"width": 800, "height": 100})
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    shown = [(node["role"]["value"], node["name"]["value"]) for node in nodes if "name" in node]
    roles = [role for role, _ in shown]
    assert roles.count("MathMLMath") == len(INLINE) + len(DISPLAY)
    assert roles.count("MathMLFraction") == 1
    assert roles.count("MathMLSquareRoot") == 2
    texts = [name for role, name in shown if role == "StaticText"]
    assert texts.count("softmax") == 1
    assert "Q" in texts
    assert "𝑄" not in texts, "the glyphs of the visual formula are read as well"


def test_brackets_are_as_high_as_what_they_hold(open_page):
    page = open_page(viewport={"width": 800, "height": 600})
    bracket, rows = boxes(page, "#tall mjx-stretchy-v")[0], boxes(page, "#tall mjx-mtr")
    assert bracket["top"] <= rows[0]["top"] + 2
    assert bracket["bottom"] >= rows[-1]["bottom"] - 2


@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing(open_page, width):
    page = open_page(viewport={"width": width, "height": 800})
    page.add_script_tag(path=ROOT / "node_modules/axe-core/axe.min.js")
    found = page.evaluate("axe.run()")
    assert [(v["id"], v["nodes"][0]["html"]) for v in found["violations"]] == []
