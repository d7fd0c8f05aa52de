"""Runs in a copy of the tree, which it changes: python -m tests.check.worker.

It builds the site, prints what is wrong before any mistake, and then reads the names of mistakes, a line
each. It makes each in a process of its own, prints what the round of `make check` that should find it says,
and takes the change back.
"""

import contextlib
import gc
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemBytecodeCache
from mkdocs.theme import Theme

from scripts.check import html, places, rounds
from scripts.check.__main__ import SITE
from scripts.check.site import ADDRESS, Site, load_config
from scripts.finish import formulas, installable, offline, plain_text, social_cards
from scripts.pages import ROOT
from tests.check.mistakes import MISTAKES, Mistake

UNREAD = (plain_text, social_cards, installable, offline)  # steps that make files of which no rule reads any
LONG_AGO = 1_000_000_000  # a time before the site was built: a dirty build renders what is newer


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def changed() -> list[tuple[str, str]]:
    """State and path of every file that is not as it was."""
    listed = git("status", "--porcelain", "--no-renames", "--untracked-files=all", "-z").split("\0")
    return [(entry[:2].strip(), entry[3:]) for entry in listed if entry]


def prepare() -> list[str]:
    found = [
        *rounds.source_problems(),
        *rounds.tool_problems(),
        *rounds.site_problems(SITE),
        *rounds.validator_problems(SITE),
    ]
    for path in ROOT.rglob("*"):
        if ".git" not in path.parts and path.is_file() and "node_modules" not in path.parts:
            os.utime(path, (LONG_AGO, LONG_AGO))
    for path in SITE.rglob("*"):
        os.utime(path)
    return found


def found_by(mistake: Mistake) -> list[str]:
    """What the mistake's round says; only the pages and the code that the change concerns run again."""
    if mistake.round == "sources":
        return list(rounds.source_problems())
    if mistake.round == "tools":
        return list(rounds.tool_problems())
    if mistake.round == "truth":
        return [problem for task, values in rounds.truth_tasks(mistake.path) for problem in task(*values)]
    folder = _site_of_now()
    found = list(rounds.site_problems(folder, dirty=True))
    return list(rounds.validator_problems(folder)) if mistake.round == "validator" else found


def _site_of_now() -> Path:
    """The site as it was built before the mistake, without the pages and files that are gone."""
    folder = SITE.with_name(f"site-{os.getpid()}")
    shutil.copytree(SITE, folder)
    for state, path in changed():
        if state == "D" and path.startswith("docs/"):
            built = folder / path.removeprefix("docs/")
            with contextlib.suppress(FileNotFoundError):
                if built.suffix in (".md", ".ipynb"):
                    shutil.rmtree(built.with_suffix(""))
                else:
                    built.unlink()
    return folder


def make(mistake: Mistake) -> dict:
    """In a child, which forgets what it has read and imported."""
    reading, writing = os.pipe()
    if not (child := os.fork()):
        os.close(reading)
        try:
            mistake.change()
            places.files.cache_clear()  # the change may have made a file
            answer = {"found": found_by(mistake)}
        except BaseException as error:
            answer = {"failed": f"{type(error).__name__}: {error}"}
        with os.fdopen(writing, "w") as pipe:
            json.dump(answer, pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = json.load(pipe)
    os.waitpid(child, 0)
    _take_back()
    return answer


def _take_back() -> None:
    paths = [path for state, path in changed() if state != "??"]
    git("checkout", "--quiet", ".")
    git("clean", "--quiet", "-d", "--force")
    for path in paths:
        os.utime(ROOT / path, (LONG_AGO, LONG_AGO))
    for folder in SITE.parent.glob("site-*"):
        shutil.rmtree(folder)


def keep_templates() -> None:
    """Once for all builds: every child would compile the theme's fifty, and list the theme's 15,000 files."""
    folder = ROOT / ".cache" / "templates"
    folder.mkdir(parents=True)
    compiled, get_env = FileSystemBytecodeCache(str(folder)), Theme.get_env
    listed: list[str] = []

    def list_templates(environment: Environment, filter_func: Callable[[str], bool]) -> list[str]:
        if not listed:
            listed.extend(Environment.list_templates(environment, filter_func=filter_func))
        return listed

    def with_cache(theme: Theme) -> Environment:
        environment = get_env(theme)
        environment.bytecode_cache = compiled
        environment.list_templates = partial(list_templates, environment)
        return environment

    Theme.get_env = with_cache


def main() -> None:
    os.chdir(ROOT)
    keep_templates()
    print(json.dumps(prepare()), flush=True)
    for step in UNREAD:
        step.run = lambda _site_dir: None
    html.problems(Site(SITE, ADDRESS))  # read once, before the children
    formulas.run(SITE)  # it remembers which formulas a text has
    load_config(str(ROOT / "mkdocs.yml"))  # and so are the plugins imported
    gc.freeze()  # the children need no look at what was there before them
    by_name = {mistake.name: mistake for mistake in MISTAKES}
    for line in sys.stdin:
        print(json.dumps(make(by_name[line.rstrip("\n")])), flush=True)


if __name__ == "__main__":
    main()
