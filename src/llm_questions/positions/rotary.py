"""Rotary position embedding (RoPE): queries and keys turn with their position, values do not.

Su et al. 2021, "RoFormer: Enhanced Transformer with Rotary Position Embedding", arXiv:2104.09864. Pairs of
features are numbered t = 0, 1, …, head_dim/2 - 1 here; the paper numbers them from 1.
"""

from typing import Literal

import numpy as np
from jaxtyping import Float, Int, Real
from numpy import ndarray

Layout = Literal["interleaved", "half"]


# --8<-- [start:rotary_frequencies]
def rotary_frequencies(rotary_dim: int, base: float | int = 10000.0) -> Float[ndarray, " n_pairs"]:
    """θ_t = base^(-2t / rotary_dim) for t = 0 … rotary_dim/2 - 1, in radians per position.

    Shape (rotary_dim / 2,). `rotary_dim` is the head width, or the number of rotated features where only a
    part of each head is rotated. `base` is `rope_theta` in configurations.

    Raises:
        ValueError: `rotary_dim` is odd or less than 2; `base` is not above 1.

    Source: arXiv:2104.09864, §3.2.2, Eq. 15.
    """
    if rotary_dim < 2 or rotary_dim % 2:
        raise ValueError(f"features are rotated in pairs: rotary_dim must be even, got {rotary_dim}")
    if not base > 1:
        raise ValueError(f"the base must be above 1 for the frequencies to fall, got {base}; usual is 10000")
    return base ** (-np.arange(0, rotary_dim, 2) / rotary_dim)  # (n_pairs,)


# --8<-- [end:rotary_frequencies]


# --8<-- [start:rotary_tables]
def rotary_tables(
    positions: Real[ndarray, " n"],
    frequencies: Float[ndarray, " n_pairs"],
    attention_factor: float | int = 1.0,
) -> tuple[Float[ndarray, "n n_pairs"], Float[ndarray, "n n_pairs"]]:
    """The cosine and the sine of every angle position · θ_t, computed once and used in every layer.

    Shapes: two times (n, n_pairs). `attention_factor` multiplies both (YaRN): queries and keys get it each,
    so logits get its square.

    Raises:
        ValueError: `attention_factor` is not positive.

    Source: arXiv:2104.09864, Eq. 34; the factor: arXiv:2309.00071v2, §3.4.
    """
    if not attention_factor > 0:
        raise ValueError(f"attention_factor must be positive, got {attention_factor}; 1 is plain RoPE")
    angles = positions[:, None] * frequencies  # (n, n_pairs)
    return attention_factor * np.cos(angles), attention_factor * np.sin(angles)


# --8<-- [end:rotary_tables]


# --8<-- [start:apply_rotary]
def apply_rotary(
    x: Float[ndarray, "*batch n head_dim"],
    cos: Float[ndarray, "n n_pairs"],
    sin: Float[ndarray, "n n_pairs"],
    layout: Layout = "interleaved",
) -> Float[ndarray, "*batch n head_dim"]:
    """Turn each pair (a, b) of features into (a cos - b sin, a sin + b cos).

    Shapes: `x` (..., n, head_dim), queries or keys; tables (n, n_pairs); result like
    `x`, in the precision of `x`. Where 2 n_pairs < head_dim, the remaining features
    pass unchanged (partial rotary: GPT-J, GPT-NeoX).

    `layout` says which features form pair t of the rotated width r = 2 n_pairs:
    - "interleaved": features 2t and 2t + 1, as in the paper, GPT-J and Meta's Llama;
    - "half": features t and t + r/2, as in GPT-NeoX and the Llama of transformers.
    A model trained in one layout gives wrong logits in the other, unless its
    projections are reordered with `convert_projection`.

    Raises:
        ValueError: the tables have more pairs than `x` has; `layout` is unknown.

    Source: arXiv:2104.09864, §3.4.2, Eq. 34 (interleaved).
    """
    n_pairs = cos.shape[-1]
    if 2 * n_pairs > x.shape[-1]:
        raise ValueError(f"{n_pairs} pairs of features do not fit into a head of width {x.shape[-1]}")
    cos, sin = cos.astype(x.dtype), sin.astype(x.dtype)
    first, second = _pair_indices(n_pairs, layout)
    out = x.copy()  # what is not rotated passes
    out[..., first] = x[..., first] * cos - x[..., second] * sin  # (..., n, n_pairs)
    out[..., second] = x[..., first] * sin + x[..., second] * cos  # (..., n, n_pairs)
    return out


