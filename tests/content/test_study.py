"""The map, its drawing and the learning paths say what the front matter of the questions says."""

import json
import random
import re
from graphlib import TopologicalSorter
from itertools import pairwise

import jsonschema
import pytest
import yaml
from lxml import html

from scripts.includes import learning_paths, question_graph, question_map
from scripts.includes.catalogue import questions
from scripts.includes.layers import crossings, place, reduced
from scripts.pages import DOCS, ROOT, Page, count_words

CATALOGUE = {question["path"]: question for question in questions(DOCS)}
DATA = yaml.safe_load((ROOT / "data/paths.yml").read_text(encoding="utf-8"))
WAYS = [pytest.param(way, id=way["name"]) for way in DATA["paths"]]
WORDS = {path: count_words(Page(ROOT / question["source"])) for path, question in CATALOGUE.items()}
MADE_PATHS = (ROOT / learning_paths.TARGET).read_text("utf-8").replace("&nbsp;", " ")


def above(needs: dict) -> dict[str, set]:
    """Everything that each needs, near or far."""
    found: dict[str, set] = {}
    for node in TopologicalSorter(needs).static_order():
        found[node] = set(needs.get(node, ())).union(*(found[other] for other in needs.get(node, ())))
    return found


def needs_of(edges) -> dict[str, list]:
    needs: dict[str, list] = {}
    for needed, node in edges:
        needs.setdefault(node, []).append(needed)
        needs.setdefault(needed, [])
    return needs


def random_needs(n_nodes: int, seed: int) -> dict[int, list[int]]:
    """As a site of that size may be: each page needs up to three of those before it, mostly near ones."""
    choose = random.Random(seed)
    return {
        node: sorted({max(0, node - 1 - int(choose.expovariate(0.15))) for _ in range(choose.randint(0, 3))})
        if node
        else []
        for node in range(n_nodes)
    }


# --- the table


def test_the_map_has_a_row_for_each_question() -> None:
    text = (ROOT / question_map.TARGET).read_text("utf-8")
    rows = [re.split(r" ?(?<!\\)\| ?", line)[1:-1] for line in text.splitlines() if line.startswith("| [")]
    assert [row[0] for row in rows] == [question_map.link(question) for question in CATALOGUE.values()]
    for row, question in zip(rows, CATALOGUE.values(), strict=True):
        assert row[1] == question["section"]
        assert row[2].startswith(str(question["difficulty"]))
        assert row[3] == str(question["asked_by"])
        needed = [question_map.link(CATALOGUE[path]) for path in question["prerequisites"]]
        assert row[4] == ("<br>".join(needed) or "–")


# --- the drawing


def test_arrows_are_the_prerequisites_without_those_that_others_imply() -> None:
    drawn = html.fromstring((ROOT / question_graph.TARGET).read_text("utf-8").partition("\n\n")[2])
    arrows = {(path.get("data-from"), path.get("data-to")) for path in drawn.iter("path")}
    needs = {path: question["prerequisites"] for path, question in CATALOGUE.items()}
    whole = above(needs)
    assert above({path: [] for path in needs} | needs_of(arrows)) == whole
    for needed, path in arrows:
        assert above({path: [] for path in needs} | needs_of(arrows - {(needed, path)})) != whole


def test_nodes_are_all_questions_as_links() -> None:
    drawn = html.fromstring((ROOT / question_graph.TARGET).read_text("utf-8").partition("\n\n")[2])
    links = {link.get("href"): (link.get("data-path"), link.text.strip()) for link in drawn.iter("a")}
    expected = {f"../../{q['url']}": (q["path"], q["question"]) for q in CATALOGUE.values()}
    assert links == expected


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("n_nodes", [1, 7, 30, 100])
def test_layout_keeps_nodes_apart_and_leads_every_edge_to_the_right(n_nodes: int, seed: int) -> None:
    needs = random_needs(n_nodes, seed)
    edges = reduced(needs)
    heights = {node: 30.0 + 10 * (node % 4) for node in needs}
    layout = place(heights, edges, gap=10)
    assert set(layout.column) == set(needs)
    for left, right in edges:
        assert layout.column[left] < layout.column[right]
        assert len(layout.ways[left, right]) == layout.column[right] - layout.column[left] + 1
    for column in set(layout.column.values()):
        nodes = sorted((n for n in needs if layout.column[n] == column), key=layout.middle.get)
        for upper, lower in pairwise(nodes):
            room = layout.middle[lower] - layout.middle[upper] - (heights[lower] + heights[upper]) / 2
            assert room >= 10 - 1e-6
        for edge, way in layout.ways.items():
            k = column - layout.column[edge[0]]
            if 0 < k < len(way) - 1:
                assert all(abs(way[k] - layout.middle[n]) >= heights[n] / 2 for n in nodes)
    assert min(layout.middle[n] - heights[n] / 2 for n in needs) >= -1e-6
    assert max(layout.middle[n] + heights[n] / 2 for n in needs) <= layout.height + 1e-6


