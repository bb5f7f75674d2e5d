"""Checks an output folder against every law that an output must keep.

It trusts nothing: texts are undone and cleaned again, numbers are counted again.  Only the sixth law,
that the same input gives the same bytes, takes a second run; the tests check it.
"""

import os
import re
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import zip_longest
from pathlib import Path
from typing import Any, Literal, NamedTuple

from cleaners import pipeline, records, titles
from cleaners.balance import Balance
from cleaners.decode import encode_back
from cleaners.document import Document, unmarked
from cleaners.edits import Change, EditError, undo
from cleaners.publish import FOLDER
from cleaners.records import Record
from cleaners.rules import RuleBook
from cleaners.write import FORMATS, KINDS, DamagedError, Format, Kind, Output
from cleaners.write.texts import TEXT_SUFFIXES, read_texts

_SOURCE = ("path", "record", "sha256", "bytes", "media_type", "encoding", "undecodable")
# The fields that each record must have, with dots for nested ones.
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
_EXTRACTION = tuple(f"provenance.extraction.{name}" for name in ("extractor", "version", "settings"))
_SHA256 = re.compile(r"[0-9a-f]{64}")


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
    except (DamagedError, OSError, RecursionError) as error:  # what cannot be read cannot be counted, either
        yield Fault("cannot be read", str(error))


def _folder(folder: Path, book: RuleBook) -> Iterator[Fault]:
    output, run = Output(folder), _run(folder)
    if isinstance(run, Fault):
        yield run
        return
    if lacking := _lacking(run, "run.json"):
        yield Fault("run.json", f"lacks a field: {', '.join(lacking)}")
    made_by = _at(run, "pipeline")
    if _at(run, "version") != _at(run, "pipeline.version"):
        yield Fault("run.json", "names two versions")
    some_are_kept = _at(run, "run.files.kept") not in (0, ...)
    same_rules = _at(run, "pipeline.rules_sha256") == book.sha256
    if not same_rules:
        yield Fault("run.json", _other_rules(run["config"]))
    texts, said = folder / "text", run["config"].get("format")
    format_ = next((format_ for format_ in FORMATS if format_ == said), None)
    if format_ is None:
        yield Fault("run.json", f"its config names the format {said!r}, which is none of {', '.join(FORMATS)}")
        return
    if not (folder / "report.html").is_file():
        yield Fault("report.html", "is missing")
    total = Balance()
    seen: set[str] = set()
    for record, ledger in zip_longest(output.read("documents"), output.read("ledger")):
        if record is None or ledger is None or record["id"] != ledger["id"]:
            yield Fault((record or ledger or {})["id"], "documents/ and ledger/ do not hold the same documents in the same order")
            return
        if lacking := [*_lacking(record, "documents"), *_lacking(ledger, "ledger"), *_lacking_extraction(record)]:
            yield Fault(record["id"], f"the record lacks a field: {', '.join(lacking)}")
        else:
            try:
                ours = record["provenance"]["pipeline"] == made_by
                if not ours and not some_are_kept:
                    yield Fault(record["id"], "was made by another pipeline than run.json names")
                # What is kept of a file that is gone may come from other rules or another version, which are not at hand.
                known = None if some_are_kept and not ours else book
                for message in _document(record, ledger, known, total, clean_again=same_rules):
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
    yield from _parts(folder)
    yield from _balance(run, total)


def _run(folder: Path) -> Record | Fault:
    """What run.json says, with a `config` in any case; or why it says nothing."""
    file = folder / "run.json"
    if not file.is_file():
        broken_off = any(folder.glob(f"{FOLDER}/staging-*/new"))
        hint = "; a run was broken off while it published, and the next `copydesk clean` will finish that" if broken_off else ""
        return Fault("run.json", f"is missing: this is no output of a finished run{hint}")
    try:
        run = records.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        return Fault("run.json", f"is no JSON: {error}")
    if not isinstance(_at(run, "config"), dict):
        return Fault("run.json", "is not what a run writes: it has no object `config`")
    return run


def _at(record: Record, name: str) -> Any:
    """The value in a record under a name with dots; `...` if there is none."""
    value: Any = record
    for step in name.split("."):
        value = value.get(step, ...) if isinstance(value, dict) else ...
    return value


def _lacking(record: Record, kind: Kind | Literal["run.json"]) -> list[str]:
    """The fields that a record must have, but has not."""
    return [name for name in _FIELDS[kind] if _at(record, name) is ...]


def _lacking_extraction(record: Record) -> list[str]:
    """The same for the fields about extraction from a page."""
    if not _at(record, "provenance.extraction"):  # plain text, or no such field, which `_lacking` tells
        return []
    return [name for name in _EXTRACTION if _at(record, name) is ...]


def _other_rules(config: Record) -> str:
    rules = config.get("rules")
    paths = " ".join(f"--rules {path}" for path in rules) if isinstance(rules, list) else ""
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
    elif kind == "dropped" and not (isinstance(record["rule"], str) and record["rule"] in book.rules):
        yield Fault(record["id"], f"was dropped by the rule {record['rule']!r}, which is not known")
    elif kind == "quarantine" and (
        record["stage"] not in ("read", "decode", "extract", "clean") or not _is_error(record["error"])
    ):
        yield Fault(record["id"], "is in quarantine without a stage or an error")
    else:
        yield from (Fault(record["id"], message) for message in _origin(record["id"], record["source"]))
        if kind == "dropped" and not (isinstance(record["note"], str) and isinstance(record["similarity"], float | int | None)):
            yield Fault(record["id"], "was dropped without a note, or its similarity is no number")


