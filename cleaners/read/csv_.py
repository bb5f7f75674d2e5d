"""Tables as text: CSV and TSV, with a header line or without."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from cleaners.read import record
from cleaners.read.recode import utf_8
from cleaners.read.record import Record
from cleaners.read.source import Source
from cleaners.read.values import DOCUMENT_BYTES, Failed, Raw

# A cell of the first row that is longer than this is text: the table has no header.
_MAX_HEADER = 100

_QUOTED = re.compile(r'"(?:[^"]|"")*+"')


def read(source: Source, _media_type: str) -> Iterator[Raw | Failed]:
    """The documents in the rows, which are numbered from 1 without the header."""
    source, encoding = utf_8(source)
    yield from record.documents(source, _rows(source, encoding))


def _rows(source: Source, encoding: str) -> Iterator[Record | Failed]:
    csv.field_size_limit(DOCUMENT_BYTES)
    too_long: list[int] = []  # lines that were left out
    reader = csv.reader(_text(source, too_long), **_dialect(source))
    names: list[str] | None = None
    number = 0
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            number += 1
            yield source.failed(number, "csv.Error", f"row {number} (line {reader.line_num}) cannot be read: {error}")
            continue
        while too_long:
            number += 1
            yield source.failed(number, "TooLarge", f"line {too_long.pop(0)} has more than {DOCUMENT_BYTES:,} bytes")
        if row is None:
            return
        if not row:
            continue
        if names is None:
            is_header = all(len(cell) <= _MAX_HEADER for cell in row) and len(set(row)) == len(row)
            names = [cell.strip() for cell in row] if is_header else [f"column_{n}" for n in range(1, len(row) + 1)]
            if is_header:
                continue
        number += 1
        if len(row) != len(names):
            message = f"row {number} (line {reader.line_num}) has {len(row)} cells, and the header {len(names)}: its text may be cut in the wrong place"
            yield source.failed(number, "Columns", message, "\n".join(row).encode("utf-8", "surrogateescape"))
            continue
        yield Record(number, None, dict(zip(names, row, strict=True)), encoding, is_escaped=True)


def _text(source: Source, too_long: list[int]) -> Iterator[str]:
    """The lines as text; bytes that are no UTF-8 stand in it as "surrogateescape" has them."""
    for number, line in source.lines():
        if line is None:
            too_long.append(number)
        else:
            yield line.decode("utf-8", "surrogateescape")


def _dialect(source: Source) -> dict[str, Any]:
    """How the cells are parted, as far as the start of the table shows."""
    *lines, last = source.head().decode("utf-8", "replace").split("\n")
    lines = [line.rstrip("\r") for line in lines or [last]]
    # The character that the first line has most often outside quotes.
    counts = Counter(char for part in lines[0].split('"')[::2] for char in part if char in ",;\t|")
    by_name = "\t" if source.name.lower().endswith((".tsv", ".tab")) else ","
    delimiter = max(",;\t|", key=lambda char: (counts[char], char == by_name))
    # Many tables with tabs know no quotes.  A cell that opens one and never closes it would swallow the rows below it: where
    # all lines have the same number of cells without a look at quotes, and some cell is not quoted well, they mean nothing.
    cells = [line.split(delimiter) for line in lines if line]
    is_even = len({len(row) for row in cells}) == 1
    is_literal = (
        delimiter == "\t"
        and is_even
        and any(cell.startswith('"') and not _QUOTED.fullmatch(cell) for row in cells for cell in row)
    )
    return {"delimiter": delimiter, "quoting": csv.QUOTE_NONE if is_literal else csv.QUOTE_MINIMAL}
