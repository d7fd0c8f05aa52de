"""A formula as a line of readable text, "softmax((Q K^T)/sqrt(d_k)) V", for titles, navigation and search."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

INVISIBLE = dict.fromkeys(range(0x2061, 0x2065))  # function application, invisible times, comma, plus
SPELLING = {
    "−": "-",
    "∗": "*",
    "⋅": "·",
    "′": "'",
    "″": "''",
    "∣": "|",
    "∥": "||",
    "‖": "||",
    "⋯": "...",
    "∑": "sum",
    "∏": "prod",
    "∫": "int",
    "⊤": "T",
}
ACCENTS = {
    **dict.fromkeys("^ˆ", "\u0302"),
    **dict.fromkeys("~˜", "\u0303"),
    **dict.fromkeys("¯―‾", "\u0304"),
    **dict.fromkeys("→\u20d7", "\u20d7"),
    "˙": "\u0307",
    "¨": "\u0308",
}
ACCENT_NAMES = {
    "\u0302": "hat",
    "\u0303": "tilde",
    "\u0304": "overline",
    "\u20d7": "vector",
}  # over several characters
SCRIPTS = ("msub", "msup", "msubsup", "munder", "mover", "munderover")
BRACES = set("⏞⏟⎴⎵︷︸_")
BIG = {"sum", "prod", "int"}
PREFIXES = set("∂∇∀∃¬")
NOT_OPERATORS = set("∞∅√")
OPERATORS = set("-:·*&")
SIGNS = set("+-±∓")


@dataclass(frozen=True)
class Piece:
    text: str
    kind: str  # name, number, fraction, word, big, operator, prefix, slash, comma, open, close

    @property
    def is_operand(self) -> bool:
        return self.kind in ("name", "number", "fraction", "word", "big")


def plain_text(mathml: str) -> str:
    root = ElementTree.fromstring(re.sub(r' xmlns="[^"]*"', "", mathml))
    return _joined(_pieces(root))


def _pieces(node: Element) -> list[Piece]:
    if handler := _HANDLERS.get(node.tag):
        return handler(node)
    return _row(node)


def _row(nodes: Iterable[Element]) -> list[Piece]:
    pieces: list[Piece] = []
    bars: list[str] = []
    for node in nodes:
        if node.tag == "mtable":
            matrix = bool(pieces) and pieces[-1].kind == "open" and pieces[-1].text != "{"
            pieces.append(_table(node, ", " if matrix else " "))
            continue
        new = _pieces(node)
        core = node[0] if node.tag in SCRIPTS else node
        if new and core.tag == "mo" and core.text in ("|", "‖", "∥"):
            # MathML does not say which bar opens and which closes
            closes = bars[-1:] == [core.text] and pieces[-1].kind not in ("operator", "open")
            bars = bars[:-1] if closes else [*bars, core.text]
            new = [Piece(new[0].text, "close" if closes else "open")]
        pieces += new
    return pieces


def _token(node: Element) -> list[Piece]:
    text = (node.text or "").translate(INVISIBLE).strip()
    text = "".join(SPELLING.get(character, character) for character in text)
    text = " ".join(unicodedata.normalize("NFKC", text).split())
    if not text:
        return []
    if node.tag == "mn":
        return [Piece(text, "number")]
    if node.tag in ("mtext", "ms"):
        return [Piece(text, "word" if " " in text else "name")]
    if text in BIG:
        return [Piece(text, "big")]
    if len(text) == 1 and text in "([{⌊⌈⟨":
        return [Piece(text, "open")]
    if len(text) == 1 and text in ")]}⌋⌉⟩":
        return [Piece(text, "close")]
    if text in ",;":
        return [Piece(text, "comma")]
    if text == "/":
        return [Piece(text, "slash")]
    if text in PREFIXES:
        return [Piece(text, "prefix")]
    if text not in NOT_OPERATORS and (text in OPERATORS or unicodedata.category(text[0]) == "Sm"):
        return [Piece(text, "operator")]
    return [Piece(text, "name")]


def _fraction(node: Element) -> list[Piece]:
    above, below = node
    return [Piece(f"{_wrapped(_row([above]))}/{_wrapped(_row([below]))}", "fraction")]


def _square_root(node: Element) -> list[Piece]:
    return [Piece(f"sqrt({_joined(_row(node))})", "name")]


def _root(node: Element) -> list[Piece]:
    radicand, degree = node
    return [Piece(f"root({_joined(_row([radicand]))}, {_joined(_row([degree]))})", "name")]


def _scripts(node: Element) -> list[Piece]:
    base = _row([node[0]])
    marks = {"msub": "_", "munder": "_", "msup": "^", "mover": "^"}.get(node.tag, "_^")
    kind = base[0].kind if len(base) == 1 and base[0].kind != "prefix" else "name"
    text = _wrapped(base)
    for mark, script in zip(marks, node[1:], strict=True):
        raw = "".join(script.itertext()).strip()
        if raw in BRACES:
            return base
        if node.tag == "mover" and raw in ACCENTS:
            name = ACCENT_NAMES.get(ACCENTS[raw])
            if len(text) == 1 or name is None:
                return [Piece(unicodedata.normalize("NFC", text + ACCENTS[raw]), "name")]
            return [Piece(f"{name}({_joined(base)})", "name")]
        content = _row([script])
        if not content:
            continue
        inner = _joined(content, tight=True)
        if set(inner) == {"'"}:
            text += inner
        else:
            text += mark + (inner if _stands_alone(inner) else f"({inner})")
    return [Piece(text, kind)]


def _table(node: Element, separator: str) -> Piece:
    rows = [separator.join(filter(None, (_joined(_row(cell)) for cell in row))) for row in node]
    return Piece("; ".join(rows), "name")


def _wrapped(pieces: list[Piece]) -> str:
    text = _joined(pieces)
    single = len(pieces) <= 1 and "fraction" not in {piece.kind for piece in pieces}
    return text if single or _stands_alone(text) else f"({text})"


def _stands_alone(text: str) -> bool:
    if re.fullmatch(r"-?\d+|-?[^\W\d]\w*|\|\|?\w+\|\|?", text) or len(text) == 1:
        return True
    depth = 0
    for i, character in enumerate(text):
        depth += (character in "([") - (character in ")]")
        if depth == 0 and not (character.isalpha() and text[i + 1 :]):
            return i == len(text) - 1 and i > 0
    return False


def _joined(pieces: list[Piece], tight: bool = False) -> str:
    text = ""
    before: Piece | None = None
    for piece in pieces:
        leads = before is None or before.kind in ("operator", "open", "comma", "slash")
        if leads and piece.text in SIGNS:
            piece = Piece(piece.text, "open")  # a sign, which clings to what follows
            clings = before is None or before.kind in ("open", "slash") or tight
        else:
            clings = before is None or not _apart(before, piece, tight)
        text += piece.text if clings else f" {piece.text}"
        before = piece
    return text


def _apart(left: Piece, right: Piece, tight: bool) -> bool:
    if left.kind in ("open", "slash", "prefix") or right.kind in ("close", "comma", "slash"):
        return False
    if "operator" in (left.kind, right.kind):
        return not tight or any(piece.kind == "operator" and piece.text.isalpha() for piece in (left, right))
    if left.kind == "comma":
        return not tight
    if right.kind == "open":
        return left.kind in ("word", "big", "fraction")
    if left.kind == "number":
        return right.kind in ("number", "word") or bool(re.match(r"[^\W\d_]{2}", right.text))
    letters = len(left.text) == 1 == len(right.text) and left.is_operand and right.is_operand
    return not (tight and letters)


def _nothing(node: Element) -> list[Piece]:
    return []


_HANDLERS = {
    **dict.fromkeys(["mi", "mn", "mo", "mtext", "ms"], _token),
    **dict.fromkeys(["mspace", "mphantom", "none", "annotation", "maligngroup", "malignmark"], _nothing),
    **dict.fromkeys(SCRIPTS, _scripts),
    "mfrac": _fraction,
    "msqrt": _square_root,
    "mroot": _root,
    "mtable": lambda node: [_table(node, " ")],
}
