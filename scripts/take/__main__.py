import argparse
import sys
from pathlib import Path

import scripts.take as take
from scripts import chromium
from scripts.pack_site import pack
from scripts.take import TakeError, anki, epub, pdf
from scripts.take.book import Book


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.take", description=take.__doc__)
    parser.add_argument("site", type=Path, help="the folder with the finished site")
    parser.add_argument(
        "--require-pdf", action="store_true", help="fail where there is no Chromium to print it"
    )
    arguments = parser.parse_args()
    try:
        make(arguments.site, arguments.require_pdf)
    except TakeError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def make(site: Path, require_pdf: bool) -> None:
    folder = site / take.FOLDER
    folder.mkdir(exist_ok=True)
    _report(folder / take.DECK, anki.write(site, folder / take.DECK))
    _report(folder / take.EPUB, epub.write(Book(site), folder / take.EPUB))
    if require_pdf or chromium.find():
        _report(folder / take.PDF, pdf.write(Book(site), folder / take.PDF))
    else:
        print(f"{folder / take.PDF}: left out. {chromium.MISSING}", file=sys.stderr)
    pack(site, folder / take.SITE)
    _report(folder / take.SITE, "the site with all of the above")


def _report(path: Path, content: str) -> None:
    print(f"{path}: {content}, {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    sys.exit(main())
