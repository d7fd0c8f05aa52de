"""Sinusoidal absolute positions: each pair of features turns at its own constant speed.

Vaswani et al. 2017, "Attention Is All You Need", arXiv:1706.03762, §3.5. Pairs are numbered t = 0, 1, …,
d_model/2 - 1 here; the paper calls the number i and the position pos.
"""

import numpy as np
from jaxtyping import Float, Real
from numpy import ndarray


# --8<-- [start:sinusoidal_frequencies]
def sinusoidal_frequencies(d_model: int, base: float | int = 10000.0) -> Float[ndarray, " n_pairs"]:
    """θ_t = base^(-2t / d_model) for t = 0 … d_model/2 - 1, in radians per position.

    Shape (d_model / 2,), from θ_0 = 1 down to base^(-1 + 2 / d_model). The last one is not 1 / base: the
    exponent stops one step short of 1.

    Raises:
        ValueError: `d_model` is odd or less than 2; `base` is not above 1.

    Source: arXiv:1706.03762, §3.5.
    """
    if d_model < 2 or d_model % 2:
        raise ValueError(f"features come in pairs of sine and cosine: d_model must be even, got {d_model}")
    if not base > 1:
        raise ValueError(f"the base must be above 1 for the frequencies to fall, got {base}; usual is 10000")
    return base ** (-np.arange(0, d_model, 2) / d_model)  # (n_pairs,)


# --8<-- [end:sinusoidal_frequencies]


# --8<-- [start:sinusoidal_wavelengths]
def sinusoidal_wavelengths(d_model: int, base: float | int = 10000.0) -> Float[ndarray, " n_pairs"]:
    """λ_t = 2π / θ_t: after how many positions pair t stands where it began.

    Shape (d_model / 2,). A geometric progression from 2π to 2π base^(1 - 2 / d_model). The paper says "from
    2π to 10000 · 2π"; that end is the limit for large d_model.

    Raises:
        ValueError: as `sinusoidal_frequencies`.

    Source: arXiv:1706.03762, §3.5.
    """
    return 2 * np.pi / sinusoidal_frequencies(d_model, base)  # (n_pairs,)


# --8<-- [end:sinusoidal_wavelengths]


# --8<-- [start:sinusoidal_encoding]
def sinusoidal_encoding(
    n: int, d_model: int, base: float | int = 10000.0
) -> Float[ndarray, "n_positions d_model"]:
    """Row p is (sin pθ_0, cos pθ_0, sin pθ_1, cos pθ_1, …), as in the paper.

    Shape (n, d_model) for the positions 0 … n - 1. Every row has the norm
    √(d_model / 2), since each pair contributes sin² + cos² = 1.

    Raises:
        ValueError: `n` is less than 1; or as `sinusoidal_frequencies`.

    Source: arXiv:1706.03762, §3.5.
    """
    if n < 1:
        raise ValueError(f"need at least one position, got {n}")
    # (n, d_model / 2)
    angles = np.arange(n)[:, None] * sinusoidal_frequencies(d_model, base)
    encoding = np.empty((n, d_model))
    encoding[:, 0::2] = np.sin(angles)
    encoding[:, 1::2] = np.cos(angles)
    return encoding


# --8<-- [end:sinusoidal_encoding]


# --8<-- [start:sinusoidal_encoding_concatenated]
def sinusoidal_encoding_concatenated(
    n: int, d_model: int, base: float | int = 10000.0
) -> Float[ndarray, "n_positions d_model"]:
    """The variant of the paper's own code: all sines, then all cosines, at θ_t = base^(-t / (d_model/2 - 1)).

    Shape (n, d_model). The denominator is d_model/2 - 1 instead of d_model/2, so the last frequency is
    exactly 1 / base. The frequencies differ from the paper's, so no reordering of features turns one
    encoding into the other. Whisper and FSMT use this one.

    Raises:
        ValueError: as `sinusoidal_encoding`.

    Source: get_timing_signal_1d in tensor2tensor/layers/common_attention.py, whose comment points to the
    difference (tensorflow/tensor2tensor, pull request 177).
    """
    if n < 1:
        raise ValueError(f"need at least one position, got {n}")
    n_pairs = sinusoidal_frequencies(d_model, base).size
    steps = max(n_pairs - 1, 1)  # a single pair has no step and turns at speed 1
    angles = np.arange(n)[:, None] * base ** (-np.arange(n_pairs) / steps)  # (n, d_model / 2)
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1)  # (n, d_model)


# --8<-- [end:sinusoidal_encoding_concatenated]


# --8<-- [start:shift_matrix]
def shift_matrix(
    k: float | int, d_model: int, base: float | int = 10000.0
) -> Float[ndarray, "d_model d_model"]:
    """M(k) with PE(p + k) = M(k) PE(p) for every position p: the same matrix wherever it is applied.

    Shape (d_model, d_model), for `sinusoidal_encoding`. It acts on columns: `M @ encoding[p]` for one
    position, `encoding @ M.T` for a table of rows. Block t on the diagonal turns pair t by the angle kθ_t:

        ⎡ sin (p+k)θ ⎤   ⎡  cos kθ  sin kθ ⎤ ⎡ sin pθ ⎤
        ⎣ cos (p+k)θ ⎦ = ⎣ -sin kθ  cos kθ ⎦ ⎣ cos pθ ⎦

    M(k) is orthogonal, M(j) M(k) = M(j + k), and M(-k) is its inverse. `k` may be negative or fractional.

    Raises:
        ValueError: as `sinusoidal_frequencies`.

    Source: arXiv:1706.03762, §3.5 (states that such a linear map exists).
    """
    angles = k * sinusoidal_frequencies(d_model, base)  # (n_pairs,)
    sine, cosine = np.arange(0, d_model, 2), np.arange(1, d_model, 2)  # where each pair's two features are
    matrix = np.zeros((d_model, d_model))
    matrix[sine, sine] = matrix[cosine, cosine] = np.cos(angles)
    matrix[sine, cosine] = np.sin(angles)
    matrix[cosine, sine] = -np.sin(angles)
    return matrix


# --8<-- [end:shift_matrix]


# --8<-- [start:sinusoidal_similarity]
def sinusoidal_similarity(
    offsets: Real[ndarray, " n"], d_model: int, base: float | int = 10000.0
) -> Float[ndarray, " n"]:
    """PE(p) · PE(p + k) = Σ_t cos kθ_t for each offset k: the position p drops out.

    Shape (n,), one per offset. It is d_model / 2 at k = 0 and even in k: PE(p) · PE(p + k)
    alone cannot tell before from after. It is not monotone in |k|.

    Raises:
        ValueError: as `sinusoidal_frequencies`.
    """
    return np.cos(offsets[:, None] * sinusoidal_frequencies(d_model, base)).sum(axis=-1)  # (n,)


# --8<-- [end:sinusoidal_similarity]
