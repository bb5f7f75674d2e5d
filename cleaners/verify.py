"""Checks an output folder against every law of the output contract.

It believes nothing: texts are undone and cleaned again, numbers are counted again.  Only the sixth law,
that the same input gives the same bytes, needs a second run to check, and is checked by the tests.
"""

import os
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any, Literal, NamedTuple

from cleaners import pipeline, records, titles
from cleaners.balance import Balance
from cleaners.decode import encode_back
from cleaners.document import Document
from cleaners.edits import Change, EditError, redo, undo
from cleaners.publish import FOLDER
from cleaners.records import Record
from cleaners.rules import RuleBook
from cleaners.write import DamagedError, Format, Kind, Output
from cleaners.write.texts import TEXT_SUFFIXES, read_texts

_SOURCE = ("path", "record", "sha256", "bytes", "media_type", "encoding", "undecodable")
# What each record must have, with what lies deeper behind a dot.
_FIELDS: Mapping[Kind | Literal["run.json"], tuple[str, ...]] = {
    "documents": (
        *("title", "text", "provenance.extraction"),
        *(f"metadata.{name}" for name in records.METADATA),
        *(f"provenance.source.{name}" for name in _SOURCE),
        *(f"provenance.pipeline.{name}" for name in ("name", "version", "config_sha256", "rules_sha256")),
        *("provenance.edits", "provenance.chars"),
    ),
    "ledger": ("base", "base_sha256", "edits"),
    "dropped": ("rule", "note", "duplicate_of", "similarity", *(f"source.{name}" for name in _SOURCE)),
    "quarantine": ("stage", "error.type", "error.message", *(f"source.{name}" for name in _SOURCE)),
    "run.json": (
        *("documents", "chars", "rules", "version", "config"),
        *(f"run.{name}" for name in ("id", "started", "finished", "host", "workers", "prefect_flow_run_id")),
    ),
}


class Fault(NamedTuple):
    """A broken law: in which document (or part of the output), and how."""

    where: str
    message: str


def verify(folder: Path, book: RuleBook) -> Iterator[Fault]:
    """Check an output folder.

    Args:
        folder: what a run wrote.
        book: the rules that it was cleaned with.

    Yields:
        Every fault found; nothing if all laws hold.
    """
    try:
        yield from _folder(folder, book)
    except (DamagedError, OSError) as error:  # what cannot be read cannot be counted, either
        yield Fault("cannot be read", str(error))


def _folder(folder: Path, book: RuleBook) -> Iterator[Fault]:
    output = Output(folder)
    run_file = folder / "run.json"
    if not run_file.is_file():
        broken_off = any(folder.glob(f"{FOLDER}/staging-*/new"))
        hint = "; a run was broken off while it published, and the next `copydesk clean` will finish that" if broken_off else ""
        yield Fault("run.json", f"is missing: this is no output of a finished run{hint}")
        return
    try:
        run = records.loads(run_file.read_bytes())
    except ValueError as error:
        yield Fault("run.json", f"is no JSON: {error}")
        return
    config = run.get("config") if isinstance(run, dict) else None
    if not isinstance(config, dict):
        yield Fault("run.json", "is not what a run writes: it has no object `config`")
        return
    if lacking := _lacking(run, "run.json"):
        yield Fault("run.json", f"lacks a field: {', '.join(lacking)}")
    same_rules = _at(run, "pipeline.rules_sha256") == book.sha256
    if not same_rules:
        yield Fault("run.json", _other_rules(config))
    texts, format_ = folder / "text", config.get("format", "files")
    total = Balance()
    seen: set[str] = set()
    for record, ledger in zip_longest(output.read("documents"), output.read("ledger")):
        if record is None or ledger is None or record["id"] != ledger["id"]:
            yield Fault((record or ledger or {})["id"], "documents/ and ledger/ do not hold the same documents in the same order")
            return
        if lacking := [*_lacking(record, "documents"), *_lacking(ledger, "ledger")]:
            yield Fault(record["id"], f"the record lacks a field: {', '.join(lacking)}")
        else:
            try:
                for message in _document(record, ledger, book, total, clean_again=same_rules):
                    yield Fault(record["id"], message)
                if texts.is_dir():
                    yield from _text_file(texts, record, format_)
            except (KeyError, TypeError, AttributeError) as error:
                yield Fault(record["id"], f"the record lacks a field, or has one of another kind: {error!r}")
        yield from _once(seen, record, total, "published")
    yield from _texts(texts, total.documents["published"] if format_ in TEXT_SUFFIXES else 0)
    left_out: tuple[tuple[Kind, str], ...] = (("dropped", "dropped"), ("quarantine", "quarantined"))
    for kind, name in left_out:
        for record in output.read(kind):
            yield from _once(seen, record, total, name)
            yield from _left_out(record, kind, book)
    yield from _balance(run, total)


