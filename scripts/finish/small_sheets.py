"""Puts the two small style sheets, Material's palette and site.css, into every page.

As files each was one more request that the first paint waited for. Of the palette a page gets the rules about
the colors that this site has; the other twenty are most of it.
"""

import re
from pathlib import Path

from scripts.finish.built_pages import rewrite
from scripts.finish.css import compact

FOLDER = "assets/stylesheets"
SHEETS = ("palette.*.min.css", "site.css")  # in the order of their links
COLORS = ("custom", "indigo")  # of mkdocs.yml, and of pages without scripts: Material's own
OTHER_COLOR = rf"[^{{}},]*\[data-md-color-(?:primary|accent)=(?!(?:{'|'.join(COLORS)})\])[^{{}},]*"
ABOUT_OTHERS = re.compile(rf"(?<![^{{}}]){OTHER_COLOR}(?:,{OTHER_COLOR})*\{{[^{{}}]*\}}")


def run(site_dir: Path) -> None:
    for name in SHEETS:
        for path in (site_dir / FOLDER).glob(name):
            style = f"<style>{compact(ABOUT_OTHERS.sub('', path.read_text(encoding='utf-8')))}</style>"
            link = re.compile(rf'<link rel="stylesheet" href="[^"]*/{re.escape(path.name)}">')
            rewrite(site_dir, lambda page, link=link, style=style: link.sub(lambda _: style, page))
            path.unlink()
            path.with_suffix(".css.map").unlink(missing_ok=True)
