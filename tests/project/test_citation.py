"""CITATION.cff is what GitHub and reference managers take, and says what the rest of the repository says."""

import tomllib
from pathlib import Path

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
TEXT = {"type": "string", "minLength": 1}
ENTITY = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {name: TEXT for name in ("name", "alias", "website", "email")},
}
PERSON = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": False,
    "properties": {name: TEXT for name in ("family-names", "given-names", "alias", "affiliation", "orcid")},
}
# https://github.com/citation-file-format/citation-file-format/blob/009214933e6050b37da574eba4c83d5a8031ce81/schema.json:
# what it requires, and the keys that this file may have
SCHEMA = {
    "type": "object",
    "required": ["authors", "cff-version", "message", "title"],
    "additionalProperties": False,
    "properties": {
        "cff-version": {"const": "1.2.0"},
        "message": TEXT,
        "title": TEXT,
        "abstract": TEXT,
        "type": {"enum": ["software", "dataset"]},
        "authors": {"type": "array", "minItems": 1, "items": {"anyOf": [ENTITY, PERSON]}},
        "version": TEXT,
        "license": {"enum": ["CC-BY-4.0", "MIT"]},
        "keywords": {"type": "array", "minItems": 1, "uniqueItems": True, "items": TEXT},
        "date-released": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
        "url": {"type": "string", "pattern": "^https?://.+"},
        "repository-code": {"type": "string", "pattern": "^https?://.+"},
    },
}


@pytest.fixture(scope="module")
def citation() -> dict:
    return yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))


def test_it_is_valid(citation):
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    jsonschema.validate(citation, SCHEMA, jsonschema.Draft7Validator)


def test_it_agrees_with_the_site_and_the_package(citation):
    configuration = (ROOT / "mkdocs.yml").read_text("utf-8")
    assert f"\nsite_name: {citation['title']}\n" in configuration
    assert f"\nsite_author: {citation['authors'][0]['name']} " in configuration
    package = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert citation["version"] == package["project"]["version"]
