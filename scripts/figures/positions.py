"""Position encodings: sinusoids, learned tables, RoPE, and what is left beyond the trained length."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Arc, Circle

from llm_questions.positions.alibi import alibi_slopes
from llm_questions.positions.context_extension import position_interpolation
from llm_questions.positions.extrapolation import alibi_weight_beyond, seen_angles, seen_buckets
from llm_questions.positions.learned import interpolate_table
from llm_questions.positions.rotary import apply_rotary, rotary_frequencies, rotary_logit, rotary_tables
from llm_questions.positions.sinusoidal import (
    sinusoidal_encoding,
    sinusoidal_frequencies,
    sinusoidal_wavelengths,
)
from scripts.figures import colors, style


def draw_sinusoid_heatmap() -> Figure:
    """Sinusoidal position encoding: 64 positions from top to bottom, 64 features from left to right."""
    figure, ((axes,), (bar,)) = style.figure(640, 2, height_ratios=[24, 1])
    style.heat_map(axes, sinusoidal_encoding(64, 64), -1.0, 1.0, colors.DIVERGING)
    ticks = [0, 16, 32, 48, 63]
    axes.set(xticks=ticks, yticks=ticks, xlabel="feature", ylabel="position")
    style.color_bar(bar, -1.0, 1.0, colors.DIVERGING, [-1, -0.5, 0, 0.5, 1])
    bar.set_xlabel("value")
    return figure


def draw_sinusoid_wavelengths() -> Figure:
    """Wavelength of each pair of features for d_model 512, against a context of 512 tokens."""
    wavelengths = sinusoidal_wavelengths(512)
    figure, ((axes,),) = style.figure(400)
    axes.plot(wavelengths, **style.series(0, markers=False))
    axes.axhline(512, **style.series(1, markers=False))
    axes.set(yscale="log", xlabel="pair of features", ylabel="wavelength (positions)", xlim=(0, 256))
    axes.set_xticks([0, 64, 128, 192, 255])
    axes.set_yticks([10, 100, 1000, 10000, 100000], ["10", "100", "1,000", "10,000", "100,000"])
    axes.set_ylim(4, 100000)
    axes.minorticks_off()
    style.label(axes, 4, 800, "context of 512 tokens", colors.SERIES[1])
    style.label(axes, 4, 12000, "above the line: never\na full turn in the context")
    return figure


def draw_learned_vs_positions() -> Figure:
    """A learned table of 6 positions ends; stretched to 11 positions its rows move closer together."""
    n_rows, n_stretched, n_features = 6, 11, 5
    table = np.random.default_rng(1).uniform(-1, 1, (n_rows, n_features))
    stretched = interpolate_table(table, n_stretched)
    figure, axes = style.canvas(460)
    cell, top = 34, 400
    lefts = {"trained": 92, "stretched": 384}
    for left, values in zip(lefts.values(), (table, stretched), strict=True):
        for (row, feature), value in np.ndenumerate(values):
            fill = colors.DIVERGING[style.level(value, -1.0, 1.0)]
            x, y = left + cell * feature, top - cell * (row + 1)
            style.box(axes, x, y, cell, cell, fill=fill, edge=colors.BACKGROUND, line_width=1)
        for row in range(len(values)):
            y = top - cell * (row + 0.5)
            style.label(axes, left - 10, y, str(row), ha="right")
    right = lefts["trained"] + cell * n_features
    for row in range(n_rows, n_stretched):
        y = top - cell * (row + 0.5)
        style.label(axes, lefts["trained"] - 10, y, str(row), ha="right", color=colors.MUTED)
    last, end = top - cell * n_rows, top - cell * n_stretched
    outline = [(lefts["trained"], last), (lefts["trained"], end), (right, end), (right, last)]
    axes.plot(*zip(*outline, strict=True), color=colors.MUTED, linewidth=1.5, linestyle=(0, (4, 3)))
    missing = "no rows:\nindex error"
    style.label(axes, (lefts["trained"] + right) / 2, (last + end) / 2, missing, ha="center")
    for row in range(n_rows):
        # a row of the longer table that equals a trained one
        (same,) = np.flatnonzero(np.isclose(stretched, table[row]).all(axis=1))
        start = (right + 6, top - cell * (row + 0.5))
        end = (lefts["stretched"] - 36, top - cell * (same + 0.5))
        style.arrow(axes, start, end, width=1.3)
    heading = {"ha": "center", "weight": "bold", "fontsize": style.TEXT_SIZE}
    style.label(axes, (lefts["trained"] + right) / 2, 440, "trained table", **heading)
    style.label(axes, (lefts["trained"] + right) / 2, 418, "5 features", ha="center", color=colors.MUTED)
    middle = lefts["stretched"] + cell * n_features / 2
    style.label(axes, middle, 440, "interpolated table", **heading)
    style.label(axes, middle, 418, "half a step a row", ha="center", color=colors.MUTED)
    style.label(axes, 30, top - cell * 5.5, "position", rotation=90, ha="center", color=colors.MUTED)
    return figure


def _turned(vector: np.ndarray, position: int) -> np.ndarray:
    """One pair of features, turned by RoPE to its position; θ = 1 radian."""
    tables = rotary_tables(np.array([position]), rotary_frequencies(2))
    return apply_rotary(vector[None, :], *tables)[0]


def _clock(axes: Axes, x: float, tips: list[tuple[np.ndarray, str, str]], title: str) -> None:
    """Arrows of length up to 1, each with its text and color, in a circle around (x, 116)."""
    center, radius = np.array([x, 116.0]), 76
    axes.add_patch(Circle(tuple(center), radius, facecolor="none", edgecolor=colors.MUTED, linewidth=1))
    for tip, text, color in tips:
        style.arrow(axes, tuple(center), tuple(center + radius * tip), color=color, width=2.5)
        where = center + (radius + 17) * tip / np.hypot(*tip)
        style.label(axes, *where, text, color, ha="center", fontsize=style.TEXT_SIZE)
    style.label(axes, x, 242, title, ha="center", weight="bold")


def draw_rope_rotation() -> Figure:
    """RoPE turns a pair of features with its position; the offset sets the angle of query and key."""
    figure, axes = style.canvas(268)
    query, key = np.array([1.0, 0.0]), np.array([0.8, 0.4])
    turns = [(_turned(query, position), str(position), colors.SERIES[0]) for position in range(4)]
    _clock(axes, 100, turns, "One pair of features\nat positions 0, 1, 2, 3")
    for x, (i, j) in [(300, (2, 0)), (500, (5, 3))]:
        tips = _turned(query, i), _turned(key, j)
        arrows = [(tips[0], f"$q_{i}$", colors.SERIES[0]), (tips[1], f"$k_{j}$", colors.SERIES[1])]
        _clock(axes, x, arrows, f"Query at {i}, key at {j}:\noffset 2")
        angles = [np.degrees(np.arctan2(tip[1], tip[0])) % 360 for tip in tips]
        # the arc runs counterclockwise, and the query is further round
        axes.add_patch(
            Arc((x, 116), 50, 50, theta1=angles[1], theta2=angles[0], color=colors.TEXT, linewidth=2)
        )
    return figure


def draw_rope_relative_dot_product() -> Figure:
    """The RoPE logit over the offset, for vectors of equal features and for a key made to score far away."""
    frequencies = rotary_frequencies(128)
    query = np.ones(128)
    favored = 400
    tables = rotary_tables(np.array([favored]), frequencies)
    far_key = apply_rotary(query[None, :], *tables)[0]
    offsets = np.arange(801)
    figure, rows = style.figure(560, 2, sharex=True)
    titles = ["Key equal to the query", f"Key made to peak at offset {favored}"]
    for i, (axes, key, title) in enumerate(zip(rows[:, 0], [query, far_key], titles, strict=True)):
        logits = rotary_logit(query, key, offsets, frequencies)
        axes.plot(offsets, logits / (query @ query), color=colors.SERIES[i], linewidth=2)
        axes.set(title=title, ylim=(0, 1.05), ylabel="q · k / maximum")
    axes.set(xlabel="offset i − j (tokens)", xlim=(0, 800))
    return figure


def draw_extrapolation() -> Figure:
    """What training has covered at positions beyond the trained length of 2,048, by encoding."""
    trained, end = 2048, 8192
    offsets = np.arange(0, end, 16)
    frequencies = rotary_frequencies(128)
    interpolated = position_interpolation(frequencies, end // trained)
    sinusoidal = sinusoidal_frequencies(512)
    shares = [
        (offsets < trained).astype(float),  # rows of a learned table
        seen_angles(offsets, trained, frequencies).mean(axis=1),
        seen_angles(offsets, trained, frequencies, interpolated).mean(axis=1),
        seen_buckets(offsets, trained).astype(float),
        seen_angles(offsets, trained, sinusoidal).mean(axis=1),
    ]
    figure, ((above,), (below,)) = style.figure(680, 2, height_ratios=[1.1, 1])
    for i, share in enumerate(shares):
        above.plot(offsets, 100 * share, **style.series(i, markers=False))
    above.set(title="Rows, angles or buckets seen in training (%)", ylim=(-3, 105))
    style.label(above, 2160, 92, "RoPE with position interpolation; T5 bias")
    style.label(above, 2160, 58, "RoPE; sinusoidal, nearly the same")
    style.label(above, 2160, 7, "learned table: no rows")
    slopes = alibi_slopes(8)
    distances = np.arange(0, 4097, 32)
    beyond = np.array([alibi_weight_beyond(int(distance), end, slopes) for distance in distances])
    for i, head in enumerate([8, 7, 6]):
        below.plot(distances, 100 * beyond[:, head - 1], **style.series(i, markers=False))
    style.label(below, 2700, 0.02, "head 8 of 8", colors.SERIES[0])
    style.label(below, 1500, 1e-4, "head 7", colors.SERIES[1], ha="right")
    style.label(below, 700, 1e-4, "head 6", colors.SERIES[2], ha="right")
    below.set(title="ALiBi, equal contents: weight that far or farther (%)", yscale="log", ylim=(1e-5, 200))
    below.set_yticks([1e-4, 1e-2, 1, 100], ["0.0001", "0.01", "1", "100"])
    below.minorticks_off()
    below.set(xlabel="distance between query and key", xlim=(0, 4096))
    below.set_xticks([0, 1024, 2048, 3072, 4096], ["0", "1,024", "2,048", "3,072", "4,096"])
    above.set(xlabel="position, or distance between query and key", xlim=(0, end))
    above.set_xticks([0, 2048, 4096, 6144, 8192], ["0", "2,048", "4,096", "6,144", "8,192"])
    for axes in (above, below):
        axes.axvline(trained, color=colors.MUTED, linewidth=1.5)
    style.label(below, trained + 60, 40, "trained length", colors.MUTED)
    figure.set_layout_engine("constrained", h_pad=0.12)  # away from the name of the axis above
    return figure


FIGURES = {
    "extrapolation": draw_extrapolation,
    "learned-vs-positions": draw_learned_vs_positions,
    "rope-relative-dot-product": draw_rope_relative_dot_product,
    "rope-rotation": draw_rope_rotation,
    "sinusoid-heatmap": draw_sinusoid_heatmap,
    "sinusoid-wavelengths": draw_sinusoid_wavelengths,
}
