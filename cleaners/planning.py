"""What a run has to do: the input, compared with that of the last run, and cut into shards.

Where a shard ends depends on a hash of the ids of the files near its end, and not on how many come
before: so a file that comes or goes changes one shard, and the parts of all others are published again as they are.
"""

import hashlib
import os
import shutil
import sys
import time
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self
from uuid import uuid4

import orjson

from cleaners import publish, read, rules
from cleaners.copies import Move
from cleaners.read import remote
from cleaners.read.source import HEAD
from cleaners.settings import InputError, Settings, writing
from cleaners.shards import DONE, Shard
from cleaners.state import LockedError, OldShard, Row, State, file_sha256, fingerprint, is_same, locked
from cleaners.write import KINDS
from cleaners.write.texts import TEXT_SUFFIXES

_PUBLISHED = (*KINDS, "text", "run.json", "report.html")
# A shard is what one worker does at a time, and one part of the output: large enough that opening files
# and starting tasks cost next to nothing, small enough that two cores share a small archive.
_SHARD_DOCUMENTS = 2000
_SHARD_BYTES = 32_000_000
# A shard takes moved records from no more shards of the last run than this.  Each has to be read, and if a million files were renamed
# at random, reading all of them for every shard would take longer than cleaning.
_MOST_ORIGINS = 32
_LONGEST = 86_400  # seconds for a document: one day
_SMALLEST = 256  # megabytes for a worker, which takes about 50 before it has read anything
_LARGEST = 1_000_000_000  # megabytes: a thousand terabytes; the system takes no number of bytes beyond 2**63
# A file that was changed just before it was read may be changed again in the same tick of its file system's clock (2 s on FAT).
# So its time proves nothing, and the next run opens it.
_TICK_OF_FILES = 2_000_000_000  # nanoseconds
_INPUTS = "a folder of dumps, a file, a pattern, an address, or - for standard input"
_BOOT = Path("/proc/sys/kernel/random/boot_id")  # changes with each start of the machine; only Linux has it


