"""The line model: for each line of a dump, how probable it is that it belongs to the main text.

Rules cut what somebody wrote down.  This step judges the rest by its shape, its words and above all its neighbours: main text is
contiguous, menus are short lines among short lines.  How it was fitted, on what, and how good it is: docs/model-card.md.

What it never cuts: the title, and anything of a document in which it finds next to no main text.  A document of which much goes is for a
person to look at (`Verdict.review`).

Cleaning a text a second time may cut more, since the lines have other neighbours then.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np

from cleaners import titles
from cleaners.document import Document
from cleaners.edits import Edit
from cleaners.model import network
from cleaners.model.features import Floats, observe

RULE = "model.main-text"

Cut = Literal["cautious", "balanced", "eager"]

THRESHOLDS: Mapping[Cut, float] = {"cautious": 0.15, "balanced": 0.3, "eager": 0.5}
"""A line below goes.  What each costs and brings: docs/model-card.md."""

SURELY_NOT, NEARLY_CLEAN = 0.05, 0.1
"""Being cautious, the model takes only lines below the first figure where those are less than the second as a share of the
characters: such a document is nearly clean.  On held-out main texts alone that means losing a sentence in 1.5 % instead of 5.2 %
of the documents; on columns of articles it costs 0.8 points of F1."""

SURE = 0.5
"""Where no line is more probable than that, the model has found no main text, and lets the document be."""

REVIEW_SHARE = 0.8
"""If more than this share of the characters goes, the document is for a person to look at.  Held-out documents above it (being
cautious: 0.7 % of the columns, 5 % of the pages) are hurt in half of the cases."""

GROUP_LINES, GROUP_CHARACTERS = 4000, 400_000
"""So many lines or characters are looked at together.  More are not faster, and need memory: about 100 bytes a character."""

LIMIT = 0.95
"""If more than this share of the characters would go, nothing goes.  Nearly all held-out documents above it had lost more than half of
their main text (86 to 100 %, by setting and kind of dump)."""


class Block(NamedTuple):
    """Lines that go: `first` to `last`, both included. `score` is the highest probability of any of them."""

    first: int
    last: int
    score: float


class Verdict(NamedTuple):
    """What the model would do with a document.

    Attributes:
        blocks: what goes, in order; blank lines between two lines that go are part of the block.
        share: how much of the document is below the threshold, in characters, blank lines not counted: 0 to 1.
        review: whether a person should look: much goes; or so much would, or no main text was found, that nothing does.
    """

    blocks: list[Block]
    share: float
    review: bool


def scores(lines: Sequence[str]) -> Floats:
    """The probability of each line that it is main text, to four digits; 1 for blank lines.

    The same on every machine.

    Args:
        lines: all lines of a document, in order, without line ends.

    Raises:
        ValueError: a line holds a line end.
    """
    return scores_all([lines])[0]


def scores_all(docs: Sequence[Sequence[str]]) -> list[Floats]:
    """The same for many documents at once: `[scores(lines) for lines in docs]`, in less time."""
    net = network.shipped()
    results: list[Floats] = []
    for group in _groups(docs):
        seen = observe(group, net.weights.table)
        results += [np.ones(len(lines), np.float32) for lines in group]
        if seen:
            ends = np.cumsum(seen.sizes)
            probable = net.probabilities(seen)
            for result, first, last in zip(results[-len(group) :], ends - seen.sizes, ends, strict=True):
                result[seen.lines[first:last]] = probable[first:last]
    return results


def _groups(docs: Sequence[Sequence[str]]) -> Iterator[Sequence[Sequence[str]]]:
    """Documents that are looked at together: a document more as long as they have few lines and characters."""
    first = lines = characters = 0
    for i, doc in enumerate(docs):
        lines, characters = lines + len(doc), characters + sum(map(len, doc))
        if i > first and (lines > GROUP_LINES or characters > GROUP_CHARACTERS):
            yield docs[first:i]
            first, lines, characters = i, len(doc), sum(map(len, doc))
    if first < len(docs):
        yield docs[first:]


def judge(doc: Document, cut: Cut) -> Verdict:
    """Decide what goes from a document."""
    return judge_all([doc], cut)[0]


def judge_all(docs: Sequence[Document], cut: Cut) -> list[Verdict]:
    """Decide what goes from each of many documents: `[judge(doc, cut) for doc in docs]`, in less time."""
    probable = scores_all([doc.lines for doc in docs])
    return [_verdict(doc, cut, of_doc.tolist()) for doc, of_doc in zip(docs, probable, strict=True)]


def _verdict(doc: Document, cut: Cut, probable: list[float]) -> Verdict:
    lines = doc.lines
    sizes = [0 if not line or line.isspace() else len(line) for line in lines]
    found = any(p >= SURE for p, size in zip(probable, sizes, strict=True) if size)
    if doc.title:
        title = titles.key(doc.title)
        probable = [1.0 if p < SURE and titles.key(line) == title else p for p, line in zip(probable, lines, strict=True)]
    limit = threshold(probable, sizes, cut)
    gone = sum(size for p, size in zip(probable, sizes, strict=True) if p < limit)
    share = gone / max(1, sum(sizes))
    if share > LIMIT or not found:
        return Verdict([], share, review=gone > 0)
    blocks: list[Block] = []
    behind = False  # the written line before this one goes
    for i, (p, size) in enumerate(zip(probable, sizes, strict=True)):
        if not size:
            continue
        if p < limit:
            first, _, highest = blocks.pop() if behind else Block(i, i, 0.0)
            blocks.append(Block(first, i, max(highest, round(p, 4))))
        behind = p < limit
    return Verdict(blocks, share, review=share > REVIEW_SHARE)


def threshold(probable: Sequence[float], sizes: Sequence[int], cut: Cut) -> float:
    """Below which probability a line of this document goes.

    Args:
        probable: the probability of each line.
        sizes: the characters of each line, 0 for a blank one.
        cut: the setting.
    """
    if cut != "cautious":
        return THRESHOLDS[cut]
    surely = sum(size for p, size in zip(probable, sizes, strict=True) if p < SURELY_NOT)
    return THRESHOLDS[cut] if surely >= NEARLY_CLEAN * sum(sizes) else SURELY_NOT


def edits(doc: Document, verdict: Verdict) -> Iterator[Edit]:
    """What the verdict on a document comes to: one edit for each block, with its score."""
    for block in verdict.blocks:
        yield doc.cut(block.first, block.last, RULE)._replace(score=block.score)


def clean(doc: Document, cut: Cut) -> Iterator[Edit]:
    """Cut the lines that are probably no main text."""
    return edits(doc, judge(doc, cut))
