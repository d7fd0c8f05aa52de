"""The counts against PyTorch's counter, the fits against the tables that their authors published."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    MixtralConfig,
    MixtralForCausalLM,
)

from llm_questions.compute import (
    FITS,
    PETAFLOP_DAY,
    ParametricFit,
    PowerLawFit,
    matrix_parameters,
    model_flops_utilization,
    optimal_parameters,
    optimal_tokens,
    parametric_optimum,
    power_law_optimum,
    six_nd,
    token_flops,
    training_cost,
    training_seconds,
)
from llm_questions.parameters.architecture import Architecture, Experts
from llm_questions.parameters.count import parameter_terms, total
from tests.package.strategies import modest
from tests.package.tiny_llama import TINY, TINY_LLAMA

GOPHER = 5.76e23


def counted(model: torch.nn.Module, n: int, batch: int) -> int:
    """Operations that PyTorch counts in one step: forward and backward, loss on every token."""
    tokens = torch.randint(0, 40, (batch, n))
    with FlopCounterMode(display=False) as counter:
        model(input_ids=tokens).logits.square().mean().backward()
    return counter.get_total_flops()


@pytest.mark.parametrize(("n", "batch"), [(1, 1), (7, 1), (12, 3)])
@pytest.mark.parametrize("tied", [False, True])
def test_operations_of_a_llama_are_those_that_pytorch_counts(n: int, batch: int, tied: bool) -> None:
    """With grouped heads and attention written out; a fused kernel may recompute its scores."""
    config = LlamaConfig(**TINY_LLAMA.to_dict() | {"tie_word_embeddings": tied})
    config._attn_implementation = "eager"
    expected = n * batch * token_flops(matrix_parameters(TINY), 3, 4, 6, n)
    assert counted(LlamaForCausalLM(config), n, batch) == expected


@pytest.mark.parametrize(("n", "batch"), [(1, 1), (12, 3)])
def test_operations_of_a_gpt_2_are_those_that_pytorch_counts(n: int, batch: int) -> None:
    """With biases, norms and learned positions, which the count leaves out."""
    config = GPT2Config(vocab_size=40, n_positions=16, n_embd=16, n_layer=2, n_head=4)
    config._attn_implementation = "eager"
    model = Architecture(
        2, 16, 4, 4, 4, 40, 64, gated=False, qkv_bias=True, output_bias=True, ffn_bias=True, tied=True
    )
    expected = n * batch * token_flops(matrix_parameters(model), 2, 4, 4, n)
    assert counted(GPT2LMHeadModel(config), n, batch) == expected


def test_operations_of_experts_are_those_that_a_token_uses() -> None:
    config = MixtralConfig(
        **TINY_LLAMA.to_dict() | {"num_local_experts": 4, "num_experts_per_tok": 2, "model_type": "mixtral"}
    )
    config._attn_implementation = config._experts_implementation = "eager"
    model = Architecture(3, 16, 4, 2, 6, 40, None, experts=Experts(4, 2, 20))
    expected = 9 * token_flops(matrix_parameters(model), 3, 4, 6, 9)
    assert counted(MixtralForCausalLM(config), 9, 1) == expected


def test_matrix_parameters_are_all_but_tables_and_norms() -> None:
    assert matrix_parameters(TINY) == total(parameter_terms(TINY), without=("token embedding", "norms"))


@pytest.mark.parametrize(
    ("millions", "billions", "flops", "petaflop_days"),
    [
        # arXiv:2005.14165, Table D.1
        (125, 300, 2.25e20, 2.60),
        (1_320, 300, 2.38e21, 2.75e1),
        (12_850, 300, 2.31e22, 2.68e2),
        (174_600, 300, 3.14e23, 3.64e3),
    ],
)
def test_compute_of_gpt_3(millions, billions, flops, petaflop_days) -> None:
    computed = six_nd(millions * 1e6, billions * 1e9)
    assert computed == pytest.approx(flops, rel=0.003)
    assert computed / PETAFLOP_DAY == pytest.approx(petaflop_days, rel=0.003)


def test_utilization_of_palm() -> None:
    """arXiv:2204.02311, §4.1: 238.3K tokens/s on 6,144 TPU v4; 45.7 % without attention, 46.2 % with it."""
    with_attention = token_flops(540.35e9, 118, 48, 256, 2048)
    for per_token, published in ((6 * 540.35e9, 0.457), (with_attention, 0.462)):
        mfu = model_flops_utilization(238.3e3, per_token, 6144, 275e12)
        assert mfu == pytest.approx(published, abs=0.0005)


def test_chinchilla_and_gopher_cost_about_the_same() -> None:
    """arXiv:2203.15556, §4: 70B and 1.4T tokens, by the rule of thumb 2 % above Gopher's 5.76e23."""
    assert six_nd(70e9, 1.4e12) / GOPHER == pytest.approx(1.02, abs=0.003)
    assert 1.4e12 / 70e9 == 20


