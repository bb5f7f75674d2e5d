"""Tables as text: CSV and TSV, with a header line or without."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from cleaners.read import record
from cleaners.read.recode import legacy, utf_8
from cleaners.read.record import Record
from cleaners.read.source import Source
from cleaners.read.values import DOCUMENT_BYTES, Failed, Raw

# A cell of the first row that is longer than this is text: the table has no header.
_MAX_HEADER = 100

# A row with both of these in it is no header: a number or an address, and a sentence.
_VALUE = re.compile(r"\s*(?:[+-]?\d[\d.,:/-]*|https?://\S+)\s*")
_SENTENCE = re.compile(r"(?:\S+\s+){4,}\S*[.!?…。]\W*", re.DOTALL)

# Such a line tells Excel the delimiter.
_SEPARATOR = re.compile(r"\ufeff?\"?sep=(.)\"?\s*")

# A quote within a cell with a backslash before it, as MySQL and Spark write it; not a doubled one, or one at the end of a cell.
_ESCAPED = re.compile(r'(?<!\\)((?:\\\\)*)\\"')
_ESCAPED_WITHIN = re.compile(r'(?<![\\"])\\"(?![",;\t|\r\n])')
# Without quotes, MySQL puts a backslash before a line end in a cell, too.
_ESCAPED_END = re.compile(r"(?<!\\)(?:\\\\)*\\$")
# psql and `mysql -B` write a line end in a cell as \n, and a backslash as two: so none stands before any other letter.
_WRITTEN_END = re.compile(r"""[.!?…。！？»”’"')\]](?:\\r)?\\n|(?<!\\)(?:\\n){2}""")
_NO_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\(?![\\nrtbfvN])")
_WRITTEN = re.compile(r"\\([\\nrtbfv])")
_CONTROLS = dict(zip("nrtbfv", "\n\r\t\b\f\v", strict=True))
_NULL = re.compile(r"(?<![^,;\t|])\\N(?![^,;\t|\r\n])")
_DOUBLED_WITHIN = re.compile(r'[^",;\t|\r\n\\]""[^",;\t|\r\n]')

# Rows end as on old Macs, and in Excel there still: other line ends stand only in quotes.
_OLD_MAC = re.compile(rb'[^"\r\n]*+(?:"(?:[^"]|"")*+"[^"\r\n]*+)*+\r(?!\n)(?:[^"\n]++|"(?:[^"]|"")*+(?:"|\Z))*+\Z')
_QUOTED = re.compile(r'"(?:[^"]|"")*+"')


def read(source: Source, _media_type: str) -> Iterator[Raw | Failed]:
    """The documents in the rows, which are numbered from 1 without the header."""
    source, encoding = utf_8(source)
    known = legacy(source)
    yield from record.documents(source, _rows(source, encoding, known), known)


def _rows(source: Source, encoding: str, known: str | None) -> Iterator[Record | Failed]:
    csv.field_size_limit(DOCUMENT_BYTES)
    too_long: list[int] = []  # lines that were left out
    dialect = _dialect(source)
    text = _text(source, too_long)
    if "escapechar" in dialect:
        text = (_NULL.sub("", line) for line in text)
        if _is_written(source):
            text = (_WRITTEN.sub(_control, line) for line in text)
    elif _escapes(source):
        text = map(_doubled, text)
    lines = _Lines(text)
    reader = csv.reader(lines, **dialect)
    names: list[str] | None = None
    header: list[str] | None = None
    number = 0
    row: list[str] | None
    while True:
        lines.taken.clear()
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
        if not row or _is_again(row, header) or (reader.line_num == 1 and _SEPARATOR.fullmatch(lines.taken[0])):
            continue
        if names is None:
            if _is_header(row):
                header = row
                names = _names([record.read_as(cell, known) for cell in row])
                continue
            names = [f"column_{n}" for n in range(1, len(row) + 1)]
        number += 1
        if lines.ended and len(lines.taken) > 1 and sum(line.count('"') for line in lines.taken) % 2:
            message = f"row {number} opens a quotation mark that is never closed, so it holds all lines from {reader.line_num - len(lines.taken) + 1} on"
            yield source.failed(number, "Truncated", message, "".join(lines.taken).encode("utf-8", "surrogateescape"))
            continue
        if len(row) != len(names):
            message = f"row {number} (line {reader.line_num}) has {len(row)} cells, and the header {len(names)}: its text may be cut in the wrong place"
            yield source.failed(number, "Columns", message, "\n".join(row).encode("utf-8", "surrogateescape"))
            continue
        yield Record(number, None, dict(zip(names, row, strict=True)), encoding, is_escaped=True)


def _is_header(row: list[str]) -> bool:
    """Whether the first row names the columns."""
    if any(len(cell) > _MAX_HEADER for cell in row):
        return False
    # Two columns of one name, or of none, are rarer than rows of data in which two cells are the same.
    if len(set(row)) < len(row):
        return any(map(record.is_known, map(str.strip, row)))
    return not (any(map(_VALUE.fullmatch, row)) and any(map(_SENTENCE.fullmatch, row)))


def _is_again(row: list[str], header: list[str] | None) -> bool:
    """Whether a row is the header again, as in tables that were joined, each with its byte order mark."""
    return header is not None and row[1:] == header[1:] and row[0].removeprefix("\ufeff") == header[0]


def _names(header: list[str]) -> list[str]:
    """The names of the columns; a second column of the same name gets a "_"."""
    names: dict[str, None] = {}
    for cell in header:
        name = cell.strip()
        while name in names:
            name += "_"
        names[name] = None
    return list(names)


