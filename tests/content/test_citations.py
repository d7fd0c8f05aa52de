"""Every citation of a page leads to an entry of references.bib, and its References section lists just these.

Select a page with -k, for example -k transformers/query-key-value.
"""

import pytest
from pybtex.database import parse_file

from scripts.check import citations
from scripts.pages import ROOT, Page, read_pages

BIB = ROOT / "references.bib"
KNOWN = {key for _, key, _ in citations.read_entries(BIB)}
PAGES = [pytest.param(page, id=page.name) for page in read_pages()]


@pytest.mark.parametrize("page", PAGES)
def test_citations_and_references_agree(page: Page) -> None:
    if found := citations.problems(page, KNOWN):
        pytest.fail("\n".join(found), pytrace=False)


def test_no_entry_stands_twice_in_references_bib() -> None:
    if found := citations.bib_problems(BIB):
        pytest.fail("\n".join(found), pytrace=False)


def test_entries_are_those_that_pybtex_reads() -> None:
    assert set(parse_file(BIB, bib_format="bibtex").entries) == KNOWN
