"""The moving figures of byte pair encoding, FlashAttention and ZeRO show what the package gives."""

import re

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from llm_questions.flash_attention import OnlineSoftmax, tiles
from llm_questions.softmax import softmax
from llm_questions.tokenization import byte_pair_encoding as bpe
from llm_questions.zero import model_state_parts
from tests.browser.conftest import LAY_OUT_ALL, Opened
from tests.built_site import Site

MERGING = "tokenizer/byte-pair-encoding/"
FLASH = "attention/flash-attention/"
ZERO = "training/pretraining/zero/"
FIGURES = {MERGING: "pair-merging", FLASH: "flash-steps", ZERO: "zero-shards"}
PAPER = "low " * 5 + "lower " * 2 + "newest " * 6 + "widest " * 3
TEXTS = {
    "empty": "",
    "white space": " \n\t\u3000",
    "one character": "x",
    "markup": "<img src=x onerror=alert(1)> &amp; <b>",
    "emoji": "😀😀 👩\u200d👩\u200d👧 👩\u200d👩\u200d👧 🏳\ufe0f\u200d🌈",
    "right to left": "שלום שלום שלום לשלום العربية عربي",
    "controls": "a\u202eb\u202e a\u202eb\u200d\u200d \u0301\u0301",
    "end marks": "a· a·· ··",
}


def open_figure(page: Page, address: str) -> Locator:
    page.goto(address)
    return come_near(page, address)


def come_near(page: Page, address: str) -> Locator:
    figure = page.locator(FIGURES[address])
    figure.scroll_into_view_if_needed()
    expect(figure.locator("form")).to_be_visible()
    return figure


def press(figure: Locator, name: str, times: int = 1) -> None:
    for _ in range(times):
        figure.get_by_role("button", name=name, exact=True).click(force=True)  # at the end it does nothing


def begin(page: Page, text: str) -> Locator:
    """With nothing merged, whatever stood there before."""
    figure = come_near(page, MERGING)
    figure.get_by_label("Your own text").evaluate(
        "(area, text) => { area.value = text; area.dispatchEvent(new Event('input')); }", text
    )
    press(figure, "Start again")
    return figure


def shown_merges(figure: Locator) -> list[list[str]]:
    lines = figure.locator(".pair-merging__merges li").all()
    return [line.locator("bdi").all_text_contents()[:2] for line in lines]


def shown_words(figure: Locator) -> dict[tuple[str, ...], int]:
    words = {}
    for line in figure.locator(".pair-merging__words li").all():
        count = line.locator(".pair-merging__count").inner_text().removeprefix("× ")
        words[tuple(line.locator("bdi").all_text_contents())] = int(count)
    return words


def learned(text: str, n_merges: int, ties: str) -> tuple[list[list[str]], dict[tuple[str, ...], int]]:
    words = bpe.count_words(text, "·")
    merges = bpe.learn_merges(words, n_merges, ties=ties).merges
    for pair in merges:
        words = {bpe.merge_pair(word, pair): count for word, count in words.items()}
    return [list(pair) for pair in merges], dict(words)


@pytest.mark.parametrize("ties", ["seen", "ids"])
@pytest.mark.parametrize("text", [PAPER, "the cat sat on the mat, that cat", TEXTS["right to left"]])
def test_merges_of_any_text_are_those_of_the_package(opened: Opened, text: str, ties: str):
    figure = begin(opened(MERGING), text)
    figure.get_by_label("Among equal counts").select_option(ties)
    press(figure, "Step", 7)
    merges, words = learned(text, 7, ties)
    assert shown_merges(figure) == merges
    assert shown_words(figure) == words
    counts = bpe.count_pairs(words)
    next_pair = learned(text, 8, ties)[0][7]
    best = figure.locator(".pair-merging__best")
    assert best.locator("bdi").all_text_contents() == next_pair
    count = counts[tuple(next_pair)]
    expect(best).to_contain_text("once" if count == 1 else f"{count} times")
    press(figure, "Back", 4)
    merges, words = learned(text, 3, ties)
    assert shown_merges(figure) == merges
    assert shown_words(figure) == words


