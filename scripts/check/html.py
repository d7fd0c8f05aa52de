"""What every built page must be, beside what the build itself reports: links, text, elements, images."""

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

from lxml.html import HtmlElement

from scripts.check import markup
from scripts.check.places import files
from scripts.check.site import Document, Site
from scripts.pages import ROOT
from scripts.take import PRODUCED

SCHEMES = {"https", "mailto"}
# Beside what pages may write: what Markdown and the theme make.
MADE = {
    "article",
    "blockquote",
    "button",
    "foreignobject",
    "h1",
    "input",
    "label",
    "nav",
    "path",
    "pre",
    "svg",
    "time",
}
ELEMENTS = markup.ELEMENTS | MADE
MADE_ELSEWHERE = "mjx-container"  # MathJax's, from TeX
INLINE = {"a", "abbr", "b", "em", "i", "kbd", "small", "span", "strong", "sub", "sup"}
HIDDEN = {"pre", "code", "script", "style", MADE_ELSEWHERE}
LEFT_OVER = [
    (r"\]\(|\]\[\w", "a link that is not closed or not defined"),
    (r"^\s*(?:!!!|\?\?\?)|^\s*=== ", "a box or tab without its form"),
    (r"`", "a code mark without its second"),
    (r"\$", "a dollar sign: a formula without its second one, or an amount, which is written `5 USD`"),
    (r"\*\*|(?<![\w*])\*\w|\w\*(?![\w*])(?!\w)", "emphasis without its second mark"),
    (r"(?<!\w)__\w|\w__(?!\w)", "emphasis without its second mark"),
    (r"~~|(?<![=<>!])==(?!=)", "a mark that this site's Markdown does not know"),
    (r"\{\s*[.#:][\w-]|\{\s*:", "an attribute list that belongs to nothing"),
    (r"--8<--", "a snippet that was not included"),
    (r"^\s*///", "a caption without its form"),
    (r"\[\[|\[@|\^\^\w|\+\+\w", "a mark that this site's Markdown does not know"),
    (
        r"\[\^|^\s*\[[^\]]+\]:",
        "a footnote or a definition that stands for nothing: write the text, or a citation",
    ),
    (r"^\s*\|.*\||\|\s*:?-{3,}", "a table without an empty line above it, or with a broken second line"),
    (r"^\s*(?:[-*+]|\d+[.)]) \S[^\n]*", "a list without an empty line above it"),
    (r"^\s*#{1,6}\s*\w", "a heading without its space or its empty line"),
    (r"^\s*> ", "a quotation without an empty line above it"),
    (r"&(?:[a-z]{2,8}|#\d+);", "an entity written twice"),
    (r"</?[a-z][a-z0-9]*(?:\s[^<>]*)?>", "an HTML tag shown as text"),
    (r"\{\{|\{%", "a template mark"),
    (r"\\[(\[]|\\(?:frac|sqrt|text|cdot|times|begin|end)\b", "TeX outside of a formula"),
    (r":[a-z]+(?:-[a-z0-9]+)+:|:[a-z]+_[a-z_]+:", "an icon that does not exist"),
    (r"<!--|-->", "a comment without its end or beginning"),
    (r"\[[ xX]\] ", "a task list, which this site's Markdown does not know"),
    (r"^\*\[", "an abbreviation that stands for nothing"),
]
LEFT_OVER = [(re.compile(pattern, re.M), what) for pattern, what in LEFT_OVER]
THEMES = {"headerlink", "md-content__button"}  # links that no source holds
ABBREVIATION = re.compile(r"(?<![\w-])([A-Z]{2,})s?(?![\w-])")
GLOSSARY = re.compile(r"^\*\[([^\]]+)\]", re.M)


def problems(site: Site) -> list[str]:
    found = []
    for document in site.documents.values():
        found += [f"{document.at(text)}: {problem}" for text, problem in link_problems(site, document)]
        found += _page_problems(document)
        found += loading_problems(site, document)
    return found


@cache
def _page_problems(document: Document) -> list[str]:
    """What needs this page alone; kept, as the test of the rules asks for the same pages again and again."""
    rules = (element_problems, image_problems, heading_problems, text_problems)
    return [f"{document.at(text)}: {problem}" for rule in rules for text, problem in rule(document)]


# --- links; these rules and those below give a text of the source, to find the line by, and the problem


