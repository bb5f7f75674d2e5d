"""Repeated paragraphs: what goes, what stays, and that nothing is lost."""

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cleaners import repeats
from cleaners.document import Document
from cleaners.edits import Edit, apply
from tests.steps import steps

BRIDGE = "The town council agreed on Monday to repair the old bridge over the river before the winter, at a cost of two million."
SPRING = "The mayor said that the work would begin in the spring, as soon as the water was low enough for the divers to go down."
GULLS = "Nobody asked the gulls, and nobody asked the keeper either, who has lived beside the bridge since she was a small child."
MARKET = "On market days the traders will have to carry their crates across the ford, as their grandparents did before the war."
HARBOUR = (
    "Herring is landed in the harbour at dawn. The boats go out again at noon. The gulls know the hours as well as the crews."
)
BOATS = HARBOUR[: HARBOUR.index(" The gulls")]
LONELY = "“I have never once been bored by the sea in all that long time.”"
KEEPER = f"The keeper has lived on the rock for thirty years. {LONELY[:-2]},” she says, and puts the kettle on for her guests."
CHINESE = "市议会星期一决定在冬天到来之前修复河上的老桥，费用约为两百万元，工程将由本地的公司承担，居民对此表示欢迎。"
THAI = "สภาเมืองตกลงเมื่อวันจันทร์ที่จะซ่อมแซมสะพานเก่าข้ามแม่น้ำก่อนฤดูหนาวด้วยค่าใช้จ่ายสองล้านบาทและเริ่มงานในเดือนหน้า"
FERRY = "The ferry still runs twice a day in the summer months, although hardly anybody takes it since the bridge was built."
MENU = [
    f"Offer {number} of the month, with all details and conditions of delivery"
    for number in ("one", "two", "three", "four", "five", "six")
]
TEXT = [
    f"{HARBOUR} This is said in {place}, where people know their boats."
    for place in ("Ashby", "Northford", "Westbury", "Riga", "Hull", "Bergen")
]
HINDI = "नगर परिषद ने सोमवार को तय किया कि नदी पर बने पुराने पुल की मरम्मत सर्दियों से पहले होगी और रीता इस काम की देखरेख करेंगी।"
TURKISH = (
    "Belediye meclisi, eski köprünün onarılması için gereken paranın bulunduğunu ve işin baharda başlayacağını dün açıkladı."
)
ARABIC = "وافق مجلس المدينة يوم الاثنين على إصلاح الجسر القديم فوق النهر قبل حلول الشتاء بتكلفة تبلغ مليونين من العملة المحلية."


def doc(*lines: str) -> Document:
    return Document("a", "\n\n".join(lines))


def rest(*lines: str) -> tuple[list[str], list[str]]:
    """The lines that are left, and the rules of the edits."""
    document = doc(*lines)
    edits = list(repeats.clean(document))
    text, _ = apply(document.text, edits)
    return [line for line in text.split("\n") if line], [edit.rule for edit in edits]


