"""Which rules a line matches, by itself: the part of `boilerplate` that asks every line.

From cheap to dear:

1. Is the line one of the phrases that rules name?  A look-up of its key; most boilerplate ends here.
2. Does it match a pattern, or is it made of several phrases of one family ("Leave a Reply Cancel reply")?
   One Aho-Corasick pass over all lines finds the few that hold a string without which nothing can match;
   only these meet a regular expression, under a time limit.

The cost does not depend on how many rules there are; the price of a new phrase is its memory.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from itertools import chain, repeat
from typing import NamedTuple

import ahocorasick_rs
import regex

from cleaners.compiled import compile_expression
from cleaners.document import KEY_CHARS, Document, bare, is_prose, is_speech, key
from cleaners.rules import Rule, RuleBook, load, scoped

MATCH_SECONDS = 2.0
"""Time limit of one match.  A line of at most a few hundred characters takes microseconds; only a
pattern that explodes gets here, and then the document goes to quarantine with the rule's name."""

_SLOT_CHARS = 60  # a slot holds a name or a few words
_MIN_LITERAL = 4  # a shorter phrase stands in too many words to be looked for within lines: short lines are looked up
_USUAL_CHARS = 200  # the longest line that a rule matches, unless it says so
_SHORT = 2 * _MIN_LITERAL  # shorter lines are looked up, whether they hold a string or not
_MOST_KNOWN = 50_000  # lines about which the answer is kept: some 10 MB
_MOST_KNOWN_WEAK = 1000  # the same for each family, of which there are some twenty: 10 MB in all
_EDGE = 3  # characters at the ends of a line made of phrases that are looked at first
_BETWEEN_ZONES = frozenset(("anywhere", "end"))  # where a rule may act on prose
_SEPARATORS = frozenset("*|·•/×✕–—-+")  # alone on a line; not brackets and semicolons, which end a block of code
_FULL_STOP = regex.compile(r"\p{Ll}{4}\.\s*\Z")  # an abbreviation is shorter


class RuleTimeoutError(RuntimeError):
    """A rule's pattern did not come to an end on a line; the message names both."""


