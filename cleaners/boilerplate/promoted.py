"""Promoted titles: what stands under a heading such as "Check Also"."""

from collections.abc import Sequence
from itertools import islice, takewhile

import regex

from cleaners.boilerplate.page import CLOSES, Page
from cleaners.document import is_prose, weight

_BLOCK_LINES = 60  # promoted titles under one heading, each perhaps twice, with teaser and date
_TITLE_CHARS = 200  # a longer line is no title
_SHORTEST_TITLE = 25  # two of five sub-headings of the development data are shorter, and hardly a promoted title
_TEASER_CHARS = 600  # with 300 promoted teasers stay in 5 of the 4,578 development dumps, with 200 in 9; with 1,200 none changes
# "The Lamp Room, Ida Marsh", "Lights of the North by J. Hale", "Hale, Lights of the North", "A Short History (1980)",
# "《冰上领航员》，李明著": a work with its maker or its year, or in the quotation marks of works.
_WORK = regex.compile(
    r".{2,}(?:,|\s(?:by|von|par|de|di|por|door|av|af))(?:\s(?:(?:van|von|de|der|den|di|da)\s){0,2}\p{Lu}[\p{L}'’-]*\.?){2,4}"
    r"|\p{Lu}[\p{L}'’-]+, \p{Lu}.{2,60}|.{2,}\s\((?:1[4-9]|20)\d\d\)"
    r"|(?:\p{Han}{2,4}[：:])?[《『][^《》『』]+[》』](?:[，、,（(/・\s—–-][^。！？]{0,30})?"  # the headline of an article goes on without a mark
)
# "[1] https://…", "[^2]: Hale 1980", "- [Ropes](ropes.md) — what holds the ferry": a note, or a link of Markdown with a remark.
_NOTE = regex.compile(r"\[\^?\d{1,3}\]:?\s|.*\]\([^()]*(?:\([^()]*\)[^()]*)?\)\W{0,3}\s[–—-]{1,2}\s\p{Ll}")
_SMALL = regex.compile(r"\p{Ll}+,? \p{L}+,? \p{L}")  # three words; tags have fewer
# "Memory: 16 GB".  What stands before the colon of a headline is mostly longer.
_VALUE = regex.compile(r"[\p{L} ]{2,15}: \S.{0,60}")
_TEASER = regex.compile(r".*(?:…|\.\.\.)\W*(?:(?:read|continue|learn|see) (?:more|reading)\W*)?", regex.I)
# What no promoted title is: a sentence, also one with its agency behind it or in quotation marks, a label, or the credit of a person.  The price: a title
# that ends in "U.S." stays.
_NO_TITLE = regex.compile(
    rf"(?<!\.)[.:;。।۔][{CLOSES}]*$"
    rf"|[.!?][{CLOSES}]*\s*[–—/-]\s*(?-i:\p{{Lu}})[^.!?]{{1,30}}(?:\.\p{{L}}{{2,3}})?$"
    rf"|[.!?][{CLOSES}]*\s*\((?-i:(?!VIDEO|PHOTO|WATCH|AUDIO|LIVE|MAP|POLL|QUIZ|UPDATE)[A-Z]{{2,6}}|Reuters|Xinhua|Bloomberg|Interfax|dpa)\)$"
    rf"|^[„«»“\"].*[.!?…][{CLOSES}]*[“”»«\"]$"
    r"|\b(?:reporting|editing|writing|written|edited|compiled|translated) by\b"
    r"|\bcontributed to th",
    regex.I,
)
# "March 3, 2024", "Sun, 3rd March 2024 at 10:15", "2024-03-03 10:15", "3/3/24", "5 hours ago", "3 min read"
_DATE = regex.compile(
    r"(?:\p{L}{3,9}\W+)?"
    r"(?:\d{1,2}(?:st|nd|rd|th)?\W+\p{L}{3,9}|\p{L}{3,9}\W+\d{1,2}(?:st|nd|rd|th)?|\d{1,4}\D\d{1,2})"
    r"\W+(?:19|20)?\d\d(?:\W.{0,20})?"
    r"|\d+ \p{L}+ (?:ago|read)",
    regex.I,
)