def _at(record: Record, name: str) -> Any:
    """What lies in a record under a name with dots; `...` if there is nothing."""
    value: Any = record
    for step in name.split("."):
        value = value.get(step, ...) if isinstance(value, dict) else ...
    return value


def _lacking(record: Record, kind: Kind | Literal["run.json"]) -> list[str]:
    """The fields that a record must have, and has not."""
    return [name for name in _FIELDS[kind] if _at(record, name) is ...]


def _other_rules(config: Record) -> str:
    paths = " ".join(f"--rules {path}" for path in config.get("rules", []))
    hint = f"; the run used {paths}" if paths else "; they may be those of another version"
    return f"was written with other rules than those at hand, so cleaning again cannot be checked{hint}"


def _once(seen: set[str], record: Record, total: Balance, name: str) -> Iterator[Fault]:
    total.documents[name] += 1
    total.documents["in"] += 1
    if record["id"] in seen:
        yield Fault(record["id"], "stands in the output more than once")
    seen.add(record["id"])


def _left_out(record: Record, kind: Kind, book: RuleBook) -> Iterator[Fault]:
    if lacking := _lacking(record, kind):
        yield Fault(record["id"], f"its record in {kind}/ lacks a field: {', '.join(lacking)}")
    elif kind == "dropped" and record["rule"] not in book.rules:
        yield Fault(record["id"], f"was dropped by the rule {record['rule']!r}, which is not known")
    elif kind == "quarantine" and (record["stage"] not in ("read", "decode", "extract", "clean") or not record["error"]["type"]):
        yield Fault(record["id"], "is in quarantine without a stage or an error")


def _document(record: Record, ledger: Record, book: RuleBook, total: Balance, *, clean_again: bool) -> Iterator[str]:
    """The laws that hold for one document."""
    text, title, provenance = record["text"], record["title"], record["provenance"]
    changes = records.changes_of(ledger)
    yield from _edits(changes, book)
    try:
        base = undo(text, changes)
        if redo(base, changes) != text:
            yield "law 1: the edits do not lead from the base to the text"
    except EditError as error:
        yield f"law 1: {error}"
        return
    if records.sha256(base) != ledger["base_sha256"]:
        yield "law 2: undoing the edits does not give the base text"
    counted = records.chars(base, text, changes)
    if provenance["chars"] != counted:
        yield f"law 3: chars are {counted}, not {provenance['chars']}"
    if provenance["edits"] != records.edits(changes):
        yield f"the edits are {records.edits(changes)}, not {provenance['edits']}"
    yield from _form(text, title)
    if ledger["base"] != ("extracted" if provenance["extraction"] else "decoded"):
        yield f"the base is said to be {ledger['base']!r}, but not by provenance.extraction"
    if ledger["base"] == "decoded" and provenance["source"].get("evidence") != "record":
        yield from _source(base, provenance["source"])
    if clean_again:
        # A title that was given, by a page or a record, need not be one that can be found in the text.
        given = title if provenance.get("title") == "given" else None
        try:
            again = pipeline.clean(Document(record["id"], f"{title}\n\n{text}" if title else text, given), book)
        except RuntimeError as error:  # a rule takes too long, or the steps do not come to rest
            yield f"law 5: cleaning again fails: {error}"
        else:
            yield from _same(again, title, text)
    total.chars.update(counted)
    total.rule_edits.update(provenance["edits"])
    for c in changes:
        total.rule_chars[records.decider(c)] += len(c.old)


