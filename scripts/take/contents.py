"""The table of contents of the book: the site's navigation, without what is of use on the site alone."""

from dataclasses import dataclass, field

from scripts import navigation
from scripts.pages import address_of
from scripts.take import TakeError

# The home page is a list of what follows, study aids are for a browser, and a book counts no visits.
LEFT_OUT = ("index.md", "study/", "privacy.md")


@dataclass(frozen=True)
class Entry:
    """A page, or a heading that only holds pages together, with what stands below it."""

    title: str  # of a page: only where the navigation gives it one
    page: str | None  # its address relative to the home page
    below: list["Entry"] = field(default_factory=list)


def contents() -> list[Entry]:
    if not (entries := list(_entries(navigation.read()))):
        raise TakeError(
            "mkdocs.yml: nav leaves nothing for the book: see LEFT_OUT in scripts/take/contents.py"
        )
    return entries


def walk(entries: list[Entry], level: int = 1):
    """Every entry with its level, in the order of reading."""
    for entry in entries:
        yield level, entry
        yield from walk(entry.below, level + 1)


def _entries(items: list):
    for item in items:
        title, value = next(iter(item.items())) if isinstance(item, dict) else ("", item)
        if isinstance(value, str):
            if not value.startswith(LEFT_OUT):
                yield Entry(title, address_of(value))
            continue
        index = next((i for i in value if isinstance(i, str) and i.endswith("index.md")), None)
        below = list(_entries([i for i in value if i != index]))
        is_taken = index is not None and not index.startswith(LEFT_OUT)
        if below or is_taken:
            yield Entry(title, address_of(index) if is_taken else None, below)
