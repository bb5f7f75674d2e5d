"""A run: a folder of dumps in, the folder that the output contract describes out.

`plan` looks at the input, finds out what is to be done since the last run, and cuts that into shards; `clean_shard` does the
work of one shard, `finish` publishes the results of all.  The command line calls the three in a row, the Prefect flow makes
a task of each shard; both write the same bytes.

Everything is written into a staging folder inside the output first, and only a whole run that balances
takes the place of what was there (see `cleaners.publish`).  A run that was broken off leaves the shards that are done to the next.

A shard is a run of files in the order of their ids.  Where it ends depends on the files near its end, by a hash of their
ids, and not on how many stand before it: so a file that comes or goes changes one shard, and the parts of all others
are published again as they are.  In a shard that changed, the records of files that did not are copied.

The work is done in processes of `cleaners.workers`: a document on which they die goes to quarantine.
"""

import gc
import hashlib
import os
import platform
import shutil
import signal
import sys
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from itertools import repeat
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self
from uuid import uuid4

import orjson

from cleaners import publish, read, records, rules
from cleaners.edits import Change
from cleaners.records import Record
from cleaners.state import LockedError, NewShard, OldShard, State, file_sha256, fingerprint, is_same, locked
from cleaners.workers import Crew, Limits, Watch
from cleaners.write import TEXT_SUFFIXES, Format, Kind, Parts, remove_text, rows, sync, text_places, write_text

_COUNTED_AS: dict[Kind, str] = {"documents": "published", "dropped": "dropped", "quarantine": "quarantined"}

STAGING = publish.FOLDER

_DONE, _PROGRESS = "done.json", "progress.json"  # beside the parts of a shard, while they are made

_PUBLISHED = ("documents", "ledger", "dropped", "quarantine", "text", "run.json", "report.html")
# A shard is what one worker does at a time, and one part of the output: large enough that opening files
# and starting tasks cost nothing beside it, small enough that two cores share a small archive.
_SHARD_DOCUMENTS = 2000
_SHARD_BYTES = 32_000_000
# A file that holds many documents makes many parts; they begin and end at the same documents, whatever stands before the file.
#  When a worker dies, what it had of a part is done again.
_PART_BYTES = 64_000_000
_DOCUMENT_BYTES = 1000  # what a document costs beside its bytes
_TICK = 0.2  # seconds
_LONGEST = 86_400  # seconds for a document: a day
_SMALLEST = 256  # megabytes for a worker, which takes about 50 before it has read anything
# What a document that met a limit would do on another day is not known, so it is tried again in the next run.
_AGAIN = frozenset(("Timeout", "Memory", "Crash"))
# A file that was changed just before it was read may be changed again in the same tick of the clock of its file system, which has
# 2 s on FAT.  Its time says nothing, then, and next time it is opened.
_TICK_OF_FILES = 2_000_000_000  # nanoseconds
_BOOT = Path("/proc/sys/kernel/random/boot_id")  # another after each start of the machine; Linux alone has it


Cut = Literal["off", "cautious", "balanced", "eager"]
"""What the line model may take: nothing, or what is less probable to be main text than its thresholds say."""


class InputError(ValueError):
    """What the user asked for cannot be done; the message is one sentence that says why, and what to do."""


class OutputError(RuntimeError):
    """The output cannot be written; the message is one sentence that says why, and what to do."""


class UnbalancedError(RuntimeError):
    """Documents are missing from the result: a bug, and the reason why nothing was published."""


class TooMuchError(RuntimeError):
    """More documents are in quarantine than may be; the result is published."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run does.

    Attributes:
        input: a folder, a file, a pattern, an address, or "-" for standard input: see `read.find`.
        output: the folder to write.
        format: of the output, see `cleaners.write`; None: "files" where every file is a document, or else "jsonl".
        rules: rule files to use beside those that copydesk ships.
        timeout: seconds that a document may take to be read, and again to be cleaned.  The slowest of the
            4,578 development dumps takes far less than one.
        memory: megabytes that a worker may use.
        fields: which fields of records hold the document, where that is not to be found out.
        force: clean everything, also what is unchanged since the last run.
        checksum: open every file to see whether it is unchanged, also those of the same size and time.
        keep_removed: leave the records of files that are gone from the input in the output.
        run: the run that this is; `plan` fills it in.
        cut: what the line model may take of what the rules leave.
    """

    input: Path | str
    output: Path
    format: Format | None = None
    rules: tuple[Path, ...] = ()
    timeout: float = 60
    memory: int = 2048
    fields: read.Fields = field(default_factory=read.Fields)
    force: bool = False
    checksum: bool = False
    keep_removed: bool = False
    run: str = ""
    cut: Cut = "cautious"

    @property
    def staging(self) -> Path:
        """Where the run prepares its output."""
        return publish.staging(self.output, self.run)

    def folder(self, shard: "Shard") -> Path:
        """Where it prepares a shard."""
        return self.staging / "shards" / shard.key

    def pipeline(self) -> Record:
        """What cleans the documents: version, rules, and the options that decide the result."""
        decisive = {f"{name}_field": value for name, value in asdict(self.fields).items() if value is not None}
        decisive["cut"] = self.cut
        return records.pipeline(decisive, rules.sha256(self.rules))


