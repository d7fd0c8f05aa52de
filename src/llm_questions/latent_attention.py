"""Multi-head latent attention (MLA): keys and values of all heads are made from one cached vector per token.

The letters are those of DeepSeek-V2, arXiv:2405.04434, §2.1: d_c the width of the latent, d_h the width of a
head's query and key without position, d_r that of the part with position, d_v that of a value. Tokens are
rows and weights multiply from the right, so the paper's matrices are transposed here, one for each head.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from llm_questions.attention import scaled_dot_product_attention
from llm_questions.masks import causal_mask
from llm_questions.positions.rotary import apply_rotary
from llm_questions.rms_norm import rms_norm


# --8<-- [start:LatentWeights]
@dataclass(frozen=True)
class LatentWeights:
    """The matrices of one MLA layer; where there is an axis `h`, each of the h heads has its own.

    Without query compression (DeepSeek-V2-Lite) `query_down` and `query_gain` are None and d_q is d_model.
    """

    query_down: Float[ndarray, "d_model d_q"] | None
    query_gain: Float[ndarray, " d_q"] | None
    query_up: Float[ndarray, "h d_q d_h"]
    query_rotary: Float[ndarray, "h d_q d_r"]
    kv_down: Float[ndarray, "d_model d_c"]
    kv_gain: Float[ndarray, " d_c"]
    key_up: Float[ndarray, "h d_c d_h"]
    value_up: Float[ndarray, "h d_c d_v"]
    key_rotary: Float[ndarray, "d_model d_r"]
    output: Float[ndarray, "h d_v d_model"]


# --8<-- [end:LatentWeights]


# --8<-- [start:LatentCache]
class LatentCache(NamedTuple):
    """All that a layer keeps of past tokens: d_c + d_r numbers each, for any number of heads."""

    latent: Float[ndarray, "*batch n d_c"]
    rotary_key: Float[ndarray, "*batch n d_r"]


# --8<-- [end:LatentCache]


# --8<-- [start:compress]
def compress(
    x: Float[ndarray, "*batch n d_model"],
    weights: LatentWeights,
    cos: Float[ndarray, "n n_pairs"],
    sin: Float[ndarray, "n n_pairs"],
    past: LatentCache | None = None,
) -> LatentCache:
    """The cache after the tokens `x`, whose positions are those of the tables `cos` and `sin`.

    The latent is normalized (RMSNorm) before it is stored; the rotary key is rotated and not normalized.

    Source: arXiv:2405.04434, Eq. 41 and 43, and §3.1.2 for the norm.
    """
    latent = rms_norm(x @ weights.kv_down, weights.kv_gain)  # (..., n, d_c)
    rotary_key = apply_rotary(x @ weights.key_rotary, cos, sin)  # (..., n, d_r)
    if past is None:
        return LatentCache(latent, rotary_key)
    return LatentCache(
        np.concatenate([past.latent, latent], axis=-2),  # (..., n_keys, d_c)
        np.concatenate([past.rotary_key, rotary_key], axis=-2),  # (..., n_keys, d_r)
    )


# --8<-- [end:compress]


# --8<-- [start:queries]
def queries(
    x: Float[ndarray, "*batch n d_model"],
    weights: LatentWeights,
    cos: Float[ndarray, "n n_pairs"],
    sin: Float[ndarray, "n n_pairs"],
) -> tuple[Float[ndarray, "*batch h n d_h"], Float[ndarray, "*batch h n d_r"]]:
    """Each head's query in two parts: without position, and rotated.

    Source: arXiv:2405.04434, Eq. 37 to 39.
    """
    if weights.query_down is not None:
        x = rms_norm(x @ weights.query_down, weights.query_gain)  # (..., n, d_q)
    x = x[..., None, :, :]  # (..., 1, n, d_q), the same for every head
    rotated = apply_rotary(x @ weights.query_rotary, cos, sin)  # (..., h, n, d_r)
    return x @ weights.query_up, rotated  # (..., h, n, d_h)


# --8<-- [end:queries]


def _for_all_heads(x: ndarray, n_heads: int) -> ndarray:
    """(..., n, width) -> (..., n_heads, n, width), without a copy."""
    return np.broadcast_to(x[..., None, :, :], (*x.shape[:-2], n_heads, *x.shape[-2:]))


def _scale(weights: LatentWeights, scale: float | None) -> float:
    """1/√(d_h + d_r): the width of a query as it is trained, in both forms."""
    width = weights.query_up.shape[-1] + weights.query_rotary.shape[-1]
    return width**-0.5 if scale is None else scale


def _attend(query: ndarray, key: ndarray, value: ndarray, scale: float) -> ndarray:
    """Causal attention of the last tokens to all tokens."""
    mask = causal_mask(query.shape[-2], key.shape[-2])  # (n, n_keys)
    return scaled_dot_product_attention(query, key, value, mask, scale=scale)[0]


# --8<-- [start:explicit_attention]
def explicit_attention(
    x: Float[ndarray, "*batch n d_model"],
    weights: LatentWeights,
    cos: Float[ndarray, "n n_pairs"],
    sin: Float[ndarray, "n n_pairs"],
    past: LatentCache | None = None,
    scale: float | None = None,
) -> tuple[Float[ndarray, "*batch n d_model"], LatentCache]:
    """MLA as multi-head attention: makes each head's keys and values. Causal.

    Shapes: `x` (..., n, d_model) are the newest tokens, `cos`, `sin` (n, d_r / 2)
    the rotary tables of their positions. Returns the output (..., n, d_model) and
    the cache of all tokens so far. `scale` defaults to 1/√(d_h + d_r).

    Source: arXiv:2405.04434, §2.1.3 and Appendix C.
    """
    n_heads = len(weights.key_up)
    cache = compress(x, weights, cos, sin, past)
    latent = cache.latent[..., None, :, :]  # (..., 1, n_keys, d_c)
    content_key = latent @ weights.key_up  # (..., h, n_keys, d_h)
    value = latent @ weights.value_up  # (..., h, n_keys, d_v)
    rotary_key = _for_all_heads(cache.rotary_key, n_heads)  # (..., h, n_keys, d_r)
    key = np.concatenate([content_key, rotary_key], -1)  # (..., h, n_keys, width)
    content, rotated = queries(x, weights, cos, sin)  # (..., h, n, d_h) and d_r
    query = np.concatenate([content, rotated], -1)  # (..., h, n, width = d_h + d_r)
    heads = _attend(query, key, value, _scale(weights, scale))  # (..., h, n, d_v)
    return (heads @ weights.output).sum(axis=-3), cache  # (..., n, d_model)


# --8<-- [end:explicit_attention]


# --8<-- [start:absorbed_attention]
def absorbed_attention(
    x: Float[ndarray, "*batch n d_model"],
    weights: LatentWeights,
    cos: Float[ndarray, "n n_pairs"],
    sin: Float[ndarray, "n n_pairs"],
    past: LatentCache | None = None,
    scale: float | None = None,
) -> tuple[Float[ndarray, "*batch n d_model"], LatentCache]:
    """MLA as multi-query attention on the cache: makes no key or value. Causal.

    Arguments, result and cache are those of `explicit_attention`. All heads share
    one key, the cached vector of width d_c + d_r, and one value, its latent part.

    Source: arXiv:2405.04434, Appendix C ("absorb").
    """
    n_heads = len(weights.key_up)
    cache = compress(x, weights, cos, sin, past)
    content, rotated = queries(x, weights, cos, sin)  # (..., h, n, d_h) and d_r
    absorbed = content @ weights.key_up.swapaxes(-1, -2)  # (..., h, n, d_c)
    query = np.concatenate([absorbed, rotated], axis=-1)  # (..., h, n, d_c + d_r)
    cached = np.concatenate(cache, axis=-1)  # (..., n_keys, d_c + d_r)
    key = _for_all_heads(cached, n_heads)  # (..., h, n_keys, d_c + d_r)
    value = _for_all_heads(cache.latent, n_heads)  # (..., h, n_keys, d_c)
    mixed = _attend(query, key, value, _scale(weights, scale))  # (..., h, n, d_c)
    heads = mixed @ weights.value_up  # (..., h, n, d_v)
    return (heads @ weights.output).sum(axis=-3), cache  # (..., n, d_model)


# --8<-- [end:absorbed_attention]


# --8<-- [start:LatentSizes]
@dataclass(frozen=True)
class LatentSizes:
    """The widths of an MLA layer; the defaults are those of DeepSeek-V2 and V3."""

    n_heads: int = 128
    latent_dim: int = 512  # d_c
    content_dim: int = 128  # d_h
    rotary_dim: int = 64  # d_r
    value_dim: int = 128  # d_v


# --8<-- [end:LatentSizes]


# --8<-- [start:flops]
def explicit_flops(n_queries: int, n_keys: int, sizes: LatentSizes) -> int:
    """Operations of `explicit_attention` for the last `n_queries` of `n_keys` tokens, the cache being given.

    Every cached token is expanded once, then each causal pair of query and key costs d_h + d_r + d_v
    multiply-adds a head. What both forms share (making latents and queries, the output projection) and the
    softmax are left out. A multiply-add is two operations.

    Raises:
        ValueError: no query, or more queries than keys.
    """
    expand = sizes.latent_dim * (sizes.content_dim + sizes.value_dim)
    pair = sizes.content_dim + sizes.rotary_dim + sizes.value_dim
    return 2 * sizes.n_heads * (n_keys * expand + _causal_pairs(n_queries, n_keys) * pair)


def absorbed_flops(n_queries: int, n_keys: int, sizes: LatentSizes) -> int:
    """Operations of `absorbed_attention`, counted likewise.

    Every query is taken into the latent space and back, then each pair costs 2 d_c + d_r multiply-adds a
    head.

    Raises:
        ValueError: no query, or more queries than keys.
    """
    absorb = sizes.latent_dim * (sizes.content_dim + sizes.value_dim)
    pair = 2 * sizes.latent_dim + sizes.rotary_dim
    return 2 * sizes.n_heads * (n_queries * absorb + _causal_pairs(n_queries, n_keys) * pair)


def _causal_pairs(n_queries: int, n_keys: int) -> int:
    """Pairs of a query and a visible key, when the queries are the last `n_queries` tokens."""
    if not 1 <= n_queries <= n_keys:
        raise ValueError(f"need 1 ≤ n_queries ≤ n_keys, got {n_queries} and {n_keys}")
    return n_queries * n_keys - n_queries * (n_queries - 1) // 2


# --8<-- [end:flops]
