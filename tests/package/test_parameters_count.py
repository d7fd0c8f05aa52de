"""Counts against modules of PyTorch and transformers, and against a list of every tensor, made by loops.

tests/content/test_data.py counts the real models.
"""

import dataclasses
import math
import warnings

import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_questions.parameters.architecture import Architecture, Experts, Latent
from llm_questions.parameters.count import (
    PARTS,
    TABLES,
    active,
    attention_sizes,
    block_terms,
    buffers,
    by_part,
    feed_forward_sizes,
    parameter_terms,
    total,
)

SMALL = Architecture(
    n_layers=2, d_model=8, n_heads=4, n_kv_heads=2, head_dim=3, vocab_size=11, d_ff=13, norm_bias=True
)


@st.composite
def architectures(draw: st.DrawFn) -> Architecture:
    """Every option in every combination that a model may have."""
    size, flag = st.integers(1, 7), st.booleans()
    n_kv_heads, group, n_layers = draw(size), draw(st.integers(1, 3)), draw(st.integers(1, 4))
    n_routed = draw(st.integers(1, 5))
    experts = draw(
        st.none()
        | st.builds(
            Experts,
            n_routed=st.just(n_routed),
            top_k=st.integers(1, n_routed),
            width=size,
            shared_width=st.integers(0, 4),
            shared_gate=flag,
            balance_bias=flag,
            n_dense_layers=st.integers(0, n_layers),
        )
    )
    head_dim = draw(st.integers(3, 7))
    latent = draw(
        st.none()
        | st.builds(Latent, kv_rank=size, rope_dim=st.integers(1, head_dim), q_rank=st.none() | size)
    )
    return Architecture(
        n_layers=n_layers,
        d_model=draw(size),
        n_heads=n_kv_heads * group,
        n_kv_heads=n_kv_heads,
        head_dim=head_dim,
        vocab_size=draw(size),
        d_ff=draw(size),
        value_dim=draw(st.none() | size),
        **{
            name: draw(flag)
            for name in (
                *("gated", "qkv_bias", "output_bias", "ffn_bias", "router_bias", "head_bias", "norm_bias"),
                *("embedding_norm", "final_norm", "sinks", "tied", "pooler"),
            )
        },
        norms_per_block=draw(st.sampled_from([1, 2, 4])),
        qk_norm=draw(st.sampled_from([None, "per head", "all heads"])),
        position_rows=draw(st.integers(0, 5)),
        segment_rows=draw(st.integers(0, 2)),
        relative_buckets=draw(st.integers(0, 3)),
        n_encoder_layers=0 if experts else draw(st.integers(0, 3)),
        latent=latent,
        experts=experts,
    )


def attention_shapes(m: Architecture) -> list[tuple[int, ...]]:
    """Head by head."""
    d_v = m.value_dim or m.head_dim
    shapes: list[tuple[int, ...]] = []
    if m.latent:
        rotated, plain = m.latent.rope_dim, m.head_dim - m.latent.rope_dim
        shapes += [(m.d_model, m.latent.kv_rank), (m.d_model, rotated), (m.latent.kv_rank,)]
        if m.latent.q_rank:
            shapes += [(m.d_model, m.latent.q_rank), (m.latent.q_rank,)]
        for _ in range(m.n_heads):
            shapes += [(m.latent.q_rank or m.d_model, m.head_dim)]
            shapes += [(m.latent.kv_rank, plain), (m.latent.kv_rank, d_v), (d_v, m.d_model)]
        return shapes
    for _ in range(m.n_heads):
        shapes += [(m.d_model, m.head_dim), (d_v, m.d_model)]
        shapes += [(m.head_dim,)] * m.qkv_bias + [(1,)] * m.sinks
        shapes += [(m.head_dim,)] * (m.qk_norm == "all heads")
    for _ in range(m.n_kv_heads):
        shapes += [(m.d_model, m.head_dim), (m.d_model, d_v)]
        shapes += [(m.head_dim,), (d_v,)] * m.qkv_bias + [(m.head_dim,)] * (m.qk_norm == "all heads")
    return shapes + [(m.d_model,)] * m.output_bias + [(m.head_dim,)] * 2 * (m.qk_norm == "per head")


def network_shapes(m: Architecture, width: int) -> list[tuple[int, ...]]:
    inner = [(m.d_model, width)] + [(width,)] * m.ffn_bias
    return inner * (2 if m.gated else 1) + [(width, m.d_model)] + [(m.d_model,)] * m.ffn_bias