class Matcher:
    """A rule book in the form in which lines are asked.

    Attributes:
        phrases: the rule of each phrase without a slot, by key.
        families: what belongs to each family of rules.
        ends: the phrases that close the forms of a rule, by its id.
        forms: the rules that take whole forms.
        expressions: all regular expressions.
    """

    def __init__(self, book: RuleBook) -> None:
        rules = [rule for rule in book if rule.step == "boilerplate"]
        self.families = {
            family: Family([rule for rule in rules if rule.family == family])
            for family in sorted({rule.family for rule in rules})
        }
        self.phrases: dict[str, Rule] = {}
        for family in self.families.values():
            self.phrases = family.strong | self.phrases  # the first rule of a phrase keeps it
        self.ends = {rule.id: {key(end) for end in rule.ends} for rule in rules if rule.ends}
        self.forms = [rule for rule in rules if rule.takes == "form"]
        self.expressions = [family.beside for family in self.families.values() if family.beside]
        by_literal: dict[str, list[_Pattern]] = defaultdict(list)
        for rule in rules:
            joined = _Pattern(rule, self.families[rule.family].joined)
            for phrase in rule.phrases:
                if "{}" in phrase:
                    by_literal[max(_around_slot(phrase), key=len).strip().lower()].append(_Pattern(rule, _Slotted.of(phrase)))
                else:
                    for literal in {bare(phrase).lower(), key(phrase)}:  # two for "ß" and its like
                        if len(literal) >= _MIN_LITERAL:
                            by_literal[literal].append(joined)
            if rule.patterns:
                expression = _Either(rule.patterns)
                self.expressions.append(expression)
                pattern = _Pattern(rule, expression)
                for literal in rule.needs:
                    by_literal[literal].append(pattern)
        self._patterns = sorted({id(p): p for patterns in by_literal.values() for p in patterns}.values(), key=_Pattern.order)
        numbers = {id(pattern): number for number, pattern in enumerate(self._patterns)}
        self._literals = _Literals({literal: [numbers[id(p)] for p in patterns] for literal, patterns in by_literal.items()})
        # Few rules are about longer lines, and most of a text stands in them: looking for their strings alone gives a quarter of the finds.
        self._long = _Literals(
            {
                literal: of_long
                for literal, patterns in by_literal.items()
                if (
                    of_long := [
                        numbers[id(p)] for p in patterns if p.rule.max_chars > _USUAL_CHARS or len(literal) > _USUAL_CHARS
                    ]
                )
            }
        )
        self._longest = max(max((rule.max_chars for rule in rules), default=0), KEY_CHARS)
        self._known: dict[str, list[Rule]] = {}

    def find(self, doc: Document) -> dict[str, list[Rule]]:
        """Which lines match, and which rules, wherever these act.

        Raises:
            RuleTimeoutError: a pattern takes longer than `MATCH_SECONDS` for one line.
        """
        known = self._known  # the pages of a site have many lines in common
        if len(known) > _MOST_KNOWN:
            known.clear()
        found = {}
        lines = dict.fromkeys(doc.shown)
        short = [line for line in lines if 0 < len(line) < _SHORT]
        usual = [line for line in lines if len(line) <= _USUAL_CHARS or "  " in line]  # blanks may be what makes a line long
        long = [line for line in lines if _USUAL_CHARS < len(line) <= self._longest and "  " not in line]
        for line, numbers in chain(self._literals.find(usual), self._long.find(long), zip(short, repeat(()))):
            rules = known.get(line)
            if rules is None:
                rules = self._match(line, numbers)
                if len(line) <= KEY_CHARS:
                    known[line] = rules
            if rules:
                found[line] = rules
        return found

    def _match(self, line: str, numbers: Iterable[int]) -> list[Rule]:
        """The rules that match a line, among those of the patterns with these numbers, or by a phrase.

        The first one that can decides: phrases are surer than patterns, and these than phrases in a row.
        """
        if is_speech(line):
            return []
        name = key(line)
        phrase = self.phrases.get(name)
        rules = [phrase] if phrase else []
        between = is_prose(line)  # where it stands and stays, neither the top nor the tail reaches
        for pattern in map(self._patterns.__getitem__, sorted(numbers)):
            rule = pattern.rule
            if len(line) > rule.max_chars or rule in rules or (between and rule.where not in _BETWEEN_ZONES):
                continue
            if pattern.matches(line, name):
                rules.append(rule)
        return rules


@cache
def matcher(book: RuleBook) -> Matcher:
    """The matcher of a rule book, made once."""
    return Matcher(book)


