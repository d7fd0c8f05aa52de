"""Every class of mistake, each as a change of the real tree and the message that has to name its file.

A row says which round of scripts/check/rounds.py finds it, so that the test runs that round only. To add a
class, add a row; `make check` must find nothing before it and something after it.
"""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

HOST = "docs/training/pretraining/rms-norm.md"  # any question page whose code runs quickly
DRAFT = "docs/training/pretraining/idea.draft.md"
NEIGHBOR = "docs/training/pretraining/zero.md"
BOOK = "docs/notebooks/attention-step-by-step.ipynb"
FIGURE = "docs/assets/figures/zero-memory.svg"
CONFIG = "mkdocs.yml"
ALT = "Four lines that fall from left to right"


class Mistake(NamedTuple):
    name: str
    round: str  # sources, tools, site, validator or truth
    path: str  # the file that the message names
    message: str  # a part of the message
    change: Callable[[], None]  # run in the root of a copy of the tree


# --- ways to change a file; each fails where the tree no longer has what it changes


def read(path: str) -> str:
    return Path(path).read_text("utf-8")


def write(path: str, content: str | bytes) -> Callable[[], None]:
    def change() -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(content if isinstance(content, bytes) else content.encode())

    return change


def edit(path: str, pattern: str, new: str) -> Callable[[], None]:
    def change() -> None:
        text, count = re.subn(pattern, lambda found: found.expand(new), read(path), count=1, flags=re.M)
        assert count == 1, f"{path} does not hold {pattern}"
        Path(path).write_text(text, "utf-8")

    return change


def say(text: str, path: str = HOST) -> Callable[[], None]:
    """Puts a text below the heading "In practice"."""

    def change() -> None:
        before, heading, after = read(path).partition("\n## In practice\n")
        assert heading, f"{path} has no such heading"
        Path(path).write_text(f"{before}{heading}\n{text}\n{after}", "utf-8")

    return change


def all_of(*changes: Callable[[], None]) -> Callable[[], None]:
    return lambda: [change() for change in changes] and None


def book(change_notebook: Callable[[dict], None]) -> Callable[[], None]:
    def change() -> None:
        notebook = json.loads(read(BOOK))
        change_notebook(notebook)
        Path(BOOK).write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", "utf-8")

    return change


def code_cell(**values: object) -> Callable[[], None]:
    """Changes the last cell of code that prints."""

    def change(notebook: dict) -> None:
        cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code" and cell["outputs"]]
        cells[-1].update(values)

    return book(change)


def markdown_cell(text: str) -> Callable[[], None]:
    return book(lambda notebook: notebook["cells"][0]["source"].append(f"\n\n{text}"))


def shows(kind: str, value: str) -> list[dict]:
    return [{"output_type": "display_data", "metadata": {}, "data": {kind: value}}]


def prints(text: str, name: str = "stdout") -> list[dict]:
    return [{"output_type": "stream", "name": name, "text": text}]


def page(question: str) -> str:
    return re.sub(r"What is RMSNorm, and why does it replace LayerNorm\?", question, read(HOST))


def moved(old: str, new: str) -> Callable[[], None]:
    """A page under another name, with every link and the navigation following it."""

    def change() -> None:
        Path(old).rename(new)
        for path in [*Path("docs").rglob("*.md"), Path(CONFIG), Path("data/glossary.yml")]:
            text = path.read_text("utf-8")
            if Path(old).name in text:  # a page that stays is not built anew
                path.write_text(text.replace(Path(old).name, Path(new).name), "utf-8")

    return change


SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" viewBox="0 0 9 9">{}</svg>\n'
VALID_NOTEBOOK = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}\n'


def link(name: str, text: str, message: str, round: str = "site", path: str = HOST) -> Mistake:
    return Mistake(f"link {name}", round, path, message, say(text, path))


