"""Characters that a reader cannot see, that look like others, or that another system reads differently."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from scripts.check.places import files, text_files

TABS = {".tsv"}  # and Makefile
MERGE_MARK = re.compile(r"(?:<{7}|>{7}|\|{7}) |={7}$")
IDEOGRAPH = re.compile(r"[\u3400-\u9fff]")
FULL_WIDTH = re.compile(r"[\uff01-\uff5e\u3000-\u3002\u2018\u201c\u201d]")
SUSPECT = re.compile(r"[^ -~]| $|^[<>|=]{7}")  # a line that needs a closer look
WORD = re.compile(r"[^\W\d_]+")
# Cyrillic and Greek letters that print like a Latin one.
LOOKALIKES = set(
    "\u0410\u0412\u0415\u0405\u0406\u0408\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425"
    "\u0430\u0435\u0455\u0456\u0458\u043e\u0440\u0441\u0443\u0445\u0501\u051b\u051d\u04bb"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf"
)


def problems() -> list[str]:
    return [problem for path, data in text_files() for problem in _of_file(path, data)]


@cache  # the test of the rules looks at the same files hundreds of times
def _of_file(path: str, data: bytes) -> list[str]:
    text = data.decode("utf-8", "replace")
    return [*_encoding_problems(path, data, text), *_line_problems(path, text)]


def _encoding_problems(path: str, data: bytes, text: str) -> Iterable[str]:
    if data.startswith(b"\xef\xbb\xbf"):
        yield f"{path}:1: begins with a byte order mark: save it as UTF-8 without one"
    if (place := text.find("\ufffd")) >= 0 and "\ufffd".encode() not in data:
        yield f"{path}:{text.count(chr(10), 0, place) + 1}: is not UTF-8: save it as UTF-8"
    if (place := data.find(b"\r")) >= 0:
        line = data.count(b"\n", 0, place) + 1
        yield f"{path}:{line}: ends a line with a carriage return: save it with Unix line ends"
    if text and not text.endswith("\n"):
        yield f"{path}:{text.count(chr(10)) + 1}: has no line end at its end: add one"


def _line_problems(path: str, text: str) -> Iterable[str]:
    for number, line in enumerate(text.split("\n"), 1):
        if SUSPECT.search(line):
            for found in _in_line(path, line.rstrip("\r")):
                yield f"{path}:{number}: {found}"


def _in_line(path: str, line: str) -> Iterable[str]:
    if MERGE_MARK.match(line):
        yield "a mark of an unfinished merge: finish the merge"
    if "\t" in line and path != "Makefile" and Path(path).suffix not in TABS:
        yield "a tab: write spaces"
    if line != line.rstrip():
        yield "spaces at the end of the line: delete them"
    for character in line:
        if _is_invisible(character):
            name = unicodedata.name(character, f"U+{ord(character):04X}")
            yield f"an invisible character, {name}: delete it, or write what is meant"
    if path.startswith("tests/"):
        return  # tests of tokenizers feed them every writing system
    if not IDEOGRAPH.search(line) and (found := FULL_WIDTH.search(line)):
        yield f"the character {found[0]} of another script or of a word processor: write the ASCII one"
    foreign = any(letter not in LOOKALIKES and not letter.isascii() for letter in "".join(WORD.findall(line)))
    for word in WORD.findall(line):
        odd = [letter for letter in word if letter in LOOKALIKES]
        if odd and (any(letter.isascii() for letter in word) or (len(word) == len(odd) and not foreign)):
            name = unicodedata.name(odd[0])
            yield f"`{word}` holds a letter that only looks Latin, {name}: type the word anew"


def _is_invisible(character: str) -> bool:
    kind = unicodedata.category(character)
    return kind in {"Cf", "Zl", "Zp"} or (kind == "Cc" and character not in "\t\r")


def name_problems() -> Iterable[str]:
    """Names of files that differ between systems."""
    seen: dict[str, str] = {}
    for path in files():
        if not re.fullmatch(r"[\w./-]+", path, re.ASCII):
            yield f"{path}: a name with other characters than letters, digits, `.`, `-` and `_`: rename it"
        first = seen.setdefault(path.casefold(), path)
        if first != path:
            yield f"{path}: differs from {first} by case only, and Windows and macOS keep one: rename it"