GOES = {
    "word for word": ([BRIDGE, SPRING, BRIDGE], [BRIDGE, SPRING], ["repeat.exact"]),
    "three times": ([BRIDGE, SPRING, BRIDGE, GULLS, BRIDGE], [BRIDGE, SPRING, GULLS], ["repeat.exact"] * 2),
    "right behind one another": ([SPRING, BRIDGE, BRIDGE, GULLS], [SPRING, BRIDGE, GULLS], ["repeat.exact"]),
    "five times in a row": ([BRIDGE] * 5, [BRIDGE], ["repeat.run"]),
    "blanks around": ([BRIDGE, SPRING, f"  {BRIDGE}\t"], [BRIDGE, SPRING], ["repeat.exact"]),
    "Chinese": ([CHINESE, SPRING, CHINESE], [CHINESE, SPRING], ["repeat.exact"]),
    "Thai": ([THAI, SPRING, THAI], [THAI, SPRING], ["repeat.exact"]),
    "Arabic": ([ARABIC, SPRING, ARABIC], [ARABIC, SPRING], ["repeat.exact"]),
    "a pull quote of what is said": (
        [BRIDGE, f"“{FERRY}”", SPRING, "Bridge", f"“{FERRY}”", GULLS],
        [BRIDGE, f"“{FERRY}”", SPRING, "Bridge", GULLS],
        ["repeat.exact"],
    ),
    "what is said, twice": ([BRIDGE, f"“{FERRY}”", f"“{FERRY}”", GULLS], [BRIDGE, f"“{FERRY}”", GULLS], ["repeat.exact"]),
    "under one heading": (
        [GULLS, "Bridge", BRIDGE, MARKET, "Bridge", BRIDGE, FERRY],
        [GULLS, "Bridge", BRIDGE, MARKET, "Bridge", FERRY],
        ["repeat.exact"],
    ),
    "case": ([BRIDGE, SPRING, BRIDGE.upper()], [BRIDGE, SPRING], ["repeat.near"]),
    "spaces": ([BRIDGE, SPRING, BRIDGE.replace(" ", "  ")], [BRIDGE, SPRING], ["repeat.near"]),
    "punctuation": ([BRIDGE, SPRING, BRIDGE.replace(",", " –")], [BRIDGE, SPRING], ["repeat.near"]),
    "curly quotes": ([KEEPER, SPRING, KEEPER.replace("“", '"').replace("”", '"')], [KEEPER, SPRING], ["repeat.near"]),
    "a word left out": ([BRIDGE, SPRING, BRIDGE.replace("old ", "")], [BRIDGE, SPRING], ["repeat.near"]),
    "a word put in": ([BRIDGE, SPRING, BRIDGE.replace("old", "very old")], [BRIDGE, SPRING], ["repeat.near"]),
    "two words left out": (
        [BRIDGE, SPRING, BRIDGE.replace("old ", "").replace("town ", "")],
        [BRIDGE, SPRING],
        ["repeat.near"],
    ),
    "a word left out of a long paragraph": (
        [f"{BRIDGE} {SPRING} {GULLS}", MARKET, f"{BRIDGE} {SPRING} {GULLS}".replace("old ", "")],
        [f"{BRIDGE} {SPRING} {GULLS}", MARKET],
        ["repeat.near"],
    ),
    "another form": ([SPRING, BRIDGE, SPRING.replace("begin", "beginning")], [SPRING, BRIDGE], ["repeat.near"]),
    "another word": ([SPRING, BRIDGE, SPRING.replace("work", "job")], [SPRING, BRIDGE], ["repeat.near"]),
    "a run": ([BRIDGE, SPRING, GULLS, BRIDGE, SPRING], [BRIDGE, SPRING, GULLS], ["repeat.run"]),
    "the whole text": ([BRIDGE, "Work", SPRING, "Birds", GULLS] * 2, [BRIDGE, "Work", SPRING, "Birds", GULLS], ["repeat.run"]),
    "a run with a near copy": (
        [BRIDGE, SPRING, GULLS, BRIDGE.lower(), SPRING],
        [BRIDGE, SPRING, GULLS],
        ["repeat.run"],
    ),
    "dialogue in a run": (
        [BRIDGE, "“Why?”", "“Because.”", SPRING, GULLS, BRIDGE, "“Why?”", "“Because.”", SPRING],
        [BRIDGE, "“Why?”", "“Because.”", SPRING, GULLS],
        ["repeat.run"],
    ),
    "shorter paragraphs in a run": (
        [BRIDGE[:84] + ".", SPRING[:88] + ".", GULLS, BRIDGE[:84] + ".", SPRING[:88] + "."],
        [BRIDGE[:84] + ".", SPRING[:88] + ".", GULLS],
        ["repeat.run"],
    ),
    "in the midst of a section": (
        ["Clerk", SPRING, BRIDGE, "Boatman", GULLS, BRIDGE, MARKET],
        ["Clerk", SPRING, BRIDGE, "Boatman", GULLS, MARKET],
        ["repeat.exact"],
    ),
    "at the end of two sections with one heading": (
        ["Clerk", SPRING, BRIDGE, "Clerk", GULLS, BRIDGE],
        ["Clerk", SPRING, BRIDGE, "Clerk", GULLS],
        ["repeat.exact"],
    ),
    "a quote behind": ([KEEPER, LONELY, GULLS], [KEEPER, GULLS], ["repeat.quote"]),
    "a quote that stands in two paragraphs": (
        [f"{BRIDGE} {LONELY}", f"{SPRING} {LONELY}", GULLS, LONELY, MARKET],
        [f"{BRIDGE} {LONELY}", f"{SPRING} {LONELY}", GULLS, MARKET],
        ["repeat.quote"],
    ),
    "a quote before": ([BRIDGE, LONELY, GULLS, KEEPER], [BRIDGE, GULLS, KEEPER], ["repeat.quote"]),
    "a quote between French marks": (
        [KEEPER.replace("“", "«\xa0").replace(",”", "\xa0»"), f"«\xa0{LONELY[1:-2]}\xa0»", GULLS],
        [KEEPER.replace("“", "«\xa0").replace(",”", "\xa0»"), GULLS],
        ["repeat.quote"],
    ),
    "a whole paragraph as a quote behind the text": (
        [BRIDGE, SPRING, GULLS, f"“{BRIDGE}”"],
        [BRIDGE, SPRING, GULLS],
        ["repeat.quote"],
    ),
    "a whole paragraph as a quote above it": ([GULLS, f"“{BRIDGE}”", SPRING, BRIDGE], [GULLS, SPRING, BRIDGE], ["repeat.quote"]),
    "a quote in single marks": (
        [KEEPER.replace("“", "‘").replace("”", "’"), f"‘{LONELY[1:-1]}’", GULLS],
        [KEEPER.replace("“", "‘").replace("”", "’"), GULLS],
        ["repeat.quote"],
    ),
    "a quote in capitals": ([KEEPER, LONELY.upper(), GULLS], [KEEPER, GULLS], ["repeat.quote"]),
    "a quote of two sentences": (
        [BRIDGE, HARBOUR, SPRING, BOATS],
        [BRIDGE, HARBOUR, SPRING],
        ["repeat.quote"],
    ),
    "a quote without marks between paragraphs": ([BRIDGE, HARBOUR, BOATS, SPRING], [BRIDGE, HARBOUR, SPRING], ["repeat.quote"]),
    "two paragraphs in different places of an article": (
        [BRIDGE, "Work", SPRING, GULLS, BRIDGE, HARBOUR, MARKET, KEEPER, SPRING, FERRY],
        [BRIDGE, "Work", SPRING, GULLS, HARBOUR, MARKET, KEEPER, FERRY],
        ["repeat.exact"] * 2,
    ),
    "one paragraph on a page of short lines": (
        [*MENU, BRIDGE, SPRING, *MENU[::-1], GULLS, BRIDGE],
        [*MENU, BRIDGE, SPRING, *MENU[::-1], GULLS],
        ["repeat.exact"],
    ),
    "a text that stands twice on a page of short lines": (
        [*MENU, BRIDGE, SPRING, GULLS, BRIDGE, *MENU[::-1], *TEXT, "Prices", *TEXT, "Home"],
        [*MENU, BRIDGE, SPRING, GULLS, *MENU[::-1], *TEXT, "Prices", "Home"],
        ["repeat.exact", "repeat.run"],
    ),
}


