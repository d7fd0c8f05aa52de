"""Citations `[Vaswani et al. 2017, §3][vaswani2017attention]`: keys of a page, entries of references.bib."""

import difflib
import re
from collections.abc import Set
from pathlib import Path

from scripts.pages import INCLUDE, MATH, Page

CITATION = re.compile(r"\[(?P<text>[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*)\]\[(?P<key>[^\[\]]*)\]")
DEFINITION = re.compile(r"^ {0,3}\[(?P<key>[^\[\]]+)\]: ", re.MULTILINE)


def problems(page: Page, known: Set[str]) -> list[str]:
    """Keys without an entry; keys that the References section lacks or has for nothing."""
    own = {found["key"] for found in DEFINITION.finditer(page.text)}
    cited = [(line, key) for line, key in citations(page) if key not in own]
    found = [f"{page.where(line)}: {_unknown(key, known)}" for line, key in cited if key not in known]
    section = next((h for h in page.headings if h.level == 2 and h.text == "References"), None)
    if section is None:
        return found
    listed = {key: line for line, key in cited if line > section.line}
    above: dict[str, int] = {}
    for line, key in cited:
        if line < section.line:
            above.setdefault(key, line)
    found += [
        f"{page.where(line)}: `{key}` is cited here and not listed in References: list it"
        for key, line in above.items()
        if key not in listed
    ]
    found += [
        f"{page.where(line)}: References lists `{key}`, which the page does not cite: cite it or drop it"
        for key, line in listed.items()
        if key not in above and key not in _keys_of_included(page)
    ]
    return found


def citations(page: Page) -> list[tuple[int, str]]:
    """Line and key of every reference-style link, code and formulas aside."""
    text = _without_code(page.visible(page.body_start, len(page.text), keep="own"))
    first = page.line_at(page.body_start)
    return [
        (first + text.count("\n", 0, found.start()), found["key"] or found["text"])
        for found in CITATION.finditer(text)
    ]


def _keys_of_included(page: Page) -> set[str]:
    """Keys in generated tables: a page may list them, it need not."""
    files = [page.docs.parent / found["target"] for found in INCLUDE.finditer(page.text)]
    texts = [file.read_text("utf-8") for file in files if file.suffix == ".md" and file.is_file()]
    return {found["key"] for text in texts for found in CITATION.finditer(_without_code(text))}


def _without_code(text: str) -> str:
    """x[i][j] in code or in a formula is no citation; the lines stay where they are."""
    for pattern in (re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL), MATH):
        text = pattern.sub(lambda found: "\n" * found[0].count("\n"), text)
    return text


def _unknown(key: str, known: Set[str]) -> str:
    near = difflib.get_close_matches(key, known, 1)
    hint = f"did you mean `{near[0]}`?" if near else "add the entry"
    return f"`{key}` is no entry of references.bib: {hint}"


def read_entries(bib: Path) -> list[tuple[int, str, str | None]]:
    """Line, key and arXiv id of every entry."""
    text = bib.read_text("utf-8")
    starts = list(re.finditer(r"^@\w+\{\s*([^,\s]+)\s*,", text, re.MULTILINE))
    ends = [start.start() for start in starts[1:]] + [len(text)]
    return [
        (text.count("\n", 0, start.start()) + 1, start[1], _arxiv_id(text[start.end() : end]))
        for start, end in zip(starts, ends, strict=True)
    ]


def _arxiv_id(fields: str) -> str | None:
    found = re.search(r"eprint\s*=\s*[{\"]+([^}\"]+)", fields) or re.search(
        r"arxiv\.org/(?:abs|pdf)/([^\s}\"]+)", fields
    )
    return re.sub(r"v\d+$|\.pdf$", "", found[1].strip()) if found else None


def bib_problems(bib: Path) -> list[str]:
    """The same key, or the same paper, twice."""
    found, keys, papers = [], {}, {}
    for line, key, arxiv in read_entries(bib):
        where = f"{bib.name}:{line}"
        if key in keys:
            found.append(f"{where}: the key `{key}` stands at line {keys[key]} already: drop one entry")
        elif arxiv in papers:
            found.append(f"{where}: arXiv {arxiv} of `{key}` is `{papers[arxiv]}` already: keep one entry")
        keys.setdefault(key, line)
        if arxiv:
            papers.setdefault(arxiv, key)
    return found
