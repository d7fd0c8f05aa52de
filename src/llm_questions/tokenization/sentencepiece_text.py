"""What SentencePiece does around its algorithm: normalization, whitespace as a symbol, byte fallback.

Kudo & Richardson 2018, "SentencePiece", arXiv:1808.06226, §3.1; google/sentencepiece.
"""

import re
import unicodedata
from collections.abc import Iterable

SPACE = "▁"  # U+2581, one eighth block: not the underscore


# --8<-- [start:text]
def normalize(text: str, form: str | None = "NFKC", collapse: bool = True) -> str:
    """The text that is segmented: a Unicode normal form, and each space written as ▁.

    `collapse` makes one space of many and drops those at both ends. One space is put in front,
    so that a word is the same symbols inside a sentence and at its start. A ▁ in the input is
    taken for a space: that difference is lost. Of the rules that SentencePiece adds to NFKC this
    is the only one here; another makes spaces of tabs and line breaks.
    """
    if form is not None:
        text = unicodedata.normalize(form, text)
    text = text.replace(SPACE, " ")
    if collapse:
        text = re.sub(" +", " ", text).strip(" ")
    return (" " + text).replace(" ", SPACE) if text else ""


def byte_fallback(pieces: Iterable[str], vocabulary: set[str]) -> list[str]:
    """Pieces that the vocabulary lacks, replaced by one token <0xNN> for each of their bytes."""
    tokens: list[str] = []
    for piece in pieces:
        if piece in vocabulary:
            tokens.append(piece)
        else:
            tokens += [f"<0x{byte:02X}>" for byte in piece.encode("utf-8")]
    return tokens


def decode(tokens: Iterable[str]) -> str:
    """The text of `tokens`: byte tokens are joined to characters, ▁ is a space, the first one goes."""
    joined = b"".join(
        bytes([int(t[3:5], 16)]) if re.fullmatch(r"<0x[0-9A-F]{2}>", t) else t.encode("utf-8") for t in tokens
    )
    return joined.decode("utf-8", errors="replace").replace(SPACE, " ").removeprefix(" ")


# --8<-- [end:text]
