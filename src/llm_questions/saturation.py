"""Saturation of a softmax over dot products of independent standard normal components."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from llm_questions.softmax import softmax


# --8<-- [start:jacobian_norm]
def jacobian_norm(weights: Float[ndarray, "*batch n"]) -> Float[ndarray, "*batch"]:
    """Frobenius norm of the softmax Jacobian diag(p) - p p^T, without forming the n x n matrix.

    Expanding the square of every entry gives sum p_i^2 - 2 sum p_i^3 + (sum p_i^2)^2.

    Args:
        weights: softmax output p, non-negative and summing to 1 along the last axis.

    Returns:
        0 where one weight is 1; 1/2 where two weights share all.
    """
    squares = (weights**2).sum(-1)
    cubes = (weights**3).sum(-1)
    return np.asarray(np.sqrt(np.maximum(squares - 2 * cubes + squares**2, 0.0)))


# --8<-- [end:jacobian_norm]


@dataclass(frozen=True)
class Saturation:
    """Statistics over random queries; all are pure numbers."""

    logit_std: float
    saturated_share: float  # of queries whose largest weight exceeds 0.99
    jacobian_quantiles: tuple[float, float, float]  # 10 %, 50 %, 90 % of the Jacobian's Frobenius norm
    query_gradient_quantiles: tuple[
        float, float, float
    ]  # likewise of the Frobenius norm of d weights / d query


# --8<-- [start:sample_saturation]
def sample_saturation(
    d_k: int, scale: float, n_keys: int = 32, n_queries: int = 4000, seed: int = 0
) -> Saturation:
    """Measures the softmax over scale * (query . key) of random queries and keys.

    Args:
        d_k: number of components of a query and of a key, each N(0, 1) and independent.
        scale: factor on the dot products, 1 for none, 1/sqrt(d_k) in the Transformer.
        n_keys: keys that each query sees.
        n_queries: size of the sample; each query has keys of its own.
        seed: of NumPy's default generator.

    Raises:
        ValueError: a count is below 1 or the scale is not positive.
    """
    if min(d_k, n_keys, n_queries) < 1 or scale <= 0:
        raise ValueError(
            f"d_k={d_k}, n_keys={n_keys}, n_queries={n_queries} must be at least 1 and scale={scale} positive"
        )
    rng = np.random.default_rng(seed)
    query = rng.standard_normal((n_queries, d_k))
    key = rng.standard_normal((n_queries, n_keys, d_k))
    logits = scale * np.einsum("qd,qnd->qn", query, key)  # (n_queries, n_keys)
    weights = softmax(logits)
    norms = jacobian_norm(weights)  # (n_queries,)
    # (n_queries, n_keys, d_k)
    centered = key - np.einsum("qn,qnd->qd", weights, key)[:, None]
    query_gradient = scale * np.linalg.norm(weights[..., None] * centered, axis=(1, 2))
    return Saturation(
        logit_std=float(logits.std()),
        saturated_share=float((weights.max(-1) > 0.99).mean()),
        jacobian_quantiles=tuple(np.quantile(norms, [0.1, 0.5, 0.9]).tolist()),
        query_gradient_quantiles=tuple(
            np.quantile(query_gradient, [0.1, 0.5, 0.9]).tolist(),
        ),
    )


# --8<-- [end:sample_saturation]
