"""What the line model sees of a document: numbers for each line that is not blank, and its words as hashes.

Everything is counted on many whole documents at once, as arrays of UTF-16 code units, because a loop over
characters in Python costs a hundred times what the model may cost.  There is no word list of any language: the model learned from labelled
pages what a word means; for other words it has the shape and the place of the line.

All numbers are multiples of 1/32 below 16, so that sums of their products with the weights are exact in float32, in any order:
the same scores on every machine, whatever library multiplies the matrices.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cleaners.document import unmarked

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]
Hashes = npt.NDArray[np.uint32]
Table = npt.NDArray[np.uint64]
Classes = npt.NDArray[np.uint8]

FIRST_TOKENS, LAST_TOKENS = 16, 6
"""How many tokens of a line the model reads at its beginning and its end.  A menu, a label or a credit is shorter than both
together; a paragraph is recognised by its shape."""

_SPACE, _UPPER, _LOWER, _OTHER, _MARK, _HAN, _KANA, _HANGUL, _UNSPACED, _DIGIT = range(10)
_SIGNS = (
    ",،、，;；", ".。।۔．", "!?！？؟…", ":：", "\"'“”«»„‘’‚「」『』", "()[]{}（）【】", "-–—―", "/\\", "|•·►›>‹<→←▼▲", "@#&*+=_~^`", "$€£%", "©®™",
)  # fmt: skip
KINDS = 24  # of characters: the ten above, a kind for each row of signs, other symbols, and what is left
COLUMNS = 2 * KINDS + 12
_CAPITAL_CLASS, _LOWER_CLASS = _UPPER | 1 << 5, _LOWER | 1 << 5  # bits 0-6 of the table
_CAP = 4095  # larger counts are taken for this one
_MOST_BLANK = 1  # blank lines in a row that count: how many there are only depends on the scraper

# Marks that scrapers put where the page had none, or something else; each is within a line, and does not make up all of it.
_SPACES = re.compile(r"[^\S\n]{2,}")
_NUMBER = re.compile(r"\[\d{1,4}\](?=\S)")  # of a link, as lynx has it
_BULLETS = re.compile(r"\n(?:(?:[-*+•·◦▪>]|#{1,6}) )+(?=\S)")


class Features(NamedTuple):
    """The lines of some documents that are not blank, as the model sees them, document after document.

    Attributes:
        sizes: how many of them each document has.
        lines: the index of each of them in its document.
        shape: `COLUMNS` numbers a line.
        edges: the kinds of the first, last and last but one character of each line.
        tokens: two hashes for each token: of the token, and of it with the one before it in its line.
        counts: how many tokens each line has in `tokens`.
    """

    sizes: Ints
    lines: Ints
    shape: Floats
    edges: Ints
    tokens: Hashes
    counts: Ints


def _kind(char: str) -> int:
    code, category = ord(char), unicodedata.category(char)
    for n, signs in enumerate(_SIGNS):
        if char in signs:
            return 10 + n
    if category in {"Zs", "Zl", "Zp", "Cc", "Cf"}:
        return _SPACE
    if category == "Nd":
        return _DIGIT
    if 0x0E00 <= code < 0x0F00 or 0x1000 <= code < 0x10A0 or 0x1780 <= code < 0x1800:
        return _UNSPACED
    if 0x3040 <= code < 0x3100 or 0xFF66 <= code < 0xFFA0:
        return _KANA
    if 0x2E80 <= code < 0x2FE0 or 0x3400 <= code < 0xA000 or 0xF900 <= code < 0xFB00:
        return _HAN
    if 0xAC00 <= code < 0xD7B0:
        return _HANGUL
    return {"Lu": _UPPER, "Lt": _UPPER, "Ll": _LOWER}.get(
        category, {"L": _OTHER, "M": _MARK, "S": 22}.get(category[0], 22 if category == "Cs" else 23)
    )


def character_table() -> Table:
    """What the model knows of each UTF-16 code unit, as one number.

    Bits 0-4: the kind.  Bits 5-6: 0 separates tokens, 1 belongs to a word, 2 to a number, 3 is a token of its own.
    Bits 8-31: what it adds to the hash of a token as the second of two characters; bits 32-63: as the first.
    The table is stored with the weights, since versions of Python know different versions of Unicode.
    """
    table = np.zeros(1 << 16, np.uint64)
    for code in range(1 << 16):
        kind = _kind(chr(code))
        if kind == _SPACE:
            continue
        group = 1 if kind in {_UPPER, _LOWER, _OTHER, _MARK, _HANGUL} else 2 if kind == _DIGIT else 3
        folded = ord("0") if kind == _DIGIT else ord(chr(code).lower()[0])
        mixed = folded * 0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019 & 0xFFFFFFFFFFFFFFFF
        mixed = (mixed ^ mixed >> 29) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
        table[code] = kind | group << 5 | (mixed & 0xFFFFFF00 if kind < 10 else 0) | (mixed >> 32 | 1) << 32
    return table


@cache
def _logs() -> Floats:
    """16 log2(1 + n), rounded."""
    logs: Floats = np.rint(np.log2(np.arange(_CAP + 1) + 1.0) * 16).astype(np.float32)
    return logs


def observe(docs: Sequence[Sequence[str]], table: Table) -> Features | None:
    """Look at the lines of documents; None if all are blank.

    What it sees of one does not depend on the others.

    Raises:
        ValueError: a line holds a line end.
    """
    text = _shown("\n".join(map(str.strip, chain.from_iterable(docs)))) + "\n"
    units = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), "<u2").astype(np.intp)
    known = table.take(units)
    classes = known.astype(np.uint8)
    # Most characters are lower-case letters, so where possible only the others are looked at.
    others = np.flatnonzero(classes != _LOWER_CLASS)
    other = classes.take(others)
    is_end = units.take(others) == 10
    ends, ends_among_others = others[is_end], np.flatnonzero(is_end)
    begins = np.zeros_like(ends)
    begins[1:] = ends[:-1] + 1
    of_docs = np.array([len(lines) for lines in docs], np.intp)
    if len(ends) != max(of_docs.sum(), 1):
        raise ValueError("a line holds a line end")
    written = _written(units, classes, begins, ends)
    n = len(written)
    if not n:
        return None
    doc_ends = np.cumsum(of_docs)
    until = np.searchsorted(written, doc_ends)
    sizes = np.diff(until, prepend=0)
    some_docs = np.flatnonzero(sizes)
    some_sizes, stop = sizes[some_docs], until[some_docs]
    doc = np.repeat(np.arange(len(some_docs)), some_sizes)  # of each line, among those that have any
    start = stop - some_sizes
    before = np.diff(written, prepend=-1) - 1
    before[start] = written[start] - (doc_ends - of_docs)[some_docs]
    after = np.empty_like(before)
    after[:-1] = before[1:]
    after[stop - 1] = doc_ends[some_docs] - 1 - written[stop - 1]
    at_line = written - (doc_ends - of_docs).take(some_docs).take(doc)
    begins, ends = begins.take(written), ends.take(written)
    lengths = ends + 1 - begins  # with the line end

    counts = _kind_counts(other, ends_among_others, written, lengths)
    tokens = _tokens(known, classes, ends)
    copies = _copies(tokens, doc)

    # Places: lines and characters before each line in its document, and from it to the end.
    past = np.cumsum(lengths)
    total = np.diff(past.take(stop - 1), prepend=0).take(doc)
    past -= lengths
    past -= past.take(start).take(doc)
    rank = np.arange(n) - start.take(doc)
    numbers = np.empty((n, KINDS + 11), np.intp)
    numbers[:, :KINDS] = counts
    for column, values in enumerate(
        (
            lengths,
            tokens.counts,
            tokens.capitals,
            np.minimum(before, _MOST_BLANK),  # blank lines
            np.minimum(after, _MOST_BLANK),
            rank,
            some_sizes.take(doc) - 1 - rank,
            copies,
            past,
            total - past - lengths,
            (lengths - 1 - counts[:, _SPACE]) // np.maximum(tokens.counts, 1),
        ),
        KINDS,
    ):
        numbers[:, column] = values
    shape = np.empty((n, COLUMNS), np.float32)
    _logs().take(numbers, out=shape[:, : KINDS + 11], mode="clip")
    shares = counts * (256 / lengths)[:, None]
    shape[:, KINDS + 11 : -1] = np.rint(shares, out=shares)
    shape[:, -1] = np.rint(past * (256 / total))
    both = np.empty((len(tokens.hashes), 2), np.uint32)
    both[:, 0], both[:, 1] = tokens.hashes, tokens.pairs
    both *= np.uint32(0x9E3779B1)
    edges = _edges(classes, begins, ends, start)
    return Features(sizes, at_line, shape, edges, both.reshape(-1), tokens.counts)


def _shown(text: str) -> str:
    """Lines as their page showed them, as far as possible: the model learned from dumps that have neither indents nor marks.

    Otherwise pages printed by inscriptis, html2text, lynx or as Markdown look like prose throughout.
    """
    if "  " in text or "\t" in text:
        text = _SPACES.sub(" ", text)
    text = unmarked(text)
    if "[" in text:
        text = _NUMBER.sub("", text)
    return _BULLETS.sub("\n", f"\n{text}")[1:]


def _written(units: Ints, classes: Classes, begins: Ints, ends: Ints) -> Ints:
    """Which lines are not blank."""
    full = ends > begins
    # Some of what counts as a space here is none for Python, such as a zero-width space.
    for i in np.flatnonzero(full & (classes.take(begins) == 0) & (classes.take(ends - 1, mode="clip") == 0)):
        line = units[begins[i] : ends[i]].astype("<u2").tobytes().decode("utf-16-le", "surrogatepass")
        full[i] = not line.isspace()
    return np.flatnonzero(full)


def _kind_counts(other: Classes, ends_among_others: Ints, written: Ints, lengths: Ints) -> Ints:
    """How many characters of each kind each line has.

    Args:
        other: the classes of all characters that are no lower-case letters.
        ends_among_others: where in it the lines end, blank ones too.
        written: the numbers of the lines that are not blank.
        lengths: of these, with the line end.
    """
    n = len(written)
    last = ends_among_others.take(written)
    first = np.zeros_like(last)
    first[written > 0] = ends_among_others.take(written[written > 0] - 1) + 1
    # At first, what is between a line and the last one that is not blank counts as its own: nothing but spaces.
    cells = np.repeat(np.arange(0, 32 * n, 32), np.diff(last, prepend=-1))
    cells += other[: len(cells)] & np.uint8(31)
    counts: Ints = np.bincount(cells, minlength=32 * n).reshape(n, 32)[:, :KINDS]
    counts[:, _SPACE] -= np.diff(last, prepend=-1) - (last - first)
    counts[:, _LOWER] = lengths - 1 - (last - first)
    return counts


class _Tokens(NamedTuple):
    """The tokens that are read: of each line the first ones and the last ones.

    Attributes:
        hashes: of each.
        pairs: of each with the one before it in its line.
        counts: how many of them each line has.
        capitals: how many tokens of each line, of all, begin with a capital.
    """

    hashes: Hashes
    pairs: Hashes
    counts: Ints
    capitals: Ints

    @property
    def bounds(self) -> tuple[Ints, Ints]:
        """Where the tokens of each line begin and end."""
        ends = np.cumsum(self.counts)
        return ends - self.counts, ends


def _tokens(known: Table, classes: Classes, ends: Ints) -> _Tokens:
    """Runs of letters, runs of digits, single signs.  The hash of one is the sum of what its pairs of neighbours add.

    Args:
        known: what the table says of each character.
        classes: its lowest bits.
        ends: where the lines end that are not blank.
    """
    group = classes & np.uint8(96)
    starts = group == 96
    starts[1:] |= group[1:] != group[:-1]
    starts[0] = True
    starts &= group != 0
    starts[ends] = True
    at = np.flatnonzero(starts)
    kinds_at = classes.take(at)
    line_at = np.flatnonzero(kinds_at == 0)  # where the tokens of a line end
    capitals = np.diff(np.cumsum(kinds_at == _CAPITAL_CLASS).take(line_at), prepend=0)
    all_tokens = np.diff(line_at, prepend=-1) - 1

    counts = np.minimum(all_tokens, FIRST_TOKENS + LAST_TOKENS)
    begins = np.cumsum(counts) - counts
    heads = np.minimum(counts, FIRST_TOKENS)
    skipped = np.empty((len(ends), 2), np.intp)  # before the head of each line, and before its tail
    skipped[:, 0] = line_at - all_tokens - begins
    skipped[:, 1] = skipped[:, 0] + all_tokens - counts
    some = np.repeat(skipped.reshape(-1), np.stack((heads, counts - heads), axis=1).reshape(-1))
    some += np.arange(len(some))

    parts = known.view("<u4").reshape(-1, 2)
    adds = parts[:, 1].copy()
    nothing_at_spaces = adds & np.uint32(1)
    adds[:-1] ^= parts[1:, 0] & np.uint32(0xFFFFFF00)
    adds *= np.uint32(0x85EBCA6B)
    adds ^= adds >> np.uint32(15)
    adds *= nothing_at_spaces
    sums = _sums(adds).take(at)
    hashes = sums.take(some + 1) - sums.take(some)
    pairs = np.zeros_like(hashes)
    pairs[1:] = hashes[:-1]
    pairs[begins[counts > 0]] = 0
    pairs ^= hashes >> np.uint32(7)
    pairs *= np.uint32(0xC2B2AE35)
    pairs += hashes
    return _Tokens(hashes, pairs, counts, capitals)


def _copies(tokens: _Tokens, doc: Ints) -> Ints:
    """How often its document repeats each line; the sums are of pairs, so that the order of words matters."""
    begins, ends = tokens.bounds
    sums = _sums(tokens.pairs)
    named = sums.take(ends) - sums.take(begins) | doc.astype(np.uint64) << np.uint64(32)
    order = np.argsort(named)
    alike = np.diff(np.flatnonzero(np.diff(named.take(order)) != 0) + 1, prepend=0, append=len(doc))
    copies = np.empty(len(doc), np.intp)
    copies[order] = np.repeat(alike - 1, alike)
    return copies


def _sums(values: Hashes) -> Hashes:
    """The sum of all values before each, and of all."""
    sums = np.zeros(len(values) + 1, np.uint32)
    np.cumsum(values, dtype=np.uint32, out=sums[1:])
    return sums


def _edges(classes: Classes, begins: Ints, ends: Ints, start: Ints) -> Ints:
    """The kinds of the first, last and last but one character of each line; `start`: the first line of each document."""
    edges = np.empty((len(begins), 3), np.intp)
    edges[:, 0] = classes.take(begins)
    edges[:, 1] = classes.take(ends - 1)
    edges[:, 2] = classes.take(ends - 2, mode="clip")
    alone = start[ends[start] - begins[start] == 1]  # a document that begins with a single character has no line end before it
    edges[alone, 2] = edges[alone, 1]
    edges &= 31
    return edges
