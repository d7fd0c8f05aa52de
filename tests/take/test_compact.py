"""A packed PDF holds what the original held."""

from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter

from scripts.take import compact


@pytest.fixture
def original(tmp_path: Path) -> Path:
    writer = PdfWriter()
    for width in range(100, 800):
        writer.add_blank_page(width, 100)
        writer.add_outline_item(title=f"Width {width}", page_number=len(writer.pages) - 1)
    writer.add_metadata({"/Title": "Pages (and more) of all widths √"})
    writer.write(tmp_path / "original.pdf")
    return tmp_path / "original.pdf"


def test_nothing_is_lost_and_it_is_smaller(original: Path, tmp_path: Path):
    compact.write(PdfReader(original), tmp_path / "packed.pdf")
    read, packed = PdfReader(original), PdfReader(tmp_path / "packed.pdf", strict=True)
    assert packed.metadata == read.metadata
    assert [page.mediabox for page in packed.pages] == [page.mediabox for page in read.pages]
    assert [item.title for item in packed.outline] == [item.title for item in read.outline]
    assert [packed.get_destination_page_number(item) for item in packed.outline] == list(range(700))
    assert (tmp_path / "packed.pdf").stat().st_size < original.stat().st_size / 4


def test_the_same_objects_give_the_same_bytes(original: Path, tmp_path: Path):
    for name in ("one.pdf", "two.pdf"):
        compact.write(PdfReader(original), tmp_path / name)
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()
