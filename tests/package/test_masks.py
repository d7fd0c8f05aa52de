import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.attention.bias import causal_lower_right
from torch.nn.attention.flex_attention import and_masks, create_mask, or_masks
from transformers import masking_utils

from llm_questions.masks import (
    causal_mask,
    combine_masks,
    key_distances,
    padding_mask,
    prefix_mask,
    sink_mask,
    sliding_window_mask,
)
from tests.package.strategies import bool_arrays, modest, sizes


def flex_mask(mask_mod, n_queries: int, n_keys: int) -> np.ndarray:
    """What PyTorch's flex attention makes of a rule over absolute positions, for the last n_queries."""
    offset = n_keys - n_queries
    shifted = masking_utils.add_offsets_to_mask_function(mask_mod, offset, 0)
    return create_mask(shifted, 1, 1, n_queries, n_keys, device="cpu")[0, 0].numpy()


@modest
@given(n_queries=sizes(1, 7), n_extra=sizes(0, 7), window=sizes(1, 9))
def test_causal_and_sliding_window_equal_loops(n_queries: int, n_extra: int, window: int) -> None:
    n_keys = n_queries + n_extra
    causal, sliding = causal_mask(n_queries, n_keys), sliding_window_mask(n_queries, n_keys, window=window)
    assert causal.shape == sliding.shape == (n_queries, n_keys)
    for i in range(n_queries):
        position = n_keys - n_queries + i
        visible = set(range(position + 1))
        assert set(np.flatnonzero(causal[i])) == visible
        # the window counts back from the token itself, which is its first member
        assert set(np.flatnonzero(sliding[i])) == {position - back for back in range(window)} & visible


@pytest.mark.parametrize(("n_queries", "n_keys"), [(1, 1), (4, 4), (2, 5), (1, 6)])
def test_causal_mask_is_aligned_like_torch_lower_right(n_queries: int, n_keys: int) -> None:
    expected = causal_lower_right(n_queries, n_keys)._materialize()
    assert np.array_equal(causal_mask(n_queries, n_keys), expected.numpy())


@pytest.mark.parametrize("window", [1, 2, 5])
@pytest.mark.parametrize(("n_queries", "n_keys"), [(4, 4), (2, 5)])
def test_sliding_window_is_a_band_of_torch(n_queries: int, n_keys: int, window: int) -> None:
    offset = n_keys - n_queries
    band = torch.ones(n_queries, n_keys, dtype=torch.bool).tril(offset).triu(offset - window + 1)
    assert np.array_equal(sliding_window_mask(n_queries, n_keys, window=window), band.numpy())


@modest
@given(
    n_queries=sizes(1, 7), n_extra=sizes(0, 7), n_prefix=sizes(0, 14), window=sizes(1, 9), n_sinks=sizes(0, 5)
)
def test_prefix_and_sinks_equal_loops(n_queries, n_extra, n_prefix, window, n_sinks) -> None:
    n_keys = n_queries + n_extra
    n_prefix = min(n_prefix, n_keys)
    distances = key_distances(n_queries, n_keys)
    prefix = prefix_mask(n_queries, n_keys, n_prefix=n_prefix)
    sinks = sink_mask(n_queries, n_keys, window=window, n_sinks=n_sinks)
    assert distances.shape == prefix.shape == sinks.shape == (n_queries, n_keys)
    for i in range(n_queries):
        position = n_keys - n_queries + i
        past = set(range(position + 1))
        assert distances[i].tolist() == [position - j for j in range(n_keys)]
        assert set(np.flatnonzero(prefix[i])) == past | set(range(n_prefix))
        recent = {position - back for back in range(window)}
        assert set(np.flatnonzero(sinks[i])) == past & (recent | set(range(n_sinks)))


@pytest.mark.parametrize(("n_queries", "n_keys"), [(6, 6), (2, 7), (1, 6)])
def test_masks_equal_those_of_transformers_and_flex_attention(n_queries: int, n_keys: int) -> None:
    causal = masking_utils.causal_mask_function
    window = masking_utils.sliding_window_causal_mask_function(3)

    def starts(count: int):
        return lambda batch, head, query, key: key < count

    assert np.array_equal(causal_mask(n_queries, n_keys), flex_mask(causal, n_queries, n_keys))
    sliding = sliding_window_mask(n_queries, n_keys, window=3)
    assert np.array_equal(sliding, flex_mask(window, n_queries, n_keys))
    prefix = prefix_mask(n_queries, n_keys, n_prefix=4)
    assert np.array_equal(prefix, flex_mask(or_masks(causal, starts(4)), n_queries, n_keys))
    sinks = sink_mask(n_queries, n_keys, window=3, n_sinks=2)
    rule = or_masks(window, and_masks(causal, starts(2)))
    assert np.array_equal(sinks, flex_mask(rule, n_queries, n_keys))


