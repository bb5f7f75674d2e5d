"""Titles: which one is found, what is cut, and what stays."""

import re
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cleaners import titles
from cleaners.document import Document
from cleaners.edits import apply

TITLE = "Harbour Board Raises Mooring Fees Again"
STANDFIRST = (
    "After nine years of standstill the harbour board has agreed on new prices for moorings, and not everybody is pleased."
)
SHORT = "Nine years of standstill are over, and not everybody is pleased."
BODY = "The board met on Monday to talk about the fees for a mooring, which had not moved for nine years and a few months."
MORE = "From spring on a mooring costs four per cent more, and the harbour will be dredged with what comes in, the board says."
CHINESE = "港务局宣布上调游艇停泊费用"
CHINESE_BODY = (
    "港务局周一召开会议，讨论已经九年没有变动的游艇停泊费用问题，会议决定从明年春天开始上调百分之四，所得收入将用于疏浚港口。"
)
KOREAN = "시의회, 공항행 새 전차 노선 승인"
KOREAN_BODY = "시의회는 화요일 중앙역에서 공항까지 전차 노선을 건설하기로 의결했다. 십일 년 동안의 논쟁 끝에 내려진 결정이다."
TURKISH = "Işıklar limanda yeniden yanıyor"
THAI = "สภาเมืองลงมติเมื่อวันอังคารให้สร้างรถรางจากสถานีกลางไปยังสนามบิน หลังจากถกเถียงกันมานานหลายปี"


def clean(text: str, title: str | None = None) -> tuple[str | None, str]:
    """Title and text, the blank lines at the edges and all further ones but one taken out, as layout does."""
    doc = Document("a", text, title)
    doc = replace(doc, title=titles.find_title(doc))
    return doc.title, re.sub(r"\n{3,}", "\n\n", apply(text, titles.clean(doc))[0]).strip("\n")


def lines(*parts: str) -> str:
    return "\n".join(parts)


