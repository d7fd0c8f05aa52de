import numpy as np
import pytest
import torch
from hypothesis import given
from torch.nn.attention.flex_attention import and_masks, create_mask, or_masks
from transformers import BigBirdConfig
from transformers.masking_utils import causal_mask_function
from transformers.models.big_bird.modeling_big_bird import BigBirdBlockSparseAttention
from transformers.models.longformer.configuration_longformer import LongformerConfig
from transformers.models.longformer.modeling_longformer import LongformerSelfAttention

from llm_questions.masks import causal_mask, sliding_window_mask
from llm_questions.sparse_masks import (
    bigbird_layout,
    block_sparse_mask,
    dilated_window_mask,
    global_tokens_mask,
    strided_mask,
)
from tests.package.strategies import bool_arrays, modest, sizes


@modest
@given(n_queries=sizes(1, 8), n_extra=sizes(0, 8), window=sizes(1, 5), step=sizes(1, 5))
def test_dilated_and_strided_equal_loops(n_queries: int, n_extra: int, window: int, step: int) -> None:
    n_keys = n_queries + n_extra
    dilated = dilated_window_mask(n_queries, n_keys, window=window, dilation=step)
    strided = strided_mask(n_queries, n_keys, stride=step)
    assert dilated.shape == strided.shape == (n_queries, n_keys)
    for i in range(n_queries):
        position = n_extra + i
        past = set(range(position + 1))
        assert set(np.flatnonzero(dilated[i])) == past & {position - k * step for k in range(window)}
        local, column = set(range(position - step, position + 1)), set(range(position, -1, -step))
        assert set(np.flatnonzero(strided[i])) == past & (local | column)


@pytest.mark.parametrize("step", [1, 2, 3])
def test_gaps_equal_rules_of_flex_attention(step: int) -> None:
    def near(limit: int):
        return lambda batch, head, query, key: query - key <= limit

    def aligned(batch, head, query, key):
        return query % step == key % step

    rules = {
        "dilated": and_masks(causal_mask_function, aligned, near(3 * step)),
        "strided": and_masks(causal_mask_function, or_masks(near(step), aligned)),
    }
    expected = {name: create_mask(rule, 1, 1, 12, 12, device="cpu")[0, 0] for name, rule in rules.items()}
    assert np.array_equal(dilated_window_mask(12, window=4, dilation=step), expected["dilated"].numpy())
    assert np.array_equal(strided_mask(12, stride=step), expected["strided"].numpy())


def test_gaps_of_one_are_no_gaps() -> None:
    assert np.array_equal(dilated_window_mask(6, window=3, dilation=1), sliding_window_mask(6, window=3))
    assert np.array_equal(strided_mask(6, stride=1), causal_mask(6))


@pytest.mark.parametrize(("window", "dilation"), [(1, 3), (3, 2), (2, 5)])
def test_number_of_dilated_pairs_is_the_closed_form(window: int, dilation: int) -> None:
    n = 16
    pairs = n * window - dilation * window * (window - 1) // 2
    assert dilated_window_mask(n, window=window, dilation=dilation).sum() == pairs


def test_two_layers_of_strides_see_everything() -> None:
    """The window leads to a position of the right column, the column to any earlier block."""
    mask = strided_mask(20, stride=5)
    assert np.array_equal(mask @ mask, causal_mask(20))


