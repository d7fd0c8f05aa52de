"""A page of docs/ as Markdown that stands alone, with every formula as TeX.

Pages are written in the Markdown of this site's builder. Here its boxes, tabs and captions become paragraphs
that any reader of Markdown knows, included code and tables stand in their place, the authors' checks are
gone, and each link has its whole address.
"""

import json
import posixpath
import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin

from markdown import Markdown
from pymdownx.snippets import SnippetPreprocessor

from scripts.pages import MATH, ROOT

CODE = re.compile(r"(?<![`\\])(`+)(?!`).+?(?<!`)\1(?!`)", re.S)
COMMENT = re.compile(r"[ \t]*<!--.*?-->[ \t]*\n?", re.S)
FENCE = re.compile(
    r"^(?P<indent> *)(?P<marks>`{3,}|~{3,})(?P<info>[^`\n]*)\n.*?^(?P=indent)(?P=marks)`*~* *$", re.S | re.M
)
BOX = re.compile(r'^ *(?:!!!|\?\?\?\+?|===[+!]?)(?P<kind>[^"\n]*)(?:"(?P<title>[^"]*)")? *$')
CAPTION = re.compile(r"^ */// caption *\n(?P<text>.*?)^ */// *$", re.S | re.M)
DEFINITION = re.compile(r'^ {0,3}\[(?P<key>[^\]^]+)\]: +(?P<target>\S+)(?: +"(?P<title>.*)")? *$', re.M)
ATTRIBUTES = re.compile(
    r"[ \t]*\{ ?:?[ \t]*(?:[#.][\w-]+|[\w-]+=\"[^\"]*\")(?:[ \t]+(?:[#.][\w-]+|[\w-]+=\"[^\"]*\"))*[ \t]*\}"
)
TAG = re.compile(r"</?[a-zA-Z][\w-]*(?:\s[^<>]*)?>")
TEXT = r"(?P<text>(?:[^\[\]]|\[[^\[\]]*\])*)"
INLINE_LINK = re.compile(rf"(?P<mark>!?)\[{TEXT}\]\((?P<target>[^\s()]+)(?P<title> +\"[^\"]*\")?\)")
REFERENCE_LINK = re.compile(rf"(?P<mark>!?)\[{TEXT}\]\[(?P<key>[^\[\]]*)\]")
KEPT = "\ue000{}\ue001"  # stands for code and formulas while the text around them is changed
KEPT_MARK = re.compile("(?P<indent>^ +)?\ue000(?P<number>\\d+)\ue001", re.M)

SNIPPETS = {
    "encoding": "utf-8",
    "check_paths": True,
    "restrict_base_path": True,
    "auto_append": [],
    "url_download": False,
    "url_max_size": 0,
    "url_timeout": 0,
    "url_request_headers": {},
    "dedent_subsections": True,
    "max_retries": 0,
    "backoff_factor": 0,
}

# the address of a link's target: of a page, by its path below docs/, or of a file
Address = Callable[[str], str]


