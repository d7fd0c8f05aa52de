"""A page that `make new-question` begins passes as a draft, and is refused as long as nothing is written."""

import datetime
from pathlib import Path

import pytest

from scripts.check import body, front_matter
from scripts.new_question import RequestError, begin
from scripts.pages import Page, question_pages, read_pages

TODAY = datetime.date(2026, 11, 25)
QUESTION = "Why is √d_k in it?"


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    (tmp_path / "docs/attention").mkdir(parents=True)
    (tmp_path / "docs/attention/index.md").write_text("---\ntitle: A\ndescription: B.\n---\n\n# A\n", "utf-8")
    return tmp_path / "docs"


def test_a_draft_passes_and_is_no_page_of_the_site(docs: Path) -> None:
    path = begin("attention/why-so", QUESTION, docs, TODAY)
    assert path == docs / "attention/why-so.draft.md"
    assert [page.name for page in question_pages(docs)] == []
    (draft,) = [page for page in read_pages(docs) if page.is_draft]
    assert front_matter.problems(draft) == []
    assert body.problems(draft) == []
    assert body.section_problems(draft) == []


def test_renamed_without_being_written_it_is_refused(docs: Path) -> None:
    path = begin("attention/why-so", QUESTION, docs, TODAY)
    path = path.rename(docs / "attention/why-so.md")
    page = Page(path, docs)
    assert any("make new-question" in problem for problem in front_matter.agreement_problems(page))
    assert any("words, not 900" in problem for problem in body.question_problems(page))


@pytest.mark.parametrize(
    ("address", "question", "message"),
    [
        ("Attention/why", QUESTION, "lower case"),
        ("why-so", QUESTION, "section/name"),
        ("attentoin/why-so", QUESTION, "there are attention"),
        ("../outside/why", QUESTION, "lower case"),
        ("attention/why-so", "Tell me why", "question mark"),
        ("attention/why-so", "Why $d_k$?", "no TeX"),
        ("attention/index", QUESTION, "is there already"),
    ],
)
def test_refusals_say_what_to_give(docs: Path, address: str, question: str, message: str) -> None:
    before = sorted(docs.rglob("*"))
    with pytest.raises(RequestError, match=message):
        begin(address, question, docs, TODAY)
    assert sorted(docs.rglob("*")) == before


def test_nothing_that_was_written_is_lost(docs: Path) -> None:
    path = begin("attention/why-so", QUESTION, docs, TODAY)
    path.write_text("mine", "utf-8")
    with pytest.raises(RequestError, match="is there already"):
        begin("attention/why-so", QUESTION, docs, TODAY)
    assert path.read_text("utf-8") == "mine"