@pytest.mark.parametrize(("lines", "left", "rules"), GOES.values(), ids=GOES)
def test_goes(lines: list[str], left: list[str], rules: list[str]) -> None:
    assert rest(*lines) == (left, rules)


REFRAIN = "Oh, roll on, you water, roll on to the sea, roll on, for I wait."

_ES = "El ayuntamiento acordó en junio reparar el viejo puente sobre el río antes de que llegue el invierno, con un coste alto."
_DE = "Der Rat der Stadt hat am Montag zur Kenntnis genommen, dass der Wasserstand des Flusses im Lauf der Woche um drei Zoll "
STAYS: dict[str, list[str]] = {
    "nothing": [""],
    "one line": [BRIDGE],
    "no repeat": [BRIDGE, SPRING, GULLS],
    "a refrain": [BRIDGE, REFRAIN, SPRING, REFRAIN, GULLS, REFRAIN],
    "a refrain of two lines": [BRIDGE, REFRAIN, REFRAIN[:40], SPRING, REFRAIN, REFRAIN[:40]],
    "headings": ["What we know", BRIDGE, "What comes next", SPRING, "What we know", GULLS, "What comes next", MARKET],
    "the heading behind a copy": ["What we know", BRIDGE, "Prices", SPRING, "What we know", GULLS, "Prices", MARKET],
    "a long list item": [f"- {BRIDGE}", SPRING, f"- {BRIDGE}", GULLS],
    "a long step": [f"2. {BRIDGE}", SPRING, f"2. {BRIDGE}", GULLS],
    **{
        f"an item with {mark}": [GULLS, mark + BRIDGE, SPRING, mark + BRIDGE, MARKET]
        for mark in ("1- ", "十二、", "（一）", "①", "Step 3: ", "§ 3 ", "(aa) ", "第三条 ")
    },
    "a list item that lost its mark": [BRIDGE, "Small", "Yes", SPRING, "Large", "No", "Yes", SPRING, "End"],
    "table cells": [BRIDGE, "Yes", "No", "12", "Yes", "No", "12", SPRING, "Yes"],
    "a table row": [f"a | {BRIDGE} | b", SPRING, f"a | {BRIDGE} | b", GULLS],
    "code": [BRIDGE, f"print('{SPRING[:90]}'); return nothing;", GULLS, f"print('{SPRING[:90]}'); return nothing;"],
    "labels": ["Q: Did you see it?", BRIDGE, "A: No.", SPRING, "Q: Did you see it?", GULLS, "A: No."],
    "an introduction": [BRIDGE, f"{SPRING[:-1]}:", GULLS, f"{SPRING[:-1]}:", MARKET],
    "a quoted post": [BRIDGE, SPRING, "Anna wrote:", BRIDGE, GULLS],
    "a stock phrase": [BRIDGE, SPRING, BRIDGE, GULLS, BRIDGE, MARKET, BRIDGE, HARBOUR],
    "repeated within a line": [f"{BRIDGE} {BRIDGE} {BRIDGE}", SPRING],
    "another number": [BRIDGE.replace("two", "2"), SPRING, BRIDGE.replace("two", "3")],
    "another number word": [BRIDGE, SPRING, BRIDGE.replace("two", "three")],
    "another day": [BRIDGE, SPRING, BRIDGE.replace("Monday", "Friday")],
    "a number more": [BRIDGE, SPRING, BRIDGE.replace("million", "million 500")],
    "another name": [BRIDGE.replace("The town", "Northford"), SPRING, BRIDGE.replace("The town", "Westbury")],
    "a negation": [SPRING, BRIDGE, SPRING.replace("would begin", "would not begin")],
    "a contracted negation": [GULLS, BRIDGE, GULLS.replace("who has lived", "who hasn't lived")],
    "a German negation": [
        "Der Rat der Stadt hat am Montag beschlossen, die alte Brücke über den Fluss noch vor dem Winter reparieren zu lassen.",
        SPRING,
        "Der Rat der Stadt hat am Montag beschlossen, die alte Brücke über den Fluss nicht vor dem Winter reparieren zu lassen.",
    ],
    "a longer word": [SPRING, BRIDGE, SPRING.replace("divers", "swimmers")],
    "allowed and forbidden": [f"{SPRING[:-1]} was lawful.", BRIDGE, f"{SPRING[:-1]} was unlawful."],
    "useful and useless": [f"{SPRING[:-1]} was useful.", BRIDGE, f"{SPRING[:-1]} was useless."],
    "another month in Spanish": [_ES, SPRING, _ES.replace("junio", "mayo")],
    "thousands of millions in Spanish": [f"{_ES[:-1]} de dos millones.", SPRING, f"{_ES[:-1]} de dos mil millones."],
    "milliards": [f"{_ES[:-1]}, deux millions.", SPRING, f"{_ES[:-1]}, deux milliards."],
    "another vowel sign in Hindi": [HINDI, SPRING, HINDI.replace("रीता", "राता")],
    "another name in small letters": [BRIDGE.lower().replace("town", "maria"), SPRING, BRIDGE.lower().replace("town", "carla")],
    "a Turkish negation": [TURKISH, SPRING, TURKISH.replace("açıkladı", "açıklamadı")],
    "another currency": [BRIDGE.replace("two", "£2"), SPRING, BRIDGE.replace("two", "$2")],
    "below zero": [BRIDGE.replace("two", "2 at -5 degrees"), SPRING, BRIDGE.replace("two", "2 at 5 degrees")],
    "less and more in signs": [BRIDGE.replace("two", "< 2"), SPRING, BRIDGE.replace("two", "> 2")],
    "may and must": [SPRING.replace("would", "may"), BRIDGE, SPRING.replace("would", "must")],
    "old and new": [BRIDGE, SPRING, BRIDGE.replace("old", "new")],
    "words that only begin alike": [f"{SPRING[:-1]} to predict a flood.", BRIDGE, f"{SPRING[:-1]} to prevent a flood."],
    "home and away": [f"{SPRING[:-1]} at the home side.", BRIDGE, f"{SPRING[:-1]} at the away side."],
    "almost": [SPRING, BRIDGE, SPRING.replace("was low", "was almost low")],
    "another account": [f"{SPRING[:-1]}, on @bridgeone.", BRIDGE, f"{SPRING[:-1]}, on @bridgetwo."],
    "employer and employee": [f"{SPRING[:-1]}, for the employer.", BRIDGE, f"{SPRING[:-1]}, for the employee."],
    "a German contrary": [f"{_DE}gestiegen ist.", SPRING, f"{_DE}gefallen ist."],
    "what is said again in a debate": [
        f"Mr Moss: {GULLS}",
        f"The Minister: {MARKET}",
        f"Mr Moss: {GULLS}",
        f"The Minister: {MARKET}",
        "Mr Speaker: Order.",
    ],
    **{
        f"what is said again in a debate, with {moss} and {minister}": [
            f"{moss}{GULLS}",
            f"{minister}{MARKET}",
            f"{moss}{FERRY}",
            f"{minister}{MARKET}",
        ]
        for moss, minister in (
            ("记者：", "市长："),
            ("श्री मिश्र: ", "मंत्री: "),
            ("M. Moulin\xa0: ", "Le maire\xa0: "),
            ("Mr Moss (Labour): ", "The Minister (Jo Reed): "),
            ("[Mr Moss] ", "[The Minister] "),
            ("Mr Moss — ", "The Minister — "),
        )
    },
    "what is said again in a tale": [BRIDGE, f"“{FERRY}”", SPRING, f"“{FERRY}”", GULLS],
    "what is said again at the end of a tale": [BRIDGE, f"»{FERRY}«", SPRING, f"»{FERRY}«"],
    "what is said again in a play": ["ANNA. When?", f"PORTER. {FERRY}", "ANNA. Really?", f"PORTER. {FERRY}", SPRING],
    "the opposite": [MARKET.replace("across", "before"), BRIDGE, MARKET.replace("across", "after")],
    "other facts in Chinese": [CHINESE, SPRING, CHINESE.replace("两", "三")],
    "other facts in Arabic": [ARABIC, SPRING, ARABIC.replace("القديم", "الجديد")],
    "three words left out": [BRIDGE, SPRING, BRIDGE.replace("old ", "").replace("town council ", "")],
    "two other words": [SPRING, BRIDGE, SPRING.replace("work", "job").replace("said", "told")],
    "a copy among short lines": [BRIDGE, SPRING, GULLS, "One", BRIDGE, "Two"],
    "a quote that stands in three paragraphs": [*(f"{text} {LONELY}" for text in (BRIDGE, SPRING, GULLS)), LONELY, MARKET],
    "too many other words": [
        SPRING,
        BRIDGE,
        "The mayor hoped that this work might begin during the spring, as soon as some water was low enough for divers to go.",
    ],
    "what is said in a dialogue in single marks": [GULLS, "‘Really?’ he asked.", f"‘{LONELY[1:-1]}’", SPRING, KEEPER],
    "what is said in a dialogue and remembered later": [GULLS, "“Really?” he asked.", LONELY, SPRING, KEEPER],
    "what somebody says among short lines": [KEEPER, "What our guests say", LONELY, "The keeper", SPRING, GULLS],
    "a short quotation": [KEEPER, "“I have never been bored by the sea.”", GULLS],
    "a sentence like one of the body": [KEEPER, LONELY.replace("never", "often"), GULLS],
    "sentences among short lines": [HARBOUR, "Hours", BOATS, "Prices", BRIDGE],
    "a text on one line and in paragraphs": [f"{BRIDGE} {SPRING} {GULLS}", BRIDGE, SPRING, GULLS],
    "one answer to two questions": [GULLS, "And the bridge?", BRIDGE, MARKET, "What about the ford?", BRIDGE, FERRY],
    "the same first step of two recipes": [
        GULLS,
        "Nut loaf",
        "2 cups of nuts",
        "Preparation",
        BRIDGE,
        SPRING,
        "Fig loaf",
        "2 cups of figs",
        "Preparation",
        BRIDGE,
        MARKET,
    ],
    "what ends two adverts": ["Clerk", SPRING, BRIDGE, "Boatman", GULLS, BRIDGE, "How to apply", MARKET],
    "two paragraphs that end two adverts": ["Clerk", SPRING, BRIDGE, FERRY, "Boatman", GULLS, BRIDGE, FERRY],
    "questions that stand above their answers again": [
        f"{BRIDGE[:-1]}?",
        f"{SPRING[:-1]}?",
        f"{BRIDGE[:-1]}?",
        GULLS,
        f"{SPRING[:-1]}?",
        MARKET,
    ],
    "Thai lines as short as headings": [THAI, THAI[:40], THAI[50:], THAI[:40], f"{THAI[20:]}{THAI[:9]}"],
    "a standfirst": [BRIDGE, f"{BRIDGE} {SPRING}", GULLS],
    "a standfirst that breaks off": [f"{BRIDGE} {SPRING[:60]}…", f"{BRIDGE} {SPRING}", GULLS],
    "a sentence under a heading": [BRIDGE, HARBOUR, "Hours", BOATS, SPRING],
    "a sentence without marks on a page of short lines": [*MENU, *MENU[::-1], BRIDGE, HARBOUR, BOATS, SPRING],
    "paragraphs in different places of a page of short lines": [
        *MENU,
        BRIDGE,
        SPRING,
        *MENU[::-1],
        BRIDGE,
        GULLS,
        *MENU,
        SPRING,
        MARKET,
    ],
    "markup that holds the text": [f'<div class="embed"><p>{KEEPER}</p></div>', LONELY, GULLS],
}