class Converter:
    """Turns bodies of pages into plain Markdown. `pages` gives the address of each source below docs/."""

    def __init__(self, home: str, pages: dict[str, str], root: Path = ROOT) -> None:
        self.home, self.pages, self.root = home, pages, root
        references = root / "includes" / "references.md"
        self.references = _definitions(references.read_text("utf-8")) if references.is_file() else {}
        self.snippets = SnippetPreprocessor(SNIPPETS | {"base_path": [str(root)]}, Markdown())

    def page(self, name: str, body: str) -> str:
        """`body` is the Markdown of docs/`name` without its front matter."""
        text = "\n".join(self.snippets.run(body.split("\n")))
        known = self.references | _definitions(text)
        kept = _Kept()
        text = kept.take(text, FENCE)
        text = kept.take(text, CODE)
        text = COMMENT.sub("", text)
        text = kept.take(text, MATH)
        text = _unboxed(DEFINITION.sub("", text))
        text = CAPTION.sub(lambda found: f"*Caption:* {' '.join(found['text'].split())}\n", text)
        text = _without_markup(text)
        text = REFERENCE_LINK.sub(lambda found: self._resolved(found, known), text)
        text = INLINE_LINK.sub(lambda found: self._absolute(found, name), text)
        return kept.back(re.sub(r"\n{3,}", "\n\n", text)).strip() + "\n"

    def notebook(self, name: str, source: str) -> str:
        return self.page(name, "\n\n".join(_cells(json.loads(source))))

    def _resolved(self, link: re.Match, known: dict[str, str]) -> str:
        key = link["key"] or link["text"]
        if key.lower() not in known:
            return link[0]
        return f"{link['mark']}[{link['text']}]({known[key.lower()]})"

    def _absolute(self, link: re.Match, name: str) -> str:
        # the text may hold an image, which is a link too
        text = INLINE_LINK.sub(lambda inner: self._absolute(inner, name), link["text"])
        return f"{link['mark']}[{text}]({self.address(name, link['target'])}{link['title'] or ''})"

    def address(self, name: str, target: str) -> str:
        """Of what docs/`name` links to as `target`."""
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            return target
        path, mark, anchor = target.partition("#")
        wanted = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
        return urljoin(self.home, self.pages.get(wanted, wanted)) + mark + anchor


class _Kept:
    """What is taken out of a text, to be put back unchanged where the text is then, and as far indented."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def take(self, text: str, pattern: re.Pattern) -> str:
        def keep(found: re.Match) -> str:
            indent = re.match(" *", found[0])[0]
            first, _, rest = found[0][len(indent) :].partition("\n")
            rest = re.sub(
                r"\n+(?=[^\n]*\Z)", "\n", textwrap.dedent(rest)
            )  # no empty lines at the end of code
            self.texts.append(f"{first}\n{rest}" if rest else first)
            return indent + KEPT.format(len(self.texts) - 1)

        return pattern.sub(keep, text)

    def back(self, text: str) -> str:
        def put(found: re.Match) -> str:
            kept = self.texts[int(found["number"])]
            if found["indent"] is None:
                return kept
            return textwrap.indent(kept, found["indent"])

        # code may have been taken out of what was taken out later
        while KEPT_MARK.search(text):
            text = KEPT_MARK.sub(put, text)
        return text


def _definitions(text: str) -> dict[str, str]:
    return {found["key"].lower(): found["target"] for found in DEFINITION.finditer(text)}


def _unboxed(text: str) -> str:
    """Boxes, folded or not, and tabs: the title in bold, and the content below it, no longer indented."""
    lines, out = text.split("\n"), []
    while lines:
        line = lines.pop(0)
        box = BOX.match(line)
        if not box:
            out.append(line)
            continue
        indent = len(line) - len(line.lstrip()) + 4
        content = []
        while lines and (not lines[0].strip() or len(lines[0]) - len(lines[0].lstrip()) >= indent):
            content.append(lines.pop(0)[indent:])
        title = box["title"] if box["title"] is not None else box["kind"].strip().capitalize()
        out += [f"**{title}**", "", *_unboxed("\n".join(content)).strip("\n").split("\n"), ""]
    return "\n".join(out)


def _without_markup(text: str) -> str:
    """Without HTML, whose content stays, and without what Markdown says about looks and anchors."""
    text = re.sub(r"^[ \t]*(?:</?[a-zA-Z][^<>]*>[ \t]*)+\n", "", text, flags=re.M)
    text = TAG.sub("", text)
    return ATTRIBUTES.sub("", text)


def _cells(notebook: dict):
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            yield source
        elif cell["cell_type"] == "code":
            yield f"```python\n{source}\n```"
            for output in cell.get("outputs", []):
                yield from _output(output)


def _output(output: dict):
    data = output.get("data", {})
    if svg := "".join(data.get("image/svg+xml", [])):
        title = re.search(r"<title[^>]*>(.*?)</title>", svg, re.S)
        yield f"Figure: {' '.join(title[1].split())}" if title else "A figure."
    elif text := "".join(output.get("text", data.get("text/plain", []))):
        yield f"Output:\n\n```text\n{text.rstrip()}\n```"
