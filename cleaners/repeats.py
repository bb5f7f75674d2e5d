"""Paragraphs that stand again in the same document: the first copy stays, the others go.

What goes:

* a paragraph that stands again, word for word (`repeat.exact`) or nearly so (`repeat.near`);
* a run of lines that stands again in the same order, with the headings and short lines inside it (`repeat.run`);
* a pull quote or standfirst whose every sentence also stands in a longer paragraph (`repeat.quote`); the paragraph
  stays, whichever of the two comes first.

What stays, because writers repeat themselves on purpose:

* whatever is short: refrains, headings, labels, dialogue, table cells.  Only a run can carry them along, between two
  paragraphs that stand again themselves;
* list items, also those that lost their marks and stand among other short lines; tables, code, markup;
* lines that introduce something ("Run this command:"), and what is introduced: code, or a post quoted in a forum;
* a paragraph that the document uses in more than three places: a stock phrase of a manual or a price list;
* paragraphs that say something else in nearly the same words: another number, another name, a "not" more or less.

How it stays fast: two lines are compared only if they share an *anchor*: a sentence, their first or their last letters.
In two documents of five no anchor stands twice, and that is known without looking at a single word.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice

from rapidfuzz.distance import Levenshtein

from cleaners.document import Document
from cleaners.edits import Edit

# Lengths are in letters of a script with spaces; a character of a dense script counts three times (see `_Lines.size`).
# Of the lines of the development data that stand again word for word and end a sentence, this share is labelled as
# main text, so no copy that went wrong (the "column" dumps; many of them posts that a forum quotes):
#     letters           60-79  80-99  100-119  120-159  160-239  240+
#     standing alone     27 %   62 %    57 %     47 %     33 %    47 %
#     among repeats      21 %   23 %    23 %     27 %     30 %    19 %
# The many unlabelled lines below 80 letters are boilerplate, which its own rules know better.
_ALONE = 100  # the least length of a paragraph that goes for standing again, alone among paragraphs that do not
_RUN = 80  # … of a paragraph that goes because its neighbour stands again as well
_EDGE = 60  # … of another line at the edge of a run: a heading there may belong to what follows
_QUOTE = 60  # … of a pull quote …
_QUOTE_WORDS = 8  # … and its least number of words: addresses and code have fewer
_INTRODUCED = 1000  # the most that stays because the line before introduces it; more is a text that stands twice
_SENTENCE = 20  # characters; the least length of a sentence that makes two lines worth comparing
_LONGEST = 20_000  # a longer line is no paragraph, and comparing its words would take too long
_PLACES = 2  # copies in different places; a paragraph that stands again more often is a stock phrase
_HELD = 0.6  # the most that several quotes may make up of a paragraph: a whole text on one line is no paragraph
_TRIES = 4  # lines with the same anchor that a line is compared with: keeps a list of ten thousand like lines linear
_LEAST = 0.7  # the least length of a copy, as a share of the other: looking at words is expensive
_CHANGED = 10  # a near copy has at most one changed word in so many …
_REPLACED = 20  # … and at most one in so many replaced by quite another word
_FORM = 0.6  # the least similarity of two forms of one word

_DENSE_CLASS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_DENSE = re.compile(f"[{_DENSE_CLASS}]")
_WORD = re.compile(rf"[{_DENSE_CLASS}]|[^\W_{_DENSE_CLASS}]+(?:'[^\W_{_DENSE_CLASS}]+)?")
_STOPS = '!?…。！？｡।۔؟"“”„«»'
_BREAK = re.compile(f"[.:：{_STOPS}]+")
_PROSE_END = re.compile(rf"[.{_STOPS}’።)）」』\]\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
_ITEM = re.compile(r"\s*(?:[-–—*•·‣▪●○◦+>#^|✓✔➢➤]|\(?(?:\d{1,3}|[^\W\d_]|[ivxIVX]{1,4})[.)\]:：、])")
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>|\]\(|[{};]\s*\Z|[|\t][^|\t]*[|\t]")
_INTRODUCES = re.compile(r"[:：]\W*\Z|\A\W*(?:originally posted by|quote from)\b", re.IGNORECASE)

# Words that turn a statement round, or that tell two like facts apart: a paragraph that differs in one of these is
# another paragraph.  Numbers and names need no list, they are told by digits and capitals.
_TURNS = frozenset(
    """
    not no never none nor neither without cannot nobody nothing hardly yes non un
    nicht kein keine keinen keiner keinem nie niemals ohne weder ne pas jamais sans aucun aucune sin nunca ni tampoco
    não nem sem senza mai nessun nessuno niet geen nooit zonder inte ikke ej aldrig utan uden bez nikdy
    не ни нет без никогда ні немає όχι δεν μη χωρίς değil yok hiç tidak bukan không chưa
    he she his her him hers man woman men women boy girl father mother son daughter brother sister husband wife
    up down more less fewer most least higher lower high low above below over under before after
    increase increased increases decrease decreased decreases rise rises rose risen fall falls fell fallen
    gain gained lose lost won win open opened closed close left right north south east west
    first second third fourth fifth last next one two three four five six seven eight nine ten eleven twelve
    twenty thirty forty fifty hundred thousand million billion good bad best worst hot cold warm cool
    black white red blue green yellow small large short long
    """.split()  # noqa: SIM905  (a list of words is read and extended like this)
)


def clean(doc: Document) -> Iterable[Edit]:
    """Cut what stands again in the document: whole lines, a run of them in one edit.

    Every line that goes still stands in what is left: with the same words, but for a few ordinary ones in a near copy,
    or inside a longer paragraph.  Cleaning the result again changes nothing.
    """
    lines = _Lines(doc.lines)
    shared = _with_paragraphs(lines, _shared_anchors(doc.lines))
    if not shared:
        return
    left = [n for n, line in enumerate(doc.lines) if line and not line.isspace()]
    cut: dict[int, str] = {}
    before = -1
    while len(cut) > before:  # A cut brings lines together that stood apart, so go on until nothing changes.
        before = len(cut)
        for find in (_copies, _quotes):
            cut |= find(lines, left, shared)
            left = [n for n in left if n not in cut]
    yield from _edits(doc, cut)


def _edits(doc: Document, cut: Mapping[int, str]) -> Iterator[Edit]:
    """One edit for lines that go for the same reason and have nothing but blank lines between them."""
    spans: list[tuple[int, int, str]] = []
    for n in sorted(cut):
        if spans and spans[-1][2] == cut[n] and not any(map(str.strip, doc.lines[spans[-1][1] + 1 : n])):
            spans[-1] = (spans[-1][0], n, cut[n])
        else:
            spans.append((n, n, cut[n]))
    return (doc.cut(*span) for span in spans)


def _shared_anchors(lines: Sequence[str]) -> dict[int, list[str]]:
    """For each line that shares anchors with another place of the document, these anchors."""
    long = [n for n, line in enumerate(lines) if len(line) >= _EDGE or (len(line) >= _SENTENCE and not line.isascii())]
    text = "\n".join([lines[n] for n in long])
    for stop in _STOPS:  # Twice as fast as one regular expression.
        text = text.replace(stop, ".")
    for loose, tight in (("\xa0", " "), ("  ", " "), (",.", "."), (". ", ".")):  # ",.": “It is late,” she said.
        text = text.replace(loose, tight)
    folded = text.split("\n")
    heads = [line[:24].strip(". ")[:16].lower() for line in folded]
    tails = [line[-24:].strip(". ")[-16:].lower() for line in folded]
    sentences = [sentence for sentence in text.replace("\n", ".").split(".") if len(sentence) >= _SENTENCE]
    if len({*heads, *tails, *sentences}) == len(heads) + len(tails) + len(sentences):
        return {}
    count = Counter(chain(heads, tails, sentences))
    repeated = {anchor for anchor in count if count[anchor] > 1}
    shared = {}
    for n, head, tail, line in zip(long, heads, tails, folded, strict=False):
        if found := repeated.intersection((head, tail, *line.split("."))):
            shared[n] = sorted(found)
    return shared


def _with_paragraphs(lines: "_Lines", shared: Mapping[int, list[str]]) -> dict[int, list[str]]:
    """What is left without the anchors that only one line has, or no paragraph: every cut rests on a paragraph."""
    holders = Counter(chain.from_iterable(shared.values()))
    useful = {a for n, anchors in shared.items() if lines.is_paragraph(n) for a in anchors if holders[a] > 1}
    kept = ((n, [anchor for anchor in anchors if anchor in useful]) for n, anchors in shared.items())
    return {n: anchors for n, anchors in kept if anchors}


class _Lines:
    """What has to be known about the lines that are compared, worked out on demand."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self._words: dict[int, tuple[str, ...]] = {}
        self._size: dict[int, int] = {}
        self._is_paragraph: dict[int, bool] = {}
        self._ordinary: dict[int, set[str]] = {}
        self._sentences: dict[int, set[tuple[str, ...]]] = {}

    def words(self, n: int) -> tuple[str, ...]:
        """The words, case folded; a character of a dense script is a word."""
        if n not in self._words:
            self._words[n] = _words(self.lines[n].casefold())
        return self._words[n]

    def size(self, n: int) -> int:
        """The length, with each character of a dense script counted three times."""
        if n not in self._size:
            line = self.lines[n].strip()
            self._size[n] = len(line) + (0 if line.isascii() else 2 * len(_DENSE.findall(line)))
        return self._size[n]

    def is_text(self, n: int) -> bool:
        """Whether the line is no list item, no table row, no code, and introduces nothing."""
        line = self.lines[n]
        return not (_ITEM.match(line) or _INTRODUCES.search(line[-8:]) or _MARKUP.search(line))

    def is_paragraph(self, n: int) -> bool:
        """Whether the line is a paragraph whose second copy is a mistake, not a habit of writing."""
        if n not in self._is_paragraph:
            end = self.lines[n].rstrip()[-1:]
            self._is_paragraph[n] = bool(_PROSE_END.match(end)) and self.size(n) >= _RUN and self.is_text(n)
        return self._is_paragraph[n]

    def ordinary(self, n: int) -> set[str]:
        """The words that carry no fact of their own: no number, no name, nothing that turns the sense round.

        A word is taken for a name where it has a capital.  Scripts without small letters (Arabic, Hindi, Chinese, …) do
        not show their names, so they have no ordinary words, and near copies in them differ in no word at all.
        """
        if n not in self._ordinary:
            words = _words(self.lines[n])
            self._ordinary[n] = {w for w in words if w.islower() and w.isalpha() and w not in _TURNS and not w.endswith("n't")}
        return self._ordinary[n]

    def sentences(self, n: int) -> set[tuple[str, ...]]:
        """The words of each sentence, and of what stands in quotation marks or behind a colon."""
        if n not in self._sentences:
            self._sentences[n] = {words for part in _BREAK.split(self.lines[n].casefold()) if (words := _words(part))}
        return self._sentences[n]

    def holds(self, n: int, other: int) -> bool:
        """Whether each sentence of the line `other` stands in the line `n`; one may be broken off with "…"."""
        missing = self.sentences(other) - self.sentences(n)
        if len(missing) == 1 and self.lines[other].rstrip().endswith(("…", "...")):
            *begin, last = missing.pop()
            upto = len(begin)
            return any(list(s[:upto]) == begin and s[upto:] and s[upto].startswith(last) for s in self.sentences(n))
        return not missing


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.replace("’", "'")))


