"""Moving figures: they show what the package computes, with the keyboard alone, and cost nothing at rest."""

import re

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from llm_questions.masks import causal_mask, sliding_window_mask
from llm_questions.positions.rotary import apply_rotary, rotary_frequencies, rotary_logit, rotary_tables
from llm_questions.positions.sinusoidal import sinusoidal_encoding
from llm_questions.softmax import entropy, softmax
from tests.browser.conftest import LAY_OUT_ALL, Opened, marked
from tests.built_site import Site

SOFTMAX = "transformers/why-divide-by-sqrt-dk/"
ROTARY = "positional-encoding/rope/"
SINUSOID = "positional-encoding/sinusoidal/"
MASKS = "attention/types-of-attention/"
PAGES = {
    SOFTMAX: "softmax-figure",
    ROTARY: "rotary-figure",
    SINUSOID: "sinusoid-figure",
    MASKS: "mask-figure",
}
SCORES = np.array([0.16, -0.89, 1.53, -0.16, 0.89, -1.53, 0.49, -0.49])

# What figures ask the browser to run later; Material's scripts ask too, and are not meant.
COUNT = """() => {
  globalThis.asked = 0;
  for (const name of ["requestAnimationFrame", "requestIdleCallback", "setInterval", "setTimeout"]) {
    const original = globalThis[name];
    globalThis[name] = function (...call) {
      if (new Error().stack.includes("/figures/")) globalThis.asked += 1;
      return original.apply(this, call);
    };
  }
}"""


def show(page: Page, path: str) -> Locator:
    """The figure of a page, once its script has made it move."""
    page.goto(path)
    return come_near(page, path)


def come_near(page: Page, path: str) -> Locator:
    figure = page.locator(PAGES[path])
    figure.scroll_into_view_if_needed()
    expect(figure.locator("svg")).to_be_visible()
    return figure


def result(figure: Locator) -> Locator:
    return figure.get_by_role("status")


def words(figure: Locator, kind: str = "text") -> list[str]:
    return figure.locator(f"svg .drawing__{kind}").all_text_contents()


@pytest.mark.parametrize(
    ("power", "step", "divided"), [(6, 0, False), (6, 6, False), (6, 0, True), (10, -4, True), (0, 10, False)]
)
def test_weights_are_the_packages(opened: Opened, power: int, step: int, divided: bool):
    figure = come_near(opened(SOFTMAX), SOFTMAX)
    figure.get_by_label("Head width d_k").fill(str(power))
    figure.get_by_label("Temperature T").fill(str(step))
    figure.get_by_label("Divide by √d_k").set_checked(divided)
    logits = SCORES * (1 if divided else 2 ** (power / 2))
    weights = softmax(logits, temperature=2 ** (step / 2))
    expect(result(figure)).to_contain_text(
        f"Largest weight {weights.max():.3f}, entropy {entropy(weights):.3f} nats:"
    )
    shown = words(figure)
    assert shown[0::2] == [f"{weight:.3f}" for weight in weights]
    assert [float(text.replace("−", "-")) for text in shown[1::2]] == [round(z, 1) for z in logits]
    expect(figure.get_by_label("Head width d_k")).to_have_attribute("aria-valuetext", str(2**power))


@pytest.mark.parametrize(("m", "n"), [(5, 2), (43, 40), (7, 30), (0, 0)])
def test_dot_product_of_turned_pairs_is_the_packages(opened: Opened, m: int, n: int):
    figure = come_near(opened(ROTARY), ROTARY)
    figure.get_by_label("Query position i").fill(str(m))
    figure.get_by_label("Key position j").fill(str(n))
    speeds, start = rotary_frequencies(8), np.array([1.0, 0.0] * 4)
    product = rotary_logit(start, start, np.array([m - n]), speeds)[0]
    offset = str(m - n).replace("-", "−")
    expect(result(figure)).to_contain_text(f"Offset i − j = {offset}, dot product {product:.3f} ≈ ")
    turned = apply_rotary(start[None], *rotary_tables(np.array([m]), speeds))[0].reshape(-1, 2)
    rims, tips = (
        figure.locator(f"circle.drawing__{kind}").evaluate_all(
            "all => all.map((one) => [one.cx.baseVal.value, one.cy.baseVal.value, one.r.baseVal.value])"
        )
        for kind in ("axis", "first")
    )
    drawn = [((x - cx) / r, (cy - y) / r) for (cx, cy, r), (x, y, _) in zip(rims, tips, strict=True)]
    np.testing.assert_allclose(drawn, turned, atol=1e-5)


