"""Files: what lies in the repository, whether it is whole, used once, and harmless."""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

from scripts.check.places import files, find_line
from scripts.pages import ROOT, address_of

PAGES = {".md", ".ipynb"}
KINDS = PAGES | {".svg", ".css", ".js"}  # of files in docs/, and data in docs/assets/data/
LARGEST = 300_000  # bytes; lock files and the bibliography aside
LARGE = {"requirements.txt", "requirements-test.txt", "package-lock.json", "bench/package-lock.json"}
STRAY = re.compile(r"\.(?:orig|rej|bak|tmp|swp|swo|log|pyc)$|~$|(?:^|/)(?:\.DS_Store|Thumbs\.db|Untitled.*)$")
MAGIC = {
    ".png": b"\x89PNG\r\n\x1a\n",
    ".jpg": b"\xff\xd8\xff",
    ".gif": b"GIF8",
    ".woff2": b"wOF2",
    ".pdf": b"%PDF",
}
ELSEWHERE = re.compile(
    r"(?:url\(|@import|import|fetch\(|src=|href=)\s*['\"(]*\s*((?:https?:)?//[^\s'\")]+)", re.I
)


def problems() -> list[str]:
    found = []
    for path in files():
        found += _file_problems(path)
        if path.startswith("docs/") and not (ROOT / path).is_symlink():
            found += _published_problems(path)
        if path.startswith(("docs/assets/", "overrides/")):
            found += _loading_problems(path, (ROOT / path).read_bytes())
    return [*found, *_addresses_taken_twice(), *_orphans()]


def _file_problems(path: str) -> Iterable[str]:
    file = ROOT / path
    if file.is_symlink():
        yield f"{path}: a symbolic link: Windows does not have them: put the file itself there"
        return
    if STRAY.search(path):
        yield f"{path}: left behind by a tool: delete it"
    if (size := file.stat().st_size) > LARGEST and path not in LARGE:
        yield f"{path}: {size:,} bytes, more than {LARGEST:,}: make it smaller, or generate it"
    if (magic := MAGIC.get(file.suffix)) and not file.read_bytes().startswith(magic):
        yield f"{path}: is no {file.suffix[1:]} file inside: put the whole file there"


def _published_problems(path: str) -> Iterable[str]:
    file = ROOT / path
    if file.suffix not in KINDS and not re.fullmatch(r"docs/assets/data/[^/]+\.json", path):
        yield f"{path}: docs/ holds {', '.join(sorted(KINDS))} only: draw it as SVG, or move it out of docs/"
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*(?:/[a-z0-9][a-z0-9.-]*)*", path):
        yield f"{path}: the name is part of an address: write it-like-this"
    if file.suffix == ".svg":
        yield from _svg_problems(path, file.read_bytes())


@cache  # the test of the rules looks at the same files hundreds of times
def _loading_problems(path: str, data: bytes) -> list[str]:
    text = data.decode("utf-8", "replace")
    return [
        f"{path}:{text.count(chr(10), 0, found.start()) + 1}: loads {found[1]} from another host: "
        "put the file into docs/assets/"
        for found in ELSEWHERE.finditer(text)
    ]


@cache
def _svg_problems(path: str, data: bytes) -> list[str]:
    try:
        root = ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        return [f"{path}:{error.position[0]}: is no XML ({error}): run `make generate`, or draw it anew"]
    return list(_drawing_problems(path, root))


def _drawing_problems(path: str, root: ElementTree.Element) -> Iterable[str]:
    for node in root.iter():
        tag = str(node.tag).rpartition("}")[2]
        if tag in {"script", "foreignObject", "iframe", "handler", "animate", "set"}:
            yield f"{path}:{find_line(path, '<' + tag)}: holds <{tag}>: draw without it"
        for name, value in node.attrib.items():
            name = name.rpartition("}")[2]
            if name.startswith("on"):
                yield f"{path}:{find_line(path, name)}: runs a script in {name}: draw without it"
            if name == "href" and not value.startswith("#"):
                yield f"{path}:{find_line(path, value)}: refers to {value[:60]}: draw it into the file"


def _addresses_taken_twice() -> Iterable[str]:
    taken: dict[str, str] = {}
    for path in files():
        if path.startswith("docs/") and Path(path).suffix in PAGES:
            address = address_of(path.removeprefix("docs/"))
            if (first := taken.setdefault(address, path)) != path:
                yield f"{path}: is published at /{address}, as {first} is: rename one"


def _orphans() -> Iterable[str]:
    """What docs/assets/ holds and nothing names; notebooks and pages may name it in any way."""
    sources = [path for path in files() if path.startswith(("docs/", "overrides/", "includes/"))]
    sources = [path for path in sources if not (ROOT / path).is_symlink()]
    readers = [path for path in sources if Path(path).suffix in {".md", ".ipynb", ".css", ".js", ".html"}]
    readers += [path for path in files() if path.startswith(("scripts/finish/", "scripts/take/"))]
    text = "".join((ROOT / path).read_text("utf-8", errors="replace") for path in [*readers, "mkdocs.yml"])
    for path in sources:
        # a script of an element, <kv-cache-calculator>, is loaded by the element's name
        names = (Path(path).name, f"<{Path(path).stem}")
        if path.startswith("docs/assets/") and not any(name in text for name in names):
            yield f"{path}: is used by no page: use it or delete it"
