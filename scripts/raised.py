"""Where an error came from, for messages that name file and line."""

import traceback
from pathlib import Path


def last_line(error: Exception, file: Path) -> int | None:
    """The line of `file` that it passed last; None if it never was there."""
    # extract_tb would ask for columns, which code that pytest has rewritten lacks
    lines = [
        line
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename == str(file)
    ]
    return lines[-1] if lines else None
