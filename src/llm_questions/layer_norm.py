"""Layer normalization: every token is normalized by its own mean and variance, over its own features.

Ba, Kiros & Hinton 2016, "Layer Normalization", arXiv:1607.06450, §3, Eq. 3. As in PyTorch, `eps` stands
inside the square root; the variance is the biased one (divided by d, not by d - 1).
"""

import numpy as np
from jaxtyping import Float
from numpy import ndarray


# --8<-- [start:layer_norm]
def layer_norm(
    x: Float[ndarray, "*batch d"],
    gain: Float[ndarray, " d"],
    bias: Float[ndarray, " d"],
    eps: float = 1e-5,
) -> Float[ndarray, "*batch d"]:
    """gain · (x - mean) / √(variance + eps) + bias, with statistics over the last axis.

    Shapes: `x` and the result (..., d); `gain` and `bias` (d,). A row's statistics
    depend on that row only.

    Raises:
        ValueError: `eps` is negative.

    Source: arXiv:1607.06450, Eq. 3 (statistics) and Eq. 5 (gain and bias, there before
    a non-linearity).
    """
    if eps < 0:
        raise ValueError(f"eps must not be negative, got {eps}; usual is 1e-5")
    mean = x.mean(axis=-1, keepdims=True)  # (..., 1)
    variance = x.var(axis=-1, keepdims=True)  # (..., 1), divided by d
    normalized = (x - mean) / np.sqrt(variance + eps)  # (..., d)
    return gain * normalized + bias


# --8<-- [end:layer_norm]


# --8<-- [start:layer_norm_backward]
def layer_norm_backward(
    grad_output: Float[ndarray, "*batch d"],
    x: Float[ndarray, "*batch d"],
    gain: Float[ndarray, " d"],
    eps: float = 1e-5,
) -> tuple[Float[ndarray, "*batch d"], Float[ndarray, " d"], Float[ndarray, " d"]]:
    """Gradients of a loss at `x`, `gain` and `bias`, from the one at the output.

    With x̂ the normalized input, σ = √(variance + eps), g = gain · grad_output:

        ∂loss/∂x = (g - mean(g) - x̂ · mean(g · x̂)) / σ

    that is: g loses its component along the all-ones vector and, up to eps, the one
    along x̂; what is left is scaled by 1/σ. The bias enters no gradient, so it is not
    an argument.

    Raises:
        ValueError: `eps` is negative.

    Source: the chain rule of Ioffe & Szegedy 2015, arXiv:1502.03167, §3, with the sums
    taken over features.
    """
    if eps < 0:
        raise ValueError(f"eps must not be negative, got {eps}; usual is 1e-5")
    sigma = np.sqrt(x.var(axis=-1, keepdims=True) + eps)  # (..., 1)
    normalized = (x - x.mean(axis=-1, keepdims=True)) / sigma  # (..., d)
    g = gain * grad_output
    along_ones = g.mean(axis=-1, keepdims=True)  # (..., 1)
    along_normalized = (g * normalized).mean(axis=-1, keepdims=True)  # (..., 1)
    grad_x = (g - along_ones - normalized * along_normalized) / sigma  # (..., d)
    rows = tuple(range(x.ndim - 1))
    return (
        grad_x,
        (grad_output * normalized).sum(axis=rows),
        grad_output.sum(axis=rows),
    )  # (..., d), (d,), (d,)


# --8<-- [end:layer_norm_backward]
