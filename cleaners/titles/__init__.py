"""Titles: find the one title of a dump, and take every copy of it out of the body.

Theory.  Scrapers put the title first, and often twice: once from the page's head, once from its body, with a blank
line, the site's name or a standfirst between.  A template may print it once more at the foot, as "Reference".  So a
line is the title if it looks like one, says what the text is about, and is either the first line with a blank line
behind it or the one line that stands near the top twice.  (The first line needs no blank line, if paragraphs
follow at once that speak of the same things; and a section's name, a date, a byline or a path may stand above it, if it is
the only line like a title before paragraphs that speak of the same things; a date or a byline beside it lets more lines stand
there.)  The first line is asked first, unless it is a newspaper's name, a path that ends with the title, or the title cut off.
That makes cleaning stable: written out as title, blank line, text, the title is that first line, and it is judged by itself and
by the text without its copies, both of which are what they were.

Dumps of whole pages have menus at the top.  Where the line model is asked it says where the text begins, and the most probable line
above is the title if a date or a byline stands below it, or a copy above (`find_headline`).

What is kept, although it says the same words:
    - paragraphs that begin with the title or quote it: only whole lines are compared;
    - "How to cook rice - Step 1" and "... - Step 2": one tail is the name of a site, two are headings of the text, and a
      number is no name;
    - a refrain, a list item, a speaker's line, a section's heading.  No line of the text may repeat the title (output
      contract), so a document with such a line gets no title at all: `None`, nothing is cut, and nothing is lost.

Price accepted: a title of one or two words ("Moorings", "Fishing Nets") is not found, because menus, labels and names
look the same, and a wrong title is worse than none; and where a dump begins with a heading of its text, the real
title being absent, that heading becomes the title.  Measured on the development data, by the rules alone: of the 416 titles that
stand as a line of a column 162 are found, and 10 of these documents get another line; of 909 in whole pages 49 are found, and 25
documents get another line.  The model card has the figures with the line model (`python -m benchmarks.line_model_quality …
--behind-rules` prints both).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice, takewhile

import regex

from cleaners.document import Document, is_prose, is_speech
from cleaners.edits import Edit
from cleaners.titles.copies import (
    BEGIN,
    CLOSE,
    CUT_OFF,
    DOTS,
    NEAR_TOP,
    Copy,
    as_shown,
    copies_of,
    leads,
    near_top,
    repeats_on_purpose,
    speaks,
    wholes,
    without_site,
)
from cleaners.titles.lines import (
    DATED,
    DENSE,
    GOES_ON,
    LABEL,
    LONGEST,
    NO_TITLE,
    WORD,
    are_signed,
    could_be_title,
    is_label,
    key,
    leads_up_to,
    looks_like_title,
    plain,
    says,
)

__all__ = ["clean", "find_headline", "find_title", "key"]

_ABOVE = 4  # labels that may stand above a title
_OPENING = 8  # lines that may stand between such a title and the first paragraph
_PARAGRAPHS = 30  # paragraphs in which the words of the title are looked for
_BYLINES = 3  # lines below a headline in which its date or byline stands
_AS_PROBABLE = 0.3  # of the most probable line; a line of a menu has less
_ABOUT = 0.5  # share of the title's words that the text must hold where it does not begin at once
_BLANK_LINE = re.compile(r"\n\s*\n")
_UNMARKED = regex.compile(r"[\p{Thai}\p{Lao}]")
_HANGUL = regex.compile(r"\p{Hangul}")
_UNDERLINE = re.compile(r"={3,}|-{3,}")  # of a heading
_NUMBER = re.compile(r"(\D{0,20}?)(\d{1,2})([.:)]|\s[–—-]\s)")
_DIGITS = re.compile(r"\d+")
_SPEAKS = regex.compile(r"!\W*$|\?[\"”’»]$")


def find_title(doc: Document) -> str | None:
    """Find the title of a document.

    Args:
        doc: a document; if it brings a title (from its metadata), that is the title.

    Returns:
        The title, without the mark of a heading ("# ", "Title:") and without the name of a site if the dump also
        has it without; a given one as it is, or whole if it is cut off and the dump has it whole; or None if there is
        no good evidence, or if the text repeats the title where it is the author's.
    """
    if doc.title is not None:
        title = as_shown(doc, doc.title.strip())
        return None if not key(title) or repeats_on_purpose(doc, title, copies_of(doc, title)) else title
    lines = doc.lines
    near = near_top(doc)
    for i, line in _candidates(doc, near):
        title = without_site(doc.lines, line)
        if _runs_on(doc, title, near) or _is_counted(doc, line):
            continue
        copies = copies_of(doc, title)
        stands_out = (
            i + 1 >= len(lines)
            or not key(lines[i + 1])  # blank, or "====="
            or line != lines[i].strip()
            or len(copies) > 1
            or _heads_paragraphs(doc, i, line)
        )
        if not stands_out:
            continue
        # A first line that could be the title but does not fit leaves nothing to go by: no guess.
        if _fits(doc, title, copies) and not repeats_on_purpose(doc, title, copies) and not speaks(doc, title, copies):
            return title
        return None
    return None


def find_headline(doc: Document, likely: Mapping[int, float]) -> str | None:
    """Find the title where the line model says that the text begins, below menus and whatever else a page has at its top.

    Args:
        doc: a document without a title.
        likely: lines among which the headline is, if there is one, and how probable each is as main text.

    Returns:
        The title, or None: it must have a date or a byline below it, or a copy or a path that holds it above, and paragraphs that
        speak of the same things.  Whether the text repeats it on purpose shows when the menus are gone: `find_title` tells if it is given.
    """
    lines = doc.lines
    could = {i: likely[i] for i in likely if looks_like_title(plain(lines[i]))}
    if not could:
        return None
    best = max(could, key=lambda i: (could[i], i))
    # A standfirst right below the headline is as probable as that.
    for i in sorted((i for i in could if i < best), reverse=True):
        if could[i] < _AS_PROBABLE * could[best] or any(map(str.strip, lines[i + 1 : best])) or not says(lines[i], 4):
            break
        best = i
    title = without_site(doc.lines, plain(lines[best]))
    below = (line for line in islice(lines, best + 1, None) if line and not line.isspace())
    bylines = list(islice(below, _BYLINES))
    if not are_signed(bylines):
        name = key(title)
        above = islice((line for line in reversed(lines[:best]) if line and not line.isspace()), CLOSE)
        if not any(len(line) <= 2 * LONGEST and name in key(line) for line in above):
            return None
    paragraphs = list(islice(filter(is_prose, chain(bylines, below)), _PARAGRAPHS))
    if len(paragraphs) < 2 or not _is_about(paragraphs, title) or (":" in title and speaks(doc, title, copies_of(doc, title))):
        return None
    return title


def clean(doc: Document) -> Iterator[Edit]:
    """Cut every line that is the title of the document, which `find_title` has found; without a title, nothing."""
    if doc.title is not None:
        for copy in copies_of(doc, doc.title):
            below = doc.lines[copy.line + 1] if copy.line + 1 < len(doc.lines) else ""
            yield doc.cut(copy.line, copy.line + (_UNDERLINE.fullmatch(below) is not None), copy.rule)


def _candidates(doc: Document, near: Sequence[int]) -> Iterator[tuple[int, str]]:
    """The lines that may be the title, and what they say: the first that is no label, then one that stands near the top twice."""
    lines = doc.lines
    bare = [plain(lines[i]) for i in near]
    # A title in two or three lines, and whole below them.
    for n in range(2, min(len(bare), CLOSE)):
        is_as_long = abs(len(bare[n]) - sum(map(len, bare[:n]))) < CUT_OFF  # keys take time
        if is_as_long and "".join(map(key, bare[:n])) == key(bare[n]) and looks_like_title(bare[n]):
            yield near[n], bare[n]
    if bare and bare[0].endswith(DOTS):
        yield from ((near[n], line) for n, line in wholes(bare[0], bare))
    behind = _behind_standfirst([lines[i] for i in near])
    labels = sum(1 for _ in takewhile(lambda line: is_label(without_site(doc.lines, line)), bare[:_ABOVE]))
    if labels < _ABOVE and _names_section(doc, bare[labels : labels + 2 + _BYLINES]):
        labels += 1
    led = _led_up_to(list(takewhile(lambda line: not is_prose(line), bare)))
    if led and labels < led and leads_up_to(bare[labels], bare[led]):
        yield near[led], bare[led]
    elif labels < len(near) and not _names_paper(doc, bare):
        title = without_site(doc.lines, bare[labels])
        if _heads_article(doc, near[labels], title, bare[:labels]) if labels else looks_like_title(title):
            yield near[labels], bare[labels]
    # Behind more than a standfirst stand promoted titles.
    if not any(map(could_be_title, bare[1:behind])):
        return
    twice = _twice(bare)
    for n in twice[0] if len(twice) == 1 else ():  # two lines that stand twice are a menu
        if (
            0 < n < behind
            and looks_like_title(bare[n])
            and not is_speech(bare[n])
            and not any(leads_up_to(bare[n], line) for line in bare)
        ):
            yield near[n], bare[n]
    if led and not twice:
        yield near[led], bare[led]


def _names_paper(doc: Document, bare: Sequence[str]) -> bool:
    """Whether the first line, as long as a title, is a newspaper's name: the text speaks of what stands twice right below, and not of it."""
    first, title = bare[0], bare[1] if len(bare) > 2 and bare[1] == bare[2] else ""
    if not says(title, 4) or not looks_like_title(title) or key(title) == key(without_site(doc.lines, first)):
        return False
    paragraphs = list(islice(filter(is_prose, doc.lines), _PARAGRAPHS))
    return _is_about(paragraphs, title) and not _is_about(paragraphs, first)


