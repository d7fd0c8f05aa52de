"""The rules find what they are for: a sound page passes, and each defect is named with its file and line."""

from pathlib import Path

import pytest
from pytest_examples import EvalExample
from pytest_examples.modify_files import _modify_files

from scripts.check import body, citations, claims, code_blocks, front_matter
from scripts.pages import Page, count_words, plain
from tests.content.conftest import WritePage

KNOWN = {"vaswani2017attention", "ba2016layer"}


def all_problems(page: Page) -> list[str]:
    """Every rule that runs no block."""
    found = front_matter.problems(page) + body.problems(page) + code_blocks.include_problems(page)
    found += citations.problems(page, KNOWN)
    for comment in claims.checks(page):
        found += claims.problems(page, comment)
    for fence, _ in code_blocks.executed(page):
        found += code_blocks.form_problems(page, fence)
    return found + front_matter.agreement_problems(page) + body.question_problems(page)


def line_of(page: Page, text: str) -> int:
    return next(number for number, line in enumerate(page.lines, start=1) if text in line)


def test_a_sound_page_has_no_problem(write_page: WritePage, eval_example: EvalExample) -> None:
    page = write_page()
    assert all_problems(page) == []
    assert len(claims.checks(page)) == 3
    assert len(code_blocks.executed(page)) == 2
    for fence, example in code_blocks.executed(page):
        assert code_blocks.run_problems(page, fence, example, eval_example) == []


DEFECTS = [
    # what is wrong, what is replaced, by what, a text in the line that is named, a text in the message
    ("literal absent", "two is 1.41,", "two is 1.4,", '"1.41" ==', '"1.41" does not stand in the text'),
    ("literal in a longer number", "two is 1.41,", "two is 1.414,", '"1.41" ==', "does not stand"),
    ("literal with another sign", "two is 1.41,", "two is", '"1.41" ==', "does not stand"),
    ("number differs", 'sqrt(2):.2f}"\n"-', 'sqrt(3):.2f}"\n"-', '"1.41" ==', 'the code gives "1.73"'),
    ("assert fails", "sqrt(4) == 2", "sqrt(4) == 3", "sqrt(4)", "`assert math.sqrt(4) == 3` does not hold"),
    ("set-up fails", "import math", "import maths", "import maths", "raises ModuleNotFoundError"),
    ("no syntax", "import math", "import math math", "import math math", "not Python"),
    ("expression gives a number", 'f"{10**4:,}"', "10**4", '"10,000" ==', "gives 10000, not a text"),
    ("claim the wrong way round", '"10,000" == f"{10**4:,}"', '10**4 == "10,000"', "10**4", "checks nothing"),
    ("chained claim", '"10,000" == f', '"10,000" == "10,000" == f', '"10,000" ==', "checks nothing"),
    ("output below no print", "return 2 * x\n", "return 2 * x\n#> 7\n", "#> 7", "below no print"),
    ("long line", "return 2 * x\n", f"return 2 * x  # {'x' * 80}\n", "xxxx", "break the line"),
    ("misspelt key", "asked_by:", "askd_by:", "askd_by", "did you mean `asked_by`"),
    ("missing key", "difficulty: 1\n", "", "---", "'difficulty' is a required property"),
    ("wrong value", "difficulty: 1", "difficulty: 4", "difficulty", "4 is not one of [1, 2, 3]"),
    ("no date", "2026-11-23", "last week", "verified", "'last week' is not a 'date'"),
    ("no YAML", "aliases: [sqrt dk]", "aliases: [sqrt dk", "prerequisites", "front matter is not YAML"),
    (
        "unknown outline",
        "Why division by √d_k",
        "Why division",
        "outline",
        "is no heading of data/outline.yml",
    ),
    ("another H1", "# Why divide by √d_k?", "# Why divide?", "# Why divide?", "the H1 is"),
    ("another answer", "**plain text** that", "**plain text** which", "!!! abstract", "text which stands"),
    ("no answer", '!!! abstract "Short answer"', "!!! note", "# Why", "no `!!! abstract"),
    ("short answer", "\n\n    This short", "\n\n    So. This short", "!!! abstract", "says"),
    ("section missing", "## In practice\n", "", None, "no section `## In practice`"),
    ("section unknown", "## In practice", "## Practice", "## Practice", "`## Practice` is not one of"),
    ("self-test missing", "## Check yourself\n", "", None, "no section `## Check yourself`"),
    (
        "one task",
        '??? question "And three',
        '!!! note "And three',
        "## Check",
        "number of tasks 1, not 2",
    ),
    ("TeX in a task", "two plus two?", "$2 + 2$?", '??? question "How much', "TeX in the title of a task"),
    ("answer without check", "check\n    assert 2", "assert 2", '??? question "How much', "has no check"),
    ("self-test too long", "It is 6.", "It is 6. " * 80, "## Check", "words, not up to 250"),
    ("TeX in a heading", "## Code", "### About $x$\n\n## Code", "### About", "TeX in a heading"),
    ("fence open", "    #> inside\n    ```\n", "    #> inside\n", "    ```python", "closed nowhere"),
    ("comment open", " == 6\n    -->", " == 6", "    <!-- check assert 3", "closed nowhere"),
    ("citation undefined", "3.2.1][vaswani2017attention]", "3][vaswani2017atention]", "3][v", "did you mean"),
    ("citation not listed", "unlike `x", "unlike [Ba][ba2016layer] `x", "[Ba]", "not listed in References"),
    ("listed, not cited", "- [Vas", "- [Ba][ba2016layer], [Vas", "- [Ba]", "which the page does not cite"),
    (
        "no such region",
        "package.py:double",
        "package.py:triple",
        '```python title="src',
        "no region `triple`",
    ),
    ("no such file", '"src/package.py:', '"src/pack.py:', '```python title="src', "which does not exist"),
    ("another title", 'title="src/package.py"', 'title="x.py"', 'title="x.py"', 'title="src/package.py"'),
]


