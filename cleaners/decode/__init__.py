"""Bytes to text, and back.

Nearly every dump is UTF-8, so that is tried first and costs only Python's own decoder.  What is
not UTF-8 is UTF-16 or UTF-32, the encoding that its HTTP header or its markup declares, one that the
detector names, or not text at all.  A file of parts in UTF-8 and in another encoding is read part by part.
Nothing is lost on the way: bytes that mean nothing in the chosen encoding become U+FFFD and are recorded
with their offset, so that `encode_back` can restore them.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple
from unicodedata import category

from cleaners.decode.binary import (
    CODED_STARTS,
    CODED_TEXT,
    CONTROLS,
    MAGIC,
    MAX_CONTROLS,
    MAX_CONTROLS_IN_UTF8,
    MAX_LETTERS_OF_UTF16,
    MIN_CONTROLS_OF_UTF16,
    MIN_LETTERS_OF_TEXT,
    MIN_WITHOUT_NULS,
    NOT_TEXT,
    Binary,
    kind_of,
    share_of_controls,
    share_of_letters,
)
from cleaners.decode.declared import Said, declarations, evidence_of
from cleaners.decode.exact import BOMS, CESU8, Pieces, UndecodableBytes, Variants, decode_recording, encode_back, variants_of
from cleaners.decode.looks import (
    ASCII,
    MAX_FAULTS,
    MAX_ODD,
    MIN_CONFIDENCE,
    count_faults,
    detect,
    is_another,
    oddity,
    second_thought,
    widened,
)
from cleaners.decode.mixed import in_utf8, is_damaged_utf8, not_in_utf8

__all__ = ["Binary", "Decoded", "Pieces", "decode", "encode_back"]


class Decoded(NamedTuple):
    """Text, and how it was got from its bytes.

    Attributes:
        text: the text, without a byte order mark.
        encoding: the Python codec that reads these bytes.  "utf-8-sig", "utf-16" and "utf-32" mean that
            there is a byte order mark; "utf-16-le" and its like mean that there is none.
        undecodable: the runs of bytes that became one U+FFFD each.
        evidence: why this encoding: "ascii", "valid utf-8", "bom", "mostly utf-8", "escape sequences",
            "utf-16 without bom", "utf-32 without bom", "http header", "meta", "xml declaration", "detector"
            or "default".  In brackets after it are the declarations that were not believed.
        confidence: the detector's, from 0 to 1; None if there was nothing to guess.
        big_endian: the byte order of "utf-16" and "utf-32", which their names leave open.
        pieces: the spans that are not in `encoding`.
        variants: the lines that encoding the text does not give back.  Some encodings of East Asia
            can write a character in several ways, and so can what some programs take for UTF-8.
    """

    text: str
    encoding: str
    undecodable: UndecodableBytes
    evidence: str
    confidence: float | None
    big_endian: bool = False
    pieces: Pieces = ()
    variants: Variants = ()


_BOM_STARTS = tuple(bom for bom, *_ in BOMS)

# What the detector takes for UTF-16 is often a small program file.  Of 125 such files here at least 10 % of the
# characters were controls, unassigned, private or broken; in real UTF-16 none were.
_MEANINGLESS = {"Cc", "Cn", "Co", "Cs"}
_MAX_MEANINGLESS = 0.05
_WIDE_SAMPLE = 4000  # characters
_SHORTEST_WIDE, _HEAD = 20, 100  # bytes
_BLANKS = re.compile("[ \n]")

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


def decode(raw: bytes, charset: str | None = None, media_type: str = "text/plain") -> Decoded | Binary:
    """Make text of bytes.

    A byte order mark comes first, then UTF-8 if the bytes are valid as such, then what is declared: HTTP header,
    `<meta>`, XML declaration.  A declaration that does not fit the bytes is not believed.  Last comes detection.
    Never raises, and always gives the same answer for the same arguments.

    Args:
        raw: the bytes.
        charset: what the HTTP header declares, if it does.
        media_type: of the bytes.  In plain text a declaration counts only if the text begins like markup.
    """
    if raw.startswith(_BOM_STARTS):
        return _after_bom(raw)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return _not_utf8(raw, declarations(raw, charset, media_type))
    if b"\0" in raw or b"\x1b" in raw:
        return _odd_utf8(raw, text, declarations(raw, charset, media_type))
    if raw.startswith(CODED_STARTS):
        return Binary(kind_of(raw, CODED_TEXT) or NOT_TEXT)
    if text.isascii():
        if b"~" in raw and b"~{" in raw and detect(raw)[0] == "hz":
            return _read(raw, "hz", "escape sequences")
        # Thai in UTF-16 is ASCII, too, and has no NULs without a blank: every second byte is another control.
        if (
            len(raw) > _SHORTEST_WIDE
            and share_of_controls(raw[:_HEAD]) > MAX_CONTROLS_IN_UTF8
            and (wide := _wide_of_one_script(raw))
        ):
            return wide
        return Decoded(text, "utf-8", (), "ascii", None)
    if not charset and media_type == "text/plain":
        return Decoded(text, "utf-8", (), "valid utf-8", None)
    wrong = [said for said in declarations(raw, charset, media_type) if said.codec != "utf-8"]
    return Decoded(text, "utf-8", (), evidence_of("valid utf-8", wrong), None)


def _after_bom(raw: bytes) -> Decoded:
    """Decode what follows a byte order mark."""
    bom, codec, name, big_endian = next(row for row in BOMS if raw.startswith(row[0]))
    pieces = not_in_utf8(raw, len(bom)) if codec == "utf-8" else ()
    return _read(raw, name, "bom", pieces=pieces, codec=codec, skip=len(bom), big_endian=big_endian)


def _odd_utf8(raw: bytes, text: str, said: list[Said]) -> Decoded | Binary:
    """Decide about valid UTF-8 with NULs or escape sequences: text with a blemish, another encoding, or not text."""
    if kind := kind_of(raw, MAGIC):
        return Binary(kind)
    if raw.isascii() and (wide := _wide(raw, "", said)):
        return wide
    controls = share_of_controls(raw)
    if b"\x1b" in raw or controls > MIN_CONTROLS_OF_UTF16:
        encoding, _ = detect(raw)
        if encoding.startswith("iso2022"):
            return _read(raw, encoding, "escape sequences")
        # A letter beyond ASCII, correct in UTF-8, is hardly ever the bytes of two characters in UTF-16.
        if controls > MIN_CONTROLS_OF_UTF16 and raw.isascii() and (wide := _wide(raw, encoding) or _wide_of_one_script(raw)):
            return wide
    if controls > MAX_CONTROLS_IN_UTF8:
        return Binary(NOT_TEXT)
    return Decoded(text, "utf-8", (), "ascii" if text.isascii() else "valid utf-8", None)


def _not_utf8(raw: bytes, said: list[Said]) -> Decoded | Binary:
    """Decide about bytes that are not UTF-8 as they stand."""
    if kind := kind_of(raw, CODED_TEXT) or kind_of(raw, MAGIC):
        return Binary(kind)
    is_clean = share_of_controls(raw) <= MAX_CONTROLS
    if is_clean and is_damaged_utf8(raw):
        evidence = evidence_of("mostly utf-8", [s for s in said if s.codec != "utf-8"])
        return _read(raw, "utf-8", evidence, pieces=not_in_utf8(raw))
    if wide := _wide(raw, "", said):
        return wide
    guess: tuple[str, float] | None = None
    for number, one in enumerate(said if is_clean else []):
        if one.codec.startswith("utf"):
            continue
        encoding = widened(raw, one.codec)
        text, undecodable = decode_recording(raw, encoding)
        high = len(raw.translate(None, ASCII))
        if count_faults(text, undecodable) > max(1, MAX_FAULTS * high):
            continue
        if (odd := oddity(raw, encoding)) > MAX_ODD:
            guess = guess or detect(raw)
            if guess[0] and oddity(raw, guess[0]) < odd / 2:
                continue
        if is_another(raw, encoding):
            continue
        return _read(raw, encoding, evidence_of(one.where, said[:number]), pieces=in_utf8(raw, encoding))
    encoding, confidence = guess or detect(raw)
    if wide := _wide(raw, encoding):
        return wide
    bare = raw.translate(None, CONTROLS + b"\x1b")
    if len(bare) < len(raw):  # a few NULs are enough for the detector to call it binary
        encoding, confidence = detect(bare)
        is_sure = confidence >= MIN_CONFIDENCE or share_of_letters(bare) > MIN_LETTERS_OF_TEXT
        is_likely = bool(encoding) and is_sure and oddity(bare, encoding) <= MAX_ODD
        if not is_likely and (wide := _wide_of_one_script(raw)):
            return wide
        # NULs between the words, or as padding, do not make a binary file, if the rest is text.
        is_clean = is_clean or (
            is_likely and len(bare) >= (1 - MAX_CONTROLS) * len(raw.replace(b"\0", b"")) >= MIN_WITHOUT_NULS * len(raw)
        )
    if not (is_clean and encoding):
        return Binary(NOT_TEXT)
    if encoding.startswith(("utf-16", "utf-32")):  # which was ruled out above
        encoding, confidence = "cp1252", 0.0
    encoding, sure = second_thought(raw, encoding, confidence)
    evidence = evidence_of("default" if sure is None else "detector", said)
    return _read(raw, encoding, evidence, sure, pieces=in_utf8(raw, encoding))


def _wide(raw: bytes, guess: str, said: Iterable[Said] = ()) -> Decoded | None:
    """Decode UTF-16 or UTF-32 without byte order mark, if it is guessed or declared and what comes out looks like text."""
    if share_of_letters(raw) > MAX_LETTERS_OF_UTF16:
        return None
    declared = [one.codec for one in said if b"\0" in raw]  # without a NUL, nearly every text could be Chinese in UTF-16
    declared = [
        end for codec in declared for end in ((f"{codec}-le", f"{codec}-be") if codec in ("utf-16", "utf-32") else (codec,))
    ]
    for name in (guess, *declared):
        if not name.startswith(("utf-16", "utf-32")):
            continue
        encoding = _in_order(raw, name)
        decoded = _read(raw, encoding, f"{encoding[:6]} without bom")
        sample = decoded.text[:_WIDE_SAMPLE]
        meaningless = sum(c == "\ufffd" or (category(c) in _MEANINGLESS and c not in "\t\n\v\f\r") for c in sample)
        if meaningless <= _MAX_MEANINGLESS * len(sample):
            return decoded
    return None


def _in_order(raw: bytes, encoding: str) -> str:
    """The same encoding, or UTF-16 of the other byte order if that has more blanks: Greek with its bytes swapped is Hangul."""
    other = {"utf-16-le": "utf-16-be", "utf-16-be": "utf-16-le"}.get(encoding, encoding)
    return max(encoding, other, key=lambda order: len(_BLANKS.findall(raw[: 2 * _WIDE_SAMPLE].decode(order, "replace"))))


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
    """Decode with the encoding and pieces that were decided on, and make sure that the bytes can be restored.

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
            text, runs = decode_recording(raw[begin:stop], reader, begin)
            texts.append(text)
            undecodable += runs
        at = end
    text = "".join(texts)
    variants: Variants = ()
    if pieces or not codec.startswith("utf") or (codec == "utf-8" and CESU8.search(raw)):
        # A line break may be half of a broken character, or stand behind HZ's "~".
        if text.count("\n") != raw.count(b"\n"):
            return _read(raw, "cp1252", "default", pieces=in_utf8(raw, "cp1252"))
        variants = variants_of(raw, text, codec, dict(undecodable), pieces, skip)
    return Decoded(text, encoding, tuple(undecodable), evidence, confidence, big_endian, pieces, variants)