@pytest.mark.parametrize("seed", range(4))
def test_reduction_keeps_what_is_above_and_nothing_that_is_implied(seed: int) -> None:
    needs = random_needs(30, seed)
    edges = reduced(needs)
    everything = {node: [] for node in needs}
    assert above(everything | needs_of(edges)) == above(needs)
    for edge in edges:
        rest = [other for other in edges if other != edge]
        assert above(everything | needs_of(rest)) != above(needs)


def test_a_drawing_without_crossings_is_found() -> None:
    """A ladder written in the worst order."""
    heights = {name: 20.0 for name in ("a1", "a2", "a3", "b3", "b2", "b1")}
    layout = place(heights, [("a1", "b1"), ("a2", "b2"), ("a3", "b3")], gap=5)
    assert crossings(layout.ways, layout.column) == 0


def test_arrows_of_the_site_hardly_cross() -> None:
    arrows = question_graph.edges(CATALOGUE)
    layout = place({path: 50.0 for path in CATALOGUE}, arrows, gap=10)
    assert crossings(layout.ways, layout.column) <= len(arrows) // 4


# --- the learning paths


def test_paths_have_the_form_of_their_schema() -> None:
    schema = json.loads((ROOT / "data/paths.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(DATA, schema)
    names = [way["name"] for way in DATA["paths"]]
    assert len(set(names)) == len(names)
    assert {way["pace"] for way in DATA["paths"]} == set(DATA["paces"])


@pytest.mark.parametrize("way", WAYS)
def test_what_a_page_needs_stands_before_it(way: dict) -> None:
    seen: list[str] = []
    for path in (path for part in way["parts"] for path in part):
        assert path in CATALOGUE, f"data/paths.yml: {way['name']}: {path} is no question"
        assert path not in seen, f"data/paths.yml: {way['name']}: {path} stands twice"
        missing = [needed for needed in CATALOGUE[path]["prerequisites"] if needed not in seen]
        assert not missing, f"data/paths.yml: {way['name']}: put {', '.join(missing)} before {path}"
        seen.append(path)


@pytest.mark.parametrize("way", WAYS)
def test_no_part_takes_longer_than_it_may(way: dict) -> None:
    for k, total in enumerate(learning_paths.part_minutes(way, DATA, WORDS), start=1):
        assert total <= way["most_minutes"], (
            f"data/paths.yml: {way['name']}, part {k}: {total} min; move a page to another part"
        )


def minutes_in(text: str) -> int:
    """The reverse of learning_paths.duration."""
    hours, minutes = re.fullmatch(r"(?:(\d+) h)? ?(?:(\d+) min)?", text).groups(default="0")
    return 60 * int(hours) + int(minutes)


@pytest.mark.parametrize("way", WAYS)
def test_minutes_that_readers_see_add_up_and_follow_from_the_words(way: dict) -> None:
    section = re.search(rf"^## {way['name']}\n(.*?)(?=^## |\Z)", MADE_PATHS, re.M | re.S)[1]
    shown = [int(found) for found in re.findall(r"^\d+\. \[.*\), (\d+) min$", section, re.M)]
    pace = DATA["paces"][way["pace"]]["words_per_minute"]
    paths = [path for part in way["parts"] for path in part]
    for path, minutes in zip(paths, shown, strict=True):
        assert minutes % 5 == 0
        assert abs(WORDS[path] / pace - minutes) <= 2.5
    total = re.search(r"^\*\*(.+?)\*\*", section, re.M)[1]
    assert minutes_in(total) == sum(shown)
    parts = re.findall(r"^(?:Day|Evening) \d+, (.+):$", section, re.M)
    assert not parts or sum(map(minutes_in, parts)) == sum(shown)
    table = (ROOT / learning_paths.TABLE).read_text("utf-8")
    assert f"| [{way['name']}](#" in table
    assert f" | {len(paths)} | {total} | {way['pace']} |" in table.replace("&nbsp;", " ")
