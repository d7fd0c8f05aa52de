"""What executes: numbers and blocks of the pages, notebooks, figures, generated files, published values."""

import tempfile
from pathlib import Path
from types import SimpleNamespace

import yaml
from pytest_examples import CodeExample, EvalExample

from scripts import gen_figures, gen_includes, run_notebooks, yaml_files
from scripts.check import claims, code_blocks
from scripts.check.memory import unless_passed
from scripts.check.places import find_line
from scripts.figures import svg
from scripts.includes.source import SourceError
from scripts.pages import ROOT, Comment, Fence, Page


def page_problems(name: str) -> list[str]:
    """Every claim and every block of a page."""
    page, found = Page(ROOT / name), []
    for comment in claims.checks(page):
        found += claim_problems(page, comment)
    for fence, example in code_blocks.executed(page):
        found += block_problems(page, fence, example)
    return found


def claim_problems(page: Page, comment: Comment) -> list[str]:
    above = page.text[: comment.start]
    return unless_passed(("claim", above, comment.text), lambda: claims.problems(page, comment))


def block_problems(page: Page, fence: Fence, example: CodeExample) -> list[str]:
    return unless_passed(("block", fence.source), lambda: _run(page, fence, example))


def _run(page: Page, fence: Fence, example: CodeExample) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        # what EvalExample asks of a running pytest: an identity, and whether to rewrite assertions
        request = SimpleNamespace(config=None, node=SimpleNamespace(nodeid="check"))
        runner = EvalExample(tmp_path=Path(folder), pytest_request=request)
        runner.set_config(line_length=code_blocks.LINE_LENGTH)
        return code_blocks.form_problems(page, fence) or code_blocks.run_problems(
            page, fence, example, runner
        )


def notebook_problems(name: str) -> list[str]:
    path = ROOT / name
    return unless_passed(
        ("notebook", path.read_text("utf-8", errors="replace")),
        lambda: [f"{problem}\n`make notebooks` stores what it prints" for problem in _notebook(path)],
    )


def _notebook(path: Path) -> list[str]:
    try:
        return run_notebooks.check(path)
    except Exception as error:
        return [f"{path.relative_to(ROOT)}:1: cannot be run ({type(error).__name__}: {error})"]


def figure_problems(path: str) -> list[str]:
    """One stored figure is what the code draws."""
    stored = (ROOT / path).read_text("utf-8", errors="replace")
    return unless_passed(("figure", path, stored), lambda: _draw({Path(path).stem}))


def missing_figures() -> list[str]:
    return _draw(
        {name for name in gen_figures.registered() if not (gen_figures.TARGET / f"{name}.svg").exists()}
    )


def _draw(names: set[str]) -> list[str]:
    try:
        entries = gen_figures.registered()
        texts = {name: gen_figures.render(name, entries[name]) for name in names & entries.keys()}
    except svg.FigureError as error:
        return [f"{error}: mend the drawing"]
    found = [f"docs/assets/figures/{problem}" for problem in gen_figures.problems(texts, entries)]
    return [problem for problem in found if any(f"/{name}." in problem for name in names)]


def generated_problems() -> list[str]:
    """Includes and the glossary: what the bibliography and the data make."""
    try:
        made = gen_includes.outputs()
    except (SourceError, yaml.YAMLError) as error:
        return [f"{error}: mend the entry"]
    stale = [
        f"{path}:1: is not what {made[path][0]} makes: run `make generate`"
        for path in gen_includes.stale(made)
    ]
    stray = {path.relative_to(ROOT).as_posix() for path in (ROOT / "includes").rglob("*") if path.is_file()}
    return stale + [f"{path}: is made by nothing: delete it" for path in sorted(stray - made.keys())]


def published_problems() -> list[str]:
    """data/models.yml agrees with data/published.yml, which is copied from the papers themselves."""
    models = {model["name"]: model for model in yaml_files.load(ROOT / "data/models.yml")}
    found = []
    for entry in yaml_files.load(ROOT / "data/published.yml"):
        where = f"data/models.yml:{find_line('data/models.yml', entry['model'])}"
        model = models.get(entry["model"])
        if model is None:
            found.append(f"{where}: {entry['model']} is gone, data/published.yml has it: restore it")
            continue
        for field, value in entry["values"].items():
            ours = model
            for part in field.split("."):
                ours = ours[part]
            if ours != value:
                found.append(
                    f"{where}: {entry['model']}: {field} is {ours}, {entry['source']} says {value}: mend it"
                )
    return found