@pytest.mark.parametrize(
    ("old", "new", "line", "message"), [d[1:] for d in DEFECTS], ids=[d[0] for d in DEFECTS]
)
def test_a_defect_is_named_with_file_and_line(
    write_page: WritePage, old: str, new: str, line: str | None, message: str
) -> None:
    page = write_page(old, new)
    number = line_of(page, line) if line else len(page.lines)
    found = [problem for problem in all_problems(page) if message in problem]
    assert found, f"not found among {all_problems(page)}"
    assert any(problem.startswith(f"docs/topic/sound.md:{number}: ") for problem in found), found


def test_a_literal_counts_only_below_the_heading_before_the_check(write_page: WritePage) -> None:
    page = write_page("<!-- check", "### Another heading\n\n<!-- check")
    heading, first = line_of(page, "### Another"), line_of(page, '"1.41" ==')
    found = claims.problems(page, claims.checks(page)[0])
    assert [problem.split(": ")[0] for problem in found] == [
        f"docs/topic/sound.md:{line}" for line in (first, first + 1, first + 2)
    ]
    assert f"between line {heading} and this check" in found[0]


def test_sections_in_another_order(write_page: WritePage) -> None:
    page = write_page()
    text = page.text.replace("## Intuition", "## X").replace("## Derivation", "## Intuition")
    page.path.write_text(text.replace("## X", "## Derivation"), "utf-8")
    page = Page(page.path, page.docs)
    (found,) = body.section_problems(page)
    assert found.startswith(
        f"docs/topic/sound.md:{line_of(page, '## Derivation')}: `## Derivation` stands where"
    )


def test_a_check_that_claims_nothing(write_page: WritePage) -> None:
    page = write_page('"1.41" == f"{math.sqrt(2):.2f}"', "-->\n\n<!--")
    (found,) = claims.problems(page, claims.checks(page)[0])
    assert found.startswith(f"docs/topic/sound.md:{line_of(page, '<!-- check')}: the check claims nothing")


