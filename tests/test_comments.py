"""Comment forms: whole and alone, in every language that the rules know."""

import tomllib
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest

from cleaners import boilerplate, rules
from cleaners.document import Document, key
from cleaners.edits import apply

BOOK = rules.load()
FORM = "comments.form"


def by_language() -> dict[str, dict[str, list[str]]]:
    """Language -> "phrases", "weak" and "ends" of the form, from the rule file."""
    content = tomllib.loads((Path(rules.__file__).parent / "comments.toml").read_text("utf-8"))
    (rule,) = (rule for rule in content["rule"] if rule["id"] == FORM)
    lists = ("phrases", "weak", "ends")
    return {
        name: {field: rule[field][name] for field in lists} for name in rule["phrases"] if all(name in rule[f] for f in lists)
    }


LANGUAGES = by_language()
ARTICLES = {
    "latin": "The ferry to the outer islands will keep its winter timetable until May, the harbour office said on Tuesday, although "
    "two of its three boats are in the dock.\n\nHer brother ran the post boat for forty years.\n\nHe will be missed.",
    "cyrillic": "Паром на дальние острова до мая будет ходить по зимнему расписанию, сообщила во вторник портовая служба, хотя два из "
    "трёх судов стоят в доке.\n\nЕго будет не хватать.",
    "arabic": "قرر مجلس المدينة مساء الثلاثاء أن تبقى مكتبة الميناء مفتوحة حتى نهاية العام، رغم أن سقفها يحتاج إلى إصلاح منذ زمن طويل.\n\n"
    "وقالت رئيسة البلدية إنها سمعت السكان.",
    "japanese": "市議会は火曜日の夜、港の図書館を年末まで開けておくことを賛成多数で決めた。屋根の修理は来年の春に始まる予定である。\n\n市長は住民の声を聞いた。",
}