LINKS = [
    link("to a missing page", "See [the other page](nowhere.md).", "nowhere.md"),
    link("to a missing anchor", "See [the other page](zero.md#nowhere).", "a section that does not exist"),
    link("to a missing anchor of its page", "See [this part](#nowhere).", "#nowhere", "tools"),
    link("to a missing image", f"![{ALT}](../../assets/figures/nowhere.svg)", "nowhere.svg"),
    link("in HTML to a missing page", '<a href="nowhere.md">The other page</a>', "leads to no page or file"),
    link("in HTML to a missing anchor", '<a href="../zero/#no">The other page</a>', "does not exist"),
    link("in HTML to a missing image", f'<img src="no.svg" alt="{ALT}">', "which does not exist"),
    link("to a missing notebook", "See [the book](../../notebooks/nowhere.ipynb).", "nowhere.ipynb"),
    link(
        "to a missing anchor of a notebook",
        "See [the book](../../notebooks/attention-step-by-step.ipynb#nowhere).",
        "#nowhere",
    ),
    Mistake("link in a notebook to a page", "site", BOOK, "leads to no page", markdown_cell("[A](../no.md)")),
    Mistake(
        "link in a notebook to an anchor", "site", BOOK, "does not exist", markdown_cell("[A](#nowhere)")
    ),
    Mistake(
        "link in a notebook to an anchor of a page",
        "site",
        BOOK,
        "a section that does not exist",
        markdown_cell("[A](../notation.md#nowhere)"),
    ),
    Mistake(
        "link in a notebook to a script", "sources", BOOK, "javascript:", markdown_cell("[A](javascript:a)")
    ),
    Mistake(
        "link to a draft",
        "site",
        HOST,
        "leads to a draft",
        all_of(write(DRAFT, "# What is an idea?\n"), say("See [the idea](idea.draft.md).")),
    ),
    *(
        Mistake(f"draft with {name}", "site", DRAFT, message, write(DRAFT, f"# What is an idea?\n\n{text}\n"))
        for name, text, message in [
            ("an unknown macro", r"The value $\sotfmax(x)$ is.", "Undefined control sequence"),
            ("a link to a missing page", "See [the other page](nowhere.md).", "nowhere.md"),
            (
                "a link to a missing anchor",
                "See [the other page](zero.md#nowhere).",
                "a section that does not exist",
            ),
            ("a missing image", f"![{ALT}](../../assets/figures/nowhere.svg)", "nowhere.svg"),
            ("emphasis half written", "One **word is strong.", "emphasis without its second mark"),
        ]
    ),
    link("that is absolute", "See [the section](/training/).", "absolute"),
    link("that is absolute, in HTML", '<a href="/questions/training/">Training</a>', "is absolute"),
    link("to this site's address", "[Here it is](http://127.0.0.1:8000/training/)", "`http:`"),
    link("to a rendered page", "See [the other page](../zero/).", "../zero/"),
    link("to a rendered file", "See [the other page](../zero/index.html).", "index.html"),
    link("out of docs/", "See [the code](../../../src/llm_questions/lora.py).", "lora.py"),
    link("undefined", "See [the paper][nobody2020nothing].", "no entry of references.bib", "sources"),
    link("undefined, collapsed", "See [nobody2020nothing][].", "no entry of references.bib", "sources"),
    link("reversed", "See (the paper)[https://arxiv.org/abs/1607.06450].", "Reversed link", "tools"),
    link("to nothing", "See [the paper]().", "Empty", "tools"),
    link("unclosed", "See [the paper](https://arxiv.org/abs/1607.06450", "a link that is not closed"),
    link("unclosed in its text", "See [the paper(https://arxiv.org/abs/1607.06450).", "URL", "tools"),
    link("without a text", "See [](zero.md).", "the link to ../zero/ has no text"),
    link(
        "without a text, in HTML", '<a href="https://arxiv.org/abs/1607.06450"></a>', "1607.06450 has no text"
    ),
    link("that says here", "Click [here](zero.md).", "Link text", "tools"),
    link("of http", "See [the paper](http://arxiv.org/abs/1607.06450).", "write https:"),
    link("of http in HTML", '<a href="http://arxiv.org/abs/1607.06450">The paper</a>', "write https:"),
    link("of a misspelt scheme", "See [the paper](htps://arxiv.org/abs/1607.06450).", "scheme `htps:`"),
    link("of ftp", "See [the paper](ftp://arxiv.org/abs/1607.06450).", "scheme `ftp:`"),
    link("to a file of the author", "See [the paper](file:///paper.pdf).", "scheme `file:`"),
    link("of javascript", "See [the paper](javascript:alert).", "scheme `javascript:`"),
    link("of data", "See [the paper](data:text/html,x).", "scheme `data:`"),
    link("of javascript in HTML", '<a href=" JavaScript:alert(1)">The paper</a>', "scheme `javascript:`"),
    link("without a host", "See [the paper](https:///abs/1607.06450).", "names no host"),
    link("that is bare", "See https://arxiv.org/abs/1607.06450 for it.", "URL without", "tools"),
]

