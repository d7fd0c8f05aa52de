"""The formula step on small pages: what readers, screen readers and search get, and how errors are told."""

import html
import importlib.util
import json
import re
import unicodedata
from pathlib import Path
from types import SimpleNamespace

import markdown
import pytest
from fontTools.ttLib import TTFont
from lxml import etree
from lxml import html as lxml_html
from mkdocs.exceptions import PluginError

from scripts.finish import FinishError, comments, formulas
from scripts.finish.formulas import fallback, mathjax
from scripts.finish.formulas.formula import Formula

ROOT = Path(__file__).resolve().parents[2]

ATTENTION = r"\softmax\left(\frac{QK^\top}{\sqrt{d_k}}\right)V"

ALPHABET = "abcdefghijklmnopqrstuvwxyz + ABCDEFGHIJKLMNOPQRSTUVWXYZ"  # enough for a font file

READABLE = [
    (ATTENTION, "softmax((Q K^T)/sqrt(d_k)) V"),
    (r"\sqrt{d_k}", "sqrt(d_k)"),
    (r"x_i \in \R^{d_\text{model}}", "x_i ∈ R^d_model"),
    (r"\frac{\partial p_i}{\partial z_j} = p_i(\delta_{ij} - p_j)", "(∂p_i)/(∂z_j) = p_i(δ_ij - p_j)"),
    (r"m_h = 2^{-8h/H}", "m_h = 2^(-8h/H)"),
    (r"x_{ij}^{2n} + A^{-1}_{10}", "x_ij^(2n) + A_10^-1"),
    (r"\sum_{i=1}^{n} x_i^2 \ge 0", "sum_(i=1)^n x_i^2 ≥ 0"),
    (r"\lVert x \rVert_2 \cdot |y|", "||x||_2 · |y|"),
    (r"P(y_t \mid y_{<t})", "P(y_t | y_(<t))"),
    (r"\hat{y} = \bar{A} x", "ŷ = Ā x"),
    (r"\frac{1}{r}(g - \overline{g \odot \hat x})", "1/r (g - overline(g ⊙ x̂))"),
    (r"\begin{pmatrix} 1 & -2 \\ 3 & 4 \end{pmatrix}", "(1, -2; 3, 4)"),
    (r"\begin{cases} x & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}", "{x if x > 0; 0 otherwise"),
    (r"\begin{aligned} a &= b \\ c &= -d \end{aligned}", "a = b; c = -d"),
    (r"\underbrace{W_q^\top W_k}_{d \times d}", "(W_q^T W_k)_(d×d)"),
]

WRONG = [
    (r"a + \sotfmax(x)", r"Undefined control sequence \sotfmax"),
    (r"\frac{a}{b", "Missing close brace"),
    (r"\begin{cases} x \end{pmatrix}", r"\begin{cases} ended with \end{pmatrix}"),
    (r"\text{漢}", 'the formula font has no character for "漢"'),
]


def inline(tex: str) -> str:
    return f'<span class="arithmatex">\\({html.escape(tex)}\\)</span>'


def display(tex: str) -> str:
    return f'<div class="arithmatex">\\[\n{html.escape(tex)}\n\\]</div>'


def write(site: Path, body: str, name: str = "index.html", head: str = "<title>A page</title>") -> Path:
    path = site / name
    path.parent.mkdir(parents=True, exist_ok=True)
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">{head}</head><body>{body}</body></html>'
    )
    path.write_text(text, encoding="utf-8")
    return path


def finished(site: Path, body: str, **options: str) -> lxml_html.HtmlElement:
    path = write(site, body, **options)
    formulas.run(site)
    return lxml_html.document_fromstring(path.read_text(encoding="utf-8"))


