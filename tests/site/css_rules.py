"""What a style sheet says, read by tinycss2: an oracle for the steps that change or shorten sheets."""

import re

import tinycss2


def rules(sheet: str, about: str = "") -> list[tuple[str, str, str]]:
    """Conditions, selector and declarations of each rule."""
    found = []
    for node in tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True):
        first, content = tinycss2.serialize(node.prelude).strip(), tinycss2.serialize(node.content)
        if node.type == "at-rule":
            found += rules(content, f"{about}@{node.at_keyword} {first}")
            continue
        found += [(about, plain(selector), plain(content)) for selector in first.split(",")]
    return found


def plain(css: str) -> str:
    """Without comments, and with spaces only where they part something."""
    text = " ".join(re.sub(r"/\*.*?\*/", " ", css, flags=re.S).split())
    return re.sub(r" ?([,;]) ?", r"\1", text).strip("; ")