@pytest.mark.parametrize(("p", "q", "power"), [(20, 24, 6), (0, 100, 2), (77, 27, 7)])
def test_dot_product_of_rows_is_the_packages(opened: Opened, p: int, q: int, power: int):
    figure = come_near(opened(SINUSOID), SINUSOID)
    for label, value in (("Position p", p), ("Position q", q), ("Width d", power)):
        figure.get_by_label(label).fill(str(value))
    rows = sinusoidal_encoding(101, 2**power)
    expect(result(figure)).to_contain_text(
        f"Distance {abs(p - q)}, dot product {rows[p] @ rows[q]:.3f} of at most {2 ** (power - 1)}."
    )
    bars = figure.locator("path.drawing__bar").first.get_attribute("d")
    drawn = [float(zero) - float(tip) for zero, tip in re.findall(r"M\S+ (\S+?)V(\S+?)H", bars)]
    np.testing.assert_allclose(np.array(drawn) / 22, rows[p], atol=0.01 / 22)


@pytest.mark.parametrize(
    ("mask", "sizes", "expected"),
    [
        ("Causal", {"Queries n": 8}, causal_mask(8)),
        ("Causal window", {"Queries n": 16, "Window w": 5}, sliding_window_mask(16, window=5)),
        ("Causal window", {"Queries n": 4, "Window w": 9}, causal_mask(4)),
        ("Cross", {"Queries n": 3, "Other keys": 7}, np.ones((3, 7), dtype=bool)),
    ],
)
def test_masks_are_the_packages(opened: Opened, mask: str, sizes: dict[str, int], expected: np.ndarray):
    figure = come_near(opened(MASKS), MASKS)
    figure.get_by_label("Mask", exact=True).select_option(mask)
    for label, size in sizes.items():
        figure.get_by_label(label).fill(str(size))
    expect(result(figure)).to_contain_text(f"{expected.sum()} of {expected.size} pairs are visible.")
    drawn = {}
    for kind, is_seen in (("cell", False), ("cell-seen", True)):
        corners = figure.locator(f"path.drawing__{kind}").get_attribute("d")
        drawn |= {(float(y), float(x)): is_seen for x, y in re.findall(r"M(\S+) (\S+?)h", corners)}
    seen = [is_seen for _, is_seen in sorted(drawn.items())]
    np.testing.assert_array_equal(np.reshape(seen, expected.shape), expected)
    for number in re.findall(r"= (\d+)\.$", result(figure).inner_text()):
        assert int(number) == expected.sum()
    unused = {"Window w", "Other keys"} - set(sizes)
    for label in unused:
        expect(figure.get_by_label(label)).to_be_disabled()


