"""The unigram language model as a tokenizer: a segmentation's probability is the product of its pieces'.

Kudo 2018, "Subword Regularization", arXiv:1804.10959, §3.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from math import exp, inf, log
from typing import NamedTuple

import numpy as np

Score = float | np.floating  # single precision stays single, as in sentencepiece


class Edge(NamedTuple):
    start: int
    end: int
    score: Score


# --8<-- [start:lattice]
def lattice(text: str, log_probs: Mapping[str, Score], unknown: Score | None = None) -> list[Edge]:
    """Every piece that occurs in `text`, as an edge from where it starts to where it ends.

    Edges are sorted by start, so that whoever walks through them has all ways to an edge's
    start behind him. `unknown` is the score of a character that is no piece.
    """
    longest = max(map(len, log_probs), default=1)
    edges: list[Edge] = []
    for start in range(len(text)):
        for end in range(start + 1, min(start + longest, len(text)) + 1):
            score = log_probs.get(text[start:end], unknown if end == start + 1 else None)
            if score is not None:
                edges.append(Edge(start, end, score))
    return edges


# --8<-- [end:lattice]


# --8<-- [start:viterbi]
def viterbi(
    text: str, log_probs: Mapping[str, Score], unknown: Score | None = None
) -> tuple[list[str], Score]:
    """The most probable segmentation and its log-probability.

    Raises:
        ValueError: the pieces do not cover the text, and `unknown` is not given.
    """
    best = [0.0] + [-inf] * len(text)  # best[i]: score of the best way to position i
    came_from = [0] * (len(text) + 1)
    for start, end, score in lattice(text, log_probs, unknown):
        if best[start] + score > best[end]:
            best[end], came_from[end] = best[start] + score, start
    if best[-1] == -inf:
        raise ValueError(f"no sequence of pieces spells {text!r}: give `unknown` a score")
    pieces, end = [], len(text)
    while end > 0:
        pieces.append(text[came_from[end] : end])
        end = came_from[end]
    return pieces[::-1], best[-1]


# --8<-- [end:viterbi]


# --8<-- [start:forward]
def forward(edges: list[Edge], n: int) -> np.ndarray:
    """Log of the summed probability of all ways from position 0 to each position; shape (n + 1,)."""
    alpha = np.full(n + 1, -np.inf)
    alpha[0] = 0.0
    for start, end, score in edges:
        alpha[end] = np.logaddexp(alpha[end], alpha[start] + score)
    return alpha


def backward(edges: list[Edge], n: int) -> np.ndarray:
    """The same from each position to the end; shape (n + 1,)."""
    beta = np.full(n + 1, -np.inf)
    beta[n] = 0.0
    for start, end, score in reversed(edges):
        beta[start] = np.logaddexp(beta[start], score + beta[end])
    return beta


# --8<-- [end:forward]


# --8<-- [start:em]
def expected_counts(
    word_counts: Mapping[str, int], log_probs: Mapping[str, Score]
) -> tuple[dict[str, float], float]:
    """How often each piece is used, on average over all segmentations; log-likelihood.

    E step: each segmentation weighs what the model gives it. The log-likelihood is the
    sum over words of count · log p(word), where p(word) adds up all segmentations.
    """
    expected: defaultdict[str, float] = defaultdict(float)
    log_likelihood = 0.0
    for word, count in word_counts.items():
        edges = lattice(word, log_probs)
        alpha, beta = forward(edges, len(word)), backward(edges, len(word))
        if alpha[-1] == -np.inf:
            raise ValueError(f"no sequence of pieces spells {word!r}")
        log_likelihood += count * float(alpha[-1])
        for start, end, score in edges:
            share = exp(alpha[start] + score + beta[end] - alpha[-1])
            expected[word[start:end]] += count * share
    return dict(expected), log_likelihood


def em_step(
    word_counts: Mapping[str, int],
    log_probs: Mapping[str, Score],
) -> tuple[dict[str, float], float]:
    """New log-probabilities, and the log-likelihood of the old ones.

    M step: the expected counts, normalized.
    """
    expected, log_likelihood = expected_counts(word_counts, log_probs)
    total = sum(expected.values())
    used = {piece: count for piece, count in expected.items() if count > 0}
    return {piece: log(count / total) for piece, count in used.items()}, log_likelihood


# --8<-- [end:em]


# --8<-- [start:prune]
def removal_losses(word_counts: Mapping[str, int], log_probs: Mapping[str, Score]) -> dict[str, float]:
    """By how much the log-likelihood falls if one piece goes, for pieces longer than a character.

    The other probabilities stay as they are. Characters are not listed: they are never removed.
    """
    before = {word: forward(lattice(word, log_probs), len(word))[-1] for word in word_counts}
    losses: dict[str, float] = {}
    for piece in log_probs:
        if len(piece) > 1:
            rest = {p: score for p, score in log_probs.items() if p != piece}
            losses[piece] = sum(
                count * float(before[word] - forward(lattice(word, rest), len(word))[-1])
                for word, count in word_counts.items()
                if piece in word
            )
    return losses


def train_unigram(
    word_counts: Mapping[str, int],
    vocab_size: int,
    n_seeds: int = 1000,
    keep: float = 0.75,
    n_em_steps: int = 2,
) -> dict[str, float]:
    """A vocabulary of at most `vocab_size` pieces with log-probabilities, made by pruning.

    Seeds are all characters and the `n_seeds` substrings with the largest count · length among
    those that occur twice. Then, in turn: `n_em_steps` EM steps, and the pieces with the
    smallest loss go, until a share `keep` is left. Characters stay, even if that is too many; one
    whose expected count has become 0 in floating point is made as rare as the rarest piece.

    Source: arXiv:1804.10959, §3.2.
    """
    log_probs = _seeds(word_counts, n_seeds)
    characters = {char for word in word_counts for char in word}
    while True:
        for _ in range(n_em_steps):
            log_probs, _ = em_step(word_counts, log_probs)
        rarest = min(log_probs.values())
        log_probs |= dict.fromkeys(characters - log_probs.keys(), rarest)
        losses = removal_losses(word_counts, log_probs)
        if len(log_probs) <= vocab_size or not losses:
            return log_probs
        n_kept = max(vocab_size, int(keep * len(log_probs)))
        ordered = sorted(losses, key=lambda piece: (losses[piece], piece))
        for piece in ordered[: len(log_probs) - n_kept]:
            del log_probs[piece]


# --8<-- [end:prune]


def _seeds(word_counts: Mapping[str, int], n_seeds: int) -> dict[str, float]:
    counts: Counter[str] = Counter()
    for word, count in word_counts.items():
        for start in range(len(word)):
            for end in range(start + 1, len(word) + 1):
                counts[word[start:end]] += count
    characters = {piece: count for piece, count in counts.items() if len(piece) == 1}
    longer = [piece for piece, count in counts.items() if len(piece) > 1 and count > 1]
    longer.sort(key=lambda piece: (-counts[piece] * len(piece), piece))
    weights = characters | {piece: counts[piece] * len(piece) for piece in longer[:n_seeds]}
    total = sum(weights.values())
    return {piece: log(weight / total) for piece, weight in weights.items()}


# --8<-- [start:sample]
def sample(
    text: str,
    log_probs: Mapping[str, Score],
    rng: np.random.Generator,
    theta: float = 1.0,
    unknown: Score | None = None,
) -> list[str]:
    """A segmentation drawn with a probability proportional to p(segmentation) ** theta.

    Forward filtering, backward sampling: sums from the left, then pieces drawn from the right.
    theta = 0 draws evenly among all segmentations; a large theta draws the best one.

    Source: arXiv:1804.10959, §3.3.
    """
    edges = [Edge(e.start, e.end, theta * e.score) for e in lattice(text, log_probs, unknown)]
    alpha = forward(edges, len(text))
    pieces, end = [], len(text)
    while end > 0:
        into = [edge for edge in edges if edge.end == end]
        weights = np.exp([alpha[edge.start] + edge.score - alpha[end] for edge in into])
        edge = into[rng.choice(len(into), p=weights / weights.sum())]
        pieces.append(text[edge.start : end])
        end = edge.start
    return pieces[::-1]


def n_best(
    text: str, log_probs: Mapping[str, Score], n: int, unknown: Score | None = None
) -> list[tuple[list[str], Score]]:
    """The `n` most probable segmentations with their log-probabilities, best first."""
    ways: list[list[tuple[list[str], Score]]] = [[] for _ in range(len(text) + 1)]
    ways[0] = [([], 0.0)]
    by_start: defaultdict[int, list[Edge]] = defaultdict(list)
    for edge in lattice(text, log_probs, unknown):
        by_start[edge.start].append(edge)
    for start in range(len(text)):
        for edge in by_start[start]:
            piece = text[start : edge.end]
            ways[edge.end] += [([*way, piece], total + edge.score) for way, total in ways[start]]
        ways[start + 1] = sorted(ways[start + 1], key=lambda way: -way[1])[:n]
    return ways[-1]


# --8<-- [end:sample]
