"""What several steps ask about a line: whether it is prose, what it is looked up by, how much it says."""

import pytest

from cleaners.document import KEY_CHARS, Document, is_prose, key, unmarked, weight
from cleaners.edits import Edit


@pytest.mark.parametrize(
    ("line", "prose"),
    [
        ("a" * 79 + ".", True),
        ("a" * 79 + ".  ", True),
        ("a" * 78 + ".", False),
        ("a" * 78 + ".  ", False),  # blanks behind it do not make it longer
        ("a" * 90, False),
        ("a" * 90 + ",", False),
        *(("a" * 90 + end, True) for end in ("!", "?", "…", ":", ";", ")", ".”", ",»", ".“", "。", "।")),
        ("渡" * 29 + "。", True),
        ("渡" * 28 + "。", False),
        ("渡" * 25 + "abcde。", True),
        ("渡" * 24 + "abcdef。", False),
        ("é" * 60 + ".", False),
        (f"[{'a' * 20}](/{'a' * 90})", False),  # the address of a link says nothing
        (f"{'a' * 90} ([a](/a))", True),
    ],
)
def test_what_is_prose(line: str, prose: bool) -> None:
    assert is_prose(line) == prose


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("Comment *", "comment"),
        ("» Share", "share"),
        ("[Advertisement]", "advertisement"),
        ("\u200eE-mail:\xa0", "e-mail"),
        ("Post  a\xa0\tComment", "post a comment"),
        ("GROSSE Straße", "grosse strasse"),
        ("…", ""),
        ("X" * KEY_CHARS, "x" * KEY_CHARS),
        ("X" * (KEY_CHARS + 1), "X" * (KEY_CHARS + 1)),  # too long to be a phrase
    ],
)
def test_what_a_line_is_looked_up_by(line: str, wanted: str) -> None:
    assert key(line) == wanted


@pytest.mark.parametrize(
    ("marked", "shown"),
    [
        ('a [b c](/d_(e)) [f](g "h")', "a b c f"),
        ("[![a](/b)](/c)", "a"),
        ("![](/a)", "!"),
        ("[ ](/a)", "!"),
        ("**a** __b__ c**", "a b c"),
        ("2 ** 3 * * * ____", "2 ** 3 * * * ____"),
        ("[a\n](b)", "[a\n](b)"),
        ("[1] [a](b c)", "[1] [a](b c)"),
    ],
)
def test_what_markdown_shows(marked: str, shown: str) -> None:
    assert unmarked(marked) == shown


@pytest.mark.parametrize(("line", "wanted"), [("", 0), ("ferry", 5), ("渡轮", 6), ("渡轮 is back", 14), ("ไทย", 9), ("été", 3)])
def test_how_much_a_line_says(line: str, wanted: int) -> None:
    assert weight(line) == wanted


def test_lines_that_go_by_one_rule_are_one_edit_with_the_blank_lines_between() -> None:
    doc = Document("a", "one\n\ntwo\nthree\n \nfour\nfive")
    assert doc.cut_all({6: "a.b", 0: "a.b", 2: "a.b", 3: "c.d", 5: "c.d"}) == [
        Edit(0, 9, "", "a.b"),
        Edit(9, 22, "", "c.d"),
        Edit(22, 26, "", "a.b"),
    ]
    assert doc.cut_all({0: "a.b", 3: "a.b"}) == [Edit(0, 4, "", "a.b"), Edit(9, 15, "", "a.b")]