def _names_section(doc: Document, bare: Sequence[str]) -> bool:
    """Whether a short line like a title names a section: the text speaks of the next line, which is dated or signed, and not of it."""
    line, title = bare[:2] if len(bare) > 2 else ("", "")
    if says(line, 5) or not says(title, 5) or not (looks_like_title(line) and looks_like_title(title) and are_signed(bare[2:])):
        return False
    paragraphs = list(islice(filter(is_prose, doc.lines), _PARAGRAPHS))
    return _is_about(paragraphs, title) and not _is_about(paragraphs, line)


def _is_counted(doc: Document, line: str) -> bool:
    """Whether a line is the first of several headings with numbers: "1. Fees" and "2. Nets" below it, "Walk 1: …" and "Walk 2: …"."""
    number = _NUMBER.match(line)
    if not number:
        return False
    second = f"{number[1]}{int(number[2]) + 1}{number[3]}"
    return any(other.lstrip().startswith(second) and not is_prose(other) for other in doc.lines)


def _runs_on(doc: Document, line: str, near: Sequence[int]) -> bool:
    """Whether a line in Thai or Lao, where sentences end without a mark, is as long as a paragraph of the text."""
    return bool(_UNMARKED.search(line)) and max(len(plain(doc.lines[i])) for i in near) < 1.5 * len(line)