def test_a_formula_is_seen_read_and_copied(tmp_path):
    page = finished(tmp_path, f"<p>{inline('y_{<t} < 3')}</p>{display(ATTENTION)}")
    small, large = page.iter("mjx-container")
    assert (small.get("data-tex"), small.get("display")) == ("y_{<t} < 3", None)
    assert (large.get("data-tex"), large.get("display")) == (ATTENTION, "true")
    for container in (small, large):
        seen, read = container
        assert (seen.tag, seen.get("aria-hidden")) == ("mjx-math", "true")
        assert read[0].tag == "math"
    assert [large.find(f".//{tag}") is not None for tag in ("mfrac", "msqrt", "msup")] == [True] * 3


def test_readers_are_sent_no_script(tmp_path):
    page = finished(tmp_path, f"<p>{inline('x')}</p>")
    assert not list(page.iter("script"))
    assert not list(tmp_path.rglob("*.js"))


def test_fonts_hold_what_is_used_and_are_named_by_their_content(tmp_path):
    write(tmp_path, inline(ALPHABET))
    formulas.run(tmp_path)
    (before,) = (tmp_path / "assets/formulas").glob("*.woff2")
    assert {chr(code) for code in TTFont(before).getBestCmap()} >= set("𝑎𝑏𝑧𝐴𝐵𝑍+ ")
    assert len(TTFont(before).getBestCmap()) < 60
    write(tmp_path, inline(f"{ALPHABET} = 1"))
    formulas.run(tmp_path)
    (after,) = (tmp_path / "assets/formulas").glob("*.woff2")
    assert after.name != before.name
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert f"url(assets/formulas/{after.name})" in page


def test_a_page_gets_the_styles_of_its_own_formulas_from_where_it_lies(tmp_path):
    none, letters, root = (
        write(tmp_path, body, name=f"deep/{i}/index.html")
        for i, body in enumerate(["<p>None</p>", inline(ALPHABET), display(r"\sqrt{\mathbb{R}}")])
    )
    before = none.read_bytes()
    formulas.run(tmp_path)
    assert none.read_bytes() == before
    letters, root = letters.read_text(encoding="utf-8"), root.read_text(encoding="utf-8")
    assert "url(../../assets/formulas/mjx-ncm-n." in letters
    assert "url(../../assets/formulas/mjx-ncm-n." in letters
    assert ["mjx-sqrt" in page for page in (letters, root)] == [False, True]
    assert ["MJX-NCM-DS" in page for page in (letters, root)] == [False, True]


@pytest.mark.parametrize("engine", [mathjax, fallback], ids=["mathjax", "fallback"])
def test_the_readable_text_of_formulas(engine):
    typeset = engine.typeset([Formula(tex, False) for tex, _ in READABLE]).typeset
    assert [(tex, typeset[Formula(tex, False)].text) for tex, _ in READABLE] == READABLE


def test_titles_navigation_and_attributes_hold_readable_text(tmp_path):
    page = finished(
        tmp_path,
        r'<nav><a href="#a" title="Over \(\sqrt{d_k}\)">Why \(\sqrt{d_k}\)?</a></nav>'
        f'<h1 id="a">Why {inline("a < b")}?</h1>',
        head=r'<title>Why \(a &lt; b\)?</title><meta name="description" content="Over \(\sqrt{d_k}\)">',
    )
    assert page.findtext("head/title") == "Why a < b?"
    assert page.find("head/meta[@name='description']").get("content") == "Over sqrt(d_k)"
    link = page.find("body/nav/a")
    assert (link.text, link.get("title")) == ("Why sqrt(d_k)?", "Over sqrt(d_k)")
    assert page.find("body/h1/mjx-container") is not None


def test_code_scripts_and_comments_stay_as_they_are(tmp_path):
    kept = (
        r"<p><code>\(x\)</code></p><pre><code>re.compile('\(a\)') \[b\]</code></pre>"
        r"<script>const x = '\(y\)';</script><!-- \(z\) --><textarea>\(w\)</textarea>"
    )
    path = write(tmp_path, kept + inline("x"))
    formulas.run(tmp_path)
    assert kept in path.read_text(encoding="utf-8")