def _copies(lines: _Lines, left: Sequence[int], shared: Mapping[int, Sequence[str]]) -> dict[int, str]:
    """The lines that go because they, or the run they stand in, are a copy of what stands before.

    Args:
        lines: what is known about the lines.
        left: the numbers of the lines that are still there, without the blank ones.
        shared: the anchors of each line that has any.

    Returns:
        The id of the rule for the number of each line that goes.
    """
    original = _originals(lines, left, shared)

    def same(one: int, other: int) -> bool:
        if original.get(one) == other:
            return True
        return lines.words(left[one]) == lines.words(left[other]) and not _MARKUP.search(lines.lines[left[one]])

    def may_end(at: int) -> bool:
        return at in original or lines.size(left[at]) >= _EDGE

    stretches = [
        (begin, end, [at for at in range(begin, end + 1) if at in original])
        for begin, end in _stretches(original, len(left), same, may_end)
    ]
    places = Counter(chain.from_iterable({original[at] for at in copies} for _, _, copies in stretches))
    cut: dict[int, str] = {}
    for begin, end, copies in stretches:
        size = sum(lines.size(left[at]) for at in copies)
        if min(places[original[at]] for at in copies) > _PLACES:
            continue
        if size < _INTRODUCED and _INTRODUCES.search(lines.lines[left[begin - 1]]):
            continue
        if len(copies) == 1 and (size < _ALONE or not _beside_paragraph(lines, left, begin, end)):
            continue
        if end > begin:
            rule = "repeat.run"
        elif lines.lines[left[begin]].strip() == lines.lines[left[original[begin]]].strip():
            rule = "repeat.exact"
        else:
            rule = "repeat.near"
        cut |= dict.fromkeys(left[begin : end + 1], rule)
    return cut