@pytest.mark.parametrize("name", TEXTS)
def test_no_text_breaks_it(opened: Opened, name: str):
    page = opened(MERGING)
    page.emulate_media(reduced_motion="reduce")
    figure = begin(page, TEXTS[name])
    figure.get_by_label("Among equal counts").select_option("seen")
    press(figure, "Run")
    merges, words = learned(TEXTS[name], 10_000, "seen")
    assert len(shown_merges(figure)) == len(merges)
    assert figure.locator(".pair-merging__words li").count() == len(words)
    expect(figure.get_by_role("status")).to_contain_text("nothing is left" if words else "type a text")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("text", ["a" * 200_000, "😀b" * 100_000, "word another " * 20_000])
def test_a_very_long_text_is_cut_and_says_so(opened: Opened, text: str):
    figure = begin(opened(MERGING), text)
    figure.get_by_label("Among equal counts").select_option("seen")
    press(figure, "Step", 2)
    expect(figure.get_by_role("status")).to_contain_text("Only the first 1,000 characters count.")
    assert shown_merges(figure) == learned(text[:1000], 2, "seen")[0]


def test_it_runs_pauses_and_ends(own_page: Page):
    own_page.clock.install()  # before Material sets timers, which it could not clear afterwards
    figure = open_figure(own_page, MERGING)
    figure.get_by_label("Your own text").fill("aab")
    press(figure, "Run")
    assert len(shown_merges(figure)) == 1
    press(figure, "Pause")
    own_page.clock.run_for(10_000)
    assert len(shown_merges(figure)) == 1
    press(figure, "Run")
    own_page.clock.run_for(10_000)
    assert len(shown_merges(figure)) == 3
    expect(figure.get_by_role("button", name="Run")).to_have_attribute("aria-disabled", "true")
    press(figure, "Start again")
    assert shown_merges(figure) == []


def logits_and_values(figure: Locator) -> tuple[np.ndarray, np.ndarray]:
    values, *logits = (
        [float(cell) for cell in row.locator("td").all_text_contents() if cell]
        for row in figure.locator(".flash-steps__matrix tbody tr").all()
    )
    return np.array(logits) * np.log(2), np.array(values)[:, None]


def numbers(text: list[str]) -> list[float]:
    return [float(part.split("→")[-1].replace("−∞", "-inf").replace("−", "-")) for part in text]


@pytest.mark.parametrize(("query_tile", "key_tile", "causal"), [(2, 2, False), (4, 1, True), (1, 6, False)])
def test_each_tile_and_the_outputs_are_those_of_the_package(
    opened: Opened, query_tile: int, key_tile: int, causal: bool
):
    figure = come_near(opened(FLASH), FLASH)
    figure.get_by_label("Causal mask").uncheck()
    press(figure, "Start again")
    logits, values = logits_and_values(figure)
    figure.get_by_label("Queries in a tile").fill(str(query_tile))
    figure.get_by_label("Keys in a tile").fill(str(key_tile))
    figure.get_by_label("Causal mask").set_checked(causal)
    press(figure, "Start again")
    n = len(values)
    if causal:
        logits[np.triu_indices(n, 1)] = -np.inf
    hidden = sum(
        columns.start >= rows.stop
        for rows in tiles(n, query_tile)
        for columns in tiles(n, key_tile)
        if causal
    )
    never = f" {hidden} hidden by the mask are never computed." if hidden else ""
    expect(figure.get_by_role("status")).to_have_text(re.compile(rf"^\d+ tiles to compute\.{never}$"))
    n_tiles = 0
    for rows in tiles(n, query_tile):
        height = rows.stop - rows.start
        state = OnlineSoftmax(np.full(height, -np.inf), np.zeros(height), np.zeros((height, 1)))
        for columns in tiles(n, key_tile):
            if causal and columns.start >= rows.stop:
                continue
            n_tiles += 1
            press(figure, "Step")
            before, state = state, state.update(logits[rows, columns], values[columns])
            for i in range(height):
                cells = (
                    figure.locator(".flash-steps__state tbody tr").nth(i).locator("td").all_text_contents()
                )
                shrink = np.exp(before.maximum[i] - state.maximum[i])
                u = state.weighted[i, 0]
                expected = [state.maximum[i] / np.log(2), shrink, state.total[i], u, u / state.total[i]]
                np.testing.assert_allclose(numbers(cells), expected, rtol=5.1e-4)
    outputs = numbers(figure.locator(".flash-steps__output").all_text_contents())
    np.testing.assert_allclose(outputs, (softmax(logits) @ values)[:, 0], rtol=5.1e-4)
    expect(figure.get_by_role("status")).to_contain_text(f"Tile {n_tiles} of {n_tiles}")
    said = figure.get_by_role("status").inner_text()
    rounding = re.search(r"softmax over whole rows(?: within (\S+))?\.$", said)
    assert float((rounding[1] or "0").replace("−", "-")) < 1e-14
    expect(figure.get_by_role("button", name="Step")).to_have_attribute("aria-disabled", "true")


