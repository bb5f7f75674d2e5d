"""The records that a run writes: the output contract as code.

Nothing in a record depends on when, where or with how many workers it was made.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import orjson

from cleaners import __version__
from cleaners.edits import Change
from cleaners.read import Failed, Raw

if TYPE_CHECKING:
    from cleaners.decode import Decoded
    from cleaners.document import Document
    from cleaners.pipeline import Cleaned

NAME = "copydesk"
METADATA = ("url", "site", "author", "published", "language")
"""The fields that `metadata` always has; null if unknown."""

Record = dict[str, Any]

_HASH = re.compile(r"^( {0,3})(?=#{1,6}(?:\s|$))")  # a heading in Markdown


def sha256(text: str) -> str:
    """SHA-256 of the UTF-8 bytes of a text, in hexadecimal.

    A lone surrogate, which a Python string can hold but no file, counts as its three bytes.
    """
    return sha256_bytes(text.encode("utf-8", "surrogatepass"))


def is_unicode(text: str) -> bool:
    """Whether a text can be written as UTF-8: no surrogate stands alone in it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def sha256_bytes(raw: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(raw).hexdigest()


def text_file(record: Record, *, markdown: bool = False) -> bytes:
    """A clean document as a text file: title, blank line, text.  A lone surrogate is written as a Python escape.

    Args:
        record: of the document.
        markdown: mark the title as a heading, and the sub-headings, if it came from a page that had some.
    """
    title, text = record["title"], record["text"]
    if markdown:
        lines = text.split("\n")
        if record["provenance"]["extraction"]:  # a page is no Markdown, but other texts may be
            lines = [_HASH.sub(r"\1\\", line) for line in lines]
        for line, level in record.get("headings", ()):
            lines[line] = f"{'#' * max(level, 2)} {lines[line]}"
        title, text = title and f"# {title}", "\n".join(lines)
    return (f"{title}\n\n{text}\n" if title else f"{text}\n").encode("utf-8", "backslashreplace")


def dumps(record: Mapping[str, Any]) -> bytes:
    """One line of JSON Lines.  A lone surrogate is written as an escape, which keeps the line valid UTF-8."""
    try:
        return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # orjson refuses strings that are not valid Unicode
        return json.dumps(record, separators=(",", ":")).encode() + b"\n"


def loads(line: bytes) -> Record:
    """Read back what `dumps` wrote.

    Raises:
        ValueError: the line is not JSON.
    """
    try:
        return orjson.loads(line)  # type: ignore[no-any-return]  # a record is an object
    except orjson.JSONDecodeError:
        return json.loads(line)  # type: ignore[no-any-return]


def pipeline(config: Mapping[str, Any], rules_sha256: str) -> Record:
    """What cleaned a document: name and version, and hashes of the options and rules that decide the result."""
    return {
        "name": NAME,
        "version": __version__,
        "config_sha256": sha256_bytes(orjson.dumps(config, option=orjson.OPT_SORT_KEYS)),
        "rules_sha256": rules_sha256,
    }


def chars(base: str, text: str, changes: Iterable[Change]) -> dict[str, int]:
    """The balance of a document in code points: base = kept + removed, text = kept + added."""
    removed = added = 0
    for change in changes:
        removed += change.end - change.start
        added += len(change.new)
    return {"base": len(base), "kept": len(base) - removed, "removed": removed, "added": added, "text": len(text)}


def source(came: Raw | Failed) -> Record:
    """Where a document came from, before it is decoded."""
    raw = came.raw
    origin = {"origin": dict(came.origin)} if isinstance(came, Raw) and came.origin else {}
    known = {"sha256": None, "bytes": None} if raw is None else {"sha256": sha256_bytes(raw), "bytes": len(raw)}
    return {
        "path": came.path,
        "record": came.record,
        **known,
        "media_type": came.media_type,
        "encoding": None,
        "undecodable": [],
    } | origin


def decoding(decoded: "Decoded") -> Record:
    """How the bytes became text: the evidence, and what is needed to go back."""
    return {
        "encoding": decoded.encoding,
        "undecodable": decoded.undecodable,
        "big_endian": decoded.big_endian,
        "evidence": decoded.evidence,
        "confidence": decoded.confidence,
        "pieces": decoded.pieces,
        "variants": decoded.variants,
    }


def document(doc: "Document", cleaned: "Cleaned", source: Record, pipeline: Record, extraction: Record | None) -> Record:
    """The record of a published document.

    Args:
        doc: as it was before it was cleaned.
        cleaned: what became of it.
        source: see `source` and `decoding`.
        pipeline: see `pipeline`.
        extraction: how the text was taken from a page, if it was.
    """
    return {
        "id": doc.id,
        "title": cleaned.title,
        "text": cleaned.text,
        "metadata": {**dict.fromkeys(METADATA), **doc.metadata},
        "provenance": {
            "source": source,
            "pipeline": pipeline,
            "extraction": extraction,
            "review": cleaned.review,
            "title": None if cleaned.title is None else "found" if cleaned.found else "given",
            "edits": edits(cleaned.changes),
            "chars": chars(cleaned.base, cleaned.text, cleaned.changes),
        },
    }


def decider(change: Change) -> str:
    """The rule that a change counts for: the last one, except for layout, which only tidies up after the others."""
    others = [rule for rule in change.rules if not rule.startswith("layout.")]
    return (others or change.rules or ("",))[-1]


def edits(changes: Iterable[Change]) -> dict[str, int]:
    """How many edits each rule had a hand in, in order of the rule ids."""
    return dict(sorted(Counter(rule for change in changes for rule in change.rules).items()))


def ledger(name: str, cleaned: "Cleaned", base: Literal["decoded", "extracted"]) -> Record:
    """The ledger record of a published document."""
    return {
        "id": name,
        "base": base,
        "base_sha256": sha256(cleaned.base),
        "edits": [change._asdict() for change in cleaned.changes],
    }


def changes_of(ledger: Mapping[str, Any]) -> list[Change]:
    """The changes that a ledger record holds.

    Raises:
        KeyError, TypeError: the record is not one of a ledger.
    """
    return [Change(e["start"], e["end"], e["old"], e["new"], tuple(e["rules"]), e.get("score")) for e in ledger["edits"]]


def dropped(name: str, source: Record, rule: str, note: str) -> Record:
    """The record of a document left out on purpose."""
    return {"id": name, "source": source, "rule": rule, "note": note, "duplicate_of": None, "similarity": None}


def quarantine(name: str, source: Record, stage: str, kind: str, message: str) -> Record:
    """The record of an input that could not be processed."""
    return {"id": name, "source": source, "stage": stage, "error": {"type": kind, "message": message}}
