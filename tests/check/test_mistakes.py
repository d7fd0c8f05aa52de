"""`make check` finds every class of mistake in a copy of the real tree, and nothing where there is none."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.check.places import files
from scripts.pages import ROOT
from tests.check.mistakes import MISTAKES, Mistake

# Found by the command itself, in one run: one of each round and of each kind of file. None is in the package
# or the data, after whose change every page, notebook and figure is executed anew.
TOGETHER = [
    "link to a missing page",
    "notebook with a home folder",
    "file that is no PNG",
    "configuration: unknown feature",
    "table edited by hand",
    "figure stale",
]


def copied(folder: Path) -> Path:
    for path in files():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, folder / path)
    for cache in ("formulas", "check/passed"):
        if (ROOT / ".cache" / cache).is_dir():
            shutil.copytree(ROOT / ".cache" / cache, folder / ".cache" / cache)
    identity = ("-c", "user.name=check", "-c", "user.email=check@localhost")
    for command in (["init"], ["add", "."], [*identity, "commit", "--message=copy"]):
        subprocess.run(["git", *command], cwd=folder, check=True, capture_output=True)
    (folder / ".git/info/exclude").write_text(
        "/.venv\n/node_modules\n"
    )  # links, which .gitignore does not mean
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    return folder


class Worker:
    """A copy of the tree with a process in it that makes mistakes when told."""

    def __init__(self, folder: Path) -> None:
        environment = os.environ | {"PYTHONPATH": f"{folder}/src", "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", "tests.check.worker"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(command, cwd=folder, env=environment, **pipes)
        self.clean: list[str] = self._answer()

    def make(self, mistake: Mistake) -> list[str]:
        """What is found then, and was not before."""
        self.process.stdin.write(f"{mistake.name}\n")
        self.process.stdin.flush()
        answer = self._answer()
        assert "failed" not in answer, answer["failed"]
        return [problem for problem in answer["found"] if problem not in self.clean]

    def _answer(self) -> list | dict:
        return json.loads(self.process.stdout.readline())


@pytest.fixture(scope="session")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    worker = Worker(copied(tmp_path_factory.mktemp("tree") / "site"))
    yield worker
    worker.process.stdin.close()
    worker.process.stdout.close()
    worker.process.wait()


def test_nothing_is_found_in_the_tree_as_it_is(worker: Worker) -> None:
    assert worker.clean == []


def test_names_of_mistakes_are_unique() -> None:
    assert len({mistake.name for mistake in MISTAKES}) == len(MISTAKES)


@pytest.mark.parametrize("mistake", [pytest.param(m, id=m.name) for m in MISTAKES])
def test_mistake_is_found_with_its_file(mistake: Mistake, worker: Worker) -> None:
    found = worker.make(mistake)
    named = [problem for problem in found if mistake.path in problem and mistake.message in problem]
    assert named, f"no problem names {mistake.path} and says {mistake.message!r}:\n" + "\n".join(found)


def test_a_formula_that_stops_the_build_is_all_that_is_said(worker: Worker) -> None:
    mistake = next(mistake for mistake in MISTAKES if mistake.name == "draft with an unknown macro")
    found = worker.make(mistake)
    assert len(found) == 1, found[:9]


def test_the_command_finds_several_mistakes_at_once(tmp_path: Path) -> None:
    folder = copied(tmp_path / "tree")
    made = [mistake for mistake in MISTAKES if mistake.name in TOGETHER]
    assert len(made) == len(TOGETHER)
    script = "from tests.check.mistakes import *\n[m.change() for m in MISTAKES if m.name in {!r}]"
    subprocess.run([sys.executable, "-c", script.format(TOGETHER)], cwd=folder, check=True)
    installed = [part for path in (".venv/.test", "node_modules/.installed") for part in ("-o", path)]
    (folder / ".venv").symlink_to(Path(sys.executable).parent.parent)
    ran = subprocess.run(["make", *installed, "check"], cwd=folder, capture_output=True, text=True)
    assert ran.returncode != 0
    for mistake in made:
        assert any(mistake.path in line and mistake.message in line for line in ran.stdout.splitlines()), (
            f"{mistake.name} is not in:\n{ran.stdout}"
        )