@dataclass(frozen=True, slots=True)
class Shard:
    """A share of the input: the part of the output that it becomes has its number.

    Attributes:
        number: in the order of the ids.
        documents: the files.
        key: a hash of what the files are, by size and time, and of what is done with them.
        kept: the files whose records are copied from the published output, because they are unchanged, or gone and kept; and
            their SHA-256, None of those that the pipeline did not clean that cleans the others.
        sources: the parts in which these stand, in order: number and name of each, as in `publish.part_path`, without the kind.
    """

    number: int
    documents: tuple[read.Found, ...]
    key: str = ""
    kept: Mapping[str, str | None] = field(default_factory=dict)
    sources: tuple[tuple[int, str], ...] = ()


@dataclass(slots=True)
class Job:
    """A run that was found to be possible.  It holds the lock of the output: leave the context, or `finish` it.

    Attributes:
        settings: of the run, the format decided.
        shards: what is to be done.
        staged: what an interrupted run has done already.
        reused: the shards of the last run that stay as they are: their new numbers by their ids.
        old: all shards of the last run.
        changed: the files that were in the last run and are another now, or gone.
        work: how many files are new, changed, unchanged, removed and kept; and how many of the new and changed ones were
            cleaned ("resumed") by a run that was broken off.
        stamps: those of files that are unchanged in spite of them, with the ids.
        fingerprint: of what the run does.
        settled: the time before which a file must have been changed for its stamp to mean anything.
    """

    settings: Settings
    state: State
    fingerprint: str
    settled: int
    shards: tuple[Shard, ...] = ()
    staged: tuple[Shard, ...] = ()
    reused: dict[int, int] = field(default_factory=dict)
    old: dict[int, OldShard] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    work: Counter[str] = field(default_factory=Counter)
    stamps: list[tuple[int | str | None, str]] = field(default_factory=list)
    held: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.held.close()

    def stamp(self, found: read.Found) -> int | str | None:
        """What to know a file by."""
        return None if isinstance(found.stamp, int) and found.stamp >= self.settled else found.stamp


@dataclass(slots=True)
class Balance:
    """What became of the documents of a shard or of a whole run, in numbers.

    Attributes:
        files: how many files were read.
        documents: how many came "in", and were "published", "dropped" and "quarantined".
        chars: of the published documents, as in their `provenance`.
        rule_edits: how many edits each rule had a hand in.
        rule_chars: how many characters each rule took out.
        work: of a whole run, see `Job.work`.
    """

    files: int = 0
    documents: Counter[str] = field(default_factory=Counter)
    chars: Counter[str] = field(default_factory=Counter)
    rule_edits: Counter[str] = field(default_factory=Counter)
    rule_chars: Counter[str] = field(default_factory=Counter)
    work: Counter[str] = field(default_factory=Counter)

    @classmethod
    def load(cls, saved: Record) -> "Balance":
        """What was written as JSON."""
        return cls(saved["files"], *(Counter(counts) for name, counts in saved.items() if name != "files"))

    def add(self, other: "Balance") -> None:
        """Add the numbers of another shard."""
        self.files += other.files
        self.documents.update(other.documents)
        self.chars.update(other.chars)
        self.rule_edits.update(other.rule_edits)
        self.rule_chars.update(other.rule_chars)

    def count(self, record: Record, changes: Iterable[Change]) -> None:
        """Add the characters and edits of a published document."""
        self.chars.update(record["provenance"]["chars"])
        self.rule_edits.update(record["provenance"]["edits"])
        for change in changes:
            self.rule_chars[records.decider(change)] += len(change.old)

    def check(self, files: int) -> None:
        """Make sure that no file and no document was lost.

        Args:
            files: how many there are to read; each holds one document at least.

        Raises:
            UnbalancedError: one was lost.
        """
        d = self.documents
        if not (files == self.files <= d["in"] == d["published"] + d["dropped"] + d["quarantined"]):
            raise UnbalancedError(f"of {files} files {self.files} were read, and {dict(d)} documents; nothing was published")

    def as_record(self) -> Record:
        """The part of run.json that holds the numbers."""
        return {
            "documents": {name: self.documents[name] for name in ("in", "published", "dropped", "quarantined")},
            "chars": {name: self.chars[name] for name in ("base", "kept", "removed", "added", "text")},
            "rules": {rule: {"edits": n, "chars": self.rule_chars[rule]} for rule, n in sorted(self.rule_edits.items())},
        }


