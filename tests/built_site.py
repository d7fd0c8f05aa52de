"""The site as readers get it, built once for tests/site and tests/browser.

LLMQ_SITE=path takes a site that is already built. The address is not the choice of a test: instant
navigation works only where the site is served at the address that it was built for.
"""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.check.site import ADDRESS, ENVIRONMENT, Site
from scripts.pages import DRAFT, address_of
from scripts.take import catalogue

ROOT = Path(__file__).resolve().parents[1]


def addresses() -> list[str]:
    """Of all pages, from their sources: test cases are named before the site is built."""
    docs = ROOT / "docs"
    sources = [path.relative_to(docs).as_posix() for path in (*docs.rglob("*.md"), *docs.rglob("*.ipynb"))]
    return sorted(
        address_of(source)
        for source in sources
        if ".ipynb_checkpoints" not in source and not source.endswith(DRAFT)
    )


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    if ready := os.environ.get("LLMQ_SITE"):
        folder = Path(ready)
        home = catalogue.address(folder)
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
    environment = os.environ | ENVIRONMENT | {"PYTHONPATH": str(ROOT / "src")}
    command = [Path(sys.executable).parent / "mkdocs", "build", "--quiet", "--site-dir", partial]
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if built.returncode:
        pytest.fail(f"mkdocs build failed:\n{built.stdout}{built.stderr}", pytrace=False)
    partial.rename(folder)