NOTEBOOKS = [
    Mistake(f"notebook {name}", round, BOOK, message, change)
    for name, round, message, change in [
        ("that raises", "truth", "fails", code_cell(source=["raise ValueError('no')"])),
        (
            "with a stored error",
            "sources",
            "stores the error ValueError",
            code_cell(
                outputs=[{"output_type": "error", "ename": "ValueError", "evalue": "", "traceback": []}]
            ),
        ),
        ("with a stale output", "truth", "printed now", code_cell(outputs=prints("0.1234\n"))),
        (
            "with a random output",
            "truth",
            "printed now",
            code_cell(source=["import random\nprint(random.random())"], outputs=prints("0.5\n")),
        ),
        ("without a kernel", "sources", "names no kernel", book(lambda n: n["metadata"].clear())),
        (
            "with another kernel",
            "truth",
            "metadata",
            book(lambda n: n["metadata"]["kernelspec"].update(name="r")),
        ),
        ("of broken JSON", "sources", "is not JSON", edit(BOOK, r"\A\{", "")),
        ("with a huge output", "sources", "print less than", code_cell(outputs=prints("1 " * 20_000))),
        (
            "with a script in its output",
            "sources",
            "text/html",
            code_cell(outputs=shows("text/html", "<script>")),
        ),
        (
            "with a script in a drawing",
            "sources",
            "`<script`",
            code_cell(outputs=shows("image/svg+xml", SVG.format("<title>A title</title><script>1</script>"))),
        ),
        ("with a home folder", "sources", "every machine", code_cell(outputs=prints("/home/me/x.py\n"))),
        (
            "with an address in memory",
            "sources",
            "every machine",
            code_cell(outputs=prints("<x at 0x7f00aa00bb>")),
        ),
        ("with a warning", "sources", "stores a warning", code_cell(outputs=prints("Warning", "stderr"))),
        (
            "with an image without alt text",
            "sources",
            "without alt text",
            markdown_cell("![](../assets/logo.svg)"),
        ),
        (
            "with a drawing without a title",
            "sources",
            "without <title>",
            code_cell(outputs=shows("image/svg+xml", SVG.format(""))),
        ),
        (
            "with a picture of dots",
            "sources",
            "image/png",
            code_cell(outputs=shows("image/png", "iVBORw0KGgo=")),
        ),
        ("that was not run", "sources", "has not been run", code_cell(execution_count=None, outputs=[])),
        ("with a script in its text", "sources", "`<script`", markdown_cell("<script>alert(1)</script>")),
        ("with half a formula", "site", "without its second dollar", markdown_cell("The value $x + 1 is.")),
        ("with an unknown macro", "site", "Undefined control", markdown_cell(r"The value $\nomacro x$ is.")),
        ("with the same heading twice", "site", "stands twice", markdown_cell("## Twice\n\n## Twice")),
        ("with a second H1", "site", "a second H1", markdown_cell("# Another title")),
    ]
]


def structure(name: str, text: str, message: str, round: str = "site") -> Mistake:
    return Mistake(name, round, HOST, message, say(text))


