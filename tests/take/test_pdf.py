"""The printed book: links lead to their places, the contents name the right pages, two prints are equal."""

from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
from lxml import html
from pypdf import PdfReader

from scripts.check.site import Site
from scripts.take import printed
from scripts.take.book import Book
from scripts.take.contents import Entry, contents, walk
from scripts.take.pdf import renumbered, write

SECTIONS = {"Parameters", "Tokenizer", "Training"}  # enough to print: `make books` checks the links of all


def part() -> list[Entry]:
    chosen = [entry for entry in contents() if entry.title in SECTIONS]
    return [replace(entry, below=entry.below[:1]) for entry in chosen]


@pytest.fixture(scope="module")
def printed_book(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pdf") / "questions.pdf"
    write(Book(site.folder, part()), path)
    return path


@pytest.fixture(scope="module")
def book(printed_book: Path) -> PdfReader:
    return PdfReader(printed_book)


@pytest.fixture(scope="module")
def links(book: PdfReader) -> list[dict]:
    found = [annotation.get_object() for page in book.pages for annotation in page.get("/Annots", [])]
    return [link for link in found if link["/Subtype"] == "/Link"]


def source(site: Site, entries: list[Entry]) -> html.HtmlElement:
    """What is printed."""
    printable = Book(site.folder, entries)
    printed.prepare(printable)
    return html.document_fromstring(printed.render(printable, {}))


def pages_of_chapters(book: PdfReader) -> dict[str, int]:
    names = [entry.page.strip("/").replace("/", "-") for _, entry in walk(part()) if entry.page]
    return {name: book.get_destination_page_number(book.named_destinations[f"/{name}"]) for name in names}


def letters(text: str) -> str:
    """Without spaces: a line may end anywhere."""
    return "".join(text.split())


def test_the_whole_book_names_each_place_once_and_leads_to_none_that_is_missing(site: Site):
    whole = source(site, contents())
    ids = whole.xpath("//@id")
    assert len(ids) == len(set(ids)) > 600
    inside = {unquote(href[1:]) for href in whole.xpath("//a/@href") if href.startswith("#")}
    assert len(inside) > 60
    assert inside <= set(ids)
    assert len(whole.xpath("//section[@class='chapter']")) == len(Book(site.folder).chapters)


def test_links_lead_into_the_book_or_to_the_web(book: PdfReader, links: list[dict], site: Site):
    inside = {link["/Dest"] for link in links if "/Dest" in link}
    wanted = {href for href in source(site, part()).xpath("//a/@href") if href[0] == "#"}
    assert {name[1:] for name in inside} == {unquote(href[1:]) for href in wanted}
    assert inside <= set(book.named_destinations)
    outside = {link["/A"]["/URI"] for link in links if "/A" in link}
    assert len(outside) > 20
    assert all(address.startswith(("https://", "http://")) for address in outside)


def test_chapters_begin_where_the_contents_say(book: PdfReader, site: Site):
    places = pages_of_chapters(book)
    lines = letters(book.pages[1].extract_text())
    for chapter in Book(site.folder, part()).chapters.values():
        place = places[chapter.name]
        assert letters(chapter.title) in letters(book.pages[place].extract_text())
        if "-" in chapter.name:  # a question, whose line in the contents is its title
            assert letters(f"{chapter.title}{place + 1}") in lines
    assert sorted(places.values()) == list(places.values())


def test_the_outline_holds_every_chapter(book: PdfReader):
    def pages(items):
        for item in items:
            yield from pages(item) if isinstance(item, list) else [book.get_destination_page_number(item)]

    assert set(pages_of_chapters(book).values()) <= set(pages(book.outline))


def test_readers_and_screen_readers_are_told_what_it_is(book: PdfReader):
    catalog = book.trailer["/Root"]
    assert book.metadata.title == "Questions on Large Language Models"
    assert catalog["/Lang"] == "en"
    assert catalog["/MarkInfo"]["/Marked"]


def test_headings_of_tables_have_names_that_no_print_chooses():
    def objects(first: int) -> list[bytes]:
        names = [b"(node%08d)" % (first + step) for step in (0, 9, 2)]
        return [b"/ID " + names[0], b"/ID " + names[1], b"/Headers [ %b %b ]" % (names[0], names[2])]

    assert renumbered(objects(95)) == [
        b"/ID (node00000001)",
        b"/ID (node00000003)",
        b"/Headers [ (node00000001) (node00000002) ]",
    ]
    assert renumbered(objects(123)) == renumbered(objects(95))


def test_two_prints_are_equal_to_the_byte(printed_book: Path, site: Site, tmp_path: Path):
    write(Book(site.folder, part()), tmp_path / "again.pdf")
    assert (tmp_path / "again.pdf").read_bytes() == printed_book.read_bytes()
