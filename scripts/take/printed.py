"""The whole book in one HTML file for Chromium to print: cover, contents, chapters.

Ids have the name of their chapter before them. The numbers of pages are known only after printing, so the
file is made twice.
"""

import re
from html import escape
from pathlib import Path
from urllib.parse import quote

from lxml import html
from lxml.html import HtmlElement

from scripts.look import FONTS
from scripts.take.book import LICENSE, NAME, Book, Chapter, mathml
from scripts.take.contents import Entry, walk

STYLE = Path(__file__).with_name("print.css")
FIT = Path(__file__).with_name("fit.js")
FACES = {
    "Book": {
        "DejaVuSans": (400, "normal"),
        "DejaVuSans-Bold": (700, "normal"),
        "DejaVuSans-Oblique": (400, "italic"),
        "DejaVuSans-BoldOblique": (700, "italic"),
    },
    "Code": {
        "DejaVuSansMono": (400, "normal"),
        "DejaVuSansMono-Bold": (700, "normal"),
        "DejaVuSansMono-Oblique": (400, "italic"),
    },
}
FORMULA_STYLE = re.compile(r'<style id="formulas">(.*?)</style>', re.S)
PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{name}</title>
<style>{style}</style>
</head>
<body>
<section class="cover">
<p class="cover-title">{name}</p>
<p>{questions} questions, answered with derivations, numbers and code that are tested</p>
<p class="cover-date">{date}<br><a href="{address}">{address}</a><br>
Text and figures: <a href="{license}">CC BY 4.0</a>. Code: MIT license.</p>
</section>
<nav class="contents">
<h1>Contents</h1>
{contents}
</nav>
<main>
{chapters}
</main>
<script>{script}</script>
</body>
</html>
"""


def render(book: Book, numbers: dict[str, int]) -> str:
    """The file; `numbers` gives the page of each chapter by its name, as far as known."""
    return PAGE.format(
        name=NAME,
        style="\n".join([_faces(), *_formula_rules(book), STYLE.read_text(encoding="utf-8")]),
        questions=book.questions,
        date=book.date.date().isoformat(),
        address=escape(book.address),
        license=LICENSE,
        contents=_contents(book, book.entries, numbers),
        chapters="\n".join(_bodies(book)),
        script=FIT.read_text(encoding="utf-8"),
    )


def prepare(book: Book) -> None:
    """Changes the chapters into what stands in the file, once."""
    for chapter in book.chapters.values():
        for node in chapter.article.xpath(".//*[@id]"):
            node.set("id", f"{chapter.name}--{node.get('id')}")
        for link, target in chapter.links.items():
            link.set("href", _href(target.chapter, target.anchor) if target.chapter else target.address)
        for image in chapter.images():
            path = (book.site / book.image(chapter, image.get("src"))).resolve()
            image.set("src", path.as_uri())
        for formula in chapter.formulas():
            _show(formula)
        for heading in chapter.article.iter("h1", "h2", "h3", "h4"):
            level = int(heading.tag[1])
            heading.set("class", f"level-{level}")
            heading.tag = f"h{min(level + chapter.level - 1, 6)}"


def _href(chapter: Chapter, anchor: str) -> str:
    return f"#{quote(f'{chapter.name}--{anchor}' if anchor else chapter.name)}"


def _show(formula: HtmlElement) -> None:
    """What is drawn is also what is read aloud: the MathML beside it would be printed over it."""
    assistive = mathml(formula).getparent()
    assistive.getparent().remove(assistive)
    for node in formula.xpath(".//*[@aria-hidden]"):
        del node.attrib["aria-hidden"]


def _faces() -> str:
    """Fonts that come with matplotlib, which the figures have too: the same book on every machine."""
    return "\n".join(
        f"@font-face{{font-family:{family};font-weight:{weight};font-style:{style};"
        f'src:url("{(FONTS / f"{name}.ttf").as_uri()}")}}'
        for family, faces in FACES.items()
        for name, (weight, style) in faces.items()
    )


def _formula_rules(book: Book) -> list[str]:
    """Those of all pages, each once; a font has the same letters on every page of the site."""
    rules: dict[str, None] = {}
    for page in book.chapters:
        path = book.site / page / "index.html"
        for style in FORMULA_STYLE.findall(path.read_text(encoding="utf-8")):
            for rule in style.split("\n"):
                folder = re.compile(r"url\((?:\.\./)+")
                rules.setdefault(folder.sub(f"url({book.site.resolve().as_uri()}/", rule))
    return list(rules)


def _contents(book: Book, entries: list[Entry], numbers: dict[str, int]) -> str:
    return f"<ol>{''.join(_line(book, entry, numbers) for entry in entries)}</ol>"


def _line(book: Book, entry: Entry, numbers: dict[str, int]) -> str:
    title = escape(book.title(entry))
    if entry.page is not None:
        name = book.chapters[entry.page].name
        number = numbers.get(name, 0)
        title = f'<a href="#{name}"><span>{title}</span> <span class="number">{number}</span></a>'
    return f"<li><p>{title}</p>{_contents(book, entry.below, numbers) if entry.below else ''}</li>"


def _bodies(book: Book):
    heading = ""
    for level, entry in walk(book.entries):
        if entry.page is None:
            heading = f'{heading}<h{level} class="group">{escape(entry.title)}</h{level}>'
            continue
        chapter = book.chapters[entry.page]
        body = "".join(html.tostring(node, encoding="unicode") for node in chapter.article)
        yield f'<section class="chapter" id="{chapter.name}">{heading}{body}</section>'
        heading = ""
