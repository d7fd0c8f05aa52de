"""What holds for the HTML of every page, before any browser: head, links, images, and nothing left undone."""

import json
import re
from collections import Counter
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from lxml import html

from scripts.check.html import PRODUCED
from scripts.pages import ROOT, question_pages
from tests.built_site import Site, address_of, addresses

FILES = {".ipynb", ".txt"}  # what pages link to beside pages
OUTSIDE_CODE = "//body//text()[not(ancestor::code or ancestor::pre or ancestor::script or ancestor::style)]"


@pytest.fixture(scope="module")
def documents(site: Site) -> dict[str, html.HtmlElement]:
    return {page: site.document(page) for page in site.pages()}


def content(document: html.HtmlElement, query: str) -> str:
    (value,) = document.xpath(query)
    return value


def test_every_source_is_a_page(site: Site):
    assert sorted(site.pages()) == addresses()


def test_titles_and_descriptions_tell_pages_apart(documents):
    titles = Counter(content(document, "//title/text()") for document in documents.values())
    descriptions = Counter(content(d, "//meta[@name='description']/@content") for d in documents.values())
    assert [text for text, count in (titles + descriptions).items() if count > 1] == []
    assert all(50 <= len(description) <= 500 for description in descriptions)


def test_head_names_the_page(site: Site, documents):
    for page, document in documents.items():
        assert document.get("lang") == "en"
        assert content(document, "//link[@rel='canonical']/@href") == site.address + page
        assert content(document, "//meta[@property='og:url']/@content") == site.address + page
        source = content(document, "//meta[@name='source']/@content")
        assert (ROOT / source).is_file()
        assert address_of(source.removeprefix("docs/")) == page


def test_question_pages_say_what_their_front_matter_says(site: Site, documents):
    for source in question_pages():
        document, values = documents[address_of(source.name)], source.front_matter
        assert content(document, "//meta[@name='description']/@content") == values["short_answer"]
        assert content(document, "//meta[@name='keywords']/@content") == "; ".join(values["aliases"])
        (facts,) = document.xpath("//h1/following-sibling::*[1][@class='facts']")
        assert str(values["verified"]) in facts.text_content()
        links = [urljoin(site.address + address_of(source.name), link) for link in facts.xpath(".//a/@href")]
        assert [link.removeprefix(site.address).rstrip("/") for link in links] == [
            needed.removesuffix("/index") for needed in values["prerequisites"]
        ]


def test_aliases_are_not_shown(documents):
    for source in question_pages():
        (article,) = documents[address_of(source.name)].xpath("//article")
        assert "; ".join(source.front_matter["aliases"]) not in article.text_content()


def test_home_leads_to_every_question(documents):
    named = {(link.get("href"), link.text_content()) for link in documents[""].xpath("//article//a")}
    wanted = {(address_of(page.name), page.front_matter["question"]) for page in question_pages()}
    assert wanted - named == set(), "add it to docs/index.md"


def test_pages_have_one_h1_and_no_id_twice(documents):
    for page, document in documents.items():
        assert len(document.xpath("//h1")) == 1, page
        assert [name for name, count in Counter(document.xpath("//@id")).items() if count > 1] == [], page


def test_links_lead_to_pages_and_sections_that_exist(site: Site, documents):
    anchors = {site.address + page: set(document.xpath("//@id")) for page, document in documents.items()}
    broken = []
    for page, document in documents.items():
        for link in document.xpath("//a/@href[not(starts-with(., 'javascript:'))]"):
            target, _, anchor = urljoin(site.address + page, link).partition("#")
            file = target.removeprefix(site.address)
            if file in PRODUCED or (Path(file).suffix in FILES and (site.folder / file).is_file()):
                continue
            if target.startswith(site.address) and not (
                target in anchors and (not anchor or unquote(anchor) in anchors[target])
            ):
                broken.append(f"{page}: {link}")
    assert broken == []


def test_everything_that_a_page_loads_lies_in_the_site(site: Site):
    attributes = "//@src | //link[not(@rel='canonical' or @rel='prev' or @rel='next')]/@href"
    for page in [*site.pages(), "404.html"]:
        for link in site.document(page).xpath(attributes):
            target = urljoin(site.address + page, link)
            assert target.startswith(site.address), f"{page} loads {link}"
            assert (site.folder / urlsplit(target.removeprefix(site.address)).path).exists(), (
                f"{page}: {link}"
            )


def test_images_have_a_text_and_their_size(documents):
    for page, document in documents.items():
        for image in document.xpath("//img[not(ancestor::a[contains(@class, 'md-logo')])]"):
            assert len(image.get("alt", "")) > 20, (
                f"{page}: {image.get('src')} needs a text that says what it shows"
            )
            assert image.get("width"), f"{page}: the page moves when {image.get('src')} loads"
            assert image.get("height"), f"{page}: the page moves when {image.get('src')} loads"


@pytest.mark.parametrize("left_over", [r"\\[(\[]", r"\$\$", r"\]\[[a-z]+\d{4}", r"--8<--", r"^\s*///"])
def test_no_source_syntax_is_left(documents, left_over):
    pattern = re.compile(left_over, re.MULTILINE)
    for page, document in documents.items():
        found = [text for text in document.xpath(OUTSIDE_CODE) if pattern.search(text)]
        assert found == [], page


def test_no_comment_of_the_authors_is_left(documents):
    for page, document in documents.items():
        assert [comment.text for comment in document.xpath("//article//comment()")] == [], page


def test_edit_links_lead_to_the_source(documents):
    for page, document in documents.items():
        link = content(document, "//a[@rel='edit noopener']/@href")
        assert link.endswith("/edit/main/" + content(document, "//meta[@name='source']/@content")), page


def test_repository_link_asks_no_other_host(documents):
    for document in documents.values():
        assert document.xpath("//*[contains(@class, 'md-source')]")
        assert not document.xpath("//*[@data-md-component='source']")


def test_the_page_for_wrong_addresses_works_at_any_address(site: Site):
    document = site.document("404.html")
    path = urlsplit(site.address).path
    links = document.xpath("//article//a/@href") + document.xpath("//script/@src | //link/@href")
    assert links
    assert all(link.startswith(path) for link in links)
    assert content(document, "//meta[@name='robots']/@content") == "noindex"


def test_pages_name_the_licenses(documents):
    for document in documents.values():
        (footer,) = document.xpath("//*[@class='md-copyright']")
        assert {"CC BY 4.0", "MIT"} <= set(footer.xpath(".//a/text()"))


def test_pages_and_figures_have_the_same_ground():
    palette = json.loads((ROOT / "scripts/figures/palette.json").read_text("utf-8"))
    css = (ROOT / "docs/assets/stylesheets/site.css").read_text("utf-8")
    light, dark = re.findall(r"--ground: (#\w+);", css)
    assert (light, dark) == (palette["light"]["background"], palette["dark"]["background"])
