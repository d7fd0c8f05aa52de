"""What the front matter of a page must hold, and how it agrees with the body and with other pages."""

import difflib
import json
import re
from collections.abc import Iterable
from datetime import date
from functools import cache
from graphlib import CycleError, TopologicalSorter

from jsonschema import Draft202012Validator

from scripts import yaml_files
from scripts.new_question import ANSWER
from scripts.pages import ROOT, Page, PageError, fold, plain

SHORT_ANSWER_WORDS = range(25, 61)


def problems(page: Page) -> list[str]:
    """Rules that need one page only."""
    try:
        values = page.front_matter
    except PageError as error:
        return [str(error)]
    found = schema_problems(page) + list(_duplicate_problems(page))
    if found or not page.is_question:
        return found
    words = len(values["short_answer"].split())
    if words not in SHORT_ANSWER_WORDS:
        found.append(f"{page.where(page.key_line('short_answer'))}: short_answer has {words} words: 25 to 60")
    return found + _outline_problems(page)


def _duplicate_problems(page: Page) -> Iterable[str]:
    """YAML readers take the last of two equal keys without a word."""
    seen: dict[str, int] = {}
    for number, line in enumerate(page.head.splitlines(), start=2):
        key = re.match(r"([\w-]+):", line)
        if key and (first := seen.setdefault(key[1], number)) != number:
            yield f"{page.where(number)}: the key `{key[1]}` stands at line {first} already: drop one"


def schema_problems(page: Page) -> list[str]:
    kind = "page" if page.is_question else "plain-page"
    schema = _schema(kind)
    found = []
    for key in page.front_matter.keys() - schema["properties"].keys():
        near = difflib.get_close_matches(str(key), schema["properties"], 1)
        hint = f": did you mean `{near[0]}`?" if near else f": data/{kind}.schema.json lists the keys"
        found.append(f"{page.where(page.key_line(key))}: unknown key `{key}`{hint}")
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    for error in validator.iter_errors(_as_json(page.front_matter)):
        if error.validator == "additionalProperties":
            continue  # said above, with its line
        key = str(error.absolute_path[0]) if error.absolute_path else ""
        name = f"`{key}`: " if key else ""
        found.append(f"{page.where(page.key_line(key))}: {name}{error.message} (data/{kind}.schema.json)")
    return found


@cache
def _schema(kind: str) -> dict:
    return json.loads((ROOT / f"data/{kind}.schema.json").read_text("utf-8"))


def _as_json(value: object) -> object:
    """YAML reads 2026-11-23 as a date, which JSON does not have."""
    if isinstance(value, dict):
        return {str(key): _as_json(item) for key, item in value.items()}
    return value.isoformat() if isinstance(value, date) else value


@cache
def _outline() -> list[str]:
    return yaml_files.load(ROOT / "data/outline.yml")


def _outline_problems(page: Page) -> list[str]:
    heading = page.front_matter.get("outline")
    if heading is None or heading in _outline():
        return []
    near = difflib.get_close_matches(heading, _outline(), 1, cutoff=0)
    where = page.where(page.key_line("outline"))
    return [f'{where}: "{heading}" is no heading of data/outline.yml: did you mean "{near[0]}"?']


def prerequisite_problems(pages: list[Page]) -> list[str]:
    """Rules that need all question pages: every prerequisite exists, and no page needs itself."""
    by_path = {page.name.removesuffix(".md"): page for page in pages}
    graph, found = {}, []
    for path, page in by_path.items():
        try:
            needed = page.front_matter.get("prerequisites") or []
        except PageError:
            continue  # the page's own test says so
        graph[path] = [other for other in needed if other in by_path]
        for other in needed:
            if other not in by_path:
                where = page.where(page.key_line("prerequisites"))
                found.append(
                    f"{where}: prerequisite {other} is no question page: no docs/{other}.md with a question"
                )
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        cycle = error.args[1][::-1]
        page = by_path[cycle[0]]
        where = page.where(page.key_line("prerequisites"))
        found.append(f"{where}: prerequisites form a cycle, {' → '.join(cycle)}: drop one of them")
    return found


def agreement_problems(page: Page) -> list[str]:
    """The front matter says the same as the body: question and H1, short answer and its admonition."""
    try:
        question, answer = page.front_matter.get("question"), page.front_matter.get("short_answer")
    except PageError:
        return []  # the page's own test says so
    found = []
    h1 = [heading for heading in page.headings if heading.level == 1]
    top = page.where(h1[0].line if h1 else page.line_at(page.body_start))
    if [heading.text for heading in h1] != [question]:
        titles = " and ".join(f'"{heading.text}"' for heading in h1) or "missing"
        found.append(f'{top}: the H1 is {titles}, the question "{question}": write the same, once')
    line, shown = short_answer_box(page)
    if not line:
        found.append(f'{top}: no `!!! abstract "Short answer"` between the H1 and the first section: add it')
    elif plain(shown) != fold(str(answer)):
        where = page.where(line)
        found.append(f"{where}: {_difference(plain(shown), fold(str(answer)))}: write the same text in both")
    if fold(str(answer)) == fold(ANSWER):
        where = page.where(page.key_line("short_answer"))
        found.append(f"{where}: this is still what `make new-question` wrote: give the answer")
    return found


def short_answer_box(page: Page) -> tuple[int, str]:
    """Line and Markdown of the admonition above the first section; line 0 if there is none."""
    sections = [heading.line for heading in page.headings if heading.level == 2]
    last = sections[0] - 1 if sections else len(page.lines)
    for number, line in enumerate(page.lines[:last], start=1):
        if line.strip() == '!!! abstract "Short answer"':
            inside = []
            for below in page.lines[number:last]:
                if below.strip() and not below.startswith("    "):
                    break
                inside.append(below)
            return number, "\n".join(inside)
    return 0, ""


def _difference(shown: str, answer: str) -> str:
    """Where two texts part, with a few words around."""
    a, b = shown.split(), answer.split()
    same = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    first = max(same - 2, 0)
    box, key = " ".join(a[first : same + 3]), " ".join(b[first : same + 3])
    return f'the short answer\'s box says "…{box}…", short_answer says "…{key}…"'
