"""What the line model sees of a document: numbers for each line that is not blank, and its words as hashes.

Everything is counted on whole documents at once, many of them side by side, as arrays of UTF-16 code units, because a loop over
characters in Python costs a hundred times what the model may cost.  There is no list of words of any language: what a word means, the model learned
from labelled pages; for the rest it has the shape of a line and its place.

All numbers are multiples of 1/32 below 16, so that sums of their products with the weights are exact in float32, in any order:
the same scores on every machine, whatever library multiplies the matrices.
"""

import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]
Hashes = npt.NDArray[np.uint32]
Table = npt.NDArray[np.uint64]

FIRST_TOKENS, LAST_TOKENS = 16, 6
"""How many tokens of a line the model reads at its beginning and its end.  A menu, a label or a credit is shorter than both
together; what a paragraph is shows in its shape."""

_SPACE, _UPPER, _LOWER, _OTHER, _MARK, _HAN, _KANA, _HANGUL, _UNSPACED, _DIGIT = range(10)
_SIGNS = (
    ",،、，;；", ".。।۔．", "!?！？؟…", ":：", "\"'“”«»„‘’‚「」『』", "()[]{}（）【】", "-–—―", "/\\", "|•·►›>‹<→←▼▲", "@#&*+=_~^`", "$€£%", "©®™",
)  # fmt: skip
KINDS = 24  # of characters: the ten above, a kind for each row of signs, other symbols, and what is left
COLUMNS = 2 * KINDS + 12
_CAP = 4095  # counts above are taken for this one


class Features(NamedTuple):
    """The lines of some documents that are not blank, as the model sees them, those of each document behind those of the one before.

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
    Bits 8-31: what it adds to the hash of a token that it stands in behind another character; bits 32-63: what it adds itself.
    The table is stored with the weights, for other versions of Python know other versions of Unicode.
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
    kept = [[i for i, line in enumerate(lines) if line and not line.isspace()] for lines in docs]
    sizes = np.array([len(of_doc) for of_doc in kept], np.intp)
    n = int(sizes.sum())
    if not n:
        return None
    at_line = np.concatenate([np.array(of_doc, np.intp) for of_doc in kept])
    some_docs = np.flatnonzero(sizes)
    doc = np.repeat(np.arange(len(some_docs)), sizes[some_docs])  # of each line, among those that have any
    stop = np.cumsum(sizes[some_docs])
    start = stop - sizes[some_docs]
    before = np.diff(at_line, prepend=-1) - 1
    before[start] = at_line[start]
    after = np.empty_like(before)
    after[:-1] = before[1:]
    after[stop - 1] = np.array([len(lines) for lines in docs])[some_docs] - 1 - at_line[stop - 1]
    text = "\n".join([lines[i] for lines, of_doc in zip(docs, kept, strict=True) for i in of_doc]) + "\n"
    units = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), "<u2")
    ends = np.flatnonzero(units == 10)
    if len(ends) != n:
        raise ValueError("a line holds a line end")
    lengths = ends + 1  # with the line end
    lengths[1:] -= lengths[:-1].copy()
    known = table.take(units)
    low = known.astype(np.uint32)
    kinds = low & np.uint32(31)
    cells = np.repeat(np.arange(0, 32 * n, 32), lengths)
    cells += kinds
    counts = np.bincount(cells, minlength=32 * n).reshape(n, 32)[:, :KINDS]
    counts[:, _SPACE] -= 1

    # Tokens: runs of letters, runs of digits, single signs.  The hash of one is the sum of what its pairs of neighbours add.
    group = (low >> np.uint32(5)).astype(np.uint8)
    group &= np.uint8(3)
    begins = group == 3
    begins[1:] |= group[1:] != group[:-1]
    begins[0] = True
    at = np.flatnonzero(begins)
    adds = (known >> np.uint64(32)).astype(np.uint32)
    adds[:-1] ^= low[1:] & np.uint32(0xFFFFFF00)
    adds *= np.uint32(0x85EBCA6B)
    adds ^= adds >> np.uint32(15)
    sums = np.zeros(len(adds) + 1, np.uint32)
    np.cumsum(adds, dtype=np.uint32, out=sums[1:])
    hashes = -sums.take(at)  # where the next token begins minus where this one does; modulo 2**32
    hashes[:-1] -= hashes[1:].copy()
    hashes[-1:] += sums[-1:]
    real = np.flatnonzero(group.take(at))
    at, hashes = at.take(real), hashes.take(real)
    line = cells.take(at) >> 5
    tokens = np.bincount(line, minlength=n)
    capitals = np.bincount(line.take(np.flatnonzero(kinds.take(at) == _UPPER)), minlength=n)
    rank = np.arange(len(at)) - (np.cumsum(tokens) - tokens).take(line)
    some = np.flatnonzero((rank < FIRST_TOKENS) | (rank >= (tokens - LAST_TOKENS).take(line)))
    hashes, line = hashes.take(some), line.take(some)
    tokens = np.minimum(tokens, FIRST_TOKENS + LAST_TOKENS)
    pairs = np.zeros_like(hashes)
    pairs[1:] = hashes[:-1] * (line[1:] == line[:-1])
    pairs = (pairs ^ hashes >> np.uint32(7)) * np.uint32(0xC2B2AE35) + hashes

    # Lines that stand in the document more than once; sums of pairs know the order of the words.
    np.cumsum(pairs, dtype=np.uint32, out=(sums := sums[: len(pairs) + 1])[1:])
    whole = sums.take(np.cumsum(tokens))
    whole[1:] -= whole[:-1].copy()
    named = doc.astype(np.uint64) << np.uint64(32) | whole
    order = np.argsort(named)
    alike = np.diff(np.flatnonzero(np.diff(named.take(order)) != 0) + 1, prepend=0, append=n)
    copies = np.empty(n, np.intp)
    copies[order] = np.repeat(alike - 1, alike)

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
            tokens,
            capitals,
            before,  # blank lines
            after,
            rank,
            sizes[some_docs].take(doc) - 1 - rank,
            copies,
            past,
            total - past - lengths,
            (lengths - 1 - counts[:, _SPACE]) // np.maximum(tokens, 1),
        ),
        KINDS,
    ):
        numbers[:, column] = values
    shape = np.empty((n, COLUMNS), np.float32)
    _logs().take(numbers, out=shape[:, : KINDS + 11], mode="clip")
    np.rint(counts * (256 / lengths)[:, None], out=shape[:, KINDS + 11 : -1], casting="same_kind")
    shape[:, -1] = np.rint(past * (256 / total))
    edges = np.empty((n, 3), np.intp)
    edges[:, 0] = kinds.take(ends - lengths + 1)
    edges[:, 1] = kinds.take(ends - 1)
    edges[:, 2] = kinds.take(ends - 2, mode="clip")
    alone = start[lengths[start] == 2]  # a document that begins with a single character has no line end before it
    edges[alone, 2] = edges[alone, 1]
    both = np.empty((len(hashes), 2), np.uint32)
    both[:, 0], both[:, 1] = hashes, pairs
    both *= np.uint32(0x9E3779B1)
    return Features(sizes, at_line, shape, edges, both.reshape(-1), tokens)