FOUND = {
    "with a number at its end": (
        lines("Storm hits harbour board, 12 dead", "", BODY, "", MORE),
        "Storm hits harbour board, 12 dead",
        lines(BODY, "", MORE),
    ),
    "the first part": (
        lines("Part 1: The harbour board and its fees", "", BODY, "", MORE),
        "Part 1: The harbour board and its fees",
        lines(BODY, "", MORE),
    ),
    "first line": (lines(TITLE, "", BODY), TITLE, BODY),
    "twice": (lines(TITLE, "", TITLE, "", BODY), TITLE, BODY),
    "twice above small letters": (lines(TITLE, "", TITLE, "by admin", BODY), TITLE, lines("by admin", BODY)),
    "above an address at the foot": (
        lines(TITLE, "", BODY, MORE, "Source", TITLE, "harbourpress.example"),
        TITLE,
        lines(BODY, MORE, "Source", "harbourpress.example"),
    ),
    "above a button in small letters at the foot": (
        lines(TITLE, "", BODY, MORE, TITLE, "share this story with all your friends"),
        TITLE,
        lines(BODY, MORE, "share this story with all your friends"),
    ),
    "twice without a blank line": (lines(TITLE, TITLE, BODY), TITLE, BODY),
    "between two standfirsts": (
        lines(STANDFIRST, TITLE, "", TITLE, SHORT, BODY),
        TITLE,
        lines(STANDFIRST, "", SHORT, BODY),
    ),
    "site name between, and at the foot": (
        lines(TITLE, "", "Harbourpress", "", TITLE, "", BODY, "", "Reference", "", TITLE),
        TITLE,
        lines("Harbourpress", "", BODY, "", "Reference"),
    ),
    "standfirst between": (lines(TITLE, "", STANDFIRST, "", TITLE, "", BODY), TITLE, lines(STANDFIRST, "", BODY)),
    "no blank line, but again at the foot": (lines(TITLE, BODY, MORE, "Source", TITLE), TITLE, lines(BODY, MORE, "Source")),
    "behind its label at the foot": (lines(TITLE, "", BODY, MORE, "", "Reference: " + TITLE), TITLE, lines(BODY, MORE)),
    "behind its label at the foot, in Chinese": (
        lines(CHINESE, "", CHINESE_BODY, "来源：" + CHINESE, "来源：港务局"),
        CHINESE,
        lines(CHINESE_BODY, "来源：港务局"),
    ),
    "case, quotes and dashes": (
        lines("The “Long-Awaited” Harbour Report – At Last", "", "THE 'LONG‑AWAITED' HARBOUR REPORT - AT LAST", BODY),
        "The “Long-Awaited” Harbour Report – At Last",
        BODY,
    ),
    "delivery and discounts in the news": (
        lines("Harbour Shop Ends Free Shipping, and Takes 20% Off Its Fees", "", BODY),
        "Harbour Shop Ends Free Shipping, and Takes 20% Off Its Fees",
        BODY,
    ),
    "site tails below": (lines(TITLE, "", BODY, MORE, TITLE + " | Harbourpress"), TITLE, lines(BODY, MORE)),
    "site tail above": (lines(TITLE + " – Harbour Press", "", TITLE, "", BODY), TITLE, BODY),
    "site head above": (lines("Harbour Press :: " + TITLE, "", TITLE, "", BODY), TITLE, BODY),
    "a tail with no copy to prove it": (lines(TITLE + " | Harbourpress", "", BODY), TITLE + " | Harbourpress", BODY),
    "cut off": (
        lines(TITLE, "", "Harbour Board Raises Mooring F…", BODY, MORE, "Harbour Board Raises Mooring..."),
        TITLE,
        lines(BODY, MORE),
    ),
    "whole below what is cut off": (
        lines("Harbour Board Raises Mooring F…", "Harbourpress", TITLE, BODY, MORE),
        TITLE,
        lines("Harbourpress", BODY, MORE),
    ),
    "cut off where the name of a site could begin": (
        lines(TITLE + " – Nobody Is Pleased", "", TITLE + "…", "", BODY, MORE),
        TITLE + " – Nobody Is Pleased",
        lines(BODY, MORE),
    ),
    "markdown": (lines("# " + TITLE, "", BODY), TITLE, BODY),
    "label": (lines("Title: " + TITLE, BODY), TITLE, BODY),
    "Chinese": (lines(CHINESE, "", CHINESE, CHINESE_BODY), CHINESE, CHINESE_BODY),
    "full width": (
        lines("ＡＢＣ Harbour Prize Goes to Ｘ", "", "ABC harbour prize goes to X", BODY),
        "ＡＢＣ Harbour Prize Goes to Ｘ",
        BODY,
    ),
    "the whole article twice": (
        lines(TITLE, "", BODY, MORE, "", TITLE, "", BODY, MORE),
        TITLE,
        lines(BODY, MORE, "", BODY, MORE),
    ),
    "below many blank lines": (lines(*[""] * 90, TITLE, "", BODY), TITLE, BODY),
    "behind many blanks": (lines(" " * 200 + TITLE, "", BODY, " " * 200 + TITLE), TITLE, BODY),
    "right above the first of the paragraphs": (lines(TITLE, BODY, "", MORE), TITLE, lines(BODY, "", MORE)),
    "no blank line anywhere": (lines(TITLE, BODY, MORE), TITLE, lines(BODY, MORE)),
    "a column's name and the line at the top again": (
        lines("News", "", TITLE, "", TITLE, "", BODY),
        TITLE,
        lines("News", "", BODY),
    ),
    "twice below a name as long as a title": (
        lines("The Old Town Gazette", TITLE, "", TITLE, BODY, MORE),
        TITLE,
        lines("The Old Town Gazette", "", BODY, MORE),
    ),
    "below a section's name, a date and a byline": (
        lines("Harbour", "", "4 de marzo de 2024", "", "by Ada Brandt", "", TITLE, "", BODY, MORE),
        TITLE,
        lines("Harbour", "", "4 de marzo de 2024", "", "by Ada Brandt", "", BODY, MORE),
    ),
    "below the path to it": (
        lines("Home > Fees > " + TITLE, "", TITLE, "", BODY, MORE),
        TITLE,
        lines("Home > Fees > " + TITLE, "", BODY, MORE),
    ),
    "below the head of a press release": (
        lines("FOR IMMEDIATE RELEASE", "", TITLE, "", BODY, MORE),
        TITLE,
        lines("FOR IMMEDIATE RELEASE", "", BODY, MORE),
    ),
    "below a date, and short": (
        lines("Monday, 4 March 2024", "", "Mooring fees raised", "", BODY, MORE),
        "Mooring fees raised",
        lines("Monday, 4 March 2024", "", BODY, MORE),
    ),
    "above its author and a call of which the text does not speak": (
        lines("Harbour", "", TITLE, "", "By Ada M. Brandt", "Ten lighthouses you can sleep in", BODY, MORE),
        TITLE,
        lines("Harbour", "", "By Ada M. Brandt", "Ten lighthouses you can sleep in", BODY, MORE),
    ),
    "written by somebody, with no-break spaces": (
        lines("News", "", TITLE, "", "Written\xa0by\xa0Ada\xa0Brandt", BODY, MORE),
        TITLE,
        lines("News", "", "Written\xa0by\xa0Ada\xa0Brandt", BODY, MORE),
    ),
    "below the name of a column, and dated": (
        lines("Along the Old Pier", "", TITLE, "", "4 March 2024", BODY, MORE),
        TITLE,
        lines("Along the Old Pier", "", "4 March 2024", BODY, MORE),
    ),
    "headings that stand twice further down": (
        lines(TITLE, "", BODY, MORE, *["What the fees are for"] * 2, BODY),
        TITLE,
        lines(BODY, MORE, *["What the fees are for"] * 2, BODY),
    ),
    "behind a path that has lost its marks": (
        lines("HomeNews" + TITLE, "", TITLE, "", BODY, MORE),
        TITLE,
        lines(BODY, MORE),
    ),
    "above a line that is its end by chance": (
        lines("McBrandt Raises Mooring Fees", "", "Brandt Raises Mooring Fees", "", BODY, MORE),
        "McBrandt Raises Mooring Fees",
        lines("Brandt Raises Mooring Fees", "", BODY, MORE),
    ),
    "behind a template's word": (
        lines("Harbourpress", "Reading: " + TITLE, "Share", "", TITLE, "", BODY, MORE),
        TITLE,
        lines("Harbourpress", "Share", "", BODY, MORE),
    ),
    "a paragraph begins with it, and it has a colon": (
        lines("Harbour: Board Raises Mooring Fees Again", "", "Harbour: Board Raises Mooring Fees Again. " + BODY, MORE),
        "Harbour: Board Raises Mooring Fees Again",
        lines("Harbour: Board Raises Mooring Fees Again. " + BODY, MORE),
    ),
    "site tail without blanks": (lines(TITLE + "_Harbour Press", "", TITLE, "", BODY), TITLE, BODY),
    "two tails": (lines(TITLE + " | News | Harbour Press", "", TITLE, "", BODY), TITLE, BODY),
    # What stands before a colon may be the author's: two lines like titles, and no guess.
    "behind a colon": (
        lines("Exclusive: " + TITLE, "", TITLE, "", BODY),
        None,
        lines("Exclusive: " + TITLE, "", TITLE, "", BODY),
    ),
    "a number is no site": (lines(TITLE + " - Part 1", "", TITLE, "", BODY), TITLE + " - Part 1", BODY),
    "in two lines, and whole below": (lines("Harbour Board Raises", "Mooring Fees Again", "", TITLE, "", BODY), TITLE, BODY),
    "whole, and in two lines below": (lines(TITLE, "", "HARBOUR BOARD RAISES", "MOORING FEES AGAIN", "", BODY), TITLE, BODY),
    "whole, and in two lines between copies": (
        lines(TITLE, "HARBOUR BOARD RAISES", "", TITLE, "", "MOORING FEES AGAIN", BODY),
        TITLE,
        BODY,
    ),
    "underlined": (lines(TITLE, "=====", BODY), TITLE, BODY),
    "underlined again": (lines(TITLE, "---", "", TITLE, "-----", "", BODY), TITLE, BODY),
    "a heading of Markdown": (lines(f"## {TITLE} ##", "", TITLE, "", BODY), TITLE, BODY),
    "a heading of Markdown with a link": (
        lines(
            f"# [Harbour]({'/harbour' * 30}){TITLE.removeprefix('Harbour')}", "", BODY, "", f"[![{TITLE}](/a.jpg)](/a_(1) 'A')"
        ),
        TITLE,
        lines(BODY, "", f"[![{TITLE}](/a.jpg)](/a_(1) 'A')"),
    ),
    "a zero-width space behind it": (lines(f"{TITLE}\u200b | The Harbour Gazette", "", TITLE, "", BODY), TITLE, BODY),
    "in bold": (lines(f"**{TITLE}**", "", BODY, "", f'[![{TITLE}](/a.jpg)](/a_(1) "A")'), TITLE, BODY),
    "a byline in small letters right below": (
        lines(TITLE, "by Ada M. Brandt", BODY, MORE),
        TITLE,
        lines("by Ada M. Brandt", BODY, MORE),
    ),
    "Chinese, cut off": (lines(CHINESE, "", CHINESE_BODY, CHINESE[:11] + "…"), CHINESE, CHINESE_BODY),
    "Korean": (lines(KOREAN, KOREAN_BODY, KOREAN_BODY), KOREAN, lines(KOREAN_BODY, KOREAN_BODY)),
    "Turkish capitals": (lines(TURKISH, "", TURKISH.upper(), "", BODY), TURKISH, BODY),
}


