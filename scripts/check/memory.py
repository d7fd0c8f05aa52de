"""What has been executed and was right is not executed again while nothing that it depends on has changed."""

import hashlib
import platform
from collections.abc import Callable, Iterable
from functools import cache
from importlib.metadata import version
from pathlib import Path

from scripts.pages import ROOT

FOLDER = ROOT / ".cache" / "check" / "passed"


def unless_passed(key: Iterable[str], run: Callable[[], list[str]]) -> list[str]:
    """What `run` finds; nothing at once if it found nothing before under the same key."""
    mark = FOLDER / hashlib.sha256("\0".join([code(), *key]).encode()).hexdigest()
    if mark.exists():
        return []
    found = run()
    if not found:
        FOLDER.mkdir(parents=True, exist_ok=True)
        mark.touch()
    return found


@cache
def code() -> str:
    """Changes with the package, the data, the checks themselves, and what they run on."""
    paths = [
        path for folder in ("src", "scripts", "data") for path in (ROOT / folder).rglob("*") if path.is_file()
    ]
    digest = hashlib.sha256(
        f"{platform.python_version()} {version('numpy')} {version('matplotlib')}".encode()
    )
    for path in sorted(path for path in paths if "__pycache__" not in path.parts):
        digest.update(path.relative_to(ROOT).as_posix().encode() + Path(path).read_bytes())
    return digest.hexdigest()
