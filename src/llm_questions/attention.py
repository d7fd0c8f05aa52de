"""Scaled dot-product attention, and additive attention, which it replaced.

Logits (one number per query and key) -> weights (softmax over the keys) -> output (weighted mean of the
values).
"""

import math

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray


# --8<-- [start:attention_logits]
def attention_logits(
    query: Float[ndarray, "*batch n_queries d_k"],
    key: Float[ndarray, "*batch n_keys d_k"],
    scale: float | None = None,
) -> Float[ndarray, "*batch n_queries n_keys"]:
    """scale · Q Kᵀ, the scaled dot product of every query with every key.

    Shapes: `query` (..., n_queries, d_k), `key` (..., n_keys, d_k), result (..., n_queries, n_keys).
    `scale` defaults to 1/√d_k.

    Source: arXiv:1706.03762, §3.2.1, Eq. 1.
    """
    scale = 1.0 / math.sqrt(query.shape[-1]) if scale is None else scale
    return (query @ key.swapaxes(-1, -2)) * scale  # (..., n_queries, n_keys)


# --8<-- [end:attention_logits]


# --8<-- [start:masked_softmax]
def masked_softmax(
    logits: Float[ndarray, "*batch n_keys"], mask: Bool[ndarray, "..."] | None = None
) -> Float[ndarray, "*batch n_keys"]:
    """Softmax over the visible keys: 0 where `mask` is False, and the rest of the row sums to 1.

    Shapes: `mask` broadcasts to the shape of `logits`; the result has the shape of `logits`. A logit of
    -inf hides its key as well.

    A row without any visible key has no softmax (0/0). Its weights are all 0 here, so that its attention
    output is the zero vector. PyTorch's scaled_dot_product_attention does the same since release 2.5; many
    other implementations return NaN.

    Raises:
        ValueError: a visible logit is NaN or +inf; `mask` does not broadcast to the logits.
    """
    if mask is not None:
        if np.broadcast_shapes(mask.shape, logits.shape) != logits.shape:
            raise ValueError(f"a mask of shape {mask.shape} does not broadcast to logits of {logits.shape}")
        logits = np.where(mask, logits, -np.inf)
    maximum = logits.max(axis=-1, keepdims=True, initial=-np.inf)  # (..., 1)
    if np.isnan(maximum).any() or np.isposinf(maximum).any():
        raise ValueError("a visible logit is NaN or +inf; look for overflow in the queries and keys")
    # -inf - (-inf) would be NaN in rows without a visible key
    exponentials = np.exp(logits - np.where(np.isneginf(maximum), 0.0, maximum))
    total = exponentials.sum(axis=-1, keepdims=True)  # (..., 1)
    return exponentials / np.where(total == 0.0, 1.0, total)


# --8<-- [end:masked_softmax]


# --8<-- [start:scaled_dot_product_attention]
def scaled_dot_product_attention(
    query: Float[ndarray, "*batch n_queries d_k"],
    key: Float[ndarray, "*batch n_keys d_k"],
    value: Float[ndarray, "*batch n_keys d_v"],
    mask: Bool[ndarray, "..."] | None = None,
    *,
    scale: float | None = None,
    bias: Float[ndarray, "..."] | None = None,
) -> tuple[
    Float[ndarray, "*batch n_queries d_v"],
    Float[ndarray, "*batch n_queries n_keys"],
]:
    """softmax(scale · Q Kᵀ + bias) V, and the weights.

    Shapes: `query` (..., n_queries, d_k), `key` (..., n_keys, d_k), `value`
    (..., n_keys, d_v); `mask` (True = may attend) and `bias` (ALiBi, T5) broadcast to
    (..., n_queries, n_keys). Output (..., n_queries, d_v), weights (..., n_queries,
    n_keys). `scale` defaults to 1/√d_k.

    A query that may attend to no key gets weights 0 and the output 0 (see
    `masked_softmax`).

    Raises:
        ValueError: `mask` or `bias` does not broadcast; a visible logit is NaN or +inf.

    Source: arXiv:1706.03762, §3.2.1, Eq. 1.
    """
    logits = attention_logits(query, key, scale)  # (..., n_queries, n_keys)
    if bias is not None:
        if np.broadcast_shapes(bias.shape, logits.shape) != logits.shape:
            raise ValueError(f"a bias of shape {bias.shape} does not broadcast to logits of {logits.shape}")
        logits = logits + bias
    weights = masked_softmax(logits, mask)  # (..., n_queries, n_keys), rows sum to 1
    return weights @ value, weights  # (..., n_queries, d_v)


# --8<-- [end:scaled_dot_product_attention]


# --8<-- [start:additive_attention_logits]
def additive_attention_logits(
    query: Float[ndarray, "*batch n_queries d_query"],
    key: Float[ndarray, "*batch n_keys d_key"],
    query_weight: Float[ndarray, "d_query d_hidden"],
    key_weight: Float[ndarray, "d_key d_hidden"],
    score_weight: Float[ndarray, " d_hidden"],
) -> Float[ndarray, "*batch n_queries n_keys"]:
    """vᵀ tanh(W q + U k): a small network with one hidden layer scores each pair of query and key.

    Shapes: `query` (..., n_queries, d_query), `key` (..., n_keys, d_key), result (..., n_queries, n_keys).
    The two widths may differ. W is `query_weight`, U is `key_weight` (both applied from the right), v is
    `score_weight`.

    Since |tanh| < 1, a logit never exceeds Σ|v_i|, however long queries and keys are.

    Source: arXiv:1409.0473, Appendix A.1.2 (alignment model).
    """
    projected_query = (query @ query_weight)[..., :, None, :]  # (..., n_queries, 1, d_hidden)
    projected_key = (key @ key_weight)[..., None, :, :]  # (..., 1, n_keys, d_hidden)
    hidden = np.tanh(projected_query + projected_key)  # (..., n_queries, n_keys, d_hidden)
    return hidden @ score_weight  # (..., n_queries, n_keys)


# --8<-- [end:additive_attention_logits]
