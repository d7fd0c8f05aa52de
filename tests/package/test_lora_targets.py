"""Counts of adapters against what peft printed, and against the linear maps of modules of transformers."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
import transformers
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_questions.lora_targets import ATTENTION_TARGETS, TARGETS, adapted_matrices, adapter_parameters
from llm_questions.parameters.architecture import Architecture, Experts, Latent, from_entry
from llm_questions.parameters.count import by_part, parameter_terms, total

ENTRIES = {
    entry["name"]: entry
    for entry in yaml.safe_load((Path(__file__).parents[2] / "data/models.yml").read_text("utf-8"))
}
LLAMA_NAMES = dict(
    zip(
        TARGETS,
        ("q_proj", "k_proj", "v_proj", "o_proj", "up_proj", "gate_proj", "down_proj"),
        strict=True,
    )
)
SMALL = Architecture(n_layers=2, d_model=8, n_heads=4, n_kv_heads=2, head_dim=3, vocab_size=11, d_ff=13)


def model(name: str) -> Architecture:
    return from_entry(ENTRIES[name])


def adapters(name: str, rank: int, *targets: str) -> int:
    return adapter_parameters(adapted_matrices(model(name), targets or TARGETS), rank)


@pytest.mark.parametrize(
    ("name", "rank", "targets", "published"),
    [
        # arXiv:2106.09685, Table 4: printed as 4.7M and 37.7M
        ("GPT-3 175B", 1, ("query", "value"), 4_718_592),
        ("GPT-3 175B", 8, ("query", "value"), 37_748_736),
        # printed by peft for Llama 2 7B
        ("Llama 2 7B", 8, ("query", "value"), 4_194_304),
        ("Llama 2 7B", 16, TARGETS, 39_976_960),
    ],
)
def test_published_counts(name: str, rank: int, targets: tuple[str, ...], published: int) -> None:
    assert adapters(name, rank, *targets) == published


@pytest.mark.parametrize(
    ("name", "rank", "targets", "trained", "every"),
    [
        # github.com/huggingface/peft/pull/140 and /issues/282: "trainable params: … || all params: …"
        ("GPT-J-6B", 8, ("query", "value"), 3_670_016, 6_054_552_800),
        ("LLaMA 7B", 16, ATTENTION_TARGETS, 16_777_216, 6_755_192_832),
    ],
)
def test_what_peft_printed_of_whole_models(name, rank, targets, trained, every) -> None:
    assert adapters(name, rank, *targets) == trained
    assert total(parameter_terms(model(name))) + trained == every


def test_what_peft_printed_of_a_mixture_of_experts() -> None:
    """github.com/huggingface/peft/issues/1594: Mixtral, every linear map, and so the routers too."""
    mixtral = model("Mixtral 8x7B v0.1")
    assert mixtral.experts is not None
    routers = mixtral.n_layers * 16 * (mixtral.d_model + mixtral.experts.n_routed)
    assert adapters("Mixtral 8x7B v0.1", 16) + routers == 242_225_152


@given(
    n_layers=st.integers(1, 3),
    n_kv_heads=st.integers(1, 3),
    group=st.integers(1, 3),
    half=st.integers(1, 4),
    share=st.integers(1, 3),
    rank=st.integers(1, 4),
    targets=st.sets(st.sampled_from(TARGETS), min_size=1),
)
@settings(max_examples=25, deadline=None)
def test_adapters_of_llama_equal_its_linear_maps(n_layers, n_kv_heads, group, half, share, rank, targets):
    n_heads, head_dim = n_kv_heads * group, 2 * half
    d_model, d_ff = 4 * share * n_heads, 17
    config = transformers.LlamaConfig(
        num_hidden_layers=n_layers,
        hidden_size=d_model,
        num_attention_heads=n_heads,
        num_key_value_heads=n_kv_heads,
        head_dim=head_dim,
        intermediate_size=d_ff,
        vocab_size=5,
        pad_token_id=None,
    )
    with torch.device("meta"):
        built = transformers.LlamaForCausalLM(config)
    maps = {path: part for path, part in built.named_modules() if isinstance(part, torch.nn.Linear)}
    wanted = [maps[path] for path in maps if path.split(".")[-1] in {LLAMA_NAMES[t] for t in targets}]
    expected = 0
    for linear in wanted:  # two maps without bias, d_in → r → d_out
        with torch.device("meta"):
            down = torch.nn.Linear(linear.in_features, rank, bias=False)
            up = torch.nn.Linear(rank, linear.out_features, bias=False)
        expected += down.weight.numel() + up.weight.numel()
    architecture = Architecture(
        n_layers=n_layers,
        d_model=d_model,
        n_heads=n_heads,
        n_kv_heads=n_kv_heads,
        head_dim=head_dim,
        vocab_size=5,
        d_ff=d_ff,
    )
    matrices = adapted_matrices(architecture, targets)
    if rank > min(min(m.d_in, m.d_out) for m in matrices):
        with pytest.raises(ValueError, match="rank"):
            adapter_parameters(matrices, rank)
        return
    assert adapter_parameters(matrices, rank) == expected


@pytest.mark.parametrize("name", [name for name, entry in ENTRIES.items() if not entry.get("latent")])
def test_all_targets_are_the_matrices_of_the_count(name: str) -> None:
    architecture = model(name)
    terms = parameter_terms(architecture)
    parts = by_part(terms)
    aside = sum(
        term.count
        for term in terms
        if term.part in ("attention", "feed-forward")
        and any(word in term.name for word in ("bias", "sinks", "gate of the shared experts"))
    )
    matrices = sum(matrix.count for matrix in adapted_matrices(architecture))
    assert matrices == parts["attention"] + parts["feed-forward"] - aside


@pytest.mark.parametrize("name", ["Llama 3 8B", "T5-base", "Qwen2-57B-A14B"])
def test_targets_add_up_and_ranks_multiply(name: str) -> None:
    each = [adapters(name, 4, target) for target in TARGETS]
    assert sum(each) == adapters(name, 4)
    assert adapters(name, 12) == 3 * adapters(name, 4)


def test_an_encoder_and_cross_attention_are_adapted_too() -> None:
    copies: Mapping[str, int] = {
        m.target: m.copies
        for m in adapted_matrices(Architecture(**(vars(SMALL) | {"n_encoder_layers": 3, "gated": False})))
    }
    assert copies == dict.fromkeys(ATTENTION_TARGETS, 3 + 2 * 2) | {"up": 3 + 2, "down": 3 + 2}


def test_what_cannot_be_adapted_is_refused() -> None:
    with pytest.raises(ValueError, match="no targets"):
        adapted_matrices(SMALL, ["query", "lm_head"])
    with pytest.raises(ValueError, match="share matrices"):
        adapted_matrices(Architecture(**(vars(SMALL) | {"latent": Latent(4, 2)})))
    with pytest.raises(ValueError, match="rank"):
        adapter_parameters(adapted_matrices(SMALL, ["key"]), 7)  # 2 heads of 3
    assert adapter_parameters(adapted_matrices(SMALL, ["key"]), 6) == 2 * 6 * (8 + 6)


def test_every_expert_has_adapters_and_shared_ones_are_one_network() -> None:
    experts = Experts(n_routed=5, top_k=2, width=7, shared_width=14, n_dense_layers=1)
    matrices = adapted_matrices(Architecture(**(vars(SMALL) | {"experts": experts})), ["up"])
    assert [(m.name, m.d_out, m.copies) for m in matrices] == [
        ("up", 13, 1),
        ("routed experts: up", 7, 5),
        ("shared experts: up", 14, 1),
    ]
