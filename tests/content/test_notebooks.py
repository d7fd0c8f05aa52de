"""Stored outputs are what the code prints now, from a clean kernel; a wrong one is named precisely."""

import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from scripts import run_notebooks
from scripts.check import truth
from scripts.pages import ROOT
from scripts.run_notebooks import NOTEBOOKS, check, executed, serialized


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_stored_outputs_are_current(path):
    assert truth.notebook_problems(path.relative_to(ROOT).as_posix()) == []


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_every_number_with_decimals_in_the_text_is_printed(path):
    cells = nbformat.read(path, as_version=4).cells
    printed = "".join(output.get("text", "") for cell in cells for output in cell.get("outputs", []))
    text = "".join(cell.source for cell in cells if cell.cell_type == "markdown")
    text = re.sub(r"\]\([^)]*\)|§[\d.]+", "", text)  # links and section numbers
    stated, known = (set(map(float, re.findall(r"\d+\.\d+", numbers))) for numbers in (text, printed))
    assert stated
    assert stated <= known


def test_there_is_a_notebook():
    assert (NOTEBOOKS / "attention-step-by-step.ipynb").is_file()


@pytest.fixture
def written(tmp_path: Path):
    def write(*sources: str) -> Path:
        cells = [new_markdown_cell("# Title"), *map(new_code_cell, sources)]
        path = tmp_path / "trial.ipynb"
        nbformat.write(new_notebook(cells=cells), path)
        return path

    return write


def test_a_stale_output_is_named_with_its_cell_and_the_difference(written):
    path = written("x = 1", "print(x + 1)")
    path.write_text(serialized(executed(path)), encoding="utf-8")
    assert check(path) == []
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[2].outputs[0].text = "3\n"
    nbformat.write(notebook, path)
    (problem,) = check(path)
    assert f"trial.ipynb, cell 3 ({notebook.cells[2].id})" in problem
    assert "\n-3\n+2" in problem


def test_a_run_leaves_no_trace_of_when_or_where(written):
    path = written("print(1)", "1 + 1")
    first = serialized(executed(path))
    path.write_text(first, encoding="utf-8")
    assert serialized(executed(path)) == first
    assert "iopub" not in first
    assert '"version"' not in first


def test_ids_that_an_author_gave_are_kept():
    notebook = new_notebook(cells=[new_code_cell("1", id="scores"), new_code_cell("1"), new_code_cell("1")])
    run_notebooks.normalize(notebook)
    ids = [cell.id for cell in notebook.cells]
    assert ids[0] == "scores"
    assert len(set(ids)) == 3
    run_notebooks.normalize(notebook)
    assert [cell.id for cell in notebook.cells] == ids


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("raise KeyError('no')", "cell 2 .* fails"),
        ("import warnings; warnings.warn('old')", "prints a warning"),
        ("print('/home/me/x')", "'/home/"),
        ("print(object())", "'0x"),
        ("import llm_questions", "fails"),  # the kernel is clean: no PYTHONPATH of the caller
    ],
)
def test_what_differs_between_machines_is_refused(written, source, message, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(run_notebooks.ROOT / "src"))
    with pytest.raises(run_notebooks.NotebookError, match=message):
        executed(written(source))
