"""The library of the practice page is in the site with its license, or the build says what is missing."""

from pathlib import Path

import pytest

from scripts.finish import FinishError, vendor
from tests.built_site import Site


def test_the_site_has_the_library_and_its_license(site: Site):
    folder = site.folder / vendor.FOLDER
    assert {path.name for path in folder.iterdir()} == {"ts-fsrs.js", "ts-fsrs.license.txt"}
    assert (folder / "ts-fsrs.license.txt").read_text("utf-8").startswith("MIT License")
    source = (folder / "ts-fsrs.js").read_text("utf-8")
    assert "MIT license" in source.splitlines()[0]
    assert "sourceMappingURL" not in source


def test_comments_alone_are_left_out():
    source = "/**\n * Doc */\nlet a = '/** b */';\n  /** c */\nlet d; // e\n//# sourceMappingURL=x.map\n"
    assert vendor.UNSENT.sub("", source) == "let a = '/** b */';\nlet d; // e\n"


def test_without_npm_the_build_goes_on_and_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    monkeypatch.setattr(vendor, "PACKAGE", tmp_path / "nowhere")
    monkeypatch.delenv("LLMQ_REQUIRE_MATHJAX", raising=False)
    vendor.run(tmp_path / "site")
    assert "npm ci" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


def test_a_site_for_readers_is_not_built_without_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(vendor, "PACKAGE", tmp_path / "nowhere")
    monkeypatch.setenv("LLMQ_REQUIRE_MATHJAX", "1")
    with pytest.raises(FinishError, match="npm ci"):
        vendor.run(tmp_path / "site")
