"""The printed book (PDF): Chromium prints the combined file, pypdf takes out what differs between prints.

That is the time, and the numbers by which cells of tables name their headings, which count what Chromium has
made since it started. The same site gives the same bytes with the same version of Chromium; fonts are ours.
"""

import re
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

from pypdf import PdfReader
from pypdf.generic import BooleanObject, DictionaryObject, NameObject, TextStringObject

from scripts import chromium
from scripts.take import TakeError, compact
from scripts.take.book import Book
from scripts.take.printed import prepare, render

SECONDS = 900  # more than a slow machine needs
OPTIONS = (
    "--headless",
    "--no-sandbox",  # containers have none, and the file is ours
    "--disable-gpu",
    "--no-pdf-header-footer",
    "--virtual-time-budget=10000",  # ms that pass only while nothing is loading: fit.js waits for fonts
)
# The first print tells the numbers of pages; the second has bookmarks, and tags for screen readers.
DRAFT = ("--disable-pdf-tagging",)
FINAL = ("--generate-pdf-document-outline",)
HEADING = re.compile(rb"\(node\d{8}\)")  # as Chromium names the headings of tables


def write(book: Book, path: Path) -> str:
    """What is in it, in words.

    Raises:
        TakeError: there is no Chromium, or it prints nothing.
    """
    if (browser := chromium.find()) is None:
        raise TakeError(chromium.MISSING)
    prepare(book)
    numbers: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        source, printed = Path(folder) / "book.html", Path(folder) / "book.pdf"
        for options in (DRAFT, FINAL):
            source.write_text(render(book, numbers), encoding="utf-8")
            _print([browser, *OPTIONS, *options], source, printed)
            before, numbers = numbers, _numbers(book, PdfReader(printed))
        _check_links(source, PdfReader(printed))
        if numbers != before:
            raise TakeError(
                "the table of contents takes another page with its numbers: make room in print.css"
            )
        pages = _finish(book, printed, path)
    return f"{len(book.chapters)} chapters, {pages} pages"


def _print(browser: list[str], source: Path, target: Path) -> None:
    profile = f"--user-data-dir={target.with_name('profile')}"
    command = [*browser, profile, f"--print-to-pdf={target}", source.as_uri()]
    target.unlink(missing_ok=True)
    result = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    if not target.is_file():
        raise TakeError(f"{browser[0]} printed nothing:\n{result.stderr}")


def _numbers(book: Book, reader: PdfReader) -> dict[str, int]:
    """The page of each chapter, by its name."""
    places = reader.named_destinations
    names = [chapter.name for chapter in book.chapters.values()]
    return {name: reader.get_destination_page_number(places[f"/{name}"]) + 1 for name in names}


def _check_links(source: Path, reader: PdfReader) -> None:
    """Chromium knows a place for each link into the book."""
    wanted = set(re.findall(r'<a [^>]*href="#([^"]+)"', source.read_text(encoding="utf-8")))
    places = {quote(name.removeprefix("/")) for name in reader.named_destinations}
    if missing := wanted - places:
        raise TakeError(f"links of the book lead nowhere: {', '.join(sorted(missing))}")


def renumbered(objects: list[bytes]) -> list[bytes]:
    """With the names of headings counted from 1, in their own order: readers search them in a sorted list."""
    names = sorted({name for value in objects for name in HEADING.findall(value)})
    new = {name: b"(node%08d)" % number for number, name in enumerate(names, 1)}
    return [HEADING.sub(lambda found: new[found[0]], value) for value in objects]


def _finish(book: Book, printed: Path, path: Path) -> int:
    reader = PdfReader(printed)
    moment = TextStringObject(f"D:{book.date:%Y%m%d%H%M%S}Z")
    information = reader.trailer["/Info"]
    del information[NameObject("/Creator")]  # the version of Chromium stands in the producer
    information.update({NameObject(name): moment for name in ("/CreationDate", "/ModDate")})
    information[NameObject("/Subject")] = TextStringObject(book.address)
    catalog = reader.trailer["/Root"]
    show_title = DictionaryObject({NameObject("/DisplayDocTitle"): BooleanObject(True)})
    catalog[NameObject("/ViewerPreferences")] = show_title
    catalog[NameObject("/PageMode")] = NameObject("/UseOutlines")
    compact.write(reader, path, renumbered)
    return len(reader.pages)
