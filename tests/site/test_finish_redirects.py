"""Where moved pages and sections lead, in the HTML; tests/browser/test_moved.py follows them."""

import html
import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml
from lxml import html as parser

from scripts.finish import FinishError, redirects
from scripts.pages import ROOT

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{name} &amp; more</title>
<link rel="canonical" href="https://example.org/{name}/"></head><body><h2 id="kept">Kept</h2></body></html>"""


@pytest.fixture
def write(tmp_path: Path):
    """A site with the pages now/ and topic/now/, and the moves that a test gives."""
    for name in ("now", "topic/now"):
        (tmp_path / "site" / name).mkdir(parents=True)
        (tmp_path / "site" / name / "index.html").write_text(PAGE.format(name=name), "utf-8")

    def run(moves: str) -> Path:
        source = tmp_path / "redirects.yml"
        source.write_text(moves, "utf-8")
        redirects.run(tmp_path / "site", source)
        return tmp_path / "site"

    return run


def sections(page: str) -> dict[str, str]:
    return json.loads(html.unescape(re.search(r'data-sections="([^"]*)"', page)[1]))


def test_a_page_leads_to_the_new_one_without_javascript_too(write):
    page = parser.parse(write("topic/old/: now/\n") / "topic/old/index.html").getroot()
    assert page.find(".//meta[@http-equiv='refresh']").get("content") == "0; url=../../now/"
    assert page.find(".//link[@rel='canonical']").get("href") == "https://example.org/now/"
    assert page.find(".//p/a").get("href") == "../../now/"
    assert page.find(".//script").get("src") == "../../assets/javascripts/moved.js"
    assert page.findtext(".//title") == "Moved: now & more"


def test_sections_have_lines_of_their_own(write):
    site = write("topic/old/: topic/now/\ntopic/old/#was: now/#kept\ntopic/now/#gone: topic/now/#kept\n")
    assert sections((site / "topic/old/index.html").read_text("utf-8")) == {"#was": "../../now/#kept"}
    assert sections((site / "topic/now/index.html").read_text("utf-8")) == {"#gone": "#kept"}


def test_a_page_may_become_a_section(write):
    page = write("old/: topic/now/#kept\n") / "old/index.html"
    assert 'data-page="../topic/now/#kept"' in page.read_text("utf-8")


def test_a_second_run_changes_nothing(write):
    moves = "old/: now/\nold/#was: now/#kept\nnow/#gone: topic/now/#kept\n"
    first = {path: path.read_bytes() for path in write(moves).rglob("*.html")}
    assert {path: path.read_bytes() for path in write(moves).rglob("*.html")} == first


@pytest.mark.parametrize(
    ("moves", "message"),
    [
        ("old/: nowhere/\n", "redirects.yml:1: nowhere/ is no page"),
        ("# why\nold/: now/#lost\n", "redirects.yml:2: the page now/ has no section #lost"),
        ("now/: topic/now/\n", "there is a page at now/"),
        ("now/#kept: topic/now/\n", "the page now/ has a section #kept"),
        ("old/#was: now/#kept\n", "there is no page at old/"),
        ("old/: older/\nolder/: now/\n", "redirects.yml:1: older/ is no page"),
    ],
)
def test_what_leads_nowhere_fails_the_build(write, moves, message):
    with pytest.raises(FinishError, match=re.escape(message)):
        write(moves)


@pytest.mark.parametrize(
    ("moves", "is_sound"),
    [
        ({"a/b/": "c/"}, True),
        ({"a/b/#x-1": "c/#y"}, True),
        ({"a/": ""}, True),
        ({"#x": "a/"}, True),
        ({"": "a/"}, False),
        ({"a/b.md": "c/"}, False),
        ({"/a/": "c/"}, False),
        ({"a/": "https://example.org/"}, False),
        ({"a/": "c/ #y"}, False),
    ],
)
def test_schema_knows_addresses(moves, is_sound):
    schema = json.loads((ROOT / "data/redirects.schema.json").read_text("utf-8"))
    assert jsonschema.Draft202012Validator(schema).is_valid(moves) == is_sound


def test_the_moves_of_the_site_are_addresses():
    schema = json.loads((ROOT / "data/redirects.schema.json").read_text("utf-8"))
    jsonschema.validate(yaml.safe_load(redirects.SOURCE.read_text("utf-8")), schema)
