"""What slows every load is changed in Material's palette and script, and nothing else."""

import difflib
import re
import shutil
from pathlib import Path

import material

from scripts.finish import palette, tables
from tests.built_site import Site
from tests.site.css_rules import rules

THEME = Path(material.__file__).parent / "templates" / "assets"
(SHEET,) = (THEME / "stylesheets").glob("palette.*.css")


def concerns_us(selector: str) -> bool:
    colors = re.findall(r"\[data-md-color-(?:primary|accent)=([\w-]+)\]", selector)
    return not colors or colors in (["custom"], ["indigo"])


def test_one_rule_is_gone_and_those_about_other_colors(tmp_path: Path, site: Site):
    sent = tmp_path / "assets" / "stylesheets" / SHEET.name
    sent.parent.mkdir(parents=True)
    shutil.copy(SHEET, sent)
    palette.run(tmp_path)
    parts = SHEET.read_text("utf-8").split("}")
    gone = [part for part in parts if "[data-md-color-switching] *" in part]
    assert len(gone) == 1
    parts.remove(gone[0])
    assert sent.read_text("utf-8") == palette.ABOUT_OTHERS.sub("", "}".join(parts))
    assert "[data-md-color-switching]" not in (site.folder / "index.html").read_text("utf-8")


def test_rules_about_the_colors_of_the_site_stay():
    whole = SHEET.read_text("utf-8")
    left = palette.ABOUT_OTHERS.sub("", whole)
    about_us = [rule for rule in rules(whole) if concerns_us(rule[1])]
    assert [rule for rule in rules(left) if concerns_us(rule[1])] == about_us


def test_rules_about_other_colors_alone_are_gone():
    left = palette.ABOUT_OTHERS.sub("", SHEET.read_text("utf-8"))
    without_conditions = re.sub(r"@media[^{]*\{", "", left)
    for selectors in re.findall(r"([^{}]+)\{", without_conditions):
        assert any(concerns_us(selector) for selector in selectors.split(","))


def test_pages_have_no_other_color(site: Site):
    for page in site.pages():
        document = site.document(page)
        named = document.xpath("//@data-md-color-primary | //@data-md-color-accent")
        assert set(named) == set(palette.COLORS), page


def test_script_finds_the_color_scheme_and_sets_another_only(site: Site):
    (sent,) = (site.folder / "assets" / "javascripts").glob("bundle.*.js")
    statements = re.split("[;,]", (THEME / "javascripts" / sent.name).read_text("utf-8"))
    finished = re.split("[;,]", sent.read_text("utf-8").replace(tables.UNWRAPPED, tables.WRAPPED))
    changes = [change for change in difflib.ndiff(statements, finished) if change[0] in "+-"]
    gone = "".join(change[2:] for change in changes if change[0] == "-")
    assert re.fullmatch(
        r'let (\w)=\w\("meta"\{name:"color-scheme"\}\)document.head.appendChild\(\1\)'
        r"return \1.content=\w.colorScheme",
        gone,
    )
