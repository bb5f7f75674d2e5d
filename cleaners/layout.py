"""Layout: what cutting leaves behind, and blanks that nobody sees.

Kept: one blank line between paragraphs, indentation at the start of a line (verse, code), and every
space inside a line.
"""

from collections.abc import Iterator
from itertools import pairwise

from cleaners.document import Document
from cleaners.edits import Edit


def clean(doc: Document) -> Iterator[Edit]:
    """Cut blanks at line ends, blank lines at top and foot, and all but one blank line between paragraphs."""
    lines, text = doc.lines, doc.text
    stripped = list(map(str.rstrip, lines))
    if stripped == lines and "\n\n\n" not in text and not text.startswith("\n") and not text.endswith("\n"):
        return
    starts = doc.starts
    last = next((i for i in range(len(lines) - 1, -1, -1) if stripped[i]), -1)
    foot = starts[last] + len(stripped[last]) if last >= 0 else 0
    for i in [i for i, line in enumerate(lines[: max(last, 0)]) if not line or line[-1].isspace()]:
        if not stripped[i] and (i == 0 or not stripped[i - 1]):
            yield Edit(starts[i], starts[i + 1], "", "layout.blank-line")
        elif len(stripped[i]) < len(lines[i]):
            yield Edit(starts[i] + len(stripped[i]), starts[i] + len(lines[i]), "", "layout.trailing-space")
    # Line by line, so that no edit reaches across the place where a step before cut something: each cut keeps its own edit.
    for start, end in pairwise((foot, *starts[last + 1 : -1], len(text))):
        if start < end:
            yield Edit(start, end, "", "layout.foot")
