"""The e-book (EPUB 3): a file a chapter, formulas as MathML, figures as SVG, two tables of contents."""

import tempfile
import unicodedata
from pathlib import Path
from xml.sax.saxutils import escape

from ebooklib import epub
from lxml import etree
from lxml.html import HtmlElement

from scripts.take import archive
from scripts.take.book import LICENSE, NAME, Book, Chapter, formula_text, mathml
from scripts.take.contents import Entry
from scripts.take.cover import draw

STYLE = Path(__file__).with_name("epub.css")
MIMETYPE = "mimetype"  # the first file, not compressed: so readers recognize an e-book
PAGE = """\
<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" lang="en" xml:lang="en">
<head>
<title>{title}</title>
<link rel="stylesheet" type="text/css" href="style.css"/>
</head>
<body>
{body}
</body>
</html>
"""
TITLE = """\
<section class="title">
<h1>{name}</h1>
<p>{questions} questions, as of {date}</p>
<p>From <a href="{address}">{address}</a></p>
<p>Text and figures: <a href="{license}">CC BY 4.0</a>. Code: MIT license.</p>
</section>"""
VARIANTS = {"double-struck": "DOUBLE-STRUCK", "script": "SCRIPT", "bold": "BOLD"}


class _Page(epub.EpubHtml):
    """A page that stands as it is; ebooklib would parse it anew, and lose the namespace of MathML."""

    def get_content(self, default=None) -> bytes:
        return self.content


def write(book: Book, path: Path) -> str:
    """What is in it, in words."""
    ebook = epub.EpubBook()
    ebook.set_identifier(book.address)
    ebook.set_title(NAME)
    ebook.set_language("en")
    ebook.add_author("The authors of " + NAME)
    ebook.add_metadata("DC", "date", book.date.date().isoformat())
    ebook.add_metadata("DC", "rights", LICENSE)
    ebook.add_metadata("DC", "source", book.address)
    ebook.set_cover("cover.png", draw(NAME, f"{book.questions} questions"), create_page=False)
    ebook.add_item(epub.EpubItem("style", "style.css", "text/css", STYLE.read_bytes()))
    title = _page("title", "title.xhtml", NAME, _title(book))
    ebook.add_item(title)
    images: dict[str, str] = {}
    formulas = sum(len(chapter.formulas()) for chapter in book.chapters.values())
    pages = [title, *(_chapter(book, chapter, images) for chapter in book.chapters.values())]
    for page in pages[1:]:
        ebook.add_item(page)
    for source, name in images.items():
        data = (book.site / source).read_bytes()
        ebook.add_item(epub.EpubItem(_identifier(name), name, "image/svg+xml", data))
    navigation = epub.EpubNav(title="Contents")
    navigation.add_link(href="style.css", rel="stylesheet", type="text/css")
    ebook.add_item(navigation)
    ebook.add_item(epub.EpubNcx())
    ebook.toc = _contents(book, book.entries)
    ebook.spine = [title, "nav", *pages[1:]]
    _pack(ebook, book, path)
    return f"{len(book.chapters)} chapters, {len(images)} figures, {formulas} formulas"


def _title(book: Book) -> str:
    date, address = book.date.date().isoformat(), escape(book.address)
    return TITLE.format(name=NAME, questions=book.questions, date=date, address=address, license=LICENSE)


def _page(identifier: str, name: str, title: str, body: str, properties: tuple[str, ...] = ()) -> _Page:
    page = _Page(uid=identifier, file_name=name, title=title, lang="en")
    page.content = PAGE.format(title=escape(title), body=body).encode()
    page.properties = list(properties)
    return page


def _chapter(book: Book, chapter: Chapter, images: dict[str, str]) -> _Page:
    for image in chapter.images():
        source = book.image(chapter, image.get("src"))
        image.set("src", images.setdefault(source, f"images/{Path(source).name}"))
    for link, target in chapter.links.items():
        anchor = f"#{target.anchor}" if target.anchor else ""
        link.set("href", f"{_file(target.chapter)}{anchor}" if target.chapter else target.address)
    has_formulas = bool(chapter.formulas())
    for formula in chapter.formulas():
        formula.getparent().replace(formula, _readable(formula))
    chapter.article.tag = "section"
    chapter.article.attrib.clear()
    body = etree.tostring(chapter.article, encoding="unicode", with_tail=False)
    body = body.replace("<math", '<math xmlns="http://www.w3.org/1998/Math/MathML"')
    properties = ("mathml",) if has_formulas else ()
    return _page(_identifier(chapter.name), _file(chapter), chapter.title, body, properties)


def _file(chapter: Chapter) -> str:
    return f"{chapter.name}.xhtml"


def _identifier(name: str) -> str:
    return "x-" + "".join(letter if letter.isalnum() else "-" for letter in name)


def _readable(formula: HtmlElement) -> HtmlElement:
    """A formula's MathML, with a line of text for readers that know no MathML."""
    math = mathml(formula)
    math.set("alttext", formula_text(formula))
    for node in math.iter("mi", "mn"):
        # readers that follow MathML Core know no variant but "normal"
        if (variant := VARIANTS.get(node.get("mathvariant"))) and len(node.text) == 1:
            node.text = _letter(node.text, variant)
            del node.attrib["mathvariant"]
    math.tail = formula.tail
    return math


def _letter(letter: str, variant: str) -> str:
    """ℝ for R: some of these letters have been in Unicode for longer than the others, under other names."""
    name = unicodedata.name(letter).removeprefix("LATIN ").replace(" LETTER", "")
    for candidate in (f"{variant} {name}", f"MATHEMATICAL {variant} {name}"):
        try:
            return unicodedata.lookup(candidate)
        except KeyError:
            continue
    raise ValueError(f"Unicode has no {variant} {letter}")


def _contents(book: Book, entries: list[Entry]) -> list:
    return [
        (epub.Section(entry.title, _href(book, entry)), _contents(book, entry.below))
        if entry.below
        else epub.Link(_href(book, entry), book.title(entry), _identifier(f"toc {entry.page}"))
        for entry in entries
    ]


def _href(book: Book, entry: Entry) -> str:
    return _file(book.chapters[entry.page]) if entry.page else ""


def _pack(ebook: epub.EpubBook, book: Book, path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        packed = Path(folder) / path.name
        epub.write_epub(packed, ebook, {"mtime": book.date})
        files = archive.read(packed)
    archive.write(path, {MIMETYPE: files.pop(MIMETYPE), **files}, stored=frozenset({MIMETYPE}))
