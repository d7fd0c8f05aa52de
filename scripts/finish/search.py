"""Makes the search find pages by what people type, from a small index. Runs when formulas are readable.

Material's index and worker are replaced. The texts move from search_index.json, which every page loads, to
texts.json, which is loaded when somebody searches. Of a section it has the beginning, which is shown, and the
other words, each once a page, which are only searched. So are the aliases that a page has in its front matter
and in <meta name="keywords">, and the terms that the glossary says it explains.
"""

import html
import json
import re
import shutil
from pathlib import Path

from scripts import yaml_files

SHOWN = 200  # characters at the beginning of a section
PHRASE_END = " ; "  # search_worker.js splits there
KEYWORDS = re.compile(r'<meta name="?keywords"? content="([^"]*)"')
CODE = re.compile(r"<pre>.*?</pre>", re.S)
SENTENCES = re.compile(r"<(p|ul|ol)>.*?</\1>", re.S)
TAG = re.compile(r"<[^>]*>")
GLOSSARY = "glossary/#"
EXPLAINED = re.compile(r"^(?:<p>)?(?:Also: (?P<aka>.*?)\. )?.*→ (?P<title>.*?)(?:</p>)?$", re.S)
WORKER = Path(__file__).with_name("search_worker.js")
SYNONYMS = Path(__file__).with_name("synonyms.yml")
REFERENCES = "#references"


def run(site_dir: Path) -> None:
    path = site_dir / "search" / "search_index.json"
    index = json.loads(path.read_text(encoding="utf-8"))
    if index["docs"]:  # otherwise this has been done
        separator = re.compile(index["config"]["separator"])
        docs = _docs(site_dir, index["docs"], separator)
        _write(path.with_name("texts.json"), {"synonyms": _synonyms(), "docs": docs})
        _write(path, index | {"docs": []})
    scripts = site_dir / "assets" / "javascripts"
    for worker in (scripts / "workers").glob("search.*.min.js"):
        worker.write_text(WORKER.read_text(encoding="utf-8"), encoding="utf-8")
        worker.with_name(f"{worker.name}.map").unlink(missing_ok=True)
    shutil.rmtree(scripts / "lunr", ignore_errors=True)  # other languages for Material's worker


def _docs(site_dir: Path, entries: list[dict], separator: re.Pattern) -> list[dict]:
    # the home page lists every question, so it would be among the results of every search
    entries = [entry for entry in entries if entry["location"].partition("#")[0]]
    explained = _explained(entries)
    seen: dict[str, set[str]] = {}
    docs = []
    for entry in entries:
        location, title = entry["location"], entry["title"]
        page, _, section = location.partition("#")
        text = "" if location.endswith(REFERENCES) else CODE.sub(" ", entry["text"])
        shown, words = _divide(text, separator, seen.setdefault(page, set()))
        doc = {"location": location, "title": title, "text": shown, "words": words}
        if not section and (aliases := _aliases(site_dir, page)):
            phrases = [*aliases, title, *explained.get(title, [])]
            doc["aliases"] = PHRASE_END.join(dict.fromkeys(phrases))
        if len(title) > 1 or shown:  # else a letter of the glossary
            docs.append({key: value for key, value in doc.items() if value})
    return docs


def _divide(text: str, separator: re.Pattern, seen: set[str]) -> tuple[str, str]:
    """What is shown of a text, and the other words that the page does not have so far, which it then has."""
    plain = _without_tags(text)
    # what has no tag in the index is a table, a formula or a line that unfolds: no sentences
    shown = _without_tags(" ".join(found[0] for found in SENTENCES.finditer(text)))
    shown = shown.removeprefix("Short answer ")
    if len(shown) > SHOWN:
        shown = shown[: shown.rindex(" ", 0, SHOWN)] + " …"
    seen |= set(_words(shown, separator))
    words = [word for word in dict.fromkeys(_words(plain, separator)) if word not in seen]
    seen |= set(words)
    return shown, " ".join(words)


def _without_tags(text: str) -> str:
    return " ".join(TAG.sub(" ", text).split())


def _words(text: str, separator: re.Pattern) -> list[str]:
    return [word for word in separator.split(text) if len(word) > 1 and not re.match(r"[−\d.]+\.\d", word)]


def _explained(entries: list[dict]) -> dict[str, list[str]]:
    """The terms that the glossary explains with a link to a page, by the title of that page."""
    terms: dict[str, list[str]] = {}
    for entry in entries:
        if entry["location"].startswith(GLOSSARY) and (found := EXPLAINED.match(entry["text"])):
            others = found["aka"].split(", ") if found["aka"] else []
            names = re.split(r" \(|\)", entry["title"])  # Key/value (KV)
            terms.setdefault(found["title"], []).extend(filter(None, [*names, *others]))
    return terms


def _synonyms() -> list[list[str]]:
    """What people type and what it means, the longest first."""
    meanings = yaml_files.load(SYNONYMS)
    return sorted(map(list, meanings.items()), key=lambda pair: -len(pair[0]))


def _write(path: Path, content: dict) -> None:
    path.write_text(json.dumps(content, separators=(",", ":"), ensure_ascii=False), encoding="utf-8")


def _aliases(site_dir: Path, location: str) -> list[str]:
    page = site_dir / (f"{location}index.html" if location.endswith("/") else location)
    found = KEYWORDS.search(page.read_text(encoding="utf-8"))
    return [alias for alias in re.split(r"\s*;\s*", html.unescape(found[1])) if alias] if found else []
