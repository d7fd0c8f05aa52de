"""Links to other sites give them no access to the window that they are opened from: rel="noopener"."""

import re
from pathlib import Path

from scripts.finish.built_pages import rewrite

EXTERNAL = re.compile(r'<a\b(?=[^>]*\shref="https?:)[^>]*>')
RELATION = re.compile(r'(\srel=")([^"]*)"')


def run(site_dir: Path) -> None:
    rewrite(site_dir, lambda page: EXTERNAL.sub(_without_opener, page))


def _without_opener(link: re.Match[str]) -> str:
    found = RELATION.search(link[0])
    if found is None:
        return f'{link[0][:-1]} rel="noopener">'
    if "noopener" in found[2].split():
        return link[0]
    return RELATION.sub(r'\1\2 noopener"', link[0], count=1)