def test_a_figure_is_moved_with_the_keyboard_alone(page: Page):
    figure = show(page, SOFTMAX)
    figure.get_by_label("Head width d_k").focus()
    page.keyboard.press("End")
    expect(figure.get_by_label("Head width d_k")).to_have_attribute("aria-valuetext", "1024")
    expect(result(figure)).to_contain_text("Largest weight 1.000")
    page.keyboard.press("ArrowLeft")
    expect(figure.get_by_label("Head width d_k")).to_have_attribute("aria-valuetext", "512")
    page.keyboard.press("Tab")
    expect(figure.get_by_label("Temperature T")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(figure.get_by_label("Divide by √d_k")).to_be_checked()
    expect(result(figure)).to_contain_text("Largest weight 0.386")


def test_a_figure_works_after_instant_navigation(page: Page):
    with marked(page):
        show(page, ROTARY)
    page.locator("article a[href$='sinusoidal/']").first.click()
    expect(page.locator("main h1")).to_contain_text("sinusoidal")
    figure = come_near(page, SINUSOID)
    figure.get_by_label("Position q").fill("20")
    expect(result(figure)).to_contain_text("Distance 0, dot product 32.000")
    page.go_back()
    expect(page.locator("main h1")).to_contain_text("RoPE")
    figure = come_near(page, ROTARY)
    expect(figure.locator("svg")).to_have_count(1)
    figure.get_by_label("Key position j").fill("5")
    expect(result(figure)).to_contain_text("Offset i − j = 0, dot product 4.000")
    assert page.evaluate("globalThis.sameDocument")


def test_a_page_loads_a_figure_when_it_comes_near_and_no_other(own_page: Page):
    loaded = []
    own_page.on("request", lambda request: "/figures/" in request.url and loaded.append(request.url))
    own_page.set_viewport_size({"width": 1280, "height": 300})
    own_page.goto(ROTARY)
    own_page.wait_for_load_state("networkidle")
    assert [url for url in loaded if url.endswith(".js")] == []
    come_near(own_page, ROTARY)
    names = {url.rpartition("/")[2] for url in loaded if url.endswith(".js")}
    assert names == {"drawing.js", "figure.js", "rotary-figure.js"}


@pytest.mark.parametrize("path", PAGES)
def test_nothing_runs_at_rest(own_page: Page, path: str):
    own_page.add_init_script(f"({COUNT})()")
    figure = show(own_page, path)
    slider = figure.get_by_role("slider").first
    slider.focus()
    own_page.keyboard.press("ArrowRight")
    own_page.wait_for_timeout(300)
    assert own_page.evaluate("globalThis.asked") == 0


def test_motion_turns_the_hands_keeps_the_dot_product_and_ends(own_page: Page):
    own_page.add_init_script(f"({COUNT})()")
    figure = show(own_page, ROTARY)
    query, key = (figure.get_by_label(name) for name in ("Query position i", "Key position j"))
    tip = figure.locator("circle.drawing__first").first
    before = tip.get_attribute("cx")
    figure.get_by_role("button", name="Move both on").focus()
    own_page.keyboard.press("Enter")
    expect(result(figure)).to_have_attribute("aria-live", "off")
    expect(query).not_to_have_value("5")
    assert tip.get_attribute("cx") != before
    expect(result(figure)).to_contain_text("Offset i − j = 3, dot product 1.965 ≈ ")
    own_page.keyboard.press("Enter")
    expect(figure.get_by_role("button", name="Move both on")).to_be_focused()
    expect(result(figure)).not_to_have_attribute("aria-live", "off")
    assert own_page.evaluate("globalThis.asked") > 0
    for end in ("at the last position", "when the figure leaves the page"):
        query.fill("59")
        key.fill("56")
        figure.get_by_role("button").click()
        if end == "at the last position":
            expect(figure.get_by_role("button", name="Move both on")).to_be_visible()
            expect(result(figure)).to_contain_text("Offset i − j = 3, dot product 1.965 ≈ ")
        else:
            figure.evaluate("figure => figure.remove()")
        asked = own_page.evaluate("globalThis.asked")
        own_page.wait_for_timeout(300)
        assert own_page.evaluate("globalThis.asked") == asked, end


def test_nothing_moves_for_readers_who_asked_for_less_motion(page: Page):
    figure = show(page, ROTARY)
    button = figure.locator("button")
    button.click()
    expect(button).to_have_text("Stop")
    page.emulate_media(reduced_motion="reduce")
    expect(button).to_have_text("Move both on")
    expect(button).to_be_hidden()
    m = figure.get_by_label("Query position i").input_value()
    button.dispatch_event("click")
    page.wait_for_timeout(300)
    expect(figure.get_by_label("Query position i")).to_have_value(m)
    figure.get_by_label("Query position i").fill("0")  # what the reader moves still moves
    expect(result(figure)).to_contain_text("Offset i − j")


@pytest.mark.parametrize("path", PAGES)
def test_the_page_stays_where_it_is_when_a_figure_arrives(page: Page, path: str):
    page.goto(path)
    page.add_style_tag(content=LAY_OUT_ALL)
    figure = come_near(page, path)
    for width in (1280, 719, 430, 360, 320):
        page.set_viewport_size({"width": width, "height": 800})
        arrived = figure.bounding_box()["height"]
        reserved = float(figure.evaluate("element => getComputedStyle(element).minHeight").removesuffix("px"))
        assert arrived == reserved, f"{width} px"
    figure.get_by_role("slider").first.press("End")
    assert figure.bounding_box()["height"] == arrived


@pytest.mark.parametrize("path", PAGES)
def test_the_drawing_stands_beside_the_controls_where_there_is_room(page: Page, path: str):
    figure = show(page, path)
    controls, drawing = figure.locator("form"), figure.locator("svg")
    beside = controls.bounding_box()
    assert drawing.bounding_box()["x"] > beside["x"] + beside["width"]
    assert drawing.bounding_box()["y"] < beside["y"] + beside["height"]
    page.set_viewport_size({"width": 390, "height": 800})
    above = controls.bounding_box()
    assert drawing.bounding_box()["y"] > above["y"] + above["height"]
    assert result(figure).bounding_box()["y"] > drawing.bounding_box()["y"]


@pytest.mark.parametrize("path", PAGES)
def test_without_javascript_values_are_given_in_words(browser: Browser, site: Site, path: str):
    context = browser.new_context(base_url=site.address, java_script_enabled=False)
    page = context.new_page()
    page.goto(path)
    figure = page.locator(PAGES[path])
    assert re.search(r"\d", figure.inner_text())
    assert figure.bounding_box()["height"] < 150
    expect(page.locator("article figure").first).to_be_visible()
    context.close()
