"""Encoding repair: what a wrong decoder, a careless export or a terminal did to the characters of a text.

The fixes are exactly ftfy's (https://ftfy.readthedocs.io), in its order, but gentle: curly
quotes, dashes, ligatures and full-width forms are the author's typography and stay.  ftfy repairs some
2 million characters a second and returns only the result.  So this module adds two things: a cheap test
that finds the few lines which ftfy could change at all, and edits that say what was wrong with each place.
It also leaves alone what only looks broken: a capital letter before a closing quote or a no-break space, and
a line that tells what becomes of a letter in a wrong encoding ("é → Ã©").
"""

import re
import unicodedata
from collections.abc import Callable, Iterator

import regex
from ftfy import TextFixerConfig, fix_encoding, fixes
from ftfy.badness import MOJIBAKE_CATEGORIES
from ftfy.chardata import C1_CONTROL_RE, CONTROL_CHARS, HTML_ENTITY_RE
from rapidfuzz.distance import Levenshtein

from cleaners.document import Document, bare
from cleaners.edits import Change, Edit, apply, compose

GENTLE = TextFixerConfig(
    uncurl_quotes=False, fix_latin_ligatures=False, fix_character_width=False, fix_line_breaks=False, explain=False
)
"""The options with which `encoding` makes of each line what `ftfy.fix_and_explain` makes of it."""

# What other programs end lines or pages with.  ftfy would delete VT and the separators U+001C..U+001E, and so join
# two words.  U+0085 does not belong here: in articles it is a stray byte of windows-1252 ("…"), which ftfy knows.
_NEWLINES = "\r\v\f\x1c\x1d\x1e\u2028\u2029"
_NEWLINE = re.compile(rf"\r(?P<crlf>(?=\n))|[{_NEWLINES}]")

# Words, and lines whose words cannot be paired, are aligned character by character in the square of their length: 0.1 s
# for this many characters.  A longer one becomes one edit, true but coarse.
_MAX_ALIGNED = 50_000


def newlines(doc: Document) -> list[Edit]:
    r"""Make every kind of line end and page break a "\n"; the first step, since all others work on lines."""
    if not any(char in doc.text for char in _NEWLINES):  # ten times as fast as the regular expression
        return []
    found = _NEWLINE.finditer(doc.text)
    return [Edit(m.start(), m.end(), "\n" if m["crlf"] is None else "", "encoding.newline") for m in found]


def encoding(doc: Document) -> list[Edit]:
    """Repair mojibake, entities, control characters, surrogates and what is not NFC.

    Every line becomes what ftfy makes of it with the options `GENTLE`, except where `_is_right` or the line `_tells` of it.  A line with a
    "<" is source code or markup, and keeps its entities.  A repair may reveal a line end ("&#13;"): then both steps go over the text
    again, so that they always find their own output clean.

    An edit bears the rule that decided last: "&Atilde;&copy;" was an entity, but it became "é" as mojibake.
    """
    base, changes = doc.text, list[Change]()
    while edits := newlines(doc) or _repair_lines(doc):
        text, done = apply(doc.text, edits)
        changes = compose(base, changes, done)
        doc = doc.with_text(text)
    return [Edit(change.start, change.end, change.new, change.rules[-1]) for change in changes]


def _repair_lines(doc: Document) -> list[Edit]:
    return [
        Edit(start + change.start, start + change.end, change.new, change.rules[-1])
        for start, end in sorted(_suspects(doc))
        for change in _repair(doc.text[start:end])
    ]


# ---------------------------------------------------------------------------------------------------------------------
# Which lines ftfy could change