@pytest.mark.parametrize("name", FOUND)
def test_title_is_found_and_every_copy_goes(name: str) -> None:
    dump, title, text = FOUND[name]
    assert clean(dump) == (title, text)


NULL = {
    "empty": "",
    "blank": "\n \n",
    "nothing but the title": TITLE,
    "nothing but two titles": lines(TITLE, "", TITLE),
    "only paragraphs": lines(BODY, "", MORE),
    "a short first line": lines("Harbour", "", BODY),
    "a date": lines("Monday, 4 March 2024", "", BODY),
    "the dateline of a letter": lines("The Harbour, 4 November 1911", "", "Dear Ida,", "", BODY, "", MORE),
    "a German dateline": lines("Hafenstadt, den 4. November 1911", "", "Liebe Ida,", "", BODY, "", MORE),
    "a Russian dateline": lines("Порт-Несс, 4 ноября 1911 года", "", "Дорогая Ида!", "", BODY, "", MORE),
    "the place and day of a diary": lines("Harbour, Monday 4 March", "", BODY, "", MORE),
    "the first of two numbered headings": lines(
        "1. Do not pay the fees to the harbour board", "", BODY, "", "2. Do not moor in the harbour", "", MORE
    ),
    "the first of two walks": lines("Walk 1: the harbour and the board", "", BODY, "", "Walk 2: the moorings", "", MORE),
    "what is said twice in a tale": lines(
        BODY,
        "",
        "“Who will pay for the fees of the harbour and of the board?”",
        "",
        MORE,
        "",
        "“Who will pay for the fees of the harbour and of the board?”",
        "",
        BODY[:-1] + ", and so on and so forth.",
    ),
    "a recital": lines("Whereas the harbour board raises the fees again; and", "", BODY, "", MORE),
    "a byline": lines("By Ada Brandt, Harbour Reporter", "", BODY),
    "a share bar": lines("Share on Facebook Share on Twitter", "", BODY),
    "a breadcrumb": lines("Home > News > Harbour > Prices", "", BODY),
    "a breadcrumb without its marks": lines("Home  News  Local  Council approves the new bridge", "", BODY),
    "a shop's banner": lines("Free shipping on all orders over £30", "", BODY),
    "a shop's banner that calls": lines("Moorings for your new boat - Book Now", "", BODY),
    "a menu": lines("Contact Us Track Your Order Wholesale Account", "", BODY),
    "a sentence": lines("The harbour board has met again.", "", BODY),
    "a question to the reader": lines(
        "Thinking about keeping a boat in the harbour, but not sure what the board will ask you for a mooring?", "", BODY, MORE
    ),
    "a wondering": lines("Ever wondered how a harbour board sets its fees?", "", BODY, MORE),
    "a caption": lines("The harbour board at its meeting on Monday. Picture: Ada Brandt", "", BODY, MORE),
    "a credit": lines("Illustration by Tomasz Brandt, Harbour Board", BODY, MORE),
    "a picture by somebody": lines("Foto: Ada van der Brandt", BODY, MORE),
    "a path of one step": lines("Home / Mooring Fees of the Harbour Board", "", BODY, MORE),
    "a privacy notice": lines("The Harbour Board respects your privacy", "", BODY, MORE),
    "the label of a blog's entries": lines(
        *["Mostrando entradas con la etiqueta mooring fees. Mostrar todas las entradas"] * 2, "", BODY, MORE
    ),
    "the author's name below a date, of whom the text speaks": lines(
        "4 March 2024",
        "",
        "Ada Maria Brandt",
        "",
        BODY,
        MORE,
        "Ada Maria Brandt is a writer in the north, and her last book about the harbour was printed in the spring of this year.",
    ),
    "an author's call below a date": lines("4 March 2024", "", "Ten lighthouses you can sleep in", "", BODY, MORE),
    "an undated line below a name": lines("Along the Old Pier", "", TITLE, "", BODY, MORE),
    "a line behind the number of its page": lines(
        "AB港务局宣布上调游艇停泊费用", "", "第1页AB港务局宣布上调游艇停泊费用", "", CHINESE_BODY
    ),
    "a sentence with a byline glued to it": lines(
        "The harbour board raised its mooring fees on Monday.Reporter: Harbour News", "", BODY, MORE
    ),
    "the name of a file": lines("Harbour-board meeting on fees 1160x768.jpg", "", BODY, MORE),
    "no blank line anywhere, and nothing of it below": lines("Twelve letters from the lighthouse", BODY, MORE),
    "no blank line anywhere, and one paragraph": lines(TITLE, BODY),
    "right above a short line": lines(TITLE, "Nine years of standstill are over", "", BODY, MORE),
    "wrapped by hand": lines("The harbour board has met again and raised", "fees, for " + BODY.lower(), MORE),
    "a salutation": lines("Dear friends of the harbour board and its moorings", "", BODY, "", MORE),
    "a salutation in German": lines("Liebe Freundinnen und Freunde der Hafenmeisterei", "", BODY, "", MORE),
    "a speaker": lines(
        "Reporter: What will the fees for a mooring cost?",
        "",
        BODY,
        "",
        "Reporter: And what will the harbour board do with it?",
        "",
        MORE,
    ),
    "a Thai paragraph that stands twice": lines(THAI, "", THAI, BODY),
    "Thai paragraphs, which end without a mark": lines(THAI, "", THAI[9:] + "นี้", "", THAI[17:]),
    "the first of several questions": lines(
        "FAQ", "", "How much do moorings cost from spring on?", "", MORE, "", "Who met on Monday to talk?", "", BODY
    ),
    "a list's first item below its name": lines(
        "You need", "", "Four ropes for each of the moorings", "Fees for the next nine years", "", BODY, MORE
    ),
    "a slogan below a product's name": lines(
        "Mooring Nine", "", "The mooring that costs nine years of fees", "", MORE, BODY + " Mooring Nine."
    ),
    "a chapter": lines("Chapter One", "", "What the board did with the fees", "", BODY, MORE),
    "the heading of a summary": lines("Zusammenfassung", "", "What the board did with the fees", "", BODY, MORE),
    "the first day of a diary": lines("4 March", "", "What the board did with the fees", "", BODY, "", "5 March", "", MORE),
    "a call below a section's name": lines("Harbour", "", "Moor with the harbour board from spring on!", "", BODY, MORE),
    "a heading further down": lines(BODY, "", TITLE, "", MORE),
    "a promoted title twice at the foot": lines(BODY, MORE, "Check Also", TITLE, TITLE),
    "a column's name above a longer title": lines("The Harbour Letter", "", TITLE, "", BODY),
    "the site's name above a long menu": lines("The Harbour Mooring Board", "", *(f"Berth {n}" for n in range(16)), BODY, MORE),
    "below a teaser that breaks off": lines("The harbour board has met again to…", "", TITLE, BODY, MORE),
    "another line twice below what may be the title": lines(
        "Mooring Fees Raised Again", "", "Who Pays for the Harbour Board", "", "Who Pays for the Harbour Board", BODY, MORE
    ),
    "twice below a name, and of something else": lines(
        "The Old Town Gazette", "", *["Ten lighthouses you can sleep in"] * 2, BODY, MORE
    ),
    "two lines twice": lines(
        "News", TITLE, "Ten lighthouses you can sleep in", "News", TITLE, "Ten lighthouses you can sleep in", BODY
    ),
    "a refrain": lines(
        "The boats come home at evening", "", *["We set them out", "and sang", "The boats come home at evening", ""] * 6
    ),
    "a sentence broken around its name": lines(TITLE, "", BODY, TITLE, "was what they read on the door of the office.", MORE),
    "a broken sentence behind the last paragraph": lines(TITLE, "", BODY, MORE, TITLE, "is what they read on the door."),
    "a sentence broken twice": lines(TITLE, "", BODY, TITLE, "is what they read on the door of the", "Harbour Board", MORE),
    "a broken sentence at the top": lines(TITLE, "", TITLE, "is what they read on the door of the office.", BODY, MORE),
    "a refrain after every verse": lines(
        TITLE, "", *["We set them out", "and sang", "and sang", "and sang", "and sang", TITLE, ""] * 4, BODY
    ),
    "a section's heading": lines("Ropes and lines", "", BODY, "", MORE, "", "Ropes and lines", "", BODY),
    "the first line of a table of contents": lines(
        TITLE,
        "What the fees are for",
        "Who pays them now",
        "Whom to ask",
        "",
        BODY,
        MORE,
        "",
        TITLE,
        "",
        BODY,
        "Whom to ask",
        MORE,
    ),
}


