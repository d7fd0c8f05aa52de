"""Reads a page of docs/: front matter, headings, fences, comments and text, each with its line in the file.

Everything that looks into pages (the tests of tests/content, the generators) reads them here, so that all
agree on what is a heading, a block of code or a comment. Nothing here judges a page.
"""

import html
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from textwrap import dedent

import yaml

from scripts import yaml_files

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
DRAFT = ".draft.md"  # how the name of a page ends that is not finished; mkdocs.yml knows it too

FENCE = re.compile(r"^(?P<indent> *)(?P<marks>`{3,}|~{3,})(?P<info>[^`]*)$")
HEADING = re.compile(r"^(?P<marks>#{1,6}) +(?P<text>.+?)(?: +#+)?(?: *\{[^{}]*\})?$")
INCLUDE = re.compile(r'^ *-{1,}8<-{1,} +"(?P<target>[^"]+)" *$', re.MULTILINE)
MATH = re.compile(
    r"(?<!\\)\$\$(?P<display>.+?)(?<!\\)\$\$|(?<![\\$])\$(?![\s$])(?P<inline>[^$]+?)(?<![\s\\])\$", re.DOTALL
)


def address_of(source: str) -> str:
    """Where the page docs/{source} is, relative to the home page, which is the empty address."""
    return re.sub(r"(^|/)(?:index|README)\.md$|\.(md|ipynb)$", "/", source).lstrip("/")


class PageError(ValueError):
    """A page that cannot be read; the message names file and line."""


@dataclass(frozen=True)
class Heading:
    level: int
    text: str
    line: int
    end: int  # offset in the page where the heading's line ends


@dataclass(frozen=True)
class Fence:
    info: str  # what stands after the opening marks: language, title, …
    source: str  # without the indentation of the fence
    indent: int
    line: int  # of the opening marks; the source begins on the next
    start: int  # offsets in the page of the whole block with its marks …
    end: int
    source_start: int  # … and of the source alone
    source_end: int

    @property
    def language(self) -> str:
        words = self.info.strip("{} ").split()
        return words[0].lstrip(".").lower() if words else ""

    @property
    def is_python(self) -> bool:
        return self.language in {"python", "py", "python3"}

    @property
    def title(self) -> str | None:
        found = re.search(r'title="([^"]*)"', self.info)
        return found and found[1]

    @property
    def includes(self) -> list[str]:
        """What the block includes, as `path` or `path:region`; nothing if it has a line of its own."""
        targets = [found["target"] for found in INCLUDE.finditer(self.source)]
        own_lines = [line for line in INCLUDE.sub("", self.source).splitlines() if line.strip()]
        return [] if own_lines else targets


@dataclass(frozen=True)
class Comment:
    text: str  # between the marks <!-- and -->
    line: int
    start: int
    end: int


