"""Says which cells name a row: those of a first column that has no name of its own, below an empty corner.

Markdown knows headings of columns only, and makes one of the corner, which names nothing.
"""

import re
from pathlib import Path

from scripts.finish.built_pages import rewrite

TABLE = re.compile(
    r"(?P<head><table>\s*<thead>\s*<tr>\s*)<(?:th|td)\b(?P<style>[^>]*)></(?:th|td)>(?P<rest>.*?</table>)",
    re.S,
)
FIRST_CELL = re.compile(r"(<tr>\s*)<td\b([^>]*)>(.*?)</td>", re.S)


def run(site_dir: Path) -> None:
    rewrite(site_dir, lambda page: TABLE.sub(_with_row_names, page))


def _with_row_names(table: re.Match[str]) -> str:
    rest = FIRST_CELL.sub(r'\1<th scope="row"\2>\3</th>', table["rest"])
    return f"{table['head']}<td{table['style']}></td>{rest}"