def test_search_holds_readable_text_and_code_as_it_is(tmp_path):
    entry = {
        "location": "",
        "title": r"Why \(\sqrt{d_k}\)",
        "text": r"<p>As \(a &lt; b\):</p> \[ \frac{a}{b} \] <pre>\(x\)</pre>",
    }
    (tmp_path / "search").mkdir()
    index = tmp_path / "search/search_index.json"
    index.write_text(json.dumps({"config": {}, "docs": [entry]}))
    write(tmp_path, "")
    formulas.run(tmp_path)
    (found,) = json.loads(index.read_text())["docs"]
    assert found["title"] == "Why sqrt(d_k)"
    assert found["text"] == r"<p>As a &lt; b:</p> a/b <pre>\(x\)</pre>"


@pytest.mark.parametrize(("tex", "message"), WRONG)
def test_a_wrong_formula_is_named_with_file_and_line(tmp_path, monkeypatch, tex, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/page.md").write_text(
        f"# Page\n\n> Some text and ${tex.replace(' ', chr(10) + '> ', 1)}$.\n"
    )
    write(tmp_path / "site", inline(tex), head='<meta name="source" content="docs/page.md">')
    with pytest.raises(FinishError) as error:
        formulas.run(tmp_path / "site")
    assert str(error.value).startswith(f"docs/page.md:3: {message}")
    assert tex in str(error.value)


