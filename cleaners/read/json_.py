"""JSON: one object a line, an array of them, or one after the other, in whatever file name."""

import json
import re
from collections.abc import Iterator
from typing import Any

import orjson

from cleaners.read import record
from cleaners.read.recode import utf_8
from cleaners.read.record import Record
from cleaners.read.source import Source
from cleaners.read.values import DOCUMENT_BYTES, Failed, Raw

_BLANK = b" \t\r\n"


def read(source: Source, _media_type: str) -> Iterator[Raw | Failed]:
    """The documents in the records.  Their numbers are those of the lines, or of the records where these are not lines."""
    source, encoding = utf_8(source)
    yield from record.documents(source, _lines(source, encoding) if _is_lines(source) else _values(source, encoding))


def _is_lines(source: Source) -> bool:
    """Whether each record is a line.

    The first line that is not blank decides: it is a value in itself, or else a fragment of a value that goes on in the
    next line.  In a file for JSON Lines by name only a lone bracket is taken for such a fragment: a damaged line is likelier.
    """
    first, end, _ = source.head().lstrip(_BLANK).partition(b"\n")
    first = first.rstrip(_BLANK)
    if re.search(r"(?i)\.(jsonl|ndjson|jl)$", source.name):
        return first not in {b"[", b"{"} and not re.match(rb"\[\s*\{", first)
    if first.startswith(b"["):
        return False
    return not end or isinstance(_parse(first), dict)


def _lines(source: Source, encoding: str) -> Iterator[Record | Failed]:
    for number, line in source.lines():
        if line is None:
            yield source.too_large(number, "line")
        elif (raw := line.rstrip(b"\r\n")) and not raw.isspace():
            yield _record(source, number, raw, encoding)


def _record(source: Source, number: int, raw: bytes, encoding: str) -> Record | Failed:
    try:
        return Record(number, raw, orjson.loads(raw), encoding)
    except orjson.JSONDecodeError as error:  # it refuses half characters and NaN, too, which Python's own parser does not
        reason = str(error)
    try:
        text = raw.decode("utf-8", "surrogateescape")
        value = json.loads(text, strict=False)
        return Record(number, raw, value, encoding, is_escaped=not _is_utf_8(raw))
    except (ValueError, RecursionError):
        return source.failed(number, "JSONDecodeError", f"this record is not JSON: {reason}", raw)


def _parse(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8", "surrogateescape"), strict=False)
    except (ValueError, RecursionError):
        return None


def _is_utf_8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _values(source: Source, encoding: str) -> Iterator[Record | Failed]:
    """The elements of an array, or values one after the other; each is found by its brackets before it is parsed."""
    for number, raw in enumerate(_split(source), start=1):
        if raw is None:
            yield source.too_large(number, "record")
        else:
            yield _record(source, number, raw, encoding)
        source.next_document()


_TOKEN = re.compile(rb'["{}\[\],]')


def _backslashes(buffer: bytes, begin: int, end: int) -> int:
    """How many there are in front of an offset."""
    at = end
    while at > begin and buffer[at - 1] == 0x5C:
        at -= 1
    return end - at


def _split(source: Source) -> Iterator[bytes | None]:
    """Cut at the top level of an array, or of values one after the other; None is a value that is too long.

    A streaming parser (ijson) would lose the bytes of the record, hold a string of any length, and
    stop at the first fault.  This looks at strings and brackets alone, and goes on behind a faulty record.
    """
    buffer = b""
    at = begin = 0  # how far it was looked at; where the value begins
    depth = top = 0  # how many brackets are open; how many around the values
    is_first, in_string, too_long = True, False, False
    while True:
        too_long = too_long or at - begin > DOCUMENT_BYTES
        if too_long:
            begin = at
        more = source.stream.read1(max(1 << 20, len(buffer)))  # twice as much each time: it is copied
        if not more:
            break
        buffer, at, begin = buffer[begin:] + more, at - begin, 0
        while at < len(buffer):
            if in_string:
                quote = buffer.find(b'"', at)
                end = quote if quote >= 0 else len(buffer)
                is_escape = _backslashes(buffer, at, end) % 2 == 1
                if quote < 0:
                    at = end - is_escape  # the string goes on, maybe behind half an escape
                    break
                in_string = is_escape
                at = quote + 1
                continue
            match = _TOKEN.search(buffer, at)
            if match is None:
                at = len(buffer)
                break
            token, at = match[0], match.end()
            opens_array = is_first and token == b"["
            is_first = False
            end_of_value = None
            if token == b'"':
                in_string = True
            elif opens_array:
                depth = top = 1
                begin = at
            elif token in b"[{":
                depth += 1
            elif token in b"]}":
                depth = max(depth - 1, 0)
                if depth < top:
                    end_of_value, top = match.start(), 0
                elif depth == 0:
                    end_of_value = at
            elif depth == top:
                end_of_value = match.start()
            if end_of_value is not None:
                value = buffer[begin:end_of_value].strip(_BLANK)
                if too_long or value:
                    yield None if too_long or len(value) > DOCUMENT_BYTES else value
                begin, too_long = at, False
    rest = buffer[begin:].strip(_BLANK)
    if too_long or rest:
        yield None if too_long else rest
