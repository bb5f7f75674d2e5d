"""Encoding repair: what each line becomes, which edits say so, and that it is ftfy's repair, but for what is right as it stands."""

import unicodedata
from itertools import product
from unittest import mock

import ftfy
import pytest
from ftfy.badness import BADNESS_RE, MOJIBAKE_CATEGORIES, is_bad
from hypothesis import example, given
from hypothesis import strategies as st

from cleaners import repair
from cleaners.document import Document
from cleaners.edits import Edit, apply
from tests.strategies import TEXT

# Each edit as (old, new, rule without "encoding.").
EDITS = {
    "one\r\ntwo": [("\r", "", "newline")],
    "one\rtwo\u2028three\x0bfour\x0cfive\x1csix\x1dseven\x1eeight\u2029": [
        (char, "\n", "newline") for char in "\r\u2028\x0b\x0c\x1c\x1d\x1e\u2029"
    ],
    "cafÃ© crÃ¨me": [("Ã©", "é", "mojibake"), ("Ã¨", "è", "mojibake")],
    "Â£5 and Â£6": [("Â£", "£", "mojibake"), ("Â£", "£", "mojibake")],
    "itâ€™s â€œallâ€\x9d â€” here": [
        ("â€™", "’", "mojibake"),
        ("â€œ", "“", "mojibake"),
        ("â€\x9d", "”", "mojibake"),
        ("â€”", "—", "mojibake"),
    ],
    "voilÃ le cafÃ©": [("Ã", "à", "mojibake"), ("Ã©", "é", "mojibake")],
    "voilÃ  le cafÃ©": [("Ã", "à", "mojibake"), (" ", "", "mojibake"), ("Ã©", "é", "mojibake")],
    "à vendre, trÃ¨s bon": [("Ã¨", "è", "mojibake")],
    "Доброе утро".encode().decode("windows-1251"): [
        ("Доброе".encode().decode("windows-1251"), "Доброе", "mojibake"),
        ("утро".encode().decode("windows-1251"), "утро", "mojibake"),
    ],
    "Fish &amp; chips&hellip;": [("&amp;", "&", "entity"), ("&hellip;", "…", "entity")],
    "Fish &amp;amp; chips": [("&amp;amp;", "&", "entity")],
    "<b>Fish &amp; chips</b>": [],
    "<b>Fish</b>\n&amp; chips": [("&amp;", "&", "entity")],
    "caf&Atilde;&copy;": [("&Atilde;&copy;", "é", "mojibake")],
    "a&#13;b": [("&#13;", "\n", "newline")],
    "Waitâ€¨ hereâ€\xa6": [("â€¨", "\n", "newline"), ("â€\xa6", "…", "mojibake")],
    "wait\x85 that\x92s all": [("\x85", "…", "c1"), ("\x92", "’", "c1")],
    "\ud83d\ude00 and \ud83d": [("\ud83d\ude00", "\U0001f600", "mojibake"), ("\ud83d", "\ufffd", "mojibake")],
    "\x1b[1mbold\x1b[0m": [("\x1b[1m", "", "terminal-escape"), ("\x1b[0m", "", "terminal-escape")],
    "\ufeffa\x00\x01b\ufffc": [("\ufeff", "", "control"), ("\x00\x01", "", "control"), ("\ufffc", "", "control")],
    "cafe\u0301 und Mu\u0308he": [("e\u0301", "é", "nfc"), ("u\u0308", "ü", "nfc")],
    "soft\xadhyphen, no\xa0break, zero\u200bwidth, \u200cjoiners\u200d, \u200emarks\u200f": [],
    "“curly” ‘quotes’ – ﬁne, Ｆｕｌｌ width, ½ × 3² °C, €5 ™ © ®": [],
}


def repaired(text: str) -> str:
    """What both steps make of a text."""
    for step in (repair.newlines, repair.encoding):
        text, _ = apply(text, step(Document("x", text)))
    return text


