"""Markdown that is written wrongly, and that neither MkDocs nor rumdl reports."""

import re
from collections.abc import Iterable

from scripts.pages import INCLUDE, MATH, ROOT, Page

BLOCK = re.compile(r"^(?P<indent> *)(?:!!!|\?\?\?\+?|===\+?!?)(?P<rest>.*)$")
BLOCK_FORM = re.compile(
    r'^ *(?:(?:!!!|\?\?\?\+?) [a-z][\w-]*(?: [a-z][\w-]*)*(?: "[^"]*")?|===[+!]? "[^"]*")$'
)
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX|TBD|TK)\b|lorem ipsum", re.I)
ANY_INCLUDE = re.compile(r"-{1,}8<-{1,}(?P<rest>.*)$", re.M)
# What pages may write in HTML. Everything else is better Markdown, or it runs, loads or restyles something.
WRITTEN = """
a abbr b br caption cite code dd del details div dl dt em figcaption figure h2 h3 h4 h5 h6 hr i img ins kbd li
mark ol p q s small span strong sub summary sup table tbody td tfoot th thead tr u ul var wbr
"""
ELEMENTS = set(WRITTEN.split())
TAG = re.compile(
    r"<(?P<close>/?)(?P<name>[a-zA-Z][\w-]*)(?=[\s/>])(?P<attributes>(?:\"[^\"]*\"|'[^']*'|[^<>\"'])*)>"
)
VOID = {"br", "hr", "img", "wbr"}
CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.S)
MONEY = re.compile(r"^\d[\d.,]*(?:\s*(?:[-–/(]|to|and|or)\s*$|\s+[a-z]{2,}\b|\s*/\s*[a-z]{3,})")


def problems(page: Page) -> list[str]:
    prose = _prose(page)
    found = [*_block_problems(page, prose), *_tag_problems(page, prose)]
    for comment in page.comments:
        if "<!--" in comment.text:
            found.append(f"{page.where(comment.line)}: this <!-- is closed nowhere: close it")
    for number, line in enumerate(page.lines, 1):
        if marker := UNFINISHED.search(line):
            found.append(f"{page.where(number)}: `{marker[0]}` stands in the page: finish it")
    return [*found, *_money_problems(page, prose), *_abbreviation_problems(page)]


def _prose(page: Page) -> str:
    """The page with everything but its prose and markup blanked; every line and column stays."""
    text = list(page.text)
    hidden = [(c.start, c.end) for c in page.comments] + [(f.start, f.end) for f in page.fences]
    for start, end in [(0, page.body_start), *hidden]:
        text[start:end] = re.sub(r"[^\n]", " ", page.text[start:end])
    return CODE.sub(lambda code: re.sub(r"[^\n]", " ", code[0]), "".join(text))


def _block_problems(page: Page, prose: str) -> Iterable[str]:
    """Admonitions, folded boxes and tabs: their first line, and a body that is indented."""
    lines = prose.split("\n")
    for number, line in enumerate(lines, 1):
        if not (block := BLOCK.match(line)):
            continue
        written = page.lines[number - 1]
        if not BLOCK_FORM.match(written):
            yield (
                f'{page.where(number)}: `{written.strip()}` opens no box: write `!!! kind "Title"` or '
                '`=== "Title"`, with both quotation marks'
            )
            continue
        below = next((below for below in page.lines[number:] if below.strip()), "")
        indent = len(below) - len(below.lstrip())
        if indent < len(block["indent"]) + 4:
            yield f"{page.where(number)}: the body of this box is not indented: indent it by 4 spaces"


def is_component(name: str) -> bool:
    """Whether the site has a script that makes this element work, as <kv-cache-calculator>."""
    return "-" in name and any((ROOT / "docs/assets/javascripts").rglob(f"{name}.js"))


def _tag_problems(page: Page, prose: str) -> Iterable[str]:
    """Elements in HTML that are opened and not closed, or closed and not opened."""
    prose = MATH.sub(lambda formula: re.sub(r"[^\n]", " ", formula[0]), prose)
    opened: list[tuple[str, int]] = []
    for tag in TAG.finditer(prose):
        name, line = tag["name"].lower(), page.line_at(tag.start())
        if name not in ELEMENTS and not is_component(name):
            yield f"{page.where(line)}: the element <{name}>, which pages do not use: write Markdown"
            continue
        if name in VOID or tag["attributes"].endswith("/"):
            continue
        if not tag["close"]:
            opened.append((name, line))
        elif opened and opened[-1][0] == name:
            opened.pop()
        else:
            wrong = f"; <{opened[-1][0]}> of line {opened[-1][1]} is open" if opened else ""
            yield f"{page.where(line)}: </{name}> closes nothing{wrong}: close what was opened last"
            return
    for name, line in opened:
        yield f"{page.where(line)}: <{name}> is closed nowhere: close it"


def include_problems(page: Page) -> Iterable[str]:
    """Snippets: their form, that file and section exist, and that they stay inside the repository."""
    for found in ANY_INCLUDE.finditer(page.text):
        line = page.line_at(found.start())
        where = page.where(line)
        if page.text[: found.start()].rpartition("\n")[2].count("`") % 2:
            continue  # a page that writes about snippets
        whole = INCLUDE.match(page.lines[line - 1])
        if not whole:
            yield f'{where}: a snippet is `--8<-- "path:section"` on a line of its own: write it so'
            continue
        path, _, section = whole["target"].partition(":")
        file = (ROOT / path).resolve()
        if re.match(r"https?:|/|~", whole["target"]) or not file.is_relative_to(ROOT):
            yield f"{where}: the snippet {whole['target']} is outside of the repository: include a file of it"
        elif not path.startswith(("src/", "includes/")):
            yield f"{where}: includes {path}: pages include from src/ and includes/ only"
        elif not file.is_file():
            yield f"{where}: includes {path}, which does not exist: mend the path"
        elif section and not re.search(rf"--8<-- \[start:{re.escape(section)}\]", file.read_text("utf-8")):
            yield f"{where}: {path} has no section `{section}`: mark it there, or mend the name"


def _money_problems(page: Page, prose: str) -> Iterable[str]:
    """Text between two amounts of money is no formula."""
    for formula in MATH.finditer(prose):
        tex = formula["inline"]
        if tex is None:
            continue
        outside_text = re.sub(r"\\(?:text|mathrm|operatorname)\{[^{}]*\}", "", tex)
        follows = prose[formula.end() : formula.end() + 1]
        if follows.isdigit() or MONEY.search(outside_text):
            where = page.where(page.line_at(formula.start()))
            yield f"{where}: `${tex[:40]}$` is read as a formula: write amounts as `5 USD`"


def _abbreviation_problems(page: Page) -> Iterable[str]:
    for number, line in enumerate(page.lines, 1):
        if line.startswith("*["):
            yield f"{page.where(number)}: abbreviations stand in data/glossary.yml: move it there"