@pytest.mark.parametrize("name", NULL)
def test_no_guess(name: str) -> None:
    dump = NULL[name]
    doc = Document("a", dump)
    assert titles.find_title(doc) is None
    assert list(titles.clean(doc)) == []


STAYS = {
    "a paragraph that begins with the title": "Harbour board raises mooring fees again, and this time nobody is pleased with what it has decided to do with it.",
    "a paragraph that quotes it": "“Harbour Board Raises Mooring Fees Again” was the headline of the day, and it was read aloud in every bar of the town.",
    "a heading with more words": "Harbour Board Raises Mooring Fees Again and Again",
    "a heading with fewer words": "Harbour Board Raises",
    "a colon is no tail": "Harbour Board Raises Mooring Fees Again: what you need to know",
    "a short teaser": "Harbour…",
    "the source of something in the article": "Source: " + TITLE,
    "a number behind it": TITLE + " - Part 2",
    "a long tail": TITLE + " – but nobody in town is in the mood to pay them",
    "a tail in the midst of the article": TITLE + " | Harbourpress",
}


LONG = "Harbour board raises the mooring fees again after nine years of standstill and a long debate about who is to pay for the dredging of the old"
LESS = "How to Pay Less for a Mooring Now"
ITEMS = [f"item {n}" for n in range(9)]
OF_TWO = "The board of the railway met in the old town hall on Monday and went home without a word to those who waited outside all day."
OF_THREE = OF_TWO.replace("without", "again without")
OTHERS = (
    "The harbour in the north was dredged in the spring of that year, and nobody knows any more who had asked for it to be done."
)
# A text in which the title is found, and is cut wherever it stands; and one in which a little more, or less, speaks against it.
LIMITS = {
    "160 characters": (LONG.ljust(159, "x") + "y", [LONG.ljust(159, "x") + "y", "", BODY, MORE], [BODY, MORE]),
    "161 characters": (None, [LONG.ljust(160, "x") + "y", "", BODY, MORE], None),
    "three at the top": (TITLE, [*[TITLE, ""] * 3, BODY, MORE], [BODY, MORE]),
    "four at the top": (None, [*[TITLE, ""] * 4, BODY, MORE], None),
    "three words of it in the text": (
        TITLE,
        [TITLE, "", "Local", "News today", "By Ada", "", OTHERS, OF_THREE],
        ["Local", "News today", "By Ada", "", OTHERS, OF_THREE],
    ),
    "two words of it in the text": (None, [TITLE, "", "Local", "News today", "By Ada", "", OTHERS, OF_TWO], None),
    "eight lines behind it": (
        TITLE,
        ["Harbour", "", TITLE, "", *ITEMS[:8], BODY, MORE],
        ["Harbour", "", *ITEMS[:8], BODY, MORE],
    ),
    "nine lines behind it": (None, ["Harbour", "", TITLE, "", *ITEMS, BODY, MORE], None),
    "a label above it, and two paragraphs": (TITLE, ["Harbour", "", TITLE, "", BODY, MORE], ["Harbour", "", BODY, MORE]),
    "a label above it, and one paragraph": (None, ["Harbour", "", TITLE, "", BODY], None),
    "a tail of six words": (TITLE, [TITLE, "", BODY, MORE, TITLE + " | The Harbour Press of the Town"], [BODY, MORE]),
    "a tail of seven words": (
        TITLE,
        [TITLE, "", BODY, MORE, TITLE + " | The Harbour Press of the Old Town"],
        [BODY, MORE, TITLE + " | The Harbour Press of the Old Town"],
    ),
    "20 letters of it": (LESS, [LESS, "", BODY, MORE, "How to Pay Less for a Moor…"], [BODY, MORE]),
}


