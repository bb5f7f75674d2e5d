"""Bytes to text, and back.

Nearly every dump is UTF-8, so that is tried first and costs nothing but Python's own decoder.  What is
not UTF-8 is UTF-16 or UTF-32, another encoding that the detector names, or no text at all.  Nothing is
lost on the way: bytes that mean nothing in the chosen encoding become U+FFFD and are recorded with
their offset, so that `encode_back` can put them in again.
"""

import codecs
import re
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from unicodedata import category

UndecodableBytes = tuple[tuple[int, str], ...]
"""Runs of bytes that mean nothing in the encoding: offset in the raw bytes, and the bytes in hex."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, and how it was got from its bytes.

    Attributes:
        text: the text, without a byte order mark.
        encoding: the Python codec that reads these bytes.  "utf-8-sig", "utf-16" and "utf-32" say that
            there is a byte order mark; "utf-16-le" and its like that there is none.
        undecodable: the runs of bytes that became one U+FFFD each.
        evidence: why this encoding: "ascii", "valid utf-8", "bom", "mostly utf-8", "escape sequences",
            "utf-16 without bom", "utf-32 without bom", "detector" or "default".
        confidence: what the detector gave its answer, 0 to 1; None where nobody had to guess.
        big_endian: the byte order of "utf-16" and "utf-32", which their names leave open.
    """

    text: str
    encoding: str
    undecodable: UndecodableBytes
    evidence: str
    confidence: float | None
    big_endian: bool = False


@dataclass(frozen=True, slots=True)
class Binary:
    """These bytes are no text; `reason` is a sentence for the user."""

    reason: str


