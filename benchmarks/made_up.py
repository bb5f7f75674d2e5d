"""Pages that we made up, and what the pipeline does to them.

usage: python -m benchmarks.made_up [FILE.txt]... [--list]

The pages of real sites that may be learned from are mostly long English, Chinese, Polish, Greek and Russian news.  Those in
`benchmarks/made-up/` were written for this project, in many languages: articles of short lines (questions and answers, recipes, tickers,
verse), and, in the files `behind-*`, what stands behind an article and reads like one (readers' comments, the next article, teasers), beside
articles that are made of such things.  `fit_line_model.py` learns from all files but those whose names begin with `test`, which nothing is
learned from and which this measures by default: how many lines of main text go, and how many others stay.

A file holds pages one behind the other: a line `=== id | language | kind`, and below it the lines of the dump.  `~~` in front marks
what is no main text, `??` what is not judged (a date, a credit); the marks are no part of the dump.
"""

import argparse
import hashlib
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from benchmarks.quality import SETTINGS
from cleaners import pipeline, rules
from cleaners.document import Document
from cleaners.model import Cut

FOLDER = Path(__file__).parent / "made-up"
# Pages of all kinds; whole pages alone; pages written later by others, also of forums, shops and lists.
TESTS = (FOLDER / "test.txt", FOLDER / "test-whole.txt", FOLDER / "test-more.txt")


class MadeUp(NamedTuple):
    """A page: its lines, and for each whether it is main text; None where that is not judged, as of blank lines."""

    id: str
    lang: str
    kind: str
    lines: list[str]
    labels: list[bool | None]


def pages(path: Path) -> Iterator[MadeUp]:
    """The pages of a file.

    Raises:
        ValueError: a head line is not as it should be; the message names it.
    """
    for page in f"\n{path.read_text(encoding='utf-8')}".split("\n=== ")[1:]:
        head, _, dump = page.partition("\n")
        id_, *names = (name.strip() for name in head.split("|"))
        if len(names) != 2:
            raise ValueError(f"{path}: '=== {head}' is not '=== id | language | kind'")
        marked = dump.strip("\n").split("\n")
        lines = [line.removeprefix("~~").removeprefix("??") for line in marked]
        labels = [
            None if line.startswith("??") or not bare.strip() else not line.startswith("~~")
            for line, bare in zip(marked, lines, strict=True)
        ]
        yield MadeUp(id_, names[0], names[1], lines, labels)


def to_learn(folder: Path) -> tuple[list[MadeUp], str]:
    """The pages that are learned from, and the hash of their files."""
    paths = sorted(path for path in folder.glob("*.txt") if not path.name.startswith("test"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()
    return [page for path in paths for page in pages(path)], digest


def gone(page: MadeUp, cut: Cut | None, book: rules.RuleBook) -> set[int]:
    """The lines that the pipeline cuts, the title's own left out."""
    text = "\n".join(page.lines)
    cleaned = pipeline.clean(Document(page.id, text), book, cut)
    starts = list(accumulate((len(line) + 1 for line in page.lines), initial=0))
    spans = [(c.start, c.end) for c in cleaned.changes if not c.new.strip() and not c.rules[-1].startswith("title.")]
    return {
        i
        for i, line in enumerate(page.lines)
        if line.strip() and any(start <= starts[i] and starts[i] + len(line) <= end for start, end in spans)
    }


class Figures(NamedTuple):
    """What the pipeline does to the pages of a file, in lines that are not blank.

    Attributes:
        pages: how many there are.
        text: lines of main text.
        lost: of these, those that go.
        losing: how many pages lose one.
        others: lines that are no main text.
        left: of these, those that stay.
    """

    pages: int
    text: int
    lost: int
    losing: int
    others: int
    left: int


def measure(path: Path, cut: Cut | None) -> tuple[Figures, list[tuple[str, str]]]:
    """The figures of a file, and the lines of main text that go, each with the id of its page."""
    book = rules.load()
    counts = Counter[str]()
    lost = []
    for page in pages(path):
        cuts = gone(page, cut, book)
        text = {i for i, label in enumerate(page.labels) if label}
        others = {i for i, label in enumerate(page.labels) if label is False}
        lost += [(page.id, page.lines[i]) for i in sorted(text & cuts)]
        counts.update(pages=1, text=len(text), losing=bool(text & cuts), others=len(others), left=len(others - cuts))
    return Figures(lost=len(lost), **counts), lost


def main() -> None:
    """Print a line for each file and setting."""
    parser = argparse.ArgumentParser(description="What the pipeline does to pages that we made up.")
    parser.add_argument("files", type=Path, nargs="*", default=TESTS)
    parser.add_argument("--list", action="store_true", help="print the lines of main text that go, too")
    options = parser.parse_args()
    for path in options.files:
        for cut in SETTINGS:
            figures, lost = measure(path, cut)
            print(
                f"{path.name:24} {cut or 'rules':9} {figures.pages} pages: {figures.lost} of {figures.text} lines of main text go, "
                f"on {figures.losing} pages; {figures.left} of {figures.others} others stay"
            )
            for id_, line in lost if options.list else ():
                print(f"    {id_:12} {line[:120]}")


if __name__ == "__main__":
    main()
