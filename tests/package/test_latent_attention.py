import dataclasses
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode
from transformers import DeepseekV2Config, DeepseekV3Config, DynamicCache
from transformers.models.deepseek_v2 import modeling_deepseek_v2
from transformers.models.deepseek_v3 import modeling_deepseek_v3

from llm_questions.latent_attention import (
    LatentCache,
    LatentSizes,
    LatentWeights,
    absorbed_attention,
    absorbed_flops,
    compress,
    explicit_attention,
    explicit_flops,
    queries,
)
from llm_questions.positions.context_extension import yarn_attention_factor, yarn_frequencies
from llm_questions.positions.rotary import half_from_interleaved, rotary_frequencies, rotary_tables
from tests.package.strategies import modest, normals, seeds, sizes

FORMS = [explicit_attention, absorbed_attention]
D_MODEL, N_HEADS, D_Q, D_C, D_H, D_R, D_V = 12, 3, 7, 5, 4, 6, 8  # all different: a mixed-up axis fails
N = 6


def random_weights(
    seed: int,
    d_model: int = D_MODEL,
    n_heads: int = N_HEADS,
    d_q: int | None = D_Q,
    d_c: int = D_C,
    d_h: int = D_H,
    d_r: int = D_R,
    d_v: int = D_V,
) -> LatentWeights:
    inner = d_model if d_q is None else d_q
    query_down, query_gain = normals(seed + 1, (d_model, inner), (inner,))
    others = normals(
        seed,
        (n_heads, inner, d_h),
        (n_heads, inner, d_r),
        (d_model, d_c),
        (d_c,),
        (n_heads, d_c, d_h),
        (n_heads, d_c, d_v),
        (d_model, d_r),
        (n_heads, d_v, d_model),
    )
    return LatentWeights(*([None, None] if d_q is None else [query_down, query_gain]), *others)


def tables(first: int, n: int, d_r: int = D_R) -> tuple[np.ndarray, np.ndarray]:
    return rotary_tables(np.arange(first, first + n), rotary_frequencies(d_r))


def torch_layer(version: int, weights: LatentWeights, rope: dict) -> tuple[torch.nn.Module, torch.nn.Module]:
    """The attention layer and the rotary tables of transformers, with our weights."""
    config_class, modeling = {
        2: (DeepseekV2Config, modeling_deepseek_v2),
        3: (DeepseekV3Config, modeling_deepseek_v3),
    }[version]
    n_heads, d_q, _ = weights.query_up.shape
    config = config_class(
        hidden_size=D_MODEL,
        num_attention_heads=n_heads,
        num_key_value_heads=n_heads,
        q_lora_rank=None if weights.query_down is None else d_q,
        kv_lora_rank=D_C,
        qk_nope_head_dim=D_H,
        qk_rope_head_dim=D_R,
        v_head_dim=D_V,
        max_position_embeddings=64,
        rope_parameters=rope,
        attn_implementation="sdpa",  # the eager softmax is in single precision
    )
    prefix = f"DeepseekV{version}"
    layer = getattr(modeling, f"{prefix}Attention")(config, layer_idx=0).double()

    def heads_last(*parts: np.ndarray) -> np.ndarray:
        return np.concatenate(parts, axis=-1).swapaxes(0, 1)  # (d_in, h, width)

    matrices = {
        "q_b_proj" if weights.query_down is not None else "q_proj": heads_last(
            weights.query_up, weights.query_rotary
        ),
        "kv_a_proj_with_mqa": np.concatenate([weights.kv_down, weights.key_rotary], axis=-1),
        "kv_b_proj": heads_last(weights.key_up, weights.value_up),
        "o_proj": weights.output.reshape(-1, D_MODEL),
    }
    with torch.no_grad():
        if weights.query_down is not None:
            layer.q_a_layernorm.weight.copy_(torch.tensor(weights.query_gain))
            layer.q_a_proj.weight.copy_(torch.tensor(weights.query_down.T))
        layer.kv_a_layernorm.weight.copy_(torch.tensor(weights.kv_gain))
        for name, matrix in matrices.items():
            flat = matrix.reshape(matrix.shape[0], -1)
            getattr(layer, name).weight.copy_(torch.tensor(flat.T))
    return layer, getattr(modeling, f"{prefix}RotaryEmbedding")(config)