STRUCTURE = [
    structure("image without alt text", "![](../../assets/figures/zero-memory.svg)", "alt text", "tools"),
    structure("image without alt text in HTML", '<img src="../../../assets/logo.svg">', "no alt text"),
    structure(
        "image with its file name",
        "![zero-memory.svg](../../assets/figures/zero-memory.svg)",
        "its file name",
    ),
    structure("image with its stem", "![zero-memory](../../assets/figures/zero-memory.svg)", "its file name"),
    structure("image with one word", "![A drawing](../../assets/figures/zero-memory.svg)", "is too short"),
    structure("heading twice", "### Twice\n\nOne.\n\n### Twice\n\nTwo.", "Duplicate heading", "tools"),
    structure("id twice in HTML", '<span id="intuition">x</span>', "stands 2 times"),
    structure("id twice by attribute", "### Another { #intuition }\n\nText.", "#intuition_1 is not recorded"),
    structure("level skipped", "#### Too deep\n\nText.", "Expected heading level", "tools"),
    structure("second H1", "# Another\n\nText.", "top-level", "tools"),
    structure("heading without space", "###Another\n\nText.", "No space after", "tools"),
    structure("heading in a paragraph", "Text above.\n### Another\nText below.", "blank line", "tools"),
    structure("heading without text", "###\n\nText.", "a heading without a text"),
    structure("TeX in a heading", "### About $x$\n\nText.", "TeX in a heading", "sources"),
    Mistake(
        "structure: no self-test",
        "sources",
        HOST,
        "no section `## Check yourself`",
        edit(HOST, r"^## Check yourself\n", ""),
    ),
    Mistake(
        "structure: self-test with one task",
        "sources",
        HOST,
        "number of tasks 1, not 2 to 3",
        edit(HOST, r"(^## Check yourself\n\n[\s\S]*?-->\n)[\s\S]*?(?=\n## )", r"\1"),
    ),
    Mistake(
        "structure: answer of the self-test without a check",
        "sources",
        HOST,
        "the answer has no check",
        edit(HOST, r"(^## Check yourself\n[\s\S]*?\n    <!-- )check\n", r"\1\n"),
    ),
    structure("section unknown", "## Practice\n\nText.", "is not one of", "sources"),
    structure("box without indentation", '!!! note "Title"\nThe body.', "is not indented", "sources"),
    structure(
        "folded box without indentation", '??? note "Title"\n\nThe body.', "is not indented", "sources"
    ),
    structure("tab without indentation", '=== "First"\n\nThe body.', "is not indented", "sources"),
    structure("box with an open quotation", '!!! note "Title\n\n    The body.', "opens no box", "sources"),
    structure("tab with an open quotation", '=== "First\n\n    The body.', "opens no box", "sources"),
    structure("box without a kind", '!!! "Title"\n\n    The body.', "opens no box", "sources"),
    structure("fence open", "```python\nprint(1)", "closed nowhere", "sources"),
    structure("fence without a language", "```\nprint(1)\n```", "language", "tools"),
    structure("div open", '<div class="grid" markdown>\n\nText.', "<div> is closed nowhere", "sources"),
    structure("div closed twice", "Text.\n\n</div>", "</div> closes nothing", "sources"),
    structure("details open", "<details><summary>Title</summary>\n\nText.", "<details> is closed", "sources"),
    structure("elements crossed", "<strong><em>Text</strong></em>", "closes nothing", "sources"),
    structure("comment open", "<!-- Text.", "closed nowhere", "sources"),
    structure("element in the wrong place", "<ul><p>Text</p></ul>", "not permitted", "validator"),
    structure(
        "element of another time", "<s>Text</s> <u>Text</u> <table><b>x</b></table>", "rule", "validator"
    ),
    structure("element that is a word", "The <key> of a token.", "<key>", "sources"),
    structure("emphasis open", "This is **strong.", "emphasis without its second mark"),
    structure("italics open", "This is *slanted.", "emphasis without its second mark"),
    structure("code open", "This is `code.", "a code mark without its second"),
    structure("list without an empty line", "Text:\n- one\n- two", "blank line", "tools"),
    structure("numbers without an empty line", "Text:\n1. one\n2. two", "blank line", "tools"),
    structure("table without an empty line", "Text:\n| a | b |\n|---|---|\n| 1 | 2 |", "blank line", "tools"),
    structure("table with too few cells", "| a | b |\n|---|---|\n| 1 |", "cells", "tools"),
    structure("table with too many cells", "| a | b |\n|---|---|\n| 1 | 2 | 3 |", "cells", "tools"),
    structure("table with a broken second line", "| a | b |\n|---|\n| 1 | 2 |", "a table"),
    structure("icon unknown", "An icon :material-nowhere-at-all: here.", "an icon"),
    structure("icon of another site", "An icon :fontawesome-brands-github: here.", "an icon"),
    structure("emoji", "A smile :smile_cat: here.", "an icon"),
    structure("footnote undefined", "A claim[^1].", "footnote"),
    structure("footnote unused", "[^1]: The text of a note.", "never referenced", "tools"),
    structure("footnote twice", "A claim[^1].\n\n[^1]: One.\n\n[^1]: Two.", "footnote", "tools"),
    structure("citation of another dialect", "As in [@vaswani2017attention].", "does not know"),
    structure("citation not listed", "As in [Ba 2016][ba2016layer].", "not listed in References", "sources"),
    structure("link of a wiki", "See [[Zero]].", "does not know"),
    structure("mark", "This is ==marked== text.", "does not know"),
    structure("strike", "This is ~~struck~~ text.", "does not know"),
    structure("inserted", "This is ^^inserted^^ text.", "does not know"),
    structure("keys", "Press ++ctrl+c++ now.", "does not know"),
    structure("task", "- [ ] One thing\n- [x] Another", "a task list"),
    structure("attribute list", "Text { .wide } with words.", "an attribute list"),
    structure("template", "The value {{ value }} here.", "a template mark"),
    structure("template block", "{% if x %} text", "a template mark"),
    structure("entity twice", "Two&amp;nbsp;words.", "an entity"),
    structure("tag shown", "A &lt;br&gt; here.", "an HTML tag shown"),
    structure("TeX outside of a formula", r"The value \frac{a}{b} here.", "TeX outside"),
    structure("caption without form", "/// captoin\nText.\n///", "a caption"),
    structure("abbreviation undefined", "A QZXW is used.", "`QZXW` is explained nowhere"),
    structure("abbreviation in the page", "*[QZ]: a thing\n\nA QZ.", "data/glossary.yml", "sources"),
    structure("snippet without its file", '--8<-- "includes/nowhere.md"', "does not exist", "sources"),
    structure(
        "snippet without its section",
        '```python title="src/llm_questions/lora.py"\n--8<-- "src/llm_questions/lora.py:nowhere"\n```',
        "no section `nowhere`",
        "sources",
    ),
    structure(
        "snippet with half a quotation", '--8<-- "includes/references.md', "line of its own", "sources"
    ),
    structure(
        "merge unfinished", "<<<<<<< HEAD\nOne.\n=======\nTwo.\n>>>>>>> main", "unfinished merge", "sources"
    ),
    structure("to be done", "TODO: say more.", "`TODO`", "sources"),
    structure("to be done, in a comment", "<!-- FIXME later -->", "`FIXME`", "sources"),
    structure("word misspelt", "This is the wrnog word, and recieve too.", "`recieve` is misspelt", "tools"),
    structure("page too long", "word " * 2000, "split the question", "sources"),
]