def test_output_that_differs(write_page: WritePage, eval_example: EvalExample) -> None:
    page = write_page("#> 42", "#> 41")
    fence, example = code_blocks.executed(page)[0]
    (found,) = code_blocks.run_problems(page, fence, example, eval_example)
    assert found.startswith(f"docs/topic/sound.md:{line_of(page, 'def double') - 1}: ")
    assert "-#> 41" in found
    assert "+#> 42" in found
    assert "-k topic/sound --update-examples" in found


def test_output_that_is_missing(write_page: WritePage, eval_example: EvalExample) -> None:
    page = write_page("#> 42\n", "")
    fence, example = code_blocks.executed(page)[0]
    (found,) = code_blocks.run_problems(page, fence, example, eval_example)
    assert "+#> 42" in found


def test_a_block_that_raises(write_page: WritePage, eval_example: EvalExample) -> None:
    page = write_page("return 2 * x", "return 2 * y")
    fence, example = code_blocks.executed(page)[0]
    (found,) = code_blocks.run_problems(page, fence, example, eval_example)
    assert found.startswith(
        f"docs/topic/sound.md:{line_of(page, '2 * y')}: the block raises NameError: name 'y'"
    )


def test_update_rewrites_every_block_of_a_page(
    write_page: WritePage,
    eval_example: EvalExample,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sound = write_page().text
    page = write_page("#> 42\n", "#> 0\n")
    page.path.write_text(page.text.replace("    #> inside\n", ""), "utf-8")
    page = Page(page.path, page.docs)
    with monkeypatch.context() as context:
        context.setattr(request.config.option, "update_examples", True)
        for _, example in code_blocks.executed(page):
            eval_example.run_print_update(example)
        _modify_files(eval_example.to_update)
    eval_example.to_update.clear()
    assert page.path.read_text("utf-8") == sound


def test_a_cycle_and_a_page_that_does_not_exist(write_page: WritePage) -> None:
    need = "prerequisites: [{}]"
    pages = [
        write_page("prerequisites: []", need.format("topic/b"), name="topic/a.md"),
        write_page("prerequisites: []", need.format("topic/c, topic/nowhere"), name="topic/b.md"),
        write_page("prerequisites: []", need.format("topic/a"), name="topic/c.md"),
    ]
    line = line_of(pages[0], "prerequisites")
    missing, cycle = front_matter.prerequisite_problems(pages)
    assert missing.startswith(f"docs/topic/b.md:{line}: prerequisite topic/nowhere is no question page")
    assert cycle.startswith("docs/topic/")
    assert f".md:{line}: prerequisites form a cycle" in cycle
    assert any(f"{path} → " in cycle for path in ("topic/a", "topic/b", "topic/c"))


@pytest.mark.parametrize(("name", "value"), [("short", "Too few words."), ("long", "word " * 61)])
def test_length_of_the_short_answer(write_page: WritePage, name: str, value: str) -> None:
    page = write_page("short_answer: >-\n", f"short_answer: {value}\ndropped: >-\n")
    page.path.write_text(page.text.replace("dropped: >-\n", "# "), "utf-8")
    page = Page(page.path, page.docs)
    (found,) = front_matter.problems(page)
    assert found == (
        f"docs/topic/sound.md:{page.key_line('short_answer')}: "
        f"short_answer has {len(value.split())} words: 25 to 60"
    )


def test_length_of_a_page(write_page: WritePage) -> None:
    assert body.length_problems(write_page("## Intuition", "## Intuition\n\n" + "word " * 2000))
    page = write_page()
    short = Page(page.path, page.docs)
    short.path.write_text(page.text[: page.text.index("## In practice")], "utf-8")
    (found,) = body.length_problems(Page(page.path, page.docs))
    assert found.startswith("docs/topic/sound.md:1: ")
    assert found.endswith("words, not 900 to 2,000: say what is missing")


def test_a_plain_page_has_its_own_smaller_schema(tmp_path: Path) -> None:
    path = tmp_path / "docs/index.md"
    path.parent.mkdir()
    path.write_text("---\ntitle: Home\ndescription: What this is.\nasked_by: 3\n---\n\n# Home\n", "utf-8")
    page = Page(path, path.parent)
    assert not page.is_question
    assert front_matter.problems(page) == [
        "docs/index.md:4: unknown key `asked_by`: data/plain-page.schema.json lists the keys"
    ]


def test_the_same_paper_twice_in_the_bibliography(tmp_path: Path) -> None:
    bib = tmp_path / "references.bib"
    bib.write_text(
        "@article{a,\n  eprint = {1607.06450},\n}\n"
        "@article{b,\n  url = {https://arxiv.org/abs/1607.06450v2},\n}\n@misc{a,\n}\n",
        "utf-8",
    )
    assert citations.bib_problems(bib) == [
        "references.bib:4: arXiv 1607.06450 of `b` is `a` already: keep one entry",
        "references.bib:7: the key `a` stands at line 1 already: drop one entry",
    ]


def test_keys_of_an_included_table_may_be_listed(write_page: WritePage, tmp_path: Path) -> None:
    (tmp_path / "includes/tables").mkdir(parents=True)
    (tmp_path / "includes/tables/models.md").write_text("| [Ba 2016][ba2016layer] |\n", "utf-8")
    page = write_page("- [Vas", "- [Ba][ba2016layer], [Vas")
    text = page.text.replace("## In practice\n", '## In practice\n\n--8<-- "includes/tables/models.md"\n')
    page.path.write_text(text, "utf-8")
    assert citations.problems(Page(page.path, page.docs), KNOWN) == []


@pytest.mark.parametrize(
    ("literal", "text", "stands"),
    [
        ("0.88", "a weight of 0.88.", True),
        ("0.88", "a weight of 0.8808", False),
        ("0.88", "a weight of 10.88", False),
        ("0.88", "a logit of -0.88", False),
        ("0.88", "−0.88", False),
        ("−0.88", "a logit of -0.88", True),
        ("24", "1,024 tokens", False),
        ("24", "16, 24 and 32", True),
        ("3", "from 2-3 to 4", True),
        ("10,000", r"base $10\,000$", True),
        ("10,000", "base 10{,}000", True),
        ("10,000", "base 10\u202f000", True),
        ("12 %", r"12\,\%", True),
        ("3 × 4", r"3 \times 4", True),
        ("7", "layer_7", False),
    ],
)
def test_where_a_literal_stands(literal: str, text: str, stands: bool) -> None:
    assert claims.stands_in(literal, claims.normalize(text)) is stands


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("**bold**, *italic*, _this_ and `code`", "bold, italic, this and code"),
        ("d_k and d_v, 2 * 3 * 4", "d_k and d_v, 2 * 3 * 4"),
        (r"[a [b] c](page.md#x) and [Ba 2016][ba2016layer], \$5", "a [b] c and Ba 2016, $5"),
        ("![alt text](figure.svg)a<br>b &lt; c", "ab < c"),
        (r"$x_1$ and $$y_2^*$$", "x_1 and y_2^*"),
    ],
)
def test_plain_text(markdown: str, text: str) -> None:
    assert plain(markdown) == text


def test_words_are_counted_without_code_and_with_one_a_formula(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(
        "---\ntitle: Not counted\n---\n\n# One two\n\n$a + b + c$ four [five](six.md).\n\n"
        "```text\nno no\n```\n\n<!-- no -->\n\n| a | b |\n|---|---|\n\n"
        '??? question "Eight nine"\n\n    ten\n\n$$\nx = y\n$$\n\n/// caption\ntwelve\n///\n\n'
        '--8<-- "no.md"\n',
        "utf-8",
    )
    assert count_words(Page(path, tmp_path)) == 12


def test_fences_and_comments_do_not_see_each_other(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(
        "Write `<!-- check` below.\n\n````text\n# no heading\n```python\n<!-- check\n```\n````\n\n"
        "<!-- check\n# no heading\n```python\n-->\n\n## A heading ## { #anchor }\n",
        "utf-8",
    )
    page = Page(path, tmp_path)
    assert [(fence.language, fence.line) for fence in page.fences] == [("text", 3)]
    assert [comment.line for comment in page.comments] == [10]
    assert [(heading.text, heading.line) for heading in page.headings] == [("A heading", 15)]
    assert page.unclosed == []
