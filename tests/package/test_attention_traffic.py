import numpy as np
import pytest
import torch
from hypothesis import given
from torch.nn.functional import scaled_dot_product_attention as torch_attention
from torch.utils.flop_counter import FlopCounterMode, sdpa_backward_flop_count, sdpa_flop_count

from llm_questions.attention_traffic import (
    PassCost,
    first_flash_traffic,
    flash_traffic,
    largest_query_tile,
    matmul_flops,
    standard_traffic,
)
from llm_questions.flash_attention import flash_attention_backward, flash_attention_forward, tiles
from tests.package.strategies import modest, normals, seeds, sizes


class SlowMemory(np.ndarray):
    """An array that counts the elements read from it and written to it; what is read is an ordinary array."""

    moved = 0

    def __getitem__(self, index):
        found = self.view(np.ndarray)[index].copy()
        SlowMemory.moved += found.size
        return found

    def __setitem__(self, index, value):
        memory = self.view(np.ndarray)
        SlowMemory.moved += memory[index].size
        memory[index] = value


def stored(*arrays: np.ndarray) -> list[SlowMemory]:
    return [np.array(a).view(SlowMemory) for a in arrays]


def count(work) -> int:
    before = SlowMemory.moved
    work()
    return SlowMemory.moved - before


def torch_gradients(query, key, value, upstream, scale=None) -> tuple[np.ndarray, ...]:
    inputs = [torch.tensor(np.asarray(a), requires_grad=True) for a in (query, key, value)]
    output = torch_attention(*inputs, scale=scale)
    grads = torch.autograd.grad(output, inputs, torch.tensor(np.asarray(upstream)))
    return (output.detach().numpy(), *(g.numpy() for g in grads))


@modest
@given(sizes(1, 9), sizes(1, 4), sizes(1, 10), sizes(1, 10), seeds())
def test_flash_equals_a_count_of_what_the_implementation_moves(n, d, query_tile, key_tile, seed) -> None:
    query, key, value, upstream = stored(*normals(seed, *[(n, d)] * 4))
    results = []
    forward = count(lambda: results.extend(flash_attention_forward(query, key, value, query_tile, key_tile)))
    backward = count(
        lambda: flash_attention_backward(upstream, query, key, value, *results, query_tile, key_tile)
    )
    assert all(type(a) is SlowMemory for a in results)
    assert flash_traffic(n, d, query_tile, key_tile) == PassCost(forward, backward)


def first_flash_attention(query, key, value, output, maximum, total, key_tile, query_tile) -> None:
    """arXiv:2205.14135, Algorithm 1: the loop over keys outside, output and statistics in slow memory."""
    for columns in tiles(len(key), key_tile):
        k, v = key[columns], value[columns]
        for rows in tiles(len(query), query_tile):
            q, old, m, t = query[rows], output[rows], maximum[rows], total[rows]
            logits = q @ k.T
            new_m = np.maximum(m, logits.max(axis=1))
            p = np.exp(logits - new_m[:, None])
            new_t = np.exp(m - new_m) * t + p.sum(axis=1)
            output[rows] = ((t * np.exp(m - new_m))[:, None] * old + p @ v) / new_t[:, None]
            maximum[rows], total[rows] = new_m, new_t


def first_flash_backward(
    query, key, value, output, upstream, maximum, total, grads, key_tile, query_tile
) -> None:
    """arXiv:2205.14135, Algorithm 4."""
    for columns in tiles(len(key), key_tile):
        k, v = key[columns], value[columns]
        grad_k, grad_v = np.zeros_like(k), np.zeros_like(v)
        for rows in tiles(len(query), query_tile):
            q, o, g, m, t = query[rows], output[rows], upstream[rows], maximum[rows], total[rows]
            p = np.exp(q @ k.T - m[:, None]) / t[:, None]
            grad_v += p.T @ g
            grad_logits = p * (g @ v.T - (g * o).sum(axis=1)[:, None])
            grads[0][rows] += grad_logits @ k
            grad_k += grad_logits.T @ q
        grads[1][columns], grads[2][columns] = grad_k, grad_v


@modest
@given(sizes(1, 9), sizes(1, 4), sizes(1, 10), sizes(1, 10), seeds())
def test_first_flash_equals_a_count_of_the_papers_loops(n, d, query_tile, key_tile, seed) -> None:
    query, key, value, upstream = stored(*normals(seed, *[(n, d)] * 4))
    output, maximum, total = stored(np.zeros((n, d)), np.full(n, -np.inf), np.zeros(n))
    grads = stored(*[np.zeros((n, d))] * 3)
    forward = count(
        lambda: first_flash_attention(query, key, value, output, maximum, total, key_tile, query_tile)
    )
    backward = count(
        lambda: first_flash_backward(
            query, key, value, output, upstream, maximum, total, grads, key_tile, query_tile
        )
    )
    assert first_flash_traffic(n, d, key_tile) == PassCost(forward, backward)
    for ours, theirs in zip((output, *grads), torch_gradients(query, key, value, upstream, 1.0), strict=True):
        np.testing.assert_allclose(np.asarray(ours), theirs, rtol=1e-9, atol=1e-12)


