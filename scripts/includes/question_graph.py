"""Front matter -> includes/question-graph.md: prerequisites as a drawing whose nodes are links.

The drawing stands in the page and not in a file: in an <img> no link works. Its words are HTML, in the
reader's own font and read aloud as links; colors are those of the style sheet, in light and dark.
"""

import math
import textwrap
from html import escape
from pathlib import Path

from scripts.includes.catalogue import SOURCE, questions
from scripts.includes.layers import Layout, place, reduced
from scripts.includes.question_map import LEVELS
from scripts.includes.source import generated_note

TARGET = "includes/question-graph.md"
# px in the drawing, which is shown in rem: it grows with the reader's font
WIDTH, GAP_X, GAP_Y = 184, 40, 12
LINE, NOTE_LINE, PADDING = 16, 14, 12
CHARACTERS, NOTE_CHARACTERS = 21, 26  # that fit on a line of a node in any usual font
REM = 20
MARGIN = 3  # for the ring of a node with focus
LABEL = "What to read before what: the questions, with an arrow to each from what its reader needs"


def render(docs: Path) -> dict[str, str]:
    catalogue = {question["path"]: question for question in questions(docs)}
    return {TARGET: generated_note(SOURCE) + drawing(catalogue)}


def edges(catalogue: dict[str, dict]) -> list[tuple[str, str]]:
    """The arrows: prerequisites that are not prerequisites of prerequisites."""
    return reduced(
        {
            path: [needed for needed in question["prerequisites"] if needed in catalogue]
            for path, question in catalogue.items()
        }
    )


def drawing(catalogue: dict[str, dict]) -> str:
    arrows = edges(catalogue)
    heights = {path: _height(question) for path, question in catalogue.items()}
    layout = _with_loose(place(_connected(heights, arrows), arrows, GAP_Y), heights)
    width = (max(layout.column.values(), default=0) + 1) * (WIDTH + GAP_X) - GAP_X + 2 * MARGIN
    height = math.ceil(layout.height) + 2 * MARGIN
    # in the order of reading, for the tab key
    nodes = [_node(catalogue[path], heights[path], layout) for path in _reading_order(layout)]
    return "\n".join(
        [
            '<div class="question-graph">',
            f'<question-graph data-part="study" role="group" tabindex="0" aria-label="{LABEL}">',
            f'<svg width="{width / REM:g}rem" height="{height / REM:g}rem" viewBox="0 0 {width} {height}">',
            *(_arrow(edge, layout) for edge in arrows),
            *nodes,
            "</svg>",
            "</question-graph>",
            "</div>",
            "",
        ]
    )


def _connected(heights: dict[str, float], arrows: list[tuple[str, str]]) -> dict[str, float]:
    touched = {path for arrow in arrows for path in arrow}
    return {path: height for path, height in heights.items() if path in touched}


def _with_loose(layout: Layout, heights: dict[str, float]) -> Layout:
    """Questions without arrows stand in rows below the others."""
    loose = [path for path in heights if path not in layout.column]
    n_columns = max(layout.column.values(), default=3) + 1
    column, middle, bottom = dict(layout.column), dict(layout.middle), layout.height
    for start in range(0, len(loose), n_columns):
        row = loose[start : start + n_columns]
        size = max(heights[path] for path in row)
        top = bottom + 2 * GAP_Y if bottom else 0.0
        column |= {path: k for k, path in enumerate(row)}
        middle |= {path: top + heights[path] / 2 for path in row}
        bottom = top + size
    return Layout(column, middle, layout.ways, bottom)


def _reading_order(layout: Layout) -> list[str]:
    return sorted(layout.column, key=lambda path: (layout.column[path], layout.middle[path]))


def _height(question: dict) -> float:
    return (
        LINE * _lines(question["question"], CHARACTERS)
        + NOTE_LINE * _lines(_note(question), NOTE_CHARACTERS)
        + PADDING
    )


def _note(question: dict) -> str:
    return f"{question['section']} · {LEVELS.get(question['difficulty'], '')[2:]}"


def _lines(text: str, width: int) -> int:
    """Of text in HTML, which breaks after hyphens too."""
    return len(textwrap.wrap(text, width, break_long_words=False))


def _left(column: int) -> int:
    return MARGIN + column * (WIDTH + GAP_X)


def _node(question: dict, height: float, layout: Layout) -> str:
    path = question["path"]
    x, y = _left(layout.column[path]), layout.middle[path] - height / 2 + MARGIN
    return (
        f'<foreignObject x="{x}" y="{y:.0f}" width="{WIDTH}" height="{height:.0f}">'
        f'<a href="../../{escape(question["url"])}" data-path="{escape(path)}">'
        f"{escape(question['question'])} <small>{escape(_note(question))}</small></a></foreignObject>"
    )


def _arrow(edge: tuple[str, str], layout: Layout) -> str:
    """Level across a column, a curve between two, and a head at the end."""
    first = layout.column[edge[0]]
    way = [round(value + MARGIN) for value in layout.ways[edge]]
    parts = [f"M{_left(first) + WIDTH} {way[0]}"]
    for k, y in enumerate(way[1:], start=first + 1):
        x, bend = _left(k), GAP_X // 2
        parts.append(f"C{x - bend} {way[k - first - 1]} {x - bend} {y} {x} {y}")
        if k < layout.column[edge[1]]:
            parts.append(f"h{WIDTH}")
    parts.append("m-6-4 6 4-6 4")
    return f'<path data-from="{escape(edge[0])}" data-to="{escape(edge[1])}" d="{"".join(parts)}"/>'