MATH = [
    Mistake(f"formula {name}", round, HOST, message, say(text))
    for name, text, message, round in [
        ("without its second dollar", "The value $x + 1 is.", "a dollar sign", "site"),
        ("without its second two dollars", "$$\nx + 1\n\nText.", "a dollar sign", "site"),
        ("with an open brace", r"The value $\frac{a}{b$ is.", "Missing close brace", "site"),
        ("with a brace too many", r"The value $a}$ is.", "brace", "site"),
        ("with an unknown macro", r"The value $\sotfmax(x)$ is.", "Undefined control sequence", "site"),
        ("with an unknown environment", "$$\n\\begin{nowhere} x \\end{nowhere}\n$$", "nowhere", "site"),
        ("with two environments", "$$\n\\begin{cases} x \\end{pmatrix}\n$$", "ended with", "site"),
        ("with an open environment", "$$\n\\begin{cases} x\n$$", "\\end", "site"),
        ("with half a pair", r"The value $\left( x$ is.", "\\left", "site"),
        ("with a letter that it cannot show", "The value $x_\\text{\u6f22}$ is.", "no character", "site"),
        ("that is money", "It costs $5 and $10.", "a dollar sign", "site"),
        ("that is a range of money", "It costs $5-$10 a day.", "as `5 USD`", "sources"),
        ("that is money and words", "It costs $5 an hour, then ($6)$.", "as `5 USD`", "sources"),
    ]
]


def front(name: str, pattern: str, new: str, message: str) -> Mistake:
    return Mistake(f"front matter: {name}", "sources", HOST, message, edit(HOST, pattern, new))


FRONT_MATTER = [
    front("unknown key", r"^difficulty:", "color: red\ndifficulty:", "unknown key `color`"),
    front("misspelt key", r"^asked_by:", "askd_by:", "did you mean `asked_by`"),
    front("key twice", r"^difficulty: .*$", r"\g<0>\n\g<0>", "stands at line"),
    front("no YAML", r"^prerequisites: \[", "prerequisites: [[", "front matter is not YAML"),
    front("a list", r"\A---\n", "---\n- one\n", "front matter is not"),
    front("wrong type", r"^difficulty: .*$", "difficulty: one", "`difficulty`"),
    front("value out of range", r"^difficulty: .*$", "difficulty: 4", "`difficulty`"),
    front("no date", r"^verified: .*$", "verified: last week", "`verified`"),
    front("missing field", r"^difficulty: .*\n", "", "'difficulty' is a required property"),
    front("draft", r"^difficulty:", "draft: true\ndifficulty:", "unknown key `draft`"),
    front(
        "missing page before it", r"^prerequisites: .*$", "prerequisites: [training/no]", "no question page"
    ),
    front(
        "unknown heading of the outline", r"^outline: .*$", 'outline: "Nowhere"', "no heading of data/outline"
    ),
    front("another question", r"^question: .*$", "question: What else?", "the H1 is"),
    front("another short answer", r"^short_answer: >-\n", r"\g<0>  Also: ", "short_answer says"),
    front(
        "short answer too short", r"^short_answer: >-\n(?:  .*\n)+", "short_answer: Few words.\n", "25 to 60"
    ),
    front("none at all", r"\A---\n[\s\S]*?\n---\n", "", "'title' is a required property"),
    Mistake(
        "front matter: pages that need each other",
        "sources",
        "docs/t",
        "prerequisites form a cycle",
        all_of(
            edit(HOST, r"^prerequisites: .*$", "prerequisites: [training/pretraining/zero]"),
            edit(NEIGHBOR, r"^prerequisites: .*$", "prerequisites: [training/pretraining/rms-norm]"),
        ),
    ),
]


def config(name: str, round: str, pattern: str, new: str, message: str) -> Mistake:
    return Mistake(f"configuration: {name}", round, CONFIG, message, edit(CONFIG, pattern, new))