# ftfy takes a line for mojibake where `ftfy.badness.BADNESS_RE` finds something, but that expression runs at 3 million
# characters/s.  This one finds something wherever BADNESS_RE does (the tests prove it), in the same categories of
# characters, but it scans for one class without small letters: nearly every alternative of BADNESS_RE
# has an uncommon character in it, so we look for that one, and at its neighbours only where one of them is not ASCII.
# It also finds the characters that are wrong by themselves: controls, C1, surrogates.
_CONTROL = "".join(map(re.escape, map(chr, CONTROL_CHARS)))
_SUSPECT = re.compile(
    r"""
    [{controls}{bad}{upper_accented}{box}{start_punctuation}{end_punctuation}{currency}{numeric}{law}°ÙœЂ]
    (?:
        (?<= [{controls}] )
      | (?<= [ŒœÂÃ] ) (?! [A-Za-z] )
      | (?: (?<= [^\x00-\x7f]. ) | (?= [^\x00-\x7f] ) )  # all that follow need a neighbour that is not ASCII
        (?:
            (?<= [{bad}{box}√≈‚] )
          | (?<= [{end_punctuation}{currency}{numeric}] ) (?= [{lower_accented}{upper_accented}] )
          | (?<= [{lower_accented}{lower_common}] [{upper_accented}] )
          | (?<= [{lower_accented}{upper_accented}{end_punctuation}β] [{currency}] )
          | (?<= [{upper_accented}{start_punctuation}à×] [{numeric}{law}] )
          | (?<= [{upper_accented}{currency}{numeric}] [{start_punctuation}] )
          | (?<= [{lower_accented}{upper_accented}{currency}{numeric}{law}] [{end_punctuation}] [{start_punctuation}] )
          | (?<= [{lower_accented}{upper_accented}] [{start_punctuation}{end_punctuation}] ) (?= \w )
          | (?<= [{upper_accented}] ° )
          | (?<= [ÎÐ] ) (?= [€œŠš¢£Ÿž\xa0\xad®©°·»{start_punctuation}{end_punctuation}–—´] )
          | (?<= [{common}{currency}{numeric}{start_punctuation}ŸŠ®°µ»] [ØÙ] )
          | (?<= [вВ] Ђ )
          | (?<= [ВГРС] [{start_punctuation}{end_punctuation}{currency}°µ] ) (?= [ВГРС] )
          | (?<= [ΒΓΞΟ] [{start_punctuation}{end_punctuation}{currency}°] ) (?= [ΒΓΞΟ] )
        )
    )
    """.format(controls=rf"{_CONTROL}\x80-\x9f\ud800-\udfff", **MOJIBAKE_CATEGORIES),
    re.VERBOSE,
)


def _suspects(doc: Document) -> set[tuple[int, int]]:
    """The lines that `_repair` may change, as spans that include their line end.

    ftfy would leave all other lines as they are: some fixer would have to be the first to change one, and
    for each fixer there is a necessary condition here.
    """
    text = doc.text
    spans = set(_lines_at(text, _SUSPECT))
    spans.update((start, end) for start, end in _lines_at(text, HTML_ENTITY_RE) if "<" not in text[start:end])
    if not unicodedata.is_normalized("NFC", text):
        starts = doc.starts
        spans.update(
            (starts[i], min(starts[i + 1], len(text)))
            for i, line in enumerate(doc.lines)
            if not unicodedata.is_normalized("NFC", line)
        )
    return spans