@pytest.mark.parametrize(("title", "dump", "text"), LIMITS.values(), ids=LIMITS)
def test_a_title_at_its_limits(title: str | None, dump: list[str], text: list[str] | None) -> None:
    assert clean(lines(*dump)) == (title, lines(*(dump if text is None else text)))


@pytest.mark.parametrize("line", ["How to Pay Less f…", "How to Pay Less for a Moo…"])
def test_what_is_left_of_a_title_may_be_too_little(line: str) -> None:
    assert clean(lines(LESS, "", BODY, MORE, line)) == (LESS, lines(BODY, MORE, line))


@pytest.mark.parametrize("name", STAYS)
def test_what_is_not_the_title_stays(name: str) -> None:
    dump = lines(TITLE, "", BODY, "", STAYS[name], "", MORE)
    assert clean(dump) == (TITLE, lines(BODY, "", STAYS[name], "", MORE))


DECK = "Nobody at the moorings is pleased with what the board wants"
HEADLINES = {
    "a byline": (lines("News", TITLE, "By Ada Brandt", BODY, MORE), {1: 0.2}, TITLE),
    "a date": (lines("News", TITLE, "", "Harbour", "4 March 2024", BODY, MORE), {0: 0.1, 1: 0.2}, TITLE),
    "how long ago": (lines(TITLE, "2 hours ago", BODY, MORE), {0: 0.2}, TITLE),
    "how long ago, in German": (lines(TITLE, "vor 2 Stunden", BODY, MORE), {0: 0.2}, TITLE),
    "how long ago, in Polish": (lines(TITLE, "2 godziny temu", BODY, MORE), {0: 0.2}, TITLE),
    "how long ago, in Chinese": (lines(CHINESE, "3小时前", CHINESE_BODY, CHINESE_BODY), {0: 0.2}, CHINESE),
    "a date in Chinese": (lines(CHINESE, "12年3月4日", CHINESE_BODY, CHINESE_BODY), {0: 0.2}, CHINESE),
    "a standfirst as probable": (lines(TITLE, "", DECK, "By Ada Brandt", BODY, MORE), {0: 0.2, 2: 0.5}, TITLE),
    "a menu above": (lines("Fees for the moorings", TITLE, "By Ada Brandt", BODY, MORE), {0: 0.1, 1: 0.4}, TITLE),
    "the name of a newspaper above": (lines("The Harbour Letter", TITLE, "By Ada Brandt", BODY, MORE), {0: 0.3, 1: 0.3}, TITLE),
    "something between": (lines("Harbour board and moorings", "x", TITLE, "By Ada Brandt", BODY, MORE), {0: 0.4, 2: 0.4}, TITLE),
    "the site's name": (lines(TITLE + " | Harbourpress", TITLE + " | Harbourpress", TITLE, "2024", BODY, MORE), {1: 0.2}, TITLE),
    "a copy above": (lines(TITLE, "", "Harbour", "", TITLE, "Fees", BODY, MORE), {4: 0.2}, TITLE),
    "a path above": (lines("Home » Harbour » " + TITLE, "Menu", TITLE, "Fees", BODY, MORE), {2: 0.2}, TITLE),
    "a copy far above": (lines(TITLE, "A", "B", "C", "D", TITLE, "Fees", BODY, MORE), {5: 0.2}, None),
    "no date and no byline": (lines("News", TITLE, "Harbour", BODY, MORE), {1: 0.2}, None),
    "a date too far below": (lines(TITLE, "Harbour", "Fees", "Boats", "2024", BODY, MORE), {0: 0.2}, None),
    "a year in a paragraph": (lines(TITLE, BODY + " It was so in 2024.", MORE), {0: 0.2}, None),
    "another subject": (lines("Ten lighthouses with soft beds", "2024", BODY, MORE), {0: 0.2}, None),
    "one paragraph": (lines(TITLE, "2024", BODY), {0: 0.2}, None),
    "no title": (lines("Harbour", "2024", BODY, MORE), {0: 0.4}, None),
    "none": (lines(TITLE, "2024", BODY, MORE), {}, None),
    "a speaker": (
        lines("Reporter: What will the fees for a mooring cost", "2024", BODY, "Reporter: And the board?", MORE),
        {0: 0.2},
        None,
    ),
}


