"""Pages as Markdown: no formula is lost, and nothing is left of what only this site knows."""

import re
from pathlib import Path
from urllib.parse import unquote, urljoin

import pytest
from lxml import html

from scripts.finish import plain_text
from scripts.pages import MATH, ROOT, Page, fold, question_pages
from scripts.plain_text import Converter
from tests.built_site import Site, address_of

HOME = "https://example.org/questions/"
LINK = re.compile(r"\]\(([^\s()]+)\)")
FENCED = re.compile(r"^```.*?^```$", re.S | re.M)
SPAN = re.compile(r"`[^`\n]+`")


@pytest.fixture
def convert(tmp_path: Path):
    (tmp_path / "includes").mkdir()
    (tmp_path / "includes/references.md").write_text('[a2020]: https://arxiv.org/abs/1 "A"\n', "utf-8")
    (tmp_path / "includes/table.md").write_text("| a | [B][a2020] |\n|---|---|\n", "utf-8")
    (tmp_path / "part.py").write_text(
        "# --8<-- [start:f]\ndef f(x):\n    return x[0][1]\n\n\n# --8<-- [end:f]\n", "utf-8"
    )
    pages = {"a/one.md": f"{HOME}a/one/", "a/index.md": f"{HOME}a/", "b.ipynb": f"{HOME}b/"}
    return lambda body: Converter(HOME, pages, tmp_path).page("a/one.md", body)


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("[x](index.md#y) and ![p](../p.svg)", f"[x]({HOME}a/#y) and ![p]({HOME}p.svg)\n"),
        ("[x](../b.ipynb), [here](#z)", f"[x]({HOME}b/), [here]({HOME}a/one/#z)\n"),
        ("[x, $\\S 2$][a2020]", "[x, $\\S 2$](https://arxiv.org/abs/1)\n"),
        ("[own]\n\n[own]: https://o.org/", "[own]\n"),
        ("[x][own]\n\n[own]: https://o.org/ 'A'", "[x][own]\n\n[own]: https://o.org/ 'A'\n"),
        ('[x][own]\n\n[own]: https://o.org/ "A"', "[x](https://o.org/)\n"),
        ("`a[i][j]` and $a_{[i][j]}$", "`a[i][j]` and $a_{[i][j]}$\n"),
        ("```python\na[i][j] = {'.b': 1}  # <!-- no -->\n```", None),
        ("# A { #b }\n\nText.\n{ .lead }", "# A\n\nText.\n"),
        ("<div class='grid' markdown>\n\nText.\n\n</div>", "Text.\n"),
        ("a\n\n<!-- check\n1 == 1\n-->\n\nb", "a\n\nb\n"),
        ("/// caption\nOne\ntwo $x$.\n///", "*Caption:* One two $x$.\n"),
        ('??? question "Why?"\n    So:\n\n    $$\n    x\n    $$', "**Why?**\n\nSo:\n\n$$\nx\n$$\n"),
        (
            '!!! tip "T"\n    a\n\n    ```python\n    if x:\n        y\n    ```\n\n    b\n\nc',
            "**T**\n\na\n\n```python\nif x:\n    y\n```\n\nb\n\nc\n",
        ),
        ("- a\n\n    $$\n    x\n      y\n    $$\n", "- a\n\n    $$\n    x\n      y\n    $$\n"),
        ('=== "A"\n\n    !!! note\n        Deep.', "**A**\n\n**Note**\n\nDeep.\n"),
        ('--8<-- "includes/table.md"', "| a | [B](https://arxiv.org/abs/1) |\n|---|---|\n"),
        ('```python\n--8<-- "part.py:f"\n```', "```python\ndef f(x):\n    return x[0][1]\n```\n"),
    ],
)
def test_markdown_of_the_site_becomes_plain(convert, body: str, wanted: str | None):
    assert convert(body) == (wanted or f"{body}\n")


@pytest.fixture(scope="module")
def texts(site: Site) -> dict[str, str]:
    return {page: (site.folder / page / plain_text.NAME).read_text("utf-8") for page in site.pages()}


def test_every_page_has_its_text_and_names_it(site: Site, texts):
    for page in texts:
        (link,) = site.document(page).xpath(
            "//link[normalize-space(@rel)='alternate' and @type='text/markdown']/@href"
        )
        assert urljoin(site.address + page, link) == f"{site.address}{page}{plain_text.NAME}"
        (index,) = site.document(page).xpath("//link[@rel='describedby']/@href")
        assert urljoin(site.address + page, index) == f"{site.address}llms.txt"