@modest
@given(sizes(1, 7), sizes(1, 4), seeds())
def test_standard_equals_a_count_of_the_papers_steps(n, d, seed) -> None:
    query, key, value, upstream = stored(*normals(seed, *[(n, d)] * 4))
    s, p, grad_p, grad_s = stored(*[np.zeros((n, n))] * 4)
    output, *grads = stored(*[np.zeros((n, d))] * 4)
    everything = slice(None)

    def softmax_rows(logits):
        return torch.tensor(logits).softmax(-1).numpy()

    def forward() -> None:
        s[everything] = query[everything] @ key[everything].T
        p[everything] = softmax_rows(s[everything])
        output[everything] = p[everything] @ value[everything]

    def through_softmax(weights, grad_weights):
        return weights * (grad_weights - (weights * grad_weights).sum(axis=1, keepdims=True))

    def backward() -> None:
        grads[2][everything] = p[everything].T @ upstream[everything]
        grad_p[everything] = upstream[everything] @ value[everything].T
        grad_s[everything] = through_softmax(p[everything], grad_p[everything])
        grads[0][everything] = grad_s[everything] @ key[everything]
        grads[1][everything] = grad_s[everything].T @ query[everything]

    assert standard_traffic(n, d) == PassCost(count(forward), count(backward))
    for ours, theirs in zip((output, *grads), torch_gradients(query, key, value, upstream, 1.0), strict=True):
        np.testing.assert_allclose(np.asarray(ours), theirs, rtol=1e-9, atol=1e-12)


@modest
@given(sizes(1, 9), sizes(1, 9))
def test_operations_equal_what_torch_counts(n, d) -> None:
    query, key, value = (torch.ones(n, d, requires_grad=True) for _ in range(3))
    with FlopCounterMode(display=False) as forward:
        output = (query @ key.mT).softmax(-1) @ value
    with FlopCounterMode(display=False) as backward:
        output.backward(torch.ones(n, d))
    counted = PassCost(forward.get_total_flops(), backward.get_total_flops())
    assert matmul_flops(n, d, recompute=False) == counted
    shape = (1, 1, n, d)
    fused = PassCost(sdpa_flop_count(*[shape] * 3), sdpa_backward_flop_count(*[shape] * 4))
    assert matmul_flops(n, d, recompute=True) == fused


@modest
@given(sizes(1, 400), sizes(1, 9), sizes(1, 9))
def test_the_largest_tile_is_the_largest_that_fits(sram, d, key_tile) -> None:
    def needed(query_tile: int) -> int:
        arrays = [(query_tile, d), (query_tile, d), (key_tile, d), (key_tile, d), (query_tile, key_tile)]
        return sum(np.empty(shape).size for shape in arrays)

    fitting = [size for size in range(1, 401) if needed(size) <= sram]
    if not fitting:
        with pytest.raises(ValueError, match="do not hold"):
            largest_query_tile(sram, d, key_tile)
    else:
        assert largest_query_tile(sram, d, key_tile) == max(fitting)


def test_forward_traffic_grows_as_the_theorem_says() -> None:
    """n²d²/M times a constant, for M from a few rows to as much as all keys (arXiv:2205.14135, Theorem 2)."""
    ratios = []
    for n in (1024, 4096, 16384):
        for d in (32, 64, 128):
            for sram in (8 * d, d * d, 8 * d * d, n * d):
                tile = min(largest_query_tile(sram, d, key_tile=1), n)
                ratios.append(flash_traffic(n, d, tile, 1).forward * sram / (n * n * d * d))
    assert 4 <= min(ratios) <= max(ratios) < 9
    tile = largest_query_tile(2**16, 64, key_tile=1)
    assert flash_traffic(2**20, 64, tile, 1).forward * 2**16 / (2**40 * 64**2) == pytest.approx(4, rel=0.02)


GPT_2_MEDIUM = {"n": 1024, "d": 64}
HEADS = 64 * 16  # batch times heads
GFLOPS = {"standard": 66.6, "flash": 75.2}  # arXiv:2205.14135, Fig. 2 left, with the two below
GIGABYTES = {"standard": 40.3, "flash": 4.4}
MILLISECONDS = {"standard": 41.7, "flash": 7.3}


def test_published_operations_are_about_twelve_times_too_few() -> None:
    """The author gives 825 and 963 GFLOPs for this setting: flash-attention, issue 741."""
    standard = HEADS * matmul_flops(**GPT_2_MEDIUM, recompute=False).both / 1e9
    flash = HEADS * matmul_flops(**GPT_2_MEDIUM, recompute=True).both / 1e9
    assert round(standard) == 825
    assert flash == pytest.approx(963, rel=1e-3)
    assert standard / GFLOPS["standard"] == pytest.approx(12.4, abs=0.05)
    assert flash / GFLOPS["flash"] == pytest.approx(12.8, abs=0.05)
    assert flash / standard == pytest.approx(7 / 6)
    assert GFLOPS["flash"] / GFLOPS["standard"] == pytest.approx(1.13, abs=0.005)


def test_published_traffic_is_of_the_counted_size() -> None:
    standard = 2 * HEADS * standard_traffic(**GPT_2_MEDIUM).both / 1e9
    assert GIGABYTES["standard"] / standard == pytest.approx(1.6, abs=0.05)
    flash = {
        tile: 2 * HEADS * first_flash_traffic(**GPT_2_MEDIUM, key_tile=tile).both / 1e9 for tile in (256, 512)
    }
    assert flash[512] < GIGABYTES["flash"] < flash[256] < 1.2 * GIGABYTES["flash"]
    assert GIGABYTES["standard"] / GIGABYTES["flash"] == pytest.approx(9.2, abs=0.05)
    assert MILLISECONDS["standard"] / MILLISECONDS["flash"] == pytest.approx(5.7, abs=0.05)


def test_bad_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="n must be at least 1"):
        standard_traffic(0, 1)
    with pytest.raises(ValueError, match="query_tile must be at least 1"):
        flash_traffic(1, 1, 0, 1)
    with pytest.raises(ValueError, match="key_tile must be at least 1"):
        first_flash_traffic(1, 1, 0)
    with pytest.raises(ValueError, match="sram_elements must be at least 1"):
        largest_query_tile(0, 1, 1)
    with pytest.raises(ValueError, match="d must be at least 1"):
        matmul_flops(1, 0, recompute=True)
