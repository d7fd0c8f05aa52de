"""The small style sheets stand in every page, with all their rules about the colors that the site has."""

import re
import shutil
from pathlib import Path

import material
import tinycss2

from scripts.finish import small_sheets
from scripts.finish.css import compact
from tests.built_site import ROOT, Site

SITE_CSS = ROOT / "docs/assets/stylesheets/site.css"
(PALETTE,) = (Path(material.__file__).parent / "templates/assets/stylesheets").glob("palette.*.min.css")
PAGE = """<head><link rel="stylesheet" href="{up}main.css">
<link rel="stylesheet" href="{up}{palette}"> <link rel="stylesheet" href="{up}site.css">
<link rel="stylesheet" href="{up}content.css"></head>"""


def rules(sheet: str, about: str = "") -> list[tuple[str, str, str]]:
    """Conditions, selector and declarations of each rule."""
    found = []
    for node in tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True):
        first, content = tinycss2.serialize(node.prelude).strip(), tinycss2.serialize(node.content)
        if node.type == "at-rule":
            found += rules(content, f"{about}@{node.at_keyword} {first}")
            continue
        found += [(about, plain(selector), plain(content)) for selector in first.split(",")]
    return found


def plain(css: str) -> str:
    """Without comments, and with spaces only where they part something."""
    text = " ".join(re.sub(r"/\*.*?\*/", " ", css, flags=re.S).split())
    return re.sub(r" ?([,;]) ?", r"\1", text).strip("; ")


def concerns_us(selector: str) -> bool:
    colors = re.findall(r"\[data-md-color-(?:primary|accent)=([\w-]+)\]", selector)
    return not colors or colors in (["custom"], ["indigo"])


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
        about_us = [rule for rule in rules(PALETTE.read_text("utf-8")) if concerns_us(rule[1])]
        assert [rule for rule in rules(palette) if concerns_us(rule[1])] == about_us
        assert rules(ours) == rules(SITE_CSS.read_text("utf-8"))
    assert list(sheets.iterdir()) == []
    small_sheets.run(tmp_path)
    assert {name: (tmp_path / name).read_text("utf-8") for name in pages} == once


def test_rules_about_other_colors_alone_are_gone():
    left = small_sheets.ABOUT_OTHERS.sub("", PALETTE.read_text("utf-8"))
    without_conditions = re.sub(r"@media[^{]*\{", "", left)
    for selectors in re.findall(r"([^{}]+)\{", without_conditions):
        assert any(concerns_us(selector) for selector in selectors.split(","))


def test_pages_have_no_other_color(site: Site):
    for page in site.pages():
        document = site.document(page)
        named = document.xpath("//@data-md-color-primary | //@data-md-color-accent")
        assert set(named) == set(small_sheets.COLORS), page


def test_compact_says_the_same():
    sheet = "/* a */ a:hover > b,\n  c { color : red; /* b */\n  left: 0; } @media print { d { top: 1px } }"
    assert compact(sheet) == "a:hover > b,c{color : red;left: 0;}@media print{d{top: 1px}}"
