"""The laws of the contract for single documents, over arbitrary text and over soups of dump lines."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from benchmarks import made_up
from cleaners import pipeline, records, rules, titles
from cleaners.document import Document
from cleaners.edits import Edit, redo, undo
from cleaners.model import Cut
from tests.strategies import DUMPS, TEXT
from tests.test_model import ARTICLE, FOOT, HEAD, MENU

BOOK = rules.load()


@settings(max_examples=400)
@given(
    DUMPS | TEXT | st.tuples(DUMPS, TEXT, DUMPS).map("\n".join),
    st.sampled_from([None, "cautious", "eager"]),
    st.none() | st.integers(0, 9),
)
@example("", None, None)
@example("\n", None, None)
@example("a" * 100_000, "cautious", 0)
@example("a\r\nb\r\r\n\x00c\ud83d\ude00\ud83d e\u0301", None, 1)
@example("\u0301\u0301 \u0301", None, 0)
@example("\u3300", None, 0)
@example("à?\x9c", None, 0)
def test_laws(base: str, cut: Cut | None, title_line: int | None) -> None:
    given_title = " ".join((base.split("\n") * 10)[title_line].split()) if title_line is not None else None
    try:
        cleaned = pipeline.clean(Document("law", base, given_title), BOOK, cut)
    except pipeline.UnstableError:  # quarantine: a soup can be made in which a line is a title only if it is none
        event("unstable")
        return
    _, title, text, changes, _, found = cleaned
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
    again = pipeline.clean(Document("law", f"{title}\n\n{text}" if title else text, None if found else title), BOOK)
    assert (again.title, again.text) == (title, text)


@pytest.mark.parametrize("name", ["behind-whole", "test", "test-whole", "test-more"])
def test_whole_pages_cleaned_with_the_line_model_have_the_same_title_again(name: str) -> None:
    for page in made_up.pages(Path(made_up.__file__).parent / f"made-up/{name}.txt"):
        cleaned = pipeline.clean(Document(page.id, "\n".join(page.lines)), BOOK, "cautious")
        text = f"{cleaned.title}\n\n{cleaned.text}" if cleaned.title else cleaned.text
        again = pipeline.clean(Document(page.id, text), BOOK)
        assert (again.title, again.text) == (cleaned.title, cleaned.text)


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


NEWS = (
    "The old pier in the harbour town is open again, eleven months after a storm had broken it in two places, the council said."
)
FERRY = (
    "The council will vote again in June. Until then, lorries of more than seven tonnes must take the longer road by the mill."
)
CHINESE = "渡轮经营者三十年来从未见过三月份的水位如此之高，她说镇上还没有做好准备。"


@pytest.mark.parametrize("blank", [" ", "          ", "\t", "\u3000", "\u2003"])
def test_blanks_behind_a_line_hide_nothing(blank: str) -> None:
    text = f"{NEWS}\n\nAdvertisement{blank}\n\n[Ad]{blank}\n\n{CHINESE}\n\n{CHINESE}{blank}\n\n関連記事{blank}\n\nコメントを残す{blank}\n"
    cleaned = pipeline.clean(Document("case", text), BOOK)
    assert cleaned.text == f"{NEWS}\n\n{CHINESE}"
    assert undo(cleaned.text, cleaned.changes) == text


def test_a_line_that_is_mojibake_without_the_blank_behind_it_is_repaired_at_once() -> None:
    cleaned = pipeline.clean(Document("case", "A word: œé>\xa0\nand another"), BOOK)
    assert pipeline.clean(Document("case", cleaned.text), BOOK).text == cleaned.text == "A word: ώ>\nand another"


def test_a_text_whose_title_and_rules_upset_each_other_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    title = "Why the Old Bridge Must Be Repaired Now"
    # It is the title only below its date: without it, cleaned again, there would be none, and with it there would be one.
    monkeypatch.setattr(pipeline, "_find_title", lambda doc, _: None if doc.text.startswith(title) else title)
    text = f"March 5, 2024\n\n{title}\n\n{NEWS}\n\n{FERRY}\n\nLeave a Reply"
    cleaned = pipeline.clean(Document("case", text), BOOK)
    assert (cleaned.title, cleaned.text, cleaned.review) == (None, text, True)


def test_a_heading_that_stands_twice_once_other_lines_are_gone_is_no_second_title() -> None:
    title = "# Why\xa0the\xa0Old\xa0Bridge\xa0Must\xa0Be\xa0Repaired\xa0Now"
    shut = "It is not the first time that the bridge has been in the news: in 1974 a barge struck its eastern pier, and it stayed shut for eleven months."
    asked = "“We asked three firms,” the engineer told the meeting, “and all of them came back with a price that was twice what we had put aside.”"
    board = "The harbour board met on Tuesday evening to decide whether the old lifting bridge at Quay Street should be repaired or replaced altogether."
    ferry = "Mrs Alder, who has run the ferry for thirty years, said that she had never seen the water so high in the month of March, and that the town was not ready."
    boats = "Fishermen fear that the closure would cost them the summer season; several have already moved their boats to the next harbour down the coast."
    once = [shut, "Bir yanıt yazın", "→", "Partager", asked]
    middle = ["Next steps for the bridge", *once, board, FERRY, ferry, boats]
    end = [title.replace("\xa0", " "), shut, "2", "Like this:", asked, "Next steps for the bridge"]
    text = "\n".join(["March 5, 2024", title, *once, *middle, *end])
    cleaned = pipeline.clean(Document("case", text), BOOK)
    assert cleaned.title == title.removeprefix("# ")
    again = pipeline.clean(Document("case", f"{cleaned.title}\n\n{cleaned.text}"), BOOK)
    assert (again.title, again.text) == (cleaned.title, cleaned.text)


def test_steps_that_do_not_come_to_rest_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def turn(doc: Document) -> list[Edit]:
        return [Edit(0, 1, "b" if doc.text[0] == "a" else "a", "layout.foot")]

    monkeypatch.setattr(pipeline, "editing", lambda _: (turn, turn, turn))
    with pytest.raises(pipeline.UnstableError):
        pipeline.clean(Document("case", "a"), BOOK)


def test_a_given_title_that_a_heading_repeats_is_none_and_another_one_is_found() -> None:
    paragraphs = [
        "The old pier in the harbour town is open again, eleven months after a storm had broken it in two places, the council said.",
        "Work on the pier took longer than planned, because the oak for the piles had to be brought from another county.",
        "Next year the lamps are to follow, and a bench for every family that gave money, in the order in which they gave it.",
    ]
    text = "\n\n".join((*paragraphs, "What comes next", *(f"{p} It was said again." for p in paragraphs)))
    cleaned = pipeline.clean(Document("case", f"Old pier open again\n\n{text}", "What comes next"), BOOK)
    assert (cleaned.title, cleaned.found) == ("Old pier open again", True)
    again = pipeline.clean(Document("case", f"{cleaned.title}\n\n{cleaned.text}"), BOOK)
    assert (again.title, again.text) == (cleaned.title, cleaned.text)
    kept = pipeline.clean(Document("case", text, "Old pier open again"), BOOK)
    assert (kept.title, kept.found) == ("Old pier open again", False)


FORM = "Leave a Reply\nYour email address will not be published. Required fields are marked *\nComment *\nName *\nEmail *\nPost Comment"
SHARE = "\n".join(
    ["Share this:", "Share on Facebook", "Share on Twitter", "Share on WhatsApp", "Click to print (Opens in new window)"] * 6
)


@pytest.mark.parametrize("cut", [None, "cautious"])
@pytest.mark.parametrize(
    ("text", "review"),
    [
        (f"{NEWS}\n\n{SHARE}\n\n{FORM}", True),
        (f"{NEWS}\n\n{FERRY}\n\n{SHARE}", False),  # 28 % are left
        (f"{NEWS}\n\n{NEWS[::-1]}\n\n{FORM}", False),
        (f"{NEWS}{10 * len(NEWS) * ' '}\n{10 * len(NEWS) * chr(10)}{NEWS[::-1]}", False),
    ],
)
def test_a_document_of_which_little_is_left_is_for_a_person_to_look_at(text: str, review: bool, cut: Cut | None) -> None:
    """Whatever took the rest; blanks are nothing."""
    assert pipeline.clean(Document("case", text), BOOK, cut).review == review


POOL = "Council votes to rebuild the swimming pool by the river"


@pytest.mark.parametrize(
    ("top", "cut", "title"),
    [
        (["News", "", POOL, "By Maren Holt", "4 March 2024"], "cautious", POOL),
        (["News", "", POOL, "By Maren Holt", "4 March 2024"], None, None),
        (["News", "", POOL, "Sport", "Towns"], "cautious", None),  # nothing says that it is the headline
        (["The Town and River Council", *HEAD, *MENU, POOL, "4 March 2024"], "cautious", POOL),
        (["We value your privacy", "By Maren Holt", "4 March 2024"], "cautious", None),
    ],
)
def test_the_line_model_helps_to_find_the_headline_below_a_menu(top: list[str], cut: Cut | None, title: str | None) -> None:
    cleaned = pipeline.clean(Document("case", "\n".join([*HEAD, *MENU, *top, "", "\n\n".join(ARTICLE), "", *FOOT])), BOOK, cut)
    assert (cleaned.title, cleaned.found) == (title, title is not None)
    assert cleaned.text.count(POOL) == (0 if title or POOL not in top else 1)
    assert all(line in cleaned.text for line in ARTICLE)


def test_where_the_line_model_finds_no_main_text_a_person_should_look() -> None:
    text = "\n".join([*HEAD, *MENU])
    assert [pipeline.clean(Document("case", text), BOOK, cut).review for cut in (None, "eager")] == [False, True]


def test_what_the_line_model_leaves_little_of_is_for_a_person_to_look_at_too() -> None:
    cleaned = pipeline.clean(Document("case", "\n".join([*HEAD, *MENU, *ARTICLE[:4], *MENU, *FOOT])), BOOK, "eager")
    assert cleaned.review
    assert cleaned.text.endswith("\n".join(ARTICLE[:4]))
