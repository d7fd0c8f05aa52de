"""Linear attention: softmax's exp(q · k) replaced by φ(q) · φ(k), so that sums over keys can be formed once.

    output_i = Σ_j φ(q_i)·φ(k_j) v_j / Σ_j φ(q_i)·φ(k_j) = φ(q_i)ᵀ S / φ(q_i)ᵀ z,   S = Σ_j φ(k_j) v_jᵀ,  z
    = Σ_j φ(k_j)

It is a different function from softmax attention, not an approximation of it. Katharopoulos et al. 2020,
"Transformers are RNNs", arXiv:2006.16236.
"""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from llm_questions.masks import causal_mask


# --8<-- [start:elu_feature_map]
def elu_feature_map(x: Float[ndarray, "*shape"]) -> Float[ndarray, "*shape"]:
    """φ(x) = elu(x) + 1: x + 1 for x > 0, exp(x) otherwise. Positive everywhere, so all weights are positive.

    Source: arXiv:2006.16236, §3.2.1, Eq. 7.
    """
    return np.where(x > 0, x + 1.0, np.exp(np.minimum(x, 0.0)))


# --8<-- [end:elu_feature_map]


def _normalize(numerator: ndarray, normalizer: ndarray) -> ndarray:
    if not (normalizer > 0).all():
        raise ValueError(
            "the weights of a query sum to 0: its features underflowed or there is no key; "
            "queries and keys should not be far below 0 in every component"
        )
    return numerator / normalizer


# --8<-- [start:linear_attention]
def linear_attention(
    query: Float[ndarray, "*batch n_queries d_k"],
    key: Float[ndarray, "*batch n_keys d_k"],
    value: Float[ndarray, "*batch n_keys d_v"],
) -> Float[ndarray, "*batch n_queries d_v"]:
    """Every query sees every key. Cost O(n d_k d_v): no matrix of n_queries × n_keys is formed.

    Shapes: `query` (..., n_queries, d_k), `key` (..., n_keys, d_k), `value` (..., n_keys, d_v), output
    (..., n_queries, d_v).

    Raises:
        ValueError: the weights of a query sum to 0 (underflow, or no key).

    Source: arXiv:2006.16236, §3.2, Eq. 5 and 6.
    """
    query_features, key_features = elu_feature_map(query), elu_feature_map(key)
    state = key_features.swapaxes(-1, -2) @ value  # (..., d_k, d_v): Σ_j φ(k_j) v_jᵀ
    key_sum = key_features.sum(axis=-2)  # (..., d_k): Σ_j φ(k_j)
    normalizer = query_features @ key_sum[..., None]  # (..., n_queries, 1)
    return _normalize(query_features @ state, normalizer)  # (..., n_queries, d_v)


# --8<-- [end:linear_attention]


# --8<-- [start:causal_linear_attention_parallel]
def causal_linear_attention_parallel(
    query: Float[ndarray, "*batch n d_k"],
    key: Float[ndarray, "*batch n d_k"],
    value: Float[ndarray, "*batch n d_v"],
) -> Float[ndarray, "*batch n d_v"]:
    """Every query sees the keys up to its own position; all positions at once, as in training.

    Shapes: `query`, `key` (..., n, d_k), `value` and output (..., n, d_v). This form costs O(n² (d_k +
    d_v)), like softmax attention; it equals the recurrent form.

    Raises:
        ValueError: the weights of a query sum to 0 (underflow).

    Source: arXiv:2006.16236, §3.3, Eq. 8.
    """
    similarity = elu_feature_map(query) @ elu_feature_map(key).swapaxes(-1, -2)  # (..., n, n)
    similarity = np.where(causal_mask(query.shape[-2]), similarity, 0.0)
    return _normalize(similarity @ value, similarity.sum(axis=-1, keepdims=True))  # (..., n, d_v)


# --8<-- [end:causal_linear_attention_parallel]


# --8<-- [start:linear_attention_step]
def linear_attention_step(
    state: Float[ndarray, "*batch d_k d_v"],
    key_sum: Float[ndarray, "*batch d_k"],
    query: Float[ndarray, "*batch d_k"],
    key: Float[ndarray, "*batch d_k"],
    value: Float[ndarray, "*batch d_v"],
) -> tuple[
    Float[ndarray, "*batch d_k d_v"],
    Float[ndarray, "*batch d_k"],
    Float[ndarray, "*batch d_v"],
]:
    """One token of decoding: the new state, the new sum of key features, the output.

    The two arrays that are carried along have a fixed size, d_k · d_v and d_k, where
    softmax attention keeps all keys and values of the past. Start from zeros.

    Raises:
        ValueError: the weights of the query sum to 0 (underflow).

    Source: arXiv:2006.16236, §3.4, Eq. 16 to 20.
    """
    query_features, key_features = elu_feature_map(query), elu_feature_map(key)
    state = state + key_features[..., :, None] * value[..., None, :]  # (..., d_k, d_v)
    key_sum = key_sum + key_features  # (..., d_k)
    numerator = (query_features[..., None, :] @ state)[..., 0, :]  # (..., d_v)
    normalizer = (query_features * key_sum).sum(axis=-1, keepdims=True)  # (..., 1)
    return state, key_sum, _normalize(numerator, normalizer)


# --8<-- [end:linear_attention_step]


# --8<-- [start:causal_linear_attention_recurrent]
def causal_linear_attention_recurrent(
    query: Float[ndarray, "*batch n d_k"],
    key: Float[ndarray, "*batch n d_k"],
    value: Float[ndarray, "*batch n d_v"],
) -> Float[ndarray, "*batch n d_v"]:
    """The causal form as a recurrent network: one `linear_attention_step` per token, O(n d_k d_v) in all.

    Shapes: `query`, `key` (..., n, d_k), `value` and output (..., n, d_v).

    Raises:
        ValueError: the weights of a query sum to 0 (underflow).

    Source: arXiv:2006.16236, §3.4.
    """
    *batch, n, d_k = key.shape
    state = np.zeros((*batch, d_k, value.shape[-1]), value.dtype)  # (..., d_k, d_v)
    key_sum = np.zeros((*batch, d_k), key.dtype)  # (..., d_k)
    output = np.empty_like(value)  # (..., n, d_v)
    for i in range(n):
        state, key_sum, output[..., i, :] = linear_attention_step(
            state, key_sum, query[..., i, :], key[..., i, :], value[..., i, :]
        )
    return output


# --8<-- [end:causal_linear_attention_recurrent]
