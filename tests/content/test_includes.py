"""scripts/gen_includes.py: committed files are what it makes; a wrong source is named by entry and field."""

from pathlib import Path

import pytest
import yaml

from scripts import gen_includes
from scripts.includes import glossary, models, references
from scripts.includes.source import SourceError
from scripts.pages import DOCS, ROOT

ENTRY = """@article{key2020,
  title = {{Schr{\\"o}dinger's "Cat" in $O(n^2)$?}},
  author = {Erwin Schr{\\"o}dinger and van der Waerden, Bartel and others},
  year = {2020},
  journal = {arXiv preprint arXiv:2001.00001},
  eprint = {2001.00001},
  url = {https://arxiv.org/abs/2001.00001}
}
"""
TERM = "- {term: Key, definition: What a query is compared with., abbr: KEY, short: a key}\n"


def written(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_committed_files_are_current() -> None:
    assert gen_includes.stale(gen_includes.outputs()) == []


def test_every_file_in_includes_is_generated() -> None:
    committed = {path.relative_to(ROOT).as_posix() for path in (ROOT / "includes").rglob("*.md")}
    assert committed == {path for path in gen_includes.outputs() if path.startswith("includes/")}


def test_reference_is_one_link_definition_in_unicode(tmp_path: Path) -> None:
    text = references.render(written(tmp_path, "references.bib", ENTRY))["includes/references.md"]
    assert text.splitlines()[-1] == (
        "[key2020]: https://arxiv.org/abs/2001.00001 "
        "\"Schrödinger et al. (2020). Schrödinger's 'Cat' in O(n²)? arXiv:2001.00001.\""
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  title =", "  notitle =", "'key2020' has no field 'title'"),
        ("  author =", "  editor =", "'key2020' has no field 'author'"),
        ("{2020}", "{to appear}", "'key2020' has a wrong field 'year'"),
        ("https:", "http:", "'key2020' has a wrong field 'url'"),
        ("abs/2001.00001", "abs/2001.00002", "does not lead to its eprint 2001.00001"),
        ("  journal =", "  note =", "'key2020' has none of the fields booktitle, journal, institution"),
        ("  year = {2020},", "  year = {2020", "references.bib"),
        (ENTRY, ENTRY + ENTRY, "repeated bibliography entry: key2020"),
    ],
)
def test_wrong_reference_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = written(tmp_path, "references.bib", ENTRY.replace(old, new))
    with pytest.raises(SourceError, match=message):
        references.render(path)


def test_glossary_is_sorted_and_links_only_pages_that_exist(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "docs").mkdir()
    written(tmp_path / "docs", "key.md", "---\nquestion: What is a key?\n---\n")
    terms = TERM + "- {term: Attention, definition: An average., page: key.md}\n"
    terms += "- {term: Zebra, definition: An animal., page: zebra.md}\n"
    page = glossary.render(written(tmp_path / "data", "glossary.yml", terms))["docs/glossary.md"]
    assert page.index("### Attention { #attention }") < page.index("### Key (KEY) { #key }")
    assert "An average. → [What is a key?](key.md)\n" in page
    assert "An animal.\n" in page


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ("- {term: Key}\n", "entry 'Key' has no field 'definition'"),
        ("- {definition: A text.}\n", "entry 'number 1' has no field 'term'"),
        (TERM.replace(", short: a key", ""), "entry 'Key' has no field 'short'"),
        (TERM.replace("abbr: KEY, ", ""), "entry 'Key' has no field 'abbr'"),
        (TERM.replace("short", "shrot"), "entry 'Key' has no field 'short'"),
        (TERM.replace("}", ", color: red}"), "entry 'Key' has an unknown field 'color'"),
        (TERM.replace("a key", "3"), "entry 'Key', field 'short': not a text"),
        (TERM + TERM, "entry 'Key' has the anchor of 'Key'"),
    ],
)
def test_wrong_term_is_named(tmp_path: Path, terms: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        glossary.load(written(tmp_path, "glossary.yml", terms))


def test_pages_that_the_glossary_names_exist() -> None:
    entries = glossary.load(ROOT / glossary.SOURCE)
    missing = {entry["page"] for entry in entries if "page" in entry and not (DOCS / entry["page"]).is_file()}
    assert missing == set()


def test_tables_of_models_fit_a_phone() -> None:
    for path, text in models.render(ROOT / models.SOURCE).items():
        header = next(line for line in text.splitlines() if line.startswith("| "))
        assert header.count("|") - 1 <= 3, path


def test_models_that_tables_name_exist() -> None:
    known = {model["name"] for model in yaml.safe_load((ROOT / models.SOURCE).read_text(encoding="utf-8"))}
    assert set(models.REPRESENTATIVE) | set(models.COUNTED) <= known


def test_model_without_a_field_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="lacks a field of data/models"):
        models.render(written(tmp_path, "models.yml", "- {name: BERT-base, year: 2018}\n"))
