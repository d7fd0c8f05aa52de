"""The unigram model: against sentencepiece on given scores, and against listing all segmentations."""

import io
from collections import Counter
from itertools import pairwise
from math import exp, inf, log

import numpy as np
import pytest
import sentencepiece
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_questions.tokenization import unigram
from llm_questions.tokenization.sentencepiece_text import normalize
from llm_questions.tokenization.unigram import (
    backward,
    em_step,
    expected_counts,
    forward,
    lattice,
    n_best,
    removal_losses,
    sample,
    train_unigram,
    viterbi,
)
from tests.package.strategies import modest

TEXT = """The weather is nice today, and we are going to the park with our friends.
A tokenizer cuts text into pieces. The pieces are the words of a language model.
The newest widget is the widest widget that we have ever made, and the lowest price is lower than before.
Unigram models give each piece a probability; the best path is found by dynamic programming."""


@pytest.fixture(scope="module")
def peer() -> sentencepiece.SentencePieceProcessor:
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXT.splitlines() * 3),
        model_writer=model,
        model_type="unigram",
        vocab_size=80,
        num_threads=1,
        minloglevel=2,
    )
    return sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())


@pytest.fixture(scope="module")
def scores(peer) -> dict[str, np.float32]:
    """Single precision, as in sentencepiece: where two paths tie, rounding decides."""
    ids = [i for i in range(peer.vocab_size()) if not peer.is_control(i) and not peer.is_unknown(i)]
    return {peer.id_to_piece(i): np.float32(peer.get_score(i)) for i in ids}


@pytest.fixture(scope="module")
def unknown(scores) -> np.float32:
    return np.float32(min(scores.values()) - np.float32(10))


def fused(pieces: list[str], vocabulary: dict) -> list[str]:
    """Neighbors that are no pieces, joined: sentencepiece makes one unknown token of them."""
    out: list[str] = []
    for i, piece in enumerate(pieces):
        if i and piece not in vocabulary and pieces[i - 1] not in vocabulary:
            out[-1] += piece
        else:
            out.append(piece)
    return out


written = st.lists(
    st.sampled_from([*"thewidsapgm éZ", "the", " wid", "est", "pie", "ces", "  "]), max_size=20
).map("".join)


@given(text=written)
@settings(max_examples=300, deadline=None)
def test_viterbi_equals_sentencepiece(peer, scores, unknown, text: str) -> None:
    ours, total = viterbi(normalize(text), scores, unknown)
    assert fused(ours, scores) == peer.encode(text, out_type=str)
    assert total == pytest.approx(sum(float(scores.get(piece, unknown)) for piece in ours), rel=1e-5)


@given(text=written.filter(str.strip))
@modest
def test_n_best_equal_sentencepiece(peer, scores, unknown, text: str) -> None:
    if "é" in text or "Z" in text:
        return
    theirs = peer.nbest_encode_as_pieces(text, 5)
    ours = n_best(normalize(text), scores, 5, unknown)

    def total(pieces: list[str]) -> float:
        return sum(float(scores[piece]) for piece in pieces)

    # order within a tie is free, scores are not
    assert [total(pieces) for pieces, _ in ours] == pytest.approx([total(pieces) for pieces in theirs])
    assert len({tuple(pieces) for pieces, _ in ours}) == len(ours)


def segmentations(text: str, vocabulary) -> list[list[str]]:
    """All of them, without a lattice."""
    if not text:
        return [[]]
    return [
        [text[:end], *rest]
        for end in range(1, len(text) + 1)
        if text[:end] in vocabulary
        for rest in segmentations(text[end:], vocabulary)
    ]


@st.composite
def models(draw: st.DrawFn) -> dict[str, float]:
    longer = draw(st.sets(st.text("ab", min_size=2, max_size=4), max_size=8))
    weights = {piece: draw(st.floats(0.05, 1.0)) for piece in ["a", "b", *sorted(longer)]}
    total = sum(weights.values())
    return {piece: log(weight / total) for piece, weight in weights.items()}


words = st.text("ab", min_size=1, max_size=7)


@given(model=models(), word=words)
@modest
def test_sums_and_best_equal_listing_all(model: dict[str, float], word: str) -> None:
    listed = segmentations(word, model)
    totals = [sum(model[piece] for piece in pieces) for pieces in listed]
    edges = lattice(word, model)
    marginal = log(sum(map(exp, totals)))
    assert forward(edges, len(word))[-1] == pytest.approx(marginal)
    assert backward(edges, len(word))[0] == pytest.approx(marginal)
    best, score = viterbi(word, model)
    assert score == pytest.approx(max(totals))
    assert best in listed
    ranked = n_best(word, model, 4)
    assert [score for _, score in ranked] == pytest.approx(sorted(totals, reverse=True)[:4])


@given(model=models(), counts=st.dictionaries(words, st.integers(1, 4), min_size=1, max_size=4))
@modest
def test_e_step_equals_listing_all(model: dict[str, float], counts: dict[str, int]) -> None:
    expected, log_likelihood = Counter(), 0.0
    for word, count in counts.items():
        weights = [(p, exp(sum(model[piece] for piece in p))) for p in segmentations(word, model)]
        total = sum(weight for _, weight in weights)
        log_likelihood += count * log(total)
        for pieces, weight in weights:
            for piece in pieces:
                expected[piece] += count * weight / total
    ours, our_log_likelihood = expected_counts(counts, model)
    assert our_log_likelihood == pytest.approx(log_likelihood)
    assert ours == pytest.approx(dict(expected))


