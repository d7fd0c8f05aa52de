"""A site as small as can be, for what is made from one."""

import json
from pathlib import Path

HOME = "https://example.org/book/"
SITEMAP = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</urlset>'


def question(path: str, **changes) -> dict:
    return {
        "path": path,
        "url": f"{path}/",
        "section": "A",
        "question": f"What is {path}?",
        "short_answer": f"It is {path} <now>.",
        "difficulty": 1,
        "verified": "2026-01-01",
    } | changes


def make_site(folder: Path, questions: list[dict]) -> Path:
    site = folder / "site"
    (site / "assets/data").mkdir(parents=True)
    (site / "assets/data/questions.json").write_text(json.dumps({"questions": questions}), "utf-8")
    places = "".join(f"<url><loc>{HOME}{page}</loc></url>" for page in ["", *(q["url"] for q in questions)])
    (site / "sitemap.xml").write_text(SITEMAP.format(places), "utf-8")
    return site
