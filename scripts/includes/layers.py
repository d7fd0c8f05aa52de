"""Places the nodes of a graph without cycles in columns, so that every edge leads to the right.

A column is the length of the longest way to a node. An edge over several columns has a waypoint in each of
those between, so that no edge runs behind a node. Within a column, nodes stand near their neighbors
(Sugiyama, Tagawa and Toda 1981). The result depends on the input alone.
"""

from collections.abc import Hashable
from graphlib import TopologicalSorter
from itertools import pairwise
from typing import NamedTuple

SWEEPS = 12  # more change nothing for graphs of a hundred nodes
WAYPOINT_HEIGHT = 4.0

Node = Hashable
Waypoint = tuple[str, Node, Node, int]  # of an edge, in a column


class Layout(NamedTuple):
    column: dict[Node, int]
    middle: dict[Node, float]  # the vertical middle of each node
    ways: dict[tuple[Node, Node], list[float]]  # of each edge: its height in each column, from end to end
    height: float


def reduced(needs: dict[Node, list[Node]]) -> list[tuple[Node, Node]]:
    """The edges (needed, node) that no longer way implies, in the order of `needs`."""
    above: dict[Node, set[Node]] = {}
    for node in TopologicalSorter(needs).static_order():
        above[node] = set(needs.get(node, ())).union(*(above[other] for other in needs.get(node, ())))
    return [
        (other, node)
        for node, others in needs.items()
        for other in others
        if not any(other in above[third] for third in others)
    ]


def place(heights: dict[Node, float], edges: list[tuple[Node, Node]], gap: float) -> Layout:
    """`heights` names every node, in the order that decides where neighbors do not."""
    column = _columns(heights, edges)
    ways = {(a, b): [a, *(("way", a, b, k) for k in range(column[a] + 1, column[b])), b] for a, b in edges}
    sizes = dict(heights)
    columns: list[list] = [[] for _ in range(max(column.values(), default=0) + 1)]
    for node in heights:
        columns[column[node]].append(node)
    for way in ways.values():
        for waypoint in way[1:-1]:
            columns[waypoint[3]].append(waypoint)
            sizes[waypoint] = WAYPOINT_HEIGHT
    before, after = {node: [] for node in sizes}, {node: [] for node in sizes}
    for way in ways.values():
        for left, right in pairwise(way):
            before[right].append(left)
            after[left].append(right)
    columns = _ordered(columns, before, after)
    middle = _middles(columns, sizes, before, after, gap)
    return Layout(
        column,
        {node: middle[node] for node in heights},
        {edge: [middle[node] for node in way] for edge, way in ways.items()},
        max((middle[node] + sizes[node] / 2 for node in sizes), default=0.0),
    )


def crossings(ways: dict[tuple[Node, Node], list[float]], column: dict[Node, int]) -> int:
    """How often two edges cross between the same two columns."""
    parts = [(column[a] + k, *ends) for (a, _), way in ways.items() for k, ends in enumerate(pairwise(way))]
    return sum(
        first[0] == second[0] and (first[1] - second[1]) * (first[2] - second[2]) < 0
        for k, first in enumerate(parts)
        for second in parts[:k]
    )


def _columns(heights: dict[Node, float], edges: list[tuple[Node, Node]]) -> dict[Node, int]:
    needs: dict[Node, list[Node]] = {node: [] for node in heights}
    for left, right in edges:
        needs[right].append(left)
    column: dict[Node, int] = {}
    for node in TopologicalSorter(needs).static_order():
        column[node] = max((column[other] + 1 for other in needs[node]), default=0)
    return column


def _ordered(columns: list[list], before: dict, after: dict) -> list[list]:
    """The order with the fewest crossings among those that the sweeps find."""
    best, fewest = columns, _count(columns, before)
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        neighbors = before if forward else after
        columns = list(columns)
        for k in range(len(columns)) if forward else reversed(range(len(columns))):
            columns[k] = _sorted(columns[k], columns, neighbors)
        if (count := _count(columns, before)) < fewest:
            best, fewest = columns, count
    return best


def _sorted(nodes: list, columns: list[list], neighbors: dict) -> list:
    """By the mean place of their neighbors; who has none keeps its place."""
    place_of = {node: k for column in columns for k, node in enumerate(column)}

    def wanted(node: Node) -> float:
        places = [place_of[other] for other in neighbors[node]]
        return sum(places) / len(places) if places else place_of[node]

    return sorted(nodes, key=wanted)


def _count(columns: list[list], before: dict) -> int:
    total = 0
    for left, right in pairwise(columns):
        place_of = {node: k for k, node in enumerate(left)}
        ends = [place_of[other] for node in right for other in sorted(before[node], key=place_of.get)]
        total += sum(first > second for k, second in enumerate(ends) for first in ends[:k])
    return total


def _middles(columns: list[list], sizes: dict, before: dict, after: dict, gap: float) -> dict:
    middle: dict[Node, float] = {}
    for nodes in columns:  # at first as close as they may stand
        bottom = 0.0
        for node in nodes:
            middle[node] = bottom + sizes[node] / 2
            bottom += sizes[node] + gap
    for sweep in range(SWEEPS):
        neighbors = before if sweep % 2 == 0 else after
        for nodes in columns if sweep % 2 == 0 else reversed(columns):
            wanted = [
                sum(middle[other] for other in neighbors[node]) / len(neighbors[node])
                if neighbors[node]
                else middle[node]
                for node in nodes
            ]
            middle |= dict(zip(nodes, _apart(wanted, [sizes[node] for node in nodes], gap), strict=True))
    top = min((middle[node] - sizes[node] / 2 for node in sizes), default=0.0)
    return {node: value - top for node, value in middle.items()}


def _apart(wanted: list[float], sizes: list[float], gap: float) -> list[float]:
    """The middles nearest to those wanted (least squares) that keep the order and do not overlap."""
    offset, offsets = 0.0, []
    for k, size in enumerate(sizes):
        offset += size / 2 + (sizes[k - 1] / 2 + gap if k else 0.0)
        offsets.append(offset)
    # without overlap the differences to the offsets must not fall: pool those that do
    blocks: list[list[float]] = []  # sum and count
    for value, own in zip(wanted, offsets, strict=True):
        blocks.append([value - own, 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, count = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += count
    shifts = [total / count for total, count in blocks for _ in range(int(count))]
    return [shift + own for shift, own in zip(shifts, offsets, strict=True)]
