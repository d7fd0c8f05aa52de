"""Masks with gaps: dilated windows, strides, global tokens, and patterns of whole blocks.

True means "this query may attend to this key", as in `masks`.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool
from numpy import ndarray

from llm_questions.masks import key_distances


def _check_positive(**sizes: int) -> None:
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name} must be at least 1, got {size}")


# --8<-- [start:dilated_window_mask]
def dilated_window_mask(
    n_queries: int, n_keys: int | None = None, *, window: int, dilation: int
) -> Bool[ndarray, "n_queries n_keys"]:
    """True for `window` keys, the query's own position and then every `dilation`-th one before it.

    Shape (n_queries, n_keys), aligned like `causal_mask`. The keys lie at the distances 0, dilation, ...,
    (window - 1) · dilation. A dilation of 1 is the sliding window.

    Raises:
        ValueError: `window` or `dilation` is less than 1; or as `causal_mask`.

    Source: arXiv:2004.05150, §3.1, in its causal form.
    """
    _check_positive(window=window, dilation=dilation)
    distance = key_distances(n_queries, n_keys)  # (n_queries, n_keys)
    return (distance >= 0) & (distance < window * dilation) & (distance % dilation == 0)


# --8<-- [end:dilated_window_mask]


# --8<-- [start:strided_mask]
def strided_mask(
    n_queries: int, n_keys: int | None = None, *, stride: int
) -> Bool[ndarray, "n_queries n_keys"]:
    """True for the last `stride` positions before the query, and for every `stride`-th one before it.

    Shape (n_queries, n_keys), aligned like `causal_mask`; the token itself is visible. The paper gives the
    two parts to different heads, or merges them into one as here.

    Raises:
        ValueError: `stride` is less than 1; or as `causal_mask`.

    Source: arXiv:1904.10509, §4.3: max(0, i - stride) to i, and those with (i - j) mod stride = 0.
    """
    _check_positive(stride=stride)
    distance = key_distances(n_queries, n_keys)  # (n_queries, n_keys)
    return (distance >= 0) & ((distance <= stride) | (distance % stride == 0))


# --8<-- [end:strided_mask]


# --8<-- [start:global_tokens_mask]
def global_tokens_mask(n: int, positions: Sequence[int]) -> Bool[ndarray, "n n"]:
    """True where the query or the key is one of the global tokens: they see all, and all see them.

    Shape (n, n). For encoders: it shows later positions. Usually joined with a window by `|`.

    Raises:
        ValueError: `n` is less than 1; a position is not in [0, n).

    Source: arXiv:2004.05150, §3.1 (global attention).
    """
    _check_positive(n=n)
    if any(not 0 <= position < n for position in positions):
        raise ValueError(f"global tokens lie at positions 0 to {n - 1}, got {list(positions)}")
    is_global = np.isin(np.arange(n), positions)  # (n,)
    return is_global[:, None] | is_global[None, :]  # (n, n)


# --8<-- [end:global_tokens_mask]


# --8<-- [start:block_sparse_mask]
def block_sparse_mask(
    layout: Bool[ndarray, "q_blocks k_blocks"], block_size: int
) -> Bool[ndarray, "n_queries n_keys"]:
    """Every entry of the layout becomes a square of `block_size` × `block_size` entries.

    Shapes: (q_blocks, k_blocks) -> (q_blocks · block_size, k_blocks · block_size). Kernels skip the blocks
    that are False; inside a block all pairs are computed.

    Raises:
        ValueError: `block_size` is less than 1.

    Source: arXiv:2007.14062, appendix D.
    """
    _check_positive(block_size=block_size)
    return layout.repeat(block_size, axis=0).repeat(block_size, axis=1)


# --8<-- [end:block_sparse_mask]


# --8<-- [start:bigbird_layout]
def bigbird_layout(
    n_blocks: int, *, window: int = 3, n_random: int = 0, seed: int = 0
) -> Bool[ndarray, "n_blocks n_blocks"]:
    """BigBird by blocks: the first and the last block are global, a window, and random blocks.

    Shape (n_blocks, n_blocks). `window` counts blocks around the diagonal, itself included. Every query
    block that is not global gets `n_random` further key blocks, or all that are left.

    Raises:
        ValueError: `n_blocks` or `window` is less than 1; `window` is even; `n_random` is negative.

    Source: arXiv:2007.14062, §2 and appendix D; first and last block as in its published code.
    """
    _check_positive(n_blocks=n_blocks, window=window)
    if window % 2 == 0 or n_random < 0:
        raise ValueError(f"window must be odd and n_random not negative, got {window} and {n_random}")
    rng = np.random.default_rng(seed)
    blocks = np.arange(n_blocks)
    layout = np.abs(blocks[:, None] - blocks[None, :]) <= window // 2  # (n_blocks, n_blocks)
    layout |= global_tokens_mask(n_blocks, [0, n_blocks - 1])
    for row in layout[1:-1]:
        hidden = np.flatnonzero(~row)
        row[rng.permutation(hidden)[:n_random]] = True
    return layout


# --8<-- [end:bigbird_layout]
