"""The questions of the catalogue -> includes/question-list.md: by section, with folded answers."""

import html
import re
from itertools import groupby
from pathlib import Path

from scripts.includes.catalogue import SOURCE, questions
from scripts.includes.source import generated_note

__all__ = ["SOURCE", "render"]
TARGET = "includes/question-list.md"
MARKUP = re.compile(r"([\\`*_\[\]$])")


def render(docs: Path) -> dict[str, str]:
    sections = groupby(questions(docs), key=lambda question: question["section"])
    text = "\n".join(
        f"### {section} {{ data-search-exclude }}\n\n{''.join(map(_folded, found))}"
        for section, found in sections
    )
    return {TARGET: generated_note(SOURCE) + text}


def _folded(question: dict) -> str:
    title = _escaped(question["question"]).replace('"', "&quot;")
    return (
        f'??? question "{title}"\n'
        f"    {_escaped(question['short_answer'])}\n\n"
        f"    [Read the whole answer](../{question['source'].removeprefix('docs/')})\n\n"
    )


def _escaped(text: str) -> str:
    return MARKUP.sub(r"\\\1", html.escape(text, quote=False))
