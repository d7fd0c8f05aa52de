"""The optimizers against the states that PyTorch really keeps; the sum against published numbers."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from llm_questions.activations import RECOMPUTE
from llm_questions.training_memory import (
    OPTIMIZERS,
    RECIPES,
    optimizer_bytes,
    output_activation_bytes,
    training_memory,
)
from llm_questions.zero import STAGES, model_state_bytes
from tests.package.strategies import modest

TORCH = {
    "adamw": torch.optim.AdamW,
    "adafactor": torch.optim.Adafactor,
    "muon": torch.optim.Muon,
    "sgd": lambda parameters: torch.optim.SGD(parameters, momentum=0.9),
}


@pytest.mark.parametrize("name", TORCH)
@pytest.mark.parametrize(("dtype", "recipe"), [(torch.float32, "fp32"), (torch.bfloat16, "bf16")])
@pytest.mark.parametrize("width", [8, 32])
def test_optimizers_keep_what_those_of_pytorch_keep(name: str, dtype, recipe: str, width: int) -> None:
    """Tensors of more than one number: counters of steps are left out."""
    matrix = nn.Parameter(torch.randn(width, width, dtype=dtype))
    optimizer = TORCH[name]([matrix])
    matrix.grad = torch.randn_like(matrix)
    optimizer.step()
    kept = [value for value in optimizer.state[matrix].values() if isinstance(value, torch.Tensor)]
    measured = sum(value.nbytes for value in kept if value.numel() > 1)
    assert measured == optimizer_bytes(name, RECIPES[recipe].moment, width) * width**2


def test_8_bit_adam_is_a_quarter_of_adam_and_its_scales() -> None:
    """bitsandbytes: two arrays of bytes, and of either a 32-bit maximum for each block of 2,048."""
    n = 10 * 2048
    assert optimizer_bytes("adam 8-bit", 4, 64) * n == 2 * n + 2 * 4 * 10


def test_muon_is_adamw_on_its_share() -> None:
    assert optimizer_bytes("muon", 4, 64, 1) == optimizer_bytes("adamw", 4, 64) == 8
    assert optimizer_bytes("muon", 4, 64, 0.25) == 0.75 * 4 + 0.25 * 8


@pytest.mark.parametrize(("recipe", "total"), [("mixed", 16), ("mixed, gradients in fp32", 18), ("fp32", 16)])
def test_recipes_with_adamw(recipe: str, total: int) -> None:
    """arXiv:1910.02054, §3.1: 16 bytes a parameter in mixed precision."""
    parts = training_memory(1e9, 1, 8, 1, 8, 1, 1, recipe=RECIPES[recipe])
    assert sum(list(parts.values())[:3]) == total * 1e9


def test_gpt_2_of_a_billion_and_a_half_parameters() -> None:
    """arXiv:1910.02054, §3: 24 GB of states; the paper counts 60 GB of activations for a batch of 32."""
    parts = training_memory(1.5e9, 48, 1600, 25, 50257, 1024, 32)
    assert sum(list(parts.values())[:3]) == 24e9
    # the paper counts 12 numbers of d_model a token and layer; all kept tensors are 7.6 times as much
    paper = 12 * 1600 * 32 * 1024 * 48 * 2
    assert paper == pytest.approx(60e9, rel=0.01)
    assert parts["activations of the layers"] / paper == pytest.approx((34 + 5 * 25 * 1024 / 1600) / 24)


@pytest.mark.parametrize("sizes", [(16, 40, 6, 1), (24, 50, 5, 3)])
def test_the_output_keeps_what_pytorch_keeps(sizes) -> None:
    d_model, vocab_size, n, batch = sizes
    norm = nn.LayerNorm(d_model, dtype=torch.bfloat16)
    head = nn.Linear(d_model, vocab_size, bias=False, dtype=torch.bfloat16)
    weights = {parameter.untyped_storage().data_ptr() for parameter in (*norm.parameters(), head.weight)}
    storages = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storages[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage()
        return tensor

    x = torch.randn(n * batch, d_model, dtype=torch.bfloat16, requires_grad=True)
    targets = torch.randint(vocab_size, (n * batch,))
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = functional.cross_entropy(head(norm(x)).float(), targets)
    assert loss.requires_grad
    others = {*weights, targets.untyped_storage().data_ptr()}
    measured = sum(storage.nbytes() for address, storage in storages.items() if address not in others)
    # mean and deviation of a token in 16 bits; the number of targets that count
    statistics = 2 * 2 * n * batch
    assert measured - statistics - output_activation_bytes(*sizes) in (0, 4)


def test_both_together_are_the_formula_of_the_paper() -> None:
    """arXiv:2205.05198, §4.3: 4 s b h (1 + v / h) / t outside the layers."""
    s, b, h, v, t = 2048, 4, 6144, 51200, 8
    assert output_activation_bytes(h, v, s, b, t, True) == pytest.approx(4 * s * b * h / t * (1 + v / h))


settings = st.fixed_dictionaries(
    {
        "recipe": st.sampled_from(sorted(RECIPES)).map(RECIPES.get),
        "optimizer": st.sampled_from(OPTIMIZERS),
        "recompute": st.sampled_from(RECOMPUTE),
        "sequence_parallel": st.booleans(),
    }
)
sizes = st.tuples(
    st.integers(1, 10**12),
    st.integers(1, 100),
    st.integers(1, 20_000),
    st.integers(1, 128),
    st.integers(1, 10**6),
    st.integers(1, 10**5),
    st.integers(1, 512),
)


@modest
@given(sizes, settings, st.sampled_from(STAGES))
def test_a_stage_on_one_device_equals_no_stage(sizes, settings, stage) -> None:
    assert training_memory(*sizes, **settings, stage=stage) == training_memory(*sizes, **settings)


@modest
@given(sizes, settings, st.integers(2, 64))
def test_each_stage_needs_less_than_the_one_before(sizes, settings, n_devices) -> None:
    totals = [
        sum(training_memory(*sizes, **settings, stage=stage, n_devices=n_devices).values())
        for stage in STAGES
    ]
    assert totals == sorted(totals, reverse=True)


@modest
@given(sizes, settings, st.integers(0, 6))
def test_what_is_larger_needs_more(sizes, settings, place) -> None:
    larger = [size + (index == place) for index, size in enumerate(sizes)]
    if place == 2 and settings["optimizer"] == "adafactor":
        return  # rows and columns of wider matrices are a smaller share of them
    needed, more = (sum(training_memory(*given, **settings).values()) for given in (sizes, larger))
    assert more >= needed


@modest
@given(sizes, settings, st.sampled_from(STAGES), st.integers(0, 3), st.integers(1, 16))
def test_more_devices_of_a_group_or_more_recomputation_need_less(sizes, settings, stage, log, ranks) -> None:
    t = 2**log
    divided = training_memory(*sizes, **settings, stage=stage, n_devices=t * ranks, tensor_parallel=t)
    whole = training_memory(*sizes, **settings, stage=stage, n_devices=ranks)
    assert sum(divided.values()) <= sum(whole.values()) * (1 + 1e-12)
    kept = [sum(training_memory(*sizes, **settings | {"recompute": kind}).values()) for kind in RECOMPUTE]
    assert kept == sorted(kept, reverse=True)


@pytest.mark.parametrize("stage", STAGES)
def test_states_are_those_of_zero(stage: int) -> None:
    parts = training_memory(7.5e9, 1, 8, 1, 8, 1, 1, stage=stage, n_devices=64)
    assert sum(list(parts.values())[:3]) == model_state_bytes(7.5e9, 64, stage)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: optimizer_bytes("lion", 4, 8), "optimizer must be one of"),
        (lambda: optimizer_bytes("muon", 4, 8, 1.5), "0 to 1, got 1.5"),
        (lambda: optimizer_bytes("adamw", 4, 0), "d_model must be at least 1"),
        (lambda: output_activation_bytes(8, 0, 1, 1), "vocab_size must be at least 1"),
        (
            lambda: training_memory(1e9, 1, 8, 1, 8, 1, 1, n_devices=8, tensor_parallel=3),
            "groups of 3 devices do not divide 8",
        ),
    ],
)
def test_bad_arguments_are_named(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