class _Lines:
    """The lines of a table; keeps those of the row at hand, and knows whether there are more."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.taken: list[str] = []
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            self.taken.append(next(self._lines))
        except StopIteration:
            self.ended = True
            raise
        return self.taken[-1]


def _text(source: Source, too_long: list[int]) -> Iterator[str]:
    """The lines as text; bytes that are no UTF-8 stand in it as "surrogateescape" has them."""
    head = source.head()
    old_mac = b"\r" in head and (b"\n" not in head or _OLD_MAC.match(head))
    for number, line in source.lines():
        if line is None:
            too_long.append(number)
        elif old_mac:
            *rows, last = line.decode("utf-8", "surrogateescape").split("\r")
            yield from (f"{row}\n" for row in rows)
            if last != "\n" or not rows:  # a cell may have both
                yield last
        else:
            yield line.decode("utf-8", "surrogateescape")


def _escapes(source: Source) -> bool:
    """Whether quotes within cells are escaped with a backslash and not doubled, going by the start of the table."""
    head = source.head().decode("utf-8", "replace")
    return bool(_ESCAPED_WITHIN.search(head)) and not _DOUBLED_WITHIN.search(head)


def _doubled(line: str) -> str:
    r"""A line with "" for \"; other backslashes may be text."""
    return _ESCAPED.sub(r'\1""', line) if '\\"' in line else line


def _is_written(source: Source) -> bool:
    """Whether this is a dump of psql or `mysql -B`, as far as its start shows: even rows without quotes, whose escapes are theirs."""
    *lines, _ = source.head().decode("utf-8", "replace").split("\n")
    cells = [line.split("\t") for line in lines]
    return (
        len({len(row) for row in cells}) == 1 < len(cells[0])
        and any(map(_WRITTEN_END.search, lines))
        and not any(map(_NO_ESCAPE.search, lines))
        and not any('""' in cell and _QUOTED.fullmatch(cell) for row in cells for cell in row)
    )


def _control(escape: re.Match[str]) -> str:
    """A control character with a backslash before it, as `csv` reads it, for the letter that stands for it."""
    return "\\" + _CONTROLS.get(escape[1], escape[1])


def _is_enclosed(lines: list[str], dialect: dict[str, Any]) -> bool:
    """Whether MySQL wrote cells in quotes: each row is longer by the lines that end with a backslash, and by no other."""
    ended = sum(1 for line in lines if _ESCAPED_END.search(line))
    try:
        rows = sum(1 for row in csv.reader(_ended(lines), **dialect) if row)
    except csv.Error:
        return False
    return ended > 1 and 0 <= rows + ended - len(lines) <= 1 and _is_even(lines, **dialect)


def _dialect(source: Source) -> dict[str, Any]:
    """How the cells are separated, going by the start of the table."""
    *lines, last = re.split(r"\r\n|\n|\r", source.head().decode("utf-8", "replace"))
    lines = lines or [last]
    if said := _SEPARATOR.fullmatch(lines[0]):
        return {"delimiter": said[1]}
    # The character that the first line has most often outside quotes.
    counts = Counter(char for part in lines[0].split('"')[::2] for char in part if char in ",;\t|")
    by_name = "\t" if source.name.lower().endswith((".tsv", ".tab")) else ","
    delimiter = max(",;\t|", key=lambda char: (counts[char], char == by_name))
    # Without a header these may be commas of a text; tabs are not.
    if delimiter != "\t" and not _is_even(lines, delimiter=delimiter):
        delimiter = next((char for char in counts if _is_even(lines, delimiter=char)), delimiter)
    unquoted = {"delimiter": delimiter, "quoting": csv.QUOTE_NONE, "escapechar": "\\"}
    has_quotes = any(f'{delimiter}"' in f"{delimiter}{line}" for line in lines)
    if not has_quotes and any(map(_ESCAPED_END.search, lines)) and _is_even(lines, **unquoted):
        return unquoted
    if delimiter == "\t" and _is_written(source):
        return unquoted
    enclosed = {"delimiter": delimiter, "escapechar": "\\"}
    if has_quotes and _is_enclosed(lines, enclosed):
        return enclosed
    # Many tables with tabs know no quotes.  A cell that opens one and never closes it would swallow the rows below it: where
    # all lines have the same number of cells without a look at quotes, and some cell is not quoted well, they mean nothing.
    cells = [line.split(delimiter) for line in lines if line]
    is_even = len({len(row) for row in cells}) == 1
    is_literal = (
        delimiter == "\t"
        and is_even
        and any(cell.startswith('"') and not _QUOTED.fullmatch(cell) for row in cells for cell in row)
    )
    return {
        "delimiter": delimiter,
        "quoting": csv.QUOTE_NONE if is_literal else csv.QUOTE_MINIMAL,
        "skipinitialspace": not is_literal and _has_blanks(lines, delimiter),
    }


def _is_even(lines: list[str], **dialect: Any) -> bool:
    """Whether most rows have as many cells as the first, and more than one."""
    first, *widths = [len(row) for row in csv.reader(_ended(lines), **dialect) if row] or [0]
    return first > 1 and 2 * widths.count(first) > len(widths)


def _has_blanks(lines: list[str], delimiter: str) -> bool:
    """Whether blanks stand between delimiters and the quotes of cells: then the table is even and well quoted without them."""
    if not any(cell.startswith(' "') for row in csv.reader(_ended(lines), delimiter=delimiter) for cell in row):
        return False
    widths: set[int] = set()
    try:
        widths.update(
            len(row) for row in csv.reader(_ended(lines), delimiter=delimiter, skipinitialspace=True, strict=True) if row
        )
    except csv.Error as error:  # the rest of a quotation may be behind the head
        return "end of data" in str(error) and len(widths) == 1
    return len(widths) == 1


def _ended(lines: list[str]) -> Iterator[str]:
    return (line + "\n" for line in lines)
