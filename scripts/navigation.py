"""The navigation of mkdocs.yml, for those who need the order of the pages without MkDocs."""

from pathlib import Path

from scripts import yaml_files
from scripts.pages import ROOT


def read(configuration: Path = ROOT / "mkdocs.yml") -> list:
    """`nav` as it is written; the settings above it hold tags that only MkDocs knows."""
    text = configuration.read_text(encoding="utf-8")
    return yaml_files.loads(text[text.index("\nnav:") :])["nav"]
