"""Cutting text before any merge is learned or applied: the patterns of GPT-2 and GPT-4.

GPT-4's is written as in js-tiktoken 1.0.21. tiktoken 0.14 writes it for speed, and leaves white space behind
the last line break of a text in one piece with that; no token holds both, so the tokens are the same.

Python's `re` knows neither \\p{L} nor \\p{N}, so both are written out from `unicodedata`; and its \\s is not
Unicode's White_Space, which the tokenizers use.
"""

import re
import sys
import unicodedata
from functools import cache

GPT2_PATTERN = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
CL100K_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# Unicode's property White_Space, the same since Unicode 6.3; `str.isspace` has four control characters more.
WHITE_SPACE = r"\t-\r\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"


# --8<-- [start:split]
@cache
def character_class(category: str) -> str:
    """The inside of a [...] for `re` with all characters of a general category, such as L."""
    ranges: list[list[int]] = []
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code)).startswith(category):
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(rf"\U{low:08x}-\U{high:08x}" for low, high in ranges)


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    r"""`pattern` with \p{...}, \s and \S replaced by what `re` understands."""
    translated, in_brackets = [], False
    for part in re.findall(r"\\p\{\w+\}|\\.|.", pattern):
        if part in "[]":
            in_brackets = part == "["
        if part.startswith(r"\p"):
            inside = character_class(part[3:-1])
        elif part in (r"\s", r"\S"):
            inside = WHITE_SPACE
        else:
            translated.append(part)
            continue
        not_ = "^" if part == r"\S" else ""
        translated.append(inside if in_brackets else f"[{not_}{inside}]")
    return re.compile("".join(translated))


def split_gpt2(text: str) -> list[str]:
    """The pieces of `text` that GPT-2 never merges across."""
    return compiled(GPT2_PATTERN).findall(text)


def split_cl100k(text: str) -> list[str]:
    """The pieces of GPT-4's tokenizer cl100k_base: digits in threes, a mark may open a word."""
    return compiled(CL100K_PATTERN).findall(text)


# --8<-- [end:split]