class Family:
    """What the rules of one family know together.

    Attributes:
        strong: the rule of each phrase without a slot, by key.
        beside: what lines match that are boilerplate only beside a line of the family.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.strong: dict[str, Rule] = {}
        for rule in rules:
            for phrase in rule.phrases:
                if "{}" not in phrase:
                    self.strong.setdefault(key(phrase), rule)
        weak = [phrase for rule in rules for phrase in rule.weak]
        self.weak = {key(phrase) for phrase in weak if "{}" not in phrase}
        self._slots = [_Slotted.of(phrase) for phrase in weak if "{}" in phrase]
        patterns = [pattern for rule in rules for pattern in rule.weak_patterns]
        self.beside = _Either(patterns) if patterns else None
        self._pattern = _Pattern(rules[0], self.beside) if self.beside else None
        self._befores = tuple(slot.before for slot in self._slots if slot.before)
        self._afters = tuple(slot.after for slot in self._slots if slot.after and not slot.before)
        slots = [_Slotted.of(phrase) for rule in rules for phrase in rule.phrases if "{}" in phrase]
        self.joined = _Joined([*self.strong, *self.weak], [*slots, *self._slots])
        self._is_weak = lru_cache(_MOST_KNOWN_WEAK)(self._asked_weak)

    @property
    def has_weak(self) -> bool:
        """Whether anything is boilerplate only beside a line of the family."""
        return bool(self.weak or self._slots or self._pattern)

    def is_weak(self, line: str) -> bool:
        """Whether a line is boilerplate beside a line that a rule of the family cuts."""
        return len(line) <= KEY_CHARS and self._is_weak(line)

    def _asked_weak(self, line: str) -> bool:
        name = key(line)
        if not name:
            return line.strip() in _SEPARATORS
        return not is_speech(line) and (
            name in self.weak
            or bool(self.joined.fullmatch(name))
            or (
                (name.startswith(self._befores) or name.endswith(self._afters))
                and any(slot.fullmatch(name) and not slot.is_sentence(line) for slot in self._slots)
            )
            or bool(self._pattern and self._pattern.matches(line, name))
        )


class _Pattern(NamedTuple):
    """What to try on a line, for a rule."""

    rule: Rule
    shape: "_Either | _Slotted | _Joined"

    def order(self) -> tuple[bool, str]:
        """When it is tried: phrases in a row last, the others by the ids of their rules."""
        return isinstance(self.shape, _Joined), self.rule.id

    def matches(self, line: str, name: str) -> bool:
        """Whether a line with that key matches: the line itself for regular expressions, its key for phrases."""
        if isinstance(self.shape, _Slotted):
            return self.shape.fullmatch(name) and not (self.rule.takes == "form" and self.shape.is_sentence(line))
        if isinstance(self.shape, _Joined):
            return self.shape.fullmatch(name)
        try:
            return self.shape.compiled.fullmatch(line.strip(), timeout=MATCH_SECONDS) is not None
        except TimeoutError as error:
            raise RuleTimeoutError(
                f"rule {self.rule.id}: a pattern ran longer than {MATCH_SECONDS} s on the line {line[:80]!r}"
            ) from error


class _Literals:
    """The strings of which a matching line holds one, and the numbers of the patterns to try on a line that does."""

    def __init__(self, by_literal: Mapping[str, Sequence[int]]) -> None:
        literals = sorted(by_literal)
        self._numbers = [by_literal[literal] for literal in literals]
        self.search = ahocorasick_rs.BytesAhoCorasick([literal.encode() for literal in literals])
        # The first bytes of all capitals in the literals that are not ASCII.  Only a text that holds one of these bytes needs
        # `str.lower`, which takes ten times as long as `bytes.lower`.
        # Signs do not count ("Ⓒ"), which begin like quotation marks and are rare: they are replaced one by one.
        letters = {*"".join(literals)}
        capitals = {letter.upper() for letter in letters} - letters
        self.cased = bytes({capital.encode()[0] for capital in capitals if capital.isalpha() and not capital.isascii()})
        self.signs = [(sign.encode(), sign.lower().encode()) for sign in capitals if not sign.isalpha()]

    def find(self, lines: Sequence[str]) -> Iterable[tuple[str, Iterable[int]]]:
        """The lines that hold strings, and what to try on each."""
        joined = "\n".join(lines)
        text = joined.encode("utf-8", "surrogatepass")
        if not joined.isascii() and len(text.translate(None, self.cased)) < len(text):
            text = joined.lower().encode("utf-8", "surrogatepass")
        text = text.lower().replace(b"\xc2\xa0", b" ").replace(b"\t", b" ")
        for sign, small in self.signs:
            text = text.replace(sign, small)
        while b"  " in text:
            text = text.replace(b"  ", b" ")
        found: dict[str, set[int]] = defaultdict(set)
        line_number = at = 0
        for literal, _, end in self.search.find_matches_as_indexes(text, overlapping=True):  # in order of their ends
            line_number += text.count(b"\n", at, end)
            at = end
            found[lines[line_number]].update(self._numbers[literal])
        return found.items()


class _Either:
    """One regular expression for many, so that a line is asked once; compiled when the first line comes.

    Compiling all takes half a second if it was never done before, and most runs over a few files need a few of them.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        self.patterns = patterns

    @cached_property
    def compiled(self) -> regex.Pattern[str]:
        """The expression."""
        return compile_expression("|".join(map(scoped, self.patterns)), regex.I)


