"""Begins a page: python -m scripts.new_question attention/why-so "Why is it so?"

It begins as a draft, docs/attention/why-so.draft.md: `make serve` shows it, `make check` looks at what is
there, and no build publishes it. It is finished when it is renamed to why-so.md; from then on all rules hold.
"""

import argparse
import datetime
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.pages import DOCS, DRAFT

ANSWER = (
    "Say here what you would say in thirty seconds, in 25 to 60 words of plain text that stand alone: "
    "name the thing asked about, say how large the effect is and against what, and when it is absent."
)
PARTS = {
    "Intuition": "One picture or one concrete example, before any formula.",
    "Derivation": "Each symbol is defined where it first appears, with its shape, in the letters of "
    "docs/notation.md; each assumption is named; no step needs faith.",
    "Worked example": "Numbers small enough to follow by hand, then those of a real model, each held by a "
    "check comment.",
    "Code": "The implementation, included from src/llm_questions/ by region, then a block that uses it and "
    "prints what the text claims.",
    "In practice": "Who uses what, when it breaks, what it costs: with sources, and with their scope.",
    "What people get wrong": "The wrong statement as an H3 in quotation marks, then why it is wrong.",
    "Follow-up questions": "Three to six, each folded, with its answer indented and a link to its own page.",
    "Check yourself": "Two or three tasks to compute, predict or find an error in, none of them asked above: "
    "each the title of a folded box, with its answer and a check of every number in it.",
    "References": "Primary sources with section, equation or table; the keys are those of references.bib.",
}
PAGE = """\
---
question: {question}
short_answer: >-
  {answer}
difficulty: 2
asked_by: 0
aliases:
  - {alias}
prerequisites: []
verified: {today}
---

# {question}

!!! abstract "Short answer"
    {answer}

{parts}"""


class RequestError(ValueError):
    """The page cannot be begun; the message says what to give instead."""


def begin(address: str, question: str, docs: Path = DOCS, today: datetime.date | None = None) -> Path:
    """Writes the draft and returns its path.

    Raises:
        RequestError: the address or the question has another form, or there is such a page already.
    """
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*(/[a-z0-9]+(-[a-z0-9]+)*)+", address):
        raise RequestError(
            f"PAGE={address}: give section/name in lower case with hyphens, as attention/why-so"
        )
    folder, _, name = address.rpartition("/")
    if not (docs / folder).is_dir():
        sections = sorted({path.parent.relative_to(docs).as_posix() for path in docs.rglob("*.md")} - {"."})
        raise RequestError(f"PAGE={address}: there is no section {folder}; there are {', '.join(sections)}")
    if not re.fullmatch(r"[^$\\:]+\?", question):
        raise RequestError(
            f"QUESTION={question}: ask it as people do: one line that ends with a question mark, Unicode "
            "and no TeX (√d_k), no colon"
        )
    for taken in (docs / f"{address}.md", docs / f"{address}{DRAFT}"):
        if taken.exists():
            raise RequestError(
                f"{taken.relative_to(docs.parent)} is there already: change it, or take another name"
            )
    page = PAGE.format(
        question=question,
        answer=ANSWER,
        alias=name.replace("-", " "),
        today=today or datetime.date.today(),
        parts="\n".join(f"## {title}\n\n<!-- {guide} -->\n" for title, guide in PARTS.items()),
    )
    path = docs / f"{address}{DRAFT}"
    path.write_text(page, encoding="utf-8")
    return path


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.new_question", description=__doc__)
    parser.add_argument("page", help="its address: section/name")
    parser.add_argument("question", help="as people ask it; it becomes the title")
    arguments = parser.parse_args()
    try:
        path = begin(arguments.page, arguments.question)
    except RequestError as error:
        print(error, file=sys.stderr)
        return 1
    written = path.relative_to(DOCS.parent)
    finished = str(written).replace(DRAFT, ".md")
    address = f"http://127.0.0.1:8000/{arguments.page}{DRAFT.removesuffix('.md')}/"
    print(f"{written}: write it, with `make serve` beside you, which shows it at {address}")
    print("`make check` looks at what is there: its links, formulas, elements and checks of numbers.")
    print(f"When it is finished: mv {written} {finished}; `make check` then says where else to name it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
