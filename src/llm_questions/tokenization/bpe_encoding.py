"""Byte pair encoding, applying merges: two ways to the same tokens, with the lookups that each needs.

Both merge the pair of neighbors that was learned first, of two such pairs the left one, while there is one.
"""

import heapq
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import inf
from typing import NamedTuple

from llm_questions.tokenization.byte_pair_encoding import Pair, Symbol


class Encoded(NamedTuple):
    tokens: list[Symbol]
    lookups: int  # of pairs in the table of ranks


# --8<-- [start:encode_by_scanning]
def encode_by_scanning(symbols: Sequence[Symbol], ranks: Mapping[Pair, int]) -> Encoded:
    """Tokens of one word: look through all pairs of neighbors for each merge.

    `ranks` maps a pair to its place in the list of merges. A word of n symbols takes up to
    n - 1 rounds of at most n - 1 lookups, which is O(n²).
    """
    tokens, lookups = list(symbols), 0
    while len(tokens) > 1:
        lookups += len(tokens) - 1
        rank, i = min((ranks.get(pair, inf), i) for i, pair in enumerate(pairwise(tokens)))
        if rank == inf:
            break
        tokens[i : i + 2] = [tokens[i] + tokens[i + 1]]
    return Encoded(tokens, lookups)


# --8<-- [end:encode_by_scanning]


# --8<-- [start:encode_with_queue]
def encode_with_queue(symbols: Sequence[Symbol], ranks: Mapping[Pair, int]) -> Encoded:
    """The same tokens, with the possible merges in a priority queue: O(n log n).

    Tokens form a linked list. A merge changes two pairs, which are looked up and
    queued; an entry whose pair is no longer there is skipped when its turn comes.
    """
    tokens: list[Symbol | None] = list(symbols)
    n = len(tokens)
    before, after = list(range(-1, n - 1)), list(range(1, n + 1))
    queue: list[tuple[int, int]] = []
    lookups = 0

    def rank_at(i: int) -> float:
        return ranks.get((tokens[i], tokens[after[i]]), inf)

    def offer(i: int) -> None:
        nonlocal lookups
        if i >= 0 and after[i] < n:
            lookups += 1
            if (rank := rank_at(i)) < inf:
                heapq.heappush(queue, (rank, i))

    for i in range(n - 1):
        offer(i)
    while queue:
        rank, i = heapq.heappop(queue)
        if tokens[i] is None or after[i] == n:
            continue
        lookups += 1
        if rank_at(i) != rank:
            continue
        j = after[i]
        tokens[i], tokens[j] = tokens[i] + tokens[j], None
        after[i] = after[j]
        if after[i] < n:
            before[after[i]] = i
        offer(before[i])
        offer(i)
    return Encoded([token for token in tokens if token is not None], lookups)


# --8<-- [end:encode_with_queue]
