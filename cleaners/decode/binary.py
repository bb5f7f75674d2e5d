"""What is not text: files of known kinds, and bytes with more control characters than a text has."""

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Binary:
    """These bytes are not text; `reason` is a sentence for the user."""

    reason: str


# Written in ASCII, yet not meant to be read as it stands.
CODED_TEXT = {
    b"%PDF-": "a PDF document",
    b"{\\rtf": "an RTF document",
    b"%!PS": "a PostScript document",
}
CODED_STARTS = tuple(CODED_TEXT)

# What the files of common kinds begin with.  (Source: the "magic" file of file(1).)
MAGIC = {
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
    b"Obj\x01": "an Avro file",
    b"ARROW1\0": "Arrow data",
    b"SEQ\x06": "a Hadoop sequence file",
    b"bplist00": "a binary property list (.plist, .webarchive)",
    b"\x80\x02": "a Python pickle",
    b"\x80\x03": "a Python pickle",
    b"\x80\x04\x95": "a Python pickle",
    b"\x80\x05\x95": "a Python pickle",
}
NOT_TEXT = "holds control characters as no text does: binary data of an unknown kind"

# Control bytes that text does not hold, except a stray one.  Escape sequences (\x1b) colour the output of programs.
CONTROLS = bytes(byte for byte in range(32) if byte not in b"\b\t\n\v\f\r\x1b")

# In random or compressed data 26 of 256 bytes are such controls; in the 262 legacy files of the development data
# 0.00 %.  Text that is valid UTF-8 proves itself by that; up to 30 % there are separators, padding or damage.
MAX_CONTROLS = 0.05
MAX_CONTROLS_IN_UTF8 = 0.30
MIN_WITHOUT_NULS = 0.70

# In UTF-16 that happens to be valid UTF-8, about every second byte is a control (measured: 15 % and more).
MIN_CONTROLS_OF_UTF16 = 0.10

# In UTF-16, at most half of the bytes are such letters; in Polish with one byte per letter 80 %, which the detector takes for
# Chinese in UTF-16 if there are some NULs among them.
_LETTERS = b" abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
MAX_LETTERS_OF_UTF16 = 0.55
MIN_LETTERS_OF_TEXT = 0.75  # of what is left without controls; of 9 program files here none has more than 0.57


def share_of_letters(raw: bytes) -> float:
    """Measure the share of the letters and blanks of ASCII."""
    return 1 - len(raw.translate(None, _LETTERS)) / len(raw) if raw else 0.0


def kind_of(raw: bytes, kinds: Mapping[bytes, str]) -> str | None:
    """Name the kind of file that begins like this, if it is one of `kinds`."""
    for start, kind in kinds.items():
        # An article may begin with "MZ" or "ID3", but then it has no NULs; the other starts are never text.
        if raw.startswith(start) and (kinds is CODED_TEXT or not start.isalnum() or b"\0" in raw):
            return f"{kind}, not plain text"
    if kinds is MAGIC and raw[4:8] == b"ftyp" and b"\0" in raw:
        return "MP4 video or audio, not plain text"
    if kinds is MAGIC and raw[257:262] == b"ustar" and b"\0" in raw[:257]:
        return "a tar archive, not plain text"
    if kinds is MAGIC and _is_msgpack(raw):
        return "MessagePack data, not plain text"
    return None


# A map whose first key is a word and whose first value is a string; both say how long they are.
_MSGPACK = re.compile(rb"[\x81-\x8f]([\xa1-\xbf])(\w+)(?:\xd9(.)|\xda(..)|\xdb(....))", re.DOTALL)


def _is_msgpack(raw: bytes) -> bool:
    match = _MSGPACK.match(raw)
    if match is None:
        return False
    size = int.from_bytes(match[match.lastindex or 0])
    return match[1][0] - 0xA0 == len(match[2]) and match.end() + size <= len(raw)


def share_of_controls(raw: bytes) -> float:
    """Measure the share of control bytes, not counting NULs at the end, which pad a disk block."""
    body = raw.rstrip(b"\0")
    return 1 - len(body.translate(None, CONTROLS)) / len(body) if body else 1.0