def _lines_at(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """The lines in which the pattern finds something."""
    at = 0
    while found := pattern.search(text, at):
        start = text.rfind("\n", at, found.start()) + 1 or at
        at = text.find("\n", found.start()) + 1 or len(text)
        yield start, at


# ---------------------------------------------------------------------------------------------------------------------
# What ftfy does to one of them

_Fixer = Callable[[str], list[Edit]]


def _repair(line: str) -> list[Change]:
    """Put a line through ftfy's fixers until it stays as it is, as `ftfy.fix_and_explain` does."""
    fixers = _FIXERS if "<" in line else _ENTITY_FIXERS + _FIXERS
    text, changes = line, list[Change]()
    while True:
        before = text
        for fixer in fixers:
            if edits := fixer(text):
                text, done = apply(text, edits)
                changes = compose(line, changes, done)
        if text == before:
            return changes


def _each(pattern: re.Pattern[str], fix: Callable[[str], str], rule: str) -> _Fixer:
    """A fixer that works on every match of a pattern by itself."""
    return lambda text: [Edit(m.start(), m.end(), fix(m.group()), rule) for m in pattern.finditer(text)]


_MEANT = regex.compile(r"(?![\x00-\x7f])[\p{L}\p{N}\p{S}]")


def _tells(line: str, fixed: str) -> bool:
    """Whether a line has every broken word whole, too: it tells what becomes of "é", or how HTML writes it.

    Quotes and dashes do not count: they may have come from elsewhere than the text around them.
    """
    words = [*map(bare, line.split())]
    broken = [new for old, new in zip(words, map(bare, fixed.split()), strict=False) if old != new]
    return len(broken) > 0 and all(map(_MEANT.search, broken)) and {*words}.issuperset(broken)


def _unless_told(fixer: _Fixer) -> _Fixer:
    """A fixer that leaves a line alone which `_tells` of what is broken."""

    def fix(text: str) -> list[Edit]:
        edits = fixer(text)
        return [] if edits and _tells(text, apply(text, edits)[0]) else edits

    return fix


def _mojibake(text: str) -> list[Edit]:
    """Read the line in the encoding that ftfy finds for it; what were only C1 controls is reported as such."""
    if not _SUSPECT.search(text):  # half of all calls only ask whether the line is fine now
        return []
    return [
        Edit(start, end, new, "encoding.c1" if new == fixes.fix_c1_controls(text[start:end]) else "encoding.mojibake")
        for start, end, new in _differences(text, fix_encoding(text, GENTLE))
        if not _is_right(text, start, end, new)
    ]


# Two characters that may be UTF-8 read as windows-1252 ("Ã”" for "Ô") may also be a letter and what stands behind a word.
_OPENING = {"”": "“„", "’": "‘‚", "“": "„", "‘": "‚", "»": "«", "«": "»"}
_BEFORE_OPENING = frozenset(" \t\n\xa0([{–—-/")
_QUOTATION = 300  # characters in which its other end is looked for


def _is_right(text: str, start: int, end: int, new: str) -> bool:
    """Whether two characters are right as they stand: a letter, and the quote or no-break space behind its word.

    ftfy makes "“AMANHÔ" of "“AMANHÃ”", and a Cyrillic letter of the end of "ÞAÐ”".
    """
    if end - start != len(new) + 1:
        return False
    while new and text[start] == new[0]:  # signs beyond ASCII around it are in the same span
        start, new = start + 1, new[1:]
    while new and text[end - 1] == new[-1]:
        end, new = end - 1, new[:-1]
    letter, sign = text[start], text[end - 1]
    if not (letter.isalpha() and len(new) == 1 and new.isalpha()):
        return False
    if letter in "ÐÑ" and text[start - 1 : start].isalpha() and text[start - 1] < "\u0250" and new > "\u0400":
        return True  # a Latin word has no Cyrillic letter
    after = text[end : end + 1]
    if sign == "\xa0":  # if it was the letter à, a blank would follow, or small letters be around
        before = text[max(0, start - 2) : start]
        return after.isalpha() and len(before) == 2 and before.isalpha() and before.isupper()
    openings = _OPENING.get(sign)
    if not openings or after.isalnum():
        return False
    least, most = max(0, start - _QUOTATION), end + _QUOTATION
    opening = max(text.rfind(quote, least, start) for quote in openings)
    is_open = opening >= 0 and text.find(sign, opening + 1, start) < 0
    if not is_open or not (opening == 0 or text[opening - 1] in _BEFORE_OPENING):
        return False
    closing = text.find(sign, end, most)
    return closing < 0 or any(text.find(quote, end, closing) >= 0 for quote in openings)


# What NFC may change, with what it needs for that: a character with the marks, or the vowel and final jamo, behind it.
_CLUSTER = regex.compile(r".[\p{M}\u1160-\u11ff]+|[^\x00-\x7f]", regex.DOTALL)


def _nfc(text: str) -> list[Edit]:
    if unicodedata.is_normalized("NFC", text):
        return []
    normal = ((m, unicodedata.normalize("NFC", m.group())) for m in _CLUSTER.finditer(text))
    return [Edit(m.start(), m.end(), new, "encoding.nfc") for m, new in normal if new != m.group()]


_HALVES = re.compile("&#(5[56][0-9]{3}|[xX][dD][89abAB][0-9a-fA-F]{2});&#(5[67][0-9]{3}|[xX][dD][c-fC-F][0-9a-fA-F]{2});")


def _emoji(text: str) -> list[Edit]:
    """Join what old blog software wrote as two halves of UTF-16; ftfy would make "��" of it."""
    edits = []
    for m in _HALVES.finditer(text):
        first, second = (int(half[1:], 16) if half[0] in "xX" else int(half) for half in m.groups())
        if 0xD800 <= first < 0xDC00 <= second < 0xE000:
            edits.append(Edit(m.start(), m.end(), chr(0x10000 + (first - 0xD800) * 0x400 + second - 0xDC00), "encoding.entity"))
    return edits


_ENTITY_FIXERS: tuple[_Fixer, ...] = (
    _each(re.compile("&(?:amp;)+(?=amp;)"), lambda _: "&", "encoding.entity"),  # escaped again and again: all in one round
    _emoji,
    _unless_told(_each(HTML_ENTITY_RE, fixes.unescape_html, "encoding.entity")),
)
# In the order of `ftfy.fix_and_explain`, which begins with entities.
_FIXERS: tuple[_Fixer, ...] = (
    _unless_told(_mojibake),
    _each(C1_CONTROL_RE, fixes.fix_c1_controls, "encoding.c1"),
    _each(re.compile("[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]"), fixes.fix_surrogates, "encoding.mojibake"),
    _each(fixes.ANSI_RE, fixes.remove_terminal_escapes, "encoding.terminal-escape"),
    _each(re.compile(f"[{_CONTROL}]+"), fixes.remove_control_chars, "encoding.control"),
    _nfc,
)


# ---------------------------------------------------------------------------------------------------------------------
# Where the text before a repair and the text after it differ


def _differences(before: str, after: str) -> Iterator[tuple[int, int, str]]:
    """Spans of `before` with what stands there in `after`: word by word if the words can be paired.

    A repair rarely touches a space, so the words of both sides nearly always pair, and the cost is
    linear in the length of the line.  But ftfy may take a space for a no-break space ("Ã " was "à").
    """
    if before == after:
        return
    old_words, new_words = before.split(" "), after.split(" ")
    if len(old_words) != len(new_words):
        old_words, new_words = [before], [after]
    at = 0
    for old, new in zip(old_words, new_words, strict=True):
        if old != new:
            yield from ((at + start, at + end, piece) for start, end, piece in _align(old, new))
        at += len(old) + 1


def _align(old: str, new: str) -> Iterator[tuple[int, int, str]]:
    """What differs between those ASCII characters that both sides have in common.

    Only ASCII separates two spans, since every encoding that ftfy tries has it in the same place.  If any other
    character is on both sides, that is chance, or it belongs to what was broken: "Â£" became "£", not "Â" nothing.
    """
    if max(len(old), len(new)) > _MAX_ALIGNED:
        yield 0, len(old), new
        return
    old_at = new_at = 0
    for a, b, size in Levenshtein.opcodes(old, new).as_matching_blocks():  # the last one is empty and marks the ends
        common = _FROM_ASCII_TO_ASCII.search(old, a, a + size)
        if common or size == 0:
            start, end = common.span() if common else (a, a)
            if old[old_at:start] != new[new_at : start - a + b]:
                yield old_at, start, new[new_at : start - a + b]
            old_at, new_at = end, end - a + b


_FROM_ASCII_TO_ASCII = re.compile(r"[\x00-\x7f](?:.*[\x00-\x7f])?", re.DOTALL)
