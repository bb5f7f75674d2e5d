"""The document that travels through the steps, and its lines.

The unit of nearly every decision is the line: dumps have one paragraph, one heading, one button
or one field label a line.  Whatever several steps need to know about lines is worked out once, here.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, repeat
from operator import add
from typing import Any

import regex

from cleaners.edits import Edit

# What stands around a phrase on its line without being part of it: "Comment *", "» Share", "[Advertisement]".
_DECORATION = " \t\xa0\u200b\u200e\u200f\ufeff*:;.,!?…·•|«»<>‹›→←↑↓▼▲►-–—_=+#~()[]{}\"“”„'‘’✕×。：，！？、：」「"

KEY_CHARS = 250  # the longest phrase of the rules, a consent notice, has 200

SENTENCE_END = (
    *".!?…:;)。！？）।۔؟።။",
    *'"”’»」』',
    *"“‘«‹",  # they close a quotation in German, Czech, Danish and their neighbours
)
# Scripts written without spaces say in 30 characters what others say in 80 or 100.
_DENSE = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
# Marks of Markdown; each stays within its line.
_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\([^()\s]*(?:\([^()\n]*\)[^()\s]*)*(?: \"[^\"\n]*\")?\)")
_STRONG = re.compile(r"(?:\*\*|__)(?=[^\s*_])|(?<=[^\s*_])(?:\*\*|__)")
_SPEAKS = frozenset('“„”"「『«»-–—')
# “Read more.”, « Lire la suite ? », 「次へ。」, — Подписаться?  Guillemets without a mark and hyphens are arrows and bullets of buttons, too.
_SPEECH = regex.compile(
    r"(?:[“„”\"][^“„”\"]+[”“\"]|[「『][^「」『』]+[」』]|«[^«»]+[.!?…؟]\s?»|»[^«»]+[.!?…]«)[.!?]?"
    r"|[–—]\s?\p{L}.*[.!?…؟。।]|-\s?\p{L}.{0,30}[.?؟。।]"
)


@dataclass(frozen=True)
class Document:
    """One article on its way from dump to print.

    Attributes:
        id: the path relative to the input folder, or whatever the caller names it.
        text: the text as the step before left it.
        title: the title, once it is known.
        metadata: url, site, author, … where known.
        front: how many characters at its start are front matter.
        memo: what a step found out about single lines.  It stays valid as the document travels on, since
            the editing steps only take lines out.
    """

    id: str
    text: str
    title: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    front: int = 0
    memo: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def lines(self) -> list[str]:
        """The lines, without their line ends."""
        return self.text.split("\n")

    @cached_property
    def starts(self) -> list[int]:
        """The offset at which each line starts, and one more for a line after the last."""
        return list(accumulate(map(add, map(len, self.lines), repeat(1)), initial=0))

    @cached_property
    def shown(self) -> list[str]:
        """The lines as a page shows them: without Markdown's marks, if there are links of Markdown."""
        return unmarked(self.text).split("\n") if "](" in self.text else self.lines

    def cut(self, first: int, last: int, rule: str) -> Edit:
        """An edit that takes out the lines `first` to `last`, both included, with their line ends."""
        return Edit(self.starts[first], min(self.starts[last + 1], len(self.text)), "", rule)

    def cut_all(self, rules: Mapping[int, str]) -> list[Edit]:
        """An edit for each run of lines that the same rule cuts, with the blank lines between them.

        Args:
            rules: the number of each line to cut, and the id of the rule.
        """
        runs: list[tuple[int, int, str]] = []
        for i in sorted(rules):
            if runs and runs[-1][2] == rules[i] and not any(map(str.strip, self.lines[runs[-1][1] + 1 : i])):
                runs[-1] = (runs[-1][0], i, rules[i])
            else:
                runs.append((i, i, rules[i]))
        return [self.cut(*run) for run in runs]

    def with_title(self, title: str | None) -> "Document":
        """The same document with another title; its lines need not be found again."""
        if title == self.title:
            return self
        other = Document(self.id, self.text, title, self.metadata, memo=self.memo)
        other.__dict__.update(lines=self.lines)  # where cached_property keeps it
        return other

    def with_text(self, text: str) -> "Document":
        """The same document with another text."""
        return self if text == self.text else Document(self.id, text, self.title, self.metadata, memo=self.memo)


Cleaner = Callable[[Document], Iterable[Edit]]
"""A step: reads a document and says what it would change.  It never changes anything itself."""


def key(line: str) -> str:
    """The form in which a line is compared with phrases: case folded, without the decoration around it.

    Use it to look things up, never for offsets: "İ" grows when it is folded.  A line too long to be a
    phrase is its own key.
    """
    if len(line) > KEY_CHARS:
        return line
    folded = line.strip(_DECORATION).casefold()
    if "  " in folded or "\xa0" in folded or "\t" in folded:
        return " ".join(folded.split())
    return folded


def bare(line: str) -> str:
    """The line without the decoration around it."""
    return line.strip(_DECORATION)


def unmarked(text: str) -> str:
    """One line or many as a page shows them, without Markdown's marks for links, pictures and bold text; no line becomes blank."""
    if "](" in text:
        for _ in range(2):  # a picture may be a link
            text = _LINK.sub(lambda link: link[1].strip() or "!", text)
    return _STRONG.sub("", text) if "**" in text or "__" in text else text


def weight(line: str) -> int:
    """How much a line says, in characters: those of a script without spaces count three times."""
    return len(line) + (0 if line.isascii() else 2 * len(_DENSE.findall(line)))


def is_prose(line: str) -> bool:
    """Whether a line is a paragraph of running text, going by its length and its last character.

    The boilerplate rules must not touch prose lightly, and it marks where an article begins
    and ends.  Titles, labels, menus and captions are shorter or end without punctuation.
    """
    if len(line) < 30:
        return False
    stripped = line.rstrip()
    if stripped.endswith(")") and "](" in stripped:  # the address of a link is no text
        stripped = unmarked(stripped)
    return stripped.endswith(SENTENCE_END) and (
        len(stripped) >= 80 or (not stripped.isascii() and len(_DENSE.findall(stripped)) >= 25)
    )


def is_speech(line: str) -> bool:
    """Whether the line is what somebody says: it stands in quotation marks, or begins with a dash and ends like a sentence."""
    line = line.strip()
    return line[:1] in _SPEAKS and _SPEECH.fullmatch(line) is not None
