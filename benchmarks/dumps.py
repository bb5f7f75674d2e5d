"""Reads the development data: plain-text dumps of real pages with their main text.

The data is not part of copydesk: its texts are their publishers'.  It is a file `dumps.dev.jsonl.gz`
with one object a line: id, track ("column", what an article dump looks like, or "page", the whole page),
lang, source, title, dump, gold_text, and labels, which say for each line of the dump whether it is main
text.  Any corpus in this form will do; `main` of each benchmark takes its path.
"""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def rows(path: Path, track: str | None = None) -> Iterator[dict[str, Any]]:
    """The rows of a file, compressed or not; of one track if one is named."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        yield from (row for row in map(json.loads, lines) if track is None or row["track"] == track)


def write_files(path: Path, folder: Path, track: str) -> tuple[int, int]:
    """Write the dumps out as text files, as a scraper would leave them.

    Returns:
        How many files, and how many characters.
    """
    files = characters = 0
    for row in rows(path, track):
        target = folder / row["source"] / f"{files:05d}.txt"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(row["dump"], encoding="utf-8", newline="")
        files += 1
        characters += len(row["dump"])
    return files, characters
