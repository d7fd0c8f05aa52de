"""Drops the compressed copy of sitemap.xml: it holds the time of the build, so no two would be equal."""

from pathlib import Path


def run(site_dir: Path) -> None:
    (site_dir / "sitemap.xml.gz").unlink(missing_ok=True)
