"""The laws of the contract for single documents, over arbitrary text and over soups of dump lines."""

import unicodedata

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from cleaners import pipeline, records, rules, titles
from cleaners.document import Document
from cleaners.edits import Edit, redo, undo
from cleaners.model import Cut
from tests.strategies import DUMPS, TEXT

BOOK = rules.load()


@settings(max_examples=400)
@given(DUMPS | TEXT | st.tuples(DUMPS, TEXT, DUMPS).map("\n".join), st.sampled_from([None, "cautious", "eager"]))
@example("", None)
@example("\n", None)
@example("a" * 100_000, "cautious")
@example("a\r\nb\r\r\n\x00c\ud83d\ude00\ud83d e\u0301", None)
@example("\u0301\u0301 \u0301", None)
def test_laws(base: str, cut: Cut | None) -> None:
    try:
        cleaned = pipeline.clean(Document("law", base), BOOK, cut)
    except pipeline.UnstableError:  # quarantine: a soup can be made in which a line is a title only if it is none
        event("unstable")
        return
    _, title, text, changes, _ = cleaned
    # 1, 2: the edits lead from the base to the text, and back
    assert redo(base, changes) == text
    assert undo(text, changes) == base
    # 3: the characters balance
    chars = records.chars(base, text, changes)
    assert chars["base"] == len(base) == chars["kept"] + chars["removed"]
    assert chars["text"] == len(text) == chars["kept"] + chars["added"]
    # 4: every rule is known
    assert {rule for change in changes for rule in change.rules} <= set(BOOK.rules)
    # the form of a clean text
    lines = text.split("\n")
    assert unicodedata.is_normalized("NFC", text)
    assert "\r" not in text
    assert lines == [line.rstrip() for line in lines]
    assert not text.startswith("\n")
    assert not text.endswith("\n")
    text.encode()
    if title:
        assert titles.key(title) not in map(titles.key, lines)
    # 5: cleaning again changes nothing, but for what a learned model may find when lines have other neighbours
    again = pipeline.clean(Document("law", f"{title}\n\n{text}" if title else text), BOOK)
    assert (again.title, again.text) == (title, text)


def test_a_ledger_of_several_steps_is_in_coordinates_of_the_base() -> None:
    base = "Council keeps the library open\r\n\r\nThe cafÃ© stays open as well, said the mayor on Tuesday, after a debate of more than three hours.\r\n\r\nLeave a Reply\r\n"
    cleaned = pipeline.clean(Document("case", base), BOOK)
    assert cleaned.title == "Council keeps the library open"
    assert cleaned.text == "The café stays open as well, said the mayor on Tuesday, after a debate of more than three hours."
    places = {change.old.strip(): change.rules for change in cleaned.changes if change.old.strip()}
    assert places["Ã©"] == ("encoding.mojibake",)
    assert places["Leave a Reply"][-1] == "comments.form"


def test_a_heading_that_looks_like_the_title_until_its_paragraph_is_cut() -> None:
    text = "The ferry sails again on Monday, said the harbour board, eleven years after it was laid up at the north quay."
    notice = "We and our partners store and/or access information on a device, such as cookies, and process personal data, such as unique identifiers."
    dump = f"We value your privacy\n\n{notice}\n\nThe ferry sails again\n\n{text}"
    cleaned = pipeline.clean(Document("case", dump), BOOK)
    assert (cleaned.title, cleaned.text) == ("The ferry sails again", text)


def test_steps_that_do_not_come_to_rest_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def turn(doc: Document) -> list[Edit]:
        return [Edit(0, 1, "b" if doc.text[0] == "a" else "a", "layout.foot")]

    monkeypatch.setattr(pipeline, "editing", lambda _: (turn, turn, turn))
    with pytest.raises(pipeline.UnstableError):
        pipeline.clean(Document("case", "a"), BOOK)
