"""The deck as Anki's own library takes it: a later one keeps the schedule of every card."""

import json
from pathlib import Path

import pytest

pytest.importorskip("anki")
from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest
from anki.scheduler.v3 import CardAnswer

from scripts.take import anki as deck
from tests.take.sites import make_site, question

FIRST = [question("a/one"), question("a/two"), question("b/gone", section="B", difficulty=3)]


@pytest.fixture
def collection(tmp_path: Path):
    opened = Collection(str(tmp_path / "collection.anki2"))
    yield opened
    opened.close()


def pack(folder: Path, questions: list[dict]) -> Path:
    package = folder / "questions.apkg"
    deck.write(make_site(folder, questions), package)
    return package


def import_into(collection: Collection, package: Path):
    """With what Anki's window offers: texts of newer notes are taken."""
    options = ImportAnkiPackageOptions(with_scheduling=True, with_deck_configs=True)
    request = ImportAnkiPackageRequest(package_path=str(package), options=options)
    return collection.import_anki_package(request).log


def notes(collection: Collection) -> dict[str, list[str]]:
    found = [collection.get_note(identity) for identity in collection.find_notes("")]
    return {note.guid: note.fields for note in found}


def test_every_question_is_a_card(collection: Collection, tmp_path: Path):
    import_into(collection, pack(tmp_path, FIRST))
    assert notes(collection) == {
        "a/one": ["What is a/one?", "It is a/one &lt;now&gt;.", "https://example.org/book/a/one/"],
        "a/two": ["What is a/two?", "It is a/two &lt;now&gt;.", "https://example.org/book/a/two/"],
        "b/gone": ["What is b/gone?", "It is b/gone &lt;now&gt;.", "https://example.org/book/b/gone/"],
    }
    assert collection.card_count() == 3
    assert len(collection.find_notes("tag:llm::b tag:llm::difficulty::3")) == 1
    card = collection.get_card(collection.find_cards("a/one")[0])
    assert "What is a/one?" in card.question()
    assert 'href="https://example.org/book/a/one/"' in card.answer()


def test_a_later_deck_keeps_the_schedule(collection: Collection, tmp_path: Path):
    import_into(collection, pack(tmp_path / "first", FIRST))
    collection.decks.select(collection.decks.id_for_name(deck.NAME))
    learned = collection.sched.get_queued_cards().cards[0]
    collection.sched.answer_card(
        collection.sched.build_answer(
            card=collection.sched.getCard(), states=learned.states, rating=CardAnswer.EASY
        )
    )
    before = collection.get_card(learned.card.id)
    assert before.note().guid == "a/one"
    assert before.reps == 1
    assert before.ivl > 0

    changed = question("a/one", short_answer="Another answer.", verified="2026-02-02")
    second = [changed, question("a/new", verified="2026-02-02"), question("a/two")]
    import_into(collection, pack(tmp_path / "second", second))

    after = collection.get_card(learned.card.id)
    assert (after.ivl, after.due, after.reps, after.type) == (
        before.ivl,
        before.due,
        before.reps,
        before.type,
    )
    assert notes(collection)["a/one"][1] == "Another answer."
    assert notes(collection).keys() == {"a/one", "a/two", "b/gone", "a/new"}  # Anki takes nothing away
    assert collection.note_count() == collection.card_count() == 4
    assert collection.get_card(collection.find_cards("a/new")[0]).reps == 0
    assert len([d for d in collection.decks.all_names_and_ids() if d.name == deck.NAME]) == 1
    assert len([m for m in collection.models.all_names_and_ids() if m.name.startswith(deck.NAME)]) == 1


def test_a_page_that_moved_keeps_its_card(tmp_path: Path):
    moves = {"old/": "middle/", "middle/": "new/", "new/#gone": "new/#there"}
    assert deck.identity("new", moves) == "old"
    assert deck.identity("other", moves) == "other"


def test_the_same_site_gives_the_same_bytes(tmp_path: Path):
    first, second = pack(tmp_path / "1", FIRST), pack(tmp_path / "2", FIRST)
    assert first.read_bytes() == second.read_bytes()


def test_the_catalogue_of_this_site_is_taken_whole(collection: Collection, tmp_path: Path):
    listed = json.loads(Path("docs/assets/data/questions.json").read_text("utf-8"))["questions"]
    assert len(listed) > 20
    import_into(collection, pack(tmp_path, listed))
    assert notes(collection).keys() == {q["path"] for q in listed}
