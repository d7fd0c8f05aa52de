import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import (
    DeepseekV3Config,
    DeepseekV3Model,
    Gemma2Config,
    Gemma2Model,
    LlamaConfig,
    LlamaModel,
    MistralConfig,
    MistralModel,
)

from llm_questions.kv_cache import cache_bytes, cache_elements, head_elements, latent_elements
from tests.package.strategies import modest, sizes

GQA_8 = head_elements(8, 128)
MLA = latent_elements(512, 64)

TINY = {
    "vocab_size": 11,
    "hidden_size": 16,
    "intermediate_size": 8,
    "num_attention_heads": 4,
    "pad_token_id": None,
}


def stored_elements(model: torch.nn.Module, n_tokens: int) -> int:
    """Numbers in the cache of transformers after `n_tokens`, fed one at a time, for one sequence."""
    cache = None
    with torch.no_grad():
        for token in range(n_tokens):
            cache = model.eval()(torch.tensor([[token % 11]]), past_key_values=cache, use_cache=True)
            cache = cache.past_key_values
    return sum(layer.keys.numel() + layer.values.numel() for layer in cache.layers)


@pytest.mark.parametrize("n_kv_heads", [4, 2, 1])
@pytest.mark.parametrize("head_dim", [4, 6])
def test_grouped_heads_equal_the_cache_of_transformers(n_kv_heads: int, head_dim: int) -> None:
    config = LlamaConfig(**TINY, num_hidden_layers=3, num_key_value_heads=n_kv_heads, head_dim=head_dim)
    for n in (1, 5):
        assert cache_elements(n, 3, head_elements(n_kv_heads, head_dim)) == stored_elements(
            LlamaModel(config), n
        )


@pytest.mark.parametrize("n_heads", [2, 4])
def test_latents_equal_the_cache_of_transformers(n_heads: int) -> None:
    config = DeepseekV3Config(
        **TINY | {"num_attention_heads": n_heads},
        num_key_value_heads=n_heads,
        num_hidden_layers=3,
        first_k_dense_replace=3,
        q_lora_rank=7,
        kv_lora_rank=9,
        qk_nope_head_dim=5,
        qk_rope_head_dim=6,
        v_head_dim=4,
    )
    for n in (1, 5):
        assert cache_elements(n, 3, latent_elements(9, 6)) == stored_elements(DeepseekV3Model(config), n)


@pytest.mark.parametrize("n", [1, 3, 4, 5, 9])
def test_windows_equal_the_cache_of_transformers_and_the_newest_token(n: int) -> None:
    """transformers stores window - 1 tokens between steps; in a step the newest token joins them."""
    one_layer = head_elements(2, 4)
    every = MistralConfig(**TINY, num_hidden_layers=3, num_key_value_heads=2, head_dim=4, sliding_window=4)
    assert (
        cache_elements(n + 1, 3, one_layer, (4,)) == stored_elements(MistralModel(every), n) + 3 * one_layer
    )
    other = Gemma2Config(**TINY, num_hidden_layers=3, num_key_value_heads=2, head_dim=4, sliding_window=4)
    stored = stored_elements(Gemma2Model(other), n) + 3 * one_layer
    assert cache_elements(n + 1, 3, one_layer, (4, None)) == stored


@pytest.mark.parametrize(
    ("n_layers", "one_layer", "expected"),
    [
        # Zhao et al. 2025, arXiv:2505.09343, Table 1, bf16, in units of 1,000 bytes
        pytest.param(61, MLA, 70_272, id="DeepSeek-V3"),
        pytest.param(80, GQA_8, 327_680, id="Qwen2.5-72B"),
        pytest.param(126, GQA_8, 516_096, id="Llama 3.1 405B"),
        # from the configurations
        pytest.param(32, head_elements(32, 128), 512 * 2**10, id="Llama 2 7B"),
        pytest.param(40, head_elements(40, 128), 800 * 2**10, id="Llama 2 13B"),
        pytest.param(80, GQA_8, 320 * 2**10, id="Llama 2 70B"),
        pytest.param(32, GQA_8, 128 * 2**10, id="Llama 3 8B"),
        pytest.param(80, GQA_8, 327_680, id="Llama 3 70B"),
        # arXiv:2401.02954, Table 2
        pytest.param(95, GQA_8, 389_120, id="DeepSeek 67B"),
    ],
)
def test_published_bytes_per_token(n_layers: int, one_layer: int, expected: int) -> None:
    assert cache_bytes(cache_elements(1, n_layers, one_layer), 2) == expected


