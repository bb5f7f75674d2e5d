"""How many files in legacy encodings are decoded exactly, with what they declare and without.

usage: python -m benchmarks.decoding BYTES.jsonl.gz [--half 0|1] [--failures]

Each row has an `id`, the bytes in base64 (`raw`) and the right text (`expected`).  Exact means the same string;
a byte order mark in the expected text does not count.  `chardet.detect` and decoding by what it says stands beside it.
"Blanked" means that the name of the encoding is overwritten with "-" wherever a file declares it; "plain text" is what does
not begin with "<".  Where `floors.json` knows the data by its hash, a share below its floor makes the exit status 1.
"""

import argparse
import base64
import re
from collections.abc import Iterator
from pathlib import Path

import chardet

from benchmarks.dumps import rows
from benchmarks.quality import floors, tell
from cleaners.decode import Decoded, decode

_NAME = re.compile(rb"""((?:charset|encoding)\s*=\s*["']?\s*)([\w.:-]+)""", re.IGNORECASE)
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")


def files(path: Path) -> Iterator[tuple[str, bytes, str]]:
    """Give the name, bytes and right text of every file."""
    for row in rows(path):
        yield row["id"], base64.b64decode(row["raw"]), row["expected"].removeprefix("\ufeff")


def blank(raw: bytes) -> bytes:
    """Overwrite the names of encodings."""
    return _NAME.sub(lambda found: found[1] + b"-" * len(found[2]), raw)


def by_copydesk(raw: bytes) -> str | None:
    """Decode as a run does with a text file."""
    decoded = decode(raw)
    return decoded.text.removeprefix("\ufeff") if isinstance(decoded, Decoded) else None


def by_chardet(raw: bytes) -> str | None:
    """Decode by what chardet says on its own."""
    name = chardet.detect(raw)["encoding"]
    return raw.decode(name, "replace").removeprefix("\ufeff") if name else None


def main() -> int:
    """Print the table; 1 if a share is below its floor."""
    parser = argparse.ArgumentParser(description="Exactly decoded files.")
    parser.add_argument("bytes", type=Path)
    parser.add_argument("--half", type=int, choices=(0, 1), help="only every second file")
    parser.add_argument("--failures", action="store_true", help="name the files that are not decoded exactly")
    options = parser.parse_args()
    classes: dict[str, list[tuple[str, bytes, str]]] = {
        name: []
        for name in (
            "all",
            "with declaration or byte order mark",
            "declarations blanked",
            "all, declarations blanked",
            "plain text",
        )
    }
    for number, (name, raw, text) in enumerate(files(options.bytes)):
        if options.half is not None and number % 2 != options.half:
            continue
        row = (name, raw, text)
        classes["all"].append(row)
        without = row
        if blank(raw) != raw:
            without = (name, blank(raw), blank(text.encode()).decode())
            classes["declarations blanked"].append(without)
        if blank(raw) != raw or raw.startswith(_BOMS):
            classes["with declaration or byte order mark"].append(row)
        if not raw.lstrip().startswith(b"<"):
            classes["plain text"].append(row)
        classes["all, declarations blanked"].append(without)
    floor = floors(options.bytes).get("exact", {}) if options.half is None else {}
    failed = []
    for label, of_class in classes.items():
        ours = [name for name, raw, text in of_class if by_copydesk(raw) != text]
        theirs = [name for name, raw, text in of_class if by_chardet(raw) != text]
        n = len(of_class)
        if 1 - len(ours) / n < floor.get(label, 0):
            failed.append(f"{label}: {1 - len(ours) / n:.4f}; floor {floor[label]}")
        print(f"{label:36} n {n:4}  copydesk {1 - len(ours) / n:.4f}  chardet alone {1 - len(theirs) / n:.4f}")
        if options.failures:
            for name in ours:
                print(f"    {name}{'' if name in theirs else '  (chardet has it right)'}")
    return tell(failed)


if __name__ == "__main__":
    raise SystemExit(main())