NAVIGATION = [
    Mistake(
        "page that is not in nav",
        "site",
        "docs/training/lonely.md",
        "is not in the navigation",
        lambda: write("docs/training/lonely.md", page("What is a lonely page?"))(),
    ),
    Mistake(
        "question that the home page does not list",
        "sources",
        "docs/index.md",
        "does not list",
        edit("docs/index.md", r"^ *- \[.*\]\(training/pretraining/zero\.md\)\n", ""),
    ),
    Mistake(
        "asset that nothing uses",
        "sources",
        "docs/assets/spare.svg",
        "is used by no page",
        write("docs/assets/spare.svg", SVG.format("")),
    ),
    config("page of nav missing", "site", r"pretraining/zero\.md", "pretraining/none.md", "none.md"),
    config("unknown key", "site", r"\A", "navv: []\n", "`navv`"),
    config("unknown key of the theme", "sources", r"^  language: en", "  langauge: en", "key `langauge`"),
    config(
        "unknown feature", "sources", r"navigation\.top$", "navigation.topp", "no feature `navigation.topp`"
    ),
    config("unknown key of the palette", "sources", r"primary: custom", "primry: custom", "key `primry`"),
    config("unknown plugin", "site", r"^  search:", "  serach:", "serach"),
    config("unknown option of a plugin", "site", r"^    execute: false", "    exekute: false", "exekute"),
    config("unknown extension", "site", r"^  tables: \{\}", "  tabels: {}", "tabels"),
    config(
        "unknown option of an extension",
        "site",
        r"toc: \{permalink",
        "toc: {permlink: 1, permalink",
        "permlink",
    ),
    config("key twice", "tools", r"^copyright:", "strict: true\ncopyright:", "duplication of key"),
    config("no YAML", "sources", r"^extra_css: \[", "extra_css: [[", "is not YAML"),
    config(
        "missing style sheet", "sources", r"stylesheets/site\.css", "stylesheets/none.css", "does not exist"
    ),
    config("missing script", "sources", r"javascripts/a11y\.js", "javascripts/none.js", "does not exist"),
    config(
        "missing icon", "sources", r"favicon: assets/logo\.svg", "favicon: assets/no.svg", "does not exist"
    ),
    config("no icon", "sources", r"^  favicon: .*\n", "", "is missing"),
    config(
        "script of another host",
        "sources",
        r"^extra_css: \[",
        "extra_css: [https://a.io/x.css, ",
        "another host",
    ),
    config(
        "module of another host",
        "sources",
        r"^extra_javascript:",
        "extra_javascript:\n  - https://cdn.io/x.js",
        "another host",
    ),
    config("font of another host", "sources", r"font: false", "font: {text: Roboto}", "a font host"),
    config("no font", "sources", r"^  font: false.*\n", "", "a font host"),
    config("no address", "sources", r"^site_url: .*\n", "", "site_url"),
    config("an address of its own", "sources", r"^site_url: .*", "site_url: https://a.io/", "site_url"),
    config("not strict", "sources", r"^strict: true", "strict: false", "strict is not true"),
    config("a hook missing", "site", r"hooks/finish\.py", "hooks/none.py", "none.py"),
    Mistake(
        "template that loads from another host",
        "sources",
        "overrides/main.html",
        "another host",
        edit(
            "overrides/main.html",
            r'  <link rel="icon"',
            r'  <script src="https://cdn.io/x.js"></script>\n\g<0>',
        ),
    ),
    Mistake(
        "style sheet with a font of another host",
        "sources",
        "docs/assets/stylesheets/site.css",
        "another host",
        edit("docs/assets/stylesheets/site.css", r"\A", '@import "https://fonts.io/css";\n'),
    ),
    Mistake(
        "script that asks another host",
        "sources",
        "docs/assets/javascripts/a11y.js",
        "another host",
        edit("docs/assets/javascripts/a11y.js", r"\A", 'fetch("https://count.io/x");\n'),
    ),
]

ASSETS = [
    Mistake(f"file {name}", "sources", path, message, change)
    for name, path, message, change in [
        ("too large", FIGURE, "make it smaller", write(FIGURE, SVG.format("<!-- -->" * 50_000))),
        ("cut off", FIGURE, "is no XML", lambda: os.truncate(FIGURE, 2000)),
        ("empty", FIGURE, "is no XML", write(FIGURE, "")),
        ("with a script", FIGURE, "<script>", edit(FIGURE, r"</svg>", "<script>1</script></svg>")),
        ("with an event", FIGURE, "onload", edit(FIGURE, r"<svg ", '<svg onload="a()" ')),
        ("with HTML", FIGURE, "foreignObject", edit(FIGURE, r"</svg>", "<foreignObject/></svg>")),
        (
            "with an outside image",
            FIGURE,
            "refers to",
            edit(FIGURE, r"</svg>", '<image href="a.png"/></svg>'),
        ),
        (
            "that differs by case",
            "docs/training/pretraining/",
            "by case only",
            lambda: write("docs/training/pretraining/Zero.md", read(NEIGHBOR))(),
        ),
        (
            "for a taken address",
            "docs/training/pretraining/zero",
            "is published at",
            lambda: write("docs/training/pretraining/zero/index.md", read(NEIGHBOR))(),
        ),
        (
            "of a notebook for a taken address",
            "docs/training/pretraining/zero",
            "is published at",
            write("docs/training/pretraining/zero.ipynb", VALID_NOTEBOOK),
        ),
        ("of a merge", f"{HOST}.orig", "left behind", write(f"{HOST}.orig", "x\n")),
        ("of macOS", "docs/.DS_Store", "left behind", write("docs/.DS_Store", "x\n")),
        ("of an editor", f"{HOST}~", "left behind", write(f"{HOST}~", "x\n")),
        ("of text in docs/", "docs/notes.txt", "docs/ holds", write("docs/notes.txt", "x\n")),
        (
            "of dots in docs/",
            "docs/assets/a.png",
            "docs/ holds",
            write("docs/assets/a.png", b"\x89PNG\r\n\x1a\n"),
        ),
        (
            "that is a link",
            "docs/training/link.md",
            "symbolic link",
            lambda: os.symlink("x", "docs/training/link.md"),
        ),
        ("with a space", "docs/training/my page.md", "a name with", write("docs/training/my page.md", "x\n")),
        (
            "with an umlaut",
            "docs/training/f\u00fcr.md",
            "a name with",
            write("docs/training/f\u00fcr.md", "x\n"),
        ),
        (
            "with capitals",
            "docs/training/Page.md",
            "write it-like-this",
            write("docs/training/Page.md", "x\n"),
        ),
        ("that is no PNG", ".github/screenshot.png", "is no png", write(".github/screenshot.png", "x")),
    ]
]

