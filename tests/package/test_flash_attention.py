import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.attention.bias import causal_lower_right
from torch.nn.functional import scaled_dot_product_attention as torch_attention

from llm_questions.attention import attention_logits, scaled_dot_product_attention
from llm_questions.flash_attention import (
    OnlineSoftmax,
    combine_splits,
    flash_attention_backward,
    flash_attention_forward,
    is_hidden,
    tiles,
)
from llm_questions.masks import causal_mask
from tests.package.strategies import arrays, batch_shapes, modest, normals, seeds, sizes


def by_loops(query, key, value, upstream, causal, scale):
    """Output, log-sum-exps and gradients from the definitions, one number at a time."""
    (n_queries, d_k), (n_keys, d_v) = query.shape, value.shape
    offset = n_keys - n_queries if causal else n_keys
    output, log_sum_exp = np.zeros((n_queries, d_v)), np.zeros(n_queries)
    grads = [np.zeros_like(a) for a in (query, key, value)]
    for i in range(n_queries):
        visible = [j for j in range(n_keys) if j <= i + offset]
        logits = {j: scale * sum(query[i, c] * key[j, c] for c in range(d_k)) for j in visible}
        largest = max(logits.values())
        total = sum(math.exp(s - largest) for s in logits.values())
        log_sum_exp[i] = largest + math.log(total)
        weight = {j: math.exp(logits[j] - largest) / total for j in visible}
        for j in visible:
            output[i] += weight[j] * value[j]
        grad_weight = {j: sum(upstream[i, c] * value[j, c] for c in range(d_v)) for j in visible}
        mean = sum(weight[j] * grad_weight[j] for j in visible)
        for j in visible:
            grad_logit = weight[j] * (grad_weight[j] - mean)
            grads[0][i] += scale * grad_logit * key[j]
            grads[1][j] += scale * grad_logit * query[i]
            grads[2][j] += weight[j] * upstream[i]
    return output, log_sum_exp, *grads


@modest
@given(st.data(), sizes(1, 4), sizes(0, 3), sizes(1, 3), sizes(1, 3), st.booleans(), st.floats(0.0, 2.0))
def test_both_passes_equal_loops(data, n_queries, further_keys, d_k, d_v, causal, scale) -> None:
    n_keys = n_queries + further_keys
    query_tile, key_tile = data.draw(sizes(1, n_queries + 1)), data.draw(sizes(1, n_keys + 1))
    shapes = [(n_queries, d_k), (n_keys, d_k), (n_keys, d_v), (n_queries, d_v)]
    query, key, value, upstream = (data.draw(arrays(shape, bound=4.0)) for shape in shapes)
    options = {"query_tile": query_tile, "key_tile": key_tile, "causal": causal, "scale": scale}
    forward = flash_attention_forward(query, key, value, **options)
    backward = flash_attention_backward(upstream, query, key, value, *forward, **options)
    expected = by_loops(query, key, value, upstream, causal, scale)
    for ours, theirs in zip((*forward, *backward), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-11)


@modest
@given(batch_shapes(), sizes(1, 9), sizes(0, 9), sizes(1, 5), sizes(1, 5), sizes(1, 8), sizes(1, 8),
       st.booleans(), seeds())  # fmt: skip
