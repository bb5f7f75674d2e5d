"""Layout: invisible blanks, and what cutting leaves behind.

Kept: one blank line between paragraphs, indentation at the start of a line (verse, code), and every
space inside a line.
"""

from collections.abc import Iterator
from itertools import pairwise

from cleaners import repair
from cleaners.document import Document
from cleaners.edits import Edit

# Blanks without width, empty Braille and Hangul cells: editors and pages leave them after paragraphs and alone on "empty" lines.
_UNSEEN = "\u180e\u200b\u2060\u2800\u3164\ufeff"
# Joiners, direction marks and soft hyphens mean something after a letter, but nothing alone on a line.
_ALONE = "\xad\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_BLANKS = "".join(filter(str.isspace, map(chr, range(0x3001)))) + _UNSEEN
_NOTHING = frozenset(_BLANKS + _ALONE)


def line_ends(doc: Document) -> Iterator[Edit]:
    """Cut blanks at line ends, before the steps that look at lines, or those would see other lines when the result is cleaned again."""
    stripped = [_without_end(line) if line[-1:] in _NOTHING else line for line in doc.lines]
    if stripped == doc.lines:
        return
    for start, line, bare in zip(doc.starts, doc.lines, stripped, strict=False):
        if len(bare) < len(line):
            yield Edit(start + len(bare), start + len(line), "", "layout.trailing-space")


def _without_end(line: str) -> str:
    """A line without blanks at its end; those without width stay if without them the rest would be taken for mojibake."""
    if _NOTHING.issuperset(line):
        return ""
    seen, bare = line.rstrip(), line.rstrip(_BLANKS)
    return seen if bare != seen and repair.encoding(Document("line", f"{bare}\n{bare}")) else bare


def clean(doc: Document) -> Iterator[Edit]:
    """Cut blank lines at top and foot, and all but one blank line between paragraphs; lines have no trailing blanks by now."""
    lines, text = doc.lines, doc.text
    if "\n\n\n" not in text and not text.startswith("\n") and not text.endswith("\n"):
        return
    starts = doc.starts
    last = next((i for i in range(len(lines) - 1, -1, -1) if lines[i]), -1)
    foot = starts[last] + len(lines[last]) if last >= 0 else 0
    for i in [i for i, line in enumerate(lines[: max(last, 0)]) if not line]:
        if i == 0 or not lines[i - 1]:
            yield Edit(starts[i], starts[i + 1], "", "layout.blank-line")
    # Line by line, so that no edit spans a place where an earlier step cut something: each cut keeps its own edit.
    for start, end in pairwise((foot, *starts[last + 1 : -1], len(text))):
        if start < end:
            yield Edit(start, end, "", "layout.foot")
