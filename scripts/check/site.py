"""The site as readers get it, with drafts: built in this process, every warning of the build as a problem."""

import hashlib
import logging
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from urllib.parse import urlsplit

from lxml import etree, html
from mkdocs.commands.build import build as mkdocs_build
from mkdocs.config import load_config
from mkdocs.exceptions import MkDocsException
from mkdocs.structure.pages import Page as MkDocsPage

from scripts.check.places import at
from scripts.pages import DRAFT, ROOT

ADDRESS = "http://site.localhost/questions/"  # below a path, as a project's GitHub Pages are
ENVIRONMENT = {
    "SITE_URL": ADDRESS,
    "REPO_URL": "https://github.com/example/questions",
    "EDIT_URI": "edit/main/docs/",
    "LLMQ_REQUIRE_MATHJAX": "1",
    "NO_MKDOCS_2_WARNING": "1",
}
PLACE = re.compile(r"^[\w./-]+\.(?:md|ipynb|yml|html)(?::\d+)?: ")
LOADED = "//@src | //@srcset | //@poster | //link[not(@rel='canonical' or @rel='prev' or @rel='next')]/@href"
_parsed: dict[str, html.HtmlElement] = {}


def parse(path: Path) -> html.HtmlElement:
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest not in _parsed:
        _parsed[digest] = html.document_fromstring(data.decode("utf-8"))
    return _parsed[digest]


@dataclass(frozen=True)
class Site:
    folder: Path
    address: str  # of the home page

    @property
    def host(self) -> str:
        return urlsplit(self.address).netloc

    @property
    def prefix(self) -> str:
        return urlsplit(self.address).path

    def pages(self) -> list[str]:
        """Addresses relative to the home page, which is the empty one; without 404.html."""
        sitemap = etree.parse(self.folder / "sitemap.xml")
        return [loc.text.removeprefix(self.address) for loc in sitemap.iterfind("{*}url/{*}loc")]

    def file(self, page: str) -> Path:
        path = self.folder / page
        return path if path.suffix == ".html" else path / "index.html"

    def document(self, page: str) -> html.HtmlElement:
        return parse(self.file(page))

    @cached_property
    def documents(self) -> "dict[str, Document]":
        return {page: _document(page, self.document(page)) for page in self.pages()}


@dataclass(frozen=True)
class Document:
    """A built page, and the file that it was made from."""

    page: str
    root: html.HtmlElement

    @cached_property
    def source(self) -> str:
        return self.root.xpath("string(//meta[@name='source']/@content)")

    @property
    def is_draft(self) -> bool:
        return self.source.endswith(DRAFT)

    @cached_property
    def article(self) -> html.HtmlElement:
        return self.root.xpath("//article")[0]

    @cached_property
    def links(self) -> list[html.HtmlElement]:
        return list(self.article.iter("a"))

    @cached_property
    def loaded(self) -> list[str]:
        """What the browser asks for by itself, as the page writes it."""
        return self.root.xpath(LOADED)

    @cached_property
    def ids(self) -> frozenset[str]:
        return frozenset(self.root.xpath("//@id"))

    def at(self, text: str) -> str:
        return at(self.source, text)


@cache  # with what was found in it: the test of the rules looks at the same pages hundreds of times
def _document(page: str, root: html.HtmlElement) -> Document:
    return Document(page, root)


class _Warnings(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def build(folder: Path, *, dirty: bool = False) -> list[str]:
    """Builds the site, with a sitemap if all went well; with `dirty` only pages newer than the folder has."""
    os.environ |= ENVIRONMENT
    logger, warnings = logging.getLogger("mkdocs"), _Warnings()
    logger.addHandler(warnings)
    logger.propagate = False
    errors: list[str] = []
    finished = False
    try:
        config = load_config(str(ROOT / "mkdocs.yml"), site_dir=str(folder), draft_docs="", strict=False)
        mkdocs_build(config, dirty=dirty)
        finished = True
    except SystemExit:
        pass  # the reason is among the warnings
    except MkDocsException as error:
        errors = [str(error)]
    except Exception as error:  # what an extension of Markdown raises, such as a missing snippet
        errors = [f"{_page_of(error)}: {type(error).__name__}: {error}"]
    finally:
        logger.removeHandler(warnings)
        logger.propagate = True
    if not finished:  # a formula may have stopped it when all pages were written: then every page looks wrong
        (folder / "sitemap.xml").unlink(missing_ok=True)
    messages = [message for message in warnings.messages if not message.startswith("A 'dirty' build")]
    return list(dict.fromkeys(problem for text in [*messages, *errors] for problem in _problems(text)))


def _page_of(error: Exception) -> str:
    trace, found = error.__traceback__, "mkdocs.yml:1"
    while trace:
        for value in trace.tb_frame.f_locals.values():
            if isinstance(value, MkDocsPage):
                found = f"docs/{value.file.src_uri}:1"
        trace = trace.tb_next
    return found


def _problems(message: str) -> Iterator[str]:
    """A warning of MkDocs in our form; it may hold a list, or lines that name their place already."""
    if link := re.match(r"Doc file '([^']+)' contains (?:an?|the) [^']*link '([^']*)'(?:.*)$", message, re.S):
        yield f"{at('docs/' + link[1], link[2])}: {message}: mend the link"
    elif 'not included in the "nav"' in message:
        for path in re.findall(r"^\s+- (\S+)$", message, re.M):
            if path.endswith(DRAFT):
                continue
            yield f"docs/{path}:1: is not in the navigation: add it to nav in mkdocs.yml"
    elif missing := re.search(r"'([^']+)' is included in the 'nav' configuration", message):
        yield f"{at('mkdocs.yml', missing[1])}: {message}: mend the path"
    elif value := re.match(r"Config value '([^']+)': (.*)", message, re.S):
        yield f"{at('mkdocs.yml', value[1] + ':')}: `{value[1]}`: {value[2]}: mend the setting"
    else:
        for line in filter(None, (line.strip() for line in message.splitlines())):
            if line.startswith("notebooks/"):
                line = f"docs/{line}"
            yield line if PLACE.match(line) else f"mkdocs.yml:1: the build says: {line}"