def test_both_passes_equal_torch(
    batch, n_queries, further_keys, d_k, d_v, query_tile, key_tile, causal, seed
) -> None:
    n_keys = n_queries + further_keys
    shapes = [(n_queries, d_k), (n_keys, d_k), (n_keys, d_v), (n_queries, d_v)]
    query, key, value, upstream = normals(seed, *((*batch, *shape) for shape in shapes))
    options = {"query_tile": query_tile, "key_tile": key_tile, "causal": causal}
    output, log_sum_exp = flash_attention_forward(query, key, value, **options)
    grads = flash_attention_backward(upstream, query, key, value, output, log_sum_exp, **options)

    inputs = [torch.tensor(a, requires_grad=True) for a in (query, key, value)]
    mask = torch.tensor(causal_mask(n_queries, n_keys)) if causal else None
    expected = torch_attention(*inputs, attn_mask=mask)
    np.testing.assert_allclose(output, expected.detach().numpy(), rtol=1e-11, atol=1e-13)
    for ours, theirs in zip(
        grads, torch.autograd.grad(expected, inputs, torch.tensor(upstream)), strict=True
    ):
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-10, atol=1e-12)

    logits = torch.tensor(query) @ torch.tensor(key).mT / d_k**0.5
    logits = logits if mask is None else logits.masked_fill(~mask, -torch.inf)
    np.testing.assert_allclose(log_sum_exp, logits.logsumexp(-1).numpy(), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("causal", [False, True])
def test_equals_the_flash_kernel_that_torch_has_for_cpus(causal: bool) -> None:
    query, key, value, upstream = normals(1, *[(2, 3, 200, 16)] * 4)
    options = {"query_tile": 48, "key_tile": 80, "causal": causal}
    forward = flash_attention_forward(query, key, value, **options)
    grads = flash_attention_backward(upstream, query, key, value, *forward, **options)
    inputs = [torch.tensor(a) for a in (query, key, value)]
    kernel = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
    theirs = kernel(*inputs, is_causal=causal)
    for one, other in zip(forward, theirs, strict=True):
        np.testing.assert_allclose(one, other.numpy(), rtol=1e-11, atol=1e-13)
    kernel = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward
    for one, other in zip(grads, kernel(torch.tensor(upstream), *inputs, *theirs, 0.0, causal), strict=True):
        np.testing.assert_allclose(one, other.numpy(), rtol=1e-10, atol=1e-12)


def test_causal_is_aligned_at_the_last_query() -> None:
    query, key, value = normals(2, (1, 1, 3, 4), (1, 1, 7, 4), (1, 1, 7, 5))
    output, _ = flash_attention_forward(query, key, value, 2, 3, causal=True)
    expected = torch_attention(*map(torch.tensor, (query, key, value)), attn_mask=causal_lower_right(3, 7))
    np.testing.assert_allclose(output, expected.numpy(), atol=1e-13)


def test_any_tile_size_gives_the_naive_result_to_rounding() -> None:
    query, key, value = normals(3, (30, 8), (30, 8), (30, 8))
    naive, _ = scaled_dot_product_attention(query, key, value, causal_mask(30))
    for query_tile in (1, 7, 30, 64):
        for key_tile in (1, 4, 30, 64):
            output, _ = flash_attention_forward(query, key, value, query_tile, key_tile, causal=True)
            np.testing.assert_allclose(output, naive, rtol=0, atol=1e-14)


def test_the_saved_number_gives_the_weights_back() -> None:
    query, key, value = normals(4, (5, 8), (9, 8), (9, 8))
    _, log_sum_exp = flash_attention_forward(query, key, value, 2, 4)
    _, weights = scaled_dot_product_attention(query, key, value)
    again = np.exp(attention_logits(query, key) - log_sum_exp[:, None])
    np.testing.assert_allclose(again, weights, rtol=1e-13)


@modest
@given(sizes(1, 8), sizes(1, 8), seeds())
def test_state_equals_its_definition_whatever_the_order(n_keys: int, key_tile: int, seed: int) -> None:
    logits, value = normals(seed, (3, n_keys), (n_keys, 2))
    order = tiles(n_keys, key_tile)
    np.random.default_rng(seed).shuffle(order)
    state = OnlineSoftmax(np.full(3, -np.inf), np.zeros(3), np.zeros((3, 2)))
    for columns in order:
        state = state.update(logits[:, columns], value[columns])
    assert np.array_equal(state.maximum, logits.max(axis=-1))
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    np.testing.assert_allclose(state.total, exponentials.sum(axis=-1), rtol=1e-13)
    np.testing.assert_allclose(state.weighted, exponentials @ value, rtol=1e-12, atol=1e-13)


def test_huge_logits_do_not_overflow() -> None:
    query, key = np.array([[1e3]]), np.array([[-1e3], [0.0], [1e3], [1e3]])
    value = np.array([[1.0], [2.0], [3.0], [5.0]])
    output, log_sum_exp = flash_attention_forward(query, key, value, 1, 1)
    assert output.tolist() == [[4.0]]
    assert log_sum_exp[0] == pytest.approx(1e6 + math.log(2), abs=1e-9)


@modest
@given(sizes(1, 7), sizes(0, 7), sizes(1, 4), sizes(1, 4))
def test_hidden_tiles_are_those_without_a_visible_key(n_queries, further_keys, query_tile, key_tile) -> None:
    n_keys = n_queries + further_keys
    mask = causal_mask(n_queries, n_keys)
    for rows in tiles(n_queries, query_tile):
        for columns in tiles(n_keys, key_tile):
            assert is_hidden(rows, columns, n_queries, n_keys) == (not mask[rows, columns].any())


def test_hidden_tiles_are_never_read() -> None:
    query, key, value, upstream = normals(5, *[(6, 4)] * 4)
    reference = flash_attention_forward(query[:4], key[:4], value[:4], 2, 2, causal=True)
    key[4:] = value[4:] = np.nan
    output, log_sum_exp = flash_attention_forward(query, key, value, 2, 2, causal=True)
    assert np.array_equal(output[:4], reference[0])
    assert np.array_equal(log_sum_exp[:4], reference[1])
    output[4:], log_sum_exp[4:] = 0.0, 0.0
    grads = flash_attention_backward(upstream, query, key, value, output, log_sum_exp, 2, 2, causal=True)
    assert np.isfinite(grads[0][:4]).all()
    assert np.isnan(grads[0][4:]).any()


@pytest.mark.parametrize("n_splits", [1, 3, 5])
def test_splits_combine_to_the_whole(n_splits: int) -> None:
    query, key, value = normals(6, (2, 1, 8), (2, 17, 8), (2, 17, 4))
    parts = [
        flash_attention_forward(query, key[:, s], value[:, s], 1, 4) for s in tiles(17, -(-17 // n_splits))
    ]
    assert len(parts) == n_splits
    combined = combine_splits(np.stack([o for o, _ in parts]), np.stack([lse for _, lse in parts]))
    expected = torch_attention(*map(torch.tensor, (query, key, value)))
    np.testing.assert_allclose(combined, expected.numpy(), atol=1e-14)


def test_single_precision_stays_single() -> None:
    query, key, value, upstream = (a.astype(np.float32) for a in normals(7, *[(5, 4)] * 4))
    forward = flash_attention_forward(query, key, value, 2, 3, causal=True)
    grads = flash_attention_backward(upstream, query, key, value, *forward, 2, 3, causal=True)
    assert {a.dtype for a in (*forward, *grads)} == {np.dtype(np.float32)}


def test_impossible_arguments_are_refused() -> None:
    query, key = np.ones((3, 2)), np.ones((2, 2))
    with pytest.raises(ValueError, match="at least 1 row"):
        flash_attention_forward(query, key, key, 0, 1)
    with pytest.raises(ValueError, match="at least 1 row"):
        flash_attention_forward(query, key, key, 1, 0)
    with pytest.raises(ValueError, match="no key"):
        flash_attention_forward(query, key[:0], key[:0], 1, 1)
    with pytest.raises(ValueError, match="3 queries but only 2 keys"):
        flash_attention_forward(query, key, key, 1, 1, causal=True)
    with pytest.raises(ValueError, match="3 queries but only 2 keys"):
        flash_attention_backward(query, query, key, key, query, query[:, 0], 1, 1, causal=True)
