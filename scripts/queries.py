"""What people search for, from data/queries.tsv, and how well a search answers it. For tests and the bench.

The set `tuned` was looked at while the search was made. The set `held-out` was written before any result was
seen, from questions that people ask elsewhere, and no setting was chosen by it. The set `none` holds what no
page answers.
"""

import csv
import json
import random
import string
import subprocess
from pathlib import Path
from typing import NamedTuple

from scripts.pages import ROOT

FILE = ROOT / "data/queries.tsv"
FIRST_SHARE, NEAR_SHARE, MISSPELLED_SHARE = 0.9, 0.98, 0.95  # of the right pages: first, in the first three
NEAR = 3
EDITS = ("delete", "swap", "replace", "insert")


class Query(NamedTuple):
    set: str
    kind: str
    pages: tuple[str, ...]  # each answers it
    text: str


class Shares(NamedTuple):
    first: float
    near: float


def read() -> list[Query]:
    with FILE.open(encoding="utf-8") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
    return [Query(name, kind, tuple(pages.split()), text) for name, kind, pages, text in rows]


def misspelled(queries: list[Query]) -> list[Query]:
    """Each query of the kind `term` with one letter of its longest word wrong, in every way of EDITS."""
    source = random.Random(0)
    terms = [query for query in queries if query.kind == "term"]
    return [
        query._replace(set="misspelled", kind=edit, text=_misspell(query.text, edit, source))
        for query in terms
        for edit in EDITS
    ]


def _misspell(text: str, edit: str, source: random.Random) -> str:
    word = max(text.split(), key=len)
    wrong = word
    while wrong == word:
        at = source.randrange(1, len(word) - 1)  # people rarely miss the first letter
        letter = source.choice(string.ascii_lowercase)
        wrong = {
            "delete": word[:at] + word[at + 1 :],
            "swap": word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            "replace": word[:at] + letter + word[at + 1 :],
            "insert": word[:at] + letter + word[at:],
        }[edit]
    return text.replace(word, wrong, 1)


def rank(query: Query, found: list[str]) -> int | None:
    """Of the first right page, from 1."""
    return next((place for place, page in enumerate(found, 1) if page in query.pages), None)


def shares(ranks: list[int | None]) -> Shares:
    return Shares(
        sum(place == 1 for place in ranks) / len(ranks),
        sum(place is not None and place <= NEAR for place in ranks) / len(ranks),
    )


def ask(site: Path, texts: list[str]) -> list[dict]:
    """What the built site's search worker answers, run by Node: see scripts/ask_search.mjs."""
    command = ["node", ROOT / "scripts/ask_search.mjs", site]
    answered = subprocess.run(command, input=json.dumps(texts), capture_output=True, text=True, check=False)
    if answered.returncode:
        raise RuntimeError(f"the search worker failed:\n{answered.stderr}")
    return json.loads(answered.stdout)