@modest
@given(layout=bool_arrays((3, 4)), block_size=sizes(1, 4))
def test_blocks_equal_loops_and_the_kronecker_product(layout: np.ndarray, block_size: int) -> None:
    mask = block_sparse_mask(layout, block_size)
    for i, j in np.ndindex(3 * block_size, 4 * block_size):
        assert mask[i, j] == layout[i // block_size, j // block_size]
    square = torch.ones(block_size, block_size, dtype=torch.uint8)
    assert np.array_equal(mask, torch.kron(torch.tensor(layout).byte(), square).bool().numpy())


@pytest.mark.parametrize("positions", [[0], [2, 5]])
def test_window_with_global_tokens_equals_longformer(positions: list[int]) -> None:
    """Where the weights of transformers' Longformer are not zero; its window has two keys on each side."""
    n = 8
    config = LongformerConfig(
        attention_window=[4],
        hidden_size=8,
        num_attention_heads=2,
        num_hidden_layers=1,
        attention_probs_dropout_prob=0.0,
    )
    torch.manual_seed(0)
    layer = LongformerSelfAttention(config, layer_id=0).eval().double()
    hidden = torch.randn(1, n, 8, dtype=torch.float64, requires_grad=True)
    is_global = torch.zeros(1, n, dtype=torch.bool)
    is_global[0, positions] = True
    output = layer(
        hidden,
        attention_mask=torch.where(is_global, 10000.0, 0.0).double(),
        is_index_masked=torch.zeros(1, n, dtype=torch.bool),
        is_index_global_attn=is_global,
        is_global_attn=True,
    )[0]
    seen = np.zeros((n, n), dtype=bool)
    for i in range(n):
        (gradient,) = torch.autograd.grad(output[0, i].square().sum(), hidden, retain_graph=True)
        seen[i] = gradient[0].abs().sum(-1).numpy() > 0
    window = np.abs(np.arange(n)[:, None] - np.arange(n)) <= 2
    assert np.array_equal(window | global_tokens_mask(n, positions), seen)


@pytest.mark.parametrize(("n_blocks", "n_random"), [(8, 1), (10, 2)])
def test_bigbird_equals_transformers_but_for_the_dice(n_blocks: int, n_random: int) -> None:
    block_size, n = 4, 4 * n_blocks
    config = BigBirdConfig(
        hidden_size=8,
        num_attention_heads=1,
        block_size=block_size,
        num_random_blocks=n_random,
        attention_probs_dropout_prob=0.0,
        max_position_embeddings=n,
    )
    torch.manual_seed(0)
    layer = BigBirdBlockSparseAttention(config, seed=3).train()  # in evaluation it draws no random blocks
    ones = torch.ones(1, n)
    band = torch.ones(1, 1, n_blocks - 4, block_size, 3 * block_size)
    _, weights = layer(
        torch.randn(1, n, 8),
        band_mask=band,
        from_mask=ones[:, None, :, None],
        to_mask=ones[:, None, None, :],
        from_blocked_mask=ones.view(1, n_blocks, block_size),
        to_blocked_mask=ones.view(1, n_blocks, block_size),
        output_attentions=True,
    )
    seen = weights[0, 0].detach().numpy() > 0
    theirs = seen[::block_size, ::block_size]
    assert np.array_equal(block_sparse_mask(theirs, block_size), seen)

    without = bigbird_layout(n_blocks)
    assert not (without & ~theirs).any()
    ours = bigbird_layout(n_blocks, n_random=n_random, seed=3)
    assert ours[1:-1].sum(axis=1).tolist() == theirs[1:-1].sum(axis=1).tolist()
    assert ours[[0, -1]].all()
    assert theirs[[0, -1]].all()


@modest
@given(n_blocks=sizes(1, 9), reach=sizes(0, 2), n_random=sizes(0, 4), seed=sizes(0, 99))
def test_bigbird_equals_loops(n_blocks: int, reach: int, n_random: int, seed: int) -> None:
    layout = bigbird_layout(n_blocks, window=2 * reach + 1, n_random=n_random, seed=seed)
    ends = {0, n_blocks - 1}
    for i in range(n_blocks):
        seen = set(np.flatnonzero(layout[i]))
        if i in ends:
            assert seen == set(range(n_blocks))
            continue
        fixed = ends | {j for j in range(n_blocks) if abs(i - j) <= reach}
        assert fixed <= seen
        assert len(seen) == min(n_blocks, len(fixed) + n_random)


def test_bigbird_random_blocks_follow_the_seed() -> None:
    one, same, other = (bigbird_layout(12, n_random=3, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_bad_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="dilation must be at least 1, got 0"):
        dilated_window_mask(3, window=2, dilation=0)
    with pytest.raises(ValueError, match="window must be at least 1, got 0"):
        dilated_window_mask(3, window=0, dilation=1)
    with pytest.raises(ValueError, match="stride must be at least 1"):
        strided_mask(3, stride=0)
    with pytest.raises(ValueError, match="4 queries but only 3 keys"):
        strided_mask(4, 3, stride=2)
    with pytest.raises(ValueError, match="positions 0 to 2"):
        global_tokens_mask(3, [3])
    with pytest.raises(ValueError, match="block_size must be at least 1"):
        block_sparse_mask(np.ones((1, 1), dtype=bool), 0)
    with pytest.raises(ValueError, match="window must be odd"):
        bigbird_layout(5, window=2)
    with pytest.raises(ValueError, match="n_random not negative"):
        bigbird_layout(5, n_random=-1)
