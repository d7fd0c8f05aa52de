"""Makes a site of any size out of the first half of the real question pages: their text and formulas."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml
from mkdocs.utils.yaml import yaml_load

ROOT = Path(__file__).resolve().parents[1]
SECTION_SIZE = 40


def question_pages() -> list[Path]:
    pages = sorted((ROOT / "docs").rglob("*.md"))
    return [page for page in pages if page.read_text("utf-8").startswith("---\nquestion:")]


def make_site(folder: Path, n_pages: int, prune: bool = True) -> Path:
    """Writes `n_pages` copies of the real question pages and a configuration, whose path it returns."""
    sources = question_pages()
    sections: dict[str, list[str]] = {}
    for i in range(n_pages):
        source = sources[i % len(sources)]
        section = f"Section {i // SECTION_SIZE}"
        page = Path(f"section-{i // SECTION_SIZE}") / f"page-{i}.md"
        target = folder / "docs" / page
        target.parent.mkdir(parents=True, exist_ok=True)
        # each copy gets formulas of its own, as real pages have: `x` would be typeset once for all of them
        text = source.read_text("utf-8").partition("\n## Worked example")[0]
        target.write_text(_without_local_links(text) + f"\n\nCopy $n_{{{i}}}$ of a page.\n", "utf-8")
        sections.setdefault(section, []).append(page.as_posix())
    (folder / "docs/index.md").write_text("# Home\n\nA site for measuring.\n", "utf-8")
    config = yaml_load((ROOT / "mkdocs.yml").read_text("utf-8"))
    if not prune:
        config["theme"]["features"].remove("navigation.prune")
    config["markdown_extensions"]["pymdownx.snippets"]["base_path"] = [str(ROOT)]
    config["nav"] = [{"Home": "index.md"}, *({name: pages} for name, pages in sections.items())]
    config["strict"] = False
    for irrelevant in ("validation", "watch"):
        config.pop(irrelevant)
    for name in ("docs/assets", "node_modules"):
        (folder / name).symlink_to(ROOT / name)
    for name in ("data", "hooks", "overrides", "scripts"):  # which look for pages beside themselves
        shutil.copytree(ROOT / name, folder / name)
    path = folder / "mkdocs.yml"
    path.write_text(yaml.safe_dump(config, sort_keys=False), "utf-8")
    return path


def _without_local_links(text: str) -> str:
    return re.sub(r"(?<!!)\[([^\]]+)\]\((?!https?:)[^)]*\)", r"\1", text)


def build(config: Path, site: Path) -> None:
    environment = os.environ | {"LLMQ_REQUIRE_MATHJAX": "1", "SITE_URL": "http://127.0.0.1:8000/"}
    command = [Path(sys.executable).parent / "mkdocs", "build", "-f", config, "-d", site]
    result = subprocess.run(command, cwd=config.parent, env=environment, capture_output=True, text=True)
    if result.returncode:
        raise SystemExit(f"{config} does not build:\n{result.stdout}{result.stderr}")
