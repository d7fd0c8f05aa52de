"""The site as readers get it, built once for tests/site and tests/browser.

LLMQ_SITE=path takes a site that is already built. The address is not the choice of a test: instant
navigation works only where the site is served at the address that it was built for.
"""

import fcntl
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from lxml import etree, html

ROOT = Path(__file__).resolve().parents[1]
ADDRESS = "http://site.localhost/questions/"  # below a path, as a project's GitHub Pages are


def address_of(source: str) -> str:
    """Where the page docs/{source} is, relative to the home page, which is the empty address."""
    return re.sub(r"(^|/)index\.md$|\.(md|ipynb)$", "/", source).lstrip("/")


def addresses() -> list[str]:
    """Of all pages, from their sources: test cases are named before the site is built."""
    docs = ROOT / "docs"
    sources = [path.relative_to(docs).as_posix() for path in (*docs.rglob("*.md"), *docs.rglob("*.ipynb"))]
    return sorted(address_of(source) for source in sources if ".ipynb_checkpoints" not in source)


@dataclass(frozen=True)
class Site:
    folder: Path
    address: str  # of the home page

    @property
    def host(self) -> str:
        return urlsplit(self.address).netloc

    @property
    def prefix(self) -> str:
        return urlsplit(self.address).path

    def pages(self) -> list[str]:
        """Addresses relative to the home page, which is the empty one; without 404.html."""
        sitemap = etree.parse(self.folder / "sitemap.xml")
        return [loc.text.removeprefix(self.address) for loc in sitemap.iterfind("{*}url/{*}loc")]

    def document(self, page: str) -> html.HtmlElement:
        path = self.folder / page
        return html.parse(path if path.suffix == ".html" else path / "index.html").getroot()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    if ready := os.environ.get("LLMQ_SITE"):
        folder = Path(ready)
        sitemap = etree.parse(folder / "sitemap.xml")
        home = min((loc.text for loc in sitemap.iterfind("{*}url/{*}loc")), key=len)
        if not home.startswith("http://"):
            pytest.fail(f"LLMQ_SITE was built for {home}: build it with SITE_URL={ADDRESS}", pytrace=False)
        return Site(folder, home)
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent  # of all workers: the first builds, the others wait
    folder = shared / "site"
    with (shared / "site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            _build(folder)
    return Site(folder, ADDRESS)


def _build(folder: Path) -> None:
    partial = folder.with_name("site-partial")
    environment = os.environ | {
        "SITE_URL": ADDRESS,
        "REPO_URL": "https://github.com/example/questions",
        "EDIT_URI": "edit/main/docs/",
        "LLMQ_REQUIRE_MATHJAX": "1",
        "PYTHONPATH": str(ROOT / "src"),
    }
    command = [Path(sys.executable).parent / "mkdocs", "build", "--quiet", "--site-dir", partial]
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if built.returncode:
        pytest.fail(f"mkdocs build failed:\n{built.stdout}{built.stderr}", pytrace=False)
    partial.rename(folder)