def _pair_indices(n_pairs: int, layout: str) -> tuple[ndarray, ndarray]:
    """Where the first and where the second feature of each pair stands."""
    if layout == "interleaved":
        return np.arange(0, 2 * n_pairs, 2), np.arange(1, 2 * n_pairs, 2)
    if layout == "half":
        return np.arange(n_pairs), np.arange(n_pairs, 2 * n_pairs)
    raise ValueError(f'layout must be "interleaved" or "half", got {layout!r}')


# --8<-- [end:apply_rotary]


# --8<-- [start:apply_rotary_complex]
def apply_rotary_complex(
    x: Float[ndarray, "*batch n head_dim"],
    positions: Real[ndarray, " n"],
    frequencies: Float[ndarray, " n_pairs"],
) -> Float[ndarray, "*batch n head_dim"]:
    """The interleaved rotation with each pair (a, b) read as a complex number: (a + ιb) exp(ι p θ_t).

    Shapes: `x` (..., n, head_dim) with head_dim = 2 n_pairs; result like `x`. The numbers are those of
    `apply_rotary`; complex notation is shorter, not another method.

    Raises:
        ValueError: head_dim is not twice the number of frequencies.

    Source: arXiv:2104.09864, Eq. 12 (one pair); Meta's Llama code computes it this way.
    """
    if x.shape[-1] != 2 * frequencies.size:
        raise ValueError(
            f"{frequencies.size} frequencies turn {2 * frequencies.size} features, not {x.shape[-1]}"
        )
    z = x[..., 0::2] + 1j * x[..., 1::2]  # (..., n, n_pairs)
    z = z * np.exp(1j * positions[:, None] * frequencies)  # (..., n, n_pairs)
    return np.stack([z.real, z.imag], axis=-1).reshape(x.shape).astype(x.dtype)  # (..., n, head_dim)


# --8<-- [end:apply_rotary_complex]


# --8<-- [start:rotation_matrix]
def rotation_matrix(
    position: float | int, frequencies: Float[ndarray, " n_pairs"]
) -> Float[ndarray, "head_dim head_dim"]:
    """R_p, block-diagonal with one rotation by p θ_t per pair, for the interleaved layout.

    Shape (2 n_pairs, 2 n_pairs). It acts on columns: `R @ x` for one vector, `x @ R.T` for rows. R_i is
    orthogonal and R_iᵀ R_j = R_{j-i}, so (R_i q) · (R_j k) = q · (R_{j-i} k): the logit depends on j - i.

    Source: arXiv:2104.09864, §3.2.2, Eq. 15 and 16. For proofs and pictures; never multiply by it in a
    model: `apply_rotary` needs 3 operations a feature, the matrix product 2 · head_dim.
    """
    first, second = _pair_indices(frequencies.size, "interleaved")
    matrix = np.zeros((2 * frequencies.size, 2 * frequencies.size))
    matrix[first, first] = matrix[second, second] = np.cos(position * frequencies)
    matrix[second, first] = np.sin(position * frequencies)
    matrix[first, second] = -np.sin(position * frequencies)
    return matrix


# --8<-- [end:rotation_matrix]


