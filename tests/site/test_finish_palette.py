"""What slows every load is changed in Material's palette and script, and nothing else."""

import difflib
import re
import shutil
from pathlib import Path

import material

from scripts.finish import palette, tables
from tests.built_site import Site

THEME = Path(material.__file__).parent / "templates" / "assets"


def test_one_rule_is_gone(tmp_path: Path, site: Site):
    (sheet,) = (THEME / "stylesheets").glob("palette.*.css")
    sent = tmp_path / "assets" / "stylesheets" / sheet.name
    sent.parent.mkdir(parents=True)
    shutil.copy(sheet, sent)
    palette.run(tmp_path)
    rules = sheet.read_text("utf-8").split("}")
    gone = [rule for rule in rules if "[data-md-color-switching] *" in rule]
    assert len(gone) == 1
    rules.remove(gone[0])
    assert sent.read_text("utf-8").split("}") == rules
    assert "[data-md-color-switching]" not in (site.folder / "index.html").read_text("utf-8")


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