MOVES = [
    Mistake(
        "page renamed",
        "site",
        "data/urls.txt",
        "training/pretraining/zero/ is gone",
        moved(NEIGHBOR, "docs/training/pretraining/zero-stages.md"),
    ),
    Mistake(
        "page deleted",
        "site",
        "data/urls.txt",
        "training/pretraining/zero/ is gone",
        all_of(lambda: Path(NEIGHBOR).unlink(), edit(CONFIG, r"^.*pretraining/zero\.md\n", "")),
    ),
    Mistake(
        "heading renamed",
        "site",
        HOST,
        "#in-practice is gone",
        edit(HOST, r"^## In practice$", "## In Practise"),
    ),
    Mistake("heading new", "site", HOST, "is not recorded yet", say("### Quite new\n\nText.")),
    Mistake(
        "redirect to nowhere",
        "site",
        "data/redirects.yml",
        "nowhere",
        write("data/redirects.yml", "old/: nowhere/\n"),
    ),
    Mistake(
        "redirect of a page that exists",
        "site",
        "data/redirects.yml",
        "there is a page at training/pretraining/zero/",
        write("data/redirects.yml", "training/pretraining/zero/: training/\n"),
    ),
]


def recoded(encoding: str) -> Callable[[], None]:
    return lambda: write(HOST, read(HOST).encode(encoding, "replace"))()


CHARACTERS = [
    Mistake(f"characters: {name}", "sources", HOST, message, change)
    for name, message, change in [
        ("Windows line ends", "carriage return", lambda: write(HOST, read(HOST).replace("\n", "\r\n"))()),
        ("one Windows line end", "carriage return", say("Text.\r")),
        ("byte order mark", "byte order mark", recoded("utf-8-sig")),
        ("Latin-1", "is not UTF-8", recoded("latin-1")),
        ("UTF-16", "is not UTF-8", recoded("utf-16")),
        ("direction override", "RIGHT-TO-LEFT OVERRIDE", say("Text \u202e here.")),
        ("isolate", "LEFT-TO-RIGHT ISOLATE", say("Text \u2066 here.")),
        ("zero-width space", "ZERO WIDTH SPACE", say("Te\u200bxt.")),
        ("zero-width joiner", "ZERO WIDTH JOINER", say("Te\u200dxt.")),
        ("soft hyphen", "SOFT HYPHEN", say("Te\u00adxt.")),
        ("word joiner", "WORD JOINER", say("Te\u2060xt.")),
        ("line separator", "LINE SEPARATOR", say("Text.\u2028Text.")),
        ("control character", "invisible character", say("Text \u0007.")),
        (
            "Cyrillic letter",
            "CYRILLIC SMALL LETTER A",
            say("Att\u0435ntion and l\u0430yer.".replace("\u0435", "e")),
        ),
        ("Greek letter", "GREEK SMALL LETTER OMICRON", say("N\u03bfrm.")),
        ("tab", "a tab", say("Text\there.")),
        ("trailing space", "spaces at the end", say("Text. ")),
        ("full-width comma", "the character \uff0c", say("Text\uff0c text.")),
        ("full-width parenthesis", "the character \uff08", say("Text\uff08text).")),
        ("curly quotation mark", "the character \u201c", say("\u201cText.")),
        ("no line end at the end", "no line end", lambda: write(HOST, read(HOST).rstrip("\n"))()),
    ]
]

SECURITY = [
    Mistake(f"security: {name}", round, HOST, message, say(text))
    for name, text, message, round in [
        ("script", "<script>alert(1)</script>", "<script>", "sources"),
        ("script of another host", '<script src="https://a.io/x.js"></script>', "<script>", "sources"),
        ("frame", '<iframe src="https://a.io/"></iframe>', "<iframe>", "sources"),
        ("form", '<form action="https://a.io/"><button>Go</button></form>', "<form>", "sources"),
        ("field", '<input type="text">', "<input>", "sources"),
        ("style element", "<style>p { color: red }</style>", "<style>", "sources"),
        ("style attribute", '<span style="color: red">x</span>', "a style of its own", "site"),
        ("style by attribute list", 'Text.\n{ style="color: red" }', "a style of its own", "site"),
        ("click", '<span onclick="a()">x</span>', "onclick", "site"),
        ("event by attribute list", 'Text.\n{ onmouseover="a()" }', "onmouseover", "site"),
        ("event of an image", f'<img src="x" alt="{ALT}" onerror="a()">', "onerror", "site"),
        ("image of another host", f"![{ALT}](https://a.io/x.png)", "from another host", "site"),
        (
            "image of another host in HTML",
            f'<img src="//a.io/x.png" alt="{ALT}">',
            "from another host",
            "site",
        ),
        ("image of data", f"![{ALT}](data:image/png;base64,AAAA)", "data:", "site"),
        ("base", '<base href="https://a.io/">', "<base>", "sources"),
        ("refresh", '<meta http-equiv="refresh" content="0;url=https://a.io/">', "<meta>", "sources"),
        ("object", '<object data="https://a.io/x"></object>', "<object>", "sources"),
        ("embed", '<embed src="https://a.io/x">', "<embed>", "sources"),
        ("video", '<video src="https://a.io/x.mp4"></video>', "<video>", "sources"),
        ("style sheet", '<link rel="stylesheet" href="https://a.io/x.css">', "<link>", "sources"),
        ("drawing with a script", "<svg><script>alert(1)</script></svg>", "<script>", "sources"),
        ("snippet outside", '--8<-- "../../../../etc/passwd"', "is outside of the repository", "sources"),
        ("snippet of the system", '--8<-- "/etc/passwd"', "is outside of the repository", "sources"),
        ("snippet of another host", '--8<-- "https://a.io/x.md"', "is outside of the repository", "sources"),
        ("snippet of the configuration", '--8<-- "mkdocs.yml"', "from src/ and includes/ only", "sources"),
    ]
]

