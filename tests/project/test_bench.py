"""The site that `make bench` measures can be built: nothing else would notice that it cannot."""

from pathlib import Path

import pytest

from bench import sample_site


@pytest.mark.parametrize("prune", [True, False])
def test_copies_of_pages_are_built_with_their_formulas(tmp_path: Path, prune: bool):
    config = sample_site.make_site(tmp_path / "project", 2, prune)
    assert ("navigation.prune" in config.read_text("utf-8")) is prune
    sample_site.build(config, tmp_path / "site")
    pages = sorted((tmp_path / "site").glob("section-0/page-*/index.html"))
    assert [page.parent.name for page in pages] == ["page-0", "page-1"]
    for number, page in enumerate(pages):
        assert f'data-tex="n_{{{number}}}"' in page.read_text("utf-8")
