"""Puts the two small style sheets, Material's palette and site.css, into every page.

As files each was one more request that the first paint waited for. Runs when palette.py has made them small.
"""

import re
from pathlib import Path

from scripts.finish.built_pages import rewrite
from scripts.finish.css import compact

FOLDER = "assets/stylesheets"
SHEETS = ("palette.*.min.css", "site.css")
LINK = re.compile(r'<link rel="stylesheet" href="(?:[^"]*/)?(?P<name>[^"/]*)">')


def run(site_dir: Path) -> None:
    paths = [path for name in SHEETS for path in (site_dir / FOLDER).glob(name)]
    sheets = {path.name: compact(path.read_text(encoding="utf-8")) for path in paths}

    def with_style(link: re.Match[str]) -> str:
        sheet = sheets.get(link["name"])
        return link[0] if sheet is None else f"<style>{sheet}</style>"

    rewrite(site_dir, lambda page: LINK.sub(with_style, page))
    for path in paths:
        path.unlink()
        path.with_name(f"{path.name}.map").unlink(missing_ok=True)