def all_shapes(m: Architecture) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    """Every tensor of the model; those that one token uses."""
    norm = [(m.d_model,)] * (2 if m.norm_bias else 1)
    used = [(m.vocab_size, m.d_model)] + [(m.d_model,)] * m.position_rows + [(m.d_model,)] * m.segment_rows
    stacks = 2 if m.n_encoder_layers else 1
    used += [(m.n_heads,)] * m.relative_buckets * stacks
    used += norm * m.embedding_norm + norm * m.final_norm * stacks
    used += [(m.d_model, m.d_model), (m.d_model,)] * m.pooler
    used += [(m.d_model, m.vocab_size)] * (not m.tied) + [(m.vocab_size,)] * m.head_bias
    asleep: list[tuple[int, ...]] = []
    for _ in range(m.n_encoder_layers):
        used += attention_shapes(m) + network_shapes(m, m.d_ff) + norm * m.norms_per_block
    for layer in range(m.n_layers):
        used += attention_shapes(m) + norm * m.norms_per_block
        if m.n_encoder_layers:
            used += attention_shapes(m) + norm
        if m.experts is None or layer < m.experts.n_dense_layers:
            used += network_shapes(m, m.d_ff)
            continue
        for expert in range(m.experts.n_routed):
            where = used if expert < m.experts.top_k else asleep
            where += network_shapes(m, m.experts.width)
            used += [(m.d_model,)] + [(1,)] * m.router_bias
        if m.experts.shared_width:
            used += network_shapes(m, m.experts.shared_width)
        used += [(m.d_model,)] * m.experts.shared_gate
    return used + asleep, used


@given(architectures())
@settings(max_examples=300, deadline=None)
def test_counts_equal_a_list_of_every_tensor(model: Architecture) -> None:
    every, used = all_shapes(model)
    terms = parameter_terms(model)
    assert total(terms) == sum(map(math.prod, every))
    assert active(terms) == sum(map(math.prod, used))


@given(architectures())
@settings(max_examples=100, deadline=None)
def test_parts_add_up_and_tables_are_the_difference(model: Architecture) -> None:
    terms = parameter_terms(model)
    parts = by_part(terms)
    assert sum(parts.values()) == total(terms)
    assert list(parts) == [name for name in PARTS if name in parts]
    assert all(parts.values())
    assert total(terms, without=TABLES) == total(terms) - sum(parts.get(name, 0) for name in TABLES)
    assert active(terms) <= total(terms)
    assert all(term.size > 0 for term in terms)


@given(architectures())
@settings(max_examples=100, deadline=None)
def test_the_balancing_bias_is_counted_apart(model: Architecture) -> None:
    experts = model.experts
    n_layers = model.n_layers - experts.n_dense_layers if experts else 0
    expected = experts.n_routed * n_layers if experts and experts.balance_bias else 0
    assert buffers(parameter_terms(model)) == expected
    if experts:
        without = dataclasses.replace(model, experts=dataclasses.replace(experts, balance_bias=False))
        assert total(parameter_terms(without)) == total(parameter_terms(model))


