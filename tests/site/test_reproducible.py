"""Who builds the site, where and when, changes no byte of it."""

import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from scripts.check.site import ENVIRONMENT
from tests.built_site import ROOT, Site

ELSEWHERE = {
    "SOURCE_DATE_EPOCH": "978307200",  # the first day of 2001, for all that asks for the time of the build
    "TZ": "Pacific/Kiritimati",
    "LC_ALL": "C",
    "PYTHONHASHSEED": "1",
}


def clone(folder: Path) -> None:
    """All files that git has or would add, as they are, with other times; what is installed is shared."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout.split(
        "\0"
    ):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    (folder / "node_modules").symlink_to(ROOT / "node_modules")


def contents(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest() for path in files}


def test_two_builds_are_equal_to_the_byte(site: Site, tmp_path: Path):
    if "LLMQ_SITE" in os.environ:
        pytest.skip("nobody knows what the site of LLMQ_SITE was built from")
    folder = tmp_path / "a clone elsewhere"
    clone(folder)
    environment = (
        os.environ | ENVIRONMENT | ELSEWHERE | {"SITE_URL": site.address, "PYTHONPATH": str(folder / "src")}
    )
    command = [Path(sys.executable).with_name("mkdocs"), "build", "--quiet"]
    subprocess.run(command, cwd=folder, env=environment, check=True)
    here, there = contents(site.folder), contents(folder / "site")
    assert here.keys() == there.keys()
    assert [name for name in here if here[name] != there[name]] == []
