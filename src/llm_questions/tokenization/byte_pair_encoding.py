"""Byte pair encoding, training: merge the most frequent pair of neighbors, again and again.

Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword Units", arXiv:1508.07909,
Algorithm 1.
A symbol is a piece of text (`str`) or of its bytes (`bytes`); a word is a tuple of symbols.
"""

import heapq
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from llm_questions.tokenization.pretokenization import WHITE_SPACE

Symbol = str | bytes
Word = tuple[Symbol, ...]
Pair = tuple[Symbol, Symbol]


class Trained(NamedTuple):
    merges: list[Pair]  # in the order in which they were learned
    visits: int  # how many pairs of neighbors were looked at


def count_words(text: str, end: str = "") -> Counter[Word]:
    """How often each word between white space occurs: its characters, then `end` unless that is empty."""
    words = re.findall(f"[^{WHITE_SPACE}]+", text)
    return Counter((*word, end) if end else tuple(word) for word in words)


# --8<-- [start:learn_merges]
def count_pairs(words: Mapping[Word, int]) -> Counter[Pair]:
    """How often each pair of neighbors occurs, in all occurrences of all words."""
    counts: Counter[Pair] = Counter()
    for word, count in words.items():
        for pair in pairwise(word):
            counts[pair] += count
    return counts


def merge_pair(word: Word, pair: Pair) -> Word:
    """`word` with each occurrence of `pair` made one symbol, from left to right."""
    merged: list[Symbol] = []
    i = 0
    while i < len(word):
        if word[i : i + 2] == pair:
            merged.append(pair[0] + pair[1])
            i += 2
        else:
            merged.append(word[i])
            i += 1
    return tuple(merged)


def learn_merges(
    words: Mapping[Word, int],
    n_merges: int,
    alphabet: Sequence[Symbol] | None = None,
    ties: Literal["ids", "seen"] = "ids",
) -> Trained:
    """The first `n_merges` merges of byte pair encoding; each counts all pairs anew.

    `words` maps a word to how often it occurs. Among pairs with the same count, "ids"
    takes the one with the smaller ids, first of the left and then of the right symbol,
    as in Hugging Face tokenizers: symbols of `alphabet` (by default all, sorted) have
    the ids 0, 1, ..., and each new symbol gets the next. "seen" takes the pair that is
    met first, as the paper does.

    Stops early when no word has two symbols left.

    Source: arXiv:1508.07909, Algorithm 1.
    """
    ids = _initial_ids(words, alphabet)
    merges: list[Pair] = []
    visits = 0
    while len(merges) < n_merges and (counts := count_pairs(words)):
        visits += sum(len(word) - 1 for word in words)
        if ties == "seen":
            best = max(counts, key=lambda p: counts[p])
        else:
            best = min(counts, key=lambda p: (-counts[p], ids[p[0]], ids[p[1]]))
        merges.append(best)
        ids.setdefault(best[0] + best[1], len(ids))
        merged: Counter[Word] = Counter()
        for word, count in words.items():
            merged[merge_pair(word, best)] += count
        words = merged
    return Trained(merges, visits)


# --8<-- [end:learn_merges]


def _initial_ids(words: Mapping[Word, int], alphabet: Sequence[Symbol] | None) -> dict[Symbol, int]:
    symbols = {symbol for word in words for symbol in word}
    if alphabet is None:
        alphabet = sorted(symbols)
    ids = {symbol: i for i, symbol in enumerate(alphabet)}
    if missing := symbols - ids.keys():
        raise ValueError(f"the alphabet lacks {sorted(missing)[:3]}, which occur in the words: add them")
    return ids


# --8<-- [start:learn_merges_incrementally]
def learn_merges_incrementally(
    words: Mapping[Word, int],
    n_merges: int,
    alphabet: Sequence[Symbol] | None = None,
) -> Trained:
    """The merges of `learn_merges`, with counts that are kept and corrected where words change.

    An index tells which words hold a pair, and a heap which pair is the most frequent one.
    Entries of the heap are not removed when a count changes: outdated ones are skipped.
    """
    ids = _initial_ids(words, alphabet)
    texts, multiples = list(words), list(words.values())
    counts: Counter[Pair] = Counter()
    holders: defaultdict[Pair, set[int]] = defaultdict(set)
    visits = 0
    for i, word in enumerate(texts):
        for pair in pairwise(word):
            counts[pair] += multiples[i]
            holders[pair].add(i)
            visits += 1

    def entry(pair: Pair) -> tuple[int, int, int, Pair]:
        return -counts[pair], ids[pair[0]], ids[pair[1]], pair

    heap = [entry(pair) for pair in counts]
    heapq.heapify(heap)
    merges: list[Pair] = []
    while len(merges) < n_merges and heap:
        negative_count, _, _, best = heapq.heappop(heap)
        if -negative_count != counts[best] or not counts[best]:
            continue
        merges.append(best)
        ids.setdefault(best[0] + best[1], len(ids))
        changed: set[Pair] = set()
        for i in holders.pop(best):
            before, texts[i] = texts[i], merge_pair(texts[i], best)
            for word, sign in ((before, -1), (texts[i], 1)):
                for pair in pairwise(word):
                    counts[pair] += sign * multiples[i]
                    changed.add(pair)
                    visits += 1
            for pair in pairwise(texts[i]):
                holders[pair].add(i)
        for pair in changed:
            heapq.heappush(heap, entry(pair))
    return Trained(merges, visits)


# --8<-- [end:learn_merges_incrementally]
