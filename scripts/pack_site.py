"""Packs a built site into one archive: python -m scripts.pack_site SITE ARCHIVE.zip

The same site gives the same bytes, whenever and wherever it is packed.
"""

import argparse
import zipfile
from pathlib import Path

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date that a ZIP archive can hold


def pack(site: Path, archive: Path) -> None:
    """Writes every file of `site` below a folder of its name.

    Raises:
        ValueError: `site` holds no index.html.
    """
    if not (site / "index.html").is_file():
        raise ValueError(f"{site}: no index.html here: build the site first, with `make build`")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for path in sorted(path for path in site.rglob("*") if path.is_file()):
            name = f"{site.name}/{path.relative_to(site).as_posix()}"
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, path.read_bytes())


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