TABLE_3 = [
    (0.4e9, 1.92e19, 8.0e9),
    (1e9, 1.21e20, 20.2e9),
    (10e9, 1.23e22, 205.1e9),
    (67e9, 5.76e23, 1.5e12),
    (175e9, 3.85e24, 3.7e12),
    (280e9, 9.90e24, 5.9e12),
    (520e9, 3.43e25, 11.0e12),
    (1e12, 1.27e26, 21.2e12),
    (10e12, 1.30e28, 216.2e12),
]
TABLE_A3 = {
    "Hoffmann, approach 2": [
        (0.4e9, 1.84e19, 7.7e9),
        (1e9, 1.20e20, 20.0e9),
        (10e9, 1.32e22, 219.5e9),
        (67e9, 6.88e23, 1.7e12),
        (175e9, 4.54e24, 4.3e12),
        (280e9, 1.18e25, 7.1e12),
        (520e9, 4.19e25, 13.4e12),
        (1e12, 1.59e26, 26.5e12),
        (10e12, 1.75e28, 292.0e12),
    ],
    "Hoffmann, approach 3": [
        (0.4e9, 2.21e19, 9.2e9),
        (1e9, 1.62e20, 27.1e9),
        (10e9, 2.46e22, 410.1e9),
        (67e9, 1.71e24, 4.1e12),
        (175e9, 1.26e25, 12.0e12),  # printed as 1.26e+24, which 6 · 175e9 · 12.0e12 contradicts
        (280e9, 3.52e25, 20.1e12),
        (520e9, 1.36e26, 43.5e12),
        (1e12, 5.65e26, 94.1e12),
        (10e12, 8.55e28, 1425.5e12),
    ],
}
TABLES = [("Hoffmann, approach 1", row, 0.03) for row in TABLE_3]
TABLES += [("Hoffmann, approach 2", row, 0.04) for row in TABLE_A3["Hoffmann, approach 2"]]
TABLES += [("Hoffmann, approach 3", row, 0.08) for row in TABLE_A3["Hoffmann, approach 3"]]


@pytest.mark.parametrize(("fit", "row", "tolerance"), TABLES)
def test_optima_are_those_of_the_published_tables(fit, row, tolerance) -> None:
    """arXiv:2203.15556, Tables 3 and A3. Slopes and constants are printed rounded, hence the tolerances."""
    n_parameters, flops, n_tokens = row
    computed = optimal_parameters(flops, FITS[fit])
    assert computed == pytest.approx(n_parameters, rel=tolerance)
    assert optimal_tokens(flops, computed) == pytest.approx(n_tokens, rel=tolerance + 0.04)


def test_the_rounded_constants_contradict_the_table_of_their_own_paper() -> None:
    rounded = FITS["Hoffmann, approach 3, as printed"]
    for n_parameters, flops, _ in TABLE_A3["Hoffmann, approach 3"]:
        assert optimal_parameters(flops, rounded) < 0.82 * n_parameters


@pytest.mark.parametrize(
    ("fit", "slope"),
    [
        # arXiv:2203.15556, Table 2, and arXiv:2404.10102 for Besiroglu et al.
        ("Hoffmann, approach 1", 0.50),
        ("Hoffmann, approach 2", 0.49),
        ("Hoffmann, approach 3", 0.46),
        ("Besiroglu", 0.51),
        ("Kaplan", 0.73),
    ],
)
def test_slopes_are_the_published_ones(fit: str, slope: float) -> None:
    ratio = optimal_parameters(1e24, FITS[fit]) / optimal_parameters(1e22, FITS[fit])
    assert math.log10(ratio) / 2 == pytest.approx(slope, abs=0.005)