def torch_forward(layer, rotary, x: np.ndarray, first: int = 0, cache: DynamicCache | None = None):
    n = x.shape[-2]
    positions = torch.arange(first, first + n)[None]
    mask = torch.ones(n, first + n).tril(first).log().double()[None, None]  # 0 or -inf
    with torch.no_grad():
        output, _ = layer(
            hidden_states=torch.tensor(x),
            position_embeddings=rotary(torch.tensor(x), positions),
            attention_mask=mask,
            past_key_values=cache,
        )
    return output.numpy()


PLAIN = {"rope_type": "default", "rope_theta": 10000.0}
# RMSNorm and the angles of transformers are in single precision
CLOSE = {"rtol": 2e-5, "atol": 2e-5}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("d_q", [D_Q, None])
@pytest.mark.parametrize("version", [2, 3])
def test_forward_equals_transformers(version: int, d_q: int | None, form) -> None:
    weights = random_weights(1, d_q=d_q)
    (x,) = normals(2, (2, N, D_MODEL))
    output, _ = form(x, weights, *tables(0, N))
    expected = torch_forward(*torch_layer(version, weights, PLAIN), x)
    np.testing.assert_allclose(output, expected, **CLOSE)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("version", [2, 3])
def test_decoding_with_cache_equals_transformers(version: int, form) -> None:
    """A prompt of 3 tokens, then one token at a time; outputs and caches agree after every step."""
    weights = random_weights(3)
    (x,) = normals(4, (2, N, D_MODEL))
    layer, rotary = torch_layer(version, weights, PLAIN)
    theirs, ours = DynamicCache(), None
    for first, last in [(0, 3), *((i, i + 1) for i in range(3, N))]:
        part = x[:, first:last]
        output, ours = form(part, weights, *tables(first, last - first), past=ours)
        expected = torch_forward(layer, rotary, part, first, theirs)
        np.testing.assert_allclose(output, expected, **CLOSE)
        latent, rotary_key = (
            tensor[:, 0].numpy() for tensor in (theirs.layers[0].keys, theirs.layers[0].values)
        )
        assert ours.latent.shape == latent.shape == (2, last, D_C)
        np.testing.assert_allclose(ours.latent, latent, **CLOSE)
        # V3's code stores the rotated features as halves
        order = half_from_interleaved(D_R) if version == 3 else np.arange(D_R)
        np.testing.assert_allclose(ours.rotary_key[..., order], rotary_key, **CLOSE)


@pytest.mark.parametrize(("version", "mscale"), [(2, 0.707), (3, 1.0)])
def test_yarn_equals_transformers_with_the_released_factors(version: int, mscale: float) -> None:
    """√(1/t) is 0.1 ln s + 1 in V3 and 0.0707 ln s + 1 in V2; the square goes to the softmax scale."""
    weights = random_weights(5)
    (x,) = normals(6, (1, N, D_MODEL))
    rope = PLAIN | {
        "rope_type": "yarn",
        "factor": 40.0,
        "mscale": mscale,
        "mscale_all_dim": mscale,
        "beta_fast": 32.0,
        "beta_slow": 1.0,
        "original_max_position_embeddings": 64,
    }
    factor = 0.1 * mscale * math.log(40) + 1
    if version == 3:
        assert factor == pytest.approx(1.3688879454113936, rel=1e-12)  # published_numbers: dsv3-yarn
        assert factor == pytest.approx(yarn_attention_factor(40), rel=1e-12)
    layer, rotary = torch_layer(version, weights, rope)
    scale = factor**2 / math.sqrt(D_H + D_R)
    assert layer.scaling == pytest.approx(scale, rel=1e-12)
    cos, sin = rotary_tables(np.arange(N), yarn_frequencies(D_R, 40, 64))
    for form in FORMS:
        output, _ = form(x, weights, cos, sin, scale=scale)
        np.testing.assert_allclose(output, torch_forward(layer, rotary, x), **CLOSE)