def check(settings: Settings) -> None:
    """Find out whether a run is possible; nothing is written.

    Raises:
        InputError: there is nothing to do, or it must not be done.
        RuleError: a rule file is faulty.
    """
    output = settings.output
    if not 0 < settings.timeout <= _LONGEST:
        raise InputError(f"The time limit is {settings.timeout:g} s, but must be more than 0 and no more than {_LONGEST:,} s.")
    if settings.memory < _SMALLEST:
        raise InputError(f"The memory limit is {settings.memory} MB, but a worker needs {_SMALLEST} MB at least.")
    if read.is_path(settings.input):
        _check_apart(Path(settings.input), output)
    if output.exists() and not output.is_dir():
        raise InputError(f"The output {output} is a file: give a folder, which will be made if need be.")
    _check_ours(output)
    if settings.rules:
        rules.load(settings.rules)


def _check_apart(source: Path, output: Path) -> None:
    """Make sure that there is an input, and that neither input nor output lies in the other."""
    if not source.exists():
        raise InputError(f"There is no {source}: give a folder of dumps, a file, a pattern, an address, or - for standard input.")
    inside, outside = output.resolve(), source.resolve()
    if inside == outside:
        raise InputError(f"The output {output} is the input: choose another folder for the output.")
    if outside in inside.parents:
        raise InputError(
            f"The output {output} lies inside the input {source}: the next run would clean its own output, so choose a folder outside."
        )
    if inside in outside.parents:
        raise InputError(f"The input {source} lies inside the output {output}: choose another output folder.")
    if source.is_dir() and not any(not name.startswith(".") for _, _, names in os.walk(source) for name in names):
        raise InputError(f"There is nothing to read in {source}: it holds no files but hidden ones.")


def plan(settings: Settings) -> Job:
    """Find the input, compare it with that of the last run, and cut what is to be done into shards.

    Raises:
        InputError: the run is not possible; then nothing was written.
        OutputError: the output cannot be written.
        RuleError: a rule file is faulty.
    """
    check(settings)
    try:
        found = read.find(settings.input)
    except OSError as error:
        raise InputError(f"The input {settings.input} cannot be read: {error.strerror or error}.") from error
    if not found:
        raise InputError(f"There is nothing to read in {settings.input}: it holds no files but hidden ones.")
    ours = settings.output.resolve()
    if not read.is_path(settings.input) and (own := next((one for one in found if ours in one.path.resolve().parents), None)):
        raise InputError(f"The input {settings.input} takes in the output ({own.path}): choose another folder for the output.")
    many = any(read.is_container(one) for one in found)
    settings = replace(settings, format=settings.format or ("jsonl" if many else "files"), run=uuid4().hex)
    settled = time.time_ns() - _TICK_OF_FILES
    with _writing(settings.output), ExitStack() as held:
        (settings.output / STAGING).mkdir(parents=True, exist_ok=True)
        try:
            held.enter_context(locked(settings.output / STAGING))
        except LockedError as error:
            raise InputError(str(error)) from None
        state = held.enter_context(closing(State(settings.output / STAGING)))
        publish.complete(settings.output, state)
        publish.take_over(settings.output, settings.run)
        if settings.force:
            shutil.rmtree(settings.staging)
            settings.staging.mkdir()
        if settings.input == read.STDIN:  # the workers have none
            spooled = settings.staging / "stdin"
            with spooled.open("wb") as file:
                shutil.copyfileobj(sys.stdin.buffer, file)
            found = [read.Found("stdin", spooled, spooled.stat().st_size)]
        job = Job(settings, state, fingerprint(settings.pipeline(), settings.format), settled)
        _compare(job, found)
        job.held = held.pop_all()
    return job


@contextmanager
def _writing(output: Path) -> Iterator[None]:
    """Say in a sentence why the output cannot be written."""
    try:
        yield
    except publish.ERRORS as error:
        reason = f"{error.strerror}" if isinstance(error, OSError) and error.strerror else str(error)
        where = error.filename if isinstance(error, OSError) and error.filename else output
        raise OutputError(
            f"{where} cannot be written: {reason}. Nothing is lost: when that is mended, the same command goes on where this one stopped."
        ) from error