# --8<-- [start:half_from_interleaved]
def half_from_interleaved(head_dim: int, rotary_dim: int | None = None) -> Int[ndarray, " head_dim"]:
    """The index array that reorders interleaved features into halves: `x_half = x[..., indices]`.

    Shape (head_dim,): 0, 2, 4, …, 1, 3, 5, … over the `rotary_dim` rotated features (all by default), then
    the rest in place. `np.argsort` of it leads back.

    Raises:
        ValueError: `rotary_dim` is odd, less than 2 or more than `head_dim`.
    """
    rotary_dim = head_dim if rotary_dim is None else rotary_dim
    if rotary_dim % 2 or not 2 <= rotary_dim <= head_dim:
        raise ValueError(f"rotary_dim must be even and between 2 and head_dim = {head_dim}, got {rotary_dim}")
    return np.concatenate([*_pair_indices(rotary_dim // 2, "interleaved"), np.arange(rotary_dim, head_dim)])


# --8<-- [end:half_from_interleaved]


# --8<-- [start:convert_projection]
def convert_projection(
    weight: Float[ndarray, "d_model features"],
    n_heads: int,
    to: Layout,
    rotary_dim: int | None = None,
) -> Float[ndarray, "d_model features"]:
    """Reorder the columns of W_Q or W_K, head by head, so that the other layout gives the same logits.

    Shapes: `weight` (d_model, n_heads · head_dim), result the same; a token is a row, x W. PyTorch stores the
    transpose: pass `linear.weight.T`. Use n_kv_heads for W_K under grouped-query attention. Reorder biases
    and the gains of QK-norm likewise (as a matrix of one row). W_V and W_O stay as they are.

    Raises:
        ValueError: the columns do not divide into `n_heads`; `to` is unknown; as `half_from_interleaved`.

    Source: permute in convert_llama_weights_to_hf.py of transformers (full rotation, to "half").
    """
    d_model, n_features = weight.shape
    if n_heads < 1 or n_features % n_heads:
        raise ValueError(f"{n_features} columns do not divide into {n_heads} heads")
    order = half_from_interleaved(n_features // n_heads, rotary_dim)  # (head_dim,)
    if to == "interleaved":
        order = np.argsort(order)
    elif to != "half":
        raise ValueError(f'to must be "interleaved" or "half", got {to!r}')
    heads = weight.reshape(d_model, n_heads, -1)  # (d_model, n_heads, head_dim)
    return heads[..., order].reshape(d_model, n_features)  # (d_model, n_heads · head_dim)


# --8<-- [end:convert_projection]


# --8<-- [start:rotary_logit]
def rotary_logit(
    query: Float[ndarray, " head_dim"],
    key: Float[ndarray, " head_dim"],
    offsets: Real[ndarray, " n"],
    frequencies: Float[ndarray, " n_pairs"],
) -> Float[ndarray, " n"]:
    """(R_i q) · (R_j k) for each offset i - j, without scale: Re Σ_t h_t exp(ι (i - j) θ_t).

    Shapes: `query` and `key` (2 n_pairs,) before rotation, interleaved; one result per offset, (n,).
    With ι² = -1, h_t = (q_2t + ι q_2t+1)(k_2t - ι k_2t+1) holds the content and the offset only turns it: a
    logit is a sum of waves of fixed frequencies, whose heights and phases the content sets.

    Raises:
        ValueError: head_dim is not twice the number of frequencies.

    Source: arXiv:2104.09864, §3.4.3, Eq. 35.
    """
    if query.size != 2 * frequencies.size:
        raise ValueError(
            f"{frequencies.size} frequencies turn {2 * frequencies.size} features, not {query.size}"
        )
    content = (query[0::2] + 1j * query[1::2]) * (key[0::2] - 1j * key[1::2])  # (n_pairs,)
    waves = np.exp(1j * offsets[:, None] * frequencies)  # (n, n_pairs)
    return (content * waves).sum(axis=-1).real  # (n,)


# --8<-- [end:rotary_logit]


# --8<-- [start:long_term_decay]
def long_term_decay(
    offsets: Real[ndarray, " n"], frequencies: Float[ndarray, " n_pairs"]
) -> Float[ndarray, " n"]:
    """mean_j |S_j| over j = 1 … n_pairs, with S_j = Σ_{t<j} exp(ι · offset · θ_t): RoFormer's Figure 2.

    Shape (n,), one per offset. It is (n_pairs + 1) / 2 at offset 0 and even.

    What is proved (summation by parts): |logit| ≤ max_t |h_{t+1} - h_t| · n_pairs · this, with h from
    `rotary_logit` and h_{n_pairs} = 0. What is not: that the logit decays. This factor shrinks on average,
    not monotonically, and the other one depends on content and has no limit. A query can be built that
    scores highest at any offset one likes.

    Source: arXiv:2104.09864, §3.4.3, Eq. 36 and 37.
    """
    waves = np.exp(1j * offsets[:, None] * frequencies)  # (n, n_pairs)
    return np.abs(np.cumsum(waves, axis=-1)).mean(axis=-1)  # (n,)


# --8<-- [end:long_term_decay]
