"""The tools of others, each with its findings in our form. Their settings: pyproject.toml, htmlvalidate.json.

Not among them, each after a trial: linkinator and lychee (they name the built page, never the source and its
line, and html.py has to resolve the links anyway), pre-commit-hooks (they rewrite files or name no line;
characters.py and assets.py), nbmake (it executes, and does not compare: scripts/run_notebooks.py does both).
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from lxml import html

from scripts.check.places import files
from scripts.check.site import Document, Site
from scripts.finish.formulas.mathjax import node
from scripts.pages import ROOT

BIN = Path(sys.executable).parent
FRAGMENTS = ROOT / ".cache" / "check" / "fragments"
YAML_RULES = (
    "{extends: default, rules: {line-length: disable, document-start: disable, truthy: {check-keys: false}, "
    "comments: {min-spaces-from-content: 2}, comments-indentation: disable, indentation: disable}}"
)


def _run(*command: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess:
    return subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True)


def rumdl() -> list[str]:
    """Markdown: settings in pyproject.toml. Generated pages are mended where they are made."""
    texts = [path for path in files() if path.endswith(".md") and not path.startswith("includes/")]
    ran = _run(BIN / "rumdl", "check", "--no-cache", "--output-format", "json", *texts)
    if ran.returncode not in (0, 1):
        return [f"pyproject.toml:1: rumdl does not run: {ran.stderr.strip()}: mend [tool.rumdl]"]
    found = []
    for finding in json.loads(ran.stdout or "[]"):
        place = f"{_inside(finding['file'])}:{finding['line']}"
        found.append(f"{place}: {finding['message']}: `rumdl explain {finding['rule']}` says how")
    return found


def _inside(path: str) -> str:
    """rumdl names files from the folder above the repository, or from the root."""
    found = Path(path)
    if found.is_absolute():
        return found.relative_to(ROOT).as_posix()
    parts = found.parts
    return "/".join(parts[1:] if parts[0] == ROOT.name and not (ROOT / found).exists() else parts)


# Of each text; the test of the rules looks at the same files hundreds of times.
_misspelt: dict[tuple[str, bytes], list[str]] = {}


def typos() -> list[str]:
    texts = {path: (path, (ROOT / path).read_bytes()) for path in files() if (ROOT / path).is_file()}
    new = [path for path, text in texts.items() if text not in _misspelt]
    _misspelt.update({texts[path]: [] for path in new})
    for path, problem in _typos(new):
        _misspelt[texts[path]].append(problem)
    return [problem for text in texts.values() for problem in _misspelt[text]]


def _typos(paths: list[str]) -> Iterable[tuple[str, str]]:
    if not paths:
        return  # without a name it would look at everything
    ran = _run(BIN / "typos", "--format", "json", "--hidden", "--force-exclude", *paths)
    for line in ran.stdout.splitlines():
        finding = json.loads(line)
        if finding["type"] != "typo":
            continue
        path = finding["path"].removeprefix("./")
        right = " or ".join(finding["corrections"]) or "another word"
        place = f"{path}:{finding['line_num']}" if "line_num" in finding else path
        yield path, f"{place}: `{finding['typo']}` is misspelt: write {right}, or add it to [tool.typos]"


def yamllint() -> list[str]:
    paths = [path for path in files() if path.endswith((".yml", ".yaml"))]
    return _yamllint(tuple((path, (ROOT / path).read_bytes()) for path in paths))


@cache  # the test of the rules looks at the same files hundreds of times
def _yamllint(texts: tuple[tuple[str, bytes], ...]) -> list[str]:
    ran = _run(BIN / "yamllint", "-f", "parsable", "-d", YAML_RULES, *(path for path, _ in texts))
    form = re.compile(r"^(?P<where>[^:]+:\d+):\d+: \[\w+\] (?P<what>.*?)(?: \((?P<rule>[\w-]+)\))?$", re.M)
    return [
        f"{finding['where']}: {finding['what']}: mend the YAML ({finding['rule'] or 'syntax'})"
        for finding in form.finditer(ran.stdout)
    ]


def html_validate(site: Site) -> list[str]:
    """The part of each page that its source makes; the theme's markup and MathJax's are not ours to mend."""
    FRAGMENTS.mkdir(parents=True, exist_ok=True)
    for path in FRAGMENTS.iterdir():
        path.unlink()
    documents = {}
    for document in site.documents.values():
        name = f"{document.source.removeprefix('docs/').replace('/', '.')}.html"
        documents[name] = document
        (FRAGMENTS / name).write_text(_fragment(site, document), "utf-8")
    program = ROOT / "node_modules" / "html-validate" / "bin" / "html-validate.mjs"
    report = FRAGMENTS / "report.json"  # what it prints is cut off at the size of a pipe
    options = ("--config", "scripts/check/htmlvalidate.json", "--formatter", f"json={report}")
    ran = _run(node(), program, *options, *(FRAGMENTS / name for name in documents))
    if not report.is_file():
        return [
            f"package.json:1: html-validate does not run: {(ran.stderr or ran.stdout).strip()}: run `npm ci`"
        ]
    return list(_html_findings(json.loads(report.read_text("utf-8")), documents))


def _fragment(site: Site, document: Document) -> str:
    text = site.file(document.page).read_text("utf-8")
    article = text[text.index("<article") : text.index("</article>") + len("</article>")]
    article = re.sub(r"<mjx-container\b.*?</mjx-container>", "<span>x</span>", article, flags=re.S)
    return re.sub(r'<a [^>]*class="(?:headerlink|md-content__button[^"]*)".*?</a>', "", article, flags=re.S)


def _html_findings(results: list[dict], documents: dict[str, Document]) -> Iterable[str]:
    for result in results:
        document = documents[Path(result["filePath"]).name]
        lines = Path(result["filePath"]).read_text("utf-8").split("\n")
        for finding in result["messages"]:
            line = lines[finding["line"] - 1][max(finding["column"] - 2, 0) :]
            text = html.fromstring(f"<div>{line}</div>").text_content().strip()[:30] if line.strip() else ""
            tag = re.match(r"</?[\w-]+", line)
            where = (
                document.at(tag[0]) if tag and not document.at(tag[0]).endswith(":1") else document.at(text)
            )
            yield f"{where}: {finding['message']}: html-validate's rule {finding['ruleId']} says how"