def _heads_article(doc: Document, i: int, line: str, labels: Sequence[str]) -> bool:
    """Whether line `i`, above which only labels stand, is the title.

    There is less to go by than with a first line, so it must be the only line like a title before the first paragraph, and
    the paragraphs must speak of the same things.  Where it is dated or signed, other lines may stand there of which they do not.
    """
    if not looks_like_title(line) or _SPEAKS.search(line) or len(DENSE.findall(line)) > LONGEST // 4:
        return False
    below = [other for other in doc.lines[i + 1 :] if other and not other.isspace()]
    opening = list(takewhile(lambda other: not is_prose(other), below))
    is_signed = are_signed(below[:_BYLINES]) or bool(DATED.search(labels[-1]))
    if len(opening) > _OPENING or not (says(line, 5) or (is_signed and not _is_name(line, below))):
        return False
    paragraphs = list(islice(filter(is_prose, below), _PARAGRAPHS))
    if len(paragraphs) < 2 or not _is_about(paragraphs, line):
        return False
    others = (other for other in opening if says(other, 4) and looks_like_title(other) and key(line) not in key(other))
    if any(not is_signed or _is_about(paragraphs, other) for other in others):
        return False
    for n, label in enumerate(labels):
        # A product's name, with a slogan below it: the label is the title.  The path to the article may hold the title.
        near = [*(other for other in labels[:n] if " " in label and other != label), *below[:NEAR_TOP]]
        if key(line) not in key(label) and (
            (says(label, 4) and _is_about(paragraphs, label))
            or (not is_signed and _is_named(label, near) and not any(pattern.search(label) for pattern in NO_TITLE))
        ):
            return False
    # Days of a diary, numbered sections: what stands below the first of them is its heading.
    numbered = {_DIGITS.sub("0", label) for label in labels if _DIGITS.search(label)}
    if numbered and any(len(other) <= LABEL and _DIGITS.sub("0", other.strip()) in numbered for other in below):
        return False
    # The first of several questions has its answer below.
    return not (line.endswith("?") and any(other.rstrip().endswith("?") and not is_prose(other) for other in below))


