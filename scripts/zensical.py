"""Builds the pages with Zensical, the successor of Material for MkDocs: no page depends on what builds it.

python -m scripts.zensical [FOLDER]    by default .cache/zensical; needs `zensical` beside this Python

The configuration inherits from mkdocs.yml. It leaves out overrides/, which are for MkDocs's template engine,
and reads a copy of docs/ in which notebooks are Markdown, since Zensical has no mkdocs-jupyter.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import yaml
from nbconvert import MarkdownExporter

from scripts.pages import DOCS, DRAFT, ROOT

FOLDER = ROOT / ".cache" / "zensical"
CONFIGURATION = ROOT / "mkdocs.yml"
NOTEBOOK_LINK = re.compile(r'(\shref="[^":]*)\.ipynb"')


def build(folder: Path = FOLDER) -> Path:
    """The folder with the built pages."""
    shutil.rmtree(folder, ignore_errors=True)
    _copy_docs(folder / "docs")
    inherits = {
        "INHERIT": os.path.relpath(CONFIGURATION, folder),
        "docs_dir": "docs",
        "site_dir": "site",
        "theme": {"custom_dir": ""},
    }
    configuration = folder / "zensical.yml"
    configuration.write_text(yaml.safe_dump(inherits), encoding="utf-8")
    command = [Path(sys.executable).with_name("zensical"), "build", "--config-file", configuration]
    subprocess.run(command, cwd=ROOT, check=True)
    _lead_to_notebooks(folder / "site")
    return folder / "site"


def _copy_docs(docs: Path) -> None:
    shutil.copytree(DOCS, docs, ignore=shutil.ignore_patterns(".ipynb_checkpoints", f"*{DRAFT}"))
    for notebook in sorted(docs.rglob("*.ipynb")):
        stored = nbformat.read(notebook, as_version=4)
        text, resources = MarkdownExporter().from_notebook_node(stored, {"unique_key": notebook.stem})
        notebook.with_suffix(".md").write_text(text, encoding="utf-8")
        for name, data in resources["outputs"].items():
            (notebook.parent / name).write_bytes(data)
        notebook.unlink()
    for page in docs.rglob("*.md"):
        text = page.read_text(encoding="utf-8")
        page.write_text(text.replace(".ipynb)", ".md)"), encoding="utf-8")


def _lead_to_notebooks(site: Path) -> None:
    """The inherited navigation names the notebooks, and Zensical adds to an inherited list."""
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        page.write_text(NOTEBOOK_LINK.sub(r'\1/"', text), encoding="utf-8")


if __name__ == "__main__":
    print(build(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER))
