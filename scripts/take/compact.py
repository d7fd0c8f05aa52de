"""Writes a PDF with its small objects packed together (object streams, ISO 32000-1, 7.5.7).

Most of a printed book is what tells screen readers its structure: tens of thousands of small objects, which
Chromium and pypdf write one by one, not compressed.
"""

import io
import zlib
from collections.abc import Callable
from pathlib import Path

from pypdf import PdfReader
from pypdf.generic import DictionaryObject, NameObject, NumberObject, StreamObject

HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
PACKED = 200  # objects in a stream: a reader that wants one of them unpacks all
FREE, PLAIN, WITHIN = 0, 1, 2  # kinds of entries in the table of objects
WIDTHS = (1, 4, 2)  # bytes of its three columns


def write(reader: PdfReader, path: Path, mend: Callable[[list[bytes]], list[bytes]] = list) -> None:
    """All objects of `reader`, as they are now, under their numbers; `mend` may change all small ones."""
    output = io.BytesIO(HEADER)
    output.seek(0, io.SEEK_END)
    size = int(reader.trailer["/Size"])
    places = {0: (FREE, 0, 0xFFFF)}
    small: dict[int, bytes] = {}
    for number in range(1, size):
        value = reader.get_object(number)
        if value is None:
            places[number] = (FREE, 0, 0)
        elif isinstance(value, StreamObject):
            places[number] = (PLAIN, output.tell(), 0)
            _write_object(output, number, _bytes(value))
        else:
            small[number] = _bytes(value)
    mended = list(zip(small, mend(list(small.values())), strict=True))
    for group in (mended[start : start + PACKED] for start in range(0, len(mended), PACKED)):
        places |= {number: (WITHIN, size, index) for index, (number, _) in enumerate(group)}
        places[size] = (PLAIN, output.tell(), 0)
        _write_object(output, size, _packed(group))
        size += 1
    start = output.tell()
    places[size] = (PLAIN, start, 0)
    _write_object(output, size, _table(reader, places))
    output.write(b"startxref\n%d\n%%%%EOF\n" % start)
    path.write_bytes(output.getvalue())


def _bytes(value) -> bytes:
    output = io.BytesIO()
    value.write_to_stream(output)
    return output.getvalue()


def _write_object(output: io.BytesIO, number: int, content: bytes) -> None:
    output.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))


def _packed(group: list[tuple[int, bytes]]) -> bytes:
    numbers, contents, offset = [], [], 0
    for number, content in group:
        numbers.append(b"%d %d" % (number, offset))
        contents.append(content)
        offset += len(content) + 1
    first = b" ".join(numbers) + b"\n"
    values = {
        "/Type": NameObject("/ObjStm"),
        "/N": NumberObject(len(group)),
        "/First": NumberObject(len(first)),
    }
    return _stream(values, first + b"\n".join(contents))


def _table(reader: PdfReader, places: dict[int, tuple[int, int, int]]) -> bytes:
    values = {"/Type": NameObject("/XRef"), "/Size": NumberObject(len(places))}
    values |= {name: reader.trailer.raw_get(name) for name in ("/Root", "/Info")}
    rows = (
        value.to_bytes(width, "big")
        for _, place in sorted(places.items())
        for value, width in zip(place, WIDTHS, strict=True)
    )
    return _stream(values, b"".join(rows), b"/W [%d %d %d]" % WIDTHS)


def _stream(values: dict, data: bytes, more: bytes = b"") -> bytes:
    compressed = zlib.compress(data, 9)
    values |= {"/Filter": NameObject("/FlateDecode"), "/Length": NumberObject(len(compressed))}
    dictionary = _bytes(DictionaryObject({NameObject(key): value for key, value in values.items()}))
    if more:
        dictionary = dictionary.removesuffix(b">>") + more + b"\n>>"
    return dictionary + b"\nstream\n" + compressed + b"\nendstream"
