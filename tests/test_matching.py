"""Which lines a rule matches: small rules, and lines at the edge of what they say."""

from typing import Any

import pytest

from cleaners import boilerplate, rules
from cleaners.document import Document
from cleaners.edits import apply
from cleaners.rules import Rule

ABOVE = "The ferry to the outer islands will keep its winter timetable until May, the harbour office said on Tuesday, as it did before."
BELOW = "Letters go by the mail boat in the meantime, as they did before there was a ferry, and parcels wait on the mainland until then."


def left(line: str, *, place: str = "between", **rule: Any) -> str:
    """What a rule leaves of lines that stand in an article."""
    book = rules.RuleBook({"x.y": Rule("x.y", "why", "source", ("en",), **rule)}, "")
    text = {"between": f"{ABOVE}\n{line}\n{BELOW}", "below": f"{ABOVE}\n{BELOW}\n{line}"}[place]
    cleaned, _ = apply(text, boilerplate.clean(Document("case", text), book))
    return "\n".join(part for part in cleaned.split("\n") if part not in (ABOVE, BELOW, ""))


PHRASE: dict[str, Any] = {"phrases": ("Ring the harbour bell",)}
SLOT: dict[str, Any] = {"phrases": ("Ring {} at noon",)}
PATTERN: dict[str, Any] = {"patterns": ("ring .*",), "needs": ("ring",), "max_chars": 30}
WEAK: dict[str, Any] = {"phrases": ("Ring the bell",), "weak": ("Harbour", "Bell {}")}


@pytest.mark.parametrize(
    ("rule", "line", "goes"),
    [
        (PHRASE, "» RING the\xa0 harbour\tbell!", True),
        (PHRASE, f"Ring{' ' * 220}the harbour bell", True),
        (PHRASE, "Ring the harbour bells", False),
        (PHRASE, "Ring the harbour bell today", False),
        (SLOT, f"Ring {'x' * 60} at noon", True),
        (SLOT, f"Ring {'x' * 61} at noon", False),
        (SLOT, "Ring at noon", True),
        (PATTERN, f"Ring {'x' * 25}", True),
        (PATTERN, f"Ring {'x' * 26}", False),
        (PATTERN, "Do ring me", False),
        (WEAK, "Harbour", False),
        (WEAK, "Harbour Bell 7", False),
        (WEAK, "Ring the bell\nHarbour", True),
        (WEAK, "Ring the bell\nHarbour\n|\nBell 7", True),
        (WEAK, "Ring the bell Harbour", True),
        (WEAK, "Ring the bell harbours", False),
    ],
)
def test_what_a_rule_matches(rule: dict[str, Any], line: str, goes: bool) -> None:
    assert left(line, **rule) == ("" if goes else line)


def test_what_closes_a_block_of_code_is_no_separator() -> None:
    assert left("Ring the bell\n}\nHarbour", **WEAK) == "}\nHarbour"


@pytest.mark.parametrize(
    ("line", "goes"), [("Ring the harbour bell", True), ("Ring the harbour bell\nIt is out of order", False)]
)
def test_a_rule_for_the_end_acts_where_nothing_follows(line: str, goes: bool) -> None:
    assert left(line, place="below", where="end", **PHRASE) == ("" if goes else line)


def test_a_phrase_of_two_families_is_that_of_the_first() -> None:
    book = rules.RuleBook({id_: Rule(id_, "why", "source", ("en",), **PHRASE) for id_ in ("a.last", "b.first", "a.first")}, "")
    text = f"{ABOVE}\n\nRing the harbour bell\n\n{BELOW}"
    assert [edit.rule for edit in boilerplate.clean(Document("case", text), book)] == ["a.last"]


SHORT = "The ferry keeps its winter timetable, the council said.\nIt has three boats.\nTwo of them are in the dock until May."


@pytest.mark.parametrize(
    ("article", "end", "goes"),
    [
        (SHORT, "Tags: ferry, harbour\nShare\nFacebook\nWhatsApp", True),
        (SHORT, "Categories\nBest loaf of the north coast\nBest smoked fish", False),  # of a prize
        (
            "Ferries\nThree\nBoats in the dock\nTwo, as the council said.\nDays\nAll of the week.",
            "Share\nFacebook",
            False,
        ),  # a table
        ("The ferry is late.\nIt is cold.", "Share\nFacebook", False),  # too little to tell
    ],
)
def test_the_edges_of_an_article_without_a_long_line(article: str, end: str, goes: bool) -> None:
    text = f"{article}\n{end}"
    cleaned, _ = apply(text, boilerplate.clean(Document("case", text), rules.load()))
    assert cleaned.rstrip("\n") == (article if goes else text)
