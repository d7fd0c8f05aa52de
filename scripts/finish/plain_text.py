"""Every page as Markdown, for language models and for whoever reads text alone, as llmstxt.org has it.

A page at some/address/ is at some/address/index.html.md too, which its <link rel="alternate"> names. llms.txt
lists all pages with their short answers, llms-full.txt holds them all. The pages, their order and their
sections are read from the built site; their text comes from docs/, where formulas are TeX.
"""

import json
import re
from pathlib import Path
from urllib.parse import urljoin

from scripts.finish.built_pages import Built, in_order
from scripts.pages import ROOT, Page, PageError, fold
from scripts.plain_text import BOX, Converter

NAME = "index.html.md"
MACROS = Path(__file__).with_name("macros.json")
OPTIONAL = "Optional"  # a section of this name may be left out, says llmstxt.org
LICENSE = "Text and figures CC BY 4.0, https://creativecommons.org/licenses/by/4.0/; code MIT."


def run(site_dir: Path) -> None:
    pages = in_order(site_dir)
    if not pages:
        return
    home = pages[0]
    converter = Converter(home.url, {page.name: page.url for page in pages})
    titles = {page.url: page.title for page in pages}
    texts = {page.name: _text(page, converter, titles) for page in pages}
    for page in pages:
        (page.path.parent / NAME).write_text(texts[page.name], encoding="utf-8")
    index = _index(home, pages)
    (site_dir / "llms.txt").write_text(index, encoding="utf-8")
    opening = index.partition("\n## ")[0].strip()
    full = [opening, *(texts[page.name].strip() for page in pages if page is not home)]
    (site_dir / "llms-full.txt").write_text("\n\n---\n\n".join(full) + "\n", encoding="utf-8")


def _text(page: Built, converter: Converter, titles: dict[str, str]) -> str:
    if page.name.endswith(".ipynb"):
        body = converter.notebook(page.name, (ROOT / "docs" / page.name).read_text("utf-8"))
        values = {}
    else:
        source = Page(ROOT / "docs" / page.name, ROOT / "docs")
        body = source.text[source.body_start :]
        try:
            values = source.front_matter
        except PageError:  # the checks say so
            values = {}
        body = converter.page(page.name, _without_short_answer(body) if page.is_question else body)
    body = re.sub(r"\A# [^\n]*\n+", "", body)
    lines = [f"# {page.title}", f"> {fold(page.description)}", f"- Source: {page.url}"]
    if verified := values.get("verified"):
        lines.append(f"- Checked against its sources: {verified}")
    needed = [urljoin(converter.home, f"{path}/") for path in values.get("prerequisites") or []]
    if needed:
        links = (f"[{titles.get(url, url)}]({url})" for url in needed)
        lines.append(f"- Read first: {', '.join(links)}")
    lines.append(f"- License: {LICENSE}")
    return "\n\n".join(["\n\n".join(lines[:2]), "\n".join(lines[2:]), body.strip()]) + "\n"


def _without_short_answer(body: str) -> str:
    """The box repeats the front matter, which stands above."""
    lines = body.split("\n")
    for number, line in enumerate(lines):
        box = BOX.match(line)
        if box and box["title"] == "Short answer":
            end = number + 1
            while end < len(lines) and (not lines[end].strip() or lines[end].startswith("    ")):
                end += 1
            return "\n".join(lines[:number] + lines[end:])
    return body


def _index(home: Built, pages: list[Built]) -> str:
    macros = json.loads(MACROS.read_text(encoding="utf-8"))
    defined = ", ".join(rf"`\{name}` is `{tex}`" for name, tex in macros.items())
    sections: dict[str, list[Built]] = {}
    with_questions = {page.section for page in pages if page.is_question}
    for page in pages:
        if page is not home:
            section = page.section if page.section in with_questions else OPTIONAL
            sections.setdefault(section, []).append(page)
    optional = sections.pop(OPTIONAL, [])
    parts = [
        f"# {home.title}",
        f"> {fold(home.description)}",
        "Each question has one page: a short answer, intuition, derivation, a worked example, tested code, "
        "frequent errors, follow-up questions and sources. A page names the day on which it was last "
        f"checked against its sources. Formulas are TeX between `$` or `$$`; of its commands, {defined}. "
        f"The text of all pages in one file: {urljoin(home.url, 'llms-full.txt')}",
        f"License: {LICENSE} To quote a page, name its title and address.",
        *(f"## {name or home.title}\n\n{_list(listed)}" for name, listed in sections.items()),
    ]
    if optional:
        parts.append(f"## {OPTIONAL}\n\n{_list(optional)}")
    return "\n\n".join(parts) + "\n"


def _list(pages: list[Built]) -> str:
    return "\n".join(
        f"- [{page.title}]({urljoin(page.url, NAME)}): {fold(page.description)}" for page in pages
    )