def link_problems(site: Site, document: Document) -> Iterator[tuple[str, str]]:
    for link in document.links:
        target = link.get("href")
        if target is None or set((link.get("class") or "").split()) & THEMES:
            continue
        written = target.strip()
        place = _as_written(written)
        if not (link.text_content().strip() or link.get("aria-label") or link.xpath(".//img[@alt!='']")):
            yield place, f"the link to {written or 'nothing'} has no text: say where it leads"
        scheme = (re.match(r"(?:([\w+.-]+):)?", written)[1] or "").lower()
        if not written:
            yield "]()", "a link to nothing: name its target"
        elif scheme and scheme not in SCHEMES:
            mend = "write https:" if scheme == "http" else "links are https: or paths"
            yield place, f"the link {written[:80]} has the scheme `{scheme}:`: {mend}"
        elif scheme == "https" and "." not in urlsplit(written).netloc:
            yield place, f"the link {written[:80]} names no host: mend it"
        elif not scheme:
            for problem in _internal(site, document, written):
                yield place, problem


def _internal(site: Site, document: Document, target: str) -> Iterator[str]:
    if target.startswith("/"):
        yield f"the link {target} is absolute: write the path to the .md file from this one"
        return
    address, _, anchor = urljoin(site.address + document.page, target).partition("#")
    page = unquote(address.removeprefix(site.address))
    if not address.startswith(site.address):
        yield f"the link {target} leads out of the site: mend it"
    elif page in site.documents:
        if site.documents[page].is_draft and not document.is_draft:
            yield f"the link {target} leads to a draft, which no build publishes: drop it for now"
        elif anchor and unquote(anchor) not in site.documents[page].ids:
            yield f"the link {target} leads to a section that does not exist: mend its anchor"
    elif page not in PRODUCED and not (site.folder / page).is_file():
        yield f"the link {target} leads to no page or file: mend the path"


def _as_written(target: str) -> str:
    """How the source may have written a link that MkDocs has changed: the last name of its path."""
    path, _, anchor = target.partition("#")
    if ":" in target or target.endswith((".md", ".html")):
        return target
    if anchor:
        return "#" + anchor
    name = PurePosixPath(posixpath.normpath(path)).name
    return name if len(name) > 2 else target


# --- elements, images, headings


def element_problems(document: Document) -> Iterator[tuple[str, str]]:
    for node in _own(document.article):
        if node.tag not in ELEMENTS and not markup.is_component(node.tag):
            yield f"<{node.tag}", f"the element <{node.tag}>, which pages do not use: write Markdown"
        for name, value in node.attrib.items():
            if name.startswith("on"):
                yield f"{name}=", f"the attribute {name} runs a script: delete it"
            if name == "style" and not re.fullmatch(r"text-align: (?:left|right|center);?", value):
                yield value, f"a style of its own, `{value}`: use the site's style sheets"
            if name in {"src", "action", "data"} and re.match(
                r"\s*(?:javascript|data|vbscript):", value, re.I
            ):
                yield value[:30], f"{name} runs or holds `{value[:40]}`: link to a file"
        if node.tag == "input" and node.get("type") != "radio":
            yield "<input", "a form field: pages ask nothing of readers: delete it"


def _own(node: HtmlElement) -> Iterator[HtmlElement]:
    """The elements that come from the page, without what MathJax made."""
    if isinstance(node.tag, str):
        yield node
    for child in node:
        if child.tag != MADE_ELSEWHERE:
            yield from _own(child)


def image_problems(document: Document) -> Iterator[tuple[str, str]]:
    for image in document.article.iter("img"):
        source, text = image.get("src", ""), " ".join(image.get("alt", "").split())
        place = PurePosixPath(source).name or "!["
        if re.match(r"(?:\w+:)?//", source):
            yield place, f"the image {source} comes from another host: draw it in scripts/figures/"
        if not text:
            yield place, f"the image {source} has no alt text: say what it shows"
        elif (
            re.fullmatch(r"[\w-]+\.\w{2,4}", text) or text.casefold() == PurePosixPath(source).stem.casefold()
        ):
            yield place, f"the alt text of {source} is its file name: say what it shows"
        elif len(text) <= 20:
            yield place, f"the alt text of {source}, `{text}`, is too short: say what it shows"


