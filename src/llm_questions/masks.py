"""Attention masks. Everywhere in this package True means "this query may attend to this key".

That is the convention of boolean masks in torch.nn.functional.scaled_dot_product_attention. PyTorch's
nn.MultiheadAttention uses the opposite one: there True means "ignore".
"""

import numpy as np
from jaxtyping import Bool, Int
from numpy import ndarray


def _check_sizes(n_queries: int, n_keys: int) -> None:
    if n_queries < 1 or n_keys < 1:
        raise ValueError(f"need at least one query and one key, got {n_queries} and {n_keys}")
    if n_queries > n_keys:
        raise ValueError(
            f"{n_queries} queries but only {n_keys} keys: in causal self-attention each query is a key too, "
            "so give the keys of all tokens so far"
        )


# --8<-- [start:key_distances]
def key_distances(n_queries: int, n_keys: int | None = None) -> Int[ndarray, "n_queries n_keys"]:
    """How many positions each key lies before each query: 0 = the token itself, negative = later.

    Shape (n_queries, n_keys), `n_keys` = `n_queries` by default. The queries are the LAST `n_queries` of
    the `n_keys` positions, as when decoding with a key-value cache.

    Raises:
        ValueError: there are no queries, no keys, or more queries than keys.
    """
    n_keys = n_queries if n_keys is None else n_keys
    _check_sizes(n_queries, n_keys)
    query_positions = np.arange(n_keys - n_queries, n_keys)  # (n_queries,)
    return query_positions[:, None] - np.arange(n_keys)[None, :]  # (n_queries, n_keys)


# --8<-- [end:key_distances]


# --8<-- [start:causal_mask]
def causal_mask(n_queries: int, n_keys: int | None = None) -> Bool[ndarray, "n_queries n_keys"]:
    """True where the key is not later than the query: j ≤ i + (n_keys - n_queries).

    Shape (n_queries, n_keys), `n_keys` = `n_queries` by default. The queries are the LAST `n_queries` of
    the `n_keys` positions (the mask is aligned bottom-right), as when decoding with a key-value cache: one
    query may attend to all keys. PyTorch's `is_causal=True` is aligned top-left instead, which then hides
    all keys but the first.

    Raises:
        ValueError: there are no queries, no keys, or more queries than keys.

    Source: arXiv:1706.03762, §3.2.3 (masking of later positions).
    """
    return key_distances(n_queries, n_keys) >= 0  # (n_queries, n_keys)


# --8<-- [end:causal_mask]


# --8<-- [start:prefix_mask]
def prefix_mask(
    n_queries: int, n_keys: int | None = None, *, n_prefix: int
) -> Bool[ndarray, "n_queries n_keys"]:
    """True for all of the first `n_prefix` keys, and for later keys up to the query's own position.

    Shape (n_queries, n_keys), aligned like `causal_mask`. The prefix sees itself in both directions; what
    follows sees the prefix and its own past. A prefix of 0 or 1 is the causal mask, one of n_keys hides
    nothing.

    Raises:
        ValueError: `n_prefix` is negative or exceeds n_keys; or as `causal_mask`.

    Source: arXiv:1910.10683, §3.2.1 (causal with prefix).
    """
    distance = key_distances(n_queries, n_keys)  # (n_queries, n_keys)
    if not 0 <= n_prefix <= distance.shape[1]:
        raise ValueError(f"the prefix has 0 to {distance.shape[1]} keys (n_keys), got {n_prefix}")
    return (distance >= 0) | (np.arange(distance.shape[1]) < n_prefix)


# --8<-- [end:prefix_mask]


# --8<-- [start:sliding_window_mask]
def sliding_window_mask(
    n_queries: int, n_keys: int | None = None, *, window: int
) -> Bool[ndarray, "n_queries n_keys"]:
    """True for the last `window` keys up to and INCLUDING the query's own position.

    Shape (n_queries, n_keys), aligned like `causal_mask`. A window of 1 sees only the token itself; a
    window of n_keys or more is the causal mask.

    Raises:
        ValueError: `window` is less than 1; or as `causal_mask`.

    Source: arXiv:2310.06825, §2 (a token attends to at most W tokens of the layer below). Libraries agree on
    i - W < j ≤ i, for example `sliding_window_overlay` in the masking utilities of transformers.
    """
    if window < 1:
        raise ValueError(f"the window counts the current token, so it is at least 1, got {window}")
    distance = key_distances(n_queries, n_keys)  # (n_queries, n_keys)
    return (distance >= 0) & (distance < window)


# --8<-- [end:sliding_window_mask]


# --8<-- [start:sink_mask]
def sink_mask(
    n_queries: int, n_keys: int | None = None, *, window: int, n_sinks: int
) -> Bool[ndarray, "n_queries n_keys"]:
    """True for the last `window` and the first `n_sinks` keys, not for later keys.

    Shape (n_queries, n_keys), aligned like `causal_mask`. StreamingLLM keeps these
    keys; it also counts their positions within the cache, which no mask can say.

    Raises:
        ValueError: `n_sinks` is negative; or as `sliding_window_mask`.

    Source: arXiv:2309.17453, §3.2.
    """
    if n_sinks < 0:
        raise ValueError(f"the number of sinks cannot be negative, got {n_sinks}")
    recent = sliding_window_mask(n_queries, n_keys, window=window)
    sinks = np.arange(recent.shape[1]) < n_sinks  # (n_keys,)
    return recent | (causal_mask(n_queries, n_keys) & sinks)  # (n_queries, n_keys)


# --8<-- [end:sink_mask]


# --8<-- [start:padding_mask]
def padding_mask(
    lengths: Int[ndarray, "*batch"], n_keys: int, *, side: str = "right"
) -> Bool[ndarray, "*batch 1 n_keys"]:
    """True for the keys that are tokens, False for padding.

    Shapes: `lengths` (...) counts the tokens of each sequence; the result (..., 1, n_keys) broadcasts over
    queries. `side` says where the padding stands: "right" in most training code, "left" in batched
    generation.

    Raises:
        ValueError: a length is not in [0, n_keys]; `side` is neither "left" nor "right".
    """
    if side not in ("left", "right"):
        raise ValueError(f'side must be "left" or "right" (where the padding stands), got {side!r}')
    if ((lengths < 0) | (lengths > n_keys)).any():
        raise ValueError(f"every length must be in [0, {n_keys}] (n_keys), got {lengths.tolist()}")
    positions = np.arange(n_keys)  # (n_keys,)
    counts = lengths[..., None, None]  # (..., 1, 1)
    return positions < counts if side == "right" else positions >= n_keys - counts  # (..., 1, n_keys)


# --8<-- [end:padding_mask]


# --8<-- [start:combine_masks]
def combine_masks(*masks: Bool[ndarray, "..."]) -> Bool[ndarray, "..."]:
    """True where every mask is True; shapes broadcast against each other.

    Raises:
        ValueError: no mask is given; the shapes do not broadcast.
    """
    if not masks:
        raise ValueError("give at least one mask")
    combined = masks[0]
    for mask in masks[1:]:
        combined = combined & mask
    return combined


# --8<-- [end:combine_masks]
