"""Front matter -> includes/tables/question-map.md: all questions in a table, for docs/study/map.md.

docs/assets/javascripts/study/question-map.js filters and sorts this table, whose columns it reads by place.
"""

from pathlib import Path

from scripts.includes.catalogue import SOURCE, questions
from scripts.includes.source import generated_note, table

TARGET = "includes/tables/question-map.md"
LEVELS = {1: "1 everyone", 2: "2 engineers", 3: "3 research"}
HEADER = ["Question", "Section", "Level", "Asked by", "Read first"]


def render(docs: Path) -> dict[str, str]:
    catalogue = {question["path"]: question for question in questions(docs)}
    rows = [_row(question, catalogue) for question in catalogue.values()]
    return {TARGET: generated_note(SOURCE) + table(HEADER, rows, "lllrl")}


def link(question: dict) -> str:
    """As pages of docs/study/ write it."""
    text = question["question"].replace("|", "\\|")
    return f"[{text}](../{question['source'].removeprefix('docs/')})"


def _row(question: dict, catalogue: dict[str, dict]) -> list[str]:
    needed = [link(catalogue[path]) for path in question["prerequisites"] if path in catalogue]
    return [
        link(question),
        question["section"],
        LEVELS.get(question["difficulty"], ""),
        str(question["asked_by"]),
        "<br>".join(needed) or "–",
    ]
