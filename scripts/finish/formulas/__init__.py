"""Typesets the formulas of a built site; readers are sent no script for it.

A formula is what `pymdownx.arithmatex` leaves in `.arithmatex` elements: TeX between \\( \\) or \\[ \\]. It
becomes MathJax's CHTML, hidden from screen readers, with MathML for them and the TeX for copying beside it.
TeX that stands elsewhere in a page (title, navigation, table of contents, attributes) or in the search index
becomes readable text. Code stays as it is.
"""

import html
import json
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from scripts.finish import FinishError
from scripts.finish.formulas import fallback, mathjax, sources
from scripts.finish.formulas.formula import Formula, Library
from scripts.finish.formulas.styles import Styles

PARTS = re.compile(
    r"<!--.*?-->"
    r"|<(?P<verbatim>pre|code|script|style|textarea)\b.*?</(?P=verbatim)>"
    r'|<(?P<element>span|div) class="arithmatex">(?P<written>.*?)</(?P=element)>'
    r'|<mjx-container\b(?P<start>[^>]*) data-tex="(?P<typeset>[^"]*)".*?</mjx-container>'
    r"|\\\((?P<inline>[^<]*?)\\\)"
    r"|\\\[(?P<display>[^<]*?)\\\]",
    re.S,
)
HINTS = {
    "Undefined control sequence": "mend the name, or define it in scripts/finish/macros.json",
    "Extra open brace": "close every { with }",
    "Extra close brace": "open every } with {",
    "ended with": "\\begin and \\end name the same environment",
    "Missing \\end": "\\begin and \\end name the same environment",
    "no character": "put it outside of the formula",
}


@dataclass(frozen=True)
class Part:
    """A formula in a text, from `start` to `end`."""

    start: int
    end: int
    formula: Formula
    is_typeset: bool  # otherwise it is replaced by readable text


def run(site_dir: Path) -> None:
    pages = {path: path.read_text(encoding="utf-8") for path in sorted(site_dir.rglob("*.html"))}
    parts = {path: find(text) for path, text in pages.items()}
    index = _SearchIndex(site_dir / "search" / "search_index.json")
    library = _library({part.formula for found in [*parts.values(), *index.parts] for part in found})
    if library.errors:
        raise FinishError(_report(library.errors, pages, parts))
    shown = {path: {part.formula for part in found if part.is_typeset} for path, found in parts.items()}
    styles = Styles(library, set().union(*shown.values()))
    styles.write_fonts(site_dir)
    for path, text in pages.items():
        up = "../" * (len(path.relative_to(site_dir).parts) - 1)
        finished = styles.applied(replace(text, parts[path], library), shown[path], up)
        if finished != text:
            path.write_text(finished, encoding="utf-8")
    index.write(library)


@lru_cache(maxsize=2000)  # of a page that stays between two builds; the sections of the index are many
def find(text: str) -> tuple[Part, ...]:
    if not any(mark in text for mark in ('class="arithmatex"', "<mjx-container", "\\(", "\\[")):
        return ()
    parts = []
    for match in PARTS.finditer(text):
        kind = match.lastgroup
        if kind is None or kind == "verbatim":
            continue
        tex = html.unescape(match[kind]).strip()
        display = kind == "display" or (kind == "typeset" and "display=" in match["start"])
        if kind == "written":
            display = tex.startswith("\\[")
            tex = tex[2:-2].strip()  # the delimiters
        parts.append(Part(*match.span(), Formula(tex, display), kind in ("written", "typeset")))
    return tuple(parts)


def replace(text: str, parts: Sequence[Part], library: Library) -> str:
    pieces = []
    end = 0
    for part in parts:
        result = library.typeset[part.formula]
        pieces += [text[end : part.start], result.html if part.is_typeset else html.escape(result.text)]
        end = part.end
    return "".join([*pieces, text[end:]])


def _library(formulas: set[Formula]) -> Library:
    if not (missing := mathjax.missing()):
        return mathjax.typeset(formulas)
    if os.environ.get("LLMQ_REQUIRE_MATHJAX") == "1":
        raise FinishError(f"formulas: {missing}")
    if formulas:
        print(f"formulas: {missing}. Until then the browser's own MathML shows them.", file=sys.stderr)
    return fallback.typeset(formulas)


def _report(errors: dict[Formula, str], pages: dict[Path, str], parts: dict[Path, Sequence[Part]]) -> str:
    lines = {}
    for path, found in parts.items():
        # navigation repeats the titles of other pages, so the element that was written comes first
        for part in sorted(found, key=lambda part: not part.is_typeset):
            if part.formula.tex in lines or part.formula not in errors:
                continue
            message = errors[part.formula]
            hint = next((f": {hint}" for sign, hint in HINTS.items() if sign in message), "")
            where = sources.place(path, pages[path], part.formula.tex)
            lines[part.formula.tex] = f"{where}: {message} in the formula {part.formula.tex}{hint}"
    return "\n".join(lines.values())


class _SearchIndex:
    """MkDocs's search index: the text of each section, as HTML."""

    FIELDS = ("title", "text")

    def __init__(self, path: Path) -> None:
        self.path = path
        self.content = json.loads(path.read_bytes()) if path.is_file() else {"docs": []}
        self.parts = [find(entry[field]) for entry in self.content["docs"] for field in self.FIELDS]

    def write(self, library: Library) -> None:
        if not any(self.parts):
            return
        parts = iter(self.parts)
        for entry in self.content["docs"]:
            for field in self.FIELDS:
                entry[field] = replace(entry[field], next(parts), library)
        self.path.write_text(json.dumps(self.content, separators=(",", ":")), encoding="utf-8")
