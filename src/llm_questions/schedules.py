"""Learning-rate schedules: a warm-up, then one of four ways to go on.

A step is the number of updates done before plus 1, as in Vaswani et al. 2017, so the first update has step 1
and not rate 0. Libraries often count from 0: `transformers` gives the first update the rate of step 0.
"""

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

Steps = Int[ndarray, "*steps"]
Rates = Float[ndarray, "*steps"]

DECAYS = ("linear", "cosine", "1-sqrt")


def _check(warmup_steps: int, total_steps: int | None = None) -> None:
    if warmup_steps < 1:
        raise ValueError(f"the warm-up needs at least one step, got {warmup_steps}")
    if total_steps is not None and total_steps <= warmup_steps:
        raise ValueError(f"{total_steps} steps leave none after a warm-up of {warmup_steps}")


# --8<-- [start:warmup]
def warmup(step: Steps, warmup_steps: int) -> Rates:
    """Share of the peak: step / warmup_steps, from then on 1.

    Raises:
        ValueError: no step of warm-up.
    """
    _check(warmup_steps)
    return np.minimum(1.0, step / warmup_steps)


# --8<-- [end:warmup]


# --8<-- [start:inverse_square_root]
def inverse_square_root(step: Steps, d_model: int, warmup_steps: int = 4000) -> Rates:
    """d_model^-0.5 · min(step^-0.5, step · warmup_steps^-1.5), with `step` from 1.

    The two arguments are equal at step = warmup_steps, where the rate is (d_model · warmup_steps)^-0.5.

    Raises:
        ValueError: no step of warm-up, or a step before the first.

    Source: Vaswani et al. 2017, arXiv:1706.03762, §5.3, Eq. 3.
    """
    _check(warmup_steps)
    if np.any(step < 1):
        raise ValueError("steps count from 1: the formula divides by the square root of the step")
    return d_model**-0.5 * np.minimum(step**-0.5, step * warmup_steps**-1.5)


# --8<-- [end:inverse_square_root]


# --8<-- [start:linear_cosine]
def linear_cosine(
    step: Steps,
    peak: float,
    warmup_steps: int,
    total_steps: int,
    final_ratio: float = 0.1,
) -> Rates:
    """Linear warm-up to `peak`, then half a cosine down to `final_ratio` of it.

    Raises:
        ValueError: no step of warm-up, or none after it.

    Source: Loshchilov & Hutter 2017, arXiv:1608.03983, Eq. 5 (one period);
    LLaMA ends at a tenth of the peak, arXiv:2302.13971, §2.3.
    """
    _check(warmup_steps, total_steps)
    progress = np.clip((step - warmup_steps) / (total_steps - warmup_steps), 0, 1)
    cosine = (1 + np.cos(np.pi * progress)) / 2  # falls from 1 to 0
    share = final_ratio + (1 - final_ratio) * cosine
    return peak * warmup(step, warmup_steps) * share


# --8<-- [end:linear_cosine]


# --8<-- [start:linear_linear]
def linear_linear(step: Steps, peak: float, warmup_steps: int, total_steps: int) -> Rates:
    """Linear warm-up to `peak`, then linear decay to 0 at `total_steps`, as in BERT.

    Raises:
        ValueError: no step of warm-up, or none after it.

    Source: Devlin et al. 2019, arXiv:1810.04805, §A.2.
    """
    _check(warmup_steps, total_steps)
    progress = np.clip((step - warmup_steps) / (total_steps - warmup_steps), 0, 1)
    return peak * warmup(step, warmup_steps) * (1 - progress)


# --8<-- [end:linear_linear]


# --8<-- [start:warmup_stable_decay]
def warmup_stable_decay(
    step: Steps,
    peak: float,
    warmup_steps: int,
    stable_steps: int,
    decay_steps: int,
    decay: str = "linear",
    final_ratio: float = 0.0,
) -> Rates:
    """Linear warm-up, a plateau, and a decay that may begin whenever one likes.

    `decay` is linear, cosine or 1-sqrt (1 - √progress).

    Raises:
        ValueError: no step of warm-up or of decay, or an unknown decay.

    Source: Hu et al. 2024, arXiv:2404.06395, §4.2 (any decreasing function); 1-sqrt from Hägele et al. 2024,
    arXiv:2405.18392.
    """
    _check(warmup_steps)
    if decay_steps < 1 or decay not in DECAYS:
        raise ValueError(f"need at least one step and one of {DECAYS}, got {decay_steps} and {decay!r}")
    progress = np.clip((step - warmup_steps - stable_steps) / decay_steps, 0, 1)
    left = {
        "linear": 1 - progress,
        "cosine": (1 + np.cos(np.pi * progress)) / 2,
        "1-sqrt": 1 - np.sqrt(progress),
    }[decay]
    return peak * warmup(step, warmup_steps) * (final_ratio + (1 - final_ratio) * left)


# --8<-- [end:warmup_stable_decay]
