"""Every Python block of a page runs alone and prints what the `#>` comments below its prints say.

Those that `make check` has run are not run again before something changes (scripts/check/memory.py).
Select a page with -k, for example -k transformers/query-key-value; --update-examples rewrites the comments.
"""

import pytest
from pytest_examples import CodeExample, EvalExample

from scripts.check import code_blocks, truth
from scripts.pages import Fence, Page, read_pages

PAGES = [pytest.param(page, id=page.name) for page in read_pages()]
BLOCKS = [
    pytest.param(page, fence, example, id=f"{page.name}:{fence.line}")
    for page in read_pages()
    for fence, example in code_blocks.executed(page)
]


@pytest.mark.parametrize(("page", "fence", "example"), BLOCKS)
def test_block_prints_what_the_page_says(
    page: Page, fence: Fence, example: CodeExample, eval_example: EvalExample
) -> None:
    eval_example.set_config(line_length=code_blocks.LINE_LENGTH)
    if eval_example.update_examples:
        eval_example.run_print_update(example)
    elif found := truth.block_problems(page, fence, example):
        pytest.fail("\n".join(found), pytrace=False)


@pytest.mark.parametrize("page", PAGES)
def test_included_code_exists(page: Page) -> None:
    if found := code_blocks.include_problems(page):
        pytest.fail("\n".join(found), pytrace=False)