@pytest.mark.parametrize(
    ("n_layers", "one_layer", "printed"),
    [
        # arXiv:2405.04434, Table 9: "KV Cache per Token (# Element)"
        pytest.param(27, MLA, "15.6K", id="small, MLA"),
        pytest.param(27, head_elements(16, 128), "110.6K", id="small, MHA"),
        pytest.param(60, MLA, "34.6K", id="large, MLA"),
    ],
)
def test_published_elements_per_token(n_layers: int, one_layer: int, printed: str) -> None:
    assert f"{cache_elements(1, n_layers, one_layer) / 1000:.1f}K" == printed


def test_latents_of_deepseek_v2_are_as_large_as_two_and_a_quarter_groups() -> None:
    """arXiv:2405.04434, §2.1.4 and Table 1: d_c = 4 d_h, d_r = d_h / 2, in all 4.5 d_h."""
    assert MLA == 576 == 4.5 * 128
    assert MLA / head_elements(1, 128) == 2.25


def test_the_reduction_by_93_3_percent_needs_six_bits() -> None:
    """arXiv:2405.04434, abstract: DeepSeek-V2 against DeepSeek 67B, whose cache is GQA with 8 groups."""
    v2, dense = cache_elements(1, 60, MLA), cache_elements(1, 95, GQA_8)
    reduction = 1 - cache_bytes(v2, 6 / 8) / cache_bytes(dense, 2)
    assert reduction == pytest.approx(0.933, abs=0.001)
    assert 1 - cache_bytes(v2, 2) / cache_bytes(dense, 2) == pytest.approx(0.822, abs=0.001)
    # Table 9 and Appendix D.2 against multi-head attention: 14 % and 4 % are left
    assert cache_elements(1, 27, MLA) / 110.6e3 == pytest.approx(0.14, abs=0.002)
    assert v2 / 860.2e3 == pytest.approx(0.04, abs=0.0005)


@modest
@given(
    st.integers(1, 30),
    sizes(1, 9),
    sizes(1, 5),
    st.lists(st.one_of(st.none(), st.integers(1, 20)), min_size=1, max_size=4),
)
def test_equals_counting_token_by_token(n_tokens, n_layers, one_layer, pattern) -> None:
    count = 0
    for layer in range(n_layers):
        window = pattern[layer % len(pattern)]
        for token in range(n_tokens):
            if window is None or n_tokens - token <= window:
                count += one_layer
    assert cache_elements(n_tokens, n_layers, one_layer, pattern) == count


@modest
@given(st.integers(1, 30), sizes(1, 9), sizes(1, 5), st.integers(1, 20), st.integers(1, 8))
def test_more_tokens_layers_and_sequences_need_more(n_tokens, n_layers, one_layer, window, batch) -> None:
    def needed(n_tokens: int, n_layers: int, batch: int, window: int | None = None) -> float:
        return cache_bytes(cache_elements(n_tokens, n_layers, one_layer, [window]), batch=batch)

    whole = needed(n_tokens, n_layers, batch)
    assert whole < needed(n_tokens + 1, n_layers, batch)
    assert whole < needed(n_tokens, n_layers + 1, batch)
    assert whole < needed(n_tokens, n_layers, batch + 1)
    kept, next_kept = (needed(n, n_layers, batch, window) for n in (n_tokens, n_tokens + 1))
    assert kept < next_kept if n_tokens < window else kept == next_kept  # a full window drops what it takes


def test_a_batch_and_the_precision_multiply() -> None:
    assert cache_bytes(10, 0.75, batch=4) == 30
    assert cache_bytes(10) == 20


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: head_elements(0, 128), "n_kv_heads must be at least 1"),
        (lambda: head_elements(8, 0), "head_dim must be at least 1"),
        (lambda: head_elements(8, 128, 0), "value_dim must be at least 1"),
        (lambda: latent_elements(0, 64), "latent_dim must be at least 1"),
        (lambda: latent_elements(512, -2), "must not be negative"),
        (lambda: cache_elements(0, 1, 1), "n_tokens must be at least 1"),
        (lambda: cache_elements(1, 0, 1), "n_layers must be at least 1"),
        (lambda: cache_elements(1, 1, 0), "elements_per_layer must be at least 1"),
        (lambda: cache_elements(1, 1, 1, ()), "needs an entry"),
        (lambda: cache_elements(1, 2, 1, (None, 0)), "holds at least the token itself"),
        (lambda: cache_bytes(0), "elements must be at least 1"),
        (lambda: cache_bytes(1, 0), "must be positive"),
        (lambda: cache_bytes(1, 2, 0), "batch must be at least 1"),
    ],
)
def test_impossible_sizes_are_refused(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_a_latent_without_rotary_key_is_allowed() -> None:
    assert latent_elements(512, 0) == 512


def test_values_may_differ_in_width_from_keys() -> None:
    assert head_elements(128, 192, 128) == 40_960
