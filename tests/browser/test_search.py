"""The search box, used as a reader uses it. tests/site/test_search.py asks its worker far more."""

import re

import pytest
from playwright.sync_api import Page, expect

from scripts import queries
from scripts.pages import address_of, question_pages
from tests.browser.search_box import focus_search, open_search
from tests.built_site import Site

SCALING = "transformers/why-divide-by-sqrt-dk/"


class SearchBox:
    """The search box of an open page, used the way a reader uses it."""

    def __init__(self, page: Page, site: Site):
        self.page, self.address = page, site.address
        self.input = open_search(page)

    def results(self, query: str) -> list[str]:
        """The pages found, best first, relative to the home page."""
        # results replace all that is in the list: when the mark is gone, they are those of this query
        self.page.evaluate(
            "document.querySelector('.md-search-result__list').innerHTML = '<li data-mark></li>'"
        )
        self.input.fill(query)
        self.input.dispatch_event("keyup")
        self.page.wait_for_function("() => !document.querySelector('.md-search-result__list [data-mark]')")
        links = self.page.locator(".md-search-result__item > a.md-search-result__link")
        found = links.evaluate_all("links => links.map((link) => link.href.replace(/[?#].*/, ''))")
        return [link.removeprefix(self.address) for link in dict.fromkeys(found)]

    def rank(self, query: str, wanted: str) -> int | None:
        found = self.results(query)
        assert "" not in found, f"{query!r} finds the home page, which lists every title"
        return found.index(wanted) + 1 if wanted in found else None


@pytest.fixture
def search(page: Page, site: Site) -> SearchBox:
    page.goto("")
    return SearchBox(page, site)


def test_questions_find_their_pages(search: SearchBox):
    """Each first; tests/site/test_search.py asks the aliases, without the box."""
    wanted = {page.front_matter["question"]: address_of(page.name) for page in question_pages()}
    assert {text: search.rank(text, page) for text, page in wanted.items()} == dict.fromkeys(wanted, 1)


def test_symbols_find_the_page_on_scaling(search: SearchBox):
    symbols = ["sqrt(d_k)", "√d_k", "sqrt dk", "√dk", "1/sqrt(d_k)", "1/√d_k"]
    assert {symbol: search.rank(symbol, SCALING) for symbol in symbols} == dict.fromkeys(symbols, 1)


def test_the_box_shows_what_the_worker_answers(search: SearchBox):
    """Of every kind one query; tests/site/test_search.py asks all of them, without the box."""
    kinds = {query.kind: query for query in queries.read() if query.set == "tuned"}
    ranks = {query.text: queries.rank(query, search.results(query.text)) for query in kinds.values()}
    assert len(ranks) > 5
    assert [text for text, rank in ranks.items() if rank is None or rank > queries.NEAR] == []


def test_without_an_answer_the_box_offers_what_to_do(search: SearchBox, site: Site):
    panel = search.page.get_by_role("status").filter(has_text="No page answers this")
    search.results("xqzvwk")
    expect(panel).to_be_visible()
    question = panel.get_by_role("link", name="Ask for a page about this")
    expect(question).to_have_attribute(
        "href",
        re.compile(r"/issues/new\?template=2-new-question.yml&title=Question%3A\+xqzvwk&question=xqzvwk"),
    )
    listed = panel.get_by_role("link", name="See all questions")
    assert site.file(listed.evaluate("link => link.href").removeprefix(site.address)).is_file()
    search.results("rope")
    expect(panel).to_have_count(0)


def test_another_spelling_is_a_click_away(search: SearchBox):
    search.results("senttenncepiecce")
    search.page.keyboard.press("ArrowDown")
    spelling = search.page.get_by_role("link", name="sentencepiece", exact=True)
    expect(spelling).to_be_focused()
    search.page.keyboard.press("Enter")
    expect(search.input).to_have_value("sentencepiece")
    first = search.page.locator(".md-search-result__item > a.md-search-result__link").first
    expect(first).to_contain_text("SentencePiece")
    expect(spelling).to_have_count(0)


def test_aliases_are_not_shown(search: SearchBox, site: Site):
    """They are how people type, not how the site writes."""
    (question,) = [page for page in question_pages() if address_of(page.name) == SCALING]
    bodies = "".join(site.document(page).find(".//article").text_content() for page in site.pages())
    hidden = [alias for alias in question.front_matter["aliases"] if alias not in bodies]
    assert hidden
    for alias in hidden:
        search.results(alias)
        shown = search.page.locator(".md-search-result__list").inner_text()
        assert alias not in shown


def test_a_word_in_another_spelling_is_not_reported_missing(search: SearchBox):
    first = search.page.locator(".md-search-result__item > a.md-search-result__link").first
    for query in ["bacth norm", "batch norms", "why not batch norm in transformers"]:
        assert search.results(query)[0] == "transformers/why-not-batch-norm/"
        assert "Missing" not in first.inner_text()


def test_the_search_goes_on_after_instant_navigation(search: SearchBox, site: Site):
    page = search.page
    page.evaluate("window.stays = true")
    search.input.press_sequentially("rotary position embedding")
    page.locator(".md-search-result__link").first.click()
    expect(page.locator("h1").first).to_contain_text("RoPE")
    page.wait_for_url(f"{site.address}positional-encoding/rope/**")
    focus_search(page)
    assert search.rank("√d_k", SCALING) == 1
    page.keyboard.press("Enter")
    expect(page.locator("h1").first).to_contain_text("√d_k")
    assert page.evaluate("window.stays"), "the pages were loaded anew"


def test_a_link_to_a_search_opens_it(page: Page, site: Site):
    page.goto("?q=sqrt(d_k)")
    link = page.locator(".md-search-result__item > a.md-search-result__link").first
    expect(link).to_have_attribute("href", re.compile(re.escape(f"{site.address}{SCALING}")))
