"""Softmax attention tile by tile, forward and backward, without ever holding the matrix of weights.

The order of the loops is that of FlashAttention-2: the forward pass takes one tile of queries and walks along
the keys, the backward pass takes one tile of keys and walks along the queries. A slice of an argument or of a
result is a read or a write of the slow memory; everything else lives in fast memory.
"""

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from llm_questions.attention import attention_logits
from llm_questions.softmax import softmax


# --8<-- [start:tiles]
def tiles(n: int, size: int) -> list[slice]:
    """Slices of `size` rows that cover range(n); the last one is shorter if `size` does not divide n.

    Raises:
        ValueError: `size` is less than 1.
    """
    if size < 1:
        raise ValueError(f"a tile has at least 1 row, got {size}")
    return [slice(start, min(start + size, n)) for start in range(0, n, size)]


# --8<-- [end:tiles]


# --8<-- [start:is_hidden]
def is_hidden(rows: slice, columns: slice, n_queries: int, n_keys: int) -> bool:
    """Whether a causal mask hides the whole tile: its first key is later than its last query.

    The mask is aligned bottom-right, as `masks.causal_mask`: the last query sees every key.
    """
    return columns.start > rows.stop - 1 + n_keys - n_queries


# --8<-- [end:is_hidden]


def _tile_logits(
    query: ndarray, key: ndarray, rows: slice, columns: slice, offset: int | None, scale: float | None
) -> ndarray:
    """scale · Q Kᵀ of one tile; `offset` is n_keys - n_queries for a causal mask, None for no mask."""
    logits = attention_logits(query, key, scale)  # (..., rows, columns)
    if offset is None:
        return logits
    query_positions = np.arange(rows.start, rows.stop) + offset  # (rows,)
    key_positions = np.arange(columns.start, columns.stop)  # (columns,)
    return np.where(key_positions[None, :] <= query_positions[:, None], logits, -np.inf)


def _check(query: ndarray, key: ndarray, causal: bool) -> None:
    if key.shape[-2] < 1:
        raise ValueError("there is no key to attend to")
    if causal and query.shape[-2] > key.shape[-2]:
        raise ValueError(
            f"{query.shape[-2]} queries but only {key.shape[-2]} keys: in causal self-attention each query "
            "is a key too, so give the keys of all tokens so far"
        )


# --8<-- [start:OnlineSoftmax]
class OnlineSoftmax(NamedTuple):
    """What is kept of the keys seen so far, for each query.

    With logits s_j and values v_j: `maximum` is m = max_j s_j, `total` is
    ℓ = Σ_j exp(s_j - m), `weighted` is u = Σ_j exp(s_j - m) v_j.
    The output is u / ℓ.
    """

    maximum: Float[ndarray, "*batch n_queries"]
    total: Float[ndarray, "*batch n_queries"]
    weighted: Float[ndarray, "*batch n_queries d_v"]

    def update(
        self,
        logits: Float[ndarray, "*batch n_queries n_keys"],
        value: Float[ndarray, "*batch n_keys d_v"],
    ) -> "OnlineSoftmax":
        """The state after further keys.

        Source: arXiv:1805.02867, Algorithm 3; arXiv:2307.08691, §3.1.1.
        """
        maximum = np.maximum(self.maximum, logits.max(axis=-1))  # (..., n_queries)
        shrink = np.exp(self.maximum - maximum)  # 0 at the first tile
        weights = np.exp(logits - maximum[..., None])  # (..., n_queries, n_keys)
        total = shrink * self.total + weights.sum(axis=-1)
        weighted = shrink[..., None] * self.weighted + weights @ value
        return OnlineSoftmax(maximum, total, weighted)


# --8<-- [end:OnlineSoftmax]


# --8<-- [start:flash_attention_forward]
def flash_attention_forward(
    query: Float[ndarray, "*batch n_queries d_k"],
    key: Float[ndarray, "*batch n_keys d_k"],
    value: Float[ndarray, "*batch n_keys d_v"],
    query_tile: int,
    key_tile: int,
    *,
    causal: bool = False,
    scale: float | None = None,
) -> tuple[
    Float[ndarray, "*batch n_queries d_v"],
    Float[ndarray, "*batch n_queries"],
]:
    """Attention output, and the log-sum-exp of each query's logits.

    Shapes: (..., n_queries, d_v) and (..., n_queries). `causal` is aligned
    bottom-right: the last query sees every key. `scale` defaults to 1/√d_k.

    Raises:
        ValueError: a tile size below 1; no keys; `causal` with too few keys.

    Source: arXiv:2307.08691, Algorithm 1.
    """
    _check(query, key, causal)
    n_queries, n_keys = query.shape[-2], key.shape[-2]
    offset = n_keys - n_queries if causal else None
    output = np.empty_like(query, shape=(*query.shape[:-1], value.shape[-1]))
    log_sum_exp = np.empty_like(query, shape=query.shape[:-1])
    for rows in tiles(n_queries, query_tile):
        q = query[..., rows, :]
        state = OnlineSoftmax(
            np.full(q.shape[:-1], -np.inf, q.dtype),
            np.zeros(q.shape[:-1], q.dtype),
            np.zeros((*q.shape[:-1], value.shape[-1]), q.dtype),
        )
        for columns in tiles(n_keys, key_tile):
            if causal and is_hidden(rows, columns, n_queries, n_keys):
                break  # so are all tiles to its right
            k, v = key[..., columns, :], value[..., columns, :]
            logits = _tile_logits(q, k, rows, columns, offset, scale)
            state = state.update(logits, v)
        output[..., rows, :] = state.weighted / state.total[..., None]
        log_sum_exp[..., rows] = state.maximum + np.log(state.total)
    return output, log_sum_exp


