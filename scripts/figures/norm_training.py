"""Norms in training: rounding in the variance, and gradients by depth."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from llm_questions.deep_norm import single_stack_constants
from llm_questions.gradient_depth import PLACEMENTS, gradient_sizes, init_stack
from llm_questions.variance import one_pass_variance, two_pass_variance, welford_variance
from scripts.figures import colors, style


def draw_variance_rounding() -> Figure:
    """Relative error of a variance in float32 by the size of the mean, for three algorithms."""
    means = 4.0 ** np.arange(7)
    noise = np.random.default_rng(0).standard_normal((64, 1024))
    rows = [(mean + noise).astype(np.float32) for mean in means]
    exact = [row.astype(np.float64).var(axis=-1) for row in rows]
    figure, ((axes,),) = style.figure(430)
    algorithms = [
        ("one pass, difference of sums", one_pass_variance, (75, 3.4e-2)),
        ("one pass, Welford", welford_variance, (1100, 2.5e-6)),
        ("two passes", two_pass_variance, (1100, 7e-8)),
    ]
    for i, (name, variance, (x, y)) in enumerate(algorithms):
        errors = [np.median(np.abs(variance(r) - e) / e) for r, e in zip(rows, exact, strict=True)]
        axes.plot(means, errors, **style.series(i))
        style.label(axes, x, y, name, color=colors.SERIES[i], ha="right" if i == 0 else "center")
    axes.set(xscale="log", yscale="log", xlim=(0.8, 5500), ylim=(5e-9, 5))
    axes.set(xlabel="mean over standard deviation of the features", title="Relative error of the variance")
    axes.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1,000"])
    axes.set_yticks([1e-8, 1e-6, 1e-4, 1e-2, 1])
    return figure


WIDTH = 256


def _sizes(name: str, m: int) -> np.ndarray:
    """Squared gradient of each of m sublayers, mean over draws."""
    deep = single_stack_constants(m // 2)
    placement, alpha, beta = {
        "Post-LN": (PLACEMENTS["post"], 1.0, 1.0),
        "Pre-LN": (PLACEMENTS["pre"], 1.0, 1.0),
        "DeepNorm": (PLACEMENTS["post"], deep.alpha, deep.beta),
    }[name]
    draws = (init_stack(placement, m, WIDTH, WIDTH, alpha, beta, seed=seed) for seed in range(2))
    return np.mean([gradient_sizes(stack) for stack in draws], axis=0)


def _curve(axes: Axes, i: int, name: str, x: np.ndarray, y: np.ndarray, at: tuple[float, float]) -> None:
    axes.plot(x, y, **style.series(i, markers=len(x) < 10))
    style.label(axes, *at, name, color=colors.SERIES[i], ha="right")


def draw_gradient_depth() -> Figure:
    """Squared weight gradients at initialization by sublayer, and their sum, for three placements."""
    m, depths = 48, [6, 12, 24, 48, 96]
    figure, ((above,), (below,)) = style.figure(720, 2)
    figure.get_layout_engine().set(hspace=0.06)
    inside = [(47, 2.1), (47, 0.105), (47, 0.0105)]
    below_at = [(60, 115), (92, 4.4), (92, 0.56)]
    for i, name in enumerate(["Post-LN", "Pre-LN", "DeepNorm"]):
        sums = np.array([_sizes(name, depth).sum() for depth in depths])
        _curve(above, i, name, np.arange(1, m + 1), _sizes(name, m), inside[i])
        _curve(below, i, name, np.array(depths), sums, below_at[i])
    above.set(title="Squared gradient of a sublayer's weights", yscale="log", ylim=(0.006, 4))
    above.set(xlabel="sublayer of 48, from input to output", xlim=(0, 49))
    below.set(title="Sum over all sublayers", yscale="log", xscale="log", ylim=(0.3, 260))
    below.set(xlabel="number of sublayers", xlim=(5.4, 107))
    below.set_xticks(depths, [str(depth) for depth in depths])
    for axes in (above, below):
        axes.set_yticks([0.01, 0.1, 1] if axes is above else [1, 10, 100])
        axes.set_yticklabels(["0.01", "0.1", "1"] if axes is above else ["1", "10", "100"])
        axes.minorticks_off()
    return figure


FIGURES = {"variance-rounding": draw_variance_rounding, "gradient-depth": draw_gradient_depth}
