"""Packs a built site into one archive: python -m scripts.pack_site SITE ARCHIVE.zip

The same site gives the same bytes, whenever and wherever it is packed.
"""

import argparse
from pathlib import Path

from scripts.take.archive import write


def pack(site: Path, archive: Path) -> None:
    """Writes every file of `site`, the archive aside, below a folder of its name.

    Raises:
        ValueError: `site` holds no index.html.
    """
    if not (site / "index.html").is_file():
        raise ValueError(f"{site}: no index.html here: build the site first, with `make build`")
    files = sorted(path for path in site.rglob("*") if path.is_file() and path != archive)
    names = [f"{site.name}/{path.relative_to(site).as_posix()}" for path in files]
    write(archive, {name: path.read_bytes() for name, path in zip(names, files, strict=True)})


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.pack_site", description=__doc__)
    parser.add_argument("site", type=Path)
    parser.add_argument("archive", type=Path)
    arguments = parser.parse_args()
    try:
        pack(arguments.site, arguments.archive)
    except ValueError as error:
        parser.error(str(error))
    print(f"{arguments.archive}: {arguments.archive.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
