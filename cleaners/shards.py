"""A shard: a share of the input that one process cleans, and the parts of the output that it becomes.

Its parts are written into a folder of their own.  Interrupted at any moment, the work continues after the last
finished part.  For files of the shard that are unchanged since the last run, the records are copied.
"""

import gc
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import orjson

from cleaners import history, read, records, rules
from cleaners.balance import Balance
from cleaners.copies import Copy, Move, Renamed, Unchanged
from cleaners.records import Record
from cleaners.settings import Settings, writing
from cleaners.state import file_sha256
from cleaners.workers import Watch
from cleaners.write import Kind, Parts, write_whole
from cleaners.write.texts import TEXT_SUFFIXES, remove_text, write_text

if TYPE_CHECKING:
    from cleaners.desk import LeftOut, Published, Ruled

_COUNTED_AS: dict[Kind, str] = {"documents": "published", "dropped": "dropped", "quarantine": "quarantined"}

DONE = "done.json"  # beside the parts of a shard that is finished
_PROGRESS = "progress.json"
# A file of many documents makes many parts; these begin and end at the same documents, whatever comes before the file.
# When a worker dies, the part that it was at is done again.
_PART_BYTES = 64_000_000
_DOCUMENT_BYTES = 1000  # what a document costs besides its bytes
# How much is read before the line model is asked; what that saves is in `docs/model-card.md`.
_BATCH_EVENTS = 128
_BATCH_CHARACTERS = 500_000
_BATCH_BYTES = 4_000_000  # as they came in, for they are held as long; of those that are left out, too
# A document that met a limit may not meet it on another day, so the next run tries it again; and so it does a file
# on another machine that could not be read, since the network may have been to blame.
_AGAIN = frozenset(("Timeout", "Memory", "Crash"))


@dataclass(frozen=True, slots=True)
class Shard:
    """A share of the input: the part of the output that it becomes has its number.

    Attributes:
        number: in the order of the ids.
        documents: the files.
        key: a hash of the files, by size and time, and of what is done with them.
        kept: the files whose records are copied from the published output, because they are unchanged, or gone and kept; with
            their SHA-256, or None if another pipeline than the present one cleaned them.
        sources: the parts that hold these records, in order: number and name of each, as in `publish.part_path`, without the kind.
        moved: the files whose records are copied under another name.
    """

    number: int
    documents: tuple[read.Found, ...]
    key: str = ""
    kept: Mapping[str, str | None] = field(default_factory=dict)
    sources: tuple[tuple[int, str], ...] = ()
    moved: Mapping[str, Move] = field(default_factory=dict)


@dataclass(slots=True)
class Progress:
    """How far a shard is.

    Attributes:
        part: the number of the part that is being written, counted in the shard.
        files: how many files are done.
        inside: how many documents of the next file are done.
        balance: of the finished parts.
        facts: for each file that is done, its SHA-256, and whether to clean it again next time, see `state.Row`.
        again: whether to clean the next file again.
    """

    part: int = 0
    files: int = 0
    inside: int = 0
    balance: Balance = field(default_factory=Balance)
    facts: list[tuple[str, bool]] = field(default_factory=list)
    again: bool = False

    @classmethod
    def load(cls, path: Path) -> "Progress":
        """What `save` left there, if it did."""
        try:
            saved = orjson.loads(path.read_bytes())
        except FileNotFoundError:
            return cls()
        return cls(**saved | {"balance": Balance.load(saved["balance"])})

    def save(self, path: Path) -> None:
        write_whole(path, orjson.dumps(self), path.with_suffix(".new"))


def clean_shard(watch: Watch, settings: Settings, shard: Shard) -> Balance:
    """Clean the documents of one shard and write its parts into the staging folder.

    Interrupted at any moment and called again, it continues after the last part that it finished, and
    writes the same.

    Args:
        watch: is told of every step, and knows those to leave out.
        settings: of the run.
        shard: which documents.

    Returns:
        The numbers of the shard, which balance.

    Raises:
        OutputError: the staging folder cannot be written.
    """
    with writing(settings.output):
        return _clean_shard(watch, settings, shard)