def forms(field: dict[str, list[str]]) -> Iterator[list[str]]:
    """Lines of forms: two telling phrases, labels, a button; every phrase of the language comes up in one of them."""
    phrases, weak, ends = ([phrase.replace("{}", "*") for phrase in field[name]] for name in ("phrases", "weak", "ends"))
    buttons = set(map(key, ends))
    phrases, weak = ([phrase for phrase in part if key(phrase) not in buttons] for part in (phrases, weak))
    for n in range(max(len(phrases), len(weak) // 3 + 1, len(ends))):
        labels = [weak[(3 * n + i) % len(weak)] for i in range(3)]
        heading, note, button = phrases[n % len(phrases)], phrases[(n + 1) % len(phrases)], ends[n % len(ends)]
        yield [heading, note, *labels, button]


def cut(text: str) -> tuple[str, list[str]]:
    """What one round leaves, without the blank lines at its end, and the rules of its edits."""
    left, changes = apply(text, boilerplate.clean(Document("case", text), BOOK))
    return left.rstrip(), [change.rules[-1] for change in changes]


@pytest.mark.parametrize("language", LANGUAGES)
def test_forms_go_whole_and_alone(language: str) -> None:
    for (heading, note, *labels, button), text in zip(forms(LANGUAGES[language]), cycle(ARTICLES.values()), strict=False):
        stars = [f"{label} *" for label in labels]
        for form in (
            "\n".join([heading, note, *labels, button]),
            "\n\n".join([f"{heading} {note}", *stars, button]),
            "\n".join([f"{heading} {note}", " ".join(stars), button]),
            " ".join([heading, note, *stars, button]),
            "\n".join([heading, note, *(f"{label}:" for label in labels), "", "Fax 2", "3 + 4 =", button]),
        ):
            left, used = cut(f"{text}\n\n{form}")
            assert left == text, form
            assert used == [FORM] or set(used) - {FORM}, form  # one edit, unless other rules have a word in it


def test_a_hundred_languages_or_nearly() -> None:
    assert len(LANGUAGES) > 60
    assert {"en", "de", "ja", "ar", "he", "zh", "th", "ru", "hi"} <= set(LANGUAGES)


@pytest.mark.parametrize(
    "text",
    [
        "The company declined to comment.",
        "Comments were closed after the hearing.",
        "Name: Eva Braun",
        "Reply",
        "Email: desk@example.org",
        "Comment",
        "HAMLET says:\nTo be.\nOPHELIA says:\nNot to be.",
        "Leave a reply\nwhere the roses grow\nand nobody will answer",
        "Name\nEmail\nWebsite",
        "Leave a comment\nRoses are red\nViolets are blue\nThe ferry is late\nAnd so are you\nSubmit",
        "Kommentera\nSkriv rent ut vad du menar",
        "Hozzászólás\nA híd marad",
        "What do you think?",
    ],
)
def test_articles_that_speak_of_comments_stay(text: str) -> None:
    prose = ARTICLES["latin"]
    for case in (text, f"{text}\n\n{prose}", f"{prose}\n\n{text}\n\n{prose}", f"{prose}\n\n{text}"):
        assert cut(case) == (case, [])


@pytest.mark.parametrize(
    "text", ["Comments closed.", "Kommentarfunktion geschlossen.", "Комментарии закрыты.", "Yorumlar kapalı."]
)
def test_that_comments_are_closed_goes_though_it_ends_like_a_sentence(text: str) -> None:
    assert cut(f"{ARTICLES['latin']}\n\n{text}")[0] == ARTICLES["latin"]


def test_what_readers_wrote_stays() -> None:
    text = "Post Comment\nAnna 2 months ago\nWhat a lovely boat\nPost Comment\nBruno\nThe bell is gone\nPost Comment"
    left, _ = cut(f"{ARTICLES['latin']}\n\n{text}")
    assert {"What a lovely boat", "The bell is gone", "Bruno"} <= set(left.split("\n"))


LABELS = LANGUAGES["en"]["weak"]


def test_what_stands_between_two_headings_is_no_part_of_a_form() -> None:
    form = "Leave a Reply\nAnna has a boat\nBruno has none\nLeave a Reply\nName *\nEmail *\nPost Comment"
    assert cut(f"{ARTICLES['latin']}\n\n{form}")[0] == f"{ARTICLES['latin']}\n\nLeave a Reply\nAnna has a boat\nBruno has none"


@pytest.mark.parametrize(("count", "goes"), [(10, True), (11, False)])
def test_a_form_has_only_so_many_fields_that_no_rule_knows(count: int, goes: bool) -> None:
    unknown = [f"Question {n} of ours" for n in range(count)]
    left, _ = cut("\n".join([ARTICLES["latin"], "Leave a Reply", *LABELS[:12], *unknown, "Post Comment"]))
    assert left == "\n".join([ARTICLES["latin"], *([] if goes else unknown)])


@pytest.mark.parametrize(("count", "goes"), [(37, True), (38, False)])
def test_a_form_has_only_so_many_lines(count: int, goes: bool) -> None:
    labels = [*LABELS[:count]]
    left, _ = cut("\n".join([ARTICLES["latin"], "Leave a Reply", *labels, "Fax one", "Fax two", "Post Comment"]))
    assert left == "\n".join([ARTICLES["latin"], *([] if goes else ["Fax one", "Fax two"])])


@pytest.mark.parametrize(
    ("form", "goes"),
    [("Leave a Reply\nPost Comment", False), ("Leave a Reply\nName\nPost Comment", True), ("Leave a comment\nReply", False)],
)
def test_three_lines_of_a_form_are_one_in_mid_article(form: str, goes: bool) -> None:
    above, below = ARTICLES["latin"].split("\n\n")[:2]
    assert cut(f"{above}\n\n{form}\n\n{below}")[0] == (f"{above}\n\n\n{below}" if goes else f"{above}\n\n{form}\n\n{below}")


def test_a_poem_between_two_links_stays() -> None:
    poem = "\n".join(f"line {n} of the poem" for n in range(12))
    left, _ = cut(f"Leave a comment\n{poem}\nPost Comment")
    assert poem in left


@pytest.mark.parametrize("line", ["Leave a Reply to " * 50 + "x" * 100, "name " * 150 + "x", "* " * 400 + "Leave a Reply x"])
def test_long_lines_of_phrases_take_no_time(line: str) -> None:
    assert cut(line)[0] == line.rstrip()


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Σχολιάστε\nΣχόλιο\nΌνομα *\nEmail\nΥποβολή", ""),
        ("Σχολιάστε\nΣχόλιο\nΌνομα *\nΥποβολή", ""),
        ("Σχόλιο\nΌνομα *\nΥποβολή", "Σχόλιο\nΌνομα *\nΥποβολή"),
        ("Name\nEmail\nWebsite", "Name\nEmail\nWebsite"),
        (
            "Name\nEmail\nWebsite\nComment\nThese four lines head the table.",
            "Name\nEmail\nWebsite\nComment\nThese four lines head the table.",
        ),
    ],
    ids=["labels alone", "four of them", "three of them", "too few to be sure", "something behind them"],
)
def test_a_form_of_weak_words_goes_only_at_the_end(text: str, left: str) -> None:
    for article in ARTICLES.values():
        assert cut(f"{article}\n\n{text}")[0] == f"{article}\n\n{left}".rstrip()