def _compare(job: Job, found: list[read.Found]) -> None:
    """Find out what is to be done since the last run."""
    settings, output = job.settings, job.settings.output
    before = job.state.about("fingerprint")
    same = before == job.fingerprint and not settings.force
    job.old = job.state.shards()
    texts_lost = settings.format in TEXT_SUFFIXES and not (output / "text").is_dir()
    lost = {
        id_
        for id_, old in job.old.items()
        if not publish.is_whole(output, old) or (texts_lost and old.balance["documents"].get("published"))
    }
    if lost and settings.format in TEXT_SUFFIXES:  # which texts were made of what is lost, nobody knows
        lost = set(job.old)
    files: list[read.Found] = []
    origins: list[int] = []  # of each file the shard of the last run from which its records are copied; 0 if it is cleaned
    unchanged: dict[str, str | None] = {}
    known = job.state.files()
    row = next(known, None)
    end = read.Found("\U0010ffff" * 2, Path(), 0)  # behind all others
    for one in [*found, end]:
        while row and row.id < one.id:
            if settings.keep_removed:
                if row.shard in lost or (before and orjson.loads(before)[1] != settings.format):
                    raise InputError(
                        f"The record of {row.id}, which is gone from the input, cannot be kept: "
                        "parts of the output are missing or of another format. Run without --keep-removed."
                    )
                files.append(read.Found(row.id, Path(row.id), row.size, None, row.stamp))
                origins.append(row.shard)
                unchanged[row.id] = row.sha256 if same and not row.again else None
                job.work["kept"] += 1
            else:
                job.changed[row.id] = row.shard
                job.work["removed"] += 1
            row = next(known, None)
        if one is end:
            break
        files.append(one)
        origins.append(0)
        is_known = row is not None and row.id == one.id
        if row is not None and is_known:
            if same and row.shard not in lost and is_same(row, one, by_stamp=not settings.checksum):
                origins[-1], unchanged[one.id] = row.shard, row.sha256
                if row.stamp != (stamp := job.stamp(one)):
                    job.stamps.append((stamp, one.id))
            else:
                job.changed[one.id] = row.shard
            row = next(known, None)
        job.work["unchanged" if origins[-1] else "changed" if is_known else "new"] += 1
    to_do: list[Shard] = []
    for number, (first, last) in enumerate(_cuts(files)):
        its_origins = set(origins[first:last])
        origin = min(its_origins)
        if same and len(its_origins) == 1 and origin and job.old[origin].files == last - first:
            job.reused[origin] = number
            continue
        kept = {one.id: unchanged[one.id] for one in files[first:last] if one.id in unchanged}
        sources = [
            (old.number, tail)
            for old in sorted((job.old[id_] for id_ in its_origins if id_), key=lambda old: old.number)
            for tail in sorted({key.partition("/")[2] for key in old.parts})
        ]
        documents = tuple(files[first:last])
        to_do.append(Shard(number, documents, _key(job, documents), kept, tuple(sources)))
    done = {shard.key for shard in to_do if (settings.folder(shard) / _DONE).exists()}
    job.shards = tuple(shard for shard in to_do if shard.key not in done)
    job.staged = tuple(shard for shard in to_do if shard.key in done)
    if job.staged:
        job.work["resumed"] = sum(len(shard.documents) - len(shard.kept) for shard in job.staged)
    keys = {shard.key for shard in to_do}
    for folder in settings.staging.glob("shards/*"):
        if folder.name not in keys:
            shutil.rmtree(folder)


def _key(job: Job, documents: tuple[read.Found, ...]) -> str:
    """What a shard that was done by a run that was broken off is known by."""
    digest = hashlib.sha256(job.fingerprint.encode())
    if job.settings.format in TEXT_SUFFIXES:  # they are not synced one by one, so after a loss of power nobody knows
        with suppress(OSError):
            digest.update(_BOOT.read_bytes())
    for one in documents:
        # Of what cannot be known by its stamp, it cannot be told whether it is still the same.
        stamp = job.stamp(one) or job.settings.run
        digest.update(f"\0{one.id}\0{one.size}\0{stamp}".encode())
    return digest.hexdigest()[:32]


def _check_ours(output: Path) -> None:
    """Refuse to touch a folder that holds anything but an earlier run."""
    if not output.is_dir():
        return
    names = {path.name for path in output.iterdir()}
    if names and (STAGING not in names or names - {STAGING, *_PUBLISHED}):
        other = min(names - {STAGING, *_PUBLISHED} or names)
        raise InputError(
            f"The output folder {output} holds something else ({other}): choose an empty folder, or one that copydesk wrote."
        )


def _cuts(files: list[read.Found]) -> Iterator[tuple[int, int]]:
    """Where shards begin and end.

    A shard ends before a file whose id has a small hash; how small depends on the size of the file.  That
    happens about once in as much as a shard may hold; one in which it did not is cut where it is full.
    """
    first = size = 0
    for number, one in enumerate(files):
        share = 1 / _SHARD_DOCUMENTS + one.size / _SHARD_BYTES
        is_full = number - first == _SHARD_DOCUMENTS or size + one.size > _SHARD_BYTES
        if number > first and (is_full or zlib.crc32(one.id.encode()) < share * 2**32):
            yield first, number
            first, size = number, 0
        size += one.size
    yield first, len(files)