def block_of(page: Page, heading: int) -> list[int]:
    """The promoted titles, often twice, and the teasers under a heading such as "Check Also".

    Behind the last prose, where nothing but titles, dates, bylines and buttons follows to the end or to
    the next block, all of it goes; where a title stands twice, long teasers are no prose there.  Where
    the article goes on, only what looks like a whole title goes;
    and the last one may be the article's next sub-heading: it stays, unless it certainly is promoted or
    is the only one.  The price: one promoted title stays in the text for many a block in mid-article.
    """
    block = list(takewhile(lambda j: _may_be_promoted(page, j) and not page.closes(heading, j), page.below(heading)))
    behind = next(page.below(block[-1] if block else heading), None)
    nothing_behind = behind is None or behind in page.cut
    if nothing_behind and len(block) <= _BLOCK_LINES and (heading > page.zones[1] or _has_doubles(page, block)):
        return block
    rule = page.cut[heading]
    titles = list(takewhile(lambda j: _looks_promoted(page, j) or page.is_weak(j, rule), block))
    if len(titles) > _BLOCK_LINES:
        return []  # a list of that length is what the page is about
    is_closed = behind is not None and page.closes(heading, behind)
    if 1 < len(titles) == len(block) and not is_closed and not _certainly_promoted(page, titles[-1]):
        titles.pop()
    return titles


def is_authors(page: Page, heading: int, block: Sequence[int]) -> bool:
    """Whether the author wrote the block: it lists works or values, or goes on as a sentence or a list."""
    return _are_works(page, block) or _are_values(page, block) or _goes_on_small(page, heading)


def _are_works(page: Page, block: Sequence[int]) -> bool:
    """Whether the block lists books, films or pieces of music: "Recommended reading" of the author, and no promoted titles.

    Behind them, a share bar or a footer that no rule knows may seem a part of it.  What begins with the number of a note, or has
    remarks, is the author's.
    """
    if any(_NOTE.match(page.doc.lines[j].lstrip()) for j in block[:2]):  # the first may be a rule below the heading
        return True
    works = sum(1 for _ in takewhile(_WORK.fullmatch, (page.lines[j].strip() for j in block)))
    return works > 1 and 2 * works >= sum(_looks_promoted(page, j) for j in block)


def _are_values(page: Page, block: Sequence[int]) -> bool:
    """Whether the block begins with three lines such as "Memory: 16 GB": what is "Recommended" there is no title."""
    return len(block) > 2 and all(_VALUE.fullmatch(page.lines[j].strip()) for j in block[:3])


def _goes_on_small(page: Page, heading: int) -> bool:
    """Whether the lines below a heading go on in small letters: "You may also like" / "a spoonful of aioli".  Tags do that, too."""
    below = [*islice(page.below(heading), 2)]
    if page.cut[heading].family != "related" or not below or any(j in page.cut for j in below):
        return False
    first, second = page.lines[below[0]].strip(), page.lines[below[-1]].lstrip()
    return _SMALL.match(first) is not None and (second[0].islower() or is_prose(first))


def _has_doubles(page: Page, block: Sequence[int]) -> bool:
    """Whether a title stands twice in the block, with its picture and without."""
    titles = [page.key(j) for j in block if weight(page.lines[j]) >= _SHORTEST_TITLE]
    return len({*titles}) < len(titles)


def _may_be_promoted(page: Page, j: int) -> bool:
    """Whether line `j` can stand in a block of promoted titles: it is no sentence, credit or next block."""
    if j in page.cut:
        return not page.cut[j].takes
    if page.goes_on(j) or j in page.fenced:
        return False
    line = page.lines[j].strip()
    if len(line) <= _TEASER_CHARS and _TEASER.fullmatch(line):
        return True
    return len(line) <= _TITLE_CHARS and not is_prose(line) and not _NO_TITLE.search(line)


def _looks_promoted(page: Page, j: int) -> bool:
    """Whether line `j` is long enough for a title; sub-headings, ingredients and names are shorter."""
    return weight(page.lines[j].strip()) >= _SHORTEST_TITLE or _certainly_promoted(page, j)


def _certainly_promoted(page: Page, j: int) -> bool:
    """Whether line `j` in a block is cut anyway, stands there twice, is a date, or is a teaser."""
    if j in page.cut or page.key(j) in map(page.key, page.beside(j)):
        return True
    line = page.lines[j].strip()
    return bool(_DATE.fullmatch(line) or _TEASER.fullmatch(line))
