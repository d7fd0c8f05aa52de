"""The pages of a built site, by what their heads say, and how a step changes them."""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

TAG = re.compile(r"<(?:meta|link)\b(?P<attributes>[^>]*)>")
ATTRIBUTE = re.compile(r'([\w:-]+)="([^"]*)"')


def rewrite(site_dir: Path, change: Callable[[str], str], files: str = "**/*.html") -> None:
    """Every page, or other file, as `change` makes it of its text; what stays is not written anew."""
    for path in site_dir.glob(files):
        text = path.read_text(encoding="utf-8")
        if (finished := change(text)) != text:
            path.write_text(finished, encoding="utf-8")


@dataclass(frozen=True)
class Built:
    """A built page and its source."""

    path: Path
    head: dict[str, str]  # what its <meta> and <link> elements say, by their name, property or rel

    @property
    def name(self) -> str:
        return self.head["source"].removeprefix("docs/")

    @property
    def url(self) -> str:
        return self.head["canonical"]

    @property
    def title(self) -> str:
        return self.head["og:title"]

    @property
    def section(self) -> str:
        return self.head.get("article:section", "")

    @property
    def is_question(self) -> bool:
        return "keywords" in self.head

    @property
    def description(self) -> str:
        return self.head["description"]


def in_order(site_dir: Path) -> list[Built]:
    """All pages that say where they come from, as a reader meets them who always goes on to the next."""
    found = {}
    for path in sorted(site_dir.rglob("index.html")):
        head = _head(path)
        if {"source", "canonical", "og:title"} <= head.keys():
            found[head["canonical"]] = Built(path, head)
    page = next((page for page in found.values() if page.path.parent == site_dir), None)
    ordered = []
    while page and page not in ordered:
        ordered.append(page)
        page = found.get(urljoin(page.url, page.head.get("next", "")))
    return ordered + [page for page in found.values() if page not in ordered]


def _head(path: Path) -> dict[str, str]:
    text = path.read_text(encoding="utf-8").partition("</head>")[0]
    found = {}
    for tag in TAG.finditer(text):
        attributes = dict(ATTRIBUTE.findall(tag["attributes"]))
        name = attributes.get("name") or attributes.get("property") or attributes.get("rel")
        value = attributes.get("content", attributes.get("href"))
        if name and value is not None:
            found.setdefault(name, html.unescape(value))
    return found
