"""What readers are sent of a style sheet."""

import re


def compact(sheet: str) -> str:
    """The same rules without comments and needless space; no string in them has two spaces or a brace."""
    text = re.sub(r"/\*.*?\*/", "", sheet, flags=re.S)
    return re.sub(r"\s*([{};,])\s*", r"\1", " ".join(text.split()))
