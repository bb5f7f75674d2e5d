"""Bytes to text, and back.

Nearly every dump is UTF-8, so that is tried first and costs nothing but Python's own decoder.  What is
not UTF-8 is UTF-16 or UTF-32, the encoding that its HTTP header or its markup declares, one that the
detector names, or no text at all.  A file made of parts in UTF-8 and in another encoding is read part by part.
Nothing is lost on the way: bytes that mean nothing in the chosen encoding become U+FFFD and are recorded
with their offset, so that `encode_back` can put them in again.
"""

import codecs
import math
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple
from unicodedata import category

import regex

UndecodableBytes = tuple[tuple[int, str], ...]
"""Runs of bytes that mean nothing in the encoding: offset in the raw bytes, and the bytes in hex."""

Pieces = tuple[tuple[int, int, str], ...]
"""Spans of the raw bytes (start, end) that are in another encoding, which is the third item."""

Variants = tuple[tuple[int, str], ...]
"""Lines that the codec would write with other bytes: offset of the line in the raw bytes, and the line in hex."""


class Decoded(NamedTuple):
    """Text, and how it was got from its bytes.

    Attributes:
        text: the text, without a byte order mark.
        encoding: the Python codec that reads these bytes.  "utf-8-sig", "utf-16" and "utf-32" say that
            there is a byte order mark; "utf-16-le" and its like that there is none.
        undecodable: the runs of bytes that became one U+FFFD each.
        evidence: why this encoding: "ascii", "valid utf-8", "bom", "mostly utf-8", "escape sequences",
            "utf-16 without bom", "utf-32 without bom", "http header", "meta", "xml declaration", "detector"
            or "default".  Behind it in brackets stand the declarations that were not believed.
        confidence: what the detector gave its answer, 0 to 1; None where nobody had to guess.
        big_endian: the byte order of "utf-16" and "utf-32", which their names leave open.
        pieces: the spans that are not in `encoding`.
        variants: the lines that cannot be had back by encoding the text alone.  Some encodings of East Asia
            can write a character in several ways.
    """

    text: str
    encoding: str
    undecodable: UndecodableBytes
    evidence: str
    confidence: float | None
    big_endian: bool = False
    pieces: Pieces = ()
    variants: Variants = ()


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
    b"OTTO\0": "a font",
    b"\0\1\0\0\0": "a font",
    b"\0\0\1\0": "an icon",
    b"BM": "a BMP image",
    b"8BPS\0": "a Photoshop image",
    b"fLaC\0": "FLAC audio",
    b"\xff\xfb": "MP3 audio",
    b"FLV\1": "Flash video",
    b"!<arch>\n": "a library of programs",
    b"\xca\xfe\xba\xbe": "a program (Java or macOS)",
    b"\xcf\xfa\xed\xfe": "a program (macOS)",
    b"\0asm": "a program (WebAssembly)",
    b"\x93NUMPY": "a NumPy array",
    b"\xde\x12\x04\x95": "a catalogue of translations (.mo)",
    b"AT&TFORM": "a DjVu document",
}

_NOT_TEXT = "holds control characters as no text does: binary data of an unknown kind"

# Control bytes that no text holds, but for a stray one.  Escape sequences (\x1b) colour the output of programs.
_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\b\t\n\v\f\r\x1b")
# In random or compressed data 26 of 256 bytes are such controls; in the 262 legacy files of the development data
# 0.00 %.  Text that is valid UTF-8 proves itself by that; up to 30 % there are separators, padding or damage.
_MAX_CONTROLS = 0.05
_MAX_CONTROLS_IN_UTF8 = 0.30
_MIN_WITHOUT_NULS = 0.70
# UTF-16 that happens to be valid UTF-8 is every second byte a control, or nearly (measured: 15 % and more).
_MIN_CONTROLS_OF_UTF16 = 0.10