def _originals(lines: _Lines, left: Sequence[int], shared: Mapping[int, Sequence[str]]) -> dict[int, int]:
    """For the place in `left` of each copy, the place of what it copies, which is earlier and no copy itself."""
    first: dict[str, int] = {}
    known: dict[str, list[int]] = defaultdict(list)
    original: dict[int, int] = {}
    for at, n in enumerate(left):
        if n not in shared or not lines.is_paragraph(n):
            continue
        text = lines.lines[n].strip()
        found = first.get(text)
        if found is None:
            candidates = dict.fromkeys(other for anchor in shared[n] for other in known[anchor])
            found = next((other for other in islice(candidates, 4 * _TRIES) if _alike(lines, left[other], n)), None)
        if found is None:
            for anchor in shared[n]:
                if len(known[anchor]) < _TRIES:
                    known[anchor].append(at)
        else:
            original[at] = found
        first.setdefault(text, at if found is None else found)
    return original


def _stretches(
    original: Mapping[int, int], size: int, same: Callable[[int, int], bool], may_end: Callable[[int], bool]
) -> list[tuple[int, int]]:
    """Join the copies, and the lines around them that stand in the same order as the originals, to stretches."""
    stretches: list[tuple[int, int]] = []
    for at, source in original.items():
        floor = stretches[-1][1] if stretches else -1
        if at <= floor:
            continue
        begin = end = at
        shift = at - source
        while begin - 1 > floor and begin - 1 >= shift and same(begin - 1, begin - 1 - shift):
            begin -= 1
        while end + 1 < size and same(end + 1, end + 1 - shift):
            end += 1
        while not may_end(begin):
            begin += 1
        while not may_end(end):
            end -= 1
        if stretches and begin == floor + 1:
            begin = stretches.pop()[0]
        stretches.append((begin, end))
    return stretches


