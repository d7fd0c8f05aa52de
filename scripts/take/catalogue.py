"""The finished site's list of questions, its address and its date."""

import json
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

QUESTIONS = "assets/data/questions.json"


def questions(site: Path) -> list[dict]:
    """As scripts/includes/catalogue.py writes them."""
    return json.loads((site / QUESTIONS).read_text(encoding="utf-8"))["questions"]


def address(site: Path) -> str:
    """Of the home page, which is the shortest."""
    places = ElementTree.parse(site / "sitemap.xml").iterfind("{*}url/{*}loc")
    return min((place.text for place in places), key=len)


def date(site: Path) -> datetime:
    """When a question was last verified: the time that stands in the files, instead of that of the build."""
    return moment(max(question["verified"] for question in questions(site)))


def moment(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)