@pytest.mark.parametrize("name", HEADLINES)
def test_a_headline_where_the_line_model_says_that_the_text_begins(name: str) -> None:
    text, likely, title = HEADLINES[name]
    assert titles.find_headline(Document("a", text), likely) == title


def test_several_tails_are_headings() -> None:
    steps = (TITLE + " - Step 1", BODY, TITLE + " - Step 2")
    assert clean(lines(TITLE, "", *steps)) == (TITLE, lines(*steps))
    sections = (BODY, MORE, TITLE + " | Harbourpress", TITLE + " | Marina News")
    assert clean(lines(TITLE, "", *sections)) == (TITLE, lines(*sections))


def test_a_given_title_is_the_title() -> None:
    assert clean(lines("Moorings", "", BODY), "Moorings") == ("Moorings", BODY)
    assert clean(lines(BODY, MORE), "Moorings ") == ("Moorings", lines(BODY, MORE))
    assert clean(lines(BODY, MORE), " ") == (None, lines(BODY, MORE))


@pytest.mark.parametrize("title", [TITLE + " | Harbour Press", "Harbour Press | " + TITLE, TITLE + "_Harbour Press - News"])
def test_a_given_title_with_the_name_of_the_site(title: str) -> None:
    assert clean(lines(TITLE, "", BODY, "", MORE), title) == (TITLE, lines(BODY, "", MORE))
    assert clean(lines(BODY, "", TITLE, "", MORE), title) == (title, lines(BODY, "", TITLE, "", MORE))


