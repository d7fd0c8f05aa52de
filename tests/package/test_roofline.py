"""The bounds against published numbers, the counts against PyTorch's counter and a slow sum."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode
from transformers import LlamaForCausalLM

from llm_questions.compute import matrix_parameters, token_flops
from llm_questions.kv_cache import cache_bytes, cache_elements, head_elements
from llm_questions.roofline import (
    balance_batch,
    bound_seconds,
    decode_bytes,
    decode_flops,
    largest_batch,
    prefill_flops,
)
from tests.package.strategies import modest
from tests.package.tiny_llama import TINY, TINY_LLAMA

H100 = (989.5e12, 3.35e12)


def test_a_token_of_70_billion_parameters_takes_42_milliseconds_at_least() -> None:
    """70B in bf16, 140 GB, at 3.35 TB/s: 41.8 ms, whatever the peak."""
    assert 70e9 * 2 == 140e9
    seconds = bound_seconds(decode_flops(70e9, 80, 64, 128, 1), 140e9, *H100)
    assert seconds == pytest.approx(0.041791044776, rel=1e-9)


def test_the_h100_balances_at_295_operations_a_byte() -> None:
    """With 16-bit weights and no cache as many sequences: 2 operations and 2 bytes for each parameter."""
    peak, bandwidth = H100
    assert balance_batch(140e9, 0, 140e9, peak, bandwidth) == pytest.approx(peak / bandwidth)
    assert peak / bandwidth == pytest.approx(295, abs=0.5)


def test_decoding_counts_what_pytorch_counts() -> None:
    model = LlamaForCausalLM(TINY_LLAMA).eval()
    with torch.no_grad():
        cache = model(torch.randint(0, 40, (1, 10)), use_cache=True).past_key_values
        with FlopCounterMode(display=False) as counter:
            model(torch.randint(0, 40, (1, 1)), past_key_values=cache, use_cache=True)
    assert counter.get_total_flops() == decode_flops(matrix_parameters(TINY), 3, 4, 6, 11)


@pytest.mark.parametrize("n", [1, 9])
def test_a_prompt_needs_logits_of_its_last_token_alone(n: int) -> None:
    """`logits_to_keep` of the transformers library; attention written out computes masked pairs as well."""
    model = LlamaForCausalLM(TINY_LLAMA).eval()
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(torch.randint(0, 40, (1, n)), logits_to_keep=1)
    masked = 4 * 3 * 4 * 6 * n * (n - 1) // 2
    needed = prefill_flops(matrix_parameters(TINY), 3, 4, 6, n, n_output=40 * 16)
    assert counter.get_total_flops() == needed + masked


sizes = st.tuples(st.integers(1, 10**9), *[st.integers(1, 60)] * 3)


@modest
@given(sizes, st.integers(1, 60))
def test_a_prompt_is_the_sum_of_its_tokens(sizes, n) -> None:
    assert prefill_flops(*sizes, n) == sum(decode_flops(*sizes, i + 1) for i in range(n))


@modest
@given(sizes, st.integers(1, 10**6))
def test_a_prompt_is_a_third_of_training_but_for_masked_pairs(sizes, n) -> None:
    _, n_layers, n_heads, head_dim = sizes
    masked = 2 * n_layers * n_heads * head_dim * n * (n - 1)
    assert prefill_flops(*sizes, n) + masked == pytest.approx(n * token_flops(*sizes, n) / 3)


positive = st.floats(1e-3, 1e6)


@modest
@given(positive, st.floats(0, 10), positive, positive, positive)
def test_the_balance_is_where_reading_takes_as_long_as_computing(
    weights, cache, flops, peak, bandwidth
) -> None:
    batch = balance_batch(weights, cache, flops, peak, bandwidth)
    reads = lambda b: (weights + b * cache) / bandwidth  # noqa: E731
    if math.isinf(batch):
        assert all(b * flops / peak <= reads(b) * (1 + 1e-9) for b in (1, 1e3, 1e9))
    elif cache / bandwidth < 0.999 * flops / peak:
        assert batch * flops / peak == pytest.approx(reads(batch), rel=1e-6)
        assert batch / 2 * flops / peak < reads(batch / 2)
        assert 2 * batch * flops / peak > reads(2 * batch)


@modest
@given(positive, positive, positive, positive, st.floats(1, 10))
def test_bounds_are_monotone(flops, n_bytes, peak, bandwidth, factor) -> None:
    bound = bound_seconds(flops, n_bytes, peak, bandwidth)
    assert bound_seconds(flops * factor, n_bytes, peak, bandwidth) >= bound
    assert bound_seconds(flops, n_bytes * factor, peak, bandwidth) >= bound
    assert bound_seconds(flops, n_bytes, peak * factor, bandwidth) <= bound
    assert bound_seconds(flops, n_bytes, peak, bandwidth * factor) <= bound


@modest
@given(st.integers(1, 10**4), st.integers(1, 10**4), st.integers(1, 100))
def test_the_largest_batch_fits_and_one_more_does_not(memory, weights, cache) -> None:
    batch = largest_batch(memory, weights, cache)
    assert batch == 0 or decode_bytes(weights, cache, batch) <= memory
    assert decode_bytes(weights, cache, batch + 1) > memory


def test_llama_3_70b_on_two_h100() -> None:
    """141.1 GB of weights leave room for 7 sequences of 8,192 tokens, 2.68 GB each, in 160 GB."""
    one = cache_bytes(cache_elements(8192, 80, head_elements(8, 128)))
    assert largest_batch(160e9, 2 * 70_553_706_496, one) == 7
    assert largest_batch(80e9, 2 * 70_553_706_496, one) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bound_seconds(1, 1, 0, 1), "peak must be positive"),
        (lambda: prefill_flops(1, 1, 1, 1, 0), "n must be positive"),
        (lambda: prefill_flops(5, 1, 1, 1, 1, 6), "a part of the 5 parameters, got 6"),
        (lambda: decode_flops(0, 1, 1, 1, 1), "n_parameters must be positive"),
        (lambda: decode_bytes(1, 1, 0), "batch must be positive"),
        (lambda: balance_batch(1, -1, 1, 1, 1), "must not be negative"),
        (lambda: largest_batch(1, 1, 0), "cache_bytes must be positive"),
    ],
)
def test_bad_arguments_are_named(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