def by_ftfy(text: str) -> str:
    r"""ftfy itself, line by line, until nothing changes; no line end stays but "\n"."""
    while True:
        plain = text.replace("\r\n", "\n")
        for char in "\r\v\f\x1c\x1d\x1e\u2028\u2029":
            plain = plain.replace(char, "\n")
        # Lines with their ends, as `ftfy.fix_text` cuts them; that one cannot be used, as after a "<" it leaves entities
        # alone in all later lines.
        lines = [line + "\n" for line in plain.split("\n")]
        lines[-1] = lines[-1][:-1]
        fixed = "".join(ftfy.fix_and_explain(line, repair.GENTLE).text for line in lines)
        if fixed == text:
            return text
        text = fixed


def expand(category: str) -> str:
    """The characters of a category, which may hold ranges."""
    ends = iter(category)
    chars = ""
    for char in ends:
        chars += "".join(map(chr, range(ord(chars[-1]) + 1, ord(next(ends)) + 1))) if char == "-" else char
    return chars


CATEGORIES = {name: expand(category) for name, category in MOJIBAKE_CATEGORIES.items()}
# The characters that ftfy's expression names beside its categories.
NAMED = "aZ ,!1\n\xa0ÂÃÎÐØÙŒœ×àā√≈‚ÄâóîïВГРСвЂўΒΓΞΟβ°®µ»ŸŠ²±¢∂€™"


@pytest.mark.parametrize("text", EDITS)
def test_edits_say_what_was_wrong(text: str) -> None:
    edits: list[Edit] = [*repair.newlines(Document("x", text)), *repair.encoding(Document("x", text))]
    plain = dict.fromkeys(edits)  # on its own, `encoding` makes line ends plain, too
    assert [(text[e.start : e.end], e.new, e.rule.removeprefix("encoding.")) for e in plain] == EDITS[text]


@pytest.mark.parametrize("text", EDITS)
def test_cases_are_what_ftfy_gives(text: str) -> None:
    assert repaired(text) == by_ftfy(text)
    assert repaired(repaired(text)) == repaired(text)


BROKEN = st.tuples(
    st.text(st.characters(codec="utf-8") | st.sampled_from("é’“”—…à €ш字")),
    st.sampled_from(["latin-1", "cp1252", "cp1251", "macroman"]),
).map(lambda pair: pair[0].encode().decode(pair[1], "replace"))
PIECES = st.lists(TEXT | BROKEN | st.sampled_from(list(EDITS)) | st.from_regex(BADNESS_RE), max_size=5).map("".join)


@given(PIECES)
@example("&lt;&#10;&amp;amp;")
@example("&amp;amp;amp;Atilde;&amp;amp;copy;")
@example("a<b â€¨ &amp;")
@example("<\u0338 &amp;")
def test_any_text_is_what_ftfy_gives(text: str) -> None:
    """But for what is right as it stands, which has tests of its own."""
    with mock.patch.multiple(repair, _is_right=lambda *_: False, _tells=lambda *_: False):
        assert repaired(text) == by_ftfy(text)
    once = repaired(text)
    assert repaired(once) == once
    assert unicodedata.is_normalized("NFC", once)
    once.encode()  # no lone surrogate is left


@pytest.mark.parametrize(
    "text",
    [
        "“AMANHÃ” é o título",
        "Saiu «AMANHÃ», e não «ORFÃ», disse",
        "“AMANHÃ” e “HOJE”",
        "„AMANHÃ“ und „ORFÃ“",
        "“Ã” é letra",
        "AMANHÃ\xa0E DEPOIS",
        "„BRÚIN OG ÞAÐ“, VIÐ\xa0ERUM",
        "“O JORNAL DE ONTEM E O DE AMANHÃ” é o título",
        "é → Ã©",
        "Why “café” turns into “cafÃ©”",
        "Write &eacute; for é, and &copy; for ©.",
    ],
)
def test_what_only_looks_broken_stays(text: str) -> None:
    assert repaired(text) == text


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("O METRÃ” DE LISBOA", "O METRÔ DE LISBOA"),
        ("O “METRÃ” PAROU” ONTEM", "O “METRÔ PAROU” ONTEM"),
        ("â€œO METRÃ”â€\x9d", "“O METRÔ”"),
        ("“HÃ”TEL”", "“HÔTEL”"),
        ("O “HÃ”TEL PAROU", "O “HÔTEL PAROU"),
        ("“HOJE” E O METRÃ” DE LISBOA", "“HOJE” E O METRÔ DE LISBOA"),
        ("VOILÃ\xa0! GÃ\xa0idhlig", "VOILà! Gàidhlig"),
        ("Le café, le cafÃ©, Ã©", "Le café, le café, é"),
        ("I don’t, and you donâ€™t", "I don’t, and you don’t"),
    ],
)
def test_what_looks_like_it_and_is_broken_does_not(text: str, right: str) -> None:
    assert repaired(text) == right == by_ftfy(text)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("Yes &#55357;&#56832;!", "Yes \U0001f600!"),
        ("Yes &amp;#xD83D;&amp;#xde00;&#55356;&#57225;", "Yes \U0001f600\U0001f389"),
        ("&#56832;&#55357;", "\ufffd\ufffd"),
        ("&#55357;&#57999;", "\ufffd\ue28f"),
    ],
)
def test_emoji_in_two_entities(text: str, right: str) -> None:
    assert repaired(text) == right


