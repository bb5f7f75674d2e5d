"""Which lines are cut, once the probability of each is known: the decision for a document as a whole.

Main text is contiguous, so where a line stands says what a cut would cost.  On held-out columns of articles, of the lines with a
probability below 0.3, 96 % were boilerplate after the last line that is surely main text, 96 % before the first one, and 81 % between
two.  The figures for each setting: docs/model-card.md.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np

from cleaners.model.features import Bools, Floats, Ints

Cut = Literal["cautious", "balanced", "eager"]


class Setting(NamedTuple):
    """The probability below which a line is cut.

    Attributes:
        head: before the first line that is surely main text.
        middle: between two of them.
        tail: after the last one.
    """

    head: float
    middle: float
    tail: float


SETTINGS: Mapping[Cut, Setting] = {
    "cautious": Setting(head=0.07, middle=0.04, tail=0.26),
    "balanced": Setting(head=0.4, middle=0.2, tail=0.5),
    "eager": Setting(head=0.5, middle=0.5, tail=0.5),
}

SURE = 0.5
"""From here on a line is surely main text.  Without such a line, the model has found no main text, and leaves the document alone."""

HEADLINE_LINES, HEADLINE = 15, 0.1
"""If no title is known, the most probable of this many lines before the first one that is surely main text stays, if it has at least
this probability: it is most often the headline, which is short and stands among menus.  On held-out pages of articles this saves 0.4
points of recall, and every tenth document that would be hurt, for 0.3 points of precision.  Among these lines a title is looked for, too."""

SURELY_NOT, PROBABLY_NOT, NEARLY_CLEAN = 0.01, 0.1, 0.4
"""`cautious` cuts only lines below the first figure if the share of lines below the second is less than the third: such a document is
nearly clean."""


def choose(probable: Floats, cut: Cut, *, titled: bool) -> Bools:
    """Say for each line of a document, without blank ones, whether it is cut.

    Args:
        probable: how probable it is that a line is main text.
        cut: the setting.
        titled: whether the title of the document is known.
    """
    setting = SETTINGS[cut]
    sure = np.flatnonzero(probable >= SURE)
    if not len(sure):
        return probable < setting.head
    first, last = sure[0], sure[-1]
    if cut == "cautious" and np.count_nonzero(probable < PROBABLY_NOT) < NEARLY_CLEAN * len(probable):
        goes = probable < SURELY_NOT
    else:
        goes = probable < setting.middle
        goes[:first] = probable[:first] < setting.head
        goes[last:] = probable[last:] < setting.tail
    if first and not titled:
        best = first - 1 - int(probable[max(0, first - HEADLINE_LINES) : first][::-1].argmax())
        goes[best] &= probable[best] < HEADLINE
    return goes


def may_be_headline(probable: Floats) -> Ints:
    """The lines that may be the headline: some before the first that is surely main text, and that one itself, the last."""
    sure = np.flatnonzero(probable >= SURE)
    if not len(sure):
        return sure
    start = max(0, sure[0] - HEADLINE_LINES)
    lines: Ints = start + np.flatnonzero(probable[start : sure[0] + 1] >= HEADLINE)
    return lines


def runs(goes: Bools) -> Ints:
    """Where runs of lines to cut begin and end, the end not included: two columns."""
    padded = np.zeros(len(goes) + 2, np.bool_)
    padded[1:-1] = goes
    return np.flatnonzero(padded[1:] != padded[:-1]).reshape(-1, 2)
