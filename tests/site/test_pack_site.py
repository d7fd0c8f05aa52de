import os
import zipfile
from pathlib import Path

import pytest

from scripts.pack_site import pack


def make_site(folder: Path, order: list[str]) -> Path:
    site = folder / "site"
    for name in order:
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(f"content of {name}", "utf-8")
    return site


FILES = ["index.html", "a/index.html", "assets/z.svg"]


def test_everything_is_in_it(tmp_path: Path):
    pack(make_site(tmp_path, FILES), tmp_path / "site.zip")
    with zipfile.ZipFile(tmp_path / "site.zip") as packed:
        assert packed.testzip() is None
        assert sorted(packed.namelist()) == sorted(f"site/{name}" for name in FILES)
        packed.extractall(tmp_path / "out")
    for name in FILES:
        assert (tmp_path / "out/site" / name).read_text("utf-8") == f"content of {name}"
        assert (tmp_path / "out/site" / name).stat().st_mode & 0o400


def test_same_site_same_bytes_at_another_time_in_another_order(tmp_path: Path):
    first = make_site(tmp_path / "one", FILES)
    second = make_site(tmp_path / "two", FILES[::-1])
    for path in second.rglob("*"):
        os.utime(path, (10**9, 10**9))
        path.chmod(0o755)
    pack(first, tmp_path / "1.zip")
    pack(second, tmp_path / "2.zip")
    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()


def test_an_archive_within_the_site_does_not_hold_itself(tmp_path: Path):
    site = make_site(tmp_path, FILES)
    pack(site, site / "site.zip")
    first = (site / "site.zip").read_bytes()
    pack(site, site / "site.zip")
    assert (site / "site.zip").read_bytes() == first
    with zipfile.ZipFile(site / "site.zip") as packed:
        assert len(packed.namelist()) == len(FILES)


def test_a_folder_without_a_site_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="make build"):
        pack(tmp_path, tmp_path / "site.zip")
