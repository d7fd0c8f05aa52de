"""Who may see whom: one small picture for each kind of attention mask."""

import numpy as np
from matplotlib.figure import Figure
from numpy import ndarray

from llm_questions.masks import causal_mask, prefix_mask, sink_mask, sliding_window_mask
from llm_questions.sparse_masks import (
    bigbird_layout,
    block_sparse_mask,
    dilated_window_mask,
    global_tokens_mask,
    strided_mask,
)
from scripts.figures import colors, style

N = 24


def _masks() -> dict[str, ndarray]:
    near = np.abs(np.arange(N)[:, None] - np.arange(N)) <= 3
    return {
        "bidirectional": np.ones((N, N), dtype=bool),
        "causal (global)": causal_mask(N),
        "prefix of 8": prefix_mask(N, n_prefix=8),
        "window of 6": sliding_window_mask(N, window=6),
        "dilated by 2": dilated_window_mask(N, window=6, dilation=2),
        "strided by 5": strided_mask(N, stride=5),
        "window, global token": near | global_tokens_mask(N, [0]),
        "BigBird blocks": block_sparse_mask(bigbird_layout(N // 2, n_random=1, seed=1), 2),
        "window of 6, 2 sinks": sink_mask(N, window=6, n_sinks=2),
    }


def draw_attention_masks() -> Figure:
    """Nine masks for 24 tokens: a row for each query, a column for each key"""
    figure, grid = style.figure(720, 3, 3)
    figure.get_layout_engine().set(hspace=0.06)
    for axes, (name, mask) in zip(grid.flat, _masks().items(), strict=True):
        style.heat_map(axes, mask.astype(float) * 0.75, 0.0, 1.0, colors.SEQUENTIAL)
        axes.set_title(name, loc="center", fontsize=style.SMALL, weight="normal")
        axes.set_xlabel(f"{mask.sum()} pairs", fontsize=style.SMALL)
        axes.set(xticks=[], yticks=[], aspect="equal")
        for side in ("top", "right", "bottom", "left"):
            axes.spines[side].set_visible(True)
    return figure


FIGURES = {"attention-masks": draw_attention_masks}
