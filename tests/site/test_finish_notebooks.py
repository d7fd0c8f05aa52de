"""What the step makes of a page of mkdocs-jupyter, and what it refuses."""

import json
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from scripts.finish import FinishError, notebooks
from scripts.run_notebooks import NOTEBOOKS
from tests.built_site import Site

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="72" height="36"><title>A flat box</title></svg>'

DESCRIPTIONS = [("name", "description"), ("property", "og:description")]


@pytest.fixture
def notebook_page(tmp_path: Path):
    """A site of transformers/scaling.md and a notebook of the given cells: returns its page."""

    def build(*cells) -> Path:
        from mkdocs_jupyter.convert import nb2html

        site_dir = tmp_path / "site"
        source = tmp_path / "lab.ipynb"
        metadata = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
        nbformat.write(new_notebook(cells=list(cells), metadata=metadata), source)
        page = site_dir / "notebooks" / "lab" / "index.html"
        page.parent.mkdir(parents=True)
        article = f'<article class="md-typeset"><a href="edit">Edit</a>{nb2html(str(source))}</article>'
        head = (
            '<meta name="description" content="Of the site"><meta property="og:description" content="Same">'
        )
        page.write_text(f"<html><head>{head}</head><body>{article}<script>own()</script></body></html>")
        other = site_dir / "transformers" / "scaling" / "index.html"
        other.parent.mkdir(parents=True)
        other.write_text('<h2 id="derivation">Derivation</h2>')
        (site_dir / "transformers" / "index.html").write_text("<h1>Transformers</h1>")
        (site_dir / "search").mkdir()
        entries = [
            {"location": "", "title": "Home", "text": ""},
            {"location": "notebooks/lab/", "title": "Lab", "text": "In [1]: x = 1 x = 1", "boost": 2},
            {"location": "notebooks/lab/#one", "title": "One\u00b6", "text": "$x$"},
        ]
        index = json.dumps({"config": {}, "docs": entries})
        (site_dir / "search" / "search_index.json").write_text(index)
        notebooks.run(site_dir)
        return page

    return build


def parsed(page: Path) -> BeautifulSoup:
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


def test_nothing_of_jupyter_stays(notebook_page):
    page = notebook_page(new_markdown_cell("# Lab"), new_code_cell("print(1)", outputs=[stream("1\n")]))
    text = page.read_text(encoding="utf-8")
    assert "<style" not in text
    assert text.count("<script") == 1, "the page's own script, outside the article, stays"
    assert "jp-" not in text
    assert "jupyter" not in text.lower()
    assert '<a href="edit">Edit</a>' in text
    assert len(text) < 2000


def stream(text: str):
    return new_output("stream", name="stdout", text=text)


def test_code_and_output_are_marked_up_for_the_theme(notebook_page):
    soup = parsed(notebook_page(new_code_cell("x = 1  # <one>\nprint(x)", outputs=[stream("1 < 2\n")])))
    assert (
        soup.select_one("div.language-python.highlight > pre > code").get_text()
        == "x = 1  # <one>\nprint(x)\n"
    )
    output = soup.select_one(".notebook-output[role=group]")
    assert output["tabindex"] == "0"
    assert output["aria-label"] == "Output"
    assert output.get_text() == "1 < 2"


def test_formulas_are_handed_over_and_code_is_left_alone(notebook_page):
    soup = parsed(
        notebook_page(
            new_markdown_cell("Let $a_i < b$ be, not `$x$`.\n\n$$\n\\frac{a}{b}\n$$\n\n- $c$, $d$\n")
        )
    )
    formulas = [(f.name, f.get_text()) for f in soup.select(".arithmatex")]
    assert formulas == [
        ("span", r"\(a_i < b\)"),
        ("div", "\\[\n\\frac{a}{b}\n\\]"),
        ("span", r"\(c\)"),
        ("span", r"\(d\)"),
    ]
    assert soup.select_one("code").get_text() == "$x$"
    assert not soup.select("p div")


def test_headings_have_ids_and_permalinks(notebook_page):
    heading = parsed(notebook_page(new_markdown_cell("# Lab\n\n## Divide by √d_k"))).select_one("h2")
    link = heading.select_one("a.headerlink")
    assert link["href"] == f"#{heading['id']}"
    assert link["title"] == "Link to this section"