def test_a_wrong_formula_of_a_notebook_is_named_with_its_cell(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cells = [
        {"cell_type": "code", "source": ["x = 1"]},
        {"cell_type": "markdown", "source": ["a\n", r"$\frac{a$"]},
    ]
    (tmp_path / "lab.ipynb").write_text(json.dumps({"cells": cells}))
    write(tmp_path / "site", inline(r"\frac{a"), head='<meta name="source" content="lab.ipynb">')
    with pytest.raises(FinishError, match=r"^lab\.ipynb: cell 2, line 2: "):
        formulas.run(tmp_path / "site")


def test_every_wrong_formula_is_named_at_once_and_nothing_is_written(tmp_path):
    path = write(tmp_path, "".join(inline(tex) for tex, _ in WRONG))
    before = path.read_bytes()
    with pytest.raises(FinishError) as error:
        formulas.run(tmp_path)
    assert [line.split(": ")[0] for line in str(error.value).splitlines()] == [str(path)] * len(WRONG)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_mkdocs_stops_at_a_wrong_formula(tmp_path):
    specification = importlib.util.spec_from_file_location("finish_hook", ROOT / "hooks/finish.py")
    hook = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(hook)
    write(tmp_path, inline(r"\foo"))
    with pytest.raises(PluginError, match="Undefined control sequence"):
        hook.on_post_build(SimpleNamespace(site_dir=str(tmp_path)))


def test_a_second_run_changes_nothing(tmp_path):
    write(tmp_path, f"<p>{inline('y_{<t}')}</p>{display(ATTENTION)}", head=r"<title>\(x\)</title>")
    write(tmp_path, "<p>None</p>", name="other/index.html")
    formulas.run(tmp_path)
    first = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    formulas.run(tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == first


def test_the_cache_gives_what_typesetting_gives(tmp_path, monkeypatch):
    monkeypatch.setattr(mathjax, "CACHE", tmp_path / "cache")
    wanted = [Formula(tex, i % 2 == 0) for i, (tex, _) in enumerate(READABLE)]
    fresh = mathjax.typeset(wanted)
    monkeypatch.setattr(mathjax, "_run", lambda formulas: pytest.fail("typeset although it is in the cache"))
    cached = mathjax.typeset(wanted)
    assert cached.typeset == fresh.typeset
    assert cached.rules == fresh.rules


def test_only_formulas_that_may_not_fit_a_phone_take_the_focus(tmp_path):
    wide = " + ".join(f"x_{{{i}}}" for i in range(20))
    body = "".join([display("x"), display(wide), inline("x"), inline(wide), inline(rf"\left({wide}\right)")])
    containers = finished(tmp_path, body).iter("mjx-container")
    assert [c.get("tabindex") for c in containers] == [None, "0", None, None, "0"]


@pytest.mark.parametrize(
    ("tex", "parts"),
    [
        ("d - 1", ["d-1"]),
        (r"u = (-1, 0, 0, 0) + (2, 3, 4, 5)", ["u", "=(-1,0,0,0)", "+(2,3,4,5)"]),
        (r"(a - b)^2\, c_1 c_2 / (c_1 + c_2)", ["(a-b)2c1c2/(c1+c2)"]),
    ],
)
def test_lines_break_between_terms_not_within(tmp_path, tex, parts):
    (formula,) = finished(tmp_path, f"<p>{inline(tex)}</p>").iter("mjx-math")
    for mark in formula.iter("mjx-break"):
        mark.text = "|"
    seen = unicodedata.normalize("NFKC", formula.text_content()).replace("\N{MINUS SIGN}", "-")
    assert seen.split("|") == parts


def test_without_mathjax_formulas_are_readable_and_one_line_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(mathjax, "missing", lambda: "MathJax is not installed: run `npm ci`")
    monkeypatch.delenv("LLMQ_REQUIRE_MATHJAX", raising=False)
    page = finished(tmp_path, inline(ATTENTION) + display("a = b") + inline(r"\nosuchthing{x}"))
    first, second, third = page.iter("mjx-container")
    assert "softmax" in first[0].text_content()
    assert [child.tag for child in (first[0], second[0], third[0])] == ["math", "math", "code"]
    assert third[0].text == r"\nosuchthing{x}"
    (line,) = capsys.readouterr().err.splitlines()
    assert "npm ci" in line


def test_a_build_that_requires_mathjax_fails_without_it(tmp_path, monkeypatch):
    monkeypatch.setattr(mathjax, "missing", lambda: "MathJax is not installed: run `npm ci`")
    monkeypatch.setenv("LLMQ_REQUIRE_MATHJAX", "1")
    write(tmp_path, inline("x"))
    with pytest.raises(FinishError, match="npm ci"):
        formulas.run(tmp_path)


def test_what_the_fallback_shows_becomes_mathjax_later(tmp_path, monkeypatch):
    with monkeypatch.context() as without:
        without.setattr(mathjax, "missing", lambda: "MathJax is not installed")
        without.delenv("LLMQ_REQUIRE_MATHJAX", raising=False)
        path = write(tmp_path, display(ATTENTION))
        formulas.run(tmp_path)
    formulas.run(tmp_path)
    assert 'data-tex="' + html.escape(ATTENTION) in path.read_text(encoding="utf-8")
    assert "<mjx-math" in path.read_text(encoding="utf-8")


def test_the_fallback_can_read_every_formula_of_the_pages():
    extensions = {"pymdownx.arithmatex": {"generic": True}}
    converter = markdown.Markdown(
        extensions=["pymdownx.arithmatex", "pymdownx.superfences", "admonition", "tables"],
        extension_configs=extensions,
    )
    found = {}
    for page in (ROOT / "docs").rglob("*.md"):
        built = converter.reset().convert(page.read_text(encoding="utf-8"))
        found |= dict.fromkeys((part.formula for part in formulas.find(built)), page.name)
    typeset = fallback.typeset(found).typeset
    assert {
        f"{found[formula]}: {formula.tex}" for formula in found if "<code>" in typeset[formula].html
    } == set()
    for result in typeset.values():
        etree.fromstring(re.search(r"<math.*</math>", result.html, re.S)[0])


def test_authors_checks_are_not_sent_to_readers(tmp_path):
    path = write(tmp_path, '<p>One is 1.</p>\n<!-- check\n"1" == "1"\n-->\n<!-- other --><p>Two</p>')
    comments.run(tmp_path)
    text = path.read_text(encoding="utf-8")
    assert "<p>One is 1.</p>\n<!-- other --><p>Two</p>" in text
