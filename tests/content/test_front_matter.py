"""Pages keep the form that readers, search and flashcards rely on: front matter, H1, answer, parts, length.

Select a page with -k, for example -k transformers/query-key-value.
"""

import pytest

from scripts.check import body, front_matter
from scripts.pages import Page, question_pages, read_pages

PAGES = [pytest.param(page, id=page.name) for page in read_pages()]
QUESTIONS = [pytest.param(page, id=page.name) for page in question_pages()]


def expect_none(found: list[str]) -> None:
    if found:
        pytest.fail("\n".join(found), pytrace=False)


@pytest.mark.parametrize("page", PAGES)
def test_front_matter(page: Page) -> None:
    expect_none(front_matter.problems(page))


@pytest.mark.parametrize("page", PAGES)
def test_blocks_are_closed_and_headings_hold_no_tex(page: Page) -> None:
    expect_none(body.problems(page))


@pytest.mark.parametrize("page", QUESTIONS)
def test_question_and_short_answer_are_the_same_in_the_body(page: Page) -> None:
    expect_none(front_matter.agreement_problems(page))


@pytest.mark.parametrize("page", QUESTIONS)
def test_all_parts_in_order_and_length(page: Page) -> None:
    expect_none(body.question_problems(page))


def test_prerequisites_exist_and_form_no_cycle() -> None:
    expect_none(front_matter.prerequisite_problems(question_pages()))
