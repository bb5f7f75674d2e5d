"""Text containers (JSON, CSV) that are not in UTF-8."""

import codecs
import io
from dataclasses import replace

from cleaners.decode import Binary, decode
from cleaners.decode.looks import is_utf8
from cleaners.read.source import BUFFER, HEAD, Filled, Source, buffered

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# For tables of a few lines, in the languages that were tried, the detector gave 0.09 and more; for a mixture of encodings 0.01.
_MIN_CONFIDENCE = 0.05


class _Recoded(Filled):
    """Another encoding as UTF-8.  With "surrogateescape", bytes that do not fit it stay as they are."""

    def __init__(self, source: io.BufferedReader, encoding: str, errors: str = "replace") -> None:
        super().__init__()
        self._source = source
        self._errors = errors
        self._decoder = codecs.getincrementaldecoder(encoding)(errors)
        self._ready = b""
        self._is_over = False

    def piece(self, most: int) -> bytes:
        while not self._ready and not self._is_over:
            data = self._source.read1(BUFFER)
            self._is_over = not data
            self._ready = self._decoder.decode(data, final=not data).encode("utf-8", self._errors)
        piece, self._ready = self._ready[:most], self._ready[most:]
        return piece


def legacy(source: Source) -> str | None:
    """The legacy encoding of a source, if its head is not UTF-8 and shows which it is."""
    head = source.head()
    return guessed(head if len(head) < HEAD else head[: head.rfind(b"\n") + 1])  # a character may be cut at the end


def guessed(raw: bytes) -> str | None:
    """The legacy encoding of some bytes, if they are not UTF-8 and show which it is."""
    if is_utf8(raw):
        return None
    decoded = decode(raw)
    if isinstance(decoded, Binary) or decoded.undecodable or decoded.pieces or (decoded.confidence or 0) < _MIN_CONFIDENCE:
        return None
    return None if decoded.encoding.startswith("utf") else decoded.encoding


def whole_characters(source: Source, encoding: str) -> Source:
    r"""The source in UTF-8 if in its encoding a "\" may be half a character, as in Shift_JIS: JSON would take it for an escape."""
    head = source.head()
    if head.count(b"\\") == head.decode(encoding, "replace").count("\\"):
        return source
    return replace(source, stream=buffered(_Recoded(source.stream, encoding, "surrogateescape")), is_file=False)


def utf_8(source: Source) -> tuple[Source, str]:
    """The source with its content in UTF-8 and without a byte order mark, and the encoding that it has.

    The bytes of a record are then those of its UTF-8.  Bytes that are not UTF-8 stay as they are: only the first few are looked at.
    """
    head = source.head()[:4]
    if head.startswith(codecs.BOM_UTF8):
        source.stream.read(len(codecs.BOM_UTF8))
        return source, "utf-8-sig"
    encoding = next((name for bom, name in _BOMS if head.startswith(bom)), None)
    if encoding is None and len(head) >= 2 and (not head[0]) != (not head[1]):  # ASCII in two bytes, as JSON and CSV begin
        encoding = "utf-16-be" if not head[0] else "utf-16-le"
    if encoding is None:
        return source, "utf-8"
    return replace(source, stream=buffered(_Recoded(source.stream, encoding)), is_file=False), encoding