def test_prefix_equals_the_block_that_transformers_opens_for_images() -> None:
    """One block of four tokens that see each other, in causal text."""
    blocks = torch.tensor([[0] * 4 + [-1] * 3])
    rule = masking_utils.or_masks(masking_utils.causal_mask_function, masking_utils.blockwise_overlay(blocks))
    assert np.array_equal(prefix_mask(7, n_prefix=4), flex_mask(rule, 7, 7))


def test_a_prefix_ranges_from_causal_to_bidirectional() -> None:
    assert np.array_equal(prefix_mask(5, n_prefix=0), causal_mask(5))
    assert np.array_equal(prefix_mask(5, n_prefix=1), causal_mask(5))
    assert prefix_mask(5, n_prefix=5).all()


def test_streaming_cache_of_the_paper() -> None:
    """Four sinks and a rolling cache: token 9 sees 0 to 3, 6 to 8 and itself (2309.17453, §3.2)."""
    visible = np.flatnonzero(sink_mask(1, 10, window=4, n_sinks=4)[0])
    assert visible.tolist() == [0, 1, 2, 3, 6, 7, 8, 9]


@pytest.mark.parametrize("n", [5, 8, 13])
@pytest.mark.parametrize(("window", "n_sinks", "n_prefix"), [(1, 0, 2), (3, 2, 4), (4, 1, 5)])
def test_number_of_pairs_is_the_closed_form(n: int, window: int, n_sinks: int, n_prefix: int) -> None:
    """The formulas that the page on types of attention derives."""
    triangle, missing = n * (n + 1) // 2, window * (window - 1) // 2
    assert causal_mask(n).sum() == triangle
    assert prefix_mask(n, n_prefix=n_prefix).sum() == triangle + n_prefix * (n_prefix - 1) // 2
    assert sliding_window_mask(n, window=window).sum() == n * window - missing
    sunk = n_sinks * (n - window) - n_sinks * (n_sinks - 1) // 2
    assert sink_mask(n, window=window, n_sinks=n_sinks).sum() == n * window - missing + sunk


def test_every_query_beyond_the_first_sees_exactly_window_keys() -> None:
    assert sliding_window_mask(8, window=3).sum(axis=1).tolist() == [1, 2, 3, 3, 3, 3, 3, 3]


def test_decoding_one_token_sees_every_key() -> None:
    assert causal_mask(1, 5).all()
    assert causal_mask(1, 5).shape == (1, 5)


def test_default_number_of_keys() -> None:
    assert np.array_equal(causal_mask(3), np.tri(3, dtype=bool))
    assert np.array_equal(sliding_window_mask(3, window=3), np.tri(3, dtype=bool))


@modest
@given(lengths=st.lists(st.integers(0, 5), min_size=1, max_size=4), side=st.sampled_from(["left", "right"]))
def test_padding_equals_loops(lengths: list[int], side: str) -> None:
    mask = padding_mask(np.array(lengths), 5, side=side)
    assert mask.shape == (len(lengths), 1, 5)
    for row, length in zip(mask[:, 0].tolist(), lengths, strict=True):
        tokens, padding = [True] * length, [False] * (5 - length)
        assert row == (tokens + padding if side == "right" else padding + tokens)


def test_padding_of_one_sequence_without_a_batch_axis() -> None:
    assert padding_mask(np.array(2), 3).tolist() == [[True, True, False]]


@modest
@given(masks=st.lists(bool_arrays((3, 4)), min_size=1, max_size=4))
def test_combination_is_true_where_all_are(masks: list[np.ndarray]) -> None:
    combined = combine_masks(*masks)
    for index in np.ndindex(3, 4):
        assert combined[index] == all(mask[index] for mask in masks)


def test_combination_broadcasts() -> None:
    mask = combine_masks(causal_mask(3), padding_mask(np.array([3, 2]), 3, side="left"))
    assert mask.astype(int).tolist() == [
        [[1, 0, 0], [1, 1, 0], [1, 1, 1]],
        [[0, 0, 0], [0, 1, 0], [0, 1, 1]],
    ]


def test_bad_sizes_are_refused() -> None:
    for function in (causal_mask, lambda *sizes: sliding_window_mask(*sizes, window=2)):
        with pytest.raises(ValueError, match="4 queries but only 3 keys"):
            function(4, 3)
        with pytest.raises(ValueError, match="at least one query"):
            function(0, 3)
    with pytest.raises(ValueError, match="at least 1, got 0"):
        sliding_window_mask(3, window=0)
    with pytest.raises(ValueError, match="0 to 3 keys"):
        prefix_mask(3, n_prefix=4)
    with pytest.raises(ValueError, match="cannot be negative"):
        sink_mask(3, window=2, n_sinks=-1)
    with pytest.raises(ValueError, match=r"in \[0, 3\]"):
        padding_mask(np.array([2, 4]), 3)
    with pytest.raises(ValueError, match=r"in \[0, 3\]"):
        padding_mask(np.array([-1]), 3)
    with pytest.raises(ValueError, match='"left" or "right"'):
        padding_mask(np.array([1]), 3, side="top")
    with pytest.raises(ValueError, match="at least one mask"):
        combine_masks()
