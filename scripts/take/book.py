"""The finished site as chapters: without what needs a browser, with links that know where they lead.

Print and e-book are made from the same chapters. Formulas are as the site has them, drawn and as MathML; each
of the two formats takes one.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urljoin

from lxml import etree, html
from lxml.html import HtmlElement
from lxml.html import builder as E

from scripts.finish.formulas.text import plain_text
from scripts.take import TakeError, catalogue
from scripts.take.contents import Entry, contents, walk

NAME = "Questions on Large Language Models"
LICENSE = "https://creativecommons.org/licenses/by/4.0/"
OF_THE_SITE = {"md-content__button", "headerlink"}  # classes of links that are for a browser
PARTS_OF_THE_SITE = {"cite", "to-files", "read-next"}
OF_SCROLLING = (
    "role",
    "tabindex",
    "aria-label",
)  # what a keyboard needs where a part is wider than the screen


@dataclass(frozen=True)
class Target:
    """Where a link leads: to a place in the book, or out of it."""

    chapter: "Chapter | None"
    anchor: str
    address: str


@dataclass(eq=False)
class Chapter:
    page: str  # address relative to the home page
    level: int  # 1 for those that stand at the top of the contents
    article: HtmlElement
    title: str
    links: dict[HtmlElement, Target]

    @property
    def name(self) -> str:
        """For a file, and before the ids of the chapter where all stand in one."""
        return self.page.strip("/").replace("/", "-")

    def formulas(self) -> list[HtmlElement]:
        return list(self.article.iter("mjx-container"))

    def images(self) -> list[HtmlElement]:
        return list(self.article.iter("img"))

    def has(self, anchor: str) -> bool:
        return bool(self.article.xpath("boolean(.//*[@id=$anchor])", anchor=anchor))


class Book:
    def __init__(self, site: Path, entries: list[Entry] | None = None) -> None:
        self.site = site
        self.address: str = catalogue.address(site)
        self.date: datetime = catalogue.date(site)
        self.entries = contents() if entries is None else entries
        self.chapters: dict[str, Chapter] = {}
        for level, entry in walk(self.entries):
            if entry.page is not None:
                self.chapters[entry.page] = self._chapter(entry.page, level)
        for chapter in self.chapters.values():
            self._find_links(chapter)

    def title(self, entry: Entry) -> str:
        """A section is called as in the navigation, a page as its own heading says."""
        return entry.title if entry.below else self.chapters[entry.page].title

    @cached_property
    def questions(self) -> int:
        return len(catalogue.questions(self.site))

    def image(self, chapter: Chapter, source: str) -> str:
        """The path of an image in the site."""
        path = urljoin(self.address + chapter.page, source).removeprefix(self.address)
        path = unquote(path)
        if not (self.site / path).is_file():
            raise TakeError(f"{chapter.page}: the image {source} is not in {self.site}")
        return path

    def _chapter(self, page: str, level: int) -> Chapter:
        path = self.site / page / "index.html"
        if not path.is_file():
            raise TakeError(f"{path} is missing: build the site first, with `make build`")
        document = html.document_fromstring(path.read_text(encoding="utf-8"))
        article = document.xpath("//article")[0]
        _clean(article, self.address + page)
        title = " ".join(article.xpath("string(.//h1)").split())
        return Chapter(page, level, article, title, {})

    def _find_links(self, chapter: Chapter) -> None:
        for link in chapter.article.iter("a"):
            address, _, anchor = urljoin(self.address + chapter.page, link.get("href")).partition("#")
            page = address.removeprefix(self.address)
            # pages write their links to each other as paths: a whole address is meant to lead out of the book
            target = None if ":" in link.get("href") else self.chapters.get(page)
            if target and anchor and not target.has(unquote(anchor)):
                raise TakeError(f"{chapter.page}: a link leads to #{anchor}, which {page} does not have")
            full = f"{address}#{anchor}" if anchor else address
            chapter.links[link] = Target(target, unquote(anchor), full)


def _clean(article: HtmlElement, address: str) -> None:
    for node in list(article.iter()):
        if _is_of_the_site(node):
            node.drop_tree()
        elif node.tag == "noscript":
            node.drop_tag()
        elif "-" in node.tag and not node.tag.startswith("mjx-"):
            _replace_component(node, address)
    for node in article.iter("details", "summary"):
        node.attrib.pop("open", None)
        node.set("class", node.tag)
        node.tag = {"details": "div", "summary": "p"}[node.tag]
    for node in article.iter():
        for name in OF_SCROLLING:
            node.attrib.pop(name, None)


def _is_of_the_site(node: HtmlElement) -> bool:
    if not isinstance(node.tag, str) or node.tag in ("script", "style", "template"):
        return True
    classes = (node.get("class") or "").split()
    if not PARTS_OF_THE_SITE.isdisjoint(classes):
        return True
    return node.tag == "a" and (node.get("href") is None or not OF_THE_SITE.isdisjoint(classes))


def _replace_component(node: HtmlElement, address: str) -> None:
    """What a script makes on the site: here a link to it, and what a figure says to those without scripts."""
    said = ""
    if node.get("data-part") == "figure":
        sentences = re.split(r"(?<=\.) ", " ".join(node.text_content().split()))
        kept = [f"{node.get('label')}.", *(text for text in sentences if "JavaScript" not in text), ""]
        said = " ".join(kept)
    link = E.P(E.CLASS("on-the-site"), f"{said}On the site: ", E.A(address, href=address))
    link.tail = node.tail
    node.getparent().replace(node, link)


def mathml(formula: HtmlElement) -> HtmlElement:
    return formula.find(".//math")


def formula_text(formula: HtmlElement) -> str:
    """One line of readable text."""
    return plain_text(etree.tostring(mathml(formula), encoding="unicode", with_tail=False))
