"""The rules in the order in which they run: what reads sources, what reads the site, what executes."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

from scripts.check import (
    addresses,
    assets,
    body,
    characters,
    citations,
    front_matter,
    html,
    markup,
    navigation,
    notebooks,
    tools,
    truth,
)
from scripts.check.site import ADDRESS, Site, build
from scripts.pages import DOCS, ROOT, Page

BIB = ROOT / "references.bib"


def source_problems() -> Iterator[str]:
    yield from characters.problems()
    yield from characters.name_problems()
    yield from assets.problems()
    yield from notebooks.problems()
    pages = list(_readable_pages())
    yield from navigation.problems(pages)
    known = frozenset(key for _, key, _ in citations.read_entries(BIB))
    yield from citations.bib_problems(BIB)
    for page in pages:
        yield from _of_page_alone(page, known)
        yield from markup.include_problems(page)
    yield from front_matter.prerequisite_problems(
        [page for page in pages if page.is_question and not page.is_draft]
    )


@cache  # the test of the rules looks at the same pages hundreds of times
def _of_page_alone(page: Page, known: frozenset[str]) -> list[str]:
    found = front_matter.problems(page) + body.problems(page)
    if page.is_question and not page.is_draft:
        found += front_matter.agreement_problems(page) + body.question_problems(page)
    return found + citations.problems(page, known) + markup.problems(page)


def _readable_pages() -> Iterator[Page]:
    for path in sorted(DOCS.rglob("*.md")):
        with suppress(UnicodeDecodeError):  # characters.py has said so
            if not path.is_symlink():  # assets.py too
                yield _read(path, path.read_bytes())


@cache
def _read(path: Path, _content: bytes) -> Page:
    return Page(path)


def tool_problems() -> Iterator[str]:
    yield from tools.rumdl()
    yield from tools.typos()
    yield from tools.yamllint()


def site_problems(folder: Path, *, dirty: bool = False) -> Iterator[str]:
    """Builds the site into `folder`. What cannot be built has nothing to be looked at."""
    found = build(folder, dirty=dirty)
    yield from found
    if not (folder / "sitemap.xml").is_file():
        return
    site = Site(folder, ADDRESS)
    yield from html.problems(site)
    yield from addresses.problems(site)


def validator_problems(folder: Path) -> Iterator[str]:
    if (folder / "sitemap.xml").is_file():
        yield from tools.html_validate(Site(folder, ADDRESS))


def truth_tasks(about: str = "") -> list[tuple[Callable[..., list[str]], tuple]]:
    """Calls that need nothing of each other, for as many processes as there are; `about` a path or all."""
    figures = [path.relative_to(ROOT).as_posix() for path in sorted(DOCS.glob("assets/figures/*"))]
    books = [path.relative_to(ROOT).as_posix() for path in sorted(DOCS.rglob("*.ipynb"))]
    pages = [path.relative_to(ROOT).as_posix() for path in sorted(DOCS.rglob("*.md"))]
    tasks = [
        *((name, truth.figure_problems, (name,)) for name in figures),
        ("docs/assets/figures/", truth.missing_figures, ()),
        *((name, truth.notebook_problems, (name,)) for name in books),
        *((name, truth.page_problems, (name,)) for name in pages),
        ("includes/ docs/glossary.md references.bib data/glossary.yml", truth.generated_problems, ()),
        ("data/models.yml", truth.published_problems, ()),
    ]
    return [
        (task, values)
        for paths, task, values in tasks
        if not about or any(about.startswith(path) for path in paths.split())
    ]