class Page:
    def __init__(self, path: Path, docs: Path = DOCS) -> None:
        self.path = path
        self.docs = docs
        self.name = path.relative_to(docs).as_posix()  # transformers/query-key-value.md
        self.text = path.read_text("utf-8")
        self.lines = self.text.splitlines()
        self.headings: list[Heading] = []
        self.fences: list[Fence] = []
        self.comments: list[Comment] = []
        self.unclosed: list[tuple[int, str]] = []  # line and opening mark of a block that runs to the end
        self._scan()

    @property
    def is_draft(self) -> bool:
        return self.name.endswith(DRAFT)

    def where(self, line: int) -> str:
        return f"{self.docs.name}/{self.name}:{line}"

    def line_at(self, offset: int) -> int:
        return self.text.count("\n", 0, offset) + 1

    @cached_property
    def head(self) -> str:
        """The front matter as it is written, without the marks around it."""
        found = re.match(r"---\n(.*?\n)---[ \t]*(?:\n|$)", self.text, re.DOTALL)
        return found[1] if found else ""

    @property
    def body_start(self) -> int:
        return self.text.index("\n", len("---\n" + self.head)) + 1 if self.head else 0

    @cached_property
    def front_matter(self) -> dict:
        try:
            values = yaml_files.loads(self.head) or {}
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 2 if error.problem_mark else 1
            raise PageError(f"{self.where(line)}: front matter is not YAML: {error.problem}") from error
        if not isinstance(values, dict):
            raise PageError(f"{self.where(2)}: front matter is not a list of `key: value`")
        return values

    def key_line(self, key: str) -> int:
        """The line of a key of the front matter, 1 if it is not there."""
        for number, line in enumerate(self.head.splitlines(), start=2):
            if line.startswith(f"{key}:"):
                return number
        return 1

    @property
    def is_question(self) -> bool:
        return re.search(r"^question:", self.head, re.MULTILINE) is not None

    def visible(self, start: int, end: int, *, keep: str = "expand") -> str:
        """The Markdown between two offsets that a reader sees, without comments and Python blocks.

        Files included with --8<-- stand in their place, unless `keep` is "own": then they and all blocks go.
        """
        hidden = [(comment.start, comment.end) for comment in self.comments]
        hidden += [(f.start, f.end) for f in self.fences if f.is_python or f.includes or keep == "own"]
        text = list(self.text)
        for first, last in hidden:
            text[first:last] = re.sub(r"[^\n]", " ", self.text[first:last])
        return INCLUDE.sub("" if keep == "own" else self._included, "".join(text[start:end]))

    def _included(self, found: re.Match) -> str:
        path = self.docs.parent / found["target"]
        return path.read_text("utf-8") if path.suffix == ".md" and path.is_file() else ""

    def _scan(self) -> None:
        offset, number = self.body_start, self.line_at(self.body_start)
        while offset < len(self.text):
            end = self.text.find("\n", offset) + 1 or len(self.text)
            line = self.text[offset:end].rstrip("\n")
            comment = _comment_start(line)
            if found := FENCE.match(line):
                end = self._add_fence(found, offset, end, number)
            elif comment is not None:
                end = self._add_comment(offset + comment, number)
            elif found := HEADING.match(line):
                self.headings.append(Heading(len(found["marks"]), found["text"].strip(), number, end))
            number += self.text.count("\n", offset, end)
            offset = end

    def _add_fence(self, opening: re.Match, start: int, source_start: int, line: int) -> int:
        marks = opening["marks"]
        closing = re.compile(rf"^ *{marks[0]}{{{len(marks)},}} *$", re.MULTILINE)
        found = closing.search(self.text, source_start)
        source_end, end = found.span() if found else (len(self.text), len(self.text))
        if not found:
            self.unclosed.append((line, marks))
        source = dedent(self.text[source_start:source_end])
        info = opening["info"].strip()
        self.fences.append(
            Fence(info, source, len(opening["indent"]), line, start, end, source_start, source_end)
        )
        return min(end + 1, len(self.text))

    def _add_comment(self, start: int, line: int) -> int:
        """The offset where scanning goes on: a comment may end in the middle of a line."""
        close = self.text.find("-->", start)
        if close < 0:
            self.unclosed.append((line, "<!--"))
        inner_end = close if close >= 0 else len(self.text)
        end = close + 3 if close >= 0 else len(self.text)
        self.comments.append(Comment(self.text[start + 4 : inner_end], line, start, end))
        return end


def _comment_start(line: str) -> int | None:
    """Where a comment begins in a line; not where inline code talks about one."""
    for found in re.finditer("<!--", line):
        if line.count("`", 0, found.start()) % 2 == 0:
            return found.start()
    return None


def read_pages(docs: Path = DOCS) -> list[Page]:
    return [Page(path, docs) for path in sorted(docs.rglob("*.md"))]


def question_pages(docs: Path = DOCS) -> list[Page]:
    """Those that are finished."""
    return [page for page in read_pages(docs) if page.is_question and not page.is_draft]


def fold(text: str) -> str:
    return " ".join(text.split())


def plain(markdown: str) -> str:
    """Markdown as it is read, on one line: no links, emphasis, tags or escapes; of a formula, its TeX."""
    parts, last = [], 0
    for formula in MATH.finditer(markdown):
        parts.append(_without_marks(markdown[last : formula.start()]))
        parts.append(formula["display"] or formula["inline"])
        last = formula.end()
    parts.append(_without_marks(markdown[last:]))
    return fold("".join(parts))


def _without_marks(markdown: str) -> str:
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)", "", markdown)  # the alt text of an image is not on the page
    text = re.sub(r"\[((?:[^\[\]]|\[[^\]]*\])+)\](?:\([^)]*\)|\[[^\]]*\])", r"\1", text)
    text = re.sub(r"</?[a-zA-Z][^<>]*>", "", text)
    text = re.sub(r"`+([^`]+)`+", r"\1", text)
    text = re.sub(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1", r"\2", text, flags=re.DOTALL)
    text = re.sub(r"\*(?=[^\s*])(.+?)(?<=[^\s*])\*", r"\1", text, flags=re.DOTALL)
    text = re.sub(r"(?<!\w)_(?=\S)(.+?)(?<=\S)_(?!\w)", r"\1", text, flags=re.DOTALL)
    return html.unescape(re.sub(r"\\([\\`*_{}\[\]()#+\-.!|$<>])", r"\1", text))


def count_words(page: Page, start: int | None = None, end: int | None = None) -> int:
    """Words of the page's own prose: no front matter, code, comments, includes; a formula is one word.

    Of the whole page, or of what stands between two offsets.
    """
    start = page.body_start if start is None else start
    text = MATH.sub(" formula ", page.visible(start, len(page.text) if end is None else end, keep="own"))
    text = re.sub(r'^ *(?:!!!|\?\?\?\+?) +[\w ]*(?:"(.*)")?$', r"\1", text, flags=re.MULTILINE)
    text = re.sub(r"^ */// *.*$", "", text, flags=re.MULTILINE)
    return sum(any(c.isalnum() for c in word) for word in plain(text.replace("|", " ")).split())