def test_a_given_title_that_is_cut_off() -> None:
    for title in ("Harbour Board Raises Mooring…", "Harbour board raises mooring fe ..."):
        assert clean(lines("Harbour", "", TITLE, "", BODY), title) == (TITLE, lines("Harbour", "", BODY))
        assert clean(lines(BODY, MORE), title) == (title, lines(BODY, MORE))
    text = lines("Harbour Board Raises Mooring Fe…", "", BODY)  # is cut off itself
    assert clean(text, "Harbour Board Raises Moor…") == ("Harbour Board Raises Moor…", text)


def test_a_given_title_that_the_text_needs_is_given_up() -> None:
    text = lines(BODY, "", "Introduction", "", MORE)
    assert clean(text, "Introduction") == (None, text)


def test_rules() -> None:
    dump = lines(TITLE, "", TITLE.upper(), TITLE, "", BODY, TITLE + " | Harbourpress", "Harbour Board Raises Mooring…")
    rules = [edit.rule for edit in titles.clean(Document("a", dump, TITLE))]
    assert rules == ["title.line", "title.variant", "title.copy", "title.variant", "title.variant"]


_LINES = (
    "",
    "",
    " ",
    TITLE,
    TITLE,
    TITLE.upper(),
    "# " + TITLE,
    "Title: " + TITLE,
    TITLE + " | Harbourpress",
    "Harbour Press – " + TITLE + " | Harbourpress",
    "Harbour Press – " + TITLE,
    "Harbour Board Raises Mooring F…",
    "Source: " + TITLE,
    "is what they read on the door of the office.",
    "The Old Town Gazette",
    "Ten lighthouses that you can sleep in",
    "Who pays for the harbour?",
    "The Harbour Letter",
    "Harbourpress",
    "Home > News > Harbour",
    "Monday, 4 March 2024",
    STANDFIRST,
    SHORT,
    BODY,
    MORE,
    CHINESE,
    CHINESE_BODY,
)


@given(st.lists(st.sampled_from(_LINES), max_size=24).map("\n".join) | st.text())
@example(lines(TITLE, "", TITLE + " | Harbourpress", BODY))
@example(lines(TITLE, "HARBOUR BOARD RAISES", TITLE, "MOORING FEES AGAIN", "MOORING FEES AGAIN", BODY))
@example(lines(TITLE, *["HARBOUR BOARD RAISES"] * 2, *["MOORING FEES AGAIN"] * 2, BODY))
@example(lines(BODY, "Harbour", THAI, THAI))
def test_laws(dump: str) -> None:
    title, text = clean(dump)
    if title is None:
        assert text == re.sub(r"\n{3,}", "\n\n", dump).strip("\n")
    else:
        assert titles.key(title) not in {titles.key(line) for line in text.split("\n")}
        assert text.strip()
    assert clean(f"{title}\n\n{text}" if title else text) == (title, text)
