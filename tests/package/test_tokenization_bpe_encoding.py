"""Encoding: both encoders against each other and against Hugging Face tokenizers, on given merges."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models

from llm_questions.tokenization.bpe_encoding import encode_by_scanning, encode_with_queue
from llm_questions.tokenization.byte_pair_encoding import learn_merges, merge_pair
from tests.package.strategies import modest

texts = st.text("abcé😀", max_size=14)


@st.composite
def merge_lists(draw: st.DrawFn) -> list[tuple[str, str]]:
    """Any list of merges whose parts are made before them, even one that no training gives."""
    tokens, merges = list("abcé😀"), []
    for _ in range(draw(st.integers(0, 12))):
        pair = draw(st.sampled_from(tokens)), draw(st.sampled_from(tokens))
        if pair not in merges:
            merges.append(pair)
            tokens.append(pair[0] + pair[1])
    return merges


def peer_of(merges: list[tuple[str, str]]) -> Tokenizer:
    vocabulary = list(dict.fromkeys([*"abcé😀", *(left + right for left, right in merges)]))
    ids = {token: i for i, token in enumerate(vocabulary)}
    return Tokenizer(models.BPE(vocab=ids, merges=merges))


@pytest.mark.parametrize(
    "merges",
    [
        [("b", "c"), ("a", "bc")],  # a merge makes a pair with the symbol before it
        [("a", "b"), ("ab", "c")],  # and with the one behind it
        [("a", "a"), ("aa", "aa"), ("aa", "a")],  # runs, from the left
        [("a", "b"), ("b", "a"), ("ab", "a"), ("b", "ab")],  # pairs that overlap
        [("a", "b"), ("c", "ab"), ("ab", "c"), ("cab", "cab")],
    ],
    ids=str,
)
def test_all_short_texts(merges: list[tuple[str, str]]) -> None:
    ranks, peer = {pair: rank for rank, pair in enumerate(merges)}, peer_of(merges)
    for text in map("".join, (word for n in range(6) for word in product("abc", repeat=n))):
        expected = peer.encode(text).tokens
        assert encode_by_scanning(text, ranks).tokens == expected
        assert encode_with_queue(text, ranks).tokens == expected


@given(text=texts, merges=merge_lists())
@modest
def test_both_equal_tokenizers_on_any_merges(text: str, merges: list[tuple[str, str]]) -> None:
    ranks = {pair: rank for rank, pair in enumerate(merges)}
    expected = peer_of(merges).encode(text).tokens
    assert encode_by_scanning(text, ranks).tokens == expected
    assert encode_with_queue(text, ranks).tokens == expected


@given(text=texts, words=st.lists(texts, min_size=1, max_size=5), n_merges=st.integers(0, 12))
@modest
def test_learned_merges_can_be_replayed_in_order(text: str, words: list[str], n_merges: int) -> None:
    merges = learn_merges({tuple(word): 1 for word in words}, n_merges).merges
    replayed = tuple(text)
    for pair in merges:
        replayed = merge_pair(replayed, pair)
    ranks = {pair: rank for rank, pair in enumerate(merges)}
    assert encode_with_queue(text, ranks).tokens == list(replayed)


@given(text=texts, merges=merge_lists())
@modest
def test_tokens_spell_the_text(text: str, merges: list[tuple[str, str]]) -> None:
    ranks = {pair: rank for rank, pair in enumerate(merges)}
    assert "".join(encode_with_queue(text, ranks).tokens) == text


def test_lookups_grow_with_the_square_and_with_the_length() -> None:
    merges = [("a", "b"), ("ab", "ab"), ("abab", "abab"), ("abababab", "abababab")]
    ranks = {pair: rank for rank, pair in enumerate(merges)}
    short, long = "ab" * 64, "ab" * 256
    slow = [encode_by_scanning(text, ranks).lookups for text in (short, long)]
    fast = [encode_with_queue(text, ranks).lookups for text in (short, long)]
    assert 15 < slow[1] / slow[0] < 17  # four times the length
    assert 3.9 < fast[1] / fast[0] < 4.3
    # n - 1 at the start, two for each merge, one for each entry taken out, of which there are at most 3 n
    assert fast[1] <= 6 * len(long)


def test_scanning_counts_every_pair_of_every_round() -> None:
    assert encode_by_scanning("abc", {}).lookups == 2
    assert encode_by_scanning("abc", {("a", "b"): 0, ("ab", "c"): 1}).lookups == 2 + 1
    assert encode_by_scanning("a", {}).lookups == 0


def test_bytes_and_text_are_treated_alike() -> None:
    ranks = {(b"\xc3", b"\xa9"): 0}
    assert encode_with_queue([b"\xc3", b"\xa9", b"a"], ranks).tokens == ["é".encode(), b"a"]
