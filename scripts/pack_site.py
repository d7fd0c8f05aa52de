"""Packs a built site into one archive, for reading from disk.

The same site gives the same bytes, whenever and wherever it is packed.
"""

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
