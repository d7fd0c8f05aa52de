"""data/glossary.yml -> includes/abbreviations.md (hover text on every page) and docs/glossary.md."""

import re
from itertools import groupby
from pathlib import Path

from scripts import yaml_files
from scripts.includes.source import SourceError, generated_note
from scripts.pages import Page

SOURCE = "data/glossary.yml"
FIELDS = {"term", "abbr", "short", "definition", "page", "aka"}
PAGE_HEAD = """\
---
# Generated from data/glossary.yml by scripts/gen_includes.py: edit that file, then run `make generate`.
title: Glossary
description: Terms and abbreviations that the pages use, each in one to three sentences.
---

# Glossary

Terms and abbreviations that the pages use; symbols are in [Notation](notation.md). On every page an
abbreviation of this list shows its meaning when you point at it.
"""


def render(path: Path) -> dict[str, str]:
    entries = load(path)
    docs = path.parent.parent / "docs"
    return {"includes/abbreviations.md": abbreviations(entries), "docs/glossary.md": page(entries, docs)}


def load(path: Path) -> list[dict]:
    entries = yaml_files.load(path)
    anchors: dict[str, str] = {}
    for number, entry in enumerate(entries, start=1):
        name = entry.get("term", f"number {number}")
        _check(name, entry)
        if anchor(entry) in anchors:
            raise SourceError(f"{SOURCE}: entry '{name}' has the anchor of '{anchors[anchor(entry)]}'")
        anchors[anchor(entry)] = name
    return sorted(entries, key=lambda entry: entry["term"].casefold())


def _check(name: str, entry: dict) -> None:
    needed = {"term", "definition"} | ({"abbr", "short"} if entry.keys() & {"abbr", "short"} else set())
    for field in sorted(needed - entry.keys()):
        raise SourceError(f"{SOURCE}: entry '{name}' has no field '{field}': add it")
    for field in sorted(entry.keys() - FIELDS):
        raise SourceError(f"{SOURCE}: entry '{name}' has an unknown field '{field}': use {sorted(FIELDS)}")
    for field, value in entry.items():
        if not isinstance(value, str) or not value.strip():
            raise SourceError(f"{SOURCE}: entry '{name}', field '{field}': not a text")


def anchor(entry: dict) -> str:
    return re.sub(r"[^a-z0-9]+", "-", entry.get("abbr", entry["term"]).casefold()).strip("-")


def abbreviations(entries: list[dict]) -> str:
    lines = [f"*[{entry['abbr']}]: {entry['short']}\n" for entry in entries if "abbr" in entry]
    return generated_note(SOURCE) + "".join(sorted(lines, key=str.casefold))


def page(entries: list[dict], docs: Path) -> str:
    parts = [PAGE_HEAD]
    for letter, group in groupby(entries, key=lambda entry: entry["term"][0].upper()):
        parts.append(f"\n## {letter}\n")
        parts.extend(_section(entry, docs) for entry in group)
    return "".join(parts)


def _section(entry: dict, docs: Path) -> str:
    abbr = f" ({entry['abbr']})" if entry.get("abbr", entry["term"]) != entry["term"] else ""
    also = f"Also: {entry['aka'].removesuffix('.')}. " if "aka" in entry else ""
    heading = f"### {entry['term']}{abbr} {{ #{anchor(entry)} }}"
    return f"\n{heading}\n\n{also}{entry['definition'].strip()}{_link(entry, docs)}\n"


def _link(entry: dict, docs: Path) -> str:
    """A link named by the question that the page answers; nothing while the page is still to be written."""
    if "page" not in entry or not (docs / entry["page"]).exists():
        return ""
    head = Page(docs / entry["page"], docs).front_matter
    return f" → [{head.get('question') or head['title']}]({entry['page']})"