@pytest.mark.parametrize("stage", [0, 1, 2, 3])
@pytest.mark.parametrize("ranks", [1, 4, 64])
def test_bytes_of_a_rank_are_those_of_the_package(opened: Opened, ranks: int, stage: int):
    figure = come_near(opened(ZERO), ZERO)
    figure.get_by_label("Ranks").fill(str(ranks))
    figure.get_by_label("Stage").fill(str(stage))
    parts = model_state_parts(1, ranks, stage)
    for name, part in parts.items():
        row = figure.get_by_role("row", name=re.compile(f"^{name}"))
        assert float(row.locator("td").inner_text().split("=")[-1]) == pytest.approx(part, rel=5.1e-4)
    total = figure.get_by_role("row", name=re.compile("^together")).locator("td").inner_text()
    assert float(total) == pytest.approx(sum(parts.values()), rel=5.1e-4)
    bars = figure.get_by_role("img")
    expect(bars).to_have_count(min(ranks, 8))
    areas = bars.last.evaluate(
        "(bar) => [0, 1, 2].map((k) => bar.querySelector(`.zero-shards__part-${k}`))"
        ".map((part) => part.width.baseVal.value * part.height.baseVal.value / bar.viewBox.baseVal.width)"
    )
    assert areas == pytest.approx(list(parts.values()))


def test_the_keyboard_alone(page: Page):
    figure = open_figure(page, MERGING)
    figure.get_by_label("Your own text").focus()
    for name in ("Among equal counts", "Back", "Step"):
        page.keyboard.press("Tab")
        expect(figure.get_by_label(name).or_(figure.get_by_role("button", name=name))).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    assert shown_merges(figure) == learned(PAPER, 2, "seen")[0]
    figure.get_by_role("button", name="Back").focus()
    for _ in range(3):
        page.keyboard.press("Enter")
    expect(figure.get_by_role("button", name="Back")).to_be_focused()

    figure = open_figure(page, ZERO)
    figure.get_by_label("Stage").focus()
    page.keyboard.press("End")
    expect(figure.get_by_label("Stage")).to_have_attribute("aria-valuetext", "3, and parameters")
    expect(figure.get_by_role("status")).to_contain_text("4 of 16 bytes")


def test_after_instant_navigation_and_back(page: Page):
    page.goto("tokenizer/")
    page.locator("article").get_by_role("link", name="byte pair encoding").first.click()
    figure = page.locator("pair-merging")
    figure.scroll_into_view_if_needed()
    press(figure, "Run")
    page.goto("tokenizer/")
    page.go_back()
    expect(figure.locator("form")).to_be_visible()
    expect(figure.get_by_role("button", name="Run")).to_be_visible()


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("address", FIGURES)
def test_nothing_moves_when_the_script_arrives(browser: Browser, site: Site, address: str, width: int):
    context = browser.new_context(base_url=site.address, viewport={"width": width, "height": 800})
    page, held = context.new_page(), []
    page.route(f"**/{FIGURES[address]}.js", lambda route: held.append(route))
    page.goto(address)
    page.add_style_tag(content=LAY_OUT_ALL)
    figure = page.locator(FIGURES[address])
    with page.expect_request(f"**/{FIGURES[address]}.js"):
        figure.scroll_into_view_if_needed()
    before = figure.bounding_box()
    held[0].continue_()
    expect(figure.locator("form")).to_be_visible()
    assert figure.bounding_box() == before
    context.close()


@pytest.mark.parametrize("address", FIGURES)
def test_without_javascript_a_sentence_with_the_numbers_stays(browser: Browser, site: Site, address: str):
    context = browser.new_context(base_url=site.address, java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    expect(page.locator(FIGURES[address])).to_contain_text("JavaScript")
    assert page.locator(FIGURES[address]).bounding_box()["height"] < 200
    context.close()
