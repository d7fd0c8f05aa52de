"""The map and its drawing as readers use them."""

import json
import re

import pytest
from playwright.sync_api import Browser, Page, expect

from scripts.pages import DOCS
from tests.built_site import Site

MAP = "study/map/"
QUESTIONS = json.loads((DOCS / "assets/data/questions.json").read_text("utf-8"))["questions"]
ROOTS = [question for question in QUESTIONS if not question["prerequisites"]]


@pytest.fixture
def chart(page: Page) -> Page:
    page.goto(MAP)
    expect(page.locator(".filters__status")).to_have_text(f"All {len(QUESTIONS)} questions")
    return page


def rows(page: Page):
    return page.locator(".question-list tbody tr:visible")


def shown(page: Page) -> list[str]:
    return page.locator(".question-list tbody tr:visible td:nth-child(2)").all_inner_texts()


def texts(questions: list[dict]) -> list[str]:
    return [question["question"] for question in questions]


def test_filters_add_up_and_the_count_is_said(chart: Page):
    chart.get_by_label("Section").select_option("Attention")
    wanted = [question for question in QUESTIONS if question["section"] == "Attention"]
    assert shown(chart) == texts(wanted)
    expect(chart.locator(".filters__status")).to_have_text(f"{len(wanted)} of {len(QUESTIONS)} questions")
    chart.get_by_label("Level").select_option("2")
    wanted = [question for question in wanted if question["difficulty"] == 2]
    assert shown(chart) == texts(wanted)
    chart.get_by_label("Asked by").select_option("20")
    wanted = [question for question in wanted if question["asked_by"] >= 20]
    assert shown(chart) == texts(wanted)
    assert 0 < len(wanted) < 5


@pytest.mark.parametrize(
    ("order", "key"),
    [
        ("asked", lambda question: -question["asked_by"]),
        ("asked-least", lambda question: question["asked_by"]),
        ("level", lambda question: question["difficulty"]),
        ("level-hardest", lambda question: -question["difficulty"]),
    ],
)
def test_the_order_is_the_one_that_was_chosen(chart: Page, order: str, key):
    chart.get_by_label("Order").select_option(order)
    assert shown(chart) == texts(sorted(QUESTIONS, key=key))
    name = "Asked by" if order.startswith("asked") else "Level"
    direction = "descending" if order in ("asked", "level-hardest") else "ascending"
    header = chart.get_by_role("columnheader", name=name)
    expect(header).to_have_attribute("aria-sort", direction)
    chart.get_by_label("Order").select_option("")
    assert shown(chart) == texts(QUESTIONS)
    expect(header).not_to_have_attribute("aria-sort", direction)


def test_a_link_shares_the_filters(chart: Page):
    chart.get_by_label("Section").select_option("Pretraining")
    chart.get_by_label("Order").select_option("asked")
    expected, address = shown(chart), chart.url
    assert address.endswith("?section=Pretraining&sort=asked")
    chart.goto("")
    chart.goto(address)
    expect(chart.get_by_label("Section")).to_have_value("Pretraining")
    assert shown(chart) == expected
    chart.get_by_role("button", name="Show all questions").click()
    assert chart.url.endswith(MAP)
    expect(chart.get_by_label("Section")).to_be_focused()


def test_a_filter_that_does_not_exist_is_ignored(page: Page):
    page.goto(f"{MAP}?section=Nonsense&level=7")
    expect(page.locator(".filters__status")).to_have_text(f"All {len(QUESTIONS)} questions")


def test_where_nothing_matches_it_is_said_what_to_do(chart: Page):
    chart.get_by_label("Section").select_option("Tokenizer")
    chart.get_by_label("Level").select_option("3")
    expect(rows(chart)).to_have_count(0)
    expect(chart.locator(".filters__status")).to_have_text(
        'No question is like that. Set "Section" to another value, or show all.'
    )
    chart.get_by_role("button", name="Show all questions").click()
    expect(rows(chart)).to_have_count(len(QUESTIONS))


