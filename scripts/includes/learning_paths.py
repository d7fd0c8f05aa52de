"""data/paths.yml -> the learning paths, their table and their paces. Minutes come from the words of pages."""

from pathlib import Path

import nbformat

from scripts import yaml_files
from scripts.includes.catalogue import questions
from scripts.includes.question_map import link
from scripts.includes.source import SourceError, generated_note, table
from scripts.pages import Page, count_words

SOURCE = "data/paths.yml"
TABLE = "includes/tables/learning-paths.md"
PACES = "includes/tables/paces.md"
TARGET = "includes/learning-paths.md"


def render(path: Path) -> dict[str, str]:
    docs = path.parent.parent / "docs"
    data = yaml_files.load(path)
    catalogue = {question["path"]: question for question in questions(docs)}
    for way in data["paths"]:
        for name in (name for part in way["parts"] for name in part):
            if name not in catalogue:
                raise SourceError(f"{SOURCE}: {way['name']}: {name} is no question")
        for name in way.get("beside", []):
            if not (docs / name).is_file():
                raise SourceError(f"{SOURCE}: {way['name']}: docs/{name} does not exist")
    words = {path: count_words(Page(docs.parent / q["source"], docs)) for path, q in catalogue.items()}
    note = generated_note(SOURCE)
    return {
        TABLE: note + _table(data, words),
        PACES: note + _paces(data),
        TARGET: note + "\n".join(_section(way, data, words, catalogue, docs) for way in data["paths"]),
    }


def minutes(words: int, words_per_minute: int) -> int:
    """To five minutes, so that who mends a sentence seldom has to generate the paths anew."""
    return max(5, 5 * round(words / words_per_minute / 5))


def part_minutes(way: dict, data: dict, words: dict[str, int]) -> list[int]:
    pace = data["paces"][way["pace"]]["words_per_minute"]
    return [sum(minutes(words[name], pace) for name in part) for part in way["parts"]]


def duration(total: int) -> str:
    """As in `1 h 45 min`."""
    hours, rest = divmod(total, 60)
    return " ".join([*([f"{hours} h"] if hours else []), *([f"{rest} min"] if rest or not hours else [])])


def _unbroken(text: str) -> str:
    return text.replace(" ", "&nbsp;")


def _table(data: dict, words: dict[str, int]) -> str:
    rows = []
    for way in data["paths"]:
        anchor = way["name"].lower().replace(" ", "-")
        count = sum(len(part) for part in way["parts"])
        total = _unbroken(duration(sum(part_minutes(way, data, words))))
        rows.append([f"[{way['name']}](#{anchor})", str(count), total, way["pace"]])
    return table(["Path", "Pages", "Time", "Pace"], rows, "lrrl")


def _paces(data: dict) -> str:
    """A list for the text: what the reader does at each pace."""
    return "".join(
        f"- **{name.capitalize()}**, {pace['words_per_minute']} words a minute: {pace['means']}.\n"
        for name, pace in data["paces"].items()
    )


def _section(way: dict, data: dict, words: dict, catalogue: dict, docs: Path) -> str:
    pace = data["paces"][way["pace"]]
    totals = part_minutes(way, data, words)
    count = sum(len(part) for part in way["parts"])
    lines = [
        f"## {way['name']}",
        "",
        way["for"],
        "",
        f"**{_unbroken(duration(sum(totals)))}**, {count} of {len(catalogue)} questions, "
        f"{pace['words_per_minute']} words a minute ({way['pace']}).",
        "",
    ]
    number = 1
    for k, (part, total) in enumerate(zip(way["parts"], totals, strict=True), start=1):
        if len(way["parts"]) > 1:
            lines += [f"{way.get('part', 'Part')} {k}, {_unbroken(duration(total))}:", ""]
        for name in part:
            time = minutes(words[name], pace["words_per_minute"])
            lines.append(f"{number}. {link(catalogue[name])}, {time}&nbsp;min")
            number += 1
        lines.append("")
    if "beside" in way:
        links = ", ".join(f"[{_title(docs / name)}](../{name})" for name in way["beside"])
        lines += [f"Beside it, and not counted: {links}.", ""]
    return "\n".join(lines)


def _title(path: Path) -> str:
    if path.suffix == ".ipynb":
        cells = nbformat.read(path, as_version=4).cells
        return next(cell.source for cell in cells if cell.source.startswith("# ")).split("\n")[0][2:]
    return Page(path, path.parents[1]).front_matter["title"]
