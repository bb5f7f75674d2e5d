"""Paragraphs that stand again in the same document: the first copy stays, the others go.

What goes:

* a paragraph that stands again, word for word (`repeat.exact`) or nearly so (`repeat.near`);
* a run of lines that is repeated in the same order, with the headings and short lines inside it (`repeat.run`);
* a pull quote, in quotation marks or between paragraphs, whose every sentence also stands in a longer paragraph, or in one that
  differs in the marks alone (`repeat.quote`); the paragraph stays, whichever of the two comes first.

What stays, because writers repeat themselves on purpose:

* whatever is short: refrains, headings, labels, dialogue, table cells.  Only a run can carry them along, between two
  paragraphs that are repeated themselves;
* list items, even without their marks, among other short lines; tables, code, markup;
* what somebody says again in a play, a debate, an interview or a tale; and a line of a dialogue that is remembered later;
* lines that introduce something ("Run this command:"), and what is introduced: code, or a post quoted in a forum;
* a question: it may stand in a list at the top, and again above its answer;
* a paragraph that the document uses in more than three places: a stock phrase of a manual or a price list;
* what is repeated in several places of a page of short lines (services, plans, fields, posts): the page is built like that;
* what stands alone under two headings: one answer to two questions, a step of two procedures, one note on two commands;
* what ends two sections with different beginnings: the terms below two job adverts;
* a standfirst: it may be the author's summary, and the body that says it again is no copy of it;
* paragraphs that say something else in nearly the same words: another number, another name, a "not" more or less.

How it stays fast: two lines are compared only if they share an *anchor*: their first or last letters, or the sentence
that closes one of them.  Three documents out of four share none, which a few steps over the whole
text show.  The price: a near copy with different words at both ends, and a quote whose last sentence is very short, are not found.
"""

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain, islice, pairwise

import regex
from rapidfuzz.distance import Levenshtein, Prefix

from cleaners.document import Document
from cleaners.edits import Edit

# Lengths are in letters; a Chinese character or a kana counts three times (see `_Line.size`).
# Of the lines of the development data that are repeated word for word and end a sentence, this share is labelled as
# main text, so these are no faulty copies (the "column" dumps; many of them posts that a forum quotes):
#     letters           60-79  80-99  100-119  120-159  160-239  240+
#     standing alone     27 %   62 %    57 %     47 %     33 %    47 %
#     among repeats      21 %   23 %    23 %     27 %     30 %    19 %
# The many unlabelled lines below 80 letters are boilerplate, which its own rules know better.
_ALONE = 100  # the least length of a paragraph that is cut though its neighbours are not repeated
_RUN = 80  # … of a paragraph that is cut because its neighbour is repeated as well
_EDGE = 60  # … of another line at the edge of a run: a heading there may belong to what follows
_QUOTE = 60  # … of a pull quote …
_QUOTE_WORDS = 8  # … and its least number of words: addresses and code have fewer
_TEXT = 1000  # … of a stretch that is a whole text repeated, whatever introduces it and however the page is built
_DENSE_QUOTE = 20  # characters; the same in a dense script
_SENTENCE = 25  # characters; the least length of a sentence that makes two lines worth comparing
_END = 40  # characters at either end of a line that do so too
_LONGEST = 20_000  # a longer line is no paragraph, and comparing its words would take too long
_PLACES = 2  # copies in different places; a paragraph that stands again more often is a stock phrase
_APART = 2  # lines between two stretches that still count as one place
_PROSE = 0.75  # the least share of its letters that a page of prose has in paragraphs; of columns with an article, most have
_HELD = 0.6  # the most that several quotes may make up of a paragraph: a whole text on one line is no paragraph
_SECTION = 6  # lines above what ends a section, in which its heading stands
_TRIES = 4  # lines with the same anchor that a line is compared with: keeps a list of ten thousand like lines linear
_LETTERS = 4  # a near copy has at most one changed character in so many; words are looked at later, which takes longer
_CHANGED = 10  # a near copy has at most one changed word in so many …
_REPLACED = 20  # … and at most one in so many replaced by quite another word, if both are short: long ones carry the facts
# letters; of the eight paragraphs of the development data that are parted by other words, three are by short ones, which say the same ("are" and
# "were", "bring" and "raise"), and five by longer ones, which tell of two things ("typing" and "warnings", "bracket" and "headband").
_SHORT_WORD = 5
_ENGLISH = "the"  # in other languages no word is replaced: `_TURNS` knows their days, numbers and contraries ("lunes", "zwei") too little
_FORM = 0.55  # the least share of the longer of two forms of one word that both begin with