# --8<-- [end:flash_attention_forward]


# --8<-- [start:flash_attention_backward]
def flash_attention_backward(
    grad_output: Float[ndarray, "*batch n_queries d_v"],
    query: Float[ndarray, "*batch n_queries d_k"],
    key: Float[ndarray, "*batch n_keys d_k"],
    value: Float[ndarray, "*batch n_keys d_v"],
    output: Float[ndarray, "*batch n_queries d_v"],
    log_sum_exp: Float[ndarray, "*batch n_queries"],
    query_tile: int,
    key_tile: int,
    *,
    causal: bool = False,
    scale: float | None = None,
) -> tuple[
    Float[ndarray, "*batch n_queries d_k"],
    Float[ndarray, "*batch n_keys d_k"],
    Float[ndarray, "*batch n_keys d_v"],
]:
    """Gradients of a loss with respect to query, key and value.

    `grad_output` is the gradient at the output; `output` and `log_sum_exp` are what
    the forward pass returned. The weights are computed again, tile by tile.

    Raises:
        ValueError: as `flash_attention_forward`.

    Source: arXiv:2307.08691, Algorithm 2.
    """
    _check(query, key, causal)
    n_queries, n_keys = query.shape[-2], key.shape[-2]
    offset = n_keys - n_queries if causal else None
    factor = 1.0 / math.sqrt(query.shape[-1]) if scale is None else scale
    delta = np.empty_like(query, shape=query.shape[:-1])  # (..., n_queries)
    for rows in tiles(n_queries, query_tile):
        product = grad_output[..., rows, :] * output[..., rows, :]
        delta[..., rows] = product.sum(axis=-1)
    grad_query = np.zeros_like(query)
    grad_key, grad_value = np.empty_like(key), np.empty_like(value)
    for columns in tiles(n_keys, key_tile):
        k, v = key[..., columns, :], value[..., columns, :]
        grad_k, grad_v = np.zeros(k.shape, k.dtype), np.zeros(v.shape, v.dtype)
        for rows in tiles(n_queries, query_tile):
            if causal and is_hidden(rows, columns, n_queries, n_keys):
                continue
            q, upstream = query[..., rows, :], grad_output[..., rows, :]
            logits = _tile_logits(q, k, rows, columns, offset, factor)
            saved = log_sum_exp[..., rows, None]  # (..., rows, 1)
            weights = np.exp(logits - saved)  # (..., rows, columns)
            grad_v += weights.swapaxes(-1, -2) @ upstream  # (..., columns, d_v)
            grad_weights = upstream @ v.swapaxes(-1, -2)  # (..., rows, columns)
            grad_logits = weights * (grad_weights - delta[..., rows, None])
            grad_query[..., rows, :] += factor * (grad_logits @ k)
            grad_k += grad_logits.swapaxes(-1, -2) @ q  # (..., columns, d_k)
        grad_key[..., columns, :] = factor * grad_k
        grad_value[..., columns, :] = grad_v
    return grad_query, grad_key, grad_value


# --8<-- [end:flash_attention_backward]


# --8<-- [start:combine_splits]
def combine_splits(
    outputs: Float[ndarray, "n_splits *batch n_queries d_v"],
    log_sum_exps: Float[ndarray, "n_splits *batch n_queries"],
) -> Float[ndarray, "*batch n_queries d_v"]:
    """Attention over all keys from the attention over each of several disjoint parts of them.

    The weight of a part is the softmax, over the parts, of their log-sum-exps.

    Raises:
        ValueError: there is no part, or a log-sum-exp is NaN or infinite in all of them (see `softmax`).

    Source: Flash-Decoding, https://pytorch.org/blog/flash-decoding/ (step 3).
    """
    return (softmax(log_sum_exps, axis=0)[..., None] * outputs).sum(axis=0)  # (..., n_queries, d_v)


# --8<-- [end:combine_splits]