def test_what_is_known_makes_other_questions_ready(chart: Page):
    """By the keyboard alone, and it is remembered."""
    before = chart.get_by_label("Read first")
    before.select_option("none")
    assert shown(chart) == texts(ROOTS)
    before.select_option("ready")
    assert shown(chart) == texts(ROOTS)
    first, *others = ROOTS
    chart.get_by_label(f"I know: {first['question']}").focus()
    chart.keyboard.press("Space")
    ready = {
        question["question"]
        for question in QUESTIONS
        if question != first and set(question["prerequisites"]) <= {first["path"]}
    }
    assert set(shown(chart)) == ready
    assert set(texts(others)) < ready
    focused = chart.evaluate("document.activeElement.ariaLabel")
    assert focused.removeprefix("I know: ") in ready
    chart.reload()
    expect(before).to_have_value("ready")
    assert set(shown(chart)) == ready


def test_everything_is_reached_with_the_keyboard(chart: Page):
    chart.get_by_label("Section").focus()
    for label in ("Level", "Asked by", "Read first", "Order"):
        chart.keyboard.press("Tab")
        expect(chart.get_by_label(label)).to_be_focused()
    chart.keyboard.press("a")
    expect(chart.get_by_label("Order")).to_have_value("asked")


def test_it_works_after_instant_navigation(page: Page):
    page.goto("study/")
    page.evaluate("window.isSame = true")
    page.locator("article").get_by_role("link", name="Map of the questions").click()
    page.get_by_label("Level").select_option("3")
    wanted = [question for question in QUESTIONS if question["difficulty"] == 3]
    assert shown(page) == texts(wanted)
    assert page.evaluate("window.isSame")
    assert page.url.endswith(f"{MAP}?level=3")


@pytest.mark.parametrize("width", [1280, 360])
def test_each_node_of_the_drawing_is_a_link_that_works(chart: Page, width: int):
    chart.set_viewport_size({"width": width, "height": 800})
    chart.evaluate("window.isSame = true")
    drawing = chart.get_by_role("group", name=re.compile("What to read before what"))
    assert drawing.get_by_role("link").count() == len(QUESTIONS)
    target = QUESTIONS[-1]
    drawing.get_by_role("link", name=target["question"]).click()
    expect(chart.locator("h1")).to_contain_text(target["question"])
    assert chart.url.partition("#")[0].endswith(target["url"])
    assert chart.evaluate("window.isSame")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_words_of_each_node_fit_into_it(chart: Page, scheme: str):
    chart.emulate_media(color_scheme=scheme)
    chart.locator("question-graph").scroll_into_view_if_needed()
    too_high = chart.evaluate(
        """() => [...document.querySelectorAll("question-graph foreignObject")]
            .filter((node) => node.firstElementChild.offsetHeight > Number(node.getAttribute("height")) + 1)
            .map((node) => node.textContent)"""
    )
    assert too_high == []


def test_the_drawing_scrolls_in_its_own_place(chart: Page):
    chart.set_viewport_size({"width": 360, "height": 800})
    drawing = chart.locator("question-graph")
    drawing.focus()
    chart.keyboard.press("ArrowRight")
    chart.wait_for_function("() => document.querySelector('question-graph').scrollLeft > 0")
    assert chart.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_arrows_of_a_question_stand_out(chart: Page):
    known = {question["path"]: question for question in QUESTIONS}
    question = next(question for question in QUESTIONS if question["next"] and question["prerequisites"])
    chart.locator(f'question-graph a[data-path="{question["path"]}"]').focus()
    marked = chart.locator("question-graph path.is-on")
    expect(marked).not_to_have_count(0)
    ends = marked.evaluate_all("arrows => arrows.map(({ dataset }) => [dataset.from, dataset.to])")
    for start, end in ends:
        assert question["path"] in (start, end)
        assert start in known[end]["prerequisites"]


def test_the_whole_list_stands_without_javascript(browser: Browser, site: Site):
    context = browser.new_context(base_url=site.address, java_script_enabled=False)
    page = context.new_page()
    page.goto(MAP)
    assert page.locator(".question-list tbody tr").count() == len(QUESTIONS)
    expect(page.locator("question-map")).to_contain_text("The list does not")
    expect(page.locator("question-graph a")).to_have_count(len(QUESTIONS))
    context.close()