CODE = "```python\n{}\n```"
TRUTH = [
    Mistake("block that raises", "truth", HOST, "raises NameError", say(CODE.format("print(nowhere)"))),
    Mistake("block that is no Python", "truth", HOST, "is not Python", say(CODE.format("print(1"))),
    Mistake(
        "block that prints otherwise", "truth", HOST, "prints other than", say(CODE.format("print(1)\n#> 2"))
    ),
    Mistake("block that prints unsaid", "truth", HOST, "prints other than", say(CODE.format("print(1)"))),
    Mistake(
        "block of a function gone",
        "truth",
        HOST,
        "raises ImportError",
        say(CODE.format("from math import no")),
    ),
    Mistake(
        "number that the code denies",
        "truth",
        HOST,
        "does not stand",
        edit(HOST, r"root 4\.243", "root 4.342"),
    ),
    Mistake(
        "number that the check denies",
        "truth",
        HOST,
        "the code gives",
        all_of(edit(HOST, r"root 4\.243", "root 4.342"), edit(HOST, r'^"4\.243"', '"4.342"')),
    ),
    Mistake(
        "check that asserts wrongly",
        "truth",
        HOST,
        "does not hold",
        say("Text.\n\n<!-- check\nassert 1 == 2\n-->"),
    ),
    Mistake(
        "package that computes otherwise",
        "truth",
        HOST,
        "the code gives",
        edit("src/llm_questions/rms_norm.py", r"\(x \* x\)\.mean", "np.abs(x).mean"),
    ),
    Mistake(
        "figure stale", "truth", FIGURE, "is not what the code draws", edit(FIGURE, r"</title>", " 2</title>")
    ),
    Mistake("figure missing", "truth", FIGURE, "is missing", lambda: Path(FIGURE).unlink()),
    Mistake(
        "figure that nothing draws",
        "truth",
        "docs/assets/figures/photo.svg",
        "is drawn by nothing",
        write("docs/assets/figures/photo.svg", SVG.format("")),
    ),
    Mistake(
        "table edited by hand",
        "truth",
        "includes/tables/normalization.md",
        "is not what data/models.yml makes",
        edit("includes/tables/normalization.md", r"LayerNorm", "RMSNorm"),
    ),
    Mistake(
        "glossary edited by hand",
        "truth",
        "docs/glossary.md",
        "is not what data/glossary.yml makes",
        edit("docs/glossary.md", r"^# Glossary$", "# The glossary"),
    ),
    Mistake(
        "entry of the bibliography deleted",
        "sources",
        "docs/transformers/",
        "is no entry of references.bib",
        edit("references.bib", r"^@\w+\{vaswani2017attention,(?:\n  .*)*\n\}\n", ""),
    ),
    Mistake(
        "entry of the bibliography twice",
        "sources",
        "references.bib",
        "stands at line",
        edit("references.bib", r"\Z", "\n@misc{vaswani2017attention,\n}\n"),
    ),
    Mistake(
        "entry of the bibliography without a year",
        "truth",
        "references.bib",
        "has no field 'year'",
        edit("references.bib", r"^  year = .*\n", ""),
    ),
    Mistake(
        "include of an entry stale",
        "truth",
        "includes/references.md",
        "is not what references.bib makes",
        edit("references.bib", r"^  title = \{(.)", r"  title = {New \1"),
    ),
    Mistake(
        "published number changed",
        "truth",
        "data/models.yml",
        "GPT-3 175B: n_layers is 95",
        edit("data/models.yml", r"(name: GPT-3 175B\n(?:  .*\n)*?  n_layers: )96", r"\g<1>95"),
    ),
]

MISTAKES = [
    *LINKS,
    *NOTEBOOKS,
    *STRUCTURE,
    *MATH,
    *FRONT_MATTER,
    *NAVIGATION,
    *ASSETS,
    *MOVES,
    *CHARACTERS,
    *SECURITY,
    *TRUTH,
]