def test_the_first_paragraph_describes_the_page(notebook_page):
    soup = parsed(notebook_page(new_markdown_cell('# Lab\n\nFour *words*,\n"small".\n\nMore.')))
    described = [soup.select_one(f'meta[{key}="{value}"]')["content"] for key, value in DESCRIPTIONS]
    assert described == ['Four words, "small".'] * 2


def test_links_lead_to_pages_as_they_do_in_markdown(notebook_page):
    cell = new_markdown_cell(
        "[a](../transformers/scaling.md) [b](../transformers/scaling.md#derivation) "
        "[c](../transformers/index.md) [d](https://arxiv.org/abs/1706.03762) [e](#one)\n\n## One"
    )
    links = [a["href"] for a in parsed(notebook_page(cell)).select("p a")]
    assert links == [
        "../../transformers/scaling/",
        "../../transformers/scaling/#derivation",
        "../../transformers/",
        "https://arxiv.org/abs/1706.03762",
        "#one",
    ]


def test_a_figure_becomes_a_file_with_a_description(notebook_page):
    page = notebook_page(
        new_code_cell("draw()", outputs=[new_output("display_data", {"image/svg+xml": SVG})])
    )
    image = parsed(page).select_one("img")
    assert image["alt"] == "A flat box"
    assert (image["width"], image["height"]) == ("72", "36")
    assert (page.parent / image["src"]).resolve().read_text() == SVG


def test_the_search_gets_one_entry_a_section(notebook_page):
    cells = [
        new_markdown_cell("# Lab\n\nIntro."),
        new_markdown_cell("## One\n\nText, $x$."),
        new_code_cell("y = 1"),
    ]
    page = notebook_page(*cells)
    index = json.loads((page.parents[2] / "search" / "search_index.json").read_text())
    assert [e["location"] for e in index["docs"]] == ["", "notebooks/lab/", "notebooks/lab/#one"]
    _, first, second = index["docs"]
    assert (first["title"], second["title"]) == ("Lab", "One")
    assert second["text"].count("y = 1") == 1
    assert "In [" not in first["text"] + second["text"]
    assert r"\(x\)" in second["text"]
    assert first["boost"] == second["boost"] == 2


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (new_markdown_cell("[x](../transformers/nothing.md)"), "nothing.md leads to no page"),
        (
            new_markdown_cell("[x](../transformers/scaling.md#no)"),
            "#no leads to a section that does not exist",
        ),
        (new_markdown_cell("[x](/transformers/)"), "leads to no page"),
        (new_markdown_cell("![x](../assets/no.svg)"), "no.svg leads to no page or file"),
        (new_markdown_cell("[x](#no)"), "#no leads to a section that does not exist"),
        (new_markdown_cell("It costs $5 a day"), "second dollar sign"),
        (new_markdown_cell("text\n$$\nx\n$$\ntext"), "empty line"),
        (
            new_code_cell(
                "1", outputs=[new_output("display_data", {"image/svg+xml": "<svg viewBox='0 0 1 1'/>"})]
            ),
            "without a <title>",
        ),
        (new_code_cell("1", outputs=[new_output("display_data", {"text/html": "<b>1</b>"})]), "text/html"),
    ],
)
def test_what_would_not_work_on_the_page_stops_the_build(notebook_page, cell, message):
    with pytest.raises(FinishError, match=rf"notebooks/lab\.ipynb: .*{message}"):
        notebook_page(cell)


@pytest.mark.parametrize("name", ["attention-step-by-step", "count-and-fit", "train-a-tokenizer"])
def test_a_notebook_can_be_downloaded_and_opened_in_colab(site: Site, name: str):
    """The one that is downloaded is the one in docs/, but knows where the repository is."""
    links = site.document(f"notebooks/{name}/").xpath("//p[contains(@class, 'to-files')]/a/@href")
    assert links == [
        f"{name}.ipynb",
        f"https://colab.research.google.com/github/example/questions/blob/main/docs/notebooks/{name}.ipynb",
    ]
    stored = (NOTEBOOKS / f"{name}.ipynb").read_text("utf-8")
    downloaded = (site.folder / "notebooks" / name / links[0]).read_text("utf-8")
    assert stored.count(r"REPOSITORY = \"\"") == 1
    address = r"REPOSITORY = \"https://github.com/example/questions\""
    assert downloaded == stored.replace(r"REPOSITORY = \"\"", address)
    listed = site.document("notebooks/").xpath("//ul[@class='to-files']//a/@href")
    assert {f"{name}/{name}.ipynb", links[1]} <= set(listed)