def _clean_shard(watch: Watch, settings: Settings, shard: Shard) -> Balance:
    from cleaners import matching

    writer = _Desk(settings, shard)
    matching.matcher(writer.book)
    if not gc.get_freeze_count():  # what exists now stays; searching it for garbage would take a twentieth of the time
        gc.freeze()
        # Hardly any object here refers to itself, and at the default of 700, looking for those takes 3 % of the time.
        gc.set_threshold(50_000)
    folder = settings.folder(shard.key)
    # Not the staging folder itself: it is gone if the run was killed and the next one has taken it over.
    folder.parent.mkdir(exist_ok=True)
    folder.mkdir(exist_ok=True)
    progress = Progress.load(folder / _PROGRESS)
    documents = writer.clean(watch, _documents(watch, settings, shard, progress))
    more = True
    while more:
        # Later names sort after the first.
        name = "part" + (f"_{progress.part:05d}" if progress.part else "")
        balance, size, inside = Balance(), 0, 0  # size: bytes of the part; inside: those of the file at hand
        sha256 = None
        with Parts(folder, name, writer.format) as parts:
            for event, done in documents:
                came, progress.files, progress.inside = event.came, event.files, event.inside
                if came is None:
                    progress.facts.append(_fact(shard, progress, sha256))
                    progress.again, inside, sha256 = False, 0, None
                    if size >= _PART_BYTES:
                        break
                    continue
                balance.documents["in"] += 1
                if isinstance(came, Copy):
                    came.write(parts, balance)
                    if came.is_moved and came.ledger:
                        writer.write_text(came.record)
                    length, may_end = came.bytes, came.is_last
                elif done:
                    length, may_end = len(came.raw or b""), True
                    record = writer.write(done, parts, balance)
                    balance.count_cut(history.source_of(came.path, came.record), record)
                    progress.again |= _may_go_better(shard.documents[progress.files], record)
                    if came.record is None and "source" in record:
                        sha256 = (record["source"]["sha256"], record["source"]["bytes"])
                size += _DOCUMENT_BYTES + length
                inside += _DOCUMENT_BYTES + length
                if inside >= _PART_BYTES and may_end:
                    break
            else:
                more = False
            watch.pause()  # closing a part and syncing it is not the work of one document
            for kind, counted_as in _COUNTED_AS.items():
                balance.documents[counted_as] = parts.written[kind]
        parts.sync()
        progress.balance.add(balance)
        if more:
            progress.part += 1
            progress.save(folder / _PROGRESS)
    progress.balance.files = progress.files
    progress.balance.check(len(shard.documents))
    progress.save(folder / DONE)
    return progress.balance


class _Event(NamedTuple):
    """What is found when a shard is read.

    Attributes:
        step: the number of the step that cleans the document.
        came: the document, or None at the end of a file.
        files: how many files have been read.
        inside: how many documents of the next file have been read.
        done: how many documents of the shard came before, for the progress bar.
    """

    step: int
    came: "read.Raw | read.Failed | Copy | None"
    files: int
    inside: int
    done: int


