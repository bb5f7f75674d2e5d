"""The line model: for each line of a dump, how probable it is that it belongs to the main text.

Rules cut known boilerplate.  This step judges the rest by its shape, its words and above all its neighbours: main text is
contiguous, menus are short lines among short lines.  How it was fitted, on what, and how good it is: docs/model-card.md.

It never cuts the title, and cuts nothing of a document in which it finds hardly any main text: a person should look at that
(`Verdict.review`).

Cleaning a text a second time may cut more, since then the lines have other neighbours.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from cleaners import titles
from cleaners.document import Document, unmarked
from cleaners.edits import Edit
from cleaners.model import network
from cleaners.model.features import Floats, Ints, observe
from cleaners.model.policy import SURE, Cut, choose, may_be_headline, runs

__all__ = [
    "LIMIT", "RULE", "SURE", "Block", "Cut", "Verdict", "clean", "edits", "judge", "judge_all", "scores", "scores_all",
]  # fmt: skip

RULE = "model.main-text"

GROUP_LINES, GROUP_CHARACTERS = 6000, 250_000
"""How many lines or characters are looked at together.  With fewer, the some 200 NumPy calls per group cost too much; with more, the
arrays no longer fit into the processor's cache, and need memory: 70 to 110 bytes per character."""

MOST_LINES = 200_000
"""A document of more lines is left alone, and marked for a person to look at: it is a list, and a million lines need more than the 2 GB that a
worker may use, so that the whole document would end in quarantine."""

LIMIT = 0.95
"""If more than this share of the characters would be cut, nothing is: a bound for cases that nobody has seen.  With `balanced`, an earlier
model would have hurt 22 of the 25 held-out documents above it; of the six that there are now, five would keep their main text, and one lose it."""


class Block(NamedTuple):
    """Lines to cut: `first` to `last`, both included. `score` is the highest probability of any of them."""

    first: int
    last: int
    score: float


class Verdict(NamedTuple):
    """What the model would do with a document.

    Attributes:
        blocks: what is cut, in order; a block includes the blank lines between its lines.
        share: how much of the document would be cut, in characters, blank lines not counted: 0 to 1.
        review: whether a person should look: nothing is cut because too much would be, or hardly anything is main text, or the document is too long.
        title: the title of the document, known before or found where the main text begins.
    """

    blocks: list[Block]
    share: float
    review: bool
    title: str | None = None


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
    results = []
    for lines, (written, probable) in zip(docs, _looked_at(docs), strict=True):
        results.append(np.ones(len(lines), np.float32))
        results[-1][written] = probable
    return results


def _looked_at(docs: Sequence[Sequence[str]]) -> Iterator[tuple[Ints, Floats]]:
    """The lines of each document that are not blank, and their probabilities."""
    net = network.shipped()
    for group in _groups(docs):
        seen = observe(group, net.weights.table)
        if not seen:
            yield from [(np.zeros(0, np.intp), np.zeros(0, np.float32))] * len(group)
            continue
        probable, ends = net.probabilities(seen), np.cumsum(seen.sizes)
        for first, last in zip(ends - seen.sizes, ends, strict=True):
            yield seen.lines[first:last], probable[first:last]


def _groups(docs: Sequence[Sequence[str]]) -> Iterator[Sequence[Sequence[str]]]:
    """Groups of documents to look at together, up to the limits of lines and characters."""
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
    looked_at = _looked_at([doc.lines if len(doc.lines) <= MOST_LINES else [] for doc in docs])
    return [_verdict(doc, cut, *of_doc) for doc, of_doc in zip(docs, looked_at, strict=True)]


def _verdict(doc: Document, cut: Cut, written: Ints, probable: Floats) -> Verdict:
    if len(doc.lines) > MOST_LINES:
        return Verdict([], 0.0, review=True, title=doc.title)
    places, head = written.tolist(), may_be_headline(probable)
    likely = dict(zip(written[head].tolist(), probable[head].tolist(), strict=True))
    title = titles.find_headline(doc, likely) if doc.title is None else doc.title
    goes = choose(probable, cut, titled=title is not None)
    gone = np.flatnonzero(goes)
    if not len(gone):
        return Verdict([], 0.0, review=False, title=title)
    lines = list(map(doc.lines.__getitem__, places))
    if title:
        name = titles.key(title)
        for i in gone.tolist():
            line = lines[i]
            # Only letters that are not ASCII may make the key longer than the line.
            if (len(line) >= len(name) or not line.isascii()) and titles.key(unmarked(line)) == name:
                goes[i] = False
    share = sum(len(lines[i]) for i in np.flatnonzero(goes).tolist()) / sum(map(len, lines))
    if share > LIMIT or not len(head):
        return Verdict([], share, review=share > 0, title=doc.title)
    values = probable.tolist()
    blocks = [Block(places[first], places[end - 1], round(max(values[first:end]), 4)) for first, end in runs(goes).tolist()]
    return Verdict(blocks, share, review=False, title=title)


def edits(doc: Document, verdict: Verdict) -> Iterator[Edit]:
    """The edits of a verdict: one for each block, with its score."""
    for block in verdict.blocks:
        yield doc.cut(block.first, block.last, RULE)._replace(score=block.score)


def clean(doc: Document, cut: Cut) -> Iterator[Edit]:
    """Cut the lines that are probably not main text."""
    return edits(doc, judge(doc, cut))
