"""mkdocs.yml: what MkDocs takes without a word although it does nothing, or asks another host."""

import re
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import yaml

from scripts.check.places import at
from scripts.pages import ROOT, Page, PageError
from scripts.yaml_files import LOADER

CONFIG = "mkdocs.yml"
THEME = {"name", "custom_dir", "language", "font", "logo", "favicon", "icon", "features", "palette"}
PALETTE = {"media", "scheme", "primary", "accent", "toggle"}


class _Loader(LOADER):
    """Takes `!ENV [NAME, default]` as the list that it is."""


_Loader.add_multi_constructor("!", lambda loader, _, node: loader.construct_sequence(node))


def problems(pages: list[Page]) -> list[str]:
    try:
        config = yaml.load((ROOT / CONFIG).read_text("utf-8"), _Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return [f"{CONFIG}:{line}: is not YAML ({error.problem}): mend its syntax"]
    theme = config.get("theme", {})
    return [
        *_address_problems(config),
        *_theme_problems(theme),
        *_file_problems(config, theme),
        *_home_problems(pages),
    ]


def _address_problems(config: dict) -> Iterable[str]:
    address = config.get("site_url")
    if not isinstance(address, list) or address[0] != "SITE_URL":
        yield f"{at(CONFIG, 'site_url')}: site_url is not `!ENV [SITE_URL, …]`: it is the fork's"
    if config.get("strict") is not True:
        yield f"{at(CONFIG, 'strict')}: strict is not true: a warning has to be an error for everyone"


def _theme_problems(theme: dict) -> Iterable[str]:
    for key in sorted(theme.keys() - THEME):
        yield f"{at(CONFIG, f'{key}:')}: unknown key `{key}` of theme: use {', '.join(sorted(THEME))}"
    for feature in theme.get("features", []):
        if feature not in _features():
            yield f"{at(CONFIG, f'- {feature}')}: Material has no feature `{feature}`: mend the name"
    for scheme in theme.get("palette", []):
        for key in sorted(scheme.keys() - PALETTE):
            yield f"{at(CONFIG, f'{key}:')}: unknown key `{key}` of palette: mend the name"
    if theme.get("font") is not False:
        yield f"{at(CONFIG, 'font')}: theme.font is not false: it would ask a font host: set it so"


@cache
def _features() -> set[str]:
    """Every feature that Material's templates and scripts ask for."""
    folder = Path(find_spec("material").origin).parent / "templates"
    paths = [*folder.rglob("*.html"), *folder.glob("assets/javascripts/bundle*.js")]
    text = "".join(path.read_text("utf-8") for path in paths)
    return set(re.findall(r"[\"']((?:announce|content|header|navigation|search|toc)\.[a-z.]+)[\"']", text))


def _file_problems(config: dict, theme: dict) -> Iterable[str]:
    scripts = [
        entry["path"] if isinstance(entry, dict) else entry for entry in config.get("extra_javascript", [])
    ]
    for path in [*config.get("extra_css", []), *scripts, theme.get("logo"), theme.get("favicon")]:
        if not path:
            yield f"{at(CONFIG, 'theme:')}: theme.logo or theme.favicon is missing: name a file of docs/"
        elif re.match(r"(?:\w+:)?//", path):
            yield f"{at(CONFIG, path)}: {path} is loaded from another host: put the file into docs/assets/"
        elif not (ROOT / "docs" / path).is_file():
            yield f"{at(CONFIG, path)}: docs/{path} does not exist: mend the path"


def _home_problems(pages: list[Page]) -> Iterable[str]:
    home = next((page.text for page in pages if page.name == "index.md"), "")
    for page in pages:
        if page.is_draft:
            continue
        try:
            question = page.front_matter["question"]
        except (PageError, KeyError):
            continue  # said by the page's own rules
        if f"[{question}]({page.name})" not in home:
            yield f"docs/index.md:1: does not list `[{question}]({page.name})`: add it to its section"
