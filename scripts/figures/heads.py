"""What one head and two heads fetch for a query with two relations."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy import ndarray

from llm_questions.head_relations import one_head_per_relation, token_rows, unexplained_share
from llm_questions.multi_head import multi_head_attention
from scripts.figures import colors, style

TOKENS = ["The", "parrot", "we", "keep", "screams", "at", "six"]
CONTENTS = np.array([1.0, 5.0, 0.0, 2.0, -1.0, 1.0, -3.0])
SUBJECT, TIME, QUERY = 1, 6, 4
LEFT, CELL, HEIGHT = 96, 70, 38


def _row(axes: Axes, y: float, name: str, values: ndarray, shaded: bool) -> None:
    style.label(axes, LEFT - 10, y + HEIGHT / 2, name, ha="right")
    for i, value in enumerate(values):
        level = style.level(value, 0.0, 1.25)  # a half off the middle, where dark text is hard to read
        style.box(
            axes,
            LEFT + i * CELL,
            y,
            CELL,
            HEIGHT,
            f"{round(value, 3):g}".replace("-", "−"),
            fill=colors.SEQUENTIAL[level] if shaded else "none",
            text_color=style.on_sequential(level) if shaded else colors.TEXT,
        )


def draw_two_relations() -> Figure:
    """One head averages the two tokens that are wanted; two heads fetch them one by one"""
    roles = np.full(len(TOKENS), -1)
    roles[[SUBJECT, TIME]] = 0, 1
    rows = token_rows(roles, CONTENTS[:, None], 2)
    output, attention = multi_head_attention(rows, one_head_per_relation(2, 1, 20.0), 2)
    slots = output[QUERY, -2:]
    average = np.zeros(len(TOKENS))
    average[[SUBJECT, TIME]] = 0.5
    lost = unexplained_share(average[None], np.array([SUBJECT, TIME]))

    figure, axes = style.canvas(366)
    heading = {"weight": "bold", "fontsize": style.TEXT_SIZE}
    for i, token in enumerate(TOKENS):
        bold = {"weight": "bold"} if i == QUERY else {}
        style.label(axes, LEFT + (i + 0.5) * CELL, 346, token, ha="center", **bold)
    _row(axes, 296, "content", CONTENTS, shaded=False)
    style.label(axes, LEFT, 262, "One head: one average", **heading)
    _row(axes, 206, "weights", average, shaded=True)
    mean = average @ CONTENTS
    style.label(
        axes, LEFT, 184, f"each slot: a multiple of the mean, {mean:g} ({lost:.0%} of the variance lost)"
    )
    style.label(axes, LEFT, 142, "Two heads: two averages", **heading)
    _row(axes, 86, "head 1", attention[0, QUERY], shaded=True)
    _row(axes, 40, "head 2", attention[1, QUERY], shaded=True)
    first, second = (f"{value:.0f}".replace("-", "−") for value in slots)
    style.label(axes, LEFT, 18, f"slot 1: {first} (subject), slot 2: {second} (time)")
    return figure


FIGURES = {"two-relations": draw_two_relations}