@pytest.mark.parametrize("lines", STAYS.values(), ids=STAYS)
def test_stays(lines: list[str]) -> None:
    assert list(repeats.clean(doc(*lines))) == []


def of(text: str, size: int, end: str = ".") -> str:
    """So many letters of a text, the end included."""
    return text[: size - len(end)] + end


HEADING = "Where the ferry lands in summer and where it lands in the winters"
WORDS = ["Lighthouses", "illuminate", "extraordinary", "shipwrecked", "passengers", "everywhere", "eventually", "gratefully"]
YEARS = [f"{text[:-1]}, in the year {year}." for year in range(1, 4) for text in (BRIDGE, SPRING, GULLS)]


def told(quote: str) -> str:
    return f"The keeper has lived on the rock for thirty years. {quote} She puts the kettle on for her guests."


# What decides, its size that is not enough, and one that is, and what is cut then.
SIZES: dict[str, tuple[Callable[[int], list[str]], int, int, list[str]]] = {
    "a paragraph alone": (lambda n: [of(BRIDGE, n), SPRING, of(BRIDGE, n), GULLS], 99, 100, ["repeat.exact"]),
    "two paragraphs": (
        lambda n: [of(BRIDGE, n), of(SPRING, n), GULLS, of(BRIDGE, n), of(SPRING, n)],
        79,
        80,
        ["repeat.run"],
    ),
    "a quote": (lambda n: [told(of(f"“{BRIDGE}", n, ".”")), of(f"“{BRIDGE}", n, ".”"), GULLS], 59, 60, ["repeat.quote"]),
    "a quote of long words": (
        lambda n: [told(f"“{' '.join(WORDS[:n])}.”"), f"“{' '.join(WORDS[:n])}.”", GULLS],
        7,
        8,
        ["repeat.quote"],
    ),
    "a text that is introduced": (lambda n: [*YEARS[:n], MARKET, "Anna wrote:", *YEARS[:n]], 7, 8, ["repeat.run"]),
    "quotes of a paragraph, by what it has beside them": (
        lambda n: [" ".join([BRIDGE, SPRING, GULLS, MARKET][:n]), BRIDGE, SPRING, FERRY],
        3,
        4,
        ["repeat.quote"],
    ),
    "different places, by how much is prose": (
        lambda n: [*MENU[: 6 - n], BRIDGE, SPRING, GULLS, BRIDGE, HARBOUR, MARKET, KEEPER, SPRING, FERRY],
        0,
        1,
        ["repeat.exact"] * 2,
    ),
}