def test_a_text_that_was_escaped_over_and_over_takes_few_rounds() -> None:
    text = "&" + "amp;" * 2000 + "lt;b"
    with mock.patch.object(repair, "apply", side_effect=apply) as applied:
        assert repaired(text) == "<b"
    assert applied.call_count < 20


@given(PIECES, PIECES)
@example("", "\n")
def test_differences_lead_from_one_text_to_the_other(before: str, after: str) -> None:
    edits = [Edit(start, end, new, "x.y") for start, end, new in repair._differences(before, after)]
    assert apply(before, edits)[0] == after


def test_one_endless_word_becomes_one_edit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repair, "_MAX_ALIGNED", 10)
    text = "cafÃ© and unusÃ©alÃ©lylong"
    assert repair.encoding(Document("x", text)) == [
        Edit(3, 5, "é", "encoding.mojibake"),
        Edit(10, len(text), "unuséalélylong", "encoding.mojibake"),
    ]


def test_the_cheap_test_finds_whatever_ftfy_would() -> None:
    """Over all pairs of characters that ftfy knows, and all triples of a few of each category."""
    characters = sorted({*"".join(CATEGORIES.values()), *NAMED})
    few = sorted({*NAMED, *(chars[i] for chars in CATEGORIES.values() for i in (0, -1))})
    longer = [("ØÙ", few, "ØÙ", few), (["ГўВЂВ"], few, few)]  # the only two sequences that are longer than three
    texts = [*product(characters, repeat=2), *product(few, repeat=3), *(text for parts in longer for text in product(*parts))]
    bad = [text for text in map("".join, texts) if is_bad(text)]
    assert len(bad) > 10_000  # or the test would show nothing
    assert [text for text in bad if not repair._SUSPECT.search(text)] == []


@given(st.from_regex(BADNESS_RE))
def test_the_cheap_test_finds_whatever_ftfys_expression_can_match(text: str) -> None:
    assert repair._SUSPECT.search(text)


@pytest.mark.parametrize(
    "text",
    [
        "Créée à l’œuvre : «\xa0naïveté\xa0» – l’été, où « Noël » s’achève…",
        "Größe, Ärger, Übung: „Straßenfest“ – 5\xa0€, §\xa03, 25\xa0°C.",
        "Zażółć gęślą jaźń. „Łódź”, żółw… Příliš žluťoučký kůň.",
        "Съешь ещё этих мягких французских булок, «да» — № 5.",
        "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία «έτσι».",
        "我能吞下玻璃而不伤身体。「はい」ＡＢＣ １２３",
        "“It’s £5—or €6,” he said. ‘No™’ © 2024 · 3½ hours",
    ],
)
def test_the_cheap_test_leaves_clean_lines_alone(text: str) -> None:
    """Being found costs time only, but the point of the test is that this is rare."""
    assert not repair._SUSPECT.search(text)


def test_nothing_but_marks_and_jamo_composes_with_the_character_before_it() -> None:
    """On this the pattern rests that says which characters NFC must see together."""
    pairs = [unicodedata.decomposition(chr(code)).split() for code in range(0x110000)]
    seconds = [chr(int(pair[1], 16)) for pair in pairs if len(pair) == 2 and not pair[0].startswith("<")]
    assert len(seconds) > 900
    assert [char for char in seconds if not repair._CLUSTER.fullmatch("a" + char)] == []
