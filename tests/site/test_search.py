"""What people type finds the page that answers it: its worker is asked all of data/queries.tsv.

Node runs the worker here; tests/browser/test_search.py types some queries into the real search box, and
`python -m bench search` all of them.
"""

import gzip
import json

import pytest

from scripts import queries
from scripts.check.site import Site
from scripts.pages import address_of, question_pages

QUERIES = queries.read()
KB_PER_10_PAGES = 25


@pytest.fixture(scope="module")
def answers(site: Site) -> dict[str, dict]:
    asked = [query.text for query in [*QUERIES, *queries.misspelled(QUERIES)]]
    return dict(zip(asked, queries.ask(site.folder, asked), strict=True))


def of(name: str) -> list[queries.Query]:
    return [query for query in QUERIES if query.set == name]


@pytest.mark.parametrize("name", ["tuned", "held-out"])
def test_the_right_page_comes_first(answers, name):
    ranks = {query.text: queries.rank(query, answers[query.text]["pages"]) for query in of(name)}
    shares = queries.shares(list(ranks.values()))
    assert shares.first >= queries.FIRST_SHARE
    assert shares.near >= queries.NEAR_SHARE


def test_aliases_find_their_pages(site: Site):
    wanted = {
        alias: address_of(page.name) for page in question_pages() for alias in page.front_matter["aliases"]
    }
    found = dict(zip(wanted, queries.ask(site.folder, list(wanted)), strict=True))
    far = [alias for alias, page in wanted.items() if page not in found[alias]["pages"][: queries.NEAR]]
    assert far == [], "an alias is to find its page within the first three"


def test_chinese_finds_pages_as_english_does(answers):
    chinese = [query for query in QUERIES if query.kind in ("chinese", "mixed")]
    shares = queries.shares([queries.rank(query, answers[query.text]["pages"]) for query in chinese])
    assert shares.first >= queries.FIRST_SHARE


def test_a_wrong_letter_costs_no_page(answers):
    wrong = queries.misspelled(QUERIES)
    assert len(wrong) >= 60 * len(queries.EDITS)
    shares = queries.shares([queries.rank(query, answers[query.text]["pages"]) for query in wrong])
    assert shares.near >= queries.MISSPELLED_SHARE


def test_what_no_page_answers_is_mostly_known(answers):
    """Else readers get pages that only mention a word of the query, as if these were answers."""
    weak = [answers[query.text]["suggestion"]["weak"] for query in of("none")]
    assert sum(weak) >= 0.7 * len(weak)
    doubted = [query.text for query in of("tuned") if answers[query.text]["suggestion"]["weak"]]
    assert len(doubted) <= 0.02 * len(of("tuned"))


def test_another_spelling_is_offered(site: Site):
    (answer,) = queries.ask(site.folder, ["senttenncepiecce"])
    assert answer["suggestion"]["spelling"] == "sentencepiece"


def test_no_alias_is_a_held_out_query():
    aliases = {alias.casefold() for page in question_pages() for alias in page.front_matter["aliases"]}
    assert [query.text for query in of("held-out") if query.text.casefold() in aliases] == []


def test_queries_are_different_and_many():
    assert len({query.text.casefold() for query in QUERIES}) == len(QUERIES)
    assert len(of("tuned")) + len(of("held-out")) >= 200
    assert len(of("none")) >= 20


def test_pages_exist(site: Site):
    pages = {page for query in QUERIES for page in query.pages} - {"-"}
    assert pages - set(site.pages()) == set()


def test_the_index_is_small(site: Site):
    texts = (site.folder / "search/texts.json").read_bytes()
    pages = {doc["location"].partition("#")[0] for doc in json.loads(texts)["docs"]}
    assert len(gzip.compress(texts)) / 1e3 <= KB_PER_10_PAGES * len(pages) / 10
