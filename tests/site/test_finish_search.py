"""What the step makes of the search index and of the worker that reads it."""

import json
import re
from pathlib import Path

import pytest
import yaml

from scripts.finish import search

LONG = "It is one more word. " * 20
CODE = f"<p>{LONG}Then softmax of 0.25 is one.</p> x = softmax(y) <pre><code>def hidden(): pass</code></pre>"
TERM = "<p>Also: score, odds. What softmax takes. → Why divide by √d_k?</p>"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    """A site of one question page with two sections and a glossary, after the step."""
    pages = {
        "why-scale": '<meta name="keywords" content="1/sqrt(d_k); why, really, &#34;scale&#34;">',
        "glossary": '<meta name="description" content="Terms">',
    }
    for name, head in pages.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.html").write_text(f"<html><head>{head}</head></html>")
    docs = [
        {"location": "", "title": "Home", "text": "Why divide by √d_k?"},
        {
            "location": "why-scale/",
            "title": "Why divide by √d_k?",
            "text": "<p>Short answer</p> <p>One\n\n  two</p>",
        },
        {"location": "why-scale/#code", "title": "Code", "text": CODE},
        {"location": "glossary/", "title": "Glossary", "text": ""},
        {"location": "glossary/#l", "title": "L", "text": ""},
        {"location": "glossary/#logit", "title": "Logit (LG)", "text": TERM},
    ]
    config = {"separator": r"\s+", "fields": {"title": {"boost": 1000.0}, "tags": {"boost": 1e6}}}
    (tmp_path / "search").mkdir()
    index = tmp_path / "search" / "search_index.json"
    index.write_text(json.dumps({"config": config, "docs": docs}))
    workers = tmp_path / "assets" / "javascripts" / "workers"
    workers.mkdir(parents=True)
    (workers / "search.0123abcd.min.js").write_text("material()")
    (workers / "search.0123abcd.min.js.map").write_text("{}")
    (workers.parent / "lunr").mkdir()
    search.run(tmp_path)
    return tmp_path


def entries(site: Path) -> dict[str, dict]:
    texts = json.loads((site / "search" / "texts.json").read_text(encoding="utf-8"))
    return {entry["location"]: entry for entry in texts["docs"]}


def test_what_every_page_loads_holds_no_text(finished):
    index = json.loads((finished / "search" / "search_index.json").read_text(encoding="utf-8"))
    assert index["docs"] == []
    assert index["config"]["separator"] == r"\s+"


def test_a_page_is_searched_by_aliases_title_and_terms_that_it_explains(finished):
    aliases = entries(finished)["why-scale/"]["aliases"].split(search.PHRASE_END)
    assert aliases == [
        *("1/sqrt(d_k)", 'why, really, "scale"', "Why divide by √d_k?"),
        *("Logit", "LG", "score", "odds"),
    ]
    assert "aliases" not in entries(finished)["why-scale/#code"]
    assert "aliases" not in entries(finished)["glossary/"]


def test_of_a_section_the_beginning_is_shown_and_new_words_are_searched(finished):
    section = entries(finished)["why-scale/#code"]
    assert section["text"].startswith("It is one more word.")
    assert len(section["text"]) <= search.SHOWN + 2
    assert section["words"] == "Then softmax of one. softmax(y)"
    assert "hidden" not in str(section), "code is not searched"


def test_letters_of_the_glossary_are_left_out(finished):
    assert "glossary/#l" not in entries(finished)


def test_the_home_page_is_left_out(finished):
    assert "" not in entries(finished)


def test_whitespace_is_folded(finished):
    assert entries(finished)["why-scale/"]["text"] == "One two"


def test_the_worker_takes_the_place_of_materials(finished):
    scripts = finished / "assets" / "javascripts"
    assert [file.name for file in (scripts / "workers").iterdir()] == ["search.0123abcd.min.js"]
    assert (scripts / "workers" / "search.0123abcd.min.js").read_bytes() == search.WORKER.read_bytes()
    assert not (scripts / "lunr").exists()


def test_the_longest_synonym_is_the_first():
    """The worker takes the first that fits."""
    lengths = [len(typed) for typed, _ in search._synonyms()]
    assert lengths == sorted(lengths, reverse=True)


def test_a_second_run_changes_nothing(finished):
    files = [file for file in finished.rglob("*") if file.is_file()]
    once = [file.read_bytes() for file in files]
    search.run(finished)
    assert [file.read_bytes() for file in files] == once


def test_the_separator_has_no_groups():
    """search_worker.js splits with it, and String.split puts the text of groups among the words."""

    class Loader(yaml.SafeLoader):
        pass

    Loader.add_constructor("!ENV", lambda loader, node: None)
    config = yaml.load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"), Loader)
    separator = next(p["search"]["separator"] for p in [config["plugins"]] if "search" in p)
    assert re.compile(separator).groups == 0
    words = "√d_k sqrt(d_k) head_dim what's 1/√d 0.5 end."
    assert [w for w in re.split(separator, words) if w] == [
        *("d_k", "sqrt", "d_k", "head", "dim", "what", "1", "d", "0.5", "end")
    ]
