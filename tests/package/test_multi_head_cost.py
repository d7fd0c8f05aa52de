import dataclasses

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from llm_questions.multi_head import AttentionWeights, multi_head_attention
from llm_questions.multi_head_cost import multi_head_cost


@pytest.mark.parametrize(("n_heads", "head_dim"), [(1, None), (2, None), (8, None), (3, 5), (4, 32)])
def test_equals_what_torch_counts(n_heads: int, head_dim: int | None) -> None:
    n, d_model = 10, 32
    width = d_model if head_dim is None else n_heads * head_dim
    query, key, value = (torch.nn.Linear(d_model, width, bias=False) for _ in range(3))
    output = torch.nn.Linear(width, d_model, bias=False)
    x = torch.randn(n, d_model)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        heads = [part(x).unflatten(-1, (n_heads, -1)).transpose(0, 1) for part in (query, key, value)]
        weights = torch.softmax(heads[0] @ heads[1].transpose(1, 2), dim=-1)
        output((weights @ heads[2]).transpose(0, 1).flatten(1))
    cost = multi_head_cost(n, d_model, n_heads, head_dim)
    assert cost.matmul_flops == counter.get_total_flops()
    assert cost.attention_weights == weights.numel()
    assert cost.parameters == sum(part.weight.numel() for part in (query, key, value, output))


@pytest.mark.parametrize("n_heads", [1, 2, 4])
def test_equals_a_count_of_our_own_layer(n_heads: int) -> None:
    """Every matrix product of `multi_head_attention`, counted where it happens."""
    flops = 0

    class Counted(np.ndarray):
        def __matmul__(self, other):
            nonlocal flops
            product = np.matmul(np.asarray(self), np.asarray(other)).view(Counted)
            flops += 2 * product.size * self.shape[-1]
            return product

    rng = np.random.default_rng(0)
    x = rng.normal(size=(5, 8)).view(Counted)
    weights = AttentionWeights(*rng.normal(size=(4, 8, 8)))
    _, attention = multi_head_attention(x, weights, n_heads)
    cost = multi_head_cost(5, 8, n_heads)
    assert (cost.matmul_flops, cost.attention_weights) == (flops, attention.size)
    matrices = (value for value in dataclasses.asdict(weights).values() if value is not None)
    assert cost.parameters == sum(matrix.size for matrix in matrices)


def test_bad_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 1, got n=0"):
        multi_head_cost(0, 8, 2)
    with pytest.raises(ValueError, match="head_dim=0"):
        multi_head_cost(1, 8, 2, 0)
    with pytest.raises(ValueError, match="no multiple of n_heads = 3"):
        multi_head_cost(1, 8, 3)
