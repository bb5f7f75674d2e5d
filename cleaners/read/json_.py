"""JSON: one object a line, an array of them, or one after the other, whatever the file is called; and arrays or objects of them in other objects."""

import io
import json
import re
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

import orjson

from cleaners.decode.looks import is_utf8
from cleaners.read import record, wrapper
from cleaners.read.recode import legacy, utf_8, whole_characters
from cleaners.read.record import Record
from cleaners.read.source import BUFFER, HEAD, Filled, Source, buffered
from cleaners.read.values import DOCUMENT_BYTES, Failed, Names, Raw, safe_name

_BLANK = b" \t\r\n"


def read(source: Source, _media_type: str) -> Iterator[Raw | Failed]:
    """The documents in the records, which are numbered by line, or counted if they are not lines."""
    source, encoding = utf_8(source)
    known = legacy(source)
    if known and (whole := whole_characters(source, known)) is not source:
        source, encoding, known = whole, known, None
    by_lines = _is_lines(source)
    if array := _long_wrapper(source, by_lines):
        records = _streamed(source, encoding, array)
    else:
        wrapped = _lines(source, encoding) if by_lines else _values(source, encoding)
        records = chain.from_iterable(_unwrapped(source, one) for one in wrapped)
    yield from record.documents(source, (one for one in records if not _is_action(one)), known)


def _is_action(one: Record | Failed) -> bool:
    """Whether this is a line of Elasticsearch's bulk format that says what to do with the next: {"index": {"_id": "1"}}."""
    value = one.value if isinstance(one, Record) else None
    if not isinstance(value, dict) or len(value) != 1:
        return False
    [(name, what)] = value.items()
    return name in _ACTIONS and isinstance(what, dict) and all(key.startswith("_") or key == "routing" for key in what)


_ACTIONS = {"index", "create", "update", "delete"}


def _is_lines(source: Source) -> bool:
    """Whether each record is a line.

    The first line that is not blank decides: it is a whole value, or else the beginning of one that goes on in the
    next line.  In a file named as JSON Lines only a lone bracket counts as such a beginning: a damaged line is likelier.
    """
    first, end, _ = source.head().lstrip(_BLANK).partition(b"\n")
    first = first.rstrip(_BLANK)
    if re.search(r"(?i)\.(jsonl|ndjson|jl)$", source.name):
        return first not in {b"[", b"{"} and not re.match(rb"\[\s*\{", first)
    if first.startswith(b"["):
        return False
    # A line without an end is a record, or many one after the other, unless it is longer than the head.
    return isinstance(_parse(first), dict) or (not end and len(source.head()) == HEAD)


def _lines(source: Source, encoding: str) -> Iterator[Record | Failed]:
    for number, line in source.lines():
        if line is None:
            yield source.too_large(number, "line")
        elif (raw := line.rstrip(b"\r\n")) and not raw.isspace():
            raw = raw[:-1] if raw.endswith(b"},") else raw  # written as in an array
            yield _record(source, number, raw, encoding)


def _record(source: Source, number: int | str, raw: bytes, encoding: str) -> Record | Failed:
    reason = ""
    try:
        if not (_DIGITS in raw.translate(_AS_ZERO) and _LONG_NUMBER.search(raw)):
            return Record(number, raw, orjson.loads(raw), encoding)
    except orjson.JSONDecodeError as error:  # it also refuses half characters and NaN, which Python's own parser accepts
        reason = str(error)
    try:
        value = json.loads(_text(raw), strict=False, parse_int=_whole)
        return Record(number, raw, value, encoding, is_escaped=not is_utf8(raw))
    except (ValueError, RecursionError) as error:
        return source.failed(number, "JSONDecodeError", f"this record is not JSON: {reason or error}", raw)


# orjson makes a float of a number of more than 64 bits, and so loses digits.  The expression that finds such numbers takes three times
# as long as orjson; to make all digits zeros and look for that many zeros takes a thirteenth of that.
_LONG_NUMBER = re.compile(rb"-\d{19}|\d{20}")
_DIGITS, _AS_ZERO = b"0" * 19, bytes.maketrans(b"123456789", b"0" * 9)
_MAX_DIGITS = 4000  # of a number that Python reads and writes


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MAX_DIGITS else digits


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _parse(raw: bytes) -> Any:
    try:
        return json.loads(_text(raw), strict=False, parse_int=_whole)
    except (ValueError, RecursionError):
        return None


def _values(source: Source, encoding: str) -> Iterator[Record | Failed]:
    """The elements of an array, or values one after the other; each is found by its brackets, then parsed."""
    for number, raw in enumerate(_split(source), start=1):
        if raw is None:
            yield source.too_large(number, "record")
        else:
            yield _record(source, number, raw, encoding)
        source.next_document()


def _unwrapped(source: Source, one: Record | Failed) -> Iterator[Record | Failed]:
    """A record, or the records that it wraps; of wrappers in it those in the first."""
    if isinstance(one, Failed) or str(one.part).count("#") > 1:
        yield one
        return
    if keyed := wrapper.keyed(one.value, source.fields):
        names = Names()
        for path, value in keyed.items():
            yield one._replace(part=f"{one.part}#{names.unique('/'.join(path))}", raw=None, value=value)
            source.next_document()
        return
    if one.raw is None or not wrapper.may_be(one.value, source.fields):
        yield one
        return
    text = _text(one.raw)
    arrays = wrapper.arrays(text, source.fields)
    if not arrays:
        yield one
    names = Names()
    for array in arrays:
        inner = replace(source, stream=buffered(io.BytesIO(text[array.at :].encode("utf-8", "surrogateescape"))))
        yield from _elements(inner, f"{one.part}#{names.unique('/'.join(array.path))}", one.encoding)