@pytest.mark.parametrize(("lines", "too_few", "enough", "rules"), SIZES.values(), ids=SIZES)
def test_how_much_is_enough(lines: Callable[[int], list[str]], too_few: int, enough: int, rules: list[str]) -> None:
    assert rest(*lines(too_few)) == (lines(too_few), [])
    assert rest(*lines(enough))[1] == rules


@pytest.mark.parametrize(("size", "stays"), [(59, True), (60, False)])
def test_a_short_line_at_the_edge_of_a_run_may_head_what_follows(size: int, stays: bool) -> None:
    edge = HEADING[:size]
    left, rules = rest(BRIDGE, SPRING, edge, GULLS, BRIDGE, SPRING, edge, MARKET)
    assert (left, rules) == ([BRIDGE, SPRING, edge, GULLS, *([edge] if stays else []), MARKET], ["repeat.run"])


def test_a_run_is_one_edit_of_whole_lines() -> None:
    text = f"{BRIDGE}\n\nWork\n{SPRING}\n\n\n{BRIDGE}\n\nWork\n{SPRING}\n\nBirds"
    start = text.rindex(BRIDGE)
    assert list(repeats.clean(Document("a", text))) == [Edit(start, text.rindex("\nBirds"), "", "repeat.run")]


LINES = [BRIDGE, SPRING, GULLS, MARKET, HARBOUR, KEEPER, LONELY, CHINESE, THAI, REFRAIN, "Work", "Anna wrote:", "- Yes", ""]
LINES += [
    BRIDGE.upper(),
    BRIDGE.replace("old ", ""),
    BRIDGE.replace("old ", "very very old "),
    SPRING.replace("work", "job"),
    SPRING.replace(",", ""),
    GULLS[:84] + ".",
    BOATS,
    HARBOUR[:41],
    f"{BRIDGE} {SPRING}",
    f"{KEEPER} {HARBOUR}",
    f"{LONELY} {HARBOUR}",
    f"{GULLS[:70]}…",
    f"<p>{KEEPER}</p>",
]
soups = st.lists(st.sampled_from(LINES) | st.text(max_size=30), max_size=16).map("\n".join)