_SPACELESS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer: without spaces, but as long as English
_CJK = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_FIRST_DENSE = _SPACELESS[0]
_DENSE = re.compile(f"[{_CJK}]")
# A vowel sign of Hindi or Bengali is part of a word; a currency, a sign of mathematics, a percent or minus sign is a fact, so a word,
# and so are "@name" and "#name".
_LETTER = rf"[[\w\p{{N}}]--[_{_SPACELESS}{_CJK}]]"
_WORD = regex.compile(rf"(?V1)[{_SPACELESS}{_CJK}]|[@#]?{_LETTER}+(?:'{_LETTER}+)?|[\p{{Sc}}\p{{Sm}}%‰]|(?<!\S)[-–](?=\d)")
_STOPS = '!?…。！？｡।۔؟"“”„«»'
_BREAK = re.compile(rf"[.:：{_STOPS}]+|(?<!\w)‘|,’")
_FINAL = frozenset(  # the last character of a paragraph; Thai, Lao, Burmese and Khmer have no full stop
    chain(f".{_STOPS}’।)）」』]", map(chr, (*range(0x0E00, 0x0F00), *range(0x1000, 0x10A0), *range(0x1780, 0x1800))))
)
_OPENING = '"“„«»”「『‘'
_CLOSING = '"”“»«」』’'
_QUOTATION = f"{_OPENING}{_CLOSING} \xa0"
_QUESTION = "?？؟"
_MARKS = f" \xa0.,;{_STOPS}"
_ITEM = re.compile(
    r"""[-–—*•·‣▪●○◦+>#^|✓✔➢➤§①-⑳]
    | [([（]?(?:\d{1,3}|([^\W\d_])\1?|[ivxIVX]{1,4}|[一二三四五六七八九十百]{1,4})[.)\]）:：、]
    | \d{1,3}\ ?[-–—]\s  # Arabic, Turkish, Spanish: "1- "
    | [^\W\d_]+\.?\ \d{1,3}\ ?[:：)](?!\d)  # "Step 3:"
    | 第[\d一二三四五六七八九十百]{1,5}[条條章节節款项項步]""",
    re.VERBOSE,
)
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>|\]\(|[{};]\s*\Z|[|\t][^|\t]*[|\t]")
_INTRODUCES = re.compile(r"[:：]\W*\Z")
_QUOTES_POST = re.compile(r"\W{0,8}(?:originally posted by|quote from)\b", re.IGNORECASE)

_SPEAKER = regex.compile(  # "The Minister: ", "市长：", "Jo Reed (Labour): ", "[Jo Reed] ", "Jo Reed — ", "ANNA. "
    r"""(?:\p{L}[\w.'’-]{0,40}(?:\ [\w.'’-]{1,40}){0,3} (?:\ ?\([^()]{1,40}\))? (?:\s?:\s|\s?：|\ [—–]\ )
    | \[[^][]{2,40}\]\ |[^\W\d_a-z]{2,}(?:\ [^\W\d_a-z]+){0,2}[.—]\ )""",
    regex.VERBOSE,
)

_Anchors = dict[int, list[str]]

# Words that reverse a statement, or tell two similar facts apart: a paragraph that differs in one of these is
# another paragraph.  Numbers and names need no list: digits and capitals show them.
_TURNS = frozenset(
    """
    not no never none nor neither without cannot nobody nothing hardly yes non un
    nicht kein keine keinen keiner keinem nie niemals ohne weder ne pas jamais sans aucun aucune sin nunca ni tampoco
    não nem sem senza mai nessun nessuno niet geen nooit zonder inte ikke ej aldrig utan uden bez nikdy
    nu fără nici nem sem nincs soha ei eivät emme ette nije nisu nema neće nav není nie brak dont cant wont isnt
    не ни нет без никогда ні немає няма нема нису није όχι δεν δε μη μην χωρίς değil yok hiç tidak bukan tak tanpa không chưa
    didnt doesnt wasnt wouldnt only or unless almost nearly former alleged allegedly
    he she his her him hers man woman men women boy girl father mother son daughter brother sister husband wife boys girls
    sons wives aunt uncle king queen
    up down more less fewer most least higher lower high low above below over under before after
    increase increased increases decrease decreased decreases rise rises rose risen fall falls fell fallen
    gain gained lose lost won win open opened closed close left right north south east west
    first second third fourth fifth last next one two three four five six seven eight nine ten eleven twelve
    twenty thirty forty fifty hundred thousand million billion millions billions half dozen once twice single double
    thirteen fourteen fifteen sixteen seventeen eighteen nineteen sixty seventy eighty ninety mil mille tausend тысяч тысячи
    millionen milliard millions milliards miljoen miljard miljon milion miliard milijun milijard milyon milyar millió milliárd
    миллион миллиард миллиона миллиарда мільйон мільярд good bad best worst hot cold warm cool
    black white red blue green yellow small large short long early late day night dead alive sober drunk hard soft easy full empty
    true false wet dry major minor upper rich poor cheap dear safe free paid buy sell bought sold
    """.split()  # noqa: SIM905  (a list of words is read and extended like this)
)
# Short words that tell two similar facts apart if one replaces another; left out or put in, they do not matter ("the old bridge").
_INSTEAD = frozenset(
    """
    must may might shall should can could all any some each every both many in out on off to from
    old new young fast slow front back inner outer start stop begin end enter leave stay allow ban deny admit add pass fail push pull
    home away
    """.split()  # noqa: SIM905
)
_WITHOUT = ("less", "los", "lose", "loser", "losen", "loos", "løs", "lös")
_OTHER_SIDE = ("ee", "ees")  # the employer and the employee
_TURKISH_NOT = re.compile("m[aeıiuü]")  # "geldi" and "gelmedi": he came, and he did not


def clean(doc: Document) -> Iterable[Edit]:
    """Cut what the document repeats: whole lines, a run of them in one edit.

    What is left still holds every line that is cut: with the same words, except for a few ordinary ones in a near copy,
    or inside a longer paragraph.  Cleaning the result again changes nothing.
    """
    ends, sentences = _shared_anchors(doc.lines)
    if not ends and not sentences:
        return ()
    lines = _Lines(doc.lines)
    cut: dict[int, str] = {}
    while found := _copies(lines, ends) or _quotes(lines, sentences):
        cut |= found  # A cut brings lines together that stood apart, so go on until nothing changes.
        lines.left = [n for n in lines.left if n not in found]
        for shared in ends, sentences:
            for n in found:
                shared.pop(n, None)
    return doc.cut_all(cut)


def _shared_anchors(lines: Sequence[str]) -> tuple[_Anchors, _Anchors]:
    """For each line that shares its first or last letters with another one, these letters; and likewise its sentences.

    Only sentences that close a line count, since every quote has one.
    """
    kept = _prose(lines)
    prose = list(map(str.strip, kept))
    heads, tails = _ends(prose)
    ends = _repeated(heads) | _repeated(tails)
    text = "\n".join([*prose, ""])
    if any(map(str.isupper, prose)):
        text = text.lower()
    if "‘" in text:  # Its other half is an apostrophe, too.
        text = text.replace("‘", ".").replace(",’", ".").replace("’ ", " ").replace("’\n", "\n")
    text = text.replace(",", "")  # “It is late,” she said.
    for stop in _STOPS:  # Far faster than one regular expression or table.
        text = text.replace(stop, ".")
    closing = _repeated([part.strip() for part in text.replace("\n", ".").split(".") if len(part) >= _SENTENCE])
    split = text.split("\n") if closing else []
    closing = closing.intersection([line.rstrip(" .").rpartition(".")[2].strip() for line in split])
    if not ends and not closing:
        return {}, {}
    known = {*kept}
    numbers = [n for n, line in enumerate(lines) if line in known]
    by_ends = {n: list(pair) for n, *pair in zip(numbers, heads, tails, strict=True) if not ends.isdisjoint(pair)}
    by_sentences = {
        n: sorted(found)
        for n, line in zip(numbers, split, strict=False)
        if (found := closing.intersection(map(str.strip, line.split("."))))
    }
    return by_ends, by_sentences


def _repeated(anchors: Sequence[str]) -> set[str]:
    """The anchors that occur more than once."""
    if len({*anchors}) == len(anchors):
        return set()
    return {anchor for anchor, times in Counter(anchors).items() if times > 1}


def _ends(prose: Sequence[str]) -> tuple[list[str], list[str]]:
    """The first and the last letters of each line, without the very first and last: these may be other quotation marks."""
    text = "\n".join([line[1:_END] for line in prose] + [line[-_END:-1] for line in prose]).lower().replace("\xa0", " ")
    short = 0
    while "  " in text:
        text = text.replace("  ", " ")
        short = _END // 2  # What two lines have in common must not reach as far as the longer of them has blanks.
    ends = text.split("\n")
    heads, tails = ends[: len(prose)], ends[len(prose) :]
    return ([head[:short] for head in heads], [tail[-short:] for tail in tails]) if short else (heads, tails)


def _prose(lines: Iterable[str]) -> list[str]:
    """The lines that may be a paragraph or a pull quote, going by their length and their last character."""
    return [
        line
        for line in lines
        if (len(line) >= _QUOTE or (len(line) >= _DENSE_QUOTE and line[-1] >= _FIRST_DENSE)) and line.rstrip()[-1:] in _FINAL
    ]


class _Line:
    """What comparing a line takes, worked out on demand."""

    def __init__(self, text: str) -> None:
        self.text = text.strip()

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words, case folded; a character of a dense script is a word."""
        return _words(self.text.casefold())

    @cached_property
    def size(self) -> int:
        """The length, with each Chinese character and each kana counted three times."""
        return len(self.text) + (0 if self.text.isascii() else 2 * len(_DENSE.findall(self.text)))

    @cached_property
    def is_text(self) -> bool:
        """Whether the line is no list item, no table row, no code, and introduces nothing."""
        return not (_ITEM.match(self.text) or self.introduces or _MARKUP.search(self.text))

    @cached_property
    def introduces(self) -> bool:
        """Whether the line ends in a colon, perhaps with a mark or two behind it."""
        return bool(_INTRODUCES.search(self.text[-8:]))

    @cached_property
    def is_paragraph(self) -> bool:
        """Whether the line is a paragraph whose second copy is a mistake, not a habit of writing."""
        return self.text[-1:] in _FINAL and self.size >= _RUN and self.is_text

    @cached_property
    def is_quoted(self) -> bool:
        """Whether the line stands in quotation marks."""
        return self.text[0] in _OPENING and self.text[-1] in _CLOSING

    @cached_property
    def length(self) -> tuple[int, bool]:
        """The number of characters, and whether there are no quotation marks around them: these make a copy no longer than the paragraph."""
        return len(self.text.strip(_QUOTATION)), not self.is_quoted

    @cached_property
    def ordinary(self) -> set[str]:
        """The words that carry no fact of their own: no number, no name, nothing that reverses the sense.

        A word is taken for a name where it has a capital.  Scripts without small letters (Arabic, Hindi, Chinese, …) do
        not show their names, nor does a text all in small letters, so they have no ordinary words, and near copies in them
        differ in no word at all.
        """
        if self.text.islower():
            return set()
        words = _words(self.text)
        return {w for w in words if w.islower() and w.isalpha() and w not in _TURNS and not w.endswith("n't")}

    @cached_property
    def sentences(self) -> set[tuple[str, ...]]:
        """The words of each sentence, and of what stands in quotation marks or behind a colon."""
        return {words for part in _BREAK.split(self.text.casefold()) if (words := _words(part))}


class _Lines(dict[int, _Line]):
    """The lines of a document by number, made when asked for: most are never looked at."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__()
        self.raw = lines

    @cached_property
    def left(self) -> list[int]:
        """The numbers of the lines that are still there, without the blank ones."""
        return [n for n, line in enumerate(self.raw) if line and not line.isspace()]

    def __missing__(self, n: int) -> _Line:
        self[n] = line = _Line(self.raw[n])
        return line


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.replace("’", "'")))


