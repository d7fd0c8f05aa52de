"""Links to other sites give them no access to the window that they are opened from: rel="noopener"."""

import re
from pathlib import Path

EXTERNAL = re.compile(r'<a\b(?=[^>]*\shref="https?:)[^>]*>')
RELATION = re.compile(r'(\srel=")([^"]*)"')


def run(site_dir: Path) -> None:
    for path in site_dir.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        if (finished := EXTERNAL.sub(_without_opener, text)) != text:
            path.write_text(finished, encoding="utf-8")


def _without_opener(link: re.Match[str]) -> str:
    found = RELATION.search(link[0])
    if found is None:
        return f'{link[0][:-1]} rel="noopener">'
    if "noopener" in found[2].split():
        return link[0]
    return RELATION.sub(r'\1\2 noopener"', link[0], count=1)
