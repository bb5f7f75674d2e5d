"""Edits: the only code that changes text.

A cleaner never changes text.  It reads a document and yields `Edit`s: a span, what to put there
instead, and the id of the rule that says so.  `apply` carries them out and reports what it did as
`Change`s, which also hold the text that was replaced.  `compose` joins two steps into one, so that
the ledger of a whole pipeline is in coordinates of the text it began with; `undo` goes back.

All offsets are code points (Python string indices), half open.
"""

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import NamedTuple


class Edit(NamedTuple):
    """What a cleaner wants: `text[start:end]` becomes `new`, because of the rule with this id.

    `score` is for a rule that is not sure: the probability, in its view, that the text should have stayed.
    """

    start: int
    end: int
    new: str
    rule: str
    score: float | None = None


class Change(NamedTuple):
    """What was done: `old`, which stood at `[start, end)`, became `new`.

    `rules` are the ids of the rules that touched this place, in order; the last one decided.  `score` is that of
    the edit, or the highest of several.
    """

    start: int
    end: int
    old: str
    new: str
    rules: tuple[str, ...]
    score: float | None = None


class EditError(ValueError):
    """Edits that cannot be carried out as they stand: a bug in the cleaner, or a damaged ledger."""


_by_place = itemgetter(0, 1)


def apply(text: str, edits: Iterable[Edit]) -> tuple[str, list[Change]]:
    """Carry out the edits of one step.

    Args:
        text: the text that the step saw.
        edits: spans of `text`, in any order.

    Returns:
        The new text, and the changes, sorted and disjoint.  An edit that would replace a text by
        itself is no change and leaves no trace.

    Raises:
        EditError: an edit lies outside the text, bears no rule, or overlaps another one.
    """
    changes = []
    at = 0
    previous: Edit | None = None
    for edit in sorted(edits, key=_by_place):
        start, end, new, rule, score = edit
        if not 0 <= start <= end <= len(text):
            raise EditError(f"{edit} lies outside a text of {len(text)} characters")
        if not rule:
            raise EditError(f"{edit} bears no rule")
        if start < at or (previous and start == end == previous.start == previous.end):
            raise EditError(f"{edit} overlaps {previous}")
        at, previous = end, edit
        old = text[start:end]
        if old != new:
            changes.append(Change(start, end, old, new, (rule,), score))
    return redo(text, changes), changes


def redo(base: str, changes: Sequence[Change]) -> str:
    """Replace every `old` of `base` by its `new`.

    Raises:
        EditError: `base` does not hold what the changes say it holds.
    """
    if not changes:
        return base
    pieces: list[str] = []
    at = 0
    for change in changes:
        if base[change.start : change.end] != change.old or change.start < at:
            raise EditError(f"{change} does not fit the text, which has {base[change.start : change.end]!r} there")
        pieces += base[at : change.start], change.new
        at = change.end
    pieces.append(base[at:])
    return "".join(pieces)


def undo(text: str, changes: Sequence[Change]) -> str:
    """Give back the text that `changes` were made on.

    Raises:
        EditError: `text` is not what the changes led to.
    """
    backwards = []
    shift = 0
    for start, end, old, new, rules, score in changes:
        backwards.append(Change(start + shift, start + shift + len(new), new, old, rules, score))
        shift += len(new) - (end - start)
    return redo(text, backwards)


def compose(base: str, first: Sequence[Change], second: Sequence[Change]) -> list[Change]:
    """Make one list of changes out of two steps.

    Args:
        base: the text before the first step.
        first: changes that lead from `base` to a middle text.
        second: changes that lead from the middle text on.

    Returns:
        Changes in coordinates of `base` that lead straight to the end.  A change of one step stays as
        it is unless the other step touched the same place; then they become one, with the rules of
        both in order.  What the second step restored is no longer a change.
    """
    if not first or not second:
        return list(first or second)
    composed: list[Change] = []
    i = j = shift = 0  # shift: what to add to an offset of the base to get one of the middle text
    while i < len(first) and j < len(second):
        a, b = first[i], second[j]
        a_start, a_end = a.start + shift, a.start + shift + len(a.new)
        if a_end <= b.start and not _meet(a_end, b):
            composed.append(a)
            i, shift = i + 1, a_end - a.end
        elif b.end <= a_start and not _meet(a_start, b):
            composed.append(_moved(b, shift))
            j += 1
        else:
            i, j, shift = _merge(base, first, second, i, j, shift, composed)
    composed += first[i:]
    composed += (_moved(change, shift) for change in second[j:])
    return composed


def _meet(at: int, b: Change) -> bool:
    """Whether `b` inserts right at the edge of another change: kept apart, their order would be lost."""
    return b.start == b.end == at


def _moved(change: Change, shift: int) -> Change:
    start, end, old, new, rules, score = change
    return Change(start - shift, end - shift, old, new, rules, score)


def _merge(
    base: str, first: Sequence[Change], second: Sequence[Change], i: int, j: int, shift: int, composed: list[Change]
) -> tuple[int, int, int]:
    """Join the changes that overlap, beginning with `first[i]` and `second[j]`, and append the result."""
    i0, j0, shift0 = i, j, shift
    start = min(first[i].start + shift, second[j].start)
    end = start
    while True:
        if i < len(first):
            a = first[i]
            a_start, a_end = a.start + shift, a.start + shift + len(a.new)
            if i == i0 or a_start < end or (a_start == end and j > j0 and _meet(a_start, second[j - 1])):
                i, shift, end = i + 1, a_end - a.end, max(end, a_end)
                continue
        if j < len(second):
            b = second[j]
            if j == j0 or b.start < end or (_meet(end, b) and i > i0):
                j, end = j + 1, max(end, b.end)
                continue
        break
    base_start, base_end = start - shift0, end - shift
    old = base[base_start:base_end]
    middle = redo(old, [_moved(a, base_start) for a in first[i0:i]])
    new = redo(middle, [_moved(b, start) for b in second[j0:j]])
    if old != new:
        joined = (*first[i0:i], *second[j0:j])
        rules = dict.fromkeys(rule for change in joined for rule in change.rules)
        score = max((change.score for change in joined if change.score is not None), default=None)
        composed.append(Change(base_start, base_end, old, new, tuple(rules), score))
    return i, j, shift
