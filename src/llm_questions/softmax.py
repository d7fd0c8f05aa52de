"""Softmax, its logarithm, its Jacobian, and the entropy of what it returns.

Every function subtracts the largest logit first. That changes nothing in exact arithmetic, because softmax
does not see a constant added to all logits, and it keeps exp from overflowing.
"""

import numpy as np
from jaxtyping import Float
from numpy import ndarray


def _shifted(logits: ndarray, axis: int, temperature: float) -> ndarray:
    """(logits - max) / temperature, so that the largest value is 0."""
    if not temperature > 0:
        raise ValueError(
            f"temperature must be positive, got {temperature}; for the limit temperature -> 0 take the argmax"
        )
    if logits.shape[axis] == 0:
        raise ValueError(f"softmax over axis {axis} of shape {logits.shape}: there is no logit to normalize")
    maximum = logits.max(axis=axis, keepdims=True)
    if not np.isfinite(maximum).all():
        raise ValueError(
            "every slice needs a finite largest logit: no NaN, no +inf, and not only -inf "
            "(for rows in which everything is masked use attention.masked_softmax)"
        )
    return (logits - maximum) / temperature


# --8<-- [start:softmax]
def softmax(
    logits: Float[ndarray, "*shape"], axis: int = -1, temperature: float = 1.0
) -> Float[ndarray, "*shape"]:
    """exp(z_i / T) / Σ_j exp(z_j / T) along `axis`: positive numbers that sum to 1.

    Shapes: the result has the shape of `logits`. A logit of -inf gets probability
    exactly 0. `temperature` T < 1 sharpens, T > 1 flattens; T -> ∞ is uniform, T -> 0
    is the argmax.

    Raises:
        ValueError: `temperature` is not positive; the axis is empty; a slice holds NaN,
        +inf or only -inf.

    Source: Hinton, Vinyals & Dean 2015, arXiv:1503.02531, Eq. 1 (softmax with a
    temperature).
    """
    exponentials = np.exp(_shifted(logits, axis, temperature))
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


# --8<-- [end:softmax]


# --8<-- [start:log_softmax]
def log_softmax(
    logits: Float[ndarray, "*shape"], axis: int = -1, temperature: float = 1.0
) -> Float[ndarray, "*shape"]:
    """log softmax(logits / T), in nats, without ever taking the log of a number that underflowed to 0.

    Shapes, arguments and errors are those of `softmax`.

    Raises:
        ValueError: `temperature` is not positive; the axis is empty; a slice holds NaN, +inf or only -inf.
    """
    shifted = _shifted(logits, axis, temperature)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


# --8<-- [end:log_softmax]


# --8<-- [start:softmax_jacobian]
def softmax_jacobian(
    logits: Float[ndarray, "*batch n"], temperature: float = 1.0
) -> Float[ndarray, "*batch n n"]:
    """J[i, j] = ∂p_i / ∂z_j = p_i (δ_ij - p_j) / T for p = softmax(z / T) over the last axis.

    Shapes: (..., n) -> (..., n, n). J is symmetric and positive semidefinite, and its rows sum to 0. It is
    the zero matrix when one probability is 1: a saturated softmax passes no gradient back to its logits.

    Raises:
        ValueError: as `softmax`.
    """
    p = softmax(logits, temperature=temperature)
    diagonal = p[..., :, None] * np.eye(p.shape[-1], dtype=p.dtype)  # (..., n, n): diag(p)
    outer = p[..., :, None] * p[..., None, :]  # (..., n, n): p pᵀ
    return (diagonal - outer) / temperature


# --8<-- [end:softmax_jacobian]


# --8<-- [start:entropy]
def entropy(probabilities: Float[ndarray, "*batch n"]) -> Float[ndarray, "*batch"]:
    """-Σ_i p_i log p_i over the last axis, in nats, with 0 log 0 = 0.

    Shapes: (..., n) -> (...). It runs from 0 (all mass on one entry) to log n (uniform). exp(entropy) is
    the number of entries that a uniform distribution of the same entropy would cover.

    Raises:
        ValueError: an entry is negative or NaN, or the entries do not sum to 1.
    """
    if not (probabilities >= 0).all():
        raise ValueError("probabilities must not be negative or NaN; pass softmax(logits), not logits")
    if not np.allclose(probabilities.sum(axis=-1), 1.0, rtol=0.0, atol=1e-3):
        raise ValueError("probabilities must sum to 1 over the last axis; pass softmax(logits), not logits")
    logarithms = np.log(np.where(probabilities > 0, probabilities, 1.0))
    # 0 - x instead of -x keeps a one-hot row from returning -0.0; the sum over a vector is a scalar, no array
    return np.asarray(0.0 - (probabilities * logarithms).sum(axis=-1))  # (...)


# --8<-- [end:entropy]
