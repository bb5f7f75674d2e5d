"""Where a title stands again: word for word, with the name of a site, cut off, or in several lines."""

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from itertools import compress, count, islice, takewhile
from typing import NamedTuple

import regex

from cleaners.document import SENTENCE_END, Document, is_prose, weight
from cleaners.titles.lines import GOES_ON, INVISIBLE, LABEL, LONGEST, joints, key, leads_up_to, looks_like_title, plain, says

NEAR_TOP = 15  # lines, blank ones not counted, in which the title and its second copy stand
CLOSE = 4  # lines from one copy to the next: a site's name, a standfirst and a date may stand between
_AT_TOP = 3  # more copies than that before the first paragraph are a refrain
CUT_OFF = 20  # letters and digits that are left of a title that is cut off
DOTS = ("…", "...")
BEGIN = 2  # lines that may stand before the first paragraph of a text that begins right behind its title
_NOT_PROBE = re.compile(r"[\W_iı]+")
# What a template writes above or before the title at the foot.
_SOURCE = regex.compile(
    r"""(?i:sources?|references?|quellen?|referenz|fuentes?|referencias?|fontes?|referências?|riferimento|référence|bron|kilde
        |källa|lähde|źródło|zdroj|forrás|sursa|izvor|vir|kaynak|sumber|nguồn|источник|джерело|крыніца|извор|източник|πηγή|المصدر|منبع|מקור
        |स्रोत|ที่มา|来源|來源|出处|出處|出典|출처)\s*[:：]\s*""",
    regex.VERBOSE,
)
# What sets the name of a site off from a title.  A colon does not: what stands before it is the author's.
_SET_OFF = regex.compile(r"[|｜_–—\-－]")


class Copy(NamedTuple):
    """A line that is the title again; `same` if by its key, not with a tail or cut off."""

    line: int
    rule: str
    same: bool


def _count_prose(lines: Sequence[str]) -> int:
    return sum(map(is_prose, lines))


def near_top(doc: Document) -> list[int]:
    """The numbers of the first lines that are not blank."""
    return list(islice(compress(count(), map(str.strip, doc.lines)), NEAR_TOP))


def without_site(lines: Sequence[str], line: str) -> str:
    """The line without the names of sites, as far as one of the lines is it without them."""
    keys: set[str] = set()
    while heads := [head for head, _ in joints(line) if looks_like_title(head)]:
        keys = keys or {
            key(plain(other)) for other in lines if 8 <= len(other) <= len(line) + 20 and not _breaks_off(other, line)
        }
        if (shorter := next((head for head in heads if key(head) in keys), None)) is None:
            break
        line = shorter.strip().strip(INVISIBLE)
    return line


def as_shown(doc: Document, title: str) -> str:
    """A given title as the text has it near the top, if it came cut off ("Harbour board raises moor…") or with the name of the site."""
    near = [plain(doc.lines[i]) for i in near_top(doc)]
    if title.endswith(DOTS):
        title = next((line for _, line in wholes(title, near)), title)
    return without_site([*takewhile(lambda line: not is_prose(line), near)], title)


