import argparse
import sys
from pathlib import Path

import scripts.take as take
from scripts.pack_site import pack
from scripts.take import anki


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.take", description=take.__doc__)
    parser.add_argument("site", type=Path, help="the folder with the finished site")
    site = parser.parse_args().site
    folder = site / take.FOLDER
    folder.mkdir(exist_ok=True)
    _report(folder / take.DECK, anki.write(site, folder / take.DECK))
    pack(site, folder / take.SITE)
    _report(folder / take.SITE, "the site with all of the above")
    return 0


def _report(path: Path, content: str) -> None:
    print(f"{path}: {content}, {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    sys.exit(main())
