"""The small style sheets stand in every page, with all their rules."""

import re
import shutil
from pathlib import Path

import material

from scripts.finish import small_sheets
from scripts.finish.css import compact
from tests.built_site import ROOT
from tests.site.css_rules import rules

SITE_CSS = ROOT / "docs/assets/stylesheets/site.css"
(PALETTE,) = (Path(material.__file__).parent / "templates/assets/stylesheets").glob("palette.*.min.css")
PAGE = """<head><link rel="stylesheet" href="{up}main.css">
<link rel="stylesheet" href="{up}{palette}"> <link rel="stylesheet" href="{up}site.css">
<link rel="stylesheet" href="{up}content.css"></head>"""


def test_links_become_styles_in_their_place(tmp_path: Path):
    sheets = tmp_path / small_sheets.FOLDER
    sheets.mkdir(parents=True)
    for source in (PALETTE, SITE_CSS):
        shutil.copy(source, sheets)
    pages = {"index.html": "assets/stylesheets/", "a/b/index.html": "../../assets/stylesheets/"}
    for name, up in pages.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(PAGE.format(up=up, palette=PALETTE.name), "utf-8")
    small_sheets.run(tmp_path)
    once = {name: (tmp_path / name).read_text("utf-8") for name in pages}
    for name, up in pages.items():
        parts = re.findall(r'href="([^"]*)"|<style>(.*?)</style>', once[name], re.S)
        assert [href for href, _ in parts] == [f"{up}main.css", "", "", f"{up}content.css"]
        palette, ours = (style for href, style in parts if not href)
        assert rules(palette) == rules(PALETTE.read_text("utf-8"))
        assert rules(ours) == rules(SITE_CSS.read_text("utf-8"))
    assert list(sheets.iterdir()) == []
    small_sheets.run(tmp_path)
    assert {name: (tmp_path / name).read_text("utf-8") for name in pages} == once


def test_compact_says_the_same():
    sheet = "/* a */ a:hover > b,\n  c { color : red; /* b */\n  left: 0; } @media print { d { top: 1px } }"
    assert compact(sheet) == "a:hover > b,c{color : red;left: 0;}@media print{d{top: 1px}}"
