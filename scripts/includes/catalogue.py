"""Front matter and navigation -> docs/assets/data/questions.json: the one list of the questions.

It is in the order of the navigation. The map, the practice page, the flashcards and the books are made
from it.
"""

import json
from pathlib import Path

from scripts import navigation
from scripts.includes.source import SourceError
from scripts.pages import PageError, address_of, question_pages

SOURCE = "docs"
TARGET = "docs/assets/data/questions.json"


def render(docs: Path) -> dict[str, str]:
    return {TARGET: json.dumps({"questions": questions(docs)}, ensure_ascii=False, indent=1) + "\n"}


def questions(docs: Path) -> list[dict]:
    """A dictionary for each question page: its front matter without aliases, its path, address and section.

    `next` names the pages that have this one among their prerequisites. Paths are those of prerequisites:
    below docs/, without .md, a section's index page by its folder.
    """
    try:
        pages = {page.name: page.front_matter for page in question_pages(docs)}
    except PageError as error:
        raise SourceError(str(error)) from error
    sections = _sections(docs.parent / "mkdocs.yml")
    names = sorted(pages, key=lambda name: list(sections).index(name) if name in sections else len(sections))
    return [
        {
            "path": _path(name),
            "url": address_of(name),
            "source": f"docs/{name}",
            "section": sections.get(name, ""),
            "question": pages[name].get("question", ""),
            "short_answer": " ".join(str(pages[name].get("short_answer", "")).split()),
            "difficulty": pages[name].get("difficulty"),
            "asked_by": pages[name].get("asked_by"),
            "prerequisites": pages[name].get("prerequisites", []),
            "next": [_path(n) for n in names if _path(name) in pages[n].get("prerequisites", [])],
            "verified": str(pages[name].get("verified", "")),
        }
        for name in names
    ]


def _path(name: str) -> str:
    return address_of(name).rstrip("/")


def _sections(configuration: Path) -> dict[str, str]:
    """{page: the title of the innermost section it stands in}, in the order of the navigation."""
    return dict(_walk(navigation.read(configuration), ""))


def _walk(items: list, section: str):
    for item in items:
        if isinstance(item, str):
            yield item, section
        else:
            for title, value in item.items():
                yield from _walk(value, title) if isinstance(value, list) else [(value, section)]