@dataclass(slots=True)
class Job:
    """A run that can be done.  It holds the lock of the output until you leave the context, or `finish` it.

    Attributes:
        settings: of the run, the format decided.
        shards: what is to be done.
        staged: what an interrupted run has done already.
        reused: the shards of the last run that stay as they are: their new numbers by their ids.
        old: all shards of the last run.
        changed: the files of the last run that are cleaned again now, or gone, and their shards.
        work: how many files are new, changed, moved, unchanged, removed and kept; how many are cleaned again for another reason than
            their content ("again"); and how many of all these an interrupted run has cleaned ("resumed").
        stamps: new stamps of files whose content is unchanged, with the ids.
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
        """The stamp of a file, if it means anything."""
        return None if isinstance(found.stamp, int) and found.stamp >= self.settled else found.stamp


def check(settings: Settings) -> None:
    """Check that a run is possible; nothing is written.

    Raises:
        InputError: there is nothing to do, or it is not allowed.
        RuleError: a rule file is faulty.
    """
    output = settings.output
    if not 0 < settings.timeout <= _LONGEST:
        raise InputError(f"The time limit is {settings.timeout:g} s, but must be more than 0 and no more than {_LONGEST:,} s.")
    if settings.memory < _SMALLEST:
        raise InputError(f"The memory limit is {settings.memory} MB, but a worker needs {_SMALLEST} MB at least.")
    if settings.memory > _LARGEST:
        raise InputError(f"The memory limit is {settings.memory} MB, but must be no more than {_LARGEST:,} MB.")
    if not 0 <= settings.warn_cut <= 1:
        raise InputError(f"The share to warn of is {settings.warn_cut:g}, but must be from 0 to 1.")
    if not str(settings.input):  # an empty shell variable, not a wish to clean the current folder
        raise InputError(f"The input is an empty name: give {_INPUTS}.")
    if read.is_path(settings.input):
        _check_apart(read.path_of(settings.input), output)
    elif "**" in str(settings.input) and "://" not in str(settings.input):  # it would match the output in the next run
        fixed = Path(str(settings.input).partition("*")[0].rpartition("/")[0] or ".").resolve()
        if fixed in output.resolve().parents:
            raise InputError(
                f"The input {settings.input} would take in the output {output}: choose another folder for the output."
            )
    if address := remote.url(output) or (str(output) if output.parts[:1] == ("file:",) else None):
        raise InputError(
            f"The output {address} is an address, but must be a folder on this machine: clean into one, and copy the result from there."
        )
    if file := next((one for one in (output, *output.parents) if os.path.lexists(one) and not one.is_dir()), None):
        what = "is a file" if file == output else f"would lie in {file}, which is a file"
        raise InputError(f"The output {output} {what}: give a folder, which will be made if need be.")
    _check_ours(output)
    if settings.rules:
        rules.load(settings.rules)


def _check_apart(source: Path, output: Path) -> None:
    """Make sure that there is an input, and that neither input nor output lies in the other."""
    if not source.exists():
        raise InputError(f"There is no file or folder {source}: give {_INPUTS}.")
    if not (source.is_dir() or source.is_file()):
        raise InputError(f"The input {source} is no regular file: give {_INPUTS}.")
    inside, outside = output.resolve(), source.resolve()
    if inside == outside:
        raise InputError(f"The output {output} is the input: choose another folder for the output.")
    if outside in inside.parents:
        raise InputError(
            f"The output {output} lies inside the input {source}: the next run would clean its own output, so choose a folder outside."
        )
    if inside in outside.parents:
        raise InputError(f"The input {source} lies inside the output {output}: choose another output folder.")
    closed: list[OSError] = []  # folders that cannot be listed: they may hold files, and `read` says what is wrong
    walk = os.walk(source, onerror=closed.append)
    if source.is_dir() and not any(not name.startswith(".") for _, _, names in walk for name in names) and not closed:
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
    settings = replace(settings, run=uuid4().hex)
    settled = time.time_ns() - _TICK_OF_FILES
    with writing(settings.output), ExitStack() as held:
        (settings.output / publish.FOLDER).mkdir(parents=True, exist_ok=True)
        try:
            held.enter_context(locked(settings.output / publish.FOLDER))
        except LockedError as error:
            raise InputError(str(error)) from None
        state = held.enter_context(closing(State(settings.output / publish.FOLDER)))
        publish.complete(settings.output, state)
        publish.take_over(settings.output, settings.run)
        if settings.force:
            shutil.rmtree(settings.staging)
            settings.staging.mkdir()
        head = b""  # of standard input, which has no name that tells whether it holds many documents
        if settings.input == read.STDIN:  # which the workers do not have
            spooled = settings.staging / "stdin"
            with spooled.open("w+b") as file:
                shutil.copyfileobj(sys.stdin.buffer, file)
                file.seek(0)
                head = file.read(HEAD)
            found = [read.Found("stdin", spooled, spooled.stat().st_size)]
        many = any(read.is_container(one, head) for one in found)
        settings = replace(settings, format=settings.format or ("jsonl" if many else "files"))
        job = Job(settings, state, fingerprint(settings.pipeline(), settings.format), settled)
        _compare(job, found)
        job.held = held.pop_all()
    return job


def _compare(job: Job, found: list[read.Found]) -> None:
    """Find out what is to be done since the last run."""
    settings = job.settings
    job.old = job.state.shards()
    compared = _Comparison(job)
    for one, row in _beside(found, job.state.files()):
        if one:
            compared.add(one, row)
        elif row and settings.keep_removed:
            compared.keep(row)
        elif row:
            compared.remove(row)
    to_do = list(compared.shards())
    if old_names := {move.id for shard in to_do for move in shard.moved.values()}:
        job.work["removed"] -= len(old_names.difference(one.id for one in found))
    done = {shard.key for shard in to_do if (settings.folder(shard.key) / DONE).exists()}
    job.shards = tuple(shard for shard in to_do if shard.key not in done)
    job.staged = tuple(shard for shard in to_do if shard.key in done)
    if job.staged:
        job.work["resumed"] = sum(len(shard.documents) - len(shard.kept) - len(shard.moved) for shard in job.staged)
    keys = {shard.key for shard in to_do}
    for folder in settings.staging.glob("shards/*"):
        if folder.name not in keys:
            shutil.rmtree(folder)


def _beside(found: list[read.Found], known: Iterator[Row]) -> Iterator[tuple[read.Found | None, Row | None]]:
    """The files of the input and those of the last run in pairs, in order of their ids; None if one side has no such id."""
    row = next(known, None)
    for one in found:
        while row and row.id < one.id:
            yield None, row
            row = next(known, None)
        if row and row.id == one.id:
            yield one, row
            row = next(known, None)
        else:
            yield one, None
    while row:
        yield None, row
        row = next(known, None)


class _Comparison:
    """The comparison of the input with that of the last run, file by file; it counts what it finds in the `Job`."""

    def __init__(self, job: Job) -> None:
        before = job.state.about("fingerprint")
        self._job = job
        self._same = before == job.fingerprint and not job.settings.force
        self._format = orjson.loads(before)[1] if before else job.settings.format  # of the last run
        self._lost = _lost(job)
        self._files: list[read.Found] = []
        # For each file the shard of the last run from which its records are copied; 0 if it is cleaned.
        self._origins: list[int] = []
        self._unchanged: dict[str, str | None] = {}  # for each file whose records are copied, as in `Shard.kept`
        self._gone: list[Row] = []
        self._again: set[str] = set()  # where records may be moved

    def keep(self, row: Row) -> None:
        """Keep the records of a file that is gone.

        Raises:
            InputError: they are lost, or of another format.
        """
        cannot = f"The record of {row.id}, which is gone from the input, cannot be kept: "
        if self._format != self._job.settings.format:
            raise InputError(
                f"{cannot}the output is {self._format}, and this run would write {self._job.settings.format}. "
                f"Run with --format {self._format}, or without --keep-removed."
            )
        if row.shard in self._lost:
            raise InputError(f"{cannot}parts of the output are missing. Run without --keep-removed.")
        self._files.append(read.Found(row.id, Path(row.id), row.size, None, row.stamp))
        self._origins.append(row.shard)
        self._unchanged[row.id] = row.sha256 if self._same and not row.again else None
        self._job.work["kept"] += 1

    def remove(self, row: Row) -> None:
        """Leave out the records of a file that is gone."""
        self._give_up(row)
        self._job.work["removed"] += 1

    def add(self, one: read.Found, row: Row | None) -> None:
        """Take in a file, and what the last run knew of it."""
        kind, origin = "new", 0
        if row and self._same and row.shard not in self._lost and is_same(row, one, by_stamp=not self._job.settings.checksum):
            kind, origin = "unchanged", row.shard
            self._unchanged[one.id] = row.sha256
            if row.stamp != (stamp := self._job.stamp(one)):
                self._job.stamps.append((stamp, one.id))
        elif row:
            kind = "again" if not self._same or row.shard in self._lost or row.again else "changed"
            self._give_up(row)
        self._files.append(one)
        self._origins.append(origin)
        self._job.work[kind] += 1
        if kind == "again" and self._same:
            self._again.add(one.id)

    def _give_up(self, row: Row) -> None:
        """Note that a file gets new records, or none; its old ones may be moved to another name."""
        self._job.changed[row.id] = row.shard
        if self._same and row.shard not in self._lost:
            self._gone.append(row)

    def shards(self) -> Iterator[Shard]:
        """What is to be done; shards that stay as they are are reused."""
        files, origins, job = self._files, self._origins, self._job
        moves = _moves(self._gone, (one for one, origin in zip(files, origins, strict=True) if not origin))
        for number, (first, last) in enumerate(_cuts(files)):
            documents, its_origins = tuple(files[first:last]), set(origins[first:last])
            origin = min(its_origins)
            if self._same and len(its_origins) == 1 and origin and job.old[origin].files == last - first:
                job.reused[origin] = number
                continue
            kept = {one.id: self._unchanged[one.id] for one in documents if one.id in self._unchanged}
            sources = _sources(job.old[id_] for id_ in its_origins if id_)
            yield Shard(number, documents, _key(job, documents), kept, sources, _moved(job, documents, moves, self._again))


def _lost(job: Job) -> set[int]:
    """The shards of the last run of which something is missing."""
    output, has_texts = job.settings.output, job.settings.format in TEXT_SUFFIXES
    texts_lost = has_texts and not (output / "text").is_dir()
    lost = {
        id_
        for id_, old in job.old.items()
        if not publish.is_whole(output, old) or (texts_lost and old.balance["documents"].get("published"))
    }
    return set(job.old) if lost and has_texts else lost  # nobody knows which texts belonged to what is lost


def _moves(gone: list[Row], files: Iterable[read.Found]) -> dict[str, Row]:
    """Of the files that would be cleaned, those that were in the last run under another name, and their rows there."""
    candidates: dict[tuple[int, str], list[Row]] = {}
    for row in reversed(gone):  # so that `pop` takes the first one first
        if row.size and row.sha256 and not row.again:
            candidates.setdefault((row.size, row.sha256), []).append(row)
    sizes = {size for size, _ in candidates}
    moves: dict[str, Row] = {}
    for one in files:
        if one.size in sizes and one.url is None and (rows := candidates.get((one.size, file_sha256(one.path)))):
            with suppress(OSError):
                if read.is_read_alike(one, rows[-1].id):
                    moves[one.id] = rows.pop()
    return moves


def _moved(job: Job, documents: tuple[read.Found, ...], moves: dict[str, Row], again: set[str]) -> dict[str, Move]:
    """The files of a shard whose records are moved; they are counted as moved, and no longer as new, changed or again."""
    origins = Counter(moves[one.id].shard for one in documents if one.id in moves)
    sources = {id_: _sources([job.old[id_]]) for id_, _ in origins.most_common(_MOST_ORIGINS)}
    moved = {one.id: moves[one.id] for one in documents if one.id in moves and moves[one.id].shard in sources}
    for id_ in moved:
        job.work["moved"] += 1
        job.work["again" if id_ in again else "changed" if id_ in job.changed else "new"] -= 1
    return {id_: Move(row.id, row.sha256, sources[row.shard]) for id_, row in moved.items()}


def _sources(shards: Iterable[OldShard]) -> tuple[tuple[int, str], ...]:
    """The parts of shards of the last run, see `Shard.sources`."""
    return tuple(
        (old.number, tail)
        for old in sorted(shards, key=lambda old: old.number)
        for tail in sorted({key.partition("/")[2] for key in old.parts})
    )


def _key(job: Job, documents: tuple[read.Found, ...]) -> str:
    """The key by which a later run recognises a shard that is done."""
    digest = hashlib.sha256(job.fingerprint.encode())
    if job.settings.format in TEXT_SUFFIXES:  # they are not synced one by one, so after a power loss they may be missing
        with suppress(OSError):
            digest.update(_BOOT.read_bytes())
    for one in documents:
        # Without a stamp that means anything, nobody knows whether a file is still the same.
        stamp = job.stamp(one) or job.settings.run
        digest.update(f"\0{one.id}\0{one.size}\0{stamp}".encode())
    return digest.hexdigest()[:32]


def _check_ours(output: Path) -> None:
    """Refuse to touch a folder that holds anything but an earlier run."""
    if not output.is_dir():
        return
    # Systems leave hidden files wherever somebody looks, and these are in nobody's way.
    names = {path.name for path in output.iterdir() if path.name == publish.FOLDER or not path.name.startswith(".")}
    others = names - {publish.FOLDER, *_PUBLISHED}
    if others or (names and publish.FOLDER not in names):
        raise InputError(
            f"The output folder {output} holds something else ({min(others or names)}): "
            "choose an empty folder, or one that copydesk wrote."
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