def _same(again: pipeline.Cleaned, title: str | None, text: str) -> Iterator[str]:
    if (again.title, again.text) != (title, text):
        change = next((c for c in again.changes if "title.line" not in c.rules), None)
        yield f"law 5: cleaning again gives the title {again.title!r} instead of {title!r}, or another text (for example {change})"


def _edits(changes: list[Change], book: RuleBook) -> Iterator[str]:
    at = 0
    for change in changes:
        if change.old == change.new:
            yield f"the edit at {change.start} changes nothing"
        if change.start < at or change.end - change.start != len(change.old):
            yield f"the edit at {change.start} overlaps another one, or its span is not that of its text"
        at = change.end
        if not change.rules or not all(rule in book.rules for rule in change.rules):
            yield f"law 4: the edit at {change.start} bears {change.rules!r}, which `copydesk rules list` does not know"


def _form(text: str, title: str | None) -> Iterator[str]:
    if not text.strip():
        yield "the text is empty: such a document is dropped"
    if not unicodedata.is_normalized("NFC", text):
        yield "the text is not in normal form C"
    if "\r" in text:
        yield "the text has a carriage return"
    lines = text.split("\n")
    if any(line != line.rstrip() for line in lines) or text.endswith("\n"):
        yield "the text has a trailing blank"
    if title and titles.key(title) in {titles.key(line) for line in lines if len(line.strip()) < 2 * len(title) + 40}:
        yield "a line of the text repeats the title"


def _source(base: str, source: Record) -> Iterator[str]:
    """The raw bytes must come back from the base text."""
    how = {name: source[name] for name in ("big_endian", "pieces", "variants") if name in source}
    try:
        raw = encode_back(base, source["encoding"], source["undecodable"], **how)
    except (ValueError, LookupError) as error:
        yield f"the base text does not lead back to the raw bytes: {error}"
        return
    if records.sha256_bytes(raw) != source["sha256"] or len(raw) != source["bytes"]:
        yield "the base text does not lead back to the raw bytes that `source` describes"


def _text_file(folder: Path, record: Record, format_: Format) -> Iterator[Fault]:
    """A clean text file holds what the record holds."""
    content = records.text_file(record, markdown=format_ == "markdown")
    files = read_texts(folder, record["provenance"]["source"], TEXT_SUFFIXES.get(format_, ""))
    if not files:
        yield Fault(record["id"], "has no file under text/")
    elif content not in files:
        yield Fault(record["id"], "the file under text/ does not hold what the record holds")


def _texts(folder: Path, published: int) -> Iterator[Fault]:
    """There are as many clean text files as documents, where the format has such files, or else none."""
    there = sum(len(names) for _, _, names in os.walk(folder))
    if published and not folder.is_dir():
        yield Fault("text/", "is missing, though the run wrote clean texts as files")
    elif there > published:
        yield Fault("text/", f"holds files that belong to no document: {there:,}, for {published:,} documents")


def _balance(run: Record, total: Balance) -> Iterator[Fault]:
    counted: dict[str, Any] = total.as_record()
    for name in ("documents", "chars", "rules"):
        if run.get(name) != counted[name]:
            yield Fault("run.json", f"{name} do not add up: the output holds {_difference(counted[name], run.get(name))}")
    d = Counter(counted["documents"])
    if d["in"] != d["published"] + d["dropped"] + d["quarantined"]:
        yield Fault("run.json", "in is not published + dropped + quarantined")


def _difference(counted: dict[str, Any], said: object) -> str:
    said = said if isinstance(said, dict) else {}
    names = [name for name in {**counted, **said} if counted.get(name) != said.get(name)]
    return ", ".join(f"{name} {counted.get(name)} (run.json says {said.get(name)})" for name in names[:5])