def _documents(watch: Watch, settings: Settings, shard: Shard, progress: Progress) -> Iterator[_Event]:
    """The documents that are still to do, and the ends of the files.

    Reading the next document is a step, and so is cleaning it.  Finding the end of a file counts as reading.

    An error in reading, and reading that was given up, become values, too.  They cost the rest of their
    file, since a reader cannot be trusted to go on after them.
    """
    step = 2 * (progress.balance.documents["in"] - progress.inside + progress.files)
    unchanged = Unchanged(settings.output, shard.sources)
    to_do = shard.documents[progress.files :]
    renamed = Renamed(settings.output, {one.id: shard.moved[one.id] for one in to_do if one.id in shard.moved})
    before = progress.inside  # documents of the first file that are done
    for files, found in enumerate(to_do, progress.files):
        inside = 0
        is_broken = False  # reading has failed, and this was reported
        came: read.Raw | read.Failed | Copy | None
        source: Iterator[read.Raw | read.Failed | Copy]
        is_kept = found.id in shard.kept or found.id in shard.moved
        if found.id in shard.moved:
            source = renamed.copies(found.id)
        else:
            source = unchanged.copies(found.id) if is_kept else read.documents(found, settings.fields)
        while True:
            try:
                if (loss := watch.given_up.get(step)) and not (is_kept or is_broken):
                    source, came, is_broken = iter(()), _rest(found, inside, *loss), True
                else:
                    watch.begin(step, step // 2 - files)
                    came = next(source, None)
                    if came is None and inside == 0:
                        came = _rest(found, inside, "Empty", "the file holds no document")
            except MemoryError:
                raise
            except Exception as error:
                if is_kept:
                    raise
                # Whatever a reader meets, it is reported and the other files are read.
                source, came, is_broken = iter(()), _rest(found, inside, type(error).__name__, str(error)), True
            step += 2
            if came is None:
                break
            inside += 1
            if inside > before:
                yield _Event(step - 1, came, files, inside, step // 2 - files)
        before = 0
        yield _Event(step, None, files + 1, 0, step // 2 - files)


def _rest(found: read.Found, inside: int, type_: str, message: str) -> read.Failed:
    """A file, or what follows in it after the documents that could be read."""
    if inside:
        return read.Failed(f"{found.id}#rest", found.id, "rest", type_, f"{message}; this is all that follows document {inside}")
    return read.Failed(found.id, found.id, None, type_, message)


def _may_go_better(found: read.Found, record: Record) -> bool:
    """Whether a document is in quarantine that another run might read or clean, although its file is the same."""
    return record.get("error", {}).get("type") in _AGAIN or (found.url is not None and record.get("stage") == "read")


def _fact(shard: Shard, progress: Progress, only: tuple[str | None, int] | None) -> tuple[str, bool]:
    """What is known of the file that was just done, see `Progress.facts`.

    Args:
        shard: of the file.
        progress: says which file that is.
        only: SHA-256 and size of the document that may be the whole file.
    """
    found = shard.documents[progress.files - 1]
    if found.id in shard.moved:
        return shard.moved[found.id].sha256, False
    if found.id in shard.kept:
        kept = shard.kept[found.id]
        return kept or "", kept is None
    if found.url is not None:
        return "", progress.again
    sha256 = only[0] if only and only[0] and only[1] == found.size else file_sha256(found.path)
    try:
        status = found.path.stat()
        if found.stamp is not None and (found.stamp != status.st_mtime_ns or found.size not in (0, status.st_size)):
            sha256 = ""  # it has been changed meanwhile
    except OSError:
        pass  # it could not be read, then, and `sha256` says so
    return sha256 or "", progress.again or not sha256


class _Desk:
    """What it takes to clean one document after the other."""

    def __init__(self, settings: Settings, shard: Shard) -> None:
        self.book = rules.load(settings.rules)
        self.pipeline = settings.pipeline()
        self.format = settings.format or "files"
        self.cut = None if settings.cut == "off" else settings.cut
        self.text = settings.folder(shard.key) / "text" if self.format in TEXT_SUFFIXES else None

    def clean(self, watch: Watch, events: Iterable[_Event]) -> "Iterator[tuple[_Event, Published | LeftOut | None]]":
        """What is read, and what became of each document; None for a copy, and at the end of a file.

        The line model takes a fraction of the time if it is asked about many documents at once, so some are read ahead.
        """
        from cleaners import desk  # imported in the processes that clean, not in the one that hands out the work

        batch: list[tuple[_Event, desk.Ruled | desk.LeftOut | None]] = []
        characters = size = 0
        for event in chain(events, [None]):
            if event:
                half = self._begin(watch, event)
                batch.append((event, half))
                characters += len(half.draft.doc.text) if isinstance(half, desk.Ruled) else 0
                size += len(getattr(event.came, "raw", None) or b"")
            if event is None or len(batch) == _BATCH_EVENTS or characters > _BATCH_CHARACTERS or size > _BATCH_BYTES:
                asked = [(read_, half) for read_, half in batch if isinstance(half, desk.Ruled)]
                if asked:  # the model gets the time of one step; the step begun last may be a read, which is over
                    watch.begin(asked[-1][0].step, asked[-1][0].done)
                verdicts = iter(desk.judge([half for _, half in asked], self.cut))
                for read_, half in batch:
                    if isinstance(half, desk.Ruled):
                        watch.begin(read_.step, batch[-1][0].done)
                        yield read_, desk.finish(half, self.book, self.pipeline, next(verdicts), self.cut)
                    else:
                        yield read_, half
                batch, characters, size = [], 0, 0

    def _begin(self, watch: Watch, event: _Event) -> "Ruled | LeftOut | None":
        from cleaners import desk

        came = event.came
        if came is None or isinstance(came, Copy):
            return None
        if loss := watch.given_up.get(event.step):  # processes died on it
            source = records.source(came)
            if self.text:  # the process that died may have written it
                remove_text(self.text, source, TEXT_SUFFIXES[self.format])
            return desk.LeftOut("quarantine", records.quarantine(came.id, source, "clean", *loss))
        watch.begin(event.step, event.done)
        return desk.begin(came, self.book)

    def write(self, done: "Published | LeftOut", parts: Parts, balance: Balance) -> Record:
        """Write what became of a document; returns the part of its record that holds its source, and its error if any."""
        from cleaners import desk

        if isinstance(done, desk.LeftOut):
            parts.write(*done)
            return done.record
        parts.write("documents", done.record)
        parts.write("ledger", done.ledger)
        balance.count(done.record, done.cleaned.changes)
        self.write_text(done.record)
        provenance: Record = done.record["provenance"]
        return provenance

    def write_text(self, record: Record) -> None:
        """Write the clean text of a document as a file, if that is asked for."""
        if self.text:
            content = records.text_file(record, markdown=self.format == "markdown")
            write_text(self.text, record["provenance"]["source"], content, TEXT_SUFFIXES[self.format])
