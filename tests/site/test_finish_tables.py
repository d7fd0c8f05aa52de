"""Cells that name their row are headings of it; every table is wrapped once."""

from pathlib import Path

import markdown
from lxml import html

from scripts.finish import tables
from tests.built_site import Site

NAMED = "| size | logits |\n|---|---|\n| 8 | 1 |\n"
UNNAMED = "| | logits | weights |\n|:--|---|--:|\n| without | 8 | 0.9 |\n| with `a` | | 0.6 |\n"


def finished(folder: Path, text: str) -> html.HtmlElement:
    page = folder / "index.html"
    page.write_text(markdown.markdown(text, extensions=["tables"]), "utf-8")
    tables.run(folder)
    once = page.read_text("utf-8")
    tables.run(folder)
    assert page.read_text("utf-8") == once
    return html.fromstring(f"<main>{once}</main>")


def cells(table: html.HtmlElement) -> list[list[tuple[str, str | None, str]]]:
    return [[(cell.tag, cell.get("scope"), cell.text_content()) for cell in row] for row in table.iter("tr")]


def test_a_column_without_a_name_names_the_rows(tmp_path):
    (table,) = finished(tmp_path, UNNAMED).iter("table")
    assert cells(table) == [
        [("td", None, ""), ("th", None, "logits"), ("th", None, "weights")],
        [("th", "row", "without"), ("td", None, "8"), ("td", None, "0.9")],
        [("th", "row", "with a"), ("td", None, ""), ("td", None, "0.6")],
    ]
    assert {cell.get("style") for cell in table.xpath(".//tr/*[1]")} == {"text-align: left;"}


def test_other_tables_stay(tmp_path):
    text = f"{NAMED}\nBetween them.\n\n{UNNAMED}\nAfter them.\n\n{NAMED}"
    first, _, last = finished(tmp_path, text).iter("table")
    assert cells(first) == cells(last)
    assert cells(first)[1] == [("td", None, "8"), ("td", None, "1")]


def test_every_table_is_wrapped_as_material_would(tmp_path):
    for table in finished(tmp_path, f"{NAMED}\nBetween them.\n\n{UNNAMED}").iter("table"):
        inner, outer, *_ = table.iterancestors()
        assert (inner.get("class"), outer.get("class")) == ("md-typeset__table", "md-typeset__scrollwrap")
        assert len(inner) == len(outer) == 1


def test_material_wraps_none_again(site: Site):
    (script,) = (site.folder / "assets" / "javascripts").glob("bundle.*.js")
    assert '":not(.md-typeset__table)>table:not([class])"' in script.read_text("utf-8")