def _beside_paragraph(lines: _Lines, left: Sequence[int], begin: int, end: int) -> bool:
    """Whether a paragraph stands right before or after; among short lines a sentence may be a list item without its mark."""
    return any(lines.is_paragraph(n) for n in (*left[max(begin - 1, 0) : begin], *left[end + 1 : end + 2]))


def _alike(lines: _Lines, one: int, other: int) -> bool:
    """Whether two paragraphs say the same, a few ordinary words apart at most."""
    shorter, longer = sorted((lines.size(one), lines.size(other)))
    if shorter < longer * _LEAST:
        return False
    if lines.words(one) == lines.words(other):
        return True
    if shorter < _ALONE or longer > _LONGEST:
        return False
    a, b = lines.words(one), lines.words(other)
    fewer = min(len(a), len(b))
    most = fewer // _CHANGED
    if Levenshtein.distance(a, b, score_cutoff=most) > most:
        return False
    ordinary = lines.ordinary(one) | lines.ordinary(other)
    replaced = 0
    for edit in Levenshtein.opcodes(a, b):
        if edit.tag != "equal":
            gone, come = a[edit.src_start : edit.src_end], b[edit.dest_start : edit.dest_end]
            if not ordinary.issuperset(gone + come):
                return False
            replaced += sum(not _same_word(*pair) for pair in zip(gone, come, strict=False))
    return replaced <= fewer // _REPLACED


def _same_word(one: str, other: str) -> bool:
    """Whether two words are forms or spellings of one: "report" and "reported", "colour" and "color"."""
    return one[:3] == other[:3] and Levenshtein.normalized_similarity(one, other) >= _FORM


def _quotes(lines: _Lines, left: Sequence[int], shared: Mapping[int, Sequence[str]]) -> dict[int, str]:
    """The lines that go because each of their sentences stands in a longer paragraph.  Arguments as for `_copies`."""
    holders: dict[str, list[int]] = defaultdict(list)
    for n in left:
        for anchor in shared.get(n, ()):
            holders[anchor].append(n)
    held: dict[int, list[int]] = defaultdict(list)
    quotes: set[int] = set()
    places = [at for at, n in enumerate(left) if n in shared and lines.size(n) >= _QUOTE]
    for at in sorted(places, key=lambda at: (-lines.size(left[at]), at)):  # A paragraph is judged before what it may hold.
        n = left[at]
        near = dict.fromkeys(m for anchor in shared[n] if len(holders[anchor]) <= _TRIES for m in holders[anchor])
        longer = [m for m in islice(near, 4 * _TRIES) if m not in quotes and lines.size(n) < lines.size(m) <= _LONGEST]
        longer = [m for m in longer if lines.is_paragraph(m) and lines.holds(m, n)]
        if 0 < len(longer) <= _PLACES:
            held[min(longer)].append(n)
            if _may_be_quote(lines, left, at):
                quotes.add(n)
    cut: dict[int, str] = {}
    for holder, numbers in held.items():
        if len(numbers) == 1 or sum(map(lines.size, numbers)) <= _HELD * lines.size(holder):
            cut |= dict.fromkeys(quotes.intersection(numbers), "repeat.quote")
    return cut


def _may_be_quote(lines: _Lines, left: Sequence[int], at: int) -> bool:
    """Whether a line may be a pull quote: a sentence or more, in quotation marks or with a paragraph beside it."""
    n = left[at]
    if len(lines.words(n)) < _QUOTE_WORDS or not lines.is_text(n) or (at and _INTRODUCES.search(lines.lines[left[at - 1]])):
        return False
    line = lines.lines[n].strip()
    return (line[0] in '"“„«”「『' and line[-1] in '"”“»」』') or _beside_paragraph(lines, left, at, at)
