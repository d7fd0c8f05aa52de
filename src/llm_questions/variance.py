"""Three ways to the variance of a row, and what rounding does to each.

They agree in exact arithmetic. In floating point the one-pass formula subtracts two numbers of the size of
the squared mean, and loses what they have in common.
"""

import numpy as np
from jaxtyping import Float
from numpy import ndarray


# --8<-- [start:variance]
def two_pass_variance(x: Float[ndarray, "*batch d"]) -> Float[ndarray, "*batch"]:
    """mean((x - mean(x))²) over the last axis: first the mean, then the squares.

    Shapes: `x` (..., d), result (...). Every operation runs in the precision of `x`.

    Source: Chan, Golub & LeVeque 1983, The American Statistician 37(3): "two-pass".
    """
    centered = x - x.mean(axis=-1, keepdims=True)  # (..., d)
    return (centered * centered).mean(axis=-1)


def one_pass_variance(x: Float[ndarray, "*batch d"]) -> Float[ndarray, "*batch"]:
    """mean(x²) - mean(x)² over the last axis: one pass, may come out negative.

    Shapes: `x` (..., d), result (...). Every operation runs in the precision of `x`.

    Source: Chan, Golub & LeVeque 1983: "textbook".
    """
    return (x * x).mean(axis=-1) - x.mean(axis=-1) ** 2


def welford_variance(x: Float[ndarray, "*batch d"]) -> Float[ndarray, "*batch"]:
    """One pass over the last axis; keeps the mean so far and the squares around it.

    Shapes: `x` (..., d), result (...). Every operation runs in the precision of `x`.

    Source: Welford 1962, Technometrics 4(3).
    """
    mean = np.zeros_like(x[..., 0])
    squares = np.zeros_like(mean)  # sum of (x - mean)² so far
    for count in range(1, x.shape[-1] + 1):
        value = x[..., count - 1]
        delta = value - mean
        mean = mean + delta / x.dtype.type(count)
        squares = squares + delta * (value - mean)
    return squares / x.dtype.type(x.shape[-1])


# --8<-- [end:variance]