def wholes(title: str, bare: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The first lines that are a title which is cut off, and are not."""
    return ((n, line) for n, line in enumerate(bare[: CLOSE + 1]) if looks_like_title(line) and _is_cut_off(title, key(line)))


def copies_of(doc: Document, title: str) -> list[Copy]:
    """The lines that are the title, in order.  Finding a title and cutting it ask the same."""
    asked = title, doc.text
    if asked not in doc.memo:
        doc.memo[asked] = _find_copies(doc, title)
    copies: list[Copy] = doc.memo[asked]
    return copies


def _find_copies(doc: Document, title: str) -> list[Copy]:
    wanted = key(title)
    if not wanted:
        return []
    lines = doc.lines
    least, longest = len(wanted) * 3 // 4, len(title) + 80
    copies = []
    tailed: dict[int, str] = {}
    sourced: set[int] = set()
    led: set[int] = set()
    seen = False
    # A cheap look first: every copy holds the beginning of the title's longest word (up to an "i"), or is not in the form NFKC.
    probe = max(_NOT_PROBE.split(unicodedata.normalize("NFKC", title.casefold()).casefold()), key=len)[:4]
    for i in [
        i
        for i, line in enumerate(lines)
        if (least <= len(line) or not line.isascii())  # one character may stand for four: "㌀"
        and (len(line) <= longest or len(line.strip()) <= longest or "](" in line)
        and (probe in (folded := line.casefold()) or not unicodedata.is_normalized("NFKC", folded))
    ]:
        bare = plain(lines[i])
        if key(bare) == wanted:
            copies.append(Copy(i, "title.variant" if bare != title else "title.copy" if seen else "title.line", True))
            seen = seen or bare == title
        elif (tail := next((tail for head, tail in joints(bare) if key(head) == wanted), None)) is not None:
            tailed[i] = key(tail)
        elif (source := _SOURCE.match(bare)) and key(bare[source.end() :]) == wanted:
            sourced.add(i)
        elif leads_up_to(bare, title):
            led.add(i)
    done = {copy.line for copy in copies} | tailed.keys() | sourced | led
    also: set[int] = set()
    if weight(wanted) >= CUT_OFF and any(dots in doc.text for dots in DOTS):
        also = {
            i
            for i, line in enumerate(lines)
            if line.rstrip().endswith(DOTS) and len(line.strip()) <= longest and i not in done and _is_cut_off(line, wanted)
        }
    while split := _split(doc, title, wanted, done | also):  # what goes lets other lines come near the top
        also |= split
    copies += (Copy(i, "title.variant", False) for i in also)
    if len(set(tailed.values())) > 1:
        tailed = {}
    if (tailed or sourced or led) and says(title, 3):
        first, last = _paragraphs(doc)
        gone = {i for i in (*tailed, *led) if i < first} | {i for i in (*tailed, *sourced) if i > last}
        copies += (Copy(i, "title.variant", False) for i in gone)
    return sorted(copies)


def _split(doc: Document, title: str, wanted: str, done: Collection[int]) -> set[int]:
    """The lines near the top that say only what the title says, the copies that are known left out.

    They are what stands before or behind a mark in it, or all of it in two or three lines.
    """
    joints = list(_SET_OFF.finditer(title)) if len(title) <= LONGEST + LABEL else []
    parts = {key(part) for joint in joints for part in (title[: joint.start()], title[joint.end() :]) if says(part, 4)}
    lines = doc.lines
    above = takewhile(lambda i: not is_prose(lines[i]), [i for i in near_top(doc) if i not in done][:CLOSE])
    near = [(i, key(plain(lines[i])) if len(lines[i]) < len(title) + CUT_OFF else "") for i in above]
    found = {i for i, said in near if said in parts}
    for n in range(len(near)):
        for run in (near[n : n + 2], near[n : n + 3]):
            if all(said for _, said in run) and "".join(said for _, said in run) == wanted:
                found.update(i for i, _ in run)
    return found


def _breaks_off(other: str, line: str) -> bool:
    """Whether another line is the beginning of this one and ends in dots, so that it is no title for itself."""
    return other.rstrip().endswith(DOTS) and key(line).startswith(key(plain(other)))


def _is_cut_off(line: str, wanted: str) -> bool:
    """Whether the line, which ends in dots, is the beginning of the title."""
    short = key(line)
    return weight(short) >= CUT_OFF and wanted.startswith(short) and says(line, 4)


def _paragraphs(doc: Document) -> tuple[int, int]:
    """The lines of the first and the last paragraph; both behind the last line if there is none."""
    lines = doc.lines
    first = next((i for i, line in enumerate(lines) if is_prose(line)), len(lines))
    last = next((i for i in range(len(lines) - 1, first, -1) if is_prose(lines[i])), first)
    return first, last


def repeats_on_purpose(doc: Document, title: str, copies: Sequence[Copy]) -> bool:
    """Whether a line that says the same as the title is the author's, so that it must not go.

    Copies before the first and behind the last paragraph are the template's, and so is one close to another at the
    top.  In between only a line of some length is that has a paragraph behind it, as the title has: a short line may be
    a section's heading, one from a table of contents is, and in verse, lists and dialogue short lines follow.  Nor does one go
    with which a sentence begins.
    """
    same = [copy.line for copy in copies if copy.same]
    near = near_top(doc)
    if not same or same == near[:1]:
        return False
    lines = doc.lines
    first, last = _paragraphs(doc)
    if first < len(lines) and sum(1 for i in same if i < first) > _AT_TOP:
        return True
    before = near[0]
    for i in same:
        between = [line for line in lines[before:i] if line and not line.isspace()]
        before = i
        if i != same[0] and _begins_sentence(lines, i, first < i < last):
            return True
        if i == near[0] or (i < first < len(lines)) or i > last:
            continue
        if len(between) <= CLOSE and _count_prose(between) <= 1 and i <= near[-1] and says(title, 3):
            continue
        if not (says(title, 5) and leads(lines, i, 1) and leads(lines, same[0], BEGIN + 1)):
            return True
    return False


def _begins_sentence(lines: Sequence[str], i: int, in_text: bool) -> bool:
    """Whether a sentence that was broken around a link or italics begins with line `i`; "by admin" below a title is none.

    Amid the text it may be broken again further on.
    """
    below = next((line.strip() for line in lines[i + 1 :] if line and not line.isspace()), "")
    return bool(GOES_ON.match(below)) and (below.endswith(SENTENCE_END) or (in_text and says(below, 4)))


def speaks(doc: Document, title: str, copies: Sequence[Copy]) -> bool:
    """Whether the title is the first line of a speaker: "Interviewer: …", and so below."""
    who, colon, _ = title.partition(":")
    copied = {copy.line for copy in copies}
    return bool(colon) and any(
        line.startswith(who + colon) and not line.startswith(title) and line.rstrip().endswith(SENTENCE_END) and i not in copied
        for i, line in enumerate(doc.lines)
    )


def leads(lines: Sequence[str], i: int, within: int) -> bool:
    """Whether one of the next lines is a paragraph."""
    return any(is_prose(line) for line in islice((line for line in lines[i + 1 :] if line and not line.isspace()), within))