@dataclass(slots=True)
class _Progress:
    """How far a shard is.

    Attributes:
        part: the number of the part that is written, counted in the shard.
        files: how many files are done.
        inside: how many documents of the next one.
        balance: of the parts that are finished.
        facts: of the files that are done: the SHA-256, and whether to clean it again next time, see `state.Row`.
        again: whether to clean the next one again.
    """

    part: int = 0
    files: int = 0
    inside: int = 0
    balance: Balance = field(default_factory=Balance)
    facts: list[tuple[str, bool]] = field(default_factory=list)
    again: bool = False

    @classmethod
    def load(cls, path: Path) -> "_Progress":
        """What `save` left there, if it did."""
        try:
            saved = orjson.loads(path.read_bytes())
        except FileNotFoundError:
            return cls()
        return cls(**saved | {"balance": Balance.load(saved["balance"])})

    def save(self, path: Path) -> None:
        aside = path.with_suffix(".new")
        aside.unlink(missing_ok=True)  # see `Parts`
        aside.write_bytes(orjson.dumps(self))
        sync(aside)
        aside.replace(path)
        sync(path.parent)


def clean_shard(watch: Watch, settings: Settings, shard: Shard) -> Balance:
    """Clean the documents of one shard and write its parts into the staging folder.

    Broken off at any moment and called again, it goes on behind the last part that it finished, and what it
    writes is the same.

    Args:
        watch: what is told of every step, and knows those to leave out.
        settings: of the run.
        shard: which documents.

    Returns:
        The numbers of the shard, which balance.

    Raises:
        OutputError: the staging folder cannot be written.
    """
    with _writing(settings.output):
        return _clean_shard(watch, settings, shard)