def by_loops(x: np.ndarray, weights: LatentWeights, positions: list[int]) -> np.ndarray:
    """One sequence from its first token, one number at a time: Appendix C of the paper, with its norms."""

    def times(row, matrix) -> list[float]:
        return [sum(row[i] * matrix[i][j] for i in range(len(row))) for j in range(len(matrix[0]))]

    def normalized(row, gain) -> list[float]:
        root = math.sqrt(sum(value * value for value in row) / len(row) + 1e-6)
        return [g * value / root for g, value in zip(gain, row, strict=True)]

    def rotated(row, position) -> list[float]:
        out = []
        for t in range(len(row) // 2):
            angle = position * 10000.0 ** (-2 * t / len(row))
            a, b = row[2 * t], row[2 * t + 1]
            out += [a * math.cos(angle) - b * math.sin(angle), a * math.sin(angle) + b * math.cos(angle)]
        return out

    outputs = []
    for i, token in enumerate(x):
        total = [0.0] * x.shape[1]
        for head in range(len(weights.key_up)):
            inner = token
            if weights.query_down is not None:
                inner = normalized(times(token, weights.query_down), weights.query_gain)
            query = times(inner, weights.query_up[head])
            query += rotated(times(inner, weights.query_rotary[head]), positions[i])
            logits, values = [], []
            for j in range(i + 1):
                latent = normalized(times(x[j], weights.kv_down), weights.kv_gain)
                key = times(latent, weights.key_up[head])
                key += rotated(times(x[j], weights.key_rotary), positions[j])
                dot = sum(a * b for a, b in zip(query, key, strict=True))
                logits.append(dot / math.sqrt(len(query)))
                values.append(times(latent, weights.value_up[head]))
            exponentials = [math.exp(logit - max(logits)) for logit in logits]
            shares = [value / sum(exponentials) for value in exponentials]
            mixed = [
                sum(share * value[c] for share, value in zip(shares, values, strict=True))
                for c in range(len(values[0]))
            ]
            total = [a + b for a, b in zip(total, times(mixed, weights.output[head]), strict=True)]
        outputs.append(total)
    return np.array(outputs)


@modest
@given(
    n=sizes(1, 4),
    d_model=sizes(1, 4),
    n_heads=sizes(1, 3),
    d_q=st.one_of(st.none(), sizes(1, 3)),
    d_c=sizes(1, 3),
    d_h=sizes(1, 3),
    d_r=st.sampled_from([2, 4]),
    d_v=sizes(1, 3),
    first=st.integers(0, 50),
    seed=seeds(),
)
def test_both_forms_equal_loops(n, d_model, n_heads, d_q, d_c, d_h, d_r, d_v, first, seed) -> None:
    weights = random_weights(seed, d_model, n_heads, d_q, d_c, d_h, d_r, d_v)
    (x,) = normals(seed + 2, (n, d_model))
    expected = by_loops(x, weights, list(range(first, first + n)))
    for form in FORMS:
        output, _ = form(x, weights, *tables(first, n, d_r))
        np.testing.assert_allclose(output, expected, rtol=1e-7, atol=1e-9)


@modest
@given(n_past=st.integers(0, 5), n_new=sizes(1, 4), batch=st.sampled_from([(), (2,), (2, 3)]), seed=seeds())
def test_absorbed_equals_explicit_with_any_cache(n_past, n_new, batch, seed) -> None:
    weights = random_weights(seed)
    (x,) = normals(seed + 2, (*batch, n_past + n_new, D_MODEL))
    past = compress(x[..., :n_past, :], weights, *tables(0, n_past)) if n_past else None
    results = [form(x[..., n_past:, :], weights, *tables(n_past, n_new), past=past) for form in FORMS]
    whole, _ = explicit_attention(x, weights, *tables(0, n_past + n_new))
    np.testing.assert_allclose(results[1][0], results[0][0], rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(results[0][0], whole[..., n_past:, :], rtol=1e-9, atol=1e-11)
    for cache in (cache for _, cache in results):
        assert isinstance(cache, LatentCache)
        assert cache.latent.shape == (*batch, n_past + n_new, D_C)
        assert cache.rotary_key.shape == (*batch, n_past + n_new, D_R)


def test_the_cache_does_not_grow_with_the_heads() -> None:
    (x,) = normals(7, (N, D_MODEL))
    for n_heads in (1, 2, 8):
        cache = compress(x, random_weights(8, n_heads=n_heads), *tables(0, N))
        assert sum(part.size for part in cache) == N * (D_C + D_R)


def test_a_later_start_changes_nothing_but_the_stored_rotary_key() -> None:
    """Rotary positions are relative; the latent has no position."""
    weights = random_weights(9)
    (x,) = normals(10, (N, D_MODEL))
    (early, early_cache), (late, late_cache) = (
        absorbed_attention(x, weights, *tables(i, N)) for i in (0, 70)
    )
    np.testing.assert_allclose(early, late, rtol=1e-9)
    np.testing.assert_array_equal(early_cache.latent, late_cache.latent)
    assert not np.allclose(early_cache.rotary_key, late_cache.rotary_key, atol=0.1)


def test_without_position_in_the_rotary_part_order_is_lost() -> None:
    weights = random_weights(11)
    (x,) = normals(12, (N, D_MODEL))
    swapped = x[[1, 0, 2, 3, 4, 5]]
    still = tables(0, 1)[0].repeat(N, axis=0), tables(0, 1)[1].repeat(N, axis=0)  # all at position 0

    def last(tokens: np.ndarray, cos: np.ndarray, sin: np.ndarray) -> np.ndarray:
        return absorbed_attention(tokens, weights, cos, sin)[0][-1]

    np.testing.assert_allclose(last(x, *still), last(swapped, *still), rtol=1e-9)
    assert not np.allclose(last(x, *tables(0, N)), last(swapped, *tables(0, N)), rtol=1e-3)


def test_single_precision_stays_single() -> None:
    double = dataclasses.asdict(random_weights(13))
    weights = LatentWeights(**{name: matrix.astype(np.float32) for name, matrix in double.items()})
    x = normals(14, (N, D_MODEL))[0].astype(np.float32)
    for form in FORMS:
        output, cache = form(x, weights, *tables(0, N))
        assert output.dtype == cache.latent.dtype == cache.rotary_key.dtype == np.float32


def test_query_parts_have_the_widths_of_the_weights() -> None:
    (x,) = normals(15, (2, N, D_MODEL))
    content, rotated = queries(x, random_weights(16), *tables(0, N))
    assert content.shape == (2, N_HEADS, N, D_H)
    assert rotated.shape == (2, N_HEADS, N, D_R)


def counted_by_torch(n_queries: int, n_keys: int, s: LatentSizes, absorbed: bool) -> int:
    """Multiplications that PyTorch runs, with every query seeing every key."""

    def empty(*shape: int) -> torch.Tensor:
        return torch.empty(*shape, device="meta")

    latent, rotary_key = empty(n_keys, s.latent_dim), empty(n_keys, s.rotary_dim)
    content, rotated = empty(s.n_heads, n_queries, s.content_dim), empty(s.n_heads, n_queries, s.rotary_dim)
    key_up = empty(s.n_heads, s.latent_dim, s.content_dim)
    value_up = empty(s.n_heads, s.latent_dim, s.value_dim)
    with FlopCounterMode(display=False) as counter:
        if absorbed:
            weights = (content @ key_up.mT) @ latent.T + rotated @ rotary_key.T
            _ = (weights @ latent) @ value_up
        else:
            weights = content @ (latent @ key_up).mT + rotated @ rotary_key.T
            _ = weights @ (latent @ value_up)
    return counter.get_total_flops()


@modest
@given(n_keys=sizes(1, 9), n_heads=sizes(1, 4), widths=st.tuples(*[sizes(1, 9)] * 4))
def test_flops_of_one_query_equal_what_torch_counts(n_keys, n_heads, widths) -> None:
    s = LatentSizes(n_heads, *widths)
    assert explicit_flops(1, n_keys, s) == counted_by_torch(1, n_keys, s, absorbed=False)
    assert absorbed_flops(1, n_keys, s) == counted_by_torch(1, n_keys, s, absorbed=True)


@modest
@given(n_queries=sizes(1, 6), n_past=st.integers(0, 6))
def test_flops_of_many_queries_leave_out_the_pairs_that_the_mask_hides(n_queries, n_past) -> None:
    s, n_keys = LatentSizes(2, 5, 3, 4, 6), n_past + n_queries
    hidden = sum(n_past + i < j for i in range(n_queries) for j in range(n_keys))
    for flops, absorbed, pair in ((explicit_flops, False, 3 + 4 + 6), (absorbed_flops, True, 5 + 4 + 5)):
        full = counted_by_torch(n_queries, n_keys, s, absorbed)
        assert flops(n_queries, n_keys, s) == full - 2 * s.n_heads * pair * hidden


@pytest.mark.parametrize("flops", [explicit_flops, absorbed_flops])
@pytest.mark.parametrize(("n_queries", "n_keys"), [(0, 3), (4, 3)])
def test_impossible_counts_are_refused(flops, n_queries: int, n_keys: int) -> None:
    with pytest.raises(ValueError, match="need 1 ≤ n_queries ≤ n_keys"):
        flops(n_queries, n_keys, LatentSizes())
