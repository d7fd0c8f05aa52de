"""Each question page leads on: to what builds on it, else to the next page."""

import json
from urllib.parse import urljoin

import pytest

from scripts.check.site import Site
from scripts.pages import DOCS

QUESTIONS = json.loads((DOCS / "assets/data/questions.json").read_text("utf-8"))["questions"]
BY_PATH = {question["path"]: question for question in QUESTIONS}
MOST = 4


def expected(question: dict) -> list[str]:
    """What builds on it and on nothing else that does, most asked first."""
    following = [BY_PATH[path] for path in question["next"]]
    direct = [other for other in following if not set(other["prerequisites"]) & set(question["next"])]
    direct.sort(key=lambda other: -other["asked_by"])
    return [other["url"] for other in direct[:MOST]]


@pytest.mark.parametrize("question", [pytest.param(question, id=question["path"]) for question in QUESTIONS])
def test_what_to_read_before_and_after_is_on_the_page(site: Site, question: dict) -> None:
    document = site.document(question["url"])

    def leads_to(links: list[str]) -> list[str]:
        base = site.address + question["url"]
        return [urljoin(base, link).removeprefix(site.address) for link in links]

    before = leads_to(document.xpath("//p[@class='facts']/a/@href"))
    assert before == [BY_PATH[path]["url"] for path in question["prerequisites"]]
    after = leads_to(document.xpath("//div[@class='read-next']//a/@href"))
    following = leads_to(document.xpath("//link[@rel='next']/@href"))
    assert after == (expected(question) or following)
    assert after
    texts = [text.strip() for text in document.xpath("//div[@class='read-next']//a/text()")]
    assert all(texts)
    assert len(texts) == len(after)


def test_other_pages_do_not_lead_on(site: Site) -> None:
    of_questions = {question["url"] for question in QUESTIONS}
    for page in site.pages():
        if page not in of_questions:
            assert not site.document(page).xpath("//div[@class='read-next']"), page