# (byte order mark, codec behind it, name with the mark, big endian).  UTF-32-LE begins like UTF-16-LE, so it comes first.
_BOMS = (
    (codecs.BOM_UTF8, "utf-8", "utf-8-sig", False),
    (codecs.BOM_UTF32_LE, "utf-32-le", "utf-32", False),
    (codecs.BOM_UTF32_BE, "utf-32-be", "utf-32", True),
    (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16", False),
    (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16", True),
)
_BOM_STARTS = tuple(bom for bom, *_ in _BOMS)

# Written in ASCII, yet not meant to be read as it stands.
_CODED_TEXT = {
    b"%PDF-": "a PDF document",
    b"{\\rtf": "an RTF document",
    b"%!PS": "a PostScript document",
}
_CODED_STARTS = tuple(_CODED_TEXT)

# What the files of common kinds begin with.  (Source: the "magic" file of file(1).)
_MAGIC = {
    b"\x89PNG\r\n\x1a\n": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF87a": "a GIF image",
    b"GIF89a": "a GIF image",
    b"II*\0": "a TIFF image",
    b"MM\0*": "a TIFF image",
    b"PK\x03\x04": "a ZIP archive (or an Office document, an e-book, …)",
    b"PK\x05\x06": "an empty ZIP archive",
    b"\x1f\x8b": "gzip data",
    b"\x28\xb5\x2f\xfd": "Zstandard data",
    b"BZh": "bzip2 data",
    b"\xfd7zXZ\0": "xz data",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"Rar!\x1a\x07": "a RAR archive",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old Office document (.doc, .xls, .ppt)",
    b"SQLite format 3\0": "an SQLite database",
    b"PAR1": "a Parquet file",
    b"\x7fELF": "a program (ELF)",
    b"MZ": "a program (Windows)",
    b"ID3": "MP3 audio",
    b"OggS": "Ogg audio or video",
    b"RIFF": "WAV, AVI or WebP data",
    b"\x1aE\xdf\xa3": "Matroska or WebM video",
    b"wOFF": "a font",
    b"wOF2": "a font",
}

_NOT_TEXT = "holds control characters as no text does: binary data of an unknown kind"

# Control bytes that no text holds, but for a stray one.  Escape sequences (\x1b) colour the output of programs.
_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\b\t\n\v\f\r\x1b")
# In random or compressed data 26 of 256 bytes are such controls; in the 262 legacy files of the development data
# 0.00 %.  Text that is valid UTF-8 proves itself by that; up to 30 % there are separators, padding or damage.
_MAX_CONTROLS = 0.05
_MAX_CONTROLS_IN_UTF8 = 0.30
# UTF-16 that happens to be valid UTF-8 is every second byte a control, or nearly (measured: 15 % and more).
_MIN_CONTROLS_OF_UTF16 = 0.10

# What the detector takes for UTF-16 is often a small program file.  Of 125 such files here at least 10 % of the
# characters were controls, unassigned, private or broken; in real UTF-16 none were.
_MEANINGLESS = {"Cc", "Cn", "Co", "Cs"}
_MAX_MEANINGLESS = 0.05
_WIDE_SAMPLE = 4000  # characters

# Characters of two bytes and more that a text must hold for each byte that is wrong before it counts as damaged
# UTF-8.  In the legacy files of the development data there are at most 0.4 (Japanese), in damaged UTF-8 hundreds.
_MIN_UTF8_PER_BAD_BYTE = 2

# Half a character of UTF-16, written like a character of UTF-8: forbidden, but no other encoding looks like that.
_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")

# A short English line with a pair of curly quotes gives the detector next to nothing to go by (it says 0.10, and
# Hebrew).  Where it is so unsure and the text is mostly ASCII, windows-1252 is taken, as browsers do (WHATWG Encoding
# Standard).  Its right answers on the development data with 0.15 and less are East Asian, with far more such bytes.
_MIN_CONFIDENCE = 0.15
_MAX_NOT_ASCII = 0.15
_ASCII = bytes(range(128))

_SAMPLE_LINES = 20  # lines that are given to the detector as they stand; of the others it sees those that are not ASCII
_SAMPLE_BYTES = 200_000  # the detector's own limit


def decode(raw: bytes) -> Decoded | Binary:
    """Make text of bytes, without knowing anything else about them.

    Never raises, and gives the same answer for the same bytes always.
    """
    if raw.startswith(_BOM_STARTS):
        return _after_bom(raw)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return _not_utf8(raw)
    if b"\0" in raw or b"\x1b" in raw:
        return _odd_utf8(raw, text)
    if raw.startswith(_CODED_STARTS):
        return Binary(_kind(raw, _CODED_TEXT) or _NOT_TEXT)
    return Decoded(text, "utf-8", (), "ascii" if text.isascii() else "valid utf-8", None)


def encode_back(text: str, encoding: str, undecodable: Iterable[tuple[int, str]], *, big_endian: bool = False) -> bytes:
    """Give back the bytes that `decode` read.

    The bytes are exactly the old ones for UTF-8, UTF-16 and UTF-32 with and without byte order mark, and for
    every single-byte encoding that the detector knows but cp1006.  The multi-byte encodings of East Asia
    have several ways to write some characters (and ISO-2022 has several for all of them), so that there a
    byte may differ; compare with the SHA-256 of the source where it matters.

    Args:
        text: the text as `decode` gave it.
        encoding: `Decoded.encoding`.
        undecodable: `Decoded.undecodable`.
        big_endian: `Decoded.big_endian`.

    Raises:
        ValueError: the arguments do not belong together.
    """
    bom, codec = b"", encoding
    for mark, codec_behind, name, is_big in _BOMS:
        if name == encoding and is_big == (big_endian and encoding != "utf-8-sig"):
            bom, codec = mark, codec_behind
    raw = bytearray(bom)
    runs = list(reversed(list(undecodable)))
    if not runs:
        return bytes(raw) + text.encode(codec)
    for number, piece in enumerate(text.split("\ufffd")):
        if number and runs and runs[-1][0] == len(raw):
            raw += bytes.fromhex(runs.pop()[1])
        elif number:  # a U+FFFD that stood in the source already
            raw += "\ufffd".encode(codec)
        raw += piece.encode(codec)
    if runs:
        raise ValueError(f"the undecodable bytes at offset {runs[-1][0]} have no place in this text")
    return bytes(raw)


def _after_bom(raw: bytes) -> Decoded:
    """Decode what stands behind a byte order mark."""
    bom, codec, name, big_endian = next(row for row in _BOMS if raw.startswith(row[0]))
    text, undecodable = _decode_recording(raw[len(bom) :], codec, len(bom))
    return Decoded(text, name, undecodable, "bom", None, big_endian)


def _odd_utf8(raw: bytes, text: str) -> Decoded | Binary:
    """Decide about valid UTF-8 with NULs or escape sequences: text with a blemish, another encoding, or no text."""
    if kind := _kind(raw, _MAGIC):
        return Binary(kind)
    controls = _share_of_controls(raw)
    if b"\x1b" in raw or controls > _MIN_CONTROLS_OF_UTF16:
        encoding, _ = _detect(raw)
        if encoding.startswith("iso2022"):
            return _decoded(raw, encoding, "escape sequences")
        # A letter beyond ASCII, correct in UTF-8, is hardly ever the bytes of two characters in UTF-16.
        if controls > _MIN_CONTROLS_OF_UTF16 and raw.isascii() and (wide := _wide(raw, encoding)):
            return wide
    if controls > _MAX_CONTROLS_IN_UTF8:
        return Binary(_NOT_TEXT)
    return Decoded(text, "utf-8", (), "ascii" if text.isascii() else "valid utf-8", None)


def _not_utf8(raw: bytes) -> Decoded | Binary:
    """Decide about bytes that are not UTF-8 as they stand."""
    if kind := _kind(raw, _CODED_TEXT) or _kind(raw, _MAGIC):
        return Binary(kind)
    is_clean = _share_of_controls(raw) <= _MAX_CONTROLS
    if is_clean and _is_damaged_utf8(raw):
        return _decoded(raw, "utf-8", "mostly utf-8")
    encoding, confidence = _detect(raw)
    if wide := _wide(raw, encoding):
        return wide
    if is_clean and confidence < _MIN_CONFIDENCE and len(raw.translate(None, _ASCII)) < _MAX_NOT_ASCII * len(raw):
        return _decoded(raw, "cp1252", "default")
    if is_clean and encoding:
        return _decoded(raw, encoding, "detector", confidence)
    return Binary(_NOT_TEXT)


def _wide(raw: bytes, encoding: str) -> Decoded | None:
    """Decode UTF-16 or UTF-32 without byte order mark, if the guess is that and what comes out looks like text."""
    if not encoding.startswith(("utf-16", "utf-32")):
        return None
    decoded = _decoded(raw, encoding, f"{encoding[:6]} without bom")
    sample = decoded.text[:_WIDE_SAMPLE]
    meaningless = sum(c == "\ufffd" or (category(c) in _MEANINGLESS and c not in "\t\n\v\f\r") for c in sample)
    return decoded if meaningless <= _MAX_MEANINGLESS * len(sample) else None


def _is_damaged_utf8(raw: bytes) -> bool:
    """Whether UTF-8 was meant although some bytes are wrong: cut off in a character, or mixed with other text."""
    raw, surrogates = _SURROGATE.subn(b"", raw)
    text = raw.decode("utf-8", "ignore")
    good = len(text) - len(text.encode("ascii", "ignore")) + surrogates
    bad = len(raw) - len(text.encode("utf-8"))
    return good >= _MIN_UTF8_PER_BAD_BYTE * bad or (good > 0 and _is_cut_off(raw))


def _is_cut_off(raw: bytes) -> bool:
    """Whether the only fault is that the last character is not complete."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(raw, final=False)
    except UnicodeDecodeError:
        return False
    return True


def _kind(raw: bytes, kinds: Mapping[bytes, str]) -> str | None:
    """Name the kind of file that begins like this, if it is one of `kinds`."""
    for start, kind in kinds.items():
        # An article may begin with "MZ" or "ID3", but it does not go on with NULs; the other starts are no text.
        if raw.startswith(start) and (kinds is _CODED_TEXT or not start.isalnum() or b"\0" in raw):
            return f"{kind}, not plain text"
    if kinds is _MAGIC and raw[4:8] == b"ftyp" and b"\0" in raw:
        return "MP4 video or audio, not plain text"
    return None


def _share_of_controls(raw: bytes) -> float:
    """Measure the share of control bytes; NULs at the end, which fill up a block on a disk, are not counted."""
    body = raw.rstrip(b"\0")
    return 1 - len(body.translate(None, _CONTROLS)) / len(body) if body else 1.0


def _detect(raw: bytes) -> tuple[str, float]:
    """Ask the detector: a Python codec name ("" for binary data) and its confidence from 0 to 1."""
    # Here and not above: importing it takes 0.1 s, and few runs need it.
    import chardet
    from chardet.enums import EncodingEra

    guess = chardet.detect(_sample(raw), encoding_era=EncodingEra.ALL & ~EncodingEra.MAINFRAME, max_bytes=_SAMPLE_BYTES)
    name = guess["encoding"]
    if name == "ascii":  # a line longer than the sample, with its first foreign letter behind that
        name = "cp1252"
    return (codecs.lookup(name).name if name else "", guess["confidence"])


def _sample(raw: bytes) -> bytes:
    """Choose what the detector sees: the beginning, where an encoding may be declared, and the lines that are not ASCII.

    The detector judges by the first 16 kB, which may be an English menu above a Russian article.  The line
    break in front keeps it from taking "BMW" or "MZ" at the start of an article for a file of that kind.
    """
    if b"\0" in raw or raw.isascii():
        return raw
    lines = raw.split(b"\n")
    return b"\n".join((b"", *lines[:_SAMPLE_LINES], *(line for line in lines[_SAMPLE_LINES:] if not line.isascii())))


def _decoded(raw: bytes, encoding: str, evidence: str, confidence: float | None = None) -> Decoded:
    text, undecodable = _decode_recording(raw, encoding)
    return Decoded(text, encoding, undecodable, evidence, confidence)


_errors: ContextVar[list[tuple[int, int]]] = ContextVar("_errors")


def _record(error: UnicodeError) -> tuple[str, int]:
    """Codec error handler: note the place; one U+FFFD for each run of bad bytes."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    spans = _errors.get()
    if spans and spans[-1][1] == error.start:
        spans[-1] = (spans[-1][0], error.end)
        return "", error.end
    spans.append((error.start, error.end))
    return "\ufffd", error.end


codecs.register_error("copydesk.record", _record)


def _decode_recording(raw: bytes, codec: str, shift: int = 0) -> tuple[str, UndecodableBytes]:
    """Decode, and list the bytes that could not be; `shift` is added to their offsets."""
    spans: list[tuple[int, int]] = []
    token = _errors.set(spans)
    try:
        text = raw.decode(codec, "copydesk.record")
    finally:
        _errors.reset(token)
    return text, tuple((start + shift, raw[start:end].hex()) for start, end in spans)
