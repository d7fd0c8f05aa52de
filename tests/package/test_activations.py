"""The formula against the tensors that PyTorch really keeps, and against the numbers of two papers."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from llm_questions.activations import kept_tensors, layer_activation_bytes
from tests.package.strategies import modest

DROPOUT = 0.1
STATISTICS = 2 * 2 * 2  # of two norms: mean and reciprocal deviation of a token, 2 bytes each


class Layer(nn.Module):
    """A pre-norm layer as in Figures 2 and 3 of arXiv:2205.05198, with dropout masks of one byte."""

    def __init__(self, d_model: int, n_heads: int, fused: bool) -> None:
        super().__init__()
        self.n_heads, self.fused = n_heads, fused
        self.norms = nn.ModuleList([nn.LayerNorm(d_model), nn.LayerNorm(d_model)])
        self.projections = nn.ModuleList([nn.Linear(d_model, d_model) for _ in range(3)])
        self.output = nn.Linear(d_model, d_model)
        self.up, self.down = nn.Linear(d_model, 4 * d_model), nn.Linear(4 * d_model, d_model)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self._dropout(self.output(self._attention(self.norms[0](x))))
        return x + self._dropout(self.down(functional.gelu(self.up(self.norms[1](x)))))

    def _attention(self, x: torch.Tensor) -> torch.Tensor:
        query, key, value = (
            project(x).unflatten(-1, (self.n_heads, -1)).transpose(1, 2) for project in self.projections
        )
        if self.fused:
            heads = functional.scaled_dot_product_attention(query, key, value)
        else:
            scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])
            heads = self._dropout(scores.softmax(dim=-1)) @ value
        return heads.transpose(1, 2).flatten(-2)

    def _dropout(self, x: torch.Tensor) -> torch.Tensor:
        return torch.native_dropout(x, DROPOUT, True)[0]


def bytes_kept(d_model: int, n_heads: int, n: int, batch: int, fused: bool = False) -> int:
    """Bytes of all storages, parameters aside, that autograd saves in a forward pass."""
    torch.manual_seed(0)
    layer = Layer(d_model, n_heads, fused).to(torch.bfloat16)
    parameters = {parameter.untyped_storage().data_ptr() for parameter in layer.parameters()}
    storages = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storages[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage()
        return tensor

    x = torch.randn(batch, n, d_model, dtype=torch.bfloat16, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        out = layer(x)
    assert out.shape == x.shape
    return sum(storage.nbytes() for address, storage in storages.items() if address not in parameters)


SIZES = [(32, 4, 16, 1), (32, 4, 16, 3), (64, 2, 8, 2), (24, 3, 40, 2)]


@pytest.mark.parametrize("sizes", SIZES)
def test_a_real_layer_keeps_what_the_formula_says(sizes) -> None:
    n, batch = sizes[2:]
    assert bytes_kept(*sizes) == layer_activation_bytes(*sizes) + STATISTICS * n * batch


@pytest.mark.parametrize("sizes", SIZES)
def test_fused_attention_keeps_no_scores(sizes) -> None:
    """As after selective recomputation, plus one number in 32 bits for each head and query."""
    _, n_heads, n, batch = sizes
    expected = layer_activation_bytes(*sizes, recompute="selective")
    assert bytes_kept(*sizes, fused=True) == expected + (STATISTICS + 4 * n_heads) * n * batch


@modest
@given(st.integers(1, 8), st.integers(1, 4), st.integers(1, 50), st.integers(1, 5))
def test_the_kept_tensors_add_up_to_equation_1(head_dim, n_heads, n, batch) -> None:
    d_model = head_dim * n_heads
    equation = n * batch * d_model * (34 + 5 * n_heads * n / d_model)
    assert sum(kept_tensors(d_model, n_heads, n, batch).values()) == pytest.approx(equation)
    assert layer_activation_bytes(d_model, n_heads, n, batch) == pytest.approx(equation)


@pytest.mark.parametrize(
    ("settings", "factor"),
    [
        ({}, lambda t, scores: 34 + scores),
        ({"tensor_parallel": 8}, lambda t, scores: 10 + 24 / t + scores / t),
        ({"tensor_parallel": 8, "sequence_parallel": True}, lambda t, scores: 34 / t + scores / t),
        ({"tensor_parallel": 8, "recompute": "selective"}, lambda t, scores: 10 + 24 / t),
        (
            {"tensor_parallel": 8, "sequence_parallel": True, "recompute": "selective"},
            lambda t, scores: 34 / t,
        ),
        ({"tensor_parallel": 8, "recompute": "full"}, lambda t, scores: 2),
    ],
)
def test_table_2_for_gpt3(settings, factor) -> None:
    """arXiv:2205.05198, Table 2, with a = 96, s = 2048, h = 12288, where 5 a s / h = 80 (§5)."""
    scores = 5 * 96 * 2048 / 12288
    assert scores == 80
    computed = layer_activation_bytes(12288, 96, 2048, 1, **settings) / (2048 * 12288)
    assert computed == pytest.approx(factor(8, scores))


def test_selective_recomputation_saves_70_and_65_percent() -> None:
    """arXiv:2205.05198, §5, for GPT-3 and MT-NLG."""
    for sizes, saved in (((12288, 96, 2048, 1), 0.70), ((20480, 128, 2048, 1), 0.65)):
        left = layer_activation_bytes(*sizes, recompute="selective") / layer_activation_bytes(*sizes)
        assert 1 - left == pytest.approx(saved, abs=0.005)


@pytest.mark.parametrize("sizes", [(6144, 64), (12288, 96), (20480, 128), (25600, 160)])
def test_both_together_bring_a_fifth_of_tensor_parallelism(sizes) -> None:
    """arXiv:2205.05198, §6.1: about 5 times less, from 22 billion to a trillion parameters (Table 3)."""
    whole = layer_activation_bytes(*sizes, 2048, 1, 8)
    both = layer_activation_bytes(*sizes, 2048, 1, 8, True, "selective")
    assert 4.9 < whole / both < 6.2


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="recompute must be"):
        layer_activation_bytes(8, 2, 4, 1, recompute="some")
    with pytest.raises(ValueError, match="at least one device"):
        layer_activation_bytes(8, 2, 4, 1, tensor_parallel=0)
