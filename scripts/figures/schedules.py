"""Learning rates over training, and the size of Adam's first steps."""

import numpy as np
from matplotlib.figure import Figure

from llm_questions.adam import momentum_size, rectification
from llm_questions.schedules import (
    inverse_square_root,
    linear_cosine,
    linear_linear,
    warmup,
    warmup_stable_decay,
)
from scripts.figures import style

TOTAL, WARMUP = 100_000, 4000


def draw_learning_rates() -> Figure:
    """The learning rate over 100,000 steps under four schedules with the same warm-up of 4,000 steps."""
    steps = np.unique(np.r_[1, np.arange(200, TOTAL + 1, 200)])
    curves = {
        "inverse square root (Transformer)": inverse_square_root(steps, 512, WARMUP),
        "cosine to a tenth (LLaMA)": linear_cosine(steps, 1.0, WARMUP, TOTAL),
        "linear (BERT)": linear_linear(steps, 1.0, WARMUP, TOTAL),
        "warm-up, stable, decay": warmup_stable_decay(steps, 1.0, WARMUP, TOTAL - WARMUP - 10_000, 10_000),
    }
    figure, ((axes,),) = style.figure(470)
    for i, (name, rates) in enumerate(curves.items()):
        axes.plot(steps, rates / rates.max(), label=name, **style.series(i, markers=False))
    axes.legend(loc="lower left", bbox_to_anchor=(0.03, 0), borderaxespad=0.2, labelspacing=0.25)
    axes.set(xlabel="step", ylabel="share of the peak", xlim=(0, TOTAL * 1.03), ylim=(0, 1.12))
    axes.set_xticks([0, 25_000, 50_000, 75_000, 100_000], ["0", "25,000", "50,000", "75,000", "100,000"])
    return figure


def draw_first_updates() -> Figure:
    """How large Adam's steps on noise are, and three factors that make the first ones smaller."""
    steps = np.unique(np.geomspace(1, 10_000, 240).astype(int))
    figure, grid = style.figure(620, 2, sharex=True)
    above, below = grid[:, 0]
    above.plot(steps, [momentum_size(int(step)) for step in steps], **style.series(0, markers=False))
    style.label(above, 1.3, 1.05, "step 1: 1", va="bottom")
    style.label(above, 300, momentum_size(300) + 0.05, f"later: {momentum_size(10_000):.2f}", va="bottom")
    above.set(
        title="Adam on noise: size of a step",
        ylabel="step / learning rate",
        ylim=(0, 1.25),
        xscale="log",
    )
    factors = [rectification(int(step)) for step in steps]
    curves = {
        "RAdam": [np.nan if factor is None else factor for factor in factors],
        "linear, 2,000 steps": warmup(steps, 2000),
        "linear, 4,000 steps": warmup(steps, 4000),
    }
    for i, (name, values) in enumerate(curves.items(), start=1):
        below.plot(steps, values, label=name, **style.series(i, markers=False))
    below.legend(loc="upper left")
    below.set(title="Factor on the learning rate", ylabel="factor", xlabel="step", ylim=(0, 1.1))
    below.set_xticks([1, 10, 100, 1000, 10_000], ["1", "10", "100", "1,000", "10,000"])
    return figure


FIGURES = {"learning-rates": draw_learning_rates, "first-updates": draw_first_updates}