def _is_prose(lines: _Lines) -> bool:
    """Whether most of the text stands in paragraphs, as in an article, and not in short lines, as on a page of plans."""
    left = [lines.raw[n] for n in lines.left]
    return sum(map(len, _prose(left))) >= _PROSE * sum(map(len, left))


def _copies(lines: _Lines, shared: Mapping[int, Sequence[str]]) -> dict[int, str]:
    """The lines to cut because they, or their run, are a copy of earlier ones.

    Args:
        lines: what is known about the lines.
        shared: the anchors of each line that is still there and has any.

    Returns:
        The id of the rule, by the number of each line to cut.
    """
    found = _originals(lines, shared)
    if not found:
        return {}
    left = lines.left
    place = {n: at for at, n in enumerate(left)}
    original = {place[n]: place[m] for n, m in found.items()}
    stretches = [
        (begin, end, [at for at in range(begin, end + 1) if at in original]) for begin, end in _stretches(lines, left, original)
    ]
    places = Counter(chain.from_iterable({original[at] for at in copies} for _, _, copies in stretches))
    whole: list[tuple[int, int]] = []
    parts: list[tuple[int, int]] = []
    for begin, end, copies in stretches:
        if min(places[original[at]] for at in copies) > _PLACES:
            continue
        size = sum(lines[left[at]].size for at in copies)
        if size >= _TEXT:
            whole.append((begin, end))
        elif not _introduced(lines, left, begin) and (
            len(copies) > 1 or (size >= _ALONE and _beside_paragraph(lines, left, begin, end))
        ):
            parts.append((begin, end))
    if any(there[0] - here[1] > _APART + 1 for here, there in pairwise(parts)) and not _is_prose(lines):
        parts = []
    parts = [
        (begin, end)
        for begin, end in parts
        if end > begin or not (lines[left[begin]].text[-1] in _QUESTION or _under_headings(lines, left, begin, original[begin]))
    ]
    parts = [
        (begin, end)
        for begin, end in parts
        if not (
            _is_dialogue(lines, left, begin, end)
            or (begin == end and _is_said_again(lines, left, begin, original[begin]))
            or _ends_sections(lines, left, begin, end, original)
        )
    ]
    cut: dict[int, str] = {}
    for begin, end in whole + parts:
        if end > begin:
            rule = "repeat.run"
        elif lines[left[begin]].text == lines[left[original[begin]]].text:
            rule = "repeat.exact"
        else:
            rule = "repeat.near"
        cut |= dict.fromkeys(left[begin : end + 1], rule)
    return cut


