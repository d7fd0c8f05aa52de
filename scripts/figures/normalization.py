"""LayerNorm, RMSNorm and BatchNorm: what they average over, and what they do."""

import numpy as np
from matplotlib.figure import Figure
from numpy import ndarray

from llm_questions.batch_norm import batch_norm_backward, batch_statistics
from llm_questions.layer_norm import layer_norm, layer_norm_backward
from llm_questions.rms_norm import rms_norm, rms_norm_backward
from scripts.figures import colors, style


def _inputs_of(backward, shape: tuple[int, ...], cell: tuple[int, ...]) -> ndarray:
    """Which inputs the output at `cell` depends on: those to which its gradient is not 0."""
    x = np.random.default_rng(0).standard_normal(shape)
    grad_output = np.zeros(shape)
    grad_output[cell] = 1.0
    return np.abs(backward(grad_output, x, np.ones(shape[-1]))[0]) > 1e-9


def draw_norm_axes() -> Figure:
    """The activations on which one normalized activation depends, for LayerNorm, RMSNorm and BatchNorm."""
    shape, cell = (2, 4, 6), (0, 1, 2)
    size, left, gap = 25, 50, 26  # of a cell, before the first sequence, between the two
    norms = [
        ("LayerNorm", layer_norm_backward, "mean and variance of one token"),
        ("RMSNorm", rms_norm_backward, "mean square of one token"),
        ("BatchNorm", batch_norm_backward, "mean and variance of one feature"),
    ]
    width = left + shape[0] * shape[2] * size + gap + 14
    # narrower than other figures, so that a phone hardly shrinks it
    figure, axes = style.canvas(640, width)
    for panel, (name, backward, statistics) in enumerate(norms):
        top = 534 - 186 * panel
        style.label(axes, left, top + 44, name, weight="bold", fontsize=style.TEXT_SIZE)
        style.label(axes, left, top + 20, statistics)
        style.label(
            axes, 24, top - shape[1] * size / 2, "tokens", rotation=90, ha="center", color=colors.MUTED
        )
        marked = _inputs_of(backward, shape, cell)
        for sequence, token, feature in np.ndindex(shape):
            x = left + sequence * (shape[2] * size + gap) + feature * size
            y = top - (token + 1) * size
            is_input = marked[sequence, token, feature]
            style.box(
                axes, x, y, size, size, fill=colors.SEQUENTIAL[20] if is_input else "none", line_width=1
            )
            if (sequence, token, feature) == cell:
                axes.plot(x + size / 2, y + size / 2, "o", color=colors.BACKGROUND, markersize=10, zorder=5)
    for sequence in range(shape[0]):
        middle = left + sequence * (shape[2] * size + gap) + shape[2] * size / 2
        style.label(axes, middle, 618, f"sequence {sequence + 1}", ha="center", weight="bold")
        style.label(axes, middle, 48, "features", ha="center", color=colors.MUTED)
    style.label(axes, width / 2, 16, "shaded: what the dot's statistics are taken over", ha="center")
    return figure


def draw_norm_effect() -> Figure:
    """The features of four tokens before normalization, after LayerNorm and after RMSNorm."""
    rng = np.random.default_rng(3)
    centers, spreads = np.array([0.0, 0.0, 12.0, -6.0]), np.array([0.6, 7.0, 3.0, 1.5])
    x = centers[:, None] + spreads[:, None] * rng.standard_normal((4, 24))
    one, zero = np.ones(24), np.zeros(24)
    panels = [
        ("Before", x, "value of a feature"),
        ("After LayerNorm: mean 0, variance 1", layer_norm(x, one, zero), ""),
        ("After RMSNorm: mean square 1, mean not removed", rms_norm(x, one), "normalized value"),
    ]
    figure, grid = style.figure(660, 3)
    figure.get_layout_engine().set(hspace=0.12)
    for axes, (title, values, label) in zip(grid[:, 0], panels, strict=True):
        for token, row in enumerate(values):
            look = style.series(token)
            axes.plot(row, np.full(row.size, token), look["marker"], color=look["color"], alpha=0.55, mew=0)
            axes.plot([row.mean()] * 2, [token - 0.38, token + 0.38], color=colors.TEXT, linewidth=2.5)
        axes.set(title=title, ylim=(3.6, -0.6), xlabel=label)
        axes.set_yticks(range(4), [f"token {token + 1}" for token in range(4)])
        axes.tick_params("y", length=0)
    for axes in grid[1:, 0]:
        axes.set(xlim=(-3, 3))
    style.label(grid[0, 0], x[0].max() + 1.0, 0.0, "the bar is the token's mean")
    return figure


def draw_batch_norm_padding() -> Figure:
    """Mean and standard deviation that BatchNorm computes for one feature as padding grows."""
    rng = np.random.default_rng(0)
    batches = 2.0 + rng.standard_normal((3, 24, 1))  # three batches of 24 real tokens, one feature
    n_padding = np.array([0, 2, 4, 6, 9, 12, 18, 24, 36, 48, 72])
    share = n_padding / (24 + n_padding)
    figure, ((above,), (below,)) = style.figure(580, 2, sharex=True)
    for i, real in enumerate(batches):
        padded = [batch_statistics(np.concatenate([real, np.zeros((count, 1))])) for count in n_padding]
        look = style.series(i) | {"label": f"batch {i + 1}"}
        above.plot(100 * share, [statistics.mean[0] for statistics in padded], **look)
        below.plot(100 * share, [statistics.variance[0] ** 0.5 for statistics in padded], **look)
    above.set(title="Mean of the feature", ylim=(0, 2.5))
    below.set(title="Standard deviation of the feature", ylim=(0, 1.5))
    below.set(xlabel="share of padding in the batch (%)", xlim=(-2, 77))
    above.legend(loc="lower left")
    return figure


FIGURES = {
    "norm-axes": draw_norm_axes,
    "norm-effect": draw_norm_effect,
    "batch-norm-padding": draw_batch_norm_padding,
}
