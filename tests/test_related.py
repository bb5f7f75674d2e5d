"""Blocks of promoted titles and bars of buttons: whole, and nothing of the article with them.

In a case the lines that go begin with "-" and a space, all others stay.
"""

import pytest

from cleaners import boilerplate, rules
from cleaners.document import Document
from cleaners.edits import apply

BOOK = rules.load()

FERRY = (
    "The ferry to the outer islands will keep its winter timetable until May, the harbour office said on Tuesday, although two "
    "of its three boats are in the dock."
)
POST = (
    "Letters go by the mail boat in the meantime, as they did before there was a ferry, and parcels wait on the mainland until "
    "somebody has room for them."
)

CASES = {
    "with the links of Markdown": f"""
{FERRY}
- ## You may also like
- * [Why the old ferry still runs on Sundays](/old-ferry)
- * [![The harbour office counts its parcels](/parcels.jpg)](/parcels "Parcels")
- [Share on Facebook](https://facebook.example/share?u=(ferry)) [Share on Twitter](https://twitter.example/)
- ### Leave a Reply [Cancel reply](/ferry#respond)
- Your email address will not be published. Required fields are marked *
- **Comment** [*](#)
- [Post Comment](/post)
""",
    "the author's links in Markdown are none": f"""
{FERRY}
[The timetable of the winter](https://example.org/winter), [a map of the piers](https://example.org/map)
{POST}
* [How the mail boat came to the islands](/mail-boat)
* [Who builds ferries today](/builders)
""",
    "a last paragraph with its agency is none": f"""
{FERRY}
- Related Stories
- Why the old ferry still runs on Sundays
The harbour office thanked the volunteers, who had cooked four hundred meals. – Harbourwire.ph
""",
    "what leads to the next article, above this one and below it, where its title goes, too": f"""
- Artículo anterior
- Artículo siguiente
{FERRY}
Artículo siguiente
{POST}
- Artículo siguiente
- El viejo transbordador sigue saliendo los domingos
""",
    "a quotation that closes as in German": f"""
{FERRY}
- Lesen Sie auch
„Darauf haben wir lange gewartet“, sagte die Bäckerin am Ostufer. „Endlich kommt man zu Fuß zum Bahnhof.“
{FERRY}
""",
    "as in Danish": f"""
{FERRY}
- Læs også
»Det har vi ventet længe på,« siger bageren på øen. »Endelig kan man gå til stationen.«
{FERRY}
""",
    "as in Czech": f"""
{FERRY}
- Mohlo by vás zajímat
„Čekali jsme na to dlouho. Konečně se dá dojít na nádraží pěšky!“
{FERRY}
""",
    "a notice that the line above quotes": f"""
{FERRY}
This is what the banner of a large newspaper said when we opened it on Monday:
We use cookies and similar technologies to give you a better experience. By clicking Accept all, you agree to their use.
{FERRY}
""",
    "a notice behind the end of a paragraph": f"""
{FERRY}
- We use cookies and similar technologies to give you a better experience. By clicking Accept all, you agree to their use.
{FERRY}
""",
    "sentences about the buttons around them": f"""
{FERRY}
- Support our work with a donation
That is the heading on the leaflet, and it was the vicar's idea, who had once sold ice cream.
- Make a monthly donation
If you can spare a pound a week, the shop will be there when your car is not, the leaflet goes on below.
- Support us
{FERRY}
""",
    "likewise in brackets": f"""
{FERRY}
- Related Stories
- Why the old ferry still runs on Sundays
The harbour office thanked the volunteers, who had cooked four hundred meals. (PTI)
""",
    "a button of the block's own, and a long teaser": f"""
{FERRY}
- Check Also
- Close
- Harbour bridge closed for a second week while divers look at its piers
- Harbour bridge closed for a second week while divers look at its piers
- 1 day ago
- The bridge over the old harbour stays closed for cars and trams until the divers have seen all of its piers and the board has …
- Back to top button
- Close
""",
    "titles in a script without spaces": f"""
{FERRY}
- 相关阅读
- 台风过后渡轮恢复通航
{POST}
""",
    "titles twice, with a teaser, at the end": f"""
{FERRY}
- Check Also
- Harbour bridge closed for a second week while divers look at its piers
- Harbour bridge closed for a second week while divers look at its piers
- The bridge over the old harbour stays closed for cars and trams until the divers have seen …
""",
    "dates, bylines, categories and buttons at the end": f"""
{FERRY}
{POST}
- Related Articles
- News
- Why the old ferry still runs on Sundays
- By Mona Lind
- March 3, 2024
- Opinion
- A new roof
- 5 hours ago
- View all
""",
    "books, each with its author or its year": f"""
{FERRY}
{POST}
Recommended Reading
The Lamp Room by Mona Lind
Lights of the North, J. Hale
A Short History of the Long Pier (1980)
""",
    "books above a share bar": f"""
{FERRY}
{POST}
Recommended Reading
The Lamp Room by Mona Lind
Lights of the North, J. Hale
- Share this:
- Facebook
""",
    "books in other languages": f"""
{FERRY}
{POST}
Lesen Sie auch
Die Lampenstube von Mona Lind
Lichter des Nordens, J. von der Hahn
""",
    "titles, one with a name behind a comma": f"""
{FERRY}
{POST}
- Recommended Reading
- Why the old ferry still runs on Sundays
- A new roof for the home of the painter, Mona Lind
""",
    "two headings, one after the other": f"""
{FERRY}
- Related Posts
- Why the old ferry still runs on Sundays
- You may also like
- A new roof for the market hall
""",
    "the only title in mid-article": f"""
{FERRY}
- Also read:
- Why the old ferry still runs on Sundays
{POST}
""",
    "the last title in mid-article may be a sub-heading": f"""
{FERRY}
- Related Stories
- Why the old ferry still runs on Sundays
What the islanders make of it all
{POST}
""",
    "a last title that stands twice is none": f"""
{FERRY}
- Related Stories
- Why the old ferry still runs on Sundays
- A new roof for the market hall by autumn
- A new roof for the market hall by autumn
{POST}
""",
    "a last line that is a teaser is none": f"""
{FERRY}
- Related Stories
- Why the old ferry still runs on Sundays
- The old ferry was to be scrapped in the spring, but nobody had reckoned with its seven owners [...] Read more
{POST}
""",
    "a short sub-heading, and short paragraphs behind it": f"""
{FERRY}
- Related Stories
- Why the old ferry still runs on Sundays
- A new roof for the market hall by autumn
What now?
Nobody knows.
{POST}
""",
    "a short paragraph ends the block": f"""
{FERRY}
- You might also like
- Why the old ferry still runs on Sundays
It is not the first winter of this kind.
Nor will it be the last one for the islands
{POST}
""",
    "a recipe goes on with its ingredients": f"""
{FERRY}
- You might also like
- Five soups for a day in the harbour
Ingredients
2 onions
1 litre of stock
Chop the onions.
Add the stock.
""",
    "a label with a colon is the article's": f"""
{FERRY}
- You might also like
- Five soups for a day in the harbour
Boats that are in the dock at this time:
Gull
Tern
""",
    "credits of people stay": f"""
{FERRY}
- Recommended for you
- Why the old ferry still runs on Sundays
Additional reporting by Carl Berg
""",
    "so does who contributed": f"""
{FERRY}
- Recommended for you
- Why the old ferry still runs on Sundays
Carl Berg contributed to this report
""",
    "names that are no titles": f"""
{FERRY}
- You may also like
Gull
Tern
{POST}
""",
    "a heading of many meanings is the author's in mid-article": f"""
{FERRY}
Recommended
1. The mail boat at eight in the morning
2. The ferry at nine, if there is one
{POST}
""",
    "and so it is where there is no article around it": """
Trending
• Short sleeves in November, with gloves
• Hats with a narrow brim and a feather
""",
    "sources are the author's": f"""
{FERRY}
See also
List of ferries of the northern islands
Maritime history of the northern islands
Further reading
A history of mail boats, by L. Brandt
""",
    "numbers of the article stay above a share bar and a link": f"""
{FERRY}
Boats in the dock
3
2
- Share
- Tweet
Boats at sea
1
- View all
""",
    "a list as long as a page is the page": "\n".join(
        ["", FERRY, "- You may also like", *(f"The story of the mail boat number {n}" for n in range(61)), ""]
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_blocks(case: str, gap: str) -> None:
    lines = case.strip().split("\n")
    before = gap.join(line.removeprefix("- ") for line in lines)
    after, _ = apply(before, boilerplate.clean(Document("case", before), BOOK))
    assert [line for line in after.split("\n") if line] == [line for line in lines if not line.startswith("- ")]


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_a_second_round_takes_nothing_more(case: str) -> None:
    text = "\n\n".join(line.removeprefix("- ") for line in case.strip().split("\n"))
    once, _ = apply(text, boilerplate.clean(Document("case", text), BOOK))
    assert list(boilerplate.clean(Document("case", once), BOOK)) == []


def test_a_sentence_that_is_broken_at_its_links_keeps_them() -> None:
    """The next line goes on with a punctuation mark; where it does not, the same line is a button."""
    above, below = "The timetable hangs there, click", "The list opens in a new window"
    for text, left in (
        (f"{FERRY}\n{above}\nView all\n. {below}\n{POST}", None),
        (f"{FERRY}\n{above}\nView all\n.\n{POST}", None),
        (f"{FERRY}\n{above}\nView all\n{below}\n{POST}", f"{FERRY}\n{above}\n{below}\n{POST}"),
        (f"{FERRY}\n{above}\nView all\n.5 of them are late\n{POST}", f"{FERRY}\n{above}\n.5 of them are late\n{POST}"),
    ):
        assert apply(text, boilerplate.clean(Document("case", text), BOOK))[0] == (left or text)


WRAPPED = """The bulletin of the valley comes out on the first Saturday of each
month, and nobody has ever been paid for writing, printing or carrying
it.

Subscribe to our newsletter and you get four pages, a crossword and the
bus times.

Also read:

The parish magazine says much the same in more words, and it has more
of them about the organ.

Accept all

The large button on the page of the parish is pressed by nine visitors
of ten.

Reject all

The other one is small and grey, and the rector says that it was never
meant to be so."""


def test_a_text_that_is_wrapped_by_hand() -> None:
    """A line of a paragraph is neither a call to subscribe nor a promoted title, and above a paragraph may stand a sub-heading."""
    left, _ = apply(WRAPPED, boilerplate.clean(Document("wrapped", WRAPPED), BOOK))
    assert left.split() == WRAPPED.replace("Also read:", "").split()


PROSE = (
    "The ferry to the north quay will not run in winter, the council said on Tuesday evening, because the hull is being repaired."
)


@pytest.mark.parametrize(
    "lines",
    [
        # The last line of a paragraph that is wrapped by hand, in a text with much else.
        "The terms for the use of the slip, for its lights and for its crane\nfollow.\n\nTHE SLIP AND THE CRANE",
        "Die Preise der Liegeplätze, die der Hafen in diesem Jahr zum ersten Mal\nanzeigen.",
        "Si può cambiare il nome del molo, e allora si cambiano anche i comandi\ncorrelati.\n\n10.1 Le luci del porto che restano accese d'inverno",
        # What a program or JSON says.
        '    {\n        "moorings": [],\n        "tags": [\n            {"key": "quay", "value": "north"}\n        ]\n    }',
        '    "type": "push",\n    "subscriptions": {',
        '    print(\n        "Login");',
        "The head of a post may say this:\n\n```yaml\ntags: ferries, harbours\ncategories: winter\n```",
        "```html\n<footer>\n  &copy; 2024 The Harbour Post\n  Share this\n</footer>\n```",
        "````md\n```sh\nShare this\n```\nLeave a comment\n````",
        "```html\n~~~\nShare this\n```x```\nLeave a comment\n```",
        # What a manual says of each button, one by one, and briefly.
        "Open\n\nOpens the form of a boat that is known.\n\nNew\n\nOpens an empty form for a boat.\n\nPrint preview\n\nShows the form as it will look on paper.\n\nClose\n\nCloses the form of the boat.",
        # Rows of a table.
        "+------+----------+\n|quay  |previous  |\n|      |next page |\n+------+----------+",
        "| Button | Who presses it |\n|---|---|\n| Share | nobody |\n| Subscribe | Print |",
        "Lesson 7\n\nTeilen\tShare\nWeiterlesen\tRead more\nAbonnieren\tSubscribe",
        # What a page has, in a list, and what a glossary says of it.
        "Features of the theme\n\n- Fast\n- Related posts\n- Search with an index\n- Pages of the year\n- Newsletter\n- Table of contents",
        "Byline\nThe name of the writer.\nEditor\nThe person who cuts it.\nRelated articles\nArticles about the same thing.",
        # A section of Markdown that stays keeps its heading.
        "## About the author\n\nHello, I look after the ferries and write about them when they lie in the yard.",
        # A list of sources with their numbers.
        "Related Links\n-------------\n[0] https://harbour.example/ferries/1980\n    The report on the ferries of the north",
        "## Related posts\n\n- [Ropes and knots](ropes.md) — what holds the ferry in a storm\n- [The ferries of the north](n.md) — Ships, crews",
        "Related articles\n\n[1] Hale, J.: Ferries of the north and their crews\n\n[2] Marsh, I.: On the winter of 1963",
    ],
)
def test_what_stays_whole(lines: str) -> None:
    for text in (f"{PROSE}\n\n{lines}", f"{PROSE}\n\n{lines}\n\n{PROSE.replace('north', 'south')}"):
        assert list(boilerplate.clean(Document("case", text), BOOK)) == []


@pytest.mark.parametrize(
    ("behind", "left"),
    [
        ("## Links\n- A map of the harbour and of its lights in winter", True),
        ("---\n\nTranslated by the seamen's club of the north quay", True),
        ("### The lights of the harbour in the winter of 1963", False),
    ],
)
def test_a_section_of_markdown_ends_where_the_next_begins(behind: str, left: bool) -> None:
    related = "## Related posts\n\n- Ropes and knots that hold the ferry\n- The ferries of the north and their crews"
    text = f"{PROSE}\n\n{related}\n\n{behind}"
    assert (behind in apply(text, boilerplate.clean(Document("case", text), BOOK))[0]) is left