def _originals(lines: _Lines, shared: Mapping[int, Sequence[str]]) -> dict[int, int]:
    """By the number of each line that is a copy, the number of the line that it copies, which is earlier and no copy itself."""
    first: dict[str, int] = {}
    known: dict[str, list[int]] = defaultdict(list)
    original: dict[int, int] = {}
    for n, anchors in shared.items():
        line = lines[n]
        found = first.get(line.text)
        if found is None:
            candidates = dict.fromkeys(m for anchor in anchors for m in known[anchor])
            found = next((m for m in islice(candidates, 4 * _TRIES) if _alike(lines[m], line)), None)
        if found is None:
            for anchor in anchors:
                if len(known[anchor]) < _TRIES:
                    known[anchor].append(n)
        elif line.is_paragraph and lines[found].is_paragraph:
            original[n] = found
        first.setdefault(line.text, n if found is None else found)
    return original


def _stretches(lines: _Lines, left: Sequence[int], original: Mapping[int, int]) -> list[tuple[int, int]]:
    """Join the copies, and the lines around them that come in the same order as the originals, into stretches."""

    def same(one: int, other: int) -> bool:
        if original.get(one) == other:
            return True
        a, b = lines[left[one]], lines[left[other]]
        return (a.text == b.text or a.words == b.words) and not _MARKUP.search(a.text)

    def may_end(at: int) -> bool:
        return at in original or lines[left[at]].size >= _EDGE

    stretches: list[tuple[int, int]] = []
    for at, source in original.items():
        floor = stretches[-1][1] if stretches else -1
        if at <= floor:
            continue
        begin = end = at
        shift = at - source
        while begin - 1 > floor and begin - 1 >= shift and same(begin - 1, begin - 1 - shift):
            begin -= 1
        while end + 1 < len(left) and same(end + 1, end + 1 - shift):
            end += 1
        while not may_end(begin):
            begin += 1
        while not may_end(end):
            end -= 1
        if stretches and begin == floor + 1:
            begin = stretches.pop()[0]
        stretches.append((begin, end))
    return stretches


