"""Where a problem is: the files of the repository, and the line of a text in one of them."""

import subprocess
from functools import cache
from pathlib import Path

from scripts.pages import ROOT

BINARY = {".png", ".woff2", ".ico", ".jpg", ".jpeg", ".gif", ".webp", ".pdf"}


@cache
def files() -> tuple[str, ...]:
    """Every file that git tracks or would track, relative to the repository."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = sorted(set(listed.split("\0")) - {""})
    return tuple(name for name in names if (ROOT / name).is_symlink() or (ROOT / name).is_file())


def text_files() -> list[tuple[str, bytes]]:
    """Path and content of all that should be text."""
    paths = [path for path in files() if Path(path).suffix not in BINARY and not (ROOT / path).is_symlink()]
    return [(path, (ROOT / path).read_bytes()) for path in paths]


def find_line(path: str, text: str) -> int:
    """The first line of a file that holds a text, 1 if none does."""
    file = ROOT / path
    if not text or not file.is_file():
        return 1
    content = file.read_text("utf-8", errors="replace")
    start = content.find(text)
    return content.count("\n", 0, start) + 1 if start >= 0 else 1


def at(path: str, text: str) -> str:
    return f"{path}:{find_line(path, text)}"
