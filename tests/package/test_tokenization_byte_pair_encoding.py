"""Training: against Hugging Face tokenizers, and the two trainers against each other."""

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from llm_questions.tokenization.byte_pair_encoding import (
    count_pairs,
    count_words,
    learn_merges,
    learn_merges_incrementally,
    merge_pair,
)
from tests.package.strategies import modest

PAPER = {(*"low", "·"): 5, (*"lower", "·"): 2, (*"newest", "·"): 6, (*"widest", "·"): 3}
words = st.dictionaries(st.text("abcé", min_size=1, max_size=9), st.integers(1, 5), min_size=1, max_size=8)


def as_symbols(counts: dict[str, int]) -> dict[tuple[str, ...], int]:
    return {tuple(word): count for word, count in counts.items()}


def trained_by_tokenizers(counts: dict[str, int], n_merges: int) -> list[tuple[str, str]]:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    alphabet = {char for word in counts for char in word}
    trainer = trainers.BpeTrainer(vocab_size=len(alphabet) + n_merges, show_progress=False)
    text = [" ".join([word] * count) for word, count in counts.items()]
    tokenizer.train_from_iterator(text, trainer)
    return [tuple(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]]


def test_the_example_of_the_paper() -> None:
    merges = learn_merges(PAPER, 5, ties="seen").merges
    assert merges == [("e", "s"), ("es", "t"), ("est", "·"), ("l", "o"), ("lo", "w")]
    assert count_pairs(PAPER)["e", "s"] == count_pairs(PAPER)["s", "t"] == 9


@given(st.text(st.sampled_from("ab é·\n\u3000\x1c\ufeff😀"), max_size=40))
@modest
def test_words_are_those_of_tokenizers(text: str) -> None:
    pieces = [piece for piece, _ in pre_tokenizers.WhitespaceSplit().pre_tokenize_str(text)]
    assert list(count_words(text).items()) == list(Counter(map(tuple, pieces)).items())
    assert list(count_words(text, "·")) == [(*piece, "·") for piece in dict.fromkeys(pieces)]


@given(counts=words, n_merges=st.integers(0, 12))
@modest
def test_merges_equal_those_of_tokenizers(counts: dict[str, int], n_merges: int) -> None:
    assert learn_merges(as_symbols(counts), n_merges).merges == trained_by_tokenizers(counts, n_merges)


@given(counts=words, n_merges=st.integers(0, 30))
@modest
def test_no_token_is_made_by_two_pairs(counts: dict[str, int], n_merges: int) -> None:
    made = [left + right for left, right in learn_merges(as_symbols(counts), n_merges).merges]
    assert len(set(made)) == len(made)


def test_ties_go_to_the_pair_with_the_smaller_ids_in_tokenizers_too() -> None:
    counts = {"ba": 2, "ab": 2, "ac": 2}
    assert trained_by_tokenizers(counts, 2) == [("a", "b"), ("a", "c")]
    assert learn_merges(as_symbols(counts), 2).merges == [("a", "b"), ("a", "c")]
    assert learn_merges(as_symbols(counts), 2, ties="seen").merges[0] == ("b", "a")


@given(counts=words, n_merges=st.integers(0, 30))
@modest
def test_keeping_counts_learns_the_same(counts: dict[str, int], n_merges: int) -> None:
    ours = as_symbols(counts)
    assert learn_merges_incrementally(ours, n_merges).merges == learn_merges(ours, n_merges).merges


@given(counts=words, n_merges=st.integers(0, 12))
@modest
def test_every_merge_takes_a_most_frequent_pair(counts: dict[str, int], n_merges: int) -> None:
    state = as_symbols(counts)
    for pair in learn_merges(state, n_merges, ties="seen").merges:
        seen: Counter = Counter()
        for word, count in state.items():
            for i in range(len(word) - 1):
                seen[word[i], word[i + 1]] += count
        assert seen[pair] == max(seen.values())
        merged: Counter = Counter()
        for word, count in state.items():
            text = "\0".join(("", *word, "")).replace("\0", "\0\0")
            text = text.replace(f"\0{pair[0]}\0\0{pair[1]}\0", f"\0{pair[0]}{pair[1]}\0")
            merged[tuple(symbol for symbol in text.split("\0") if symbol)] += count
        state = dict(merged)


def test_a_run_is_merged_from_the_left() -> None:
    assert merge_pair(tuple("aaaaa"), ("a", "a")) == ("aa", "aa", "a")
    assert merge_pair((b"a", b"b", b"a"), (b"a", b"b")) == (b"ab", b"a")


def test_keeping_counts_looks_at_fewer_pairs() -> None:
    state = {tuple(f"{a}{b}{c}xyz"): 1 for a in "abcdef" for b in "ghijkl" for c in "mnopqr"}
    slow, fast = learn_merges(state, 40), learn_merges_incrementally(state, 40)
    assert slow.merges == fast.merges
    assert fast.visits < slow.visits / 2


def test_training_ends_when_every_word_is_one_symbol() -> None:
    assert len(learn_merges({tuple("abc"): 1}, 100).merges) == 2
    assert len(learn_merges_incrementally({tuple("abc"): 1}, 100).merges) == 2


def test_an_alphabet_with_a_gap_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks"):
        learn_merges({("a", "b"): 1}, 1, alphabet=["a"])
