"""WordPiece, the tokenizer of BERT: greedy longest match, learned by a score that is not the plain count.

Schuster & Nakajima 2012, "Japanese and Korean Voice Search"; Wu et al. 2016, arXiv:1609.08144, §4.1.
"""

from collections import Counter
from collections.abc import Mapping
from itertools import pairwise

PREFIX = "##"


# --8<-- [start:encode]
def encode_wordpiece(word: str, vocabulary: set[str], unknown: str = "[UNK]") -> list[str]:
    """The longest piece that begins the word, then the longest that begins the rest, ...

    Pieces inside a word carry the prefix ##. A word with a rest that no piece begins becomes
    `unknown` as a whole.
    """
    pieces: list[str] = []
    start = 0
    while start < len(word):
        prefix = PREFIX if start else ""
        ends = range(len(word), start, -1)
        end = next((end for end in ends if prefix + word[start:end] in vocabulary), None)
        if end is None:
            return [unknown]
        pieces.append(prefix + word[start:end])
        start = end
    return pieces


# --8<-- [end:encode]


# --8<-- [start:learn]
def learn_wordpiece(word_counts: Mapping[str, int], n_merges: int) -> list[str]:
    """Characters and `n_merges` merged pieces; a pair scores count(xy) / (count(x) count(y)).

    Ties go to the pair whose pieces come first in the vocabulary. The trainer behind BERT's
    vocabulary was not released; this score is the usual reconstruction. Up to a constant it says
    how much more often the pair occurs than its pieces would meet by chance.
    """
    words = {
        tuple(char if i == 0 else PREFIX + char for i, char in enumerate(word)): count
        for word, count in word_counts.items()
    }
    vocabulary = sorted({piece for word in words for piece in word})
    for _ in range(n_merges):
        singles: Counter[str] = Counter()
        pairs: Counter[tuple[str, str]] = Counter()
        for word, count in words.items():
            for piece in word:
                singles[piece] += count
            for left, right in pairwise(word):
                pairs[left, right] += count
        if not pairs:
            break
        order = {piece: i for i, piece in enumerate(vocabulary)}
        best = min(
            pairs,
            key=lambda p: (-pairs[p] / (singles[p[0]] * singles[p[1]]), order[p[0]], order[p[1]]),
        )
        merged = best[0] + best[1].removeprefix(PREFIX)
        if merged not in order:
            vocabulary.append(merged)
        words = {_merge(word, best, merged): count for word, count in words.items()}
    return vocabulary


# --8<-- [end:learn]


def _merge(word: tuple[str, ...], pair: tuple[str, str], merged: str) -> tuple[str, ...]:
    out: list[str] = []
    i = 0
    while i < len(word):
        found = word[i : i + 2] == pair
        out.append(merged if found else word[i])
        i += 2 if found else 1
    return tuple(out)
