"""Files that are made of parts in UTF-8 and in another encoding."""

import codecs
import re
from collections.abc import Iterator
from itertools import pairwise

from cleaners.decode.exact import Pieces, decode_recording
from cleaners.decode.looks import MIN_CONFIDENCE, ODD, detect, reads_well

# Characters of two bytes and more that a text must hold for each byte that is wrong before it counts as damaged
# UTF-8.  In the legacy files of the development data there are at most 0.4 (Japanese), in damaged UTF-8 hundreds.
_MIN_UTF8_PER_BAD_BYTE = 2

# Half a character of UTF-16, written like a character of UTF-8: not allowed, but no other encoding looks like that.
_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_MULTIBYTE = ("big5", "gb", "euc", "cp93", "cp94", "cp95", "shift", "johab")

# A line that is text both in the encoding of the file and in UTF-8 is UTF-8 if that gives this many different letters beyond ASCII:
# by chance, three Chinese characters are valid UTF-8 once in 300 times, and a row of "─" in Johab always.
_MIN_LETTERS = 4

# What a few wrong bytes in a line of UTF-8 may stand for, besides letters.
_COMMON_SIGNS = frozenset("‘’“”‚„‹›«»–—…•€£§©®°·™¿¡\xa0")


def _spans(raw: bytes, start: int = 0) -> Iterator[tuple[int, int]]:
    """Give the start and end of every line that is not ASCII."""
    for line in raw[start:].split(b"\n"):
        end = min(start + len(line) + 1, len(raw))
        if not line.isascii():
            yield start, end
        start = end


def in_utf8(raw: bytes, codec: str) -> Pieces:
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
    return not reads_well(line, codec) and (len(foreign) > 1 or foreign[0] in _COMMON_SIGNS or foreign[0] < "\u0180")


def not_in_utf8(raw: bytes, skip: int = 0) -> Pieces:
    """Find what is in another encoding in a file that is UTF-8 for the most part: lines, or a few bytes in a line."""
    lines: list[tuple[int, int]] = []
    runs: list[tuple[int, int]] = []
    for start, end in _spans(raw, skip):
        line = raw[start:end]
        good, bad = _utf8_balance(line)
        if bad and good < _MIN_UTF8_PER_BAD_BYTE * bad:
            lines.append((start, end))
        elif bad:
            runs += [(start + at, start + at + len(run) // 2) for at, run in decode_recording(line, "utf-8")[1]]
    legacy = "cp1252"
    if lines:
        encoding, confidence = detect(b"\n".join(raw[start:end] for start, end in lines))
        if encoding and not encoding.startswith(("utf", "iso2022", "hz")) and confidence >= MIN_CONFIDENCE:
            legacy = encoding
    found = [span for span in lines if reads_well(raw[slice(*span)], legacy)]
    single = "cp1252" if legacy.startswith(_MULTIBYTE) else legacy
    pieces = [(*span, legacy) for span in found] + [(*span, single) for span in runs if _fills_gap(raw, span, single)]
    return tuple(_joined(sorted(pieces)))


def _fills_gap(raw: bytes, span: tuple[int, int], codec: str) -> bool:
    """Whether a few bytes in a line of UTF-8 are letters or signs of this encoding, and no splinters of broken UTF-8."""
    start, end = span
    run = raw[start:end]
    text = run.decode(codec, "replace")
    if end == len(raw) or (len(run) > 1 and min(run[1:]) < 0xC0) or not all(c.isalpha() or c in _COMMON_SIGNS for c in text):
        return False
    before, behind = (piece.decode("utf-8", "ignore") for piece in (raw[max(start - 4, 0) : start], raw[end : end + 4]))
    return not ODD.search(before + text + behind)


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


def _utf8_balance(raw: bytes) -> tuple[int, int]:
    """Count continuation bytes in well-formed characters of UTF-8, and bytes that are not UTF-8."""
    raw, surrogates = _SURROGATE.subn(b"", raw)
    text = raw.decode("utf-8", "ignore")
    size = len(text.encode("utf-8"))
    return size - len(text) + 2 * surrogates, len(raw) - size


def is_damaged_utf8(raw: bytes) -> bool:
    """Whether UTF-8 was meant although some bytes are wrong: cut off in a character, or mixed with other text."""
    raw, surrogates = _SURROGATE.subn(b"", raw)
    text = raw.decode("utf-8", "ignore")
    good = len(text) - len(text.encode("ascii", "ignore")) + surrogates
    bad = len(raw) - len(text.encode("utf-8"))
    return good >= _MIN_UTF8_PER_BAD_BYTE * bad or (good > 0 and _is_cut_off(raw))


def _is_cut_off(raw: bytes) -> bool:
    """Whether the only fault is an incomplete last character."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(raw, final=False)
    except UnicodeDecodeError:
        return False
    return True
