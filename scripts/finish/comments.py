"""Drops the authors' `<!-- check ... -->` comments, which tie numbers to code, from what readers are sent."""

import re
from pathlib import Path

from scripts.finish.built_pages import rewrite

CHECK = re.compile(r"<!--\s*check\b.*?-->\s*", re.S)


def run(site_dir: Path) -> None:
    rewrite(site_dir, lambda page: CHECK.sub("", page))
