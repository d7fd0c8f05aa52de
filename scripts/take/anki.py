"""The flashcards: one note a question, the short answer behind it, for Anki and what reads its packages.

A note is known by the first path of its page, the deck and the note type by numbers that never change. So
whoever imports a later deck keeps the schedule of every card, also where a page has moved. A note's time is
the day on which its page was verified, since Anki takes a text only from a newer note.
"""

import html
import tempfile
from datetime import datetime
from pathlib import Path

import genanki

from scripts import yaml_files
from scripts.take import archive, catalogue

MOVES = Path(__file__).resolve().parents[2] / "data" / "redirects.yml"
# Drawn by chance once. Another number would be another deck, and all cards would begin anew.
DECK_ID = 1_740_829_316
MODEL_ID = 1_392_508_471
NAME = "Questions on Large Language Models"
FIELDS = ("Question", "Answer", "Address")
FRONT = '<p class="question">{{Question}}</p>'
BACK = """\
<p class="question">{{Question}}</p>
<hr id="answer">
<p>{{Answer}}</p>
<p class="source"><a href="{{Address}}">Derivation, numbers, code and sources</a></p>
"""
STYLE = """\
.card { max-width: 36em; margin: 0 auto; padding: 1em; font: 1.15em/1.5 sans-serif; text-align: left; }
.question { font-size: 1.2em; font-weight: 600; }
.source { font-size: 0.85em; }
"""
TEMPLATE = {"name": "Short answer", "qfmt": FRONT, "afmt": BACK}


class _Note(genanki.Note):
    """A note with a time of its own; genanki gives all notes that of the package."""

    def __init__(self, verified: datetime, **arguments) -> None:
        super().__init__(**arguments)
        self.verified = verified

    def write_to_db(self, cursor, timestamp, deck_id, id_gen) -> None:
        super().write_to_db(cursor, self.verified.timestamp(), deck_id, id_gen)


def write(site: Path, path: Path) -> str:
    """How many cards there are, in words."""
    questions = catalogue.questions(site)
    moves = yaml_files.load(MOVES) or {}
    home = catalogue.address(site)
    model = genanki.Model(MODEL_ID, NAME, [{"name": name} for name in FIELDS], [TEMPLATE], STYLE)
    deck = genanki.Deck(DECK_ID, NAME, f"One card a question, from {home} (text: CC BY 4.0)")
    for place, question in enumerate(questions):
        deck.add_note(_note(question, identity(question["path"], moves), home, model, place))
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / path.name
        genanki.Package(deck).write_to_file(package, catalogue.date(site).timestamp())
        archive.write(path, archive.read(package))
    return f"{len(questions)} cards"


def identity(path: str, moves: dict[str, str]) -> str:
    """The path that a page had first, by the redirects from old addresses to new ones."""
    earlier = {new: old for old, new in moves.items()}
    page = f"{path}/"
    while page in earlier:
        page = earlier[page]
    return page.rstrip("/")


def _note(question: dict, guid: str, home: str, model: genanki.Model, place: int) -> _Note:
    text = [question["question"], question["short_answer"], home + question["url"]]
    return _Note(
        verified=catalogue.moment(question["verified"]),
        model=model,
        fields=[html.escape(field, quote=False) for field in text],
        tags=_tags(question),
        guid=guid,
        due=place,  # new cards come in the order of the pages
    )


def _tags(question: dict) -> list[str]:
    """In Anki's hierarchy: its browser folds what stands before ::."""
    folder = question["path"].rpartition("/")[0] or question["path"]
    return [f"llm::{folder.replace('/', '::')}", f"llm::difficulty::{question['difficulty']}"]
