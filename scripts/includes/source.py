"""What the generators of text have in common."""

from collections.abc import Iterable


class SourceError(ValueError):
    """A source file cannot be turned into text; the message names the entry and the field."""


def table(header: list[str], rows: Iterable[list[str]], align: str | None = None) -> str:
    """In Markdown. `align` has l or r for each column; by default all but the first hold numbers."""
    rule = [{"l": "---", "r": "--:"}[letter] for letter in align or "l" + "r" * (len(header) - 1)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (header, rule, *rows))


def generated_note(source: str) -> str:
    """A first line for included Markdown: a link definition that nothing uses leaves no trace in a page."""
    return (
        f'[//]: # "Generated from {source} by scripts/gen_includes.py: edit that, then run make generate"\n\n'
    )