# What the detector takes for UTF-16 is often a small program file.  Of 125 such files here at least 10 % of the
# characters were controls, unassigned, private or broken; in real UTF-16 none were.
_MEANINGLESS = {"Cc", "Cn", "Co", "Cs"}
_MAX_MEANINGLESS = 0.05
_WIDE_SAMPLE = 4000  # characters
# In UTF-16, half of the bytes at most are such letters; in Polish of one byte a letter 80 %, which with some NULs among
# them the detector takes for Chinese in UTF-16.
_LETTERS = b" abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MAX_LETTERS_OF_UTF16 = 0.55
_MIN_LETTERS_OF_TEXT = 0.75  # of what is left without controls; of 9 program files here none has more than 0.57

# In UTF-16 a text has the letters of one script, Latin-1 and punctuation; random bytes are 54 % Chinese and the like.
_SCRIPTS = (
    ("\u0370", "\u03ff"),
    ("\u0400", "\u04ff"),
    ("\u0590", "\u05ff"),
    ("\u0600", "\u06ff"),
    ("\u0900", "\u0e7f"),
    ("\u3040", "\u9fff"),
    ("\uac00", "\ud7af"),
)
_MIN_OF_ONE_SCRIPT = 0.95

# Characters of two bytes and more that a text must hold for each byte that is wrong before it counts as damaged
# UTF-8.  In the legacy files of the development data there are at most 0.4 (Japanese), in damaged UTF-8 hundreds.
_MIN_UTF8_PER_BAD_BYTE = 2

# Half a character of UTF-16, written like a character of UTF-8: forbidden, but no other encoding looks like that.
_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")

# A line with one accent or a pair of curly quotes gives the detector next to nothing to go by (it says 0.10, and one of
# the DOS or Mac encodings).  Where it is so unsure and the text is mostly ASCII, it is asked again for the encodings of
# the web alone.  Of 1,367 short lines in 38 encodings 1,245 are right so, 1,234 without; in English, from 121 of 142 to 135.
_MIN_CONFIDENCE = 0.15
_MAX_NOT_ASCII = 0.15
_AS_COMMON = ("iso8859-2", "iso8859-5", "iso8859-7", "iso8859-9")
_ASCII = bytes(range(128))

_SEEN_BYTES = 16_384  # of more than this the detector judges by the beginning alone
_SAMPLE_LINES = 20  # lines that are given to the detector as they stand; of the others it sees those that are not ASCII
_SAMPLE_BYTES = 200_000  # the detector's own limit

# A wrong declaration is known by its fruits.  Right ones give next to no bytes without a meaning and no C1 controls;
# and what is read in a wrong encoding has letters of two scripts in one word, capitals inside words, signs between
# letters, or row upon row of accented letters ("Ïðèâåò" for "Привет").  "ÿ" is the byte 255, hardly ever a letter.
_MAX_FAULTS = 0.02  # of the bytes that are not ASCII
_MAX_ODD = 0.15  # of the characters that are not ASCII; in 156 files with a right declaration it is 0.01 at most
_ODD = regex.compile(
    r"(?<=\p{Latin})[\p{Cyrillic}\p{Greek}]|(?<=[\p{Cyrillic}\p{Greek}])\p{Latin}"
    r"|(?<=\p{Ll})(?!\p{ASCII})\p{Lu}|(?<=(?!\p{ASCII})\p{Ll})\p{Lu}"
    r"|(?<=\p{L})[¡-©«¬®-³¸¹»-¿×÷\u2500-\u259f](?=\p{L})"
    r"|[ÂÃâ][€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|[À-ÖØ-öø-\u024f]{4,}|[\x80-\x9fÿ\ufffd]"
    r"|¶(?=\p{L})|(?<!\p{L})’(?=[α-ω])"
)

