"""What is kept for reading offline: all that pages load, nothing else, under a version of its own."""

import base64
import hashlib
import json
import re
from pathlib import Path
from urllib.parse import unquote, urljoin

import pytest
from PIL import Image

from scripts.finish import installable, offline
from tests.built_site import Site


def about(folder: Path) -> dict:
    worker = (folder / offline.WORKER).read_text("utf-8")
    return json.loads(re.match(r"const SITE = (\{.*\});\n", worker)[1])


@pytest.fixture(scope="module")
def kept(site: Site) -> dict[str, str]:
    return dict(about(site.folder)["files"])


def test_every_page_and_all_that_it_loads_is_kept(site: Site, kept):
    for page in site.pages():
        assert page in kept
        loaded = site.document(page).xpath("//@src | //link[@rel='stylesheet' or @rel='icon']/@href")
        for link in loaded:
            target = urljoin(site.address + page, link)
            assert target.removeprefix(site.address) in kept, f"{page}: {link}"


def test_what_scripts_load_is_kept(site: Site, kept):
    """Modules, data, the search, and the list of pages that instant navigation reads."""
    for path in (site.folder / "assets/javascripts").rglob("*.js"):
        name = path.relative_to(site.folder).as_posix()
        assert name in kept or name.startswith("assets/javascripts/lunr/")
    assert {"search/search_index.json", "search/texts.json", "sitemap.xml"} <= kept.keys()
    assert any(name.endswith(".woff2") for name in kept) or not list(site.folder.rglob("*.woff2"))


def test_what_only_others_read_is_not_kept(kept):
    assert [n for n in kept if re.search(r"\.(?:md|txt|ipynb|pdf|epub|apkg|zip|map)$|/cards/|^404", n)] == []


def test_hashes_and_size_are_right(site: Site, kept):
    size = 0
    for name, value in kept.items():
        path = site.folder / unquote(name)
        data = (path / "index.html" if path.is_dir() else path).read_bytes()
        assert base64.b64decode(value) == hashlib.sha256(data).digest(), name
        size += len(data)
    summary = json.loads((site.folder / offline.ABOUT).read_text("utf-8"))
    assert summary == {"version": about(site.folder)["version"], "bytes": size, "files": len(kept)}


def test_the_version_changes_with_any_file_and_with_nothing_else(tmp_path: Path):
    def version() -> str:
        offline.run(tmp_path)
        return about(tmp_path)["version"]

    (tmp_path / "a").mkdir()
    (tmp_path / "index.html").write_text("home")
    (tmp_path / "a/index.html").write_text("a")
    first = version()
    assert version() == first
    (tmp_path / "llms.txt").write_text("text")
    assert version() == first
    (tmp_path / "a/index.html").write_text("b")
    second = version()
    (tmp_path / "a/index.html").rename(tmp_path / "a/b.html")
    assert len({first, second, version()}) == 3


def test_the_manifest_names_icons_that_exist(site: Site):
    for page in ["transformers/", "404.html"]:
        (link,) = site.document(page).xpath("//link[@rel='manifest']/@href")
        assert urljoin(site.address + page, link) == site.address + installable.MANIFEST
    manifest = json.loads((site.folder / installable.MANIFEST).read_text("utf-8"))
    assert manifest["name"] == "Questions on Large Language Models"
    assert manifest["scope"] == manifest["start_url"] == "./"
    purposes = set()
    for icon in manifest["icons"]:
        path = site.folder / icon["src"]
        assert path.is_file()
        if icon["type"] == "image/png":
            with Image.open(path) as picture:
                assert icon["sizes"] == f"{picture.width}x{picture.height}"
            purposes.add((icon["purpose"], icon["sizes"]))
    assert purposes >= {("any", "192x192"), ("any", "512x512"), ("maskable", "512x512")}


def test_a_maskable_icon_may_be_cut_to_a_circle(site: Site):
    with Image.open(site.folder / installable.ICONS / "maskable-512.png") as picture:
        for x in range(0, 512, 4):
            for y in range(0, 512, 4):
                if (x - 256) ** 2 + (y - 256) ** 2 > (0.4 * 512) ** 2:
                    assert picture.getpixel((x, y)) == (255, 255, 255)
