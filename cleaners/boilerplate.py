"""Boilerplate: what a page carries around its article, found line by line from rules.

Three questions, from cheap to dear:

1. Is the line one of the phrases that rules name?  A look-up of its key; most boilerplate ends here.
2. Does it match a rule's pattern, or is it made of several phrases ("Leave a Reply Cancel reply")?
   One Aho-Corasick pass over the whole text finds the few lines that hold a string without which no
   pattern can match; only these meet a regular expression, under a time limit.
3. What else belongs to a line that goes?  A comment form goes up to its button, promoted titles go with
   their heading, and next to lines that go even words as weak as "Name" or "Reply" are boilerplate.

The cost does not depend on how many rules there are; the price of a new phrase is its memory.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate, chain, islice, takewhile
from typing import NamedTuple

import ahocorasick_rs
import regex

from cleaners.document import Document, is_prose, key
from cleaners.edits import Edit
from cleaners.rules import Rule, RuleBook

MATCH_SECONDS = 2.0
"""Time limit of one match.  A line of at most a few hundred characters takes microseconds; only a
pattern that explodes gets here, and then the document goes to quarantine with the rule's name."""

_UNKNOWN_FIELDS = 3  # so many more fields that no rule knows than that one does: telephone, country, a sum against robots
_UNKNOWN_FIELDS_AT_MOST = 10
_FIELD_CHARS = 60  # a label or a question against robots is shorter
_BRIEF_CHARS = 40  # headings and buttons of forms in all languages are shorter, notices mostly longer
_CERTAIN_LINES = 3  # so many lines of a form in a row are one
_FORM_LINES = 40  # a form with every field and notice that plug-ins add; ours in the tests has 19
_BLOCK_LINES = 60  # promoted titles under one heading, each perhaps twice, with teaser and date
_TITLE_CHARS = 200  # a longer line is no title
_SHORTEST_TITLE = 25  # two of five sub-headings of the development data are shorter, and hardly a promoted title
_TEASER_CHARS = 600
_TEASER = regex.compile(r".*(?:…|\.\.\.)\W*(?:(?:read|continue|learn|see) (?:more|reading)\W*)?", regex.I)
# What no promoted title is: a sentence, a label, or the credit of a person.  The price: a title that ends in "U.S." stays.
_NO_TITLE = regex.compile(
    r"(?<!\.)[.:;。।۔][\s\"'”’»)\]]*$"
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
_SLOT = regex.compile(r"\\?\{\\?\}|\\?%s")
_SLOT_CHARS = 60  # a slot holds a name or a few words
_MIN_LITERAL = 4


class RuleTimeoutError(RuntimeError):
    """A rule's pattern did not come to an end on a line; the message names both."""


class _Pattern(NamedTuple):
    rule: Rule
    regex: "regex.Pattern[str] | _Slotted | _Joined"
    on_key: bool  # whether it reads the line's key instead of the line


@dataclass(eq=False)
class _Family:
    """What counts as boilerplate next to a line that a rule of the family cuts."""

    weak: set[str] = field(default_factory=set)
    weak_patterns: list[regex.Pattern[str]] = field(default_factory=list)
    weak_slots: list["_Slotted"] = field(default_factory=list)
    joined: "_Joined | None" = None


@dataclass(eq=False)
class _Matcher:
    """A rule book in the form in which lines are asked."""

    phrases: dict[str, Rule]
    literals: ahocorasick_rs.AhoCorasick
    patterns: list[list[_Pattern]]  # by number of the literal
    families: Mapping[str, _Family]
    ends: dict[str, set[str]]  # by id of the rule


@cache
def _matcher(book: RuleBook) -> _Matcher:
    phrases: dict[str, Rule] = {}
    by_literal: dict[str, dict[int, _Pattern]] = defaultdict(dict)
    families: dict[str, _Family] = defaultdict(_Family)
    vocabulary: dict[str, set[str]] = defaultdict(set)
    slots: dict[str, list[_Slotted]] = defaultdict(list)
    strong: list[tuple[str, Rule]] = []
    for rule in book:
        if rule.step != "boilerplate":
            continue
        family = families[rule.family]
        for phrase in rule.phrases:
            if _SLOT.search(phrase):
                pattern, literal = _with_slots(phrase)
                slots[rule.family].append(pattern)
                entry = _Pattern(rule, pattern, on_key=True)
                by_literal[literal][id(entry)] = entry
            else:
                phrases.setdefault(key(phrase), rule)
                vocabulary[rule.family].add(key(phrase))
                strong.append((phrase, rule))
        for source in rule.patterns:
            entry = _Pattern(rule, regex.compile(source, regex.I), on_key=False)
            for literal in rule.needs:
                by_literal[literal][id(entry)] = entry
        for phrase in rule.weak:
            if _SLOT.search(phrase):
                family.weak_slots.append(_with_slots(phrase)[0])
            else:
                family.weak.add(key(phrase))
        family.weak_patterns += (regex.compile(source, regex.I) for source in rule.weak_patterns)
    for name, family in families.items():
        family.joined = _Joined(vocabulary[name] | family.weak, [*slots[name], *family.weak_slots])
    for phrase, rule in strong:
        literal = key(phrase).lower()
        joined = families[rule.family].joined
        if joined and len(literal) >= _MIN_LITERAL:
            entry = _Pattern(rule, joined, on_key=True)
            by_literal[literal][id(joined)] = entry
    literals = sorted(by_literal)
    return _Matcher(
        phrases,
        ahocorasick_rs.AhoCorasick(literals, implementation=ahocorasick_rs.Implementation.ContiguousNFA),
        [list(by_literal[literal].values()) for literal in literals],
        families,
        {rule.id: {key(end) for end in rule.ends} for rule in book if rule.ends},
    )


class _Slotted(NamedTuple):
    """A phrase with one slot, which compares to a line's key like a pattern."""

    before: str
    after: str

    def fullmatch(self, name: str, timeout: float = 0) -> bool | None:  # noqa: ARG002  # as `regex` has it
        """True or None, as `regex` has it: a match or None."""
        extra = len(name) - len(self.before) - len(self.after)
        if extra < 0:  # the slot holds nothing, or a "*" that the key has lost
            return name == key(self.before + self.after) or None
        return (extra <= _SLOT_CHARS and name.startswith(self.before) and name.endswith(self.after)) or None

    def ends(self, name: str, place: int) -> Iterator[int]:
        """Where in `name` the phrase can end if it begins at `place`."""
        if not name.startswith(self.before, place):
            return
        start = place + len(self.before)
        last = min(start + _SLOT_CHARS, len(name) - len(self.after))
        if not self.after:
            yield from range(start, last + 1)
            return
        while (found := name.find(self.after, start, last + len(self.after))) >= 0:
            yield found + len(self.after)
            start = found + 1


class _Joined:
    """All lines that are made of at least two phrases of one family and nothing else, such as "Leave a Reply Cancel reply".

    No regular expression: with thousands of phrases one takes a second to build, and with slots it can explode.
    """

    def __init__(self, words: Iterable[str], slots: Iterable[_Slotted]) -> None:
        self.words = sorted(filter(None, words))
        self.slots: dict[str, list[_Slotted]] = defaultdict(list)  # by their longest fixed part
        for slot in sorted(set(slots)):
            self.slots[max(slot, key=len)].append(slot)
        self.pieces = [*self.words, *self.slots]
        self.search = ahocorasick_rs.AhoCorasick(self.pieces)

    def fullmatch(self, name: str, timeout: float = 0) -> bool | None:  # noqa: ARG002  # as `regex` has it
        """True or None, like a pattern: walks over the places that whole phrases reach, from left to right."""
        name = name.casefold()  # which the key of a long line is not
        ends: dict[int, list[int]] = {}
        slots: dict[_Slotted, None] = {}
        for number, start, end in self.search.find_matches_as_indexes(name, overlapping=True):
            if number < len(self.words):
                ends.setdefault(start, []).append(end)
            else:
                slots |= dict.fromkeys(self.slots[self.pieces[number]])
        reached = [0] + [-1] * len(name)  # how many phrases lead to a place, two standing for more; -1: none do
        last = 0
        for place in range(len(name)):
            count = reached[place]
            if count < 0:
                continue
            to = [end for slot in slots for end in slot.ends(name, place)] if slots else []
            to += ends.get(place, ())
            for end in to:
                reached[end] = max(reached[end], min(count + 1, 2))
            if not name[place].isalnum():
                reached[place + 1] = max(reached[place + 1], count)
                to.append(place + 1)
            last = max(last, *to, 0)
            if last <= place:
                return None
        return reached[-1] == 2 or None


def _with_slots(phrase: str) -> tuple[_Slotted, str]:
    """A phrase with a slot as a pattern for keys, and its longest fixed part."""
    before, after = (piece.casefold() for piece in _SLOT.split(phrase, maxsplit=1))
    return _Slotted(before, after), max(before, after, key=len).strip().lower()


def clean(doc: Document, book: RuleBook) -> Iterable[Edit]:
    """Cut the lines that the rules of `book` call boilerplate, and what belongs to them.

    Raises:
        RuleTimeoutError: a pattern of the book takes longer than `MATCH_SECONDS` for one line.
    """
    page = _Page(doc, _matcher(book))
    page.look_up()
    page.search()
    if page.cut:
        page.take_blocks()
        page.take_neighbours()
    page.take_ends()
    return page.edits()


class _Page:
    """One document while its lines are being decided."""

    def __init__(self, doc: Document, matcher: _Matcher) -> None:
        self.doc = doc
        self.lines = doc.lines
        self.keys = doc.keys
        self.matcher = matcher
        self.cut: dict[int, Rule] = {}
        self.at_end: dict[int, Rule] = {}  # lines that go if nothing but cut lines is behind them
        self._zones: tuple[int, int] | None = None

    # Which lines go by themselves

    def look_up(self) -> None:
        """Cut the lines that are a phrase."""
        phrases = self.matcher.phrases
        for i, name in enumerate(self.keys):
            if name in phrases:
                self.decide(i, phrases[name])

    def search(self) -> None:
        """Cut the lines that match a pattern or are made of several phrases."""
        lowered = self.doc.text.lower()
        hits = self.matcher.literals.find_matches_as_indexes(lowered, overlapping=True)
        if not hits:
            return
        starts = self.doc.starts
        if len(lowered) != len(self.doc.text):  # a few letters grow when lowered, "İ" for one
            starts = [0, *accumulate(len(line) + 1 for line in lowered.split("\n"))]
        asked = set()
        for number, start, _ in hits:
            i = bisect_right(starts, start) - 1
            if i in self.cut:
                continue
            line = self.lines[i]
            for pattern in self.matcher.patterns[number]:
                if len(line) <= pattern.rule.max_chars and (i, id(pattern.regex)) not in asked:
                    asked.add((i, id(pattern.regex)))
                    if _matches(pattern.regex, self.keys[i] if pattern.on_key else line.strip(), pattern.rule):
                        self.decide(i, pattern.rule)

    def decide(self, i: int, rule: Rule) -> None:
        """Cut line `i` if it stands where the rule acts."""
        if i in self.cut or len(self.lines[i]) > rule.max_chars:
            return
        if rule.where == "end":
            self.at_end.setdefault(i, rule)
        elif rule.where == "anywhere" or self.in_zone(i, rule.where):
            self.cut[i] = rule

    def in_zone(self, i: int, where: str) -> bool:
        """Whether line `i` stands before the first line of prose, or behind the last one."""
        if self._zones is None:
            prose = _outermost(self.lines)
            # Where there is no prose there is no telling top from tail: a poem, a list, a table.
            self._zones = (prose[0], prose[-1]) if prose else (-1, len(self.lines))
        first, last = self._zones
        return (where != "tail" and i < first) or (where != "top" and i > last)

    # What goes with them

    def take_blocks(self) -> None:
        """Cut what stands under the headings of forms and of promoted titles."""
        for i, rule in sorted(self.cut.items()):
            if rule.takes == "form":
                self.take(rule, self.form(i, rule))
            elif rule.takes == "titles":
                self.take(rule, self.promoted(i))

    def take(self, rule: Rule, lines: Iterable[int]) -> None:
        """Cut the lines of a block; what another rule decided already becomes part of the block."""
        for j in lines:
            if not self.cut.get(j, rule).takes or self.cut.get(j, rule) is rule:
                self.cut[j] = rule

    def form(self, heading: int, rule: Rule) -> list[int]:
        """The lines from a form's heading to its button, if the button comes before prose and before another heading.

        Fields that no rule knows are part of the form, but only so many more than the fields that one
        does: a poem below a link "Leave a comment" is none, nor is what readers wrote.
        """
        block: list[int] = []
        known: set[str] = set()
        unknown = 0
        # Between two buttons stands what readers wrote.
        allowed = -_FORM_LINES if self.keys[heading] in self.matcher.ends[rule.id] else _UNKNOWN_FIELDS
        family = self.matcher.families[rule.family]
        for j in islice(self.below(heading), _FORM_LINES):
            name = self.keys[j]
            block.append(j)
            if name in self.matcher.ends[rule.id]:
                return block if not unknown or unknown <= allowed + len(known) else []
            if j in self.cut or self.is_weak(j, family, rule):
                known.add(name)
            else:
                unknown += 1
                if len(self.lines[j]) > _FIELD_CHARS or unknown > _UNKNOWN_FIELDS_AT_MOST or is_prose(self.lines[j]):
                    break
            if self.cut.get(j) is rule and self.is_brief(j):
                break
        return []

    def is_brief(self, i: int) -> bool:
        """Whether line `i` is one short phrase and no more, as headings and buttons are."""
        return len(self.keys[i]) <= _BRIEF_CHARS and (self.keys[i] in self.matcher.phrases or self.keys[i] in self.weak_of(i))

    def weak_of(self, i: int) -> set[str]:
        """The weak words of the family that cuts line `i`."""
        return self.matcher.families[self.cut[i].family].weak

    def promoted(self, heading: int) -> list[int]:
        """The promoted titles, often twice, and the teasers under a heading such as "Check Also".

        Behind the last prose, where nothing but titles, dates, bylines and buttons follows to the end or to
        the next block, all of it goes.  Where the article goes on, only what looks like a whole title goes;
        and the last one may be the article's next sub-heading: it stays, unless it certainly is promoted or
        is the only one.  The price: one promoted title stays in the text for many a block in mid-article.
        """
        block = list(takewhile(self.may_be_promoted, self.below(heading)))
        behind = next(self.below(block[-1] if block else heading), None)
        nothing_behind = behind is None or behind in self.cut
        if nothing_behind and self.in_zone(heading, "tail") and len(block) <= _BLOCK_LINES:
            return block
        titles = list(takewhile(self.looks_promoted, block))
        if len(titles) > _BLOCK_LINES:
            return []  # a list of that length is what the page is about
        if 1 < len(titles) == len(block) and not self.certainly_promoted(titles[-1]):
            titles.pop()
        return titles

    def may_be_promoted(self, j: int) -> bool:
        """Whether line `j` can stand in a block of promoted titles: it is no sentence, credit or next block."""
        if j in self.cut:
            return not self.cut[j].takes
        line = self.lines[j].strip()
        if len(line) <= _TEASER_CHARS and _TEASER.fullmatch(line):
            return True
        return len(line) <= _TITLE_CHARS and not is_prose(line) and not _NO_TITLE.search(line)

    def looks_promoted(self, j: int) -> bool:
        """Whether line `j` is long enough for a title; sub-headings, ingredients and names are shorter."""
        return len(self.lines[j].strip()) >= _SHORTEST_TITLE or self.certainly_promoted(j)

    def certainly_promoted(self, j: int) -> bool:
        """Whether line `j` in a block is cut anyway, stands there twice, is a date, or is a teaser."""
        beside = (*islice(self.above(j), 1), *islice(self.below(j), 1))
        if j in self.cut or self.keys[j] in (self.keys[i] for i in beside):
            return True
        line = self.lines[j].strip()
        return bool(_DATE.fullmatch(line) or _TEASER.fullmatch(line))

    def below(self, i: int) -> Iterator[int]:
        """The numbers of the lines below line `i` that are not blank."""
        return (j for j in range(i + 1, len(self.lines)) if self.keys[j] or self.lines[j].strip())

    def above(self, i: int) -> Iterator[int]:
        """The numbers of the lines above line `i` that are not blank, upwards."""
        return (j for j in range(i - 1, -1, -1) if self.keys[j] or self.lines[j].strip())

    def take_neighbours(self) -> None:
        """Cut weak phrases above and below lines that go, as far as they reach without a gap.

        Lines that another family cuts are no gap: a share bar may stand within a form.
        """
        for i, rule in sorted(self.cut.items()):
            family = self.matcher.families[rule.family]
            if not family.weak and not family.weak_patterns:
                continue
            for direction in (self.above(i), self.below(i)):
                for j in direction:
                    if j in self.cut:
                        if self.cut[j].family == rule.family:
                            break
                    elif self.is_weak(j, family, rule):
                        self.cut[j] = rule
                    else:
                        break
        self.spare()

    def spare(self) -> None:
        """Give back the heading or button of a form that stands in the text alone, perhaps with one weak word.

        "Leave a reply" may be a line of a poem, "Post comment" a heading of a manual.  Three such lines
        together are a form, and so is one at the end of the text or beside a line cut for another reason.
        """
        run: list[int] = []
        for i in chain(sorted(self.cut), [len(self.lines)]):
            ended = i == len(self.lines) or (run and any(map(str.strip, self.lines[run[-1] + 1 : i])))
            if ended and self.stands_alone(run):
                for j in run:
                    del self.cut[j]
            if ended:
                run = []
            run.append(i)

    def stands_alone(self, run: list[int]) -> bool:
        """Whether these lines are too few and too short to be a form, with text behind them."""
        return (
            0 < len(run) < _CERTAIN_LINES
            and all(self.cut[i].takes == "form" and self.is_brief(i) for i in run)
            and next(self.below(run[-1]), None) is not None
        )

    def is_weak(self, j: int, family: _Family, rule: Rule) -> bool:
        """Whether line `j` is boilerplate next to a line of the family."""
        line = self.lines[j].strip()
        if len(line) > rule.max_chars:
            return False
        if not self.keys[j]:  # "*", "|", "×"
            return len(line) <= 3
        return (
            self.keys[j] in family.weak
            or bool(family.joined and _matches(family.joined, self.keys[j], rule))
            or any(slotted.fullmatch(self.keys[j]) for slotted in family.weak_slots)
            or any(_matches(pattern, line, rule) for pattern in family.weak_patterns)
        )

    def take_ends(self) -> None:
        """Cut the lines that are boilerplate only where nothing comes behind them."""
        if not self.at_end:
            return
        for i in range(len(self.lines) - 1, -1, -1):
            if i in self.cut or not self.lines[i].strip():
                continue
            if i not in self.at_end:
                break
            self.cut[i] = self.at_end[i]

    # The result

    def edits(self) -> Iterator[Edit]:
        """One edit for every run of lines that one rule cut, the blank lines between them included."""
        numbers = sorted(self.cut)
        n = 0
        while n < len(numbers):
            first = last = numbers[n]
            rule = self.cut[first]
            n += 1
            while n < len(numbers) and self.cut[numbers[n]] is rule and not any(map(str.strip, self.lines[last + 1 : numbers[n]])):
                last = numbers[n]
                n += 1
            yield self.doc.cut(first, last, rule.id)


def _outermost(lines: list[str]) -> list[int]:
    """The numbers of the first and the last line of prose, or nothing where there is none."""
    first = next((i for i, line in enumerate(lines) if is_prose(line)), None)
    if first is None:
        return []
    last = next(i for i in range(len(lines) - 1, -1, -1) if is_prose(lines[i]))
    return [first, last]


def _matches(pattern: regex.Pattern[str] | _Slotted | _Joined, line: str, rule: Rule) -> bool:
    try:
        return pattern.fullmatch(line, timeout=MATCH_SECONDS) is not None
    except TimeoutError as error:
        raise RuleTimeoutError(f"rule {rule.id}: a pattern ran longer than {MATCH_SECONDS} s on the line {line[:80]!r}") from error
