"""The printed book: links lead to their places, the contents name the right pages, two prints are equal."""

from pathlib import Path

import pytest
from lxml import html
from pypdf import PdfReader

from scripts.check.site import Site
from scripts.take import printed
from scripts.take.book import Book
from scripts.take.contents import contents, walk
from scripts.take.pdf import chromium, write

if chromium() is None:
    pytest.skip("There is no Chromium to print with", allow_module_level=True)


@pytest.fixture(scope="module")
def book(site: Site, tmp_path_factory: pytest.TempPathFactory) -> PdfReader:
    path = tmp_path_factory.mktemp("pdf") / "questions.pdf"
    write(Book(site.folder), path)
    return PdfReader(path)


@pytest.fixture(scope="module")
def links(book: PdfReader) -> list[dict]:
    found = [annotation.get_object() for page in book.pages for annotation in page.get("/Annots", [])]
    return [link for link in found if link["/Subtype"] == "/Link"]


@pytest.fixture(scope="module")
def source(site: Site) -> html.HtmlElement:
    """What was printed."""
    printable = Book(site.folder)
    printed.prepare(printable)
    return html.document_fromstring(printed.render(printable, {}))


def pages_of_chapters(book: PdfReader) -> dict[str, int]:
    names = [entry.page.strip("/").replace("/", "-") for _, entry in walk(contents()) if entry.page]
    return {name: book.get_destination_page_number(book.named_destinations[f"/{name}"]) for name in names}


def test_every_id_stands_once(source: html.HtmlElement):
    ids = source.xpath("//@id")
    assert len(ids) == len(set(ids)) > 600


def test_links_lead_into_the_book_or_to_the_web(book: PdfReader, links: list[dict], source: html.HtmlElement):
    inside = {link["/Dest"] for link in links if "/Dest" in link}
    assert inside <= set(book.named_destinations)
    assert {name[1:] for name in inside} == {href[1:] for href in source.xpath("//a/@href") if href[0] == "#"}
    outside = {link["/A"]["/URI"] for link in links if "/A" in link}
    assert len(outside) > 100
    assert all(address.startswith(("https://", "http://")) for address in outside)


def test_chapters_begin_where_the_contents_say(book: PdfReader, site: Site):
    places = pages_of_chapters(book)
    lines = " ".join(" ".join(book.pages[i].extract_text() for i in (1, 2)).split())
    titles = {chapter.name: chapter.title for chapter in Book(site.folder).chapters.values()}
    for name, place in places.items():
        assert " ".join(titles[name].split()[:2]) in " ".join(book.pages[place].extract_text().split()), name
        if name.count("-") > 1:  # a question, whose line in the contents is its title
            assert f"{titles[name]} {place + 1}" in lines
    assert sorted(places.values()) == list(places.values())


def test_the_outline_holds_every_chapter(book: PdfReader):
    def titles(items):
        for item in items:
            yield from titles(item) if isinstance(item, list) else [(item.title, item.page)]

    outlined = {book.get_page_number(page.get_object()) for _, page in titles(book.outline)}
    assert set(pages_of_chapters(book).values()) <= outlined
    assert len(list(titles(book.outline))) > 300


def test_readers_and_screen_readers_are_told_what_it_is(book: PdfReader, site: Site):
    catalog = book.trailer["/Root"]
    assert book.metadata.title == "Questions on Large Language Models"
    assert catalog["/Lang"] == "en"
    assert catalog["/MarkInfo"]["/Marked"]
    assert b"file:" not in b"".join(page.get_contents().get_data() for page in book.pages)


def test_two_prints_are_equal_to_the_byte(site: Site, tmp_path: Path):
    part = contents()[3:4]
    for name in ("one.pdf", "two.pdf"):
        write(Book(site.folder, part), tmp_path / name)
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()