def words(text: str) -> str:
    return f" {' '.join(repeats._words(text.casefold()))} "


@given(soups)
@example("\n".join(LINES))
@example("\n".join(LINES * 3))
@example("\n".join([*LINES, *reversed(LINES)]))
def test_nothing_is_lost(text: str) -> None:
    """Every line that goes still stands in what is left: as it was, nearly so, or inside a longer paragraph."""
    document = Document("a", text)
    edits = list(repeats.clean(document))
    left, changes = apply(text, edits)
    paragraphs = left.split("\n")
    keys = {words(line) for line in paragraphs}
    lowered = words(left)
    for change in changes:
        assert change.new == ""
        assert change.start == 0 or text[change.start - 1] == "\n"
        for line in filter(str.strip, change.old.split("\n")):
            key = words(line)
            sentences = [part for part in map(words, repeats._BREAK.split(line)) if part.strip()]
            assert (
                key in keys
                or any(set(key.split()) <= set(other.split()) | {"very", "old", "job", "work"} for other in keys)
                or all(sentence.rstrip() in lowered for sentence in sentences)
            )


@given(soups)
@example("\n".join(LINES * 2))
def test_cleaning_again_changes_nothing(text: str) -> None:
    left, _ = apply(text, repeats.clean(Document("a", text)))
    assert list(repeats.clean(Document("a", left))) == []


