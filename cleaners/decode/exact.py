"""Decoding that loses nothing: bytes that mean nothing are recorded with their offset, so that all bytes can be restored."""

import codecs
import math
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from operator import itemgetter

UndecodableBytes = tuple[tuple[int, str], ...]
"""Runs of bytes that mean nothing in the encoding: offset in the raw bytes, and the bytes in hex."""

Pieces = tuple[tuple[int, int, str], ...]
"""Spans of the raw bytes (start, end) that are in another encoding, which is the third item."""

Variants = tuple[tuple[int, str], ...]
"""Lines that the codec would write with other bytes: offset of the line in the raw bytes, and the line in hex."""

# (byte order mark, codec after it, name with the mark, big endian).  UTF-32-LE begins like UTF-16-LE, so it comes first.
BOMS = (
    (codecs.BOM_UTF8, "utf-8", "utf-8-sig", False),
    (codecs.BOM_UTF32_LE, "utf-32-le", "utf-32", False),
    (codecs.BOM_UTF32_BE, "utf-32-be", "utf-32", True),
    (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16", False),
    (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16", True),
)


def encode_back(
    text: str,
    encoding: str,
    undecodable: Iterable[Sequence[int | str]],
    *,
    big_endian: bool = False,
    pieces: Iterable[Sequence[int | str]] = (),
    variants: Iterable[Sequence[int | str]] = (),
) -> bytes:
    """Give back exactly the bytes that `decode` read.

    Args:
        text: the text as `decode` gave it.
        encoding: `Decoded.encoding`.
        undecodable: `Decoded.undecodable`.
        big_endian: `Decoded.big_endian`.
        pieces: `Decoded.pieces`.
        variants: `Decoded.variants`.

    Raises:
        ValueError: the arguments do not belong together.
    """
    bom, codec = b"", encoding
    for mark, codec_behind, name, is_big in BOMS:
        if name == encoding and is_big == (big_endian and encoding != "utf-8-sig"):
            bom, codec = mark, codec_behind
    bad: dict[int, str] = dict(undecodable)  # type: ignore[arg-type]  # JSON has lists for pairs
    lines: dict[int, str] = dict(variants)  # type: ignore[arg-type]
    spans: Pieces = tuple(pieces)  # type: ignore[arg-type]
    if not (bad or lines or spans):
        return bom + text.encode(codec)
    raw = bytearray(bom)
    for line in _LINES.findall(text):
        start = len(raw)
        if start not in lines:
            raw += _line_back(line, start, codec, bad, spans)
            continue
        raw += bytes.fromhex(lines.pop(start))
        bad = {offset: run for offset, run in bad.items() if offset >= len(raw)}
    if bad or lines:
        raise ValueError(f"the undecodable bytes at offset {min((*bad, *lines))} have no place in this text")
    return bytes(raw)


_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_UNKNOWN = re.compile("(\ufffd)")


def _line_back(line: str, start: int, codec: str, bad: dict[int, str], pieces: Pieces) -> bytes:
    """Give back the bytes of the line that begins at offset `start`; the undecodable ones among them are taken out of `bad`."""
    raw = bytearray()
    for part in _UNKNOWN.split(line):
        at = start + len(raw)
        if part == "\ufffd" and at in bad:
            raw += bytes.fromhex(bad.pop(at))
            continue
        reader, until = _codec_at(at, codec, pieces)
        if pieces and at + len(part.encode(reader, "replace")) > until:
            for character in part:
                raw += character.encode(_codec_at(start + len(raw), codec, pieces)[0])
        else:  # a U+FFFD that stood in the source is among these
            raw += part.encode(reader)
    return bytes(raw)


def _codec_at(offset: int, codec: str, pieces: Pieces) -> tuple[str, float]:
    """Find the codec of the byte at this offset, and the offset up to which that codec applies."""
    number = bisect_right(pieces, offset, key=itemgetter(0))
    if number and offset < pieces[number - 1][1]:
        return pieces[number - 1][2], pieces[number - 1][1]
    return codec, pieces[number][0] if number < len(pieces) else math.inf


def variants_of(raw: bytes, text: str, codec: str, bad: dict[int, str], pieces: Pieces, start: int) -> Variants:
    """List the lines that do not become the same bytes again."""
    is_plain = not (bad or pieces)
    if is_plain and _encodes_to(text, codec, raw):
        return ()
    found: list[tuple[int, str]] = []
    for line in _LINES.findall(text):
        end = raw.find(b"\n", start) + 1 or len(raw)
        try:
            same = _line_back(line, start, codec, bad, pieces) == raw[start:end]
        except UnicodeEncodeError:
            same = False
        # The text as a whole did not become the same bytes, so at least one line must tell `encode_back` to go line by line.
        if not same or (is_plain and not found and end == len(raw)):
            found.append((start, raw[start:end].hex()))
        start = end
    return tuple(found)


def _encodes_to(text: str, codec: str, raw: bytes) -> bool:
    try:
        return text.encode(codec) == raw
    except UnicodeEncodeError:  # a few codecs read more than they write
        return False


# A character beyond U+FFFF as Java and some databases write it (CESU-8): the two halves of UTF-16, each like a character of UTF-8.
CESU8 = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")

_errors: ContextVar[list[tuple[int, int]]] = ContextVar("_errors")


def _record(error: UnicodeError) -> tuple[str, int]:
    """Codec error handler: note the place; one U+FFFD for each run of bad bytes.  CESU-8 is no error."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    if error.encoding == "utf-8" and (pair := CESU8.match(error.object, error.start)):
        return pair[0].decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass").decode("utf-16"), pair.end()
    spans = _errors.get()
    if spans and spans[-1][1] == error.start:
        spans[-1] = (spans[-1][0], error.end)
        return "", error.end
    spans.append((error.start, error.end))
    return "\ufffd", error.end


codecs.register_error("copydesk.record", _record)


def decode_recording(raw: bytes, codec: str, shift: int = 0) -> tuple[str, UndecodableBytes]:
    """Decode, and list the bytes that could not be; `shift` is added to their offsets."""
    spans: list[tuple[int, int]] = []
    token = _errors.set(spans)
    try:
        text = raw.decode(codec, "copydesk.record")
    finally:
        _errors.reset(token)
    return text, tuple((start + shift, raw[start:end].hex()) for start, end in spans)
