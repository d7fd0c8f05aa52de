"""What the body of a page must hold: its parts in order, its length, headings that read without TeX."""

import re
from itertools import zip_longest

from scripts.check.claims import checks
from scripts.pages import Page, count_words

SELF_TEST = "Check yourself"

SECTIONS = [
    "Intuition",
    "Derivation",
    "Worked example",
    "Code",
    "In practice",
    "What people get wrong",
    "Follow-up questions",
    SELF_TEST,
    "References",
]
WORDS = range(900, 2001)  # of a page without its self-test, which is for those who have read the rest
SELF_TEST_TASKS = range(2, 4)
SELF_TEST_WORDS = 250
TASK = re.compile(r'^\?\?\? question "(?P<title>.*)"$', re.MULTILINE)


def problems(page: Page) -> list[str]:
    """Rules of every page."""
    found = [f"{page.where(line)}: this {marks} is closed nowhere: close it" for line, marks in page.unclosed]
    for heading in page.headings:
        if "$" in heading.text or "\\" in heading.text:
            where = page.where(heading.line)
            found.append(
                f"{where}: TeX in a heading: write Unicode, as in √d_k, so that search and titles read well"
            )
    return found


def question_problems(page: Page) -> list[str]:
    """Rules of question pages."""
    return section_problems(page) + length_problems(page) + self_test_problems(page)


def section_problems(page: Page) -> list[str]:
    sections = [heading for heading in page.headings if heading.level == 2]
    titles = [heading.text for heading in sections]
    last = page.where(len(page.lines))
    found = [f"{last}: no section `## {title}`: add it" for title in SECTIONS if title not in titles]
    found += [
        f"{page.where(heading.line)}: `## {heading.text}` is not one of {', '.join(SECTIONS)}: make it an H3"
        for heading in sections
        if heading.text not in SECTIONS
    ]
    if found:
        return found
    for heading, expected in zip_longest(sections, SECTIONS):
        if heading and heading.text != expected:
            instead = f"`## {expected}`" if expected else "the end of the page"
            return [
                f"{page.where(heading.line)}: `## {heading.text}` stands where {instead} is expected: move it"
            ]
    return []


def length_problems(page: Page) -> list[str]:
    words = count_words(page) - count_words(page, *self_test(page))
    if words in WORDS:
        return []
    mend = "split the question" if words > WORDS[-1] else "say what is missing"
    return [f"{page.where(1)}: {words} words, not {WORDS[0]} to {WORDS[-1]:,}: {mend}"]


def self_test(page: Page) -> tuple[int, int]:
    """The offsets of the section "Check yourself" without its heading; an empty range if there is none."""
    sections = [heading for heading in page.headings if heading.level == 2]
    for heading, following in zip_longest(sections, sections[1:]):
        if heading.text == SELF_TEST:
            end = page.text.rindex("\n", 0, following.end - 1) + 1 if following else len(page.text)
            return heading.end, end
    return len(page.text), len(page.text)


def self_test_problems(page: Page) -> list[str]:
    """Each task of the self-test is the title of a folded box, with its answer and a check of it inside."""
    start, end = self_test(page)
    if start == end:
        return []
    heading = page.where(page.line_at(start) - 1)
    tasks = list(TASK.finditer(page.text, start, end))
    found = []
    if len(tasks) not in SELF_TEST_TASKS:
        found.append(
            f"{heading}: number of tasks {len(tasks)}, not {SELF_TEST_TASKS[0]} to {SELF_TEST_TASKS[-1]}: "
            'write each as `??? question "…"` with its answer indented'
        )
    for task, following in zip_longest(tasks, tasks[1:]):
        where = page.where(page.line_at(task.start()))
        if "$" in task["title"] or "\\" in task["title"]:
            found.append(f"{where}: TeX in the title of a task: write Unicode, as in √d_k")
        answer_end = following.start() if following else end
        if not any(task.end() < comment.start < answer_end for comment in checks(page)):
            found.append(f"{where}: the answer has no check: compute it in a `<!-- check … -->` below it")
    if (words := count_words(page, start, end)) > SELF_TEST_WORDS:
        found.append(f"{heading}: {words} words, not up to {SELF_TEST_WORDS}: shorten the answers")
    return found
