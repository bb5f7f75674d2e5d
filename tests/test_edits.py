"""The laws of edits: what is applied can be composed, replayed and undone, over any text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleaners.edits import Change, Edit, EditError, apply, compose, redo, undo
from tests.strategies import TEXT


def edits_of(text: str, data: st.DataObject) -> list[Edit]:
    """Edits of one step: sorted cuts, paired into spans that do not overlap."""
    draw = data.draw
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=10)))
    spans = dict.fromkeys(zip(cuts[::2], cuts[1::2], strict=False))
    edits: list[Edit] = []
    for start, end in spans:
        if edits and start < edits[-1].end:
            continue
        edits.append(Edit(start, end, draw(st.text("xy\n\u0301\ud800", max_size=3)), draw(st.sampled_from(["a.b", "c.d"]))))
    return edits


@settings(max_examples=500)
@given(st.data())
def test_laws_of_steps(data: st.DataObject) -> None:
    base = data.draw(TEXT)
    text, ledger = base, list[Change]()
    for _ in range(4):
        after, changes = apply(text, edits_of(text, data))
        assert undo(after, changes) == text
        ledger = compose(base, ledger, changes)
        text = after
        assert redo(base, ledger) == text
        assert undo(text, ledger) == base
        at = 0
        for change in ledger:
            assert base[change.start : change.end] == change.old != change.new
            assert change.rules
            assert change.start >= at
            at = change.end
        assert len({change[:2] for change in ledger}) == len(ledger)


def test_an_edit_that_changes_nothing_leaves_no_trace() -> None:
    assert apply("abc", [Edit(1, 2, "b", "a.b")]) == ("abc", [])


def test_edits_may_come_in_any_order() -> None:
    assert apply("abc", [Edit(2, 3, "", "a.b"), Edit(0, 1, "", "a.b")])[0] == "b"


@pytest.mark.parametrize(
    "edits",
    [
        [Edit(0, 2, "", "a.b"), Edit(1, 3, "", "a.b")],
        [Edit(0, 2, "", "a.b"), Edit(0, 2, "", "a.b")],
        [Edit(1, 1, "x", "a.b"), Edit(1, 1, "y", "a.b")],
        [Edit(2, 1, "", "a.b")],
        [Edit(-1, 1, "", "a.b")],
        [Edit(0, 4, "", "a.b")],
        [Edit(0, 1, "", "")],
    ],
    ids=["overlap", "twice", "two insertions at one place", "backwards", "before the text", "behind the text", "no rule"],
)
def test_edits_that_cannot_be_carried_out_raise(edits: list[Edit]) -> None:
    with pytest.raises(EditError):
        apply("abc", edits)


def test_a_ledger_that_does_not_fit_raises() -> None:
    changes = [Change(0, 1, "a", "x", ("a.b",))]
    assert redo("abc", changes) == "xbc"
    with pytest.raises(EditError, match="does not fit"):
        redo("bbc", changes)
    with pytest.raises(EditError, match="does not fit"):
        undo("abc", changes)
    with pytest.raises(EditError, match="does not fit"):
        redo("aab", [*changes, *changes])  # one behind the other they fit, and overlap


CUT, REPAIR = ("cut.line",), ("encoding.mojibake",)


@pytest.mark.parametrize(
    ("base", "first", "second", "composed"),
    [
        (
            "caf\u00c3\u00a9\nx",
            [Change(3, 5, "Ã©", "é", REPAIR)],
            [Change(5, 6, "x", "", CUT)],
            [Change(3, 5, "Ã©", "é", REPAIR), Change(6, 7, "x", "", CUT)],
        ),
        (
            "caf\u00c3\u00a9\nx",
            [Change(3, 5, "Ã©", "é", REPAIR)],
            [Change(0, 5, "café\n", "", CUT)],
            [Change(0, 6, "cafÃ©\n", "", REPAIR + CUT)],
        ),
        (
            "ab",
            [Change(0, 1, "a", "", REPAIR)],
            [Change(0, 1, "b", "", CUT)],
            [Change(0, 1, "a", "", REPAIR), Change(1, 2, "b", "", CUT)],
        ),
        ("ab", [Change(0, 1, "a", "x", REPAIR)], [Change(0, 1, "x", "a", CUT)], []),
        ("ab", [Change(1, 1, "", "x", REPAIR)], [Change(1, 2, "x", "", CUT)], []),
        ("ab", [Change(1, 1, "", "x", REPAIR)], [Change(2, 2, "", "y", CUT)], [Change(1, 1, "", "xy", REPAIR + CUT)]),
        ("abc", [Change(1, 2, "b", "", CUT, 0.2)], [Change(0, 2, "ac", "", CUT, 0.1)], [Change(0, 3, "abc", "", CUT, 0.2)]),
    ],
    ids=[
        "apart",
        "cut around a repair",
        "side by side",
        "put back",
        "insertion taken out",
        "two insertions",
        "the highest score",
    ],
)
def test_compose(base: str, first: list[Change], second: list[Change], composed: list[Change]) -> None:
    assert compose(base, first, second) == composed
