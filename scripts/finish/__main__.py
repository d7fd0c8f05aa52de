"""Runs every step over a folder of built pages: python -m scripts.finish SITE."""

import argparse
import sys
from pathlib import Path

from scripts.finish import (
    FinishError,
    comments,
    csp,
    formulas,
    images,
    installable,
    links,
    notebooks,
    offline,
    palette,
    plain_text,
    redirects,
    search,
    sitemap,
    small_sheets,
    social_cards,
    tables,
    vendor,
)

# each has run(site_dir)
STEPS = (
    comments,
    notebooks,
    images,
    tables,
    formulas,
    search,
    sitemap,
    links,
    redirects,
    plain_text,
    social_cards,
    vendor,
    palette,
    small_sheets,
    installable,
    csp,
    offline,
)


def finish(site_dir: Path, steps=STEPS) -> None:
    for step in steps:
        step.run(site_dir)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.finish", description=__doc__)
    parser.add_argument("site", type=Path, help="the folder with the built pages")
    try:
        finish(parser.parse_args().site)
    except FinishError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