def _introduced(lines: _Lines, left: Sequence[int], at: int) -> bool:
    """Whether the line before says that something follows: code, or somebody else's post."""
    if not at:
        return False
    above = lines[left[at - 1]]
    return above.introduces or bool(_QUOTES_POST.match(above.text))


def _is_dialogue(lines: _Lines, left: Sequence[int], begin: int, end: int) -> bool:
    """Whether a copy is what somebody says again in a play, a debate, an interview: it and a neighbouring line name the speaker."""
    beside = (*left[max(begin - 1, 0) : begin], *left[end + 1 : end + 2])
    return all(_SPEAKER.match(lines[n].text) for n in left[begin : end + 1]) and any(
        _SPEAKER.match(lines[n].text) for n in beside
    )


def _is_said_again(lines: _Lines, left: Sequence[int], at: int, source: int) -> bool:
    """Whether somebody says it again in a tale: in quotation marks and between paragraphs of the text, as a copy and as the original."""
    return (
        0 < source < at - 1
        and all(lines[left[n]].is_quoted for n in (source, at))
        and all(lines[left[n]].is_paragraph for n in (source - 1, source + 1, at - 1, at + 1) if n < len(left))
    )


def _under_headings(lines: _Lines, left: Sequence[int], at: int, source: int) -> bool:
    """Whether a copy and its original stand each under a heading of its own, perhaps with like ones below it: "Soup", "Preparation".

    Of the development data 17 lines stay for it: six are main text, two are not, and nine are second copies or not scored.
    """
    while source and lines[left[source - 1]].words == lines[left[at - 1]].words:
        source, at = source - 1, at - 1
    if not source:
        return False
    one, other = lines[left[source - 1]], lines[left[at - 1]]
    return all(line.size < _RUN and line.text[-1:] not in ".,;" for line in (one, other))


