"""The site's name goes where something proves that it is one; authors, dates, sections and standfirsts stay."""

from typing import Any

import pytest

from cleaners import sites
from cleaners.document import Document
from cleaners.edits import apply

TITLE = "A Bridge Falls in the North"
PROSE = "The bridge in the north fell at noon on Tuesday, a day after the last lorry had been allowed to cross it."


def left(text: str, title: str | None = TITLE, **metadata: Any) -> str:
    return apply(text, sites.clean(Document("case", text, title, metadata)))[0]


def page(name: str, *foot: str, head: str = TITLE) -> str:
    return "\n\n".join((head, name, TITLE, PROSE, *foot))


@pytest.mark.parametrize(
    ("name", "foot", "gone"),
    [
        ("Thedailyharbour", ("thedailyharbour news", "Reference", TITLE), ["thedailyharbour news"]),
        ("Thedailyharbour", ("Thedailyharbour", "Source", TITLE), ["Thedailyharbour"]),
        ("Harbour Weekly News", ("harbour weekly news", TITLE), ["harbour weekly news"]),
        ("The Daily Harbour", ("© 2024 The Daily Harbour. All rights reserved.",), []),
        ("Harbour Rock", ("www.harbour-rock.example",), ["www.harbour-rock.example"]),
        ("harbourtimes.example", (), []),
        ("портовый-вестник.рф", (), []),
    ],
)
def test_a_name_with_proof_goes(name: str, foot: tuple[str, ...], gone: list[str]) -> None:
    """It, and what says the same at the foot, and nothing else."""
    lines = [line for line in left(page(name, *foot)).split("\n") if line]
    assert lines == [TITLE, TITLE, PROSE, *(line for line in foot if line not in gone)]


@pytest.mark.parametrize(
    ("name", "goes"),
    [
        ("The Old Harbour Post and Times", True),
        ("The Old Harbour Post and Daily Times", False),  # seven words
        ("The Harbour Gazette of Northwestern Towns"[1:], True),
        ("The Harbour Gazette of Northwestern Towns", False),  # 41 characters
    ],
)
def test_how_long_the_name_of_a_site_may_be(name: str, goes: bool) -> None:
    text = page(name, f"© 2024 {name}. All rights reserved.")
    assert left(text) == (text.replace(f"\n{name}\n", "\n", 1) if goes else text)


@pytest.mark.parametrize(
    ("between", "goes"), [(["By Ada Brandt", "12 May 2024"], True), (["By Ada Brandt", "12 May 2024", "7:15"], False)]
)
def test_how_far_apart_the_titles_may_be_between_which_a_name_stands(between: list[str], goes: bool) -> None:
    lines = [TITLE, *between, "harbourtimes.example", TITLE, PROSE]
    assert left("\n".join(lines)) == "\n".join(line for line in lines if not goes or "." not in line or line == PROSE)


def test_an_address_and_a_name_have_rules_of_their_own() -> None:
    text = page("Harbour Rock", "www.harbour-rock.example")
    edits = sites.clean(Document("case", text, TITLE))
    assert [(text[edit.start : edit.end].strip(), edit.rule) for edit in edits] == [
        ("Harbour Rock", "site.name"),
        ("www.harbour-rock.example", "site.domain"),
    ]


def test_the_tail_of_a_title_is_proof() -> None:
    for head in (f"{TITLE} | Harbour Tribune", f"{TITLE}_Harbour Tribune"):
        assert left(page("Harbour Tribune", head=head)) == f"{head}\n\n\n{TITLE}\n\n{PROSE}"


@pytest.mark.parametrize(
    ("name", "foot"),
    [
        ("Jane Doe", ()),
        ("Jane Doe", ("Jane Doe", "Reference", TITLE)),
        ("Jane van der Roe", ("© Jane van der Roe",)),
        ("Politics", ("Politics news", "Reference", TITLE)),
        ("World News", ("World News", "Source", TITLE)),
        ("12 May 2024", ("12 May 2024",)),
        ("Nobody was hurt, but the ferry is full", ()),
        ("Nobody was hurt.", ("Nobody was hurt.", "Source")),
        ("Source", ("Source", "Source")),
        ("Thedailyharbour", ()),
        ("Thedailyharbour", ("Thedailyharbour is a town of nine thousand people.",)),
    ],
)
def test_other_lines_between_titles_stay(name: str, foot: tuple[str, ...]) -> None:
    assert left(page(name, *foot)) == page(name, *foot)


def test_nothing_goes_without_a_second_title() -> None:
    text = f"{TITLE}\n\nThedailyharbour\n\n{PROSE}\n\nthedailyharbour news\n\nReference"
    assert left(text) == text
    assert left(page("Thedailyharbour", "thedailyharbour news", "Reference", TITLE), title=None).count("hedailyharbour") == 2


def test_metadata_name_the_site() -> None:
    text = f"{TITLE}\n\nThe Daily Harbour\n\n{PROSE}\n\nThe Daily Harbour news\n\ndailyharbour.example"
    for site in (
        "thedailyharbour.example",
        "www.thedailyharbour.co.uk",
        "The Daily Harbour",
        "https://thedailyharbour.example/news/",
    ):
        assert left(text, site=site) == f"{TITLE}\n\n\n{PROSE}\n\n\ndailyharbour.example"
    assert left(text, site="thedailyharbour.example", author="The Daily Harbour") == text
    assert left(text, site="other.example") == text


def test_a_name_in_the_middle_of_the_article_stays() -> None:
    text = f"{TITLE}\n\n{PROSE}\n\nThe Daily Harbour\n\n{PROSE}"
    assert left(text, site="thedailyharbour.example") == text


def test_cleaning_again_cuts_nothing() -> None:
    text = left(page("Thedailyharbour", "thedailyharbour news", "Reference", TITLE))
    body = "\n\n".join(part for part in text.split("\n\n") if part.strip() != TITLE)
    again = f"{TITLE}\n\n{body}"
    assert left(again) == again


@pytest.mark.parametrize("text", ["", "\n", TITLE, f"{TITLE}\n{TITLE}", f"{TITLE}\n\n{TITLE}\n\nRoses are red\nViolets are blue"])
def test_texts_without_prose_stay(text: str) -> None:
    assert left(text, site="roses.example") == text