@given(st.lists(st.sampled_from(LINES[:6]), unique=True, min_size=2), st.integers(2, 3))
def test_a_text_that_stands_twice_is_left_once(lines: list[str], times: int) -> None:
    left, rules = rest(*lines * times)
    assert left == lines
    assert set(rules) == {"repeat.run"}


def many(n: int) -> dict[str, str]:
    """Texts that are hard on whoever compares lines; they grow with the number, and nothing else does."""
    return {
        "one line again and again": "\n".join([BRIDGE] * (20 * n)),
        "lines that differ in a number": "\n".join(f"{BRIDGE[:-1]} in the year {year}." for year in range(10 * n)),
        "two endless lines": f"{f'{BRIDGE} ' * (20 * n)}\n{f'{SPRING} ' * (20 * n)}",
        "the same run again and again": "\n".join([BRIDGE, "Work", SPRING, "Birds"] * (5 * n)),
        "an endless word": "a" * (2_000 * n),
        "a line of colons above a copy": f"{SPRING}\n{BRIDGE}\n{':' * (100 * n)}a\n{BRIDGE}\n{GULLS}",
    }


LEFT = {  # of those that lose something
    "one line again and again": BRIDGE,
    "the same run again and again": f"{BRIDGE}\nWork\n{SPRING}\nBirds\nBirds",  # the last may head what follows
    "a line of colons above a copy": f"{SPRING}\n{BRIDGE}\n{':' * 100_000}a\n{GULLS}",
}


@pytest.mark.parametrize("name", many(1))
def test_huge_texts_come_to_an_end(name: str) -> None:
    text = many(1000)[name]
    assert apply(text, repeats.clean(Document("a", text)))[0].rstrip("\n") == LEFT.get(name, text)


@pytest.mark.parametrize("name", many(1))
def test_there_is_twice_as_much_to_do_for_twice_the_text(name: str) -> None:
    """Not four times, as if every line were compared with every other."""
    once, twice = (steps(repeats.clean, Document("a", many(n)[name])) for n in (40, 80))
    assert twice < 2.2 * once
