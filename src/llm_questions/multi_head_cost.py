"""What one multi-head attention layer costs, without mask and biases, by its number of heads."""

from dataclasses import dataclass


# --8<-- [start:multi_head_cost]
@dataclass(frozen=True)
class MultiHeadCost:
    """For one sequence: parameters, floating-point operations of all matrix products, attention weights."""

    parameters: int
    matmul_flops: int
    attention_weights: int


def multi_head_cost(n: int, d_model: int, n_heads: int, head_dim: int | None = None) -> MultiHeadCost:
    """Cost of `n_heads` heads with d_k = d_v = `head_dim`, by default d_model / n_heads.

    The projections Q, K, V and O take 2 · n · d_model · n_heads · head_dim operations each, QKᵀ and AV
    2 · n² · n_heads · head_dim each. A multiply-add is two operations; softmax is not counted, its size is
    `attention_weights`.

    Raises:
        ValueError: a size is less than 1; d_model is no multiple of n_heads and head_dim is not given.

    Source: arXiv:1706.03762, §3.2.2.
    """
    if min(n, d_model, n_heads) < 1 or (head_dim is not None and head_dim < 1):
        raise ValueError(f"sizes must be at least 1, got {n=}, {d_model=}, {n_heads=}, {head_dim=}")
    if head_dim is None and d_model % n_heads:
        raise ValueError(f"d_model = {d_model} is no multiple of n_heads = {n_heads}: give head_dim")
    width = n_heads * (d_model // n_heads if head_dim is None else head_dim)
    projections, mixing = 4 * 2 * n * d_model * width, 2 * 2 * n * n * width
    return MultiHeadCost(4 * d_model * width, projections + mixing, n_heads * n * n)


# --8<-- [end:multi_head_cost]