# Labels of the WHATWG Encoding Standard that Python does not know, or knows as something else.
_LABELS = {
    "unicode-1-1-utf-8": "utf-8",
    "unicode11utf8": "utf-8",
    "unicode20utf8": "utf-8",
    "x-unicode20utf8": "utf-8",
    "dos-874": "cp874",
    "windows-874": "cp874",
    "iso-8859-8-i": "iso8859-8",
    "csiso88598i": "iso8859-8",
    "logical": "iso8859-8",
    "visual": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "csiso88598e": "iso8859-8",
    "iso-8859-6-e": "iso8859-6",
    "iso-8859-6-i": "iso8859-6",
    "sun_eu_greek": "iso8859-7",
    "koi": "koi8-r",
    "koi8": "koi8-r",
    "koi8-ru": "koi8-u",
    "x-mac-cyrillic": "mac-cyrillic",
    "x-mac-ukrainian": "mac-cyrillic",
    "x-mac-roman": "mac-roman",
    "x-cp1250": "cp1250",
    "x-cp1251": "cp1251",
    "x-cp1252": "cp1252",
    "x-cp1253": "cp1253",
    "x-cp1254": "cp1254",
    "x-cp1255": "cp1255",
    "x-cp1256": "cp1256",
    "x-cp1257": "cp1257",
    "x-cp1258": "cp1258",
    "x-gbk": "gbk",
    "gb_2312-80": "gb2312",
    "csiso58gb231280": "gb2312",
    "cn-big5": "big5",
    "x-x-big5": "big5",
    "csbig5": "big5",
    "x-euc-jp": "euc_jp",
    "cseucpkdfmtjapanese": "euc_jp",
    "x-sjis": "shift_jis",
    "windows-31j": "cp932",
    "ks_c_5601-1989": "euc_kr",
    "ksc5601": "euc_kr",
    "windows-949": "cp949",
    "cseuckr": "euc_kr",
    "ucs-2": "utf-16",
    "unicode": "utf-16",
    "unicodefeff": "utf-16",
    "unicodefffe": "utf-16-be",
    "iso-10646-ucs-2": "utf-16",
}
# Python codecs that no document is declared to be in.
_NO_CHARSETS = {"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "charmap", "mbcs", "oem", "utf-7"}
# A name means more on the web than in its standard: the codecs that read what the named one cannot, as browsers do
# (WHATWG Encoding Standard).  The named one comes first: it has the wave dash and the like where its authors had them.
_WIDER = {
    "ascii": ("cp1252",),
    "iso8859-1": ("cp1252",),
    "iso8859-9": ("cp1254",),
    "iso8859-11": ("cp874",),
    "tis-620": ("cp874",),
    "gb2312": ("gb18030",),
    "gbk": ("gb18030",),
    "big5": ("cp950", "big5hkscs"),
    "cp950": ("big5hkscs",),
    "shift_jis": ("cp932",),
    "euc_jp": ("euc_jis_2004",),
    "euc_kr": ("cp949",),
}
# The detector says cp932 for all Japanese of that kind.
_NARROWER = {"cp932": "shift_jis"}
# Pairs of which few letters differ, so that the detector confuses them.
_SIBLINGS = {"cp1253": "iso8859-7", "iso8859-7": "cp1253", "cp1250": "iso8859-2", "iso8859-2": "cp1250"}
_MULTIBYTE = ("big5", "gb", "euc", "cp93", "cp94", "cp95", "shift", "johab")
_MARKUP_HEAD = 8192  # bytes in which a document declares its encoding; browsers look at 1,024
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_DECLARATIONS = (
    ("meta", re.compile(rb"<meta\s[^>]*?\bcharset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)),
    ("xml declaration", re.compile(rb"^\s*<\?xml\s[^>]*?\bencoding\s*=\s*[\"']\s*([\w.:-]+)", re.IGNORECASE)),
)

# A line that is text in the encoding of the file and UTF-8 too is UTF-8 if that gives so many different letters beyond ASCII:
# by chance three characters of Chinese are UTF-8 once in 300 times, and a rule of "─" in Johab always.
_MIN_LETTERS = 4
# What may stand for a few bytes that are wrong in a line of UTF-8, besides letters.
_COMMON_SIGNS = frozenset("‘’“”‚„‹›«»–—…•€£§©®°·™¿¡\xa0")


@dataclass(frozen=True, slots=True)
class _Said:
    """An encoding that was declared: where, under which name, and the Python codec."""

    where: str
    label: str
    codec: str


def decode(raw: bytes, charset: str | None = None, media_type: str = "text/plain") -> Decoded | Binary:
    """Make text of bytes.

    A byte order mark comes first, then UTF-8 if the bytes are valid as such, then what is declared: HTTP header,
    `<meta>`, XML declaration.  A declaration that does not fit the bytes is not believed.  Last comes detection.
    Never raises, and gives the same answer for the same arguments always.

    Args:
        raw: the bytes.
        charset: what the HTTP header declares, if it does.
        media_type: what the bytes are.  Plain text declares its encoding only if it begins like markup.
    """
    if raw.startswith(_BOM_STARTS):
        return _after_bom(raw)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return _not_utf8(raw, _declarations(raw, charset, media_type))
    if b"\0" in raw or b"\x1b" in raw:
        return _odd_utf8(raw, text, _declarations(raw, charset, media_type))
    if raw.startswith(_CODED_STARTS):
        return Binary(_kind(raw, _CODED_TEXT) or _NOT_TEXT)
    if text.isascii():
        if b"~" in raw and b"~{" in raw and _detect(raw)[0] == "hz":
            return _read(raw, "hz", "escape sequences")
        return Decoded(text, "utf-8", (), "ascii", None)
    if not charset and media_type == "text/plain":
        return Decoded(text, "utf-8", (), "valid utf-8", None)
    wrong = [said for said in _declarations(raw, charset, media_type) if said.codec != "utf-8"]
    return Decoded(text, "utf-8", (), _evidence("valid utf-8", wrong), None)


def encode_back(
    text: str,
    encoding: str,
    undecodable: Iterable[Sequence[int | str]],
    *,
    big_endian: bool = False,
    pieces: Iterable[Sequence[int | str]] = (),
    variants: Iterable[Sequence[int | str]] = (),
) -> bytes:
    """Give back the very bytes that `decode` read.

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
    for mark, codec_behind, name, is_big in _BOMS:
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
    """Give back the bytes of one line that begins at offset `start`, and take those of them that mean nothing out of `bad`."""
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
    """Find the codec of the byte at this offset, and the offset up to which it holds."""
    number = bisect_right(pieces, offset, key=itemgetter(0))
    if number and offset < pieces[number - 1][1]:
        return pieces[number - 1][2], pieces[number - 1][1]
    return codec, pieces[number][0] if number < len(pieces) else math.inf


def _codec(label: str) -> str | None:
    """Translate the declared name of an encoding into that of a Python codec; None if there is none."""
    label = label.strip().strip("\"'").lower()
    try:
        name = codecs.lookup(_LABELS.get(label, label)).name
        "a".encode(name)  # rot13 and the like are no encodings, and say so here
    except (LookupError, ValueError, TypeError):
        return None
    return None if name in _NO_CHARSETS else name


def _declarations(raw: bytes, charset: str | None, media_type: str) -> list[_Said]:
    """List the encodings that are declared, in the order in which they are believed."""
    said = [_Said("http header", charset, codec)] if charset and (codec := _codec(charset)) else []
    if "html" in media_type or "xml" in media_type or raw[:200].lstrip().startswith(b"<"):
        head = _COMMENT.sub(b"", raw[:_MARKUP_HEAD])
        for where, pattern in _DECLARATIONS:
            if (found := pattern.search(head)) and (codec := _codec(label := found[1].decode("latin-1"))):
                # What could be read as ASCII is no UTF-16.
                said.append(_Said(where, label, "utf-8" if codec.startswith("utf-16") else codec))
    return said


def _evidence(what: str, doubted: Iterable[_Said]) -> str:
    """Say what decided, and what was declared in vain."""
    notes = ", ".join(f"{said.where} says {said.label[:40]}" for said in doubted)
    return f"{what} (not believed: {notes})" if notes else what


def _after_bom(raw: bytes) -> Decoded:
    """Decode what stands behind a byte order mark."""
    bom, codec, name, big_endian = next(row for row in _BOMS if raw.startswith(row[0]))
    pieces = _not_in_utf8(raw, len(bom)) if codec == "utf-8" else ()
    return _read(raw, name, "bom", pieces=pieces, codec=codec, skip=len(bom), big_endian=big_endian)


def _odd_utf8(raw: bytes, text: str, said: list[_Said]) -> Decoded | Binary:
    """Decide about valid UTF-8 with NULs or escape sequences: text with a blemish, another encoding, or no text."""
    if kind := _kind(raw, _MAGIC):
        return Binary(kind)
    if raw.isascii() and (wide := _wide(raw, "", said)):
        return wide
    controls = _share_of_controls(raw)
    if b"\x1b" in raw or controls > _MIN_CONTROLS_OF_UTF16:
        encoding, _ = _detect(raw)
        if encoding.startswith("iso2022"):
            return _read(raw, encoding, "escape sequences")
        # A letter beyond ASCII, correct in UTF-8, is hardly ever the bytes of two characters in UTF-16.
        if controls > _MIN_CONTROLS_OF_UTF16 and raw.isascii() and (wide := _wide(raw, encoding) or _wide_of_one_script(raw)):
            return wide
    if controls > _MAX_CONTROLS_IN_UTF8:
        return Binary(_NOT_TEXT)
    return Decoded(text, "utf-8", (), "ascii" if text.isascii() else "valid utf-8", None)


def _not_utf8(raw: bytes, said: list[_Said]) -> Decoded | Binary:
    """Decide about bytes that are not UTF-8 as they stand."""
    if kind := _kind(raw, _CODED_TEXT) or _kind(raw, _MAGIC):
        return Binary(kind)
    is_clean = _share_of_controls(raw) <= _MAX_CONTROLS
    if is_clean and _is_damaged_utf8(raw):
        evidence = _evidence("mostly utf-8", [s for s in said if s.codec != "utf-8"])
        return _read(raw, "utf-8", evidence, pieces=_not_in_utf8(raw))
    if wide := _wide(raw, "", said):
        return wide
    guess: tuple[str, float] | None = None
    for number, one in enumerate(said if is_clean else []):
        if one.codec.startswith("utf"):
            continue
        encoding = _widened(raw, one.codec)
        text, undecodable = _decode_recording(raw, encoding)
        high = len(raw.translate(None, _ASCII))
        if _faults(text, undecodable) > max(1, _MAX_FAULTS * high):
            continue
        if (odd := _oddity(raw, encoding)) > _MAX_ODD:
            guess = guess or _detect(raw)
            if guess[0] and _oddity(raw, guess[0]) < odd / 2:
                continue
        return _read(raw, encoding, _evidence(one.where, said[:number]), pieces=_in_utf8(raw, encoding))
    encoding, confidence = guess or _detect(raw)
    if wide := _wide(raw, encoding):
        return wide
    bare = raw.translate(None, _CONTROLS + b"\x1b")
    if len(bare) < len(raw):  # a few NULs are enough for the detector to call it binary
        encoding, confidence = _detect(bare)
        is_sure = confidence >= _MIN_CONFIDENCE or _share_of_letters(bare) > _MIN_LETTERS_OF_TEXT
        is_likely = bool(encoding) and is_sure and _oddity(bare, encoding) <= _MAX_ODD
        if not is_likely and (wide := _wide_of_one_script(raw)):
            return wide
        # NULs between the words or to fill up a field are no sign of a program, if the rest is text.
        is_clean = is_clean or (
            is_likely and len(bare) >= (1 - _MAX_CONTROLS) * len(raw.replace(b"\0", b"")) >= _MIN_WITHOUT_NULS * len(raw)
        )
    if not (is_clean and encoding):
        return Binary(_NOT_TEXT)
    if encoding.startswith(("utf-16", "utf-32")):  # which it is not, by what was seen above
        encoding, confidence = "cp1252", 0.0
    encoding, sure = _second_thought(raw, encoding, confidence)
    evidence = _evidence("default" if sure is None else "detector", said)
    return _read(raw, encoding, evidence, sure, pieces=_in_utf8(raw, encoding))


def _second_thought(raw: bytes, encoding: str, confidence: float) -> tuple[str, float | None]:
    """Choose among the detector's guess and the encodings that it takes for it; the confidence is None if it is overruled."""
    answers: dict[str, float | None] = {encoding: confidence}
    is_unsure = confidence < _MIN_CONFIDENCE and len(raw.translate(None, _ASCII)) < _MAX_NOT_ASCII * len(raw)
    if (is_unsure and encoding not in _AS_COMMON) or _oddity(raw, encoding) > _MAX_ODD:
        common, its_confidence = _detect(raw.translate(None, _CONTROLS), common=True)
        if common and _oddity(raw, common) <= _MAX_ODD:
            answers = {common: its_confidence}
        elif common:
            answers |= {common: its_confidence}
            answers.setdefault("cp1252", None)
        encoding = min(answers, key=lambda name: _oddity(raw, name))
    sure = answers[encoding]
    if (sibling := _SIBLINGS.get(encoding)) and _oddity(raw, sibling) < _oddity(raw, encoding):
        encoding = sibling
    return _widened(raw, _NARROWER.get(encoding, encoding)), sure


def _oddity(raw: bytes, encoding: str) -> float:
    """Measure how little the bytes look like text in this encoding: the share of what is odd or has no meaning."""
    return _share_of_odd(_sample(raw)[:_SEEN_BYTES].decode(encoding, "replace"))


def _widened(raw: bytes, codec: str) -> str:
    """Choose the codec of that name, or the wider one that goes by it on the web if it reads more."""

    def faults(name: str) -> int:
        return _faults(*_decode_recording(raw, name))

    return min((codec, *_WIDER.get(codec, ())), key=faults)


def _faults(text: str, undecodable: UndecodableBytes) -> int:
    """Count the bytes without a meaning, and the controls that no text holds."""
    return sum(len(run) // 2 for _, run in undecodable) + sum(text.count(chr(code)) for code in range(0x80, 0xA0))


def _share_of_odd(text: str) -> float:
    """Measure how much of what is not ASCII looks as if it was read in a wrong encoding."""
    high = len(text) - len(text.encode("ascii", "ignore"))
    return sum(map(len, _ODD.findall(text))) / high if high else 0.0


def _spans(raw: bytes, start: int = 0) -> Iterator[tuple[int, int]]:
    """Give the start and end of every line that is not ASCII."""
    for line in raw[start:].split(b"\n"):
        end = min(start + len(line) + 1, len(raw))
        if not line.isascii():
            yield start, end
        start = end


def _in_utf8(raw: bytes, codec: str) -> Pieces:
    """Find the lines in UTF-8 of a file in another encoding."""
    if codec.startswith(("utf", "iso2022", "hz")):
        return ()
    return tuple(_joined([(*span, "utf-8") for span in _spans(raw) if _is_line_of_utf8(raw[slice(*span)], codec)]))


def _is_line_of_utf8(line: bytes, codec: str) -> bool:
    """Whether a line in a file of another encoding is UTF-8 beyond doubt."""
    good, bad = _utf8_balance(line)
    if not good or good < _MIN_UTF8_PER_BAD_BYTE * bad:
        return False
    foreign = [c for c in line.decode("utf-8", "ignore") if not c.isascii()]
    if 2 * sum(c.isalpha() or c in _COMMON_SIGNS for c in foreign) < len(foreign):
        return False
    letters = {c for c in foreign if c.isalpha()}
    if len(letters) >= _MIN_LETTERS and not bad:
        return True
    # A misprint is odd too ("Eщё" with a Latin E); what is seen as one character of UTF-8 must be a usual one.
    return not _reads_well(line, codec) and (len(foreign) > 1 or foreign[0] in _COMMON_SIGNS or foreign[0] < "\u0180")


def _not_in_utf8(raw: bytes, skip: int = 0) -> Pieces:
    """Find what is in another encoding in a file that is UTF-8 for the most part: lines, or a few bytes in a line."""
    lines: list[tuple[int, int]] = []
    runs: list[tuple[int, int]] = []
    for start, end in _spans(raw, skip):
        line = raw[start:end]
        good, bad = _utf8_balance(line)
        if bad and good < _MIN_UTF8_PER_BAD_BYTE * bad:
            lines.append((start, end))
        elif bad:
            runs += [(start + at, start + at + len(run) // 2) for at, run in _decode_recording(line, "utf-8")[1]]
    legacy = "cp1252"
    if lines:
        encoding, confidence = _detect(b"\n".join(raw[start:end] for start, end in lines))
        if encoding and not encoding.startswith(("utf", "iso2022", "hz")) and confidence >= _MIN_CONFIDENCE:
            legacy = encoding
    found = [span for span in lines if _reads_well(raw[slice(*span)], legacy)]
    single = "cp1252" if legacy.startswith(_MULTIBYTE) else legacy
    pieces = [(*span, legacy) for span in found] + [(*span, single) for span in runs if _fills_gap(raw, span, single)]
    return tuple(_joined(sorted(pieces)))


def _reads_well(line: bytes, codec: str) -> bool:
    """Whether a line is text in this encoding."""
    text, undecodable = _decode_recording(line, codec)
    return not _faults(text, undecodable) and _share_of_odd(text) <= _MAX_ODD


def _fills_gap(raw: bytes, span: tuple[int, int], codec: str) -> bool:
    """Whether a few bytes in a line of UTF-8 are letters or signs of this encoding, and no splinters of broken UTF-8."""
    start, end = span
    run = raw[start:end]
    text = run.decode(codec, "replace")
    if end == len(raw) or (len(run) > 1 and min(run[1:]) < 0xC0) or not all(c.isalpha() or c in _COMMON_SIGNS for c in text):
        return False
    around = (
        raw[start - 4 if start > 4 else 0 : start].decode("utf-8", "ignore") + text + raw[end : end + 4].decode("utf-8", "ignore")
    )
    return not _ODD.search(around)


def _joined(pieces: list[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    """Join pieces that follow each other in the same encoding."""
    if not pieces:
        return
    start = pieces[0][0]
    for (_, end, codec), (begin, _, other) in pairwise(pieces):
        if begin != end or codec != other:
            yield start, end, codec
            start = begin
    yield start, *pieces[-1][1:]


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _utf8_balance(raw: bytes) -> tuple[int, int]:
    """Count continuation bytes in well-formed characters of UTF-8, and bytes that are not UTF-8."""
    raw, surrogates = _SURROGATE.subn(b"", raw)
    text = raw.decode("utf-8", "ignore")
    size = len(text.encode("utf-8"))
    return size - len(text) + 2 * surrogates, len(raw) - size


def _wide(raw: bytes, guess: str, said: Iterable[_Said] = ()) -> Decoded | None:
    """Decode UTF-16 or UTF-32 without byte order mark, if it is guessed or declared and what comes out looks like text."""
    if _share_of_letters(raw) > _MAX_LETTERS_OF_UTF16:
        return None
    declared = [one.codec for one in said if b"\0" in raw]  # without a NUL, nearly every text could be Chinese in UTF-16
    declared = [
        end for codec in declared for end in ((f"{codec}-le", f"{codec}-be") if codec in ("utf-16", "utf-32") else (codec,))
    ]
    for encoding in (guess, *declared):
        if not encoding.startswith(("utf-16", "utf-32")):
            continue
        decoded = _read(raw, encoding, f"{encoding[:6]} without bom")
        sample = decoded.text[:_WIDE_SAMPLE]
        meaningless = sum(c == "\ufffd" or (category(c) in _MEANINGLESS and c not in "\t\n\v\f\r") for c in sample)
        if meaningless <= _MAX_MEANINGLESS * len(sample):
            return decoded
    return None


def _share_of_letters(raw: bytes) -> float:
    """Measure the share of the letters and blanks of ASCII."""
    return 1 - len(raw.translate(None, _LETTERS)) / len(raw) if raw else 0.0


def _wide_of_one_script(raw: bytes) -> Decoded | None:
    """Decode UTF-16 that the detector did not find: short Chinese, for example."""
    for encoding in ("utf-16-le", "utf-16-be"):
        sample = raw[: 2 * _WIDE_SAMPLE].decode(encoding, "replace")
        for script in _SCRIPTS:
            if sum(script[0] <= c <= script[1] or c <= "ÿ" or "\u2000" <= c <= "\u303f" or c >= "\uff00" for c in sample) >= (
                _MIN_OF_ONE_SCRIPT * len(sample)
            ) and (wide := _wide(raw, encoding)):
                return wide
    return None


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
    if kinds is _MAGIC and raw[257:262] == b"ustar" and b"\0" in raw[:257]:
        return "a tar archive, not plain text"
    return None


def _share_of_controls(raw: bytes) -> float:
    """Measure the share of control bytes; NULs at the end, which fill up a block on a disk, are not counted."""
    body = raw.rstrip(b"\0")
    return 1 - len(body.translate(None, _CONTROLS)) / len(body) if body else 1.0


def _detect(raw: bytes, *, common: bool = False) -> tuple[str, float]:
    """Ask the detector: a Python codec name ("" for binary data) and its confidence from 0 to 1.

    With `common` only the encodings count that the web is written in.
    """
    # Here and not above: importing it takes 0.1 s, and few runs need it.
    import chardet
    from chardet.enums import EncodingEra

    era = EncodingEra.MODERN_WEB if common else EncodingEra.ALL & ~EncodingEra.MAINFRAME
    guess = chardet.detect(_sample(raw), encoding_era=era, max_bytes=_SAMPLE_BYTES)
    name = guess["encoding"]
    if name == "ascii":  # a line longer than the sample, with its first foreign letter behind that
        name = "cp1252"
    return (codecs.lookup(name).name if name else "", guess["confidence"])


def _sample(raw: bytes) -> bytes:
    """Choose what the detector sees: the beginning, where an encoding may be declared, and the lines that are not ASCII.

    The detector judges by the beginning, which may be an English menu above a Russian article.  Lines in UTF-8
    tell nothing about the encoding of the others.  The line break in front keeps it from taking "BMW" or "MZ" at the start of an article for a file of that kind.
    """
    if b"\0" in raw or raw.isascii():
        return raw
    lines = [line for line in raw.split(b"\n") if line.isascii() or not _is_utf8(line)]
    if len(raw) <= _SEEN_BYTES:
        return b"\n".join((b"", *lines))
    return b"\n".join((b"", *lines[:_SAMPLE_LINES], *(line for line in lines[_SAMPLE_LINES:] if not line.isascii())))


def _read(
    raw: bytes,
    encoding: str,
    evidence: str,
    confidence: float | None = None,
    *,
    pieces: Pieces = (),
    codec: str = "",
    skip: int = 0,
    big_endian: bool = False,
) -> Decoded:
    """Decode with the encoding and the pieces that were decided on, and see to it that the bytes can be had back.

    Args:
        raw: the bytes.
        encoding: the name of the encoding.
        evidence: of `Decoded`.
        confidence: of `Decoded`.
        pieces: what is in another encoding.
        codec: the Python codec, where `encoding` names a byte order mark too.
        skip: how many bytes that mark has.
        big_endian: of `Decoded`.
    """
    codec = codec or encoding
    texts: list[str] = []
    undecodable: list[tuple[int, str]] = []
    at = skip
    for start, end, other in (*pieces, (len(raw), len(raw), codec)):
        for begin, stop, reader in ((at, start, codec), (start, end, other)):
            text, runs = _decode_recording(raw[begin:stop], reader, begin)
            texts.append(text)
            undecodable += runs
        at = end
    text = "".join(texts)
    variants: Variants = ()
    if pieces or not codec.startswith("utf"):
        if text.count("\n") != raw.count(
            b"\n"
        ):  # a line break that is half of a broken character, or HZ's "~" at the end of a line
            return _read(raw, "cp1252", "default", pieces=_in_utf8(raw, "cp1252"))
        variants = _variants(raw, text, codec, dict(undecodable), pieces, skip)
    return Decoded(text, encoding, tuple(undecodable), evidence, confidence, big_endian, pieces, variants)


def _variants(raw: bytes, text: str, codec: str, bad: dict[int, str], pieces: Pieces, start: int) -> Variants:
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
        # The text as a whole did not become the same bytes: one line at least tells `encode_back` to go line by line.
        if not same or (is_plain and not found and end == len(raw)):
            found.append((start, raw[start:end].hex()))
        start = end
    return tuple(found)


def _encodes_to(text: str, codec: str, raw: bytes) -> bool:
    try:
        return text.encode(codec) == raw
    except UnicodeEncodeError:  # a few codecs read more than they write
        return False


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