def _ends_sections(lines: _Lines, left: Sequence[int], begin: int, end: int, original: Mapping[int, int]) -> bool:
    """Whether a copy and its original end two sections, each with a paragraph of its own above: "We offer …" in two adverts.

    Of the development data seven lines stay for it: two are main text, and four of the others stand on one page.
    """

    def is_heading(at: int) -> bool:
        return lines[left[at]].size < _RUN and lines[left[at]].text[-1:] not in ".,;:!"

    def heading(begin: int, end: int) -> int | None:
        above = next((at for at in range(begin - 1, max(begin - _SECTION, 0) - 1, -1) if is_heading(at)), begin)
        ends = end + 1 == len(left) or is_heading(end + 1)
        return above if ends and above < begin - 1 else None

    if begin not in original or end not in original:
        return False
    one, other = heading(original[begin], original[end]), heading(begin, end)
    return one is not None and other is not None and original[end] < other and lines[left[one]].words != lines[left[other]].words


def _beside_paragraph(lines: _Lines, left: Sequence[int], begin: int, end: int) -> bool:
    """Whether a paragraph stands right before or after; among short lines a sentence may be a list item without its mark."""
    return any(lines[n].is_paragraph for n in (*left[max(begin - 1, 0) : begin], *left[end + 1 : end + 2]))


