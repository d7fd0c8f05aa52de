"""The site outlives Material for MkDocs: its successor builds the same pages from the same sources."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from lxml import html

from scripts.check.site import ENVIRONMENT, Site
from scripts.take import PRODUCED

if find_spec("zensical") is None:
    pytest.skip("Zensical cannot be installed here", allow_module_level=True)

from scripts import zensical


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, site: Site) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (ENVIRONMENT | {"SITE_URL": site.address}).items():
            patch.setenv(name, value)
        return zensical.build(tmp_path_factory.mktemp("zensical"))


def pages(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*.html")}


def test_the_same_pages(site: Site, built: Path):
    left_behind = {page for page in pages(site.folder) if page != "404.html"} - {
        site.file(page).relative_to(site.folder).as_posix() for page in site.pages()
    }
    assert (
        pages(built) == pages(site.folder) - left_behind
    )  # without what moved: Zensical has not moved anything


def test_the_same_titles_and_sections(site: Site, built: Path):
    """Not empty pages at the right addresses, and no link from outside into a section is lost."""
    for page in site.pages():
        found = set(html.parse(built / page / "index.html").xpath("//article//@id"))
        wanted = set(site.document(page).xpath("//article//*[self::h1 or self::h2 or self::h3]/@id"))
        assert wanted
        assert wanted <= found, page


def test_links_lead_to_pages(built: Path):
    made_later = (*PRODUCED, "llms.txt", "llms-full.txt")
    for page in built.rglob("index.html"):
        # Zensical moves the links of raw HTML too, where MkDocs leaves them: the map's drawing has wrong ones
        for link in html.parse(page).xpath("//a[not(ancestor::svg)]/@href"):
            path = re.sub(r"[?#].*", "", link)
            if path and ":" not in path and not path.endswith(made_later):
                target = (page.parent / path).resolve()
                assert (target / "index.html").is_file() or target.is_file(), f"{page}: {link}"