def test_approach_3_at_the_budget_of_gopher() -> None:
    """40.3B and 2.38T tokens, 59 a parameter; 93 by the rounded constants, about 20 by Besiroglu et al."""
    n_parameters = optimal_parameters(GOPHER, FITS["Hoffmann, approach 3"])
    n_tokens = optimal_tokens(GOPHER, n_parameters)
    assert n_parameters == pytest.approx(40.3e9, rel=0.001)
    assert n_tokens == pytest.approx(2.38e12, rel=0.001)
    assert n_tokens / n_parameters == pytest.approx(59, abs=0.5)
    rounded = optimal_parameters(GOPHER, FITS["Hoffmann, approach 3, as printed"])
    assert optimal_tokens(GOPHER, rounded) / rounded == pytest.approx(93, abs=0.5)
    refit = optimal_parameters(GOPHER, FITS["Besiroglu"])
    assert optimal_tokens(GOPHER, refit) / refit == pytest.approx(18.4, abs=0.05)


@pytest.mark.parametrize("name", [name for name, fit in FITS.items() if isinstance(fit, ParametricFit)])
@pytest.mark.parametrize("flops", [1e19, GOPHER, 1e27])
def test_no_other_split_of_the_budget_has_a_lower_loss(name: str, flops: float) -> None:
    fit = FITS[name]
    best = optimal_parameters(flops, fit)
    least = fit.loss(best, optimal_tokens(flops, best))
    for factor in (0.25, 0.9, 0.999, 1.001, 1.1, 4):
        assert fit.loss(best * factor, optimal_tokens(flops, best * factor)) > least


positive = st.floats(0.1, 1e3)


@modest
@given(positive, positive, positive, positive, st.integers(1, 1000))
def test_time_and_money_scale_as_they_should(flops, peak, price, share, n_devices) -> None:
    utilization = share / 1e3
    seconds = training_seconds(flops, n_devices, peak, utilization)
    assert training_seconds(flops, 2 * n_devices, peak, utilization) == pytest.approx(seconds / 2)
    cost = training_cost(seconds, n_devices, price)
    twice = training_cost(seconds / 2, 2 * n_devices, price)
    assert twice == pytest.approx(cost)
    assert model_flops_utilization(flops / seconds, 1, n_devices, peak) == pytest.approx(utilization)


@modest
@given(st.integers(1, 10**12), *[st.integers(1, 500)] * 4)
def test_longer_sequences_and_more_layers_cost_more(n_parameters, n_layers, n_heads, head_dim, n) -> None:
    sizes = (n_parameters, n_layers, n_heads, head_dim, n)
    cost = token_flops(*sizes)
    assert cost > 6 * n_parameters
    for place in range(5):
        larger = [size + (index == place) for index, size in enumerate(sizes)]
        assert token_flops(*larger) > cost


@modest
@given(st.floats(1e18, 1e26), st.floats(1.1, 100), st.sampled_from(sorted(FITS)))
def test_more_compute_wants_more_of_both(flops, factor, name) -> None:
    small, large = (optimal_parameters(c, FITS[name]) for c in (flops, flops * factor))
    assert small < large
    assert optimal_tokens(flops, small) < optimal_tokens(flops * factor, large)


def test_a_power_law_passes_through_its_point() -> None:
    fit = PowerLawFit(1e20, 1e9, 0.5)
    assert optimal_parameters(1e20, fit) == 1e9
    assert power_law_optimum(4e20, 1e20, 1e9, 0.5) == pytest.approx(2e9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: six_nd(0, 1), "n_parameters must be positive"),
        (lambda: six_nd(1, -1), "n_tokens must be positive"),
        (lambda: token_flops(1, 1, 1, 1, 0), "n must be positive"),
        (lambda: training_seconds(1, 1, 1, 1.2), "at most 1, got 1.2"),
        (lambda: training_seconds(1, 0, 1, 1), "n_devices must be positive"),
        (lambda: parametric_optimum(1, 1, 1, 0, 1), "alpha must be positive"),
        (lambda: optimal_tokens(1, 0), "n_parameters must be positive"),
        (lambda: model_flops_utilization(1, 1, 1, 0), "peak must be positive"),
    ],
)
def test_bad_arguments_are_named(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