def _is_name(line: str, below: Iterable[str]) -> bool:
    """Whether a short line is a name that the text writes out, too: "Ada Maria Brandt is a writer in the north"."""
    return all(word[0].isupper() for word in line.split()) and any(line in other and line != other.strip() for other in below)


def _is_named(name: str, lines: Iterable[str]) -> bool:
    """Whether one of the lines holds the name, which is written large if it is a single word."""
    return any(name in line or (" " in name and name.casefold() in line.casefold()) for line in lines)


def _twice(lines: Sequence[str]) -> list[list[int]]:
    """Where the same title stands twice, for each line that does and can be one."""
    places: dict[str, list[int]] = {}
    for n, line in enumerate(lines):
        if 8 <= len(line) <= LONGEST:
            places.setdefault(key(line), []).append(n)
    return [at for at in places.values() if any(says(lines[n], 4) and looks_like_title(lines[n]) for n in at[1:])]


def _led_up_to(lines: Sequence[str]) -> int:
    """The place of the one line like a title to which another one above leads up, or 0."""
    found = [
        n for n, title in enumerate(lines) if any(leads_up_to(line, title) for line in lines[:n]) and looks_like_title(title)
    ]
    return found[0] if len({key(lines[n]) for n in found}) == 1 else 0


def _behind_standfirst(lines: Sequence[str]) -> int:
    """How many lines end with the second paragraph; all if there is none."""
    return next(islice((n for n, line in enumerate(lines, 1) if is_prose(line)), 1, None), len(lines))


def _heads_paragraphs(doc: Document, i: int, title: str) -> bool:
    """Whether line `i`, right below which the text goes on, is the title all the same: paragraphs follow, and speak of the same things.

    Nothing else tells it from the first line of a text that is wrapped by hand, so a line that goes on in small letters is none.  Where
    blank lines stand between other lines, the next line must be a paragraph itself.
    """
    within = 1 if _BLANK_LINE.search(doc.text.strip()) else BEGIN + 1
    if GOES_ON.match(doc.lines[i + 1].lstrip()) or not leads(doc.lines, i, within):
        return False
    paragraphs = list(islice(filter(is_prose, doc.lines[i + 1 :]), _PARAGRAPHS))
    return len(paragraphs) > 1 and _is_about(paragraphs, title)


def _fits(doc: Document, title: str, copies: Sequence[Copy]) -> bool:
    """Whether the text begins right behind the title or speaks of the same things.

    It looks at the text without the copies, so that the answer is the same once they are gone.
    """
    copied = {copy.line for copy in copies}
    lines = (line for i, line in enumerate(doc.lines) if i not in copied and line and not line.isspace())
    top = list(islice(lines, NEAR_TOP))
    if _twice([plain(line) for line in top[: _behind_standfirst(top)]]):
        return False  # other lines stand twice near the top: a menu, a table of contents
    opening: list[str] = []  # what stands before the first paragraph
    rest: list[str] = []  # what follows, as far as it is asked for
    for line in chain(top, lines):
        if is_prose(line):
            rest.append(line)
            if len(rest) == _PARAGRAPHS:
                break
        elif not rest:
            opening.append(line)

    def is_about(title: str) -> bool:
        return _is_about(rest or opening, title)

    about = is_about(title)
    if not (about and says(title, 5)):
        # The name of a column or section is short or beside the point; the title that stands below it is neither.
        for line in opening[:NEAR_TOP]:
            if says(line, 5) and looks_like_title(line) and is_about(line):
                return False
    if not rest:
        return about
    # A short line above a long menu is the name of the site, of which the text speaks, too.
    return len(opening) <= BEGIN or (about and (len(opening) <= NEAR_TOP or says(title, 6)))


def _is_about(body: Iterable[str], title: str) -> bool:
    """Whether the text holds the title's words.

    Words are compared by their first five letters, Korean ones by their first two syllables, which lets most endings
    differ; scripts without spaces by pairs of characters, of which every second one goes across two words.
    """
    title = title.casefold()
    stems = {word[: 2 if _HANGUL.match(word) else 5] for word in WORD.findall(title) if len(word) > 3 or _HANGUL.match(word)}
    dense = "".join(DENSE.findall(title))
    pairs = {dense[i : i + 2] for i in range(len(dense) - 1)}
    missing = stems | pairs
    enough = len(missing) - max(2, _ABOUT * (len(stems) + len(pairs) / 2))
    for paragraph in body if enough >= 0 else ():
        folded = paragraph.casefold()
        missing = {part for part in missing if part not in folded}
        if len(missing) <= enough:
            return True
    return False
