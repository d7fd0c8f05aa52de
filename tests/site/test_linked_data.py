"""What a page tells programs about itself: search engines, sites that show a link to it, bibliographies."""

import json
from itertools import chain
from urllib.parse import urljoin

import pytest
from lxml import etree
from PIL import Image
from pybtex.database import parse_string

from scripts.finish import social_cards
from scripts.finish.social_cards import SIZE, fitted, line_height
from scripts.pages import question_pages
from tests.built_site import Site, address_of

ARTICLE = {"@type", "headline", "image", "author", "dateModified"}  # Google names these for an article


def graph(site: Site, page: str) -> list[dict]:
    (script,) = site.document(page).xpath("//script[@type='application/ld+json']/text()")
    data = json.loads(script)
    assert data["@context"] == "https://schema.org"
    return data["@graph"]


def meta(site: Site, page: str, name: str) -> str:
    (value,) = site.document(page).xpath(f"//meta[@property='{name}' or @name='{name}']/@content")
    return value


def test_every_page_names_itself(site: Site):
    for page in site.pages():
        about = graph(site, page)[0]
        assert about["url"] == site.address + page
        assert about["name"] == meta(site, page, "og:title")
        if "description" in about and page:
            assert about["description"] == meta(site, page, "description")


def test_a_question_page_is_an_article_with_a_question_and_its_answer(site: Site):
    for source in question_pages():
        about, values = graph(site, address_of(source.name))[0], source.front_matter
        assert about.keys() >= ARTICLE
        assert about["headline"] == about["mainEntity"]["name"] == values["question"]
        assert about["mainEntity"]["acceptedAnswer"]["text"] == values["short_answer"].strip()
        assert about["dateModified"] == about["mainEntityOfPage"]["lastReviewed"] == str(values["verified"])


def test_only_question_pages_have_a_question(site: Site):
    questions = {address_of(source.name) for source in question_pages()}
    assert {page for page in site.pages() if "mainEntity" in graph(site, page)[0]} == questions


def test_the_trail_leads_from_home_through_pages_that_exist(site: Site):
    pages = {site.address + page for page in site.pages()}
    for page in filter(None, site.pages()):
        (trail,) = (
            part["itemListElement"] for part in graph(site, page) if part["@type"] == "BreadcrumbList"
        )
        assert [step["position"] for step in trail] == list(range(1, len(trail) + 1))
        addresses = [step["item"] for step in trail]
        assert addresses[0] == site.address
        assert addresses[-1] == site.address + page
        assert set(addresses) <= pages
        assert len(set(addresses)) == len(addresses)


def test_the_sitemap_has_every_page_and_when_it_was_checked(site: Site):
    urls = etree.parse(site.folder / "sitemap.xml").findall("{*}url")
    dates = {url.findtext("{*}loc"): url.findtext("{*}lastmod") for url in urls}
    for source in question_pages():
        assert dates.pop(site.address + address_of(source.name)) == str(source.front_matter["verified"])
    assert set(dates.values()) == {None}


def test_every_page_has_its_picture(site: Site):
    seen = {}
    for page in site.pages():
        address = meta(site, page, "og:image")
        path = site.folder / address.removeprefix(site.address)
        assert address.startswith(site.address)
        assert seen.setdefault(path, page) == page
        assert path.stat().st_size < 40_000, page
        with Image.open(path) as picture:
            assert picture.format == "PNG"
            assert picture.size == SIZE
            assert meta(site, page, "og:image:width") == str(picture.width)
            assert meta(site, page, "og:image:height") == str(picture.height)
        assert meta(site, page, "twitter:card") == "summary_large_image"
    assert set((site.folder / "assets/cards").rglob("*.png")) == set(seen)


@pytest.mark.parametrize(
    "title", ["Why?", "What is the difference between LoRA and SFT? " * 2, "x" * 30, "word " * 200]
)
def test_titles_have_room_in_the_picture(title: str):
    width = SIZE[0] - 2 * social_cards.MARGIN
    font, lines = fitted(title, width)
    assert len(lines) * line_height(font) <= social_cards.TITLE_HEIGHT
    assert all(font.getlength(line) <= width + font.getlength(" …") for line in lines)
    assert " ".join(lines) == " ".join(title.split()) or lines[-1].endswith(" …")


def test_a_picture_is_drawn_once_and_again_after_a_change(site: Site, tmp_path, monkeypatch):
    folder = tmp_path / "site"
    (folder / "assets").mkdir(parents=True)
    (folder / "assets/logo.svg").write_bytes((site.folder / "assets/logo.svg").read_bytes())
    text = (site.folder / "index.html").read_text("utf-8")
    monkeypatch.setattr(social_cards, "CACHE", tmp_path / "cache")
    drawn = []
    draw = social_cards.draw
    monkeypatch.setattr(social_cards, "draw", lambda *values: drawn.append(1) or draw(*values))
    for title in ("One", "One", "Two"):
        (folder / "index.html").write_text(text.replace("Questions on Large Language Models", title), "utf-8")
        social_cards.run(folder)
    assert len(drawn) == 2
    assert (folder / "assets/cards/home.png").read_bytes() in [
        path.read_bytes() for path in (tmp_path / "cache").iterdir()
    ]


def test_every_question_page_says_how_to_cite_it(site: Site):
    keys = []
    for source in question_pages():
        page, values = address_of(source.name), source.front_matter
        (box,) = site.document(page).xpath("//details[@class='cite']")
        bibtex, plain = ("".join(code.itertext()) for code in box.iter("code"))
        ((key, entry),) = parse_string(bibtex, "bibtex").entries.items()
        keys.append(key)
        assert entry.fields["howpublished"] == f"\\url{{{site.address}{page}}}"
        assert entry.fields["note"] == f"Version of {values['verified']}, CC BY 4.0"
        assert entry.fields["year"] == str(values["verified"])[:4]
        people = list(chain.from_iterable(entry.persons.values()))
        assert [str(person) for person in people] == ["{Questions on Large Language Models contributors}"]
        title = entry.fields["title"].strip("{}").replace("\\", "")
        for tex, character in {"$surd$": "√", "$mu$": "µ"}.items():
            title = title.replace(tex, character)
        assert title == values["question"]
        for part in (values["question"], urljoin(site.address, page), str(values["verified"]), "CC BY 4.0"):
            assert part in plain
        assert not set("√µ×") & set(bibtex)
    assert len(set(keys)) == len(keys)