def count(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("heads", [1, 4])
def test_multi_head_attention_equals_torch(heads: int, bias: bool) -> None:
    module = torch.nn.MultiheadAttention(24, heads, bias=bias)
    model = dataclasses.replace(
        SMALL,
        d_model=24,
        n_heads=heads,
        n_kv_heads=heads,
        head_dim=24 // heads,
        qkv_bias=bias,
        output_bias=bias,
    )
    assert sum(attention_sizes(model).values()) == count(module)


@pytest.mark.parametrize("bias", [False, True])
def test_encoder_decoder_blocks_equal_torch(bias: bool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = torch.nn.Transformer(24, 4, 3, 2, 50, bias=bias, device="meta")
    model = Architecture(
        n_layers=2,
        n_encoder_layers=3,
        d_model=24,
        n_heads=4,
        n_kv_heads=4,
        head_dim=6,
        vocab_size=5,
        d_ff=50,
        gated=False,
        qkv_bias=bias,
        output_bias=bias,
        ffn_bias=bias,
        norm_bias=bias,
        tied=True,
    )
    assert total(parameter_terms(model), without=["token embedding"]) == count(module)


@given(
    st.integers(1, 3),
    st.integers(1, 4),
    st.integers(1, 3),
    st.integers(1, 4),
    st.integers(1, 6),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
@settings(max_examples=15, deadline=None)
def test_llama_of_random_sizes_equals_transformers(
    layers: int, kv_heads: int, group: int, half: int, share: int, tied: bool, bias: bool, ffn_bias: bool
) -> None:
    d_model = share * kv_heads * group  # the library wants a multiple of the heads, whatever their width
    config = transformers.LlamaConfig(
        num_hidden_layers=layers,
        hidden_size=d_model,
        num_attention_heads=kv_heads * group,
        num_key_value_heads=kv_heads,
        head_dim=2 * half,
        intermediate_size=3 * d_model + 1,
        vocab_size=17,
        tie_word_embeddings=tied,
        attention_bias=bias,
        mlp_bias=ffn_bias,
    )
    model = Architecture(
        n_layers=layers,
        d_model=d_model,
        n_heads=kv_heads * group,
        n_kv_heads=kv_heads,
        head_dim=2 * half,
        vocab_size=17,
        d_ff=3 * d_model + 1,
        tied=tied,
        qkv_bias=bias,
        output_bias=bias,
        ffn_bias=ffn_bias,
    )
    with torch.device("meta"):
        assert total(parameter_terms(model)) == count(transformers.LlamaForCausalLM(config))


@pytest.mark.parametrize("q_rank", [None, 5])
@pytest.mark.parametrize("shared", [1, 3])
def test_latent_attention_with_experts_equals_transformers(q_rank: int | None, shared: int) -> None:
    config = transformers.DeepseekV3Config(
        num_hidden_layers=4,
        hidden_size=20,
        num_attention_heads=3,
        num_key_value_heads=3,
        q_lora_rank=q_rank,
        kv_lora_rank=7,
        qk_rope_head_dim=4,
        qk_nope_head_dim=6,
        v_head_dim=9,
        vocab_size=23,
        intermediate_size=31,
        moe_intermediate_size=11,
        n_routed_experts=8,
        n_shared_experts=shared,
        num_experts_per_tok=2,
        n_group=1,
        topk_group=1,
        first_k_dense_replace=1,
    )
    model = Architecture(
        n_layers=4,
        d_model=20,
        n_heads=3,
        n_kv_heads=3,
        head_dim=10,
        value_dim=9,
        vocab_size=23,
        d_ff=31,
        latent=Latent(kv_rank=7, rope_dim=4, q_rank=q_rank),
        experts=Experts(8, 2, 11, shared_width=11 * shared, balance_bias=True, n_dense_layers=1),
    )
    with torch.device("meta"):
        built = transformers.DeepseekV3ForCausalLM(config)
    assert total(parameter_terms(model)) == count(built)
    biases = [b.numel() for name, b in built.named_buffers() if name.endswith("correction_bias")]
    assert buffers(parameter_terms(model)) == sum(biases) == 3 * 8


@given(st.integers(1, 50), st.integers(1, 6), st.integers(1, 99), st.integers(1, 99))
def test_gpt_2_has_its_closed_form(d: int, n_layers: int, vocabulary: int, rows: int) -> None:
    model = Architecture(
        n_layers=n_layers,
        d_model=d,
        n_heads=1,
        n_kv_heads=1,
        head_dim=d,
        vocab_size=vocabulary,
        d_ff=4 * d,
        gated=False,
        qkv_bias=True,
        output_bias=True,
        ffn_bias=True,
        norm_bias=True,
        tied=True,
        position_rows=rows,
    )
    expected = (vocabulary + rows) * d + n_layers * (12 * d * d + 13 * d) + 2 * d
    assert total(parameter_terms(model)) == expected
    assert sum(term.count for term in block_terms(model)) == 12 * d * d + 13 * d
    assert sum(feed_forward_sizes(d, 4 * d, gated=False, bias=True).values()) == 8 * d * d + 5 * d


def test_a_block_can_be_asked_for_with_and_without_experts() -> None:
    model = dataclasses.replace(SMALL, experts=Experts(4, 1, 5, n_dense_layers=1))
    dense, sparse = (sum(t.count for t in block_terms(model, dense=dense)) for dense in (True, False))
    assert dense - sparse == 3 * 8 * 13 - (4 * 3 * 8 * 5 + 4 * 8)
    outside = (2 * 11 * 8) + 2 * 8
    assert total(parameter_terms(model)) == dense + sparse + outside


def test_leaving_out_a_part_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="are no parts"):
        total(parameter_terms(SMALL), without=["embeddings"])
    with pytest.raises(ValueError, match="are no parts"):
        active(parameter_terms(SMALL), without=["lm head"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_kv_heads": 3}, "do not divide"),
        ({"d_ff": None}, "give its width"),
        ({"experts": Experts(4, 5, 3)}, "exceeds"),
        ({"experts": Experts(4, 2, 3, n_dense_layers=3)}, "more than"),
        ({"d_ff": None, "experts": Experts(4, 2, 3, n_dense_layers=1)}, "give its width"),
        ({"n_encoder_layers": 1, "experts": Experts(4, 2, 3)}, "not supported"),
        ({"latent": Latent(kv_rank=5, rope_dim=4)}, "a part of head_dim = 3"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(SMALL, **change)