def formulas(text: str) -> list[str]:
    return [fold(found["display"] or found["inline"]) for found in MATH.finditer(text)]


def test_every_formula_is_the_source_s(texts):
    for path in sorted((ROOT / "docs").rglob("*.md")):
        page = Page(path)
        if page.is_draft:
            continue
        source = SPAN.sub("", page.visible(page.body_start, len(page.text)))
        text = SPAN.sub("", FENCED.sub("", texts[address_of(page.name)]))
        assert formulas(text) == formulas(source), page.name


def test_question_pages_begin_with_what_one_has_to_know(site: Site, texts):
    for page in question_pages():
        head = texts[address_of(page.name)].partition("\n## ")[0]
        assert head.startswith(
            f"# {page.front_matter['question']}\n\n> {fold(page.front_matter['short_answer'])}"
        )
        assert f"- Source: {site.address}{address_of(page.name)}\n" in head
        assert f"- Checked against its sources: {page.front_matter['verified']}\n" in head
        assert "Short answer" not in head


@pytest.mark.parametrize(
    "left_over",
    [
        r"--8<--",
        r"<!--",
        r"^\s*(?:!!!|\?\?\?|===|///)",
        r"\]\[",
        r"</?(?:div|span|details)\b",
        r"\{ ?[.#]\w",
        "[\ue000\ue001]",
    ],
)
def test_nothing_is_left_that_only_this_site_knows(texts, left_over: str):
    pattern = re.compile(left_over, re.M)
    for page, text in texts.items():
        prose = MATH.sub("", SPAN.sub("", FENCED.sub("", text)))
        assert pattern.search(prose) is None, page
        assert "--8<--" not in text, page


def test_links_lead_somewhere(site: Site, texts):
    anchors = {page: set(site.document(page).xpath("//@id")) for page in texts}
    for page, text in texts.items():
        for link in LINK.findall(MATH.sub("", SPAN.sub("", FENCED.sub("", text)))):
            assert re.match(r"(?:https?://|mailto:)", link), f"{page}: {link}"
            if link.startswith(site.address):
                target, _, anchor = link.removeprefix(site.address).partition("#")
                if target in anchors:
                    assert not anchor or unquote(anchor) in anchors[target], f"{page}: {link}"
                else:
                    assert (site.folder / target).is_file(), f"{page}: {link}"


def test_the_index_has_the_form_of_llmstxt_org(site: Site, texts):
    index = (site.folder / "llms.txt").read_text("utf-8")
    head, *sections = re.split(r"^## ", index, flags=re.M)
    assert re.match(r"# [^\n]+\n\n> [^\n]+\n\n", head)
    assert sections[-1].startswith("Optional\n")
    lines = [line for section in sections for line in section.splitlines()[1:] if line]
    listed = [re.fullmatch(r"- \[[^\]]+\]\((\S+)\): \S.*", line)[1] for line in lines]
    assert sorted(listed) == sorted(f"{site.address}{page}{plain_text.NAME}" for page in texts if page)


def test_the_whole_text_has_every_page_once(site: Site, texts):
    whole = (site.folder / "llms-full.txt").read_text("utf-8")
    for page, text in texts.items():
        if page:
            assert whole.count(text.strip()) == 1, page


def test_outputs_of_notebooks_are_there(site: Site, texts):
    text = texts["notebooks/attention-step-by-step/"]
    shown = html.tostring(site.document("notebooks/attention-step-by-step/"), encoding="unicode")
    assert "Figure: " in text
    outputs = re.findall(r"^Output:\n\n```text\n(.*?)\n```$", text, re.S | re.M)
    assert len(outputs) == shown.count('class="notebook-output"')


def test_a_second_run_changes_nothing(site: Site, tmp_path: Path):
    for page in ("", "transformers/", "transformers/query-key-value/"):
        (tmp_path / page).mkdir(exist_ok=True)
        (tmp_path / page / "index.html").write_bytes((site.folder / page / "index.html").read_bytes())
    plain_text.run(tmp_path)
    once = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    plain_text.run(tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == once
    assert (tmp_path / "transformers/query-key-value" / plain_text.NAME).is_file()