def _around_slot(phrase: str) -> tuple[str, str]:
    """What stands before and behind the slot of a phrase, without the decoration that the key of a line has lost."""
    before, after = phrase.split("{}", maxsplit=1)
    return bare(f"{before}x")[:-1], bare(f"x{after}")[1:]


class _Slotted(NamedTuple):
    """A phrase with one slot, which compares to a line's key like a pattern."""

    before: str
    after: str

    @staticmethod
    def of(phrase: str) -> "_Slotted":
        """Made of a phrase with a slot."""
        before, after = _around_slot(phrase)
        return _Slotted(before.casefold(), after.casefold())

    def fullmatch(self, name: str) -> bool:
        """Whether a key is the phrase with something in its slot."""
        extra = len(name) - len(self.before) - len(self.after)
        if extra < 0:  # the slot holds nothing, or a "*" that the key has lost
            return name == key(self.before + self.after)
        return extra <= _SLOT_CHARS and name.startswith(self.before) and name.endswith(self.after)

    def is_sentence(self, line: str) -> bool:
        """Whether the slot at the end holds the rest of a sentence: "Leave a comment on the wall in chalk."."""
        return not self.after and _FULL_STOP.search(line) is not None

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
        self.words = sorted(set(words))
        self.slots = sorted(set(slots))
        self.by_part: dict[str, list[_Slotted]] = defaultdict(list)  # by their longest fixed part
        for slot in self.slots:
            self.by_part[max(slot, key=len)].append(slot)
        self.pieces = [*self.words, *self.by_part]
        self.search = ahocorasick_rs.AhoCorasick(self.pieces)
        # How such a line begins and ends, to turn nearly all others away at once.  In an outermost slot stands anything.
        parts = {*self.words, *(part.strip() for slot in self.slots for part in (slot.before, slot.after))} - {""}
        self.heads = {part[:_EDGE] for part in parts}
        self.tails = {part[-_EDGE:] for part in parts}
        self.open_heads = [slot.after for slot in self.slots if not slot.before]
        self.open_tails = [slot.before for slot in self.slots if not slot.after]

    def may_be(self, name: str) -> bool:
        """Whether the line begins and ends like one of the phrases, or with a character that is none of a word."""
        head, tail = name[:_EDGE].casefold(), name[-_EDGE:].casefold()
        heads, tails = self.heads, self.tails
        return (
            (
                head in heads
                or head[:2] in heads
                or head[:1] in heads
                or not head[:1].isalnum()
                or any(part in name for part in self.open_heads)  # there are fewer of these than of the open tails
            )
            and (
                tail in tails
                or tail[-2:] in tails
                or tail[-1:] in tails
                or not tail[-1:].isalnum()
                or any(part in name for part in self.open_tails)
            )
        )

    def fullmatch(self, name: str) -> bool:
        """Whether a key is made of phrases: walks over the places that whole phrases reach, from left to right."""
        name = name.casefold()  # which the key of a long line is not
        if not name or not self.may_be(name):
            return False
        ends: dict[int, list[int]] = {}
        slots: dict[_Slotted, None] = {}
        for number, start, end in self.search.find_matches_as_indexes(name, overlapping=True):
            if number < len(self.words):
                ends.setdefault(start, []).append(end)
            else:
                slots |= dict.fromkeys(self.by_part[self.pieces[number]])
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
                return False
        return reached[-1] == 2


def main() -> None:
    """Compile the expressions of the rules that copydesk ships, and keep them."""
    sys.dont_write_bytecode = False
    for expression in matcher(load()).expressions:
        expression.compiled  # noqa: B018  to ask for it is to compile it


if __name__ == "__main__":
    main()