def heading_problems(document: Document) -> Iterator[tuple[str, str]]:
    level, seen = 0, set()
    for heading in document.article.iter("h1", "h2", "h3", "h4", "h5", "h6"):
        text, now = heading.text_content().strip("¶ \n"), int(heading.tag[1])
        if not text:
            yield "#", "a heading without a text: write one"
        if now > level + 1:
            yield text, f"the heading `{text}` is of level {now} below level {level}: use level {level + 1}"
        if now == 1 and level:
            yield text, f"a second H1, `{text}`: use level 2"
        if text in seen:
            yield text, f"the heading `{text}` stands twice: rename one"
        seen.add(text)
        level = now
    for identity, count in Counter(document.root.xpath("//@id")).items():
        if count > 1:
            yield identity, f"the id `{identity}` stands {count} times: rename one"


# --- text


def text_problems(document: Document) -> Iterator[tuple[str, str]]:
    for node, text, is_tail in _texts(document.article):
        if node.tag != "br" if is_tail else node.tag in INLINE:
            text = f"\0{text}"  # it goes on in the line
        for pattern, what in LEFT_OVER:
            for found in pattern.finditer(text):
                if what.startswith("a list") and not _is_paragraph(node, is_tail, found.start()):
                    continue
                start = found.start() + len(found[0]) - len(found[0].lstrip())
                shown = text[start : start + 40].split("\n")[0].strip("\0 ")
                yield _written(document, shown), f"`{shown}` is left of {what}: mend the markup"
    yield from abbreviation_problems(document)


def _is_paragraph(node: HtmlElement, is_tail: bool, start: int) -> bool:
    """A list that became text stands below a line of its paragraph; a sentence may begin with a number."""
    return node.tag in {"p", "td", "dd", "li", "br", "em", "strong", "code", "a"} and (is_tail or start > 0)


def _texts(node: HtmlElement) -> Iterator[tuple[HtmlElement, str, bool]]:
    if (
        isinstance(node.tag, str)
        and node.tag not in HIDDEN
        and not set((node.get("class") or "").split()) & THEMES
    ):
        if node.text:
            yield node, node.text, False
        for child in node:
            yield from _texts(child)
            if child.tail:
                yield child, child.tail, True


def _written(document: Document, shown: str) -> str:
    source = (ROOT / document.source).read_text("utf-8")
    return next((text for text in (shown, shown.split(" ")[0]) if text in source), "")


def abbreviation_problems(document: Document) -> Iterator[tuple[str, str]]:
    text = " ".join(text for _, text, _ in _texts(document.article))
    for word in dict.fromkeys(found[1] for found in ABBREVIATION.finditer(text)):
        if word not in _known_words() and not _is_explained(word, text):
            mend = "spell it out, add it to data/glossary.yml, or to data/names.txt if it is a name"
            yield word, f"`{word}` is explained nowhere: {mend}"


def _is_explained(word: str, text: str) -> bool:
    """As in "(MFU)", "MFU (model FLOPs utilization)" or "model FLOPs utilization, MFU"."""
    if re.search(rf"\({word}s?[,;)]|{word}s? \([a-z]", text):
        return True
    for found in re.finditer(rf"\b{word}\b", text):
        before = re.findall(r"[A-Za-z]+", text[: found.start()][-200:])[-len(word) :]
        if "".join(part[0] for part in before).upper() == word:
            return True
    return False


def _known_words() -> set[str]:
    glossary = GLOSSARY.findall((ROOT / "includes/abbreviations.md").read_text("utf-8"))
    return {*glossary, *(ROOT / "data/names.txt").read_text("utf-8").split("\n")}


# --- what a page loads


def loading_problems(site: Site, document: Document) -> Iterator[str]:
    for link in document.loaded:
        target = urljoin(site.address + document.page, link)
        if not target.startswith(site.address):
            where = _cause(link, document)
            yield f"{where}: the page loads {link[:100]} from another host: put it into docs/assets/"
        elif not (site.folder / unquote(urlsplit(target.removeprefix(site.address)).path)).exists():
            where = document.at(PurePosixPath(link).name)
            yield f"{where}: the page loads {link}, which does not exist: mend the path"


def _cause(link: str, document: Document) -> str:
    """The first file that names what is loaded: the page, the configuration or a template."""
    candidates: Iterable[str] = [
        document.source,
        "mkdocs.yml",
        *(f for f in files() if f.startswith("overrides/")),
    ]
    for path in candidates:
        if link in (ROOT / path).read_text("utf-8"):
            return f"{path}:{(ROOT / path).read_text('utf-8').partition(link)[0].count(chr(10)) + 1}"
    return f"{document.source}:1"
