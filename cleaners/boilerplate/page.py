"""One document while its lines are being decided: which of them go, what stands beside a line, and what kind of line it is."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice

import regex

from cleaners.boilerplate.policies import names_policy
from cleaners.document import Document, is_prose, key, weight
from cleaners.matching import Matcher
from cleaners.rules import Rule

BRIEF_CHARS = 40  # headings and buttons of forms in all languages are shorter, notices mostly longer
CLOSES = r"\s\"'”’»)\]」』）“‘«‹"  # behind the last mark of a sentence: any that closes a quotation somewhere
SENTENCE = regex.compile(rf".{{4,}}[.!?…。！？।۔؟][{CLOSES}]*", regex.DOTALL)
BULLETS = frozenset("-–—•·*▪●‣◦")
_HEADING_CHARS = 60  # "We use cookies to improve your experience"; a longer one is a sentence
_SHORT_SENTENCE = 20  # characters
_PARAGRAPH = 80  # so many characters are prose
_WRAPPED = 50  # characters; a line of a text that is wrapped by hand has more
# One in so many of these goes on in small letters: two in three of most languages, two in five of German with its capitals.
_ARE_WRAPPED = 3
_RULE = regex.compile(r"(?:[-*_] ?){3,}")  # across the page, in Markdown
_CODE = regex.compile(r"""(["'])[^"']{1,60}\1\s?:(?:\s.*)?|.*\w["'][)\]};,]+|\w+=\S*|\w+: \w+\[.*""")
_FENCE = regex.compile(r"(`{3,}|~{3,})([^`]*)")
_BARS = ("|", "+")  # how the rows of a table begin, and the lines between them


class Page:
    """The lines of a document as a page shows them, and what was decided about them.

    Attributes:
        cut: the lines that go, by number, and the rule that says so.
        at_end: lines that go if nothing but cut lines is behind them.
        in_zones: lines that go if they stand above or below the article.
    """

    def __init__(self, doc: Document, matcher: Matcher) -> None:
        self.doc = doc
        self.lines = doc.shown
        self.matcher = matcher
        self.cut: dict[int, Rule] = {}
        self.at_end: dict[int, list[Rule]] = {}
        self.in_zones: dict[int, list[Rule]] = {}

    # Where a line stands

    def key(self, i: int) -> str:
        """The key of line `i`."""
        return key(self.lines[i])

    @cached_property
    def top(self) -> int:
        """The number of the first line that is not blank."""
        return next(self.below(-1))

    def above(self, i: int) -> Iterator[int]:
        """The numbers of the lines above line `i` that are not blank, upwards."""
        return (j for j in range(i - 1, -1, -1) if self.lines[j].strip())

    def below(self, i: int) -> Iterator[int]:
        """The numbers of the lines below line `i` that are not blank."""
        return (j for j in range(i + 1, len(self.lines)) if self.lines[j].strip())

    def beside(self, i: int) -> list[int]:
        """The lines right above and below line `i`, blank ones left out."""
        return [*islice(self.above(i), 1), *islice(self.below(i), 1)]

    @property
    def staying(self) -> tuple[int, int]:
        """The numbers of the first and the last line of prose that stays.

        Where there is no prose there is no telling top from tail: a poem, a list, a table.
        """
        numbers = range(len(self.lines))
        first = next((i for i in numbers if i not in self.cut and is_prose(self.lines[i])), -1)
        if first < 0:
            return -1, len(self.lines)
        return first, next(i for i in reversed(numbers) if i not in self.cut and is_prose(self.lines[i]))

    @cached_property
    def zones(self) -> tuple[int, int]:
        """`staying` before anything goes for the sake of its neighbours."""
        return self.staying

    @property
    def short(self) -> tuple[int, int]:
        """The numbers of the first and the last sentence of an article too short for prose; a list or a table with some is none."""
        sentences = [i for i in self.below(-1) if i not in self.cut and i not in self.in_zones and self.is_short_prose(i)]
        if len(sentences) > 1 and sum(weight(self.lines[i]) for i in sentences) >= _PARAGRAPH:
            between = [i for i in range(sentences[0], sentences[-1]) if i not in self.cut and self.lines[i].strip()]
            if 2 * len(sentences) >= len(between):
                return sentences[0], sentences[-1]
        return -1, len(self.lines)

    # What kind of line it is

    def is_weak(self, j: int, rule: Rule) -> bool:
        """Whether line `j` is boilerplate next to a line that the rule cuts."""
        return self.matcher.families[rule.family].is_weak(self.lines[j])

    def is_brief(self, i: int) -> bool:
        """Whether line `i` is one short phrase and no more, as headings and buttons are."""
        return len(self.key(i)) <= BRIEF_CHARS and (self.key(i) in self.matcher.phrases or self.key(i) in self.weak_of(i))

    def weak_of(self, i: int) -> set[str]:
        """The weak words of the family that cuts line `i`."""
        return self.matcher.families[self.cut[i].family].weak

    def is_sentence(self, j: int) -> bool:
        """Whether line `j` stays, and ends like a sentence, or goes on as one."""
        return j not in self.cut and (SENTENCE.fullmatch(self.lines[j]) is not None or self.goes_on(j))

    def is_short_prose(self, i: int) -> bool:
        """Whether line `i` ends like a sentence and is as long as one."""
        return weight(self.lines[i].strip()) >= _SHORT_SENTENCE and SENTENCE.fullmatch(self.lines[i]) is not None

    def is_heading(self, i: int) -> bool:
        """Whether line `i` is as short as a sub-heading, and no sentence but a question."""
        line = self.lines[i].strip()
        return len(line) <= _HEADING_CHARS and (line[-1] in "?？؟" or not SENTENCE.fullmatch(line))

    def is_between_sentences(self, i: int) -> bool:
        """Whether lines stand above and below line `i`, stay, and end like sentences, or go on as one."""
        beside = self.beside(i)
        return len(beside) == 2 and all(map(self.is_sentence, beside))

    def is_fragment(self, i: int) -> bool:
        """Whether line `i` stands in the middle of a sentence that the scraper broke at every link.

        "…, click" / "View all" / ". The list opens": the next line goes on with a punctuation mark.  Or the text is wrapped by hand, and
        the next line goes on in small letters, or this one does: "… the terms for copying, distribution and modification" / "follow."
        """
        if self.goes_on(i) or self.goes_on(i - 1) or (_goes_on(self.lines, i - 1) and self.lines[i].rstrip().endswith(".")):
            return True
        below = self.lines[i + 1].lstrip() if i + 1 < len(self.lines) else ""
        above = self.lines[i - 1].rstrip() if i else ""
        return below[:1] in (".", ",", ";", ")") and above[-1:].isalnum() and below[1:2] in ("", " ")

    def goes_on(self, i: int) -> bool:
        """Whether line `i` is one of a paragraph that is wrapped by hand, and not its last."""
        # Few lines do, so that most texts are never asked whole.  Among tables and code, a paragraph speaks for itself: two lines in a row do.
        return _goes_on(self.lines, i) and (self.is_wrapped or _goes_on(self.lines, i - 1) or _goes_on(self.lines, i + 1))

    @cached_property
    def is_wrapped(self) -> bool:
        """Whether the text is wrapped by hand: many long lines go on in the next one.  Elsewhere that is chance, or a broken link."""
        long = [i for i, line in enumerate(self.lines) if len(line) >= _WRAPPED]
        return len(long) > 1 and _ARE_WRAPPED * sum(_goes_on(self.lines, i) for i in long) > len(long)

    def is_code(self, i: int) -> bool:
        """Whether line `i` is one of JSON or of a program, whose words are no label: `"tags": [`, `print("Login");`, `tags=tags,`."""
        return i in self.fenced or _CODE.fullmatch(self.lines[i].strip()) is not None

    @cached_property
    def fenced(self) -> set[int]:
        """The lines of code between fences of Markdown, of which one with the same sign, no shorter and bare, closes another."""
        fenced: set[int] = set()
        first, mark = 0, ""
        for i, line in enumerate(self.lines) if "```" in self.doc.text or "~~~" in self.doc.text else ():
            if not (fence := _FENCE.fullmatch(line.strip())):
                continue
            if not mark:
                first, mark = i, fence[1]
            elif fence[1].startswith(mark) and not fence[2]:
                fenced.update(range(first, i + 1))
                mark = ""
        return fenced

    def is_item(self, i: int) -> bool:
        """Whether line `i` is one of a list with bullets: "- Related posts" is what a page has, and no heading."""
        mark = self.lines[i].lstrip()[:2]
        return mark[0] in BULLETS and mark[1:] == " " and any(self.lines[j].lstrip().startswith(mark) for j in self.beside(i))

    def is_row(self, i: int) -> bool:
        """Whether line `i` is one of several rows of a table: drawn with bars, or with as many tabs as the row above or below it."""
        line = self.lines[i].strip()
        beside = [self.lines[j] for j in (i - 1, i + 1) if 0 <= j < len(self.lines)]
        if tabs := line.count("\t"):
            return any(other.strip().count("\t") == tabs for other in beside)
        return line.count("|") > 2 and line[0] == line[-1] == "|" and any(other.lstrip()[:1] in _BARS for other in beside)

    def level(self, i: int) -> int:
        """The level of a heading of Markdown: 1 to 6, or 0 where line `i` is none."""
        name = self.lines[i].lstrip().lstrip("#")
        return len(self.lines[i].lstrip()) - len(name) if name[:1] == " " else 0

    def closes(self, heading: int, j: int) -> bool:
        """Whether line `j` closes the section of a heading of Markdown: one of no lower level, or a rule that is not right below it."""
        level = self.level(heading)
        if not level:
            return False
        return 0 < self.level(j) <= level or (
            _RULE.fullmatch(self.lines[j].strip()) is not None and next(self.above(j)) != heading
        )

    def is_underlined(self, i: int) -> bool:
        """Whether a line of "=" or "-" as long as line `i` stands right below it."""
        line, below = self.lines[i].strip(), self.lines[i + 1].strip() if i + 1 < len(self.lines) else ""
        return below[:3] in ("===", "---") and abs(len(below) - len(line)) < 3 and not below.strip(below[0])

    @cached_property
    def is_policy(self) -> bool:
        """Whether the document is a policy of a site: what is a notice elsewhere is its text."""
        return names_policy(self.doc.title or "") or names_policy(self.lines[self.top])


def _goes_on(lines: Sequence[str], i: int) -> bool:
    """Whether line `i` is long, ends within a sentence, and the next one begins with a small letter."""
    if not 0 <= i < len(lines) - 1:
        return False
    line, below = lines[i].rstrip(), lines[i + 1].lstrip()
    return len(line) >= _WRAPPED and below[:1].islower() and (line[-1].isalnum() or line[-1] == ",")
