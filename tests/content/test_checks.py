"""The numbers of the text are what the package computes: one test for each `<!-- check … -->` of a page.

Those that `make check` has run are not run again before something changes (scripts/check/memory.py).
Select a page with -k, for example -k transformers/query-key-value.
"""

import pytest

from scripts.check import claims, truth
from scripts.pages import Comment, Page, read_pages

CHECKS = [
    pytest.param(page, comment, id=f"{page.name}:{comment.line}")
    for page in read_pages()
    for comment in claims.checks(page)
]


@pytest.mark.parametrize(("page", "comment"), CHECKS)
def test_the_page_says_what_the_code_gives(page: Page, comment: Comment) -> None:
    if found := truth.claim_problems(page, comment):
        pytest.fail("\n".join(found), pytrace=False)