def _clean_shard(watch: Watch, settings: Settings, shard: Shard) -> Balance:
    from cleaners import matching

    writer = _Desk(settings, shard)
    matching.matcher(writer.book)
    if not gc.get_freeze_count():  # all that stays is there; to look through it for garbage takes a twentieth of the time
        gc.freeze()
    folder = settings.folder(shard)
    folder.mkdir(parents=True, exist_ok=True)
    progress = _Progress.load(folder / _PROGRESS)
    documents = _documents(watch, settings, shard, progress)
    more = True
    while more:
        # A name behind the first that sorts behind it.
        name = "part" + (f"_{progress.part:05d}" if progress.part else "")
        balance, size, inside = Balance(), 0, 0  # bytes of the part, and those that are of the file at hand
        sha256 = None
        with Parts(folder, name, writer.format) as parts:
            for step, came in documents:
                if came is None:
                    progress.facts.append(_fact(shard, progress, sha256))
                    progress.again, inside, sha256 = False, 0, None
                    if size >= _PART_BYTES:
                        break
                    continue
                balance.documents["in"] += 1
                if isinstance(came, _Copy):
                    came.write(parts, balance)
                    length, may_end = came.bytes, came.is_last
                else:
                    length, may_end = len(came.raw or b""), True
                    if step in watch.given_up:
                        record = writer.give_up(came, parts, *watch.given_up[step])
                    else:
                        watch.begin(step, step // 2 - progress.files)
                        record = writer.clean(came, parts, balance)
                    progress.again |= record.get("error", {}).get("type") in _AGAIN
                    if came.record is None and "source" in record:
                        sha256 = (record["source"]["sha256"], record["source"]["bytes"])
                size += _DOCUMENT_BYTES + length
                inside += _DOCUMENT_BYTES + length
                if inside >= _PART_BYTES and may_end:
                    break
            else:
                more = False
            for kind, counted_as in _COUNTED_AS.items():
                balance.documents[counted_as] = parts.written[kind]
        parts.sync()
        progress.balance.add(balance)
        if more:
            progress.part += 1
            progress.save(folder / _PROGRESS)
    progress.balance.files = progress.files
    progress.balance.check(len(shard.documents))
    progress.save(folder / _DONE)
    return progress.balance


def _documents(
    watch: Watch, settings: Settings, shard: Shard, progress: _Progress
) -> "Iterator[tuple[int, read.Raw | read.Failed | _Copy | None]]":
    """The documents that are still to do, each with the step of cleaning it, and None at the end of each file.

    Keeps `progress` up to date.  Reading on is a step, and so is cleaning what came.  To find the end of a file is to
    read on, too.

    What reading raises, and reading that was given up, are values here, too.  They cost the rest of their
    file, for a reader cannot be trusted to go on behind them.
    """
    step = 2 * (progress.balance.documents["in"] - progress.inside + progress.files)
    published = _Published(settings.output, shard.sources, settings.format or "files")
    for found in shard.documents[progress.files :]:
        done, inside = progress.inside, 0
        came: read.Raw | read.Failed | _Copy | None
        source: Iterator[read.Raw | read.Failed | _Copy]
        is_kept = found.id in shard.kept
        source = published.copies(found.id) if is_kept else read.documents(found, settings.fields)
        while True:
            try:
                if (loss := watch.given_up.get(step)) and not is_kept:
                    source, came = iter(()), _rest(found, inside, *loss)
                else:
                    watch.begin(step, step // 2 - progress.files)
                    came = next(source, None)
                    if came is None and inside == 0:
                        came = _rest(found, inside, "Empty", "the file holds no document")
            except MemoryError:
                raise
            except Exception as error:
                if is_kept:
                    raise
                # Whatever a reader meets, it is told and the other files are read.
                source, came = iter(()), _rest(found, inside, type(error).__name__, str(error))
            step += 2
            if came is None:
                break
            inside += 1
            if inside > done:
                progress.inside = inside
                yield step - 1, came
        progress.files, progress.inside = progress.files + 1, 0
        yield step, None


def _rest(found: read.Found, inside: int, type_: str, message: str) -> read.Failed:
    """A file, or what stands in it behind the documents that could be read."""
    if inside:
        return read.Failed(f"{found.id}#rest", found.id, "rest", type_, f"{message}; this is all that follows document {inside}")
    return read.Failed(found.id, found.id, None, type_, message)


def _fact(shard: Shard, progress: _Progress, only: tuple[str | None, int] | None) -> tuple[str, bool]:
    """What is known of the file that was just done, see `_Progress.facts`.

    Args:
        shard: of the file.
        progress: which says which file that is.
        only: SHA-256 and size of the document if it may be the file.
    """
    found = shard.documents[progress.files - 1]
    if found.id in shard.kept:
        kept = shard.kept[found.id]
        return kept or "", kept is None
    if found.url is not None:
        return "", progress.again
    sha256 = only[0] if only and only[0] and only[1] == found.size else file_sha256(found.path)
    try:
        status = found.path.stat()
        if found.stamp is not None and (found.stamp != status.st_mtime_ns or found.size not in (0, status.st_size)):
            sha256 = ""  # it was changed meanwhile
    except OSError:
        pass  # it could not be read, then, and `sha256` says so
    return sha256 or "", progress.again or not sha256


class _Copy(NamedTuple):
    """A document whose records are copied from the published output.

    Attributes:
        kind: of the record.
        record: itself.
        row: the record as it stands there.
        ledger: the same for its ledger, if it has one.
        is_last: whether it is the last of its file in the part.
    """

    kind: Kind
    record: Record
    row: Any
    ledger: tuple[Record, Any] | None
    is_last: bool = False

    @property
    def source(self) -> Record:
        """Where the document came from."""
        source: Record = self.record["provenance" if self.ledger else "source"]
        return source["source"] if self.ledger else source

    @property
    def bytes(self) -> int:
        """How large the document was as it came in."""
        return self.source["bytes"] or 0

    def write(self, parts: Parts, balance: Balance) -> None:
        """Write it again, and count it.  Its clean text is in its place already."""
        parts.copy(self.kind, self.row)
        if self.ledger:
            record, row = self.ledger
            parts.copy("ledger", row)
            balance.count(self.record, records.changes_of(record))


class _Published:
    """The records of the published output, file by file, in the order of the files."""

    def __init__(self, output: Path, sources: Iterable[tuple[int, str]], format_: Format) -> None:
        self._output, self._format = output, format_
        self._sources = iter(sources)
        self._kinds: list[_Ahead] = []  # of the part at hand

    def copies(self, id_: str) -> Iterator[_Copy]:
        """The records of a file.  They may stand in many parts; of each, they come in an order of their own.

        Raises:
            ValueError: there are none, or the parts are damaged.
        """
        count = 0
        while True:
            last = None
            for kind in self._kinds:
                for copy in kind.of(id_):
                    if last:
                        yield last
                    last = copy
                    count += 1
            if last:
                yield last._replace(is_last=True)
            if any(kind.next for kind in self._kinds):
                break
            if (source := next(self._sources, None)) is None:
                break
            self._kinds = [_Ahead(self._records(kind, *source)) for kind in _COUNTED_AS]
        if not count:
            raise ValueError(f"{self._output}: the records of {id_} are not where they were put; run it again with --force")

    def _records(self, kind: Kind, number: int, tail: str) -> Iterator[_Copy]:
        part = publish.part_path(self._output, number, f"{kind}/{tail}")
        if part.exists():
            ledgers: Iterable[Any] = repeat(None)
            if kind == "documents":
                ledgers = rows(publish.part_path(self._output, number, f"ledger/{tail}"))
            for (record, row), ledger in zip(rows(part), ledgers, strict=False):
                yield _Copy(kind, record, row, ledger)


class _Ahead:
    """Records that are read one ahead."""

    def __init__(self, records_: Iterator[_Copy]) -> None:
        self._records = records_
        self.next = next(records_, None)

    def of(self, id_: str) -> Iterator[_Copy]:
        """Those of a file; those of files before it are passed over."""
        while self.next and (path := self.next.source["path"]) <= id_:
            if path == id_:
                yield self.next
            self.next = next(self._records, None)


class _Desk:
    """What cleaning one document after the other needs."""

    def __init__(self, settings: Settings, shard: Shard) -> None:
        self.book = rules.load(settings.rules)
        self.pipeline = settings.pipeline()
        self.format = settings.format or "files"
        self.cut = None if settings.cut == "off" else settings.cut
        self.text = settings.folder(shard) / "text" if self.format in TEXT_SUFFIXES else None

    def clean(self, came: read.Raw | read.Failed, parts: Parts, balance: Balance) -> Record:
        """Clean a document and write what became of it; returns what tells its source, and its error if it has one."""
        from cleaners import desk  # what cleans is imported where the work is done, which is not in the process that hands it out

        done = desk.process(came, self.book, self.pipeline, self.cut)
        if isinstance(done, desk.LeftOut):
            parts.write(*done)
            return done.record
        parts.write("documents", done.record)
        parts.write("ledger", done.ledger)
        balance.count(done.record, done.cleaned.changes)
        provenance: Record = done.record["provenance"]
        if self.text:
            content = records.text_file(done.record, markdown=self.format == "markdown")
            write_text(self.text, provenance["source"], content, TEXT_SUFFIXES[self.format])
        return provenance

    def give_up(self, came: read.Raw | read.Failed, parts: Parts, type_: str, message: str) -> Record:
        """Put a document on which worker processes died into quarantine."""
        source = records.source(came)
        record = records.quarantine(came.id, source, "clean", type_, message)
        parts.write("quarantine", record)
        if self.text:  # the last thing that was done may have been to write it
            remove_text(self.text, source, TEXT_SUFFIXES[self.format])
        return record


def finish(job: Job, balances: Iterable[Balance], **about: Any) -> Balance:
    """Put the staged output in its place, with the balance of the run.

    Args:
        job: the run.
        balances: what `clean_shard` returned, for every shard; asked for one after the other.
        about: facts about this run alone, for the "run" part of run.json.

    Raises:
        UnbalancedError: documents are missing; nothing was published.
        OutputError: the output cannot be written; nothing was published.
    """
    total = Balance()
    for balance in balances:
        total.add(balance)
    settings, output = job.settings, job.settings.output
    with _writing(output):
        for shard in job.staged:
            total.add(_Progress.load(settings.folder(shard) / _DONE).balance)
        for id_ in job.reused:
            total.add(Balance.load(job.old[id_].balance))
        done = sorted((*job.shards, *job.staged), key=lambda shard: shard.number)
        total.check(sum(len(shard.documents) for shard in done) + sum(job.old[id_].files for id_ in job.reused))
        total.work = job.work
        summary = orjson.dumps(_summary(job, total, about), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        if not done and len(job.reused) == len(job.old):  # then none of them has another number, either
            job.state.record(None, job.fingerprint, job.reused, (), job.stamps)
            aside = settings.staging / "run.json"
            aside.write_bytes(summary)
            aside.replace(output / "run.json")
            shutil.rmtree(settings.staging)
        else:
            _publish(job, done, summary)
    job.held.close()
    return total


def _publish(job: Job, done: list[Shard], summary: bytes) -> None:
    settings, output = job.settings, job.settings.output
    staged = [publish.Staged(settings.folder(shard), shard.number) for shard in done]
    replace_texts = not job.reused and not any(shard.kept for shard in done)
    publish.prepare(
        output,
        settings.run,
        ((job.old[id_], number) for id_, number in job.reused.items()),
        staged,
        () if replace_texts else _stale_texts(job, done),
        summary,
        replace_texts=replace_texts,
    )
    with _undisturbed():
        job.state.record(
            settings.run,
            job.fingerprint,
            job.reused,
            (_new(job, shard, ready) for shard, ready in zip(done, staged, strict=True)),
            job.stamps,
        )
        publish.complete(output, job.state)


def _new(job: Job, shard: Shard, ready: publish.Staged) -> NewShard:
    progress = _Progress.load(ready.folder / _DONE)
    parts = {publish.part_key(part): part.stat().st_size for part in ready.parts()}
    files = [
        (one.id, one.size, job.stamp(one), sha256, int(again))
        for one, (sha256, again) in zip(shard.documents, progress.facts, strict=True)
    ]
    return NewShard(shard.number, orjson.loads(orjson.dumps(progress.balance)), parts, files)


def _stale_texts(job: Job, done: list[Shard]) -> Iterator[str]:
    """The clean texts of documents that are not published any more."""
    settings = job.settings
    suffix = TEXT_SUFFIXES.get(settings.format or "files")
    if suffix is None:
        return
    now_in = {one.id: settings.folder(shard) / "text" for shard in done for one in shard.documents if one.id in job.changed}
    for id_ in sorted(set(job.changed.values())):
        old = job.old[id_]
        for key in sorted(key for key in old.parts if key.startswith("documents/")):
            for record, _row in rows(publish.part_path(settings.output, old.number, key)):
                source = record["provenance"]["source"]
                if source["path"] in job.changed:
                    places = list(text_places(Path(), source, suffix))
                    folder = now_in.get(source["path"])
                    if folder is None or not any(os.path.lexists(folder / place) for place in places):
                        yield from map(str, places)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Ctrl-C and SIGTERM come too late: what is begun here is done in a moment, and to break it off would be to do it later."""
    if threading.current_thread() is not threading.main_thread():  # only that one may handle signals
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _summary(job: Job, total: Balance, about: Mapping[str, Any]) -> Record:
    """The content of run.json."""
    settings = job.settings
    pipeline = settings.pipeline()
    files = {name: job.work[name] for name in ("new", "changed", "unchanged", "removed", "kept", "resumed")}
    return total.as_record() | {
        "run": {"id": settings.run, "finished": now(), "host": platform.node(), "files": files, **about},
        "pipeline": pipeline,
        "version": pipeline["version"],
        "config": {
            "input": str(settings.input),
            "output": str(settings.output),
            "format": settings.format,
            "rules": [str(path) for path in settings.rules],
            "timeout": settings.timeout,
            "memory": settings.memory,
            "fields": asdict(settings.fields),
            "cut": settings.cut,
        },
    }


def check_quarantine(total: Balance, most: float) -> None:
    """Make sure that no more than a share of the documents of a run is in quarantine.

    Raises:
        TooMuchError: there are more.
    """
    there, all_ = total.documents["quarantined"], total.documents["in"]
    if there > most * all_:
        raise TooMuchError(
            f"{there:,} of {all_:,} documents are in quarantine, more than {most:.0%}: see quarantine/ for the reasons. "
            "The result is published."
        )


def now() -> str:
    """The time, in UTC, as run.json has it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def crew(job: Job, workers: int | None) -> tuple[int, Crew]:
    """The workers of a run: how many there are, and what hands them their shards.

    As many processes as there are cores if not given, but no more than shards.
    """
    workers = max(min(workers or os.cpu_count() or 1, len(job.shards)), 1)
    scratch = (job.settings.output / STAGING).resolve()  # nothing is written outside the output
    return workers, Crew(workers, Limits(job.settings.timeout, job.settings.memory), scratch)


class Done(NamedTuple):
    """How far a run is."""

    documents: int
    files: int
    all_files: int


def clean_folder(
    settings: Settings, *, workers: int | None = None, tick: Callable[[Done], object] = lambda _done: None
) -> Balance:
    """Do a whole run on this machine.

    Args:
        settings: what to do.
        workers: see `crew`.
        tick: called some times a second with what is done.

    Raises:
        InputError, RuleError: nothing was written.
        OutputError: the output cannot be written; nothing was published.
        UnbalancedError: nothing was published.
        WorkerError: no worker process can be had; nothing was published.
    """
    started = now()
    with plan(settings) as job:
        workers, hands = crew(job, workers)

        def balances() -> Iterator[Balance]:
            # Left, the crew ends its processes; the threads, which waited for them, end then.
            with ThreadPoolExecutor(workers) as threads, hands:
                results = [threads.submit(hands.do, clean_shard, job.settings, shard) for shard in job.shards]
                yield from _ticking(hands, job, results, tick)

        return finish(job, balances(), started=started, workers=workers, prefect_flow_run_id=None)


def _ticking(hands: Crew, job: Job, results: list[Future[Balance]], tick: Callable[[Done], object]) -> Iterator[Balance]:
    """The results, in order, with a tick from time to time while they are waited for."""
    documents = files = 0
    all_files = sum(len(shard.documents) for shard in job.shards)
    for result in results:
        while True:
            try:
                balance = result.result(timeout=_TICK)
                break
            except TimeoutError:
                tick(Done(documents + hands.done(), files, all_files))
        documents += balance.documents["in"]
        files += balance.files
        tick(Done(documents, files, all_files))
        yield balance
