"""What the body of a page must hold: its parts in order, its length, headings that read without TeX."""

from itertools import zip_longest

from scripts.pages import Page, count_words

SECTIONS = [
    "Intuition",
    "Derivation",
    "Worked example",
    "Code",
    "In practice",
    "What people get wrong",
    "Follow-up questions",
    "References",
]
WORDS = range(900, 2001)


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
    return section_problems(page) + length_problems(page)


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
    words = count_words(page)
    if words in WORDS:
        return []
    mend = "split the question" if words > WORDS[-1] else "say what is missing"
    return [f"{page.where(1)}: {words} words, not {WORDS[0]} to {WORDS[-1]:,}: {mend}"]