def _alike(one: _Line, other: _Line) -> bool:
    """Whether two paragraphs say the same, a few ordinary words apart at most."""
    shorter, longer = sorted((len(one.text), len(other.text)))
    most = longer // _LETTERS
    if longer - shorter > most or longer > _LONGEST:
        return False
    if longer < _TEXT and Levenshtein.distance(one.text.lower(), other.text.lower(), score_cutoff=most) > most:
        return False  # In longer lines that would take longer than looking at the words.
    a, b = one.words, other.words
    if a == b:
        return True
    if min(one.size, other.size) < _ALONE:
        return False
    fewer = min(len(a), len(b))
    most = fewer // _CHANGED
    if Levenshtein.distance(a, b, score_cutoff=most) > most:
        return False
    ordinary = one.ordinary | other.ordinary
    replaced = 0
    for edit in Levenshtein.opcodes(a, b):
        if edit.tag != "equal":
            gone, come = a[edit.src_start : edit.src_end], b[edit.dest_start : edit.dest_end]
            if not ordinary.issuperset(gone + come):
                return False
            unlike = [pair for pair in zip(gone, come, strict=False) if not _same_word(*pair)]
            if any(_tells_apart(*pair) for pair in unlike):
                return False
            replaced += len(unlike)
    return replaced <= (fewer // _REPLACED if _ENGLISH in a else 0)


def _same_word(one: str, other: str) -> bool:
    """Whether two words are forms or spellings of one: "report" and "reported", "colour" and "color", but not "useful" and "useless"."""
    shared = Prefix.similarity(one, other)
    return (
        shared >= max(3, _FORM * max(len(one), len(other)))
        and one.endswith(_WITHOUT) == other.endswith(_WITHOUT)
        and one.endswith(_OTHER_SIDE) == other.endswith(_OTHER_SIDE)
        and not any(_TURKISH_NOT.match(word, shared) for word in (one, other))
    )


def _tells_apart(one: str, other: str) -> bool:
    """Whether a paragraph says another thing with one word for the other: a long word, or its contrary ("paid" and "unpaid")."""
    if max(len(one), len(other)) > _SHORT_WORD or one.endswith(other) or other.endswith(one):
        return True
    return not _INSTEAD.isdisjoint((one, other))


def _quotes(lines: _Lines, shared: Mapping[int, Sequence[str]]) -> dict[int, str]:
    """The lines to cut because a longer paragraph holds each of their sentences.  Arguments as for `_copies`."""
    holders: dict[str, list[int]] = defaultdict(list)
    for n, anchors in shared.items():
        for anchor in anchors:
            holders[anchor].append(n)
    held: dict[int, list[int]] = defaultdict(list)
    quotes: set[int] = set()
    for n in sorted(shared, key=lambda n: lines[n].length, reverse=True):  # A paragraph is judged before what it may hold.
        line = lines[n]
        if line.size < _QUOTE:
            continue
        near = dict.fromkeys(m for anchor in shared[n] if len(holders[anchor]) <= _TRIES for m in holders[anchor])
        longer = [m for m in islice(near, 4 * _TRIES) if m not in quotes and line.length < lines[m].length <= (_LONGEST, True)]
        longer = [m for m in longer if lines[m].is_paragraph and line.sentences <= lines[m].sentences]
        if 0 < len(longer) <= _PLACES:
            held[min(longer)].append(n)
            if _may_be_quote(lines, n):
                quotes.add(n)
    cut: set[int] = set()
    for holder, numbers in held.items():
        if len(numbers) == 1 or sum(lines[n].size for n in numbers) <= _HELD * lines[holder].size:
            cut |= quotes.intersection(numbers)
    bare = {n for n in cut if not lines[n].is_quoted}
    if bare and not _is_prose(lines):
        cut -= bare
    return dict.fromkeys(cut, "repeat.quote")


def _may_be_quote(lines: _Lines, n: int) -> bool:
    """Whether a line may be a pull quote: a sentence or more, in quotation marks beside a paragraph or between paragraphs."""
    line, left = lines[n], lines.left
    at = bisect_left(left, n)
    if len(line.words) < _QUOTE_WORDS or not line.is_text or _introduced(lines, left, at):
        return False
    beside = [lines[n] for n in (*left[max(at - 1, 0) : at], *left[at + 1 : at + 2])]
    if any(other.text[0] in _OPENING and other.size < _RUN for other in beside):  # a dialogue
        return False
    paragraphs = [other.is_paragraph for other in beside]
    return any(paragraphs) if line.is_quoted else at > 0 and all(paragraphs)
