"""The e-book as readers open it: valid, every link leads somewhere, nothing of the pages is lost."""

import posixpath
import zipfile
from pathlib import Path
from urllib.parse import unquote

import pytest
from ebooklib import epub as ebooklib
from lxml import etree, html

from scripts.check.site import Site
from scripts.take import epub
from scripts.take.book import PARTS_OF_THE_SITE, Book
from scripts.take.contents import contents, walk

XHTML = "{http://www.w3.org/1999/xhtml}"
MATHML = "{http://www.w3.org/1998/Math/MathML}"
PACKAGE = "{http://www.idpf.org/2007/opf}"


@pytest.fixture(scope="module")
def ebook(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("epub") / "questions.epub"
    epub.write(Book(site.folder), path)
    return path


@pytest.fixture(scope="module")
def files(ebook: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(ebook) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def documents(files: dict[str, bytes]) -> dict[str, etree._Element]:
    """Parsing them as XML is the test that they are well-formed."""
    return {name: etree.fromstring(data) for name, data in files.items() if name.endswith(".xhtml")}


def chapter_pages(site: Site) -> list[str]:
    return [entry.page for _, entry in walk(contents()) if entry.page is not None]


def test_it_opens(ebook: Path, site: Site):
    opened = ebooklib.read_epub(ebook)
    assert opened.title == "Questions on Large Language Models"
    assert opened.get_metadata("DC", "identifier")[0][0] == site.address
    assert len(opened.spine) == len(chapter_pages(site)) + 2  # the title page and the contents


def test_the_type_comes_first_and_is_not_compressed(ebook: Path):
    with zipfile.ZipFile(ebook) as archive:
        first = archive.infolist()[0]
    assert first.filename == "mimetype"
    assert first.compress_type == zipfile.ZIP_STORED
    assert ebook.read_bytes()[30:58] == b"mimetypeapplication/epub+zip"


def test_the_manifest_lists_exactly_what_is_there(files: dict[str, bytes]):
    package = etree.fromstring(files["EPUB/content.opf"])
    listed = {f"EPUB/{item.get('href')}" for item in package.iter(f"{PACKAGE}item")}
    assert listed == files.keys() - {"mimetype", "META-INF/container.xml", "EPUB/content.opf"}


def test_every_link_and_image_leads_somewhere(files: dict[str, bytes], documents: dict[str, etree._Element]):
    ids = {name: set(document.xpath("//@id")) for name, document in documents.items()}
    inside = 0
    for name, document in documents.items():
        for target in document.xpath("//@href | //@src"):
            if ":" in target:
                assert target.startswith(("https://", "http://"))
                continue
            path, _, anchor = target.partition("#")
            place = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
            assert place in files, f"{name}: {target}"
            assert not anchor or unquote(anchor) in ids[place], f"{name}: {target}"
            inside += 1
    assert inside > 400


def test_both_tables_of_contents_list_every_chapter(files: dict[str, bytes], documents, site: Site):
    wanted = {page.strip("/").replace("/", "-") + ".xhtml" for page in chapter_pages(site)}
    ncx = etree.fromstring(files["EPUB/toc.ncx"])
    assert wanted == set(ncx.xpath("//*[local-name()='content']/@src"))
    assert wanted == set(documents["EPUB/nav.xhtml"].xpath("//*[local-name()='nav']//@href"))


def test_nothing_of_the_pages_is_lost(documents: dict[str, etree._Element], site: Site):
    for page in chapter_pages(site):
        article = html.parse(site.folder / page / "index.html").xpath("//article")[0]
        for name in PARTS_OF_THE_SITE:
            for part in article.find_class(name):
                part.drop_tree()
        chapter = documents[f"EPUB/{page.strip('/').replace('/', '-')}.xhtml"]
        for theirs, ours in (
            ("mjx-container", f"{MATHML}math"),
            ("img", f"{XHTML}img"),
            ("table", f"{XHTML}table"),
            ("pre", f"{XHTML}pre"),
            ("h2", f"{XHTML}h2"),
            ("li", f"{XHTML}li"),
            ("summary", f"{XHTML}p[@class='summary']"),
        ):
            assert len(article.findall(f".//{theirs}")) == len(chapter.findall(f".//{ours}")), (page, theirs)


def test_what_needs_the_site_leads_there(documents: dict[str, etree._Element], site: Site):
    found = [
        link.get("href")
        for document in documents.values()
        for link in document.iterfind(f".//{XHTML}p[@class='on-the-site']/{XHTML}a")
    ]
    assert len(found) > 5
    assert {address.startswith(site.address) for address in found} == {True}


def test_formulas_are_mathml_alone_with_text_in_place_of_it(documents: dict[str, etree._Element]):
    formulas = [math for document in documents.values() for math in document.iter(f"{MATHML}math")]
    assert len(formulas) > 2000
    assert all(math.get("alttext") for math in formulas)
    assert all(
        not str(node.tag).startswith("mjx") for document in documents.values() for node in document.iter()
    )
    assert {node.get("mathvariant") for math in formulas for node in math.iter()} <= {None, "normal"}


def test_the_same_site_gives_the_same_bytes(ebook: Path, site: Site, tmp_path: Path):
    epub.write(Book(site.folder), tmp_path / "again.epub")
    assert (tmp_path / "again.epub").read_bytes() == ebook.read_bytes()
