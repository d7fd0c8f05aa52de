"""Material's palette lacks the one rule that slows every load, and no other."""

from pathlib import Path

import material

from tests.built_site import Site

THEME = Path(material.__file__).parent / "templates" / "assets" / "stylesheets"


def test_one_rule_is_gone(site: Site):
    (sent,) = (site.folder / "assets" / "stylesheets").glob("palette.*.css")
    rules = (THEME / sent.name).read_text("utf-8").split("}")
    gone = [rule for rule in rules if "[data-md-color-switching] *" in rule]
    assert len(gone) == 1
    rules.remove(gone[0])
    assert sent.read_text("utf-8").split("}") == rules
