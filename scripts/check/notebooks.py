"""Notebooks as they are stored: whole, run from top to bottom, and showing nothing but text and drawings."""

import json
import re
from collections.abc import Iterable
from pathlib import Path

from scripts.check.places import find_line
from scripts.pages import ROOT
from scripts.run_notebooks import MACHINE, NOTEBOOKS

LARGEST_OUTPUT = 20_000  # characters
SHOWN = {"text/plain", "image/svg+xml"}
ACTIVE = re.compile(
    r"<\s*(script|iframe|form|style|object|embed|base|meta|link)\b|\son\w+\s*=|javascript:", re.I
)
IMAGE = re.compile(r"!\[(?P<alt>[^\]]*)\]\((?P<target>[^)]*)\)|<img\b(?![^>]*\balt=\"[^\"]+\")[^>]*>")
MEND = "run `make notebooks`"


def problems() -> list[str]:
    return [problem for path in sorted(NOTEBOOKS.glob("*.ipynb")) for problem in _of(path)]


def _of(path: Path) -> Iterable[str]:
    name = path.relative_to(ROOT).as_posix()
    try:
        notebook = json.loads(path.read_text("utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        yield f"{name}:{getattr(error, 'lineno', 1)}: is not JSON ({error}): restore it from git"
        return
    if "kernelspec" not in notebook.get("metadata", {}):
        yield f"{name}:1: names no kernel: {MEND}"
    for number, cell in enumerate(notebook.get("cells", []), 1):
        where = f"{name}:{find_line(name, json.dumps(cell.get('id', '')))}: cell {number}"
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            yield from _text_problems(where, source)
        elif source.strip():
            if cell.get("execution_count") is None:
                yield f"{where} has not been run: {MEND}"
            yield from _output_problems(where, cell.get("outputs", []))


def _text_problems(where: str, source: str) -> Iterable[str]:
    if found := ACTIVE.search(source):
        yield f"{where} holds `{found[0].strip()}`: notebooks show text and drawings: delete it"
    for image in IMAGE.finditer(source):
        if not image["alt"]:
            yield f"{where} shows an image without alt text: say what it shows"


def _output_problems(where: str, outputs: list[dict]) -> Iterable[str]:
    for output in outputs:
        if output["output_type"] == "error":
            yield f"{where} stores the error {output['ename']}: mend the cell, then {MEND}"
            continue
        if output.get("name") == "stderr":
            yield f"{where} stores a warning: mend the cell, then {MEND}"
        data = {"text/plain": output["text"]} if "text" in output else output.get("data", {})
        texts = {kind: "".join(value) for kind, value in data.items() if isinstance(value, str | list)}
        for kind in data.keys() - SHOWN:
            yield f"{where} stores {kind}: print text or show an SVG"
        for kind, text in texts.items():
            if len(text) > LARGEST_OUTPUT and kind == "text/plain":
                yield f"{where} prints {len(text):,} characters: print less than {LARGEST_OUTPUT:,}"
            if found := MACHINE.search(text):
                yield f"{where} prints {found[0]!r}, which every machine has otherwise: drop it"
            # a drawing has its colors in a style sheet of its own
            if found := ACTIVE.search(re.sub(r"<style\b", "", text) if kind == "image/svg+xml" else text):
                yield f"{where} stores `{found[0].strip()}` in its output: print text or draw without it"
            if kind == "image/svg+xml" and not re.search(r"<title>\s*\S", text):
                yield f"{where} shows a drawing without <title>: give it a text that says what it shows"
