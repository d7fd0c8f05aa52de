"""Says which cells name a row, and wraps tables so that wide ones can be scrolled.

Markdown knows headings of columns only, and makes one of an empty corner, which names nothing: below it, the
first column has no name and names the rows. Material wraps tables when its script starts, which has
browsers style the whole text anew; here its script finds them wrapped, and so do readers without scripts.
"""

import re
from pathlib import Path

from scripts.finish.built_pages import rewrite

UNNAMED = re.compile(
    r"(?P<head><table>\s*<thead>\s*<tr>\s*)<(?:th|td)\b(?P<style>[^>]*)></(?:th|td)>(?P<rest>.*?</table>)",
    re.S,
)
FIRST_CELL = re.compile(r"(<tr>\s*)<td\b([^>]*)>(.*?)</td>", re.S)
WRAP = '<div class="md-typeset__scrollwrap"><div class="md-typeset__table">'
BARE = re.compile(rf"<table>(?<!{WRAP}<table>).*?</table>", re.S)
# which tables Material's script wraps
WRAPPED = '"table:not([class])"'
UNWRAPPED = '":not(.md-typeset__table)>table:not([class])"'


def run(site_dir: Path) -> None:
    rewrite(site_dir, lambda page: BARE.sub(_wrapped, UNNAMED.sub(_with_row_names, page)))
    rewrite(site_dir, lambda script: script.replace(WRAPPED, UNWRAPPED), "assets/javascripts/bundle.*.js")


def _with_row_names(table: re.Match[str]) -> str:
    rest = FIRST_CELL.sub(r'\1<th scope="row"\2>\3</th>', table["rest"])
    return f"{table['head']}<td{table['style']}></td>{rest}"


def _wrapped(table: re.Match[str]) -> str:
    return f"{WRAP}{table[0]}</div></div>"
