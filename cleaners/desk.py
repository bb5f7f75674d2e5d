"""The desk that a document crosses, from what came in to the record that goes out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

from cleaners import front, pipeline, read, records
from cleaners.decode import Binary, Decoded, decode
from cleaners.document import Document
from cleaners.pipeline import Cleaned
from cleaners.records import Record
from cleaners.rules import RuleBook

if TYPE_CHECKING:
    from cleaners.model import Cut, Verdict

_HTML = frozenset(("text/html", "application/xhtml+xml"))
T = TypeVar("T")

# Failures to read that are no fault: there is no document.
_NO_DOCUMENT = {"Empty": "drop.empty", "HttpStatus": "drop.http-status"}


@dataclass(frozen=True)
class Draft:
    """A document that is ready to be cleaned.

    Attributes:
        doc: the base text, and what is known about the document.
        source: where it came from, and how its bytes became text.
        extraction: how the base text was taken from a page; None for plain text, whose base is the decoded text.
        headings: the lines of the base text that are sub-headings, and the level of each.
    """

    doc: Document
    source: Record
    extraction: Record | None = None
    headings: Sequence[tuple[int, int]] = field(default=())


class LeftOut(NamedTuple):
    """A document that is not published, and the record that says why."""

    kind: Literal["dropped", "quarantine"]
    record: Record


def draft(came: read.Raw | read.Failed) -> Draft | LeftOut:
    """Make text of what came in: decode it, and if it is a page, extract its article."""
    source = records.source(came)

    def reject(stage: str, type_: str, message: str) -> LeftOut:
        return LeftOut("quarantine", records.quarantine(came.id, source, stage, type_, message))

    if isinstance(came, read.Failed):
        if rule := _NO_DOCUMENT.get(came.type):
            return LeftOut("dropped", records.dropped(came.id, source, rule, came.message))
        return reject("read", came.type, came.message)

    decoded = _attempt(came.id, source, "decode", lambda: _decode(came))
    if isinstance(decoded, LeftOut):
        return decoded
    if isinstance(decoded, Binary):
        return reject("decode", "Binary", decoded.reason)
    source |= records.decoding(decoded)
    if not decoded.text.strip():
        return LeftOut("dropped", records.dropped(came.id, source, "drop.empty", "the input holds no text"))
    known = dict(came.metadata)
    title = known.pop("title", None)
    if came.media_type not in _HTML:
        return Draft(front.read(Document(came.id, decoded.text, _one_line(title), known)), source)
    from cleaners import extract  # trafilatura takes a second to import, and most dumps hold no HTML

    page = _attempt(came.id, source, "extract", lambda: extract.extract(decoded.text, known.get("url")))
    if isinstance(page, LeftOut):
        return page
    if isinstance(page, extract.NoText):
        if page.stage == "parse":
            return reject("extract", "Unreadable", page.reason)
        return LeftOut("dropped", records.dropped(came.id, source, "drop.no-article", f"{page.stage}: {page.reason}"))
    said = {name: value for name, value in known.items() if value is not None}
    doc = Document(came.id, page.text, _one_line(title) or _one_line(page.title), {**page.metadata, **said})
    return Draft(doc, source, dict(page.settings), page.headings)


def _attempt(id_: str, source: Record, stage: str, do: Callable[[], T]) -> T | LeftOut:
    """The result of a stage, or the record of its failure.

    Raises:
        MemoryError: earlier work may be to blame, so a new process tries again.
    """
    try:
        return do()
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  whatever it is, it costs only this document and is recorded with it
        return LeftOut("quarantine", records.quarantine(id_, source, stage, type(error).__name__, str(error)))


def _decode(came: read.Raw) -> Decoded | Binary:
    if came.text is None:
        return decode(came.raw, came.charset, came.media_type)
    return Decoded(came.text, came.encoding or "utf-8", (), "record", None)


def _one_line(title: object) -> str | None:
    """A title that a container or a page gives, if it is one."""
    return " ".join(title.split()) or None if isinstance(title, str) else None


class Published(NamedTuple):
    """A document that is published: its record, that of its ledger, and what they were made from."""

    record: Record
    ledger: Record
    cleaned: Cleaned


class Ruled(NamedTuple):
    """A document that is half done: the rules have been applied."""

    draft: Draft
    ruled: pipeline.Ruled


def begin(came: read.Raw | read.Failed, book: RuleBook) -> Ruled | LeftOut:
    """The first half: make text of what came in, and apply the rules."""
    ready = draft(came)
    if isinstance(ready, LeftOut):
        return ready
    ruled = _attempt(ready.doc.id, ready.source, "clean", lambda: pipeline.begin(ready.doc, book))
    return ruled if isinstance(ruled, LeftOut) else Ruled(ready, ruled)


def judge(ruled: Sequence[Ruled], cut: "Cut | None") -> "list[Verdict | None]":
    """What the line model says about many documents: asking about all at once takes a fraction of the time.

    It is not asked about pages, whose blocks have been judged already.
    """
    asked = [n for n, one in enumerate(ruled) if cut and not one.draft.extraction]
    verdicts: list[Verdict | None] = [None] * len(ruled)
    if asked and cut:
        from cleaners import model  # NumPy takes a tenth of a second to import

        for n, verdict in zip(asked, model.judge_all([ruled[n].ruled.doc for n in asked], cut), strict=True):
            verdicts[n] = verdict
    return verdicts


def finish(one: Ruled, book: RuleBook, name: Record, verdict: "Verdict | None", cut: "Cut | None") -> Published | LeftOut:
    """The second half: do what the line model says, and make the records.

    Args:
        one: what `begin` gave.
        book: the rules.
        name: the pipeline, as `records.pipeline` describes it.
        verdict: what `judge` gave.
        cut: what the line model may take.
    """
    ready = one.draft
    doc, source = ready.doc, ready.source
    cleaned = _attempt(doc.id, source, "clean", lambda: pipeline.finish(one.ruled, book, verdict, cut if verdict else None))
    if isinstance(cleaned, LeftOut):
        return cleaned
    if not cleaned.text:
        rest = f"but the title {cleaned.title!r}" if cleaned.title else "when all boilerplate is cut"
        note = f"nothing is left of {len(doc.text)} characters {rest}"
        return LeftOut("dropped", records.dropped(doc.id, source, "drop.nothing-left", note))
    record = records.document(doc, cleaned, source, name, ready.extraction)
    if ready.headings:
        record["headings"] = list(_headings(ready, cleaned))
    return Published(record, records.ledger(doc.id, cleaned, "extracted" if ready.extraction else "decoded"), cleaned)


def _headings(ready: Draft, cleaned: Cleaned) -> Iterator[tuple[int, int]]:
    """The sub-headings that are left, by their line in the clean text."""
    lines = cleaned.base.split("\n")
    starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
    changes = iter(cleaned.changes)
    change = next(changes, None)
    shift = 0
    for number, level in ready.headings:
        start = starts[number]
        while change and change.end <= start:
            shift += len(change.new) - len(change.old)
            change = next(changes, None)
        if not (change and change.start <= start and change.end >= start + len(lines[number])):
            yield cleaned.text.count("\n", 0, start + shift), level
        elif change.new.count("\n") == change.old.count("\n"):  # repaired as a whole, maybe with the lines around it
            n = change.old.count("\n", 0, start - change.start)
            if change.new.split("\n")[n].strip():
                yield cleaned.text.count("\n", 0, change.start + shift) + n, level