def _is_error(error: Record) -> bool:
    return all(error[name] and isinstance(error[name], str) for name in ("type", "message"))


def _origin(id_: str, source: Record) -> Iterator[str]:
    """Checks what is said of the raw bytes, and the id."""
    path, record = source["path"], source["record"]
    if id_ != (path if record is None else f"{path}#{record}"):
        yield f"the id is not that of the file {path!r} and the record {record!r}"
    sha256, length = source["sha256"], source["bytes"]
    if sha256 is None and length is None:
        return
    if not (isinstance(sha256, str) and _SHA256.fullmatch(sha256) and isinstance(length, int) and length >= 0):
        yield f"the raw bytes cannot have the SHA-256 {sha256!r} and the length {length!r}"


def _document(record: Record, ledger: Record, book: RuleBook | None, total: Balance, *, clean_again: bool) -> Iterator[str]:
    """Checks the laws for one document; without the rules that it was cleaned with, only those that need none."""
    text, title, provenance = record["text"], record["title"], record["provenance"]
    changes = records.changes_of(ledger)
    yield from _edits(changes, book)
    yield from _origin(record["id"], provenance["source"])
    if not isinstance(provenance["source"]["media_type"], str):
        yield f"the media type is {provenance['source']['media_type']!r}"
    for name in records.METADATA:
        if not isinstance(record["metadata"][name], str | None):
            yield f"metadata.{name} is no text, but {record['metadata'][name]!r}"
    try:
        base = undo(text, changes)  # it finds every `new` in its place, so the edits lead from the base to the text
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
    yield from _title(title, provenance.get("title"), changes)
    if ledger["base"] != ("extracted" if provenance["extraction"] else "decoded"):
        yield f"the base is said to be {ledger['base']!r}, but not by provenance.extraction"
    if ledger["base"] == "decoded" and (
        provenance["source"].get("evidence") != "record" or provenance["source"]["record"] is None
    ):
        yield from _source(base, provenance["source"])
    if book and clean_again:
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


def _edits(changes: list[Change], book: RuleBook | None) -> Iterator[str]:
    at = 0
    for change in changes:
        if not isinstance(change.score, float | int | None):
            yield f"the edit at {change.start} has the score {change.score!r}"
        if change.old == change.new:
            yield f"the edit at {change.start} changes nothing"
        if change.start < at or change.end - change.start != len(change.old):
            yield f"the edit at {change.start} overlaps another one, or its span is not that of its text"
        at = change.end
        if not change.rules or (book and not all(rule in book.rules for rule in change.rules)):
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


def _title(title: str | None, whence: object, changes: list[Change]) -> Iterator[str]:
    """Checks that a title was given, or was found in the text and taken out of it."""
    if whence != "given" if title else whence is not None:
        if whence != "found":
            yield f"provenance.title is {whence!r}, the title {title!r}"
            return
        wanted = titles.key(title or "")
        taken = [change for change in changes if any(rule.startswith("title.") for rule in change.rules)]
        # A repaired title had other letters in the base text.
        if not any(wanted in titles.key(unmarked(c.old)) or any(rule.startswith("encoding.") for rule in c.rules) for c in taken):
            yield f"the title {title!r} is said to be found in the text, but no edit took it out"


def _source(base: str, source: Record) -> Iterator[str]:
    """Checks that the base text leads back to the raw bytes."""
    how = {name: source[name] for name in ("big_endian", "pieces", "variants") if name in source}
    try:
        raw = encode_back(base, source["encoding"], source["undecodable"], **how)
    except (ValueError, LookupError) as error:
        yield f"the base text does not lead back to the raw bytes: {error}"
        return
    if records.sha256_bytes(raw) != source["sha256"] or len(raw) != source["bytes"]:
        yield "the base text does not lead back to the raw bytes that `source` describes"


def _text_file(folder: Path, record: Record, format_: Format) -> Iterator[Fault]:
    """Checks that a clean text file holds what the record holds."""
    content = records.text_file(record, markdown=format_ == "markdown")
    files = read_texts(folder, record["provenance"]["source"], TEXT_SUFFIXES.get(format_, ""))
    if not files:
        yield Fault(record["id"], "has no file under text/")
    elif content not in files:
        yield Fault(record["id"], "the file under text/ does not hold what the record holds")


def _texts(folder: Path, published: int) -> Iterator[Fault]:
    """Checks that there are as many clean text files as documents, or none if the format has none."""
    there = sum(len(names) for _, _, names in os.walk(folder))
    if published and not folder.is_dir():
        yield Fault("text/", "is missing, though the run wrote clean texts as files")
    elif there > published:
        yield Fault("text/", f"holds files that belong to no document: {there:,}, for {published:,} documents")


def _parts(folder: Path) -> Iterator[Fault]:
    """Checks that there is nothing but parts among the parts."""
    for kind in KINDS:
        with suppress(FileNotFoundError):
            for path in sorted((folder / kind).iterdir()):
                if not path.name.startswith("part-"):
                    yield Fault(f"{kind}/{path.name}", "is no part of the output")


def _balance(run: Record, total: Balance) -> Iterator[Fault]:
    counted: dict[str, Any] = total.as_record()
    for name in ("documents", "chars", "rules"):
        if run.get(name) != counted[name]:
            yield Fault("run.json", f"{name} do not add up: the output holds {_difference(counted[name], run.get(name))}")


def _difference(counted: dict[str, Any], said: object) -> str:
    said = said if isinstance(said, dict) else {}
    names = [name for name in {**counted, **said} if counted.get(name) != said.get(name)]
    return ", ".join(f"{name} {counted.get(name)} (run.json says {said.get(name)})" for name in names[:5])