@given(model=models(), counts=st.dictionaries(words, st.integers(1, 4), min_size=1, max_size=4))
@modest
def test_em_never_lowers_the_likelihood(model: dict[str, float], counts: dict[str, int]) -> None:
    previous = -inf
    for _ in range(5):
        model, log_likelihood = em_step(counts, model)
        assert log_likelihood >= previous - 1e-9
        assert sum(map(exp, model.values())) == pytest.approx(1)
        previous = log_likelihood


@given(model=models(), counts=st.dictionaries(words, st.integers(1, 4), min_size=1, max_size=4))
@modest
def test_a_loss_is_the_fall_of_the_likelihood(model: dict[str, float], counts: dict[str, int]) -> None:
    losses = removal_losses(counts, model)
    assert losses.keys() == {piece for piece in model if len(piece) > 1}
    before = expected_counts(counts, model)[1]
    for piece, loss in losses.items():
        rest = {other: score for other, score in model.items() if other != piece}
        assert loss == pytest.approx(before - expected_counts(counts, rest)[1], abs=1e-9)
        assert loss >= -1e-12


@pytest.mark.parametrize("theta", [0.0, 0.5, 1.0])
def test_samples_have_the_frequencies_of_the_list(theta: float) -> None:
    model = {"a": log(0.3), "b": log(0.2), "ab": log(0.25), "ba": log(0.15), "aba": log(0.1)}
    listed = segmentations("ababa", model)
    weights = np.array([exp(theta * sum(model[piece] for piece in pieces)) for pieces in listed])
    rng, n = np.random.default_rng(0), 4000
    drawn = Counter(tuple(sample("ababa", model, rng, theta)) for _ in range(n))
    observed = np.array([drawn[tuple(pieces)] for pieces in listed])
    expected = n * weights / weights.sum()
    assert observed.sum() == n
    # chi-squared, 99.9 % quantile for the degrees of freedom at hand is below twice their number plus 15
    assert ((observed - expected) ** 2 / expected).sum() < 2 * (len(listed) - 1) + 15


def test_sentencepiece_draws_from_the_same_distribution(peer, scores) -> None:
    text = "the"
    listed = segmentations(normalize(text), scores)
    weights = np.array([exp(0.5 * sum(float(scores[piece]) for piece in pieces)) for pieces in listed])
    sentencepiece.set_random_generator_seed(1)
    n = 4000
    drawn = Counter(
        tuple(peer.encode(text, out_type=str, enable_sampling=True, alpha=0.5, nbest_size=-1))
        for _ in range(n)
    )
    observed = np.array([drawn[tuple(pieces)] for pieces in listed])
    expected = n * weights / weights.sum()
    assert observed.sum() == n
    assert ((observed - expected) ** 2 / expected).sum() < 2 * (len(listed) - 1) + 15


def test_training_keeps_characters_and_reaches_the_size() -> None:
    counts = Counter(normalize(word) for word in TEXT.split())
    characters = {char for word in counts for char in word}
    model = train_unigram(counts, 60)
    assert len(model) == 60
    assert characters <= model.keys()
    assert sum(map(exp, model.values())) == pytest.approx(1)
    assert "▁the" in model
    assert set(train_unigram(counts, 1)) == characters
    for word in counts:
        assert "".join(viterbi(word, model)[0]) == word


def test_seeds_are_the_substrings_with_the_largest_count_times_length() -> None:
    # in three times abab: ab 6 · 2, abab 3 · 4, aba and bab 3 · 3, ba 3 · 2
    assert train_unigram({"abab": 3}, vocab_size=10, n_seeds=2).keys() == {"a", "b", "ab", "abab"}
    assert "abc" not in train_unigram({"abc": 1}, vocab_size=10), "a substring has to occur twice"


def test_pruning_keeps_a_share_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    counts, sizes = Counter(normalize(word) for word in TEXT.split()), []

    def recorded(word_counts, log_probs):
        sizes.append(len(log_probs))
        return removal_losses(word_counts, log_probs)

    monkeypatch.setattr(unigram, "removal_losses", recorded)
    train_unigram(counts, 60, n_seeds=100)
    assert sizes[0] > 100
    assert sizes[-1] == 60
    for before, after in pairwise(sizes):
        assert after == max(60, int(0.75 * before))


def test_characters_stay_where_em_has_no_use_for_them() -> None:
    counts = {"▁low": 5, "▁lower": 2, "▁newest": 6, "▁widest": 3}
    model = train_unigram(counts, 13)
    assert set("▁lowernstid") <= model.keys()
    assert len(model) == 13
    assert all(-inf < score < 0 for score in model.values())


def test_a_text_that_no_pieces_spell_is_refused() -> None:
    with pytest.raises(ValueError, match="no sequence of pieces"):
        viterbi("abc", {"a": -1.0})
    with pytest.raises(ValueError, match="no sequence of pieces"):
        expected_counts({"abc": 1}, {"a": -1.0})
    assert viterbi("abc", {"a": -1.0}, -9.0) == (["a", "b", "c"], -19.0)
    assert viterbi("", {"a": -1.0}) == ([], 0.0)