def _inside(
    source: Source, make: Callable[[int, bytes | None], Iterable[Record | Failed]]
) -> Generator[Record | Failed, None, bytes]:
    """What `make` makes of the items of the array or object that the source is in, by number and bytes; returns what was read beyond."""
    pieces = _split(source, is_inside=True)
    number = 0
    while True:
        try:
            raw = next(pieces)
        except StopIteration as end:
            rest: bytes = end.value
            return rest
        number += 1
        yield from make(number, raw)
        source.next_document()


def _elements(source: Source, name: str, encoding: str) -> Generator[Record | Failed, None, bytes]:
    """The elements of an array that the source is in, as `_inside`, or what these wrap."""

    def element(number: int, raw: bytes | None) -> Iterable[Record | Failed]:
        part = f"{name}/{number}"
        return [source.too_large(part, "record")] if raw is None else _unwrapped(source, _record(source, part, raw, encoding))

    return _inside(source, element)


def _members(source: Source, path: tuple[str, ...], encoding: str) -> Generator[Record | Failed, None, bytes]:
    """The members of an object that the source is in, as `_inside`."""
    names = Names()

    def member(number: int, raw: bytes | None) -> Iterable[Record | Failed]:
        read = _parse(b"{%b}" % raw) if raw else None
        named = read if isinstance(read, dict) and len(read) == 1 else {str(number): None}
        [(name, value)] = named.items()
        part = f"1#{names.unique('/'.join((*path, name)))}"
        if raw is None:
            return [source.too_large(part, "record")]
        if named is not read:
            return [source.failed(part, "JSONDecodeError", "this record is not JSON", raw)]
        return [Record(part, None, wrapper.named(name, value), encoding, is_escaped=not is_utf8(raw))]

    return _inside(source, member)


def _long_wrapper(source: Source, by_lines: bool) -> wrapper.Array | None:
    """The first array of a wrapper, or its object of records, if the source is a wrapper longer than its head, without lines."""
    head = source.head()
    is_long = len(head) == HEAD and head.lstrip(_BLANK).startswith(b"{") and not (by_lines and b"\n" in head)
    if not is_long:
        return None
    return next(iter(wrapper.arrays(_text(head), source.fields)), None) or wrapper.begun(_text(head), source.fields)


class _Behind(Filled):
    """A stream with some bytes in front."""

    def __init__(self, front: bytes, stream: io.BufferedReader) -> None:
        super().__init__()
        self._front, self._stream = front, stream

    def piece(self, most: int) -> bytes:
        piece, self._front = self._front[:most], self._front[most:]
        return piece or self._stream.read1(min(most, BUFFER))


def _streamed(source: Source, encoding: str, array: wrapper.Array) -> Iterator[Record | Failed]:
    """The records in an object that is too long to be held; then the rest of the object, and what follows it."""
    front = _text(source.head())[: array.at].encode("utf-8", "surrogateescape")
    source.stream.read(len(front))
    if array.is_keyed:
        rest = yield from _members(source, array.path, encoding)
    else:
        rest = yield from _elements(source, f"1#{safe_name('/'.join(array.path))}", encoding)
    opened = '{"\\u0000":' * len(array.path) + ("0" if array.path else "{}")
    behind = replace(source, stream=buffered(_Behind(opened.encode() + rest, source.stream)))
    for one in _values(behind, encoding):
        if isinstance(one, Failed) or one.part != 1:
            yield from _unwrapped(source, one)
        elif wrapper.arrays(_text(one.raw or b""), source.fields) or record.text_of(one.value, source.fields, None):
            yield from _unwrapped(source, one._replace(part="1~2"))


_TOKEN = re.compile(rb'["{}\[\],]')


def _backslashes(buffer: bytes, begin: int, end: int) -> int:
    """How many backslashes stand right before `end`."""
    at = end
    while at > begin and buffer[at - 1] == 0x5C:
        at -= 1
    return end - at


def _split(source: Source, *, is_inside: bool = False) -> Generator[bytes | None, None, bytes]:
    """Cut at the top level of an array, or of values one after the other; None for a value that is too long.

    Inside an array, stop where it ends, and return what was read beyond.

    A streaming parser (ijson) would lose the bytes of the record, hold a string of any length, and
    stop at the first fault.  This looks only at strings and brackets, and goes on after a faulty record.
    """
    buffer = b""
    at = begin = 0  # how far the buffer was looked at; where the value begins
    depth = top = int(is_inside)  # how many brackets are open; how many around the values
    is_first, in_string, too_long = not is_inside, False, False
    was_array = False  # one has just ended: scrapers append a second run to the first
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
            opens_array = token == b"[" and (is_first or (was_array and not buffer[begin : match.start()].strip(_BLANK)))
            is_first = was_array = False
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
                    end_of_value, top, was_array = match.start(), 0, True
                elif depth == 0:
                    end_of_value = at
            elif depth == top:
                end_of_value = match.start()
            if end_of_value is not None:
                value = buffer[begin:end_of_value].strip(_BLANK)
                if too_long or value:
                    yield None if too_long or len(value) > DOCUMENT_BYTES else value
                begin, too_long = at, False
                if is_inside and not top:
                    return buffer[at:]
    rest = buffer[begin:].strip(_BLANK)
    if too_long or rest:
        yield None if too_long else rest
    return b""
