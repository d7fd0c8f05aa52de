"""Leads from where pages and sections were to where they are now, as data/redirects.yml has it.

A page that moved leaves a small page behind, which leads on with the section that was asked for, and without
JavaScript to the top of the page. On a page that lost a section, a script leads those on who ask for it.
"""

import html
import json
import os
import re
from pathlib import Path

from scripts import yaml_files
from scripts.finish import FinishError

SOURCE = Path(__file__).resolve().parents[2] / "data" / "redirects.yml"
SCRIPT = "assets/javascripts/moved.js"
TAG = re.compile(rf'<script src="[^"]*{re.escape(SCRIPT)}"[^>]*></script>\n?')
LEFT_BEHIND = "<h1>This page has moved</h1>"
PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>Moved: {title}</title>
<link rel="canonical" href="{canonical}">
{script}<noscript><meta http-equiv="refresh" content="0; url={new}"></noscript>
</head>
<body>
{LEFT_BEHIND}
<p>It is now <a href="{new}">{title}</a>.</p>
</body>
</html>
"""


def run(site_dir: Path, source: Path = SOURCE) -> None:
    text = source.read_text(encoding="utf-8")
    moves = yaml_files.loads(text)
    pages = _Pages(site_dir)
    if problems := [
        (old, problem) for old, new in moves.items() for problem in _problems(old, new, moves, pages)
    ]:
        lines = text.splitlines()
        numbers = {
            old: next(n for n, line in enumerate(lines, 1) if line.startswith(old)) for old, _ in problems
        }
        raise FinishError("\n".join(f"data/redirects.yml:{numbers[old]}: {what}" for old, what in problems))
    for page in dict.fromkeys(old.partition("#")[0] for old in moves):
        sections = {
            f"#{old.partition('#')[2]}": _relative(new, page)
            for old, new in moves.items()
            if old.startswith(f"{page}#")
        }
        if page in moves:
            pages.leave_behind(page, moves[page], sections)
        else:
            pages.lead_on(page, sections)


class _Pages:
    """The built pages, by their address relative to the home page."""

    def __init__(self, site_dir: Path) -> None:
        self.site_dir = site_dir

    def text(self, page: str) -> str | None:
        """Nothing if there is no page, or only what one left behind that moved."""
        path = self.site_dir / page / "index.html"
        text = path.read_text(encoding="utf-8") if path.is_file() else None
        return text if text and LEFT_BEHIND not in text else None

    def leave_behind(self, page: str, new: str, sections: dict[str, str]) -> None:
        target = self.text(new.partition("#")[0])
        title = re.search(r"<title>(.*?)</title>", target, re.S)[1]
        canonical = re.search(r'<link rel="canonical" href="([^"]*)"', target)
        relative = _relative(new, page)
        path = self.site_dir / page / "index.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        values = {"title": title, "new": relative, "canonical": canonical[1] if canonical else relative}
        script = _script(page, sections, f' data-page="{relative}"')
        path.write_text(PAGE.format(script=script, LEFT_BEHIND=LEFT_BEHIND, **values), encoding="utf-8")

    def lead_on(self, page: str, sections: dict[str, str]) -> None:
        text = TAG.sub("", self.text(page))
        path = self.site_dir / page / "index.html"
        path.write_text(text.replace("</head>", f"{_script(page, sections)}</head>", 1), encoding="utf-8")


def _problems(old: str, new: str, moves: dict[str, str], pages: _Pages):
    page, _, section = old.partition("#")
    target, _, target_section = new.partition("#")
    there, target_text = pages.text(page), pages.text(target)
    if target_text is None:
        yield f"{new} is no page: name the page where {old} is now"
    elif target_section and not _has(target_text, target_section):
        yield f"the page {target} has no section #{target_section}: name one that it has"
    if not section and there:
        yield f"there is a page at {old}: only what is gone can lead on"
    if section and there and _has(there, section):
        yield f"the page {page} has a section #{section}: only what is gone can lead on"
    if section and not there and page not in moves:
        yield f"there is no page at {page}: say where it is now in a line `{page}: …`"


def _has(text: str, section: str) -> bool:
    return f'id="{section}"' in text


def _relative(new: str, page: str) -> str:
    target, mark, section = new.partition("#")
    path = os.path.relpath(f"/{target}", f"/{page}").replace(os.sep, "/")
    return ("" if f"{target}" == page else f"{path}/") + mark + section


def _script(page: str, sections: dict[str, str], attributes: str = "") -> str:
    up = "../" * page.count("/")
    listed = html.escape(json.dumps(sections, separators=(",", ":")))
    return f'<script src="{up}{SCRIPT}"{attributes} data-sections="{listed}"></script>\n'
