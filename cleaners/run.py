"""A run: a folder of dumps in, the folder that the output contract describes out.

`plan` looks at the input and cuts it into shards, `clean_shard` does the work of one shard, `finish`
publishes the results of all.  The command line calls the three in a row, the Prefect flow makes a task
of each shard; both write the same bytes.

Everything is written into a staging folder inside the output first, and only a whole run that balances
takes the place of what was there.
"""

import os
import platform
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any, BinaryIO, Literal, NamedTuple
from uuid import uuid4

import orjson

from cleaners import pipeline, read, records, rules
from cleaners.decode import Binary, decode
from cleaners.document import Document
from cleaners.pipeline import Cleaned
from cleaners.records import Record

Format = Literal["files", "jsonl"]
Kind = Literal["documents", "ledger", "dropped", "quarantine"]
_COUNTED_AS = {"documents": "published", "dropped": "dropped", "quarantine": "quarantined"}

STAGING = ".copydesk"
"""The folder inside the output in which a run is prepared, and by which an output folder of ours is known."""

_PUBLISHED = ("documents", "ledger", "dropped", "quarantine", "text", "run.json", "report.html")
# A shard is what one worker does at a time, and one part of the output: large enough that opening files
# and starting tasks cost nothing beside it, small enough that two cores share a small archive.
_SHARD_DOCUMENTS = 2000
_SHARD_BYTES = 32_000_000


class InputError(ValueError):
    """What the user asked for cannot be done; the message is one sentence that says why, and what to do."""


class UnbalancedError(RuntimeError):
    """Documents are missing from the result: a bug, and the reason why nothing was published."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run does.

    Attributes:
        input: a folder, or a single file.
        output: the folder to write.
        format: "files" adds the clean texts as files that mirror the input tree.
        rules: rule files to use beside those that copydesk ships.
    """

    input: Path
    output: Path
    format: Format = "files"
    rules: tuple[Path, ...] = ()

    @property
    def staging(self) -> Path:
        """Where the run prepares its output."""
        return self.output / STAGING / "staging"


@dataclass(frozen=True, slots=True)
class Shard:
    """A share of the input: the part of the output that it becomes has its number."""

    number: int
    documents: tuple[read.Found, ...]


@dataclass(frozen=True, slots=True)
class Job:
    """A run that was found to be possible."""

    settings: Settings
    shards: tuple[Shard, ...]


@dataclass(slots=True)
class Balance:
    """What became of the documents of a shard or of a whole run, in numbers."""

    documents: Counter[str] = field(default_factory=Counter)
    chars: Counter[str] = field(default_factory=Counter)
    rule_edits: Counter[str] = field(default_factory=Counter)
    rule_chars: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Balance") -> None:
        """Add the numbers of another shard."""
        self.documents.update(other.documents)
        self.chars.update(other.chars)
        self.rule_edits.update(other.rule_edits)
        self.rule_chars.update(other.rule_chars)

    def count(self, record: Record, cleaned: Cleaned) -> None:
        """Add the characters and edits of a published document."""
        self.chars.update(record["provenance"]["chars"])
        self.rule_edits.update(record["provenance"]["edits"])
        for change in cleaned.changes:
            self.rule_chars[records.decider(change)] += len(change.old)

    def check(self, expected: int) -> None:
        """Make sure that no document was lost.

        Raises:
            UnbalancedError: one was.
        """
        d = self.documents
        if not d["in"] == expected == d["published"] + d["dropped"] + d["quarantined"]:
            raise UnbalancedError(f"{expected} documents went in, but {dict(d)} were counted; nothing was published")

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
    source, output = settings.input, settings.output
    if not source.exists():
        raise InputError(f"There is no {source}: give a folder of text files, or one file.")
    inside, outside = output.resolve(), source.resolve()
    if inside == outside:
        raise InputError(f"The output {output} is the input: choose another folder for the output.")
    if outside in inside.parents:
        raise InputError(
            f"The output {output} lies inside the input {source}: the next run would clean its own output, so choose a folder outside."
        )
    if inside in outside.parents:
        raise InputError(f"The input {source} lies inside the output {output}: choose another output folder.")
    if output.exists() and not output.is_dir():
        raise InputError(f"The output {output} is a file: give a folder, which will be made if need be.")
    _check_ours(output)
    if source.is_dir() and not any(not name.startswith(".") for _, _, names in os.walk(source) for name in names):
        raise InputError(f"There is nothing to read in {source}: it holds no files but hidden ones.")
    rules.load(settings.rules)


def plan(settings: Settings) -> Job:
    """Find the input, cut it into shards, and prepare an empty staging folder.

    Raises:
        InputError: the run is not possible; then nothing was written.
        RuleError: a rule file is faulty.
    """
    check(settings)
    try:
        found = read.find(settings.input)
    except OSError as error:
        raise InputError(f"The input {settings.input} cannot be read: {error.strerror}.") from error
    if not found:
        raise InputError(f"There is nothing to read in {settings.input}: it holds no files but hidden ones.")
    try:
        shutil.rmtree(settings.staging, ignore_errors=True)
        settings.staging.mkdir(parents=True)
    except OSError as error:
        raise InputError(f"The output folder {settings.output} cannot be written: {error.strerror}.") from error
    return Job(settings, tuple(_shards(found)))


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


def _shards(found: list[read.Found]) -> Iterator[Shard]:
    number = size = 0
    documents: list[read.Found] = []
    for one in found:
        if documents and (len(documents) == _SHARD_DOCUMENTS or size + one.size > _SHARD_BYTES):
            yield Shard(number, tuple(documents))
            number, size, documents = number + 1, 0, []
        documents.append(one)
        size += one.size
    yield Shard(number, tuple(documents))


def clean_shard(settings: Settings, shard: Shard, tick: Callable[[], object] = lambda: None) -> Balance:
    """Clean the documents of one shard and write its parts into the staging folder.

    Args:
        settings: of the run.
        shard: which documents.
        tick: called after every document.

    Returns:
        The numbers of the shard, which balance.
    """
    desk = _Desk(settings)
    balance = Balance()
    with _Parts(settings.staging, shard.number) as parts:
        for found in shard.documents:
            for came in read.documents(found):
                balance.documents["in"] += 1
                kind, record, cleaned = desk.process(came)
                parts.write(kind, record)
                balance.documents[_COUNTED_AS[kind]] += 1
                if cleaned:
                    parts.write("ledger", records.ledger(came.id, cleaned))
                    balance.count(record, cleaned)
                    if settings.format == "files":
                        desk.write_text(found, cleaned)
            tick()
    balance.check(len(shard.documents))
    return balance


class _Parts(ExitStack):
    """The parts of one shard, each opened when the first record comes."""

    def __init__(self, folder: Path, number: int) -> None:
        super().__init__()
        self.folder, self.name = folder, f"part-{number:05d}.jsonl"
        self.files: dict[Kind, BinaryIO] = {}

    def write(self, kind: Kind, record: Mapping[str, Any]) -> None:
        file = self.files.get(kind)
        if file is None:
            path = self.folder / kind / self.name
            path.parent.mkdir(exist_ok=True)
            file = self.files[kind] = self.enter_context(path.open("wb"))
        file.write(records.dumps(record))


class _Desk:
    """What cleaning one document after the other needs."""

    def __init__(self, settings: Settings) -> None:
        self.book = rules.load(settings.rules)
        self.pipeline = records.pipeline({}, self.book.sha256)
        self.root = settings.input if settings.input.is_dir() else settings.input.parent
        self.text = settings.staging / "text"

    def process(self, came: read.Raw | read.Failed) -> tuple[Kind, Record, Cleaned | None]:
        """Decide what becomes of one document.

        Returns:
            Where its record belongs ("documents", "dropped" or "quarantine"), the record, and for a published
            document the result of cleaning it.
        """
        source = records.source(came)
        if isinstance(came, read.Failed):
            return "quarantine", records.quarantine(came.id, source, "read", came.type, came.message), None
        decoded = decode(came.raw, came.charset, came.media_type)
        if isinstance(decoded, Binary):
            return "quarantine", records.quarantine(came.id, source, "decode", "Binary", decoded.reason), None
        source |= records.decoding(decoded)
        if not decoded.text.strip():
            return "dropped", records.dropped(came.id, source, "drop.empty", "the input holds no text"), None
        try:
            cleaned = pipeline.clean(Document(came.id, decoded.text), self.book)
        except Exception as error:  # noqa: BLE001  whatever it is, it costs this one document and is told with it
            return "quarantine", records.quarantine(came.id, source, "clean", type(error).__name__, str(error)), None
        if not cleaned.text:
            rest = f"but the title {cleaned.title!r}" if cleaned.title else "when all boilerplate is cut"
            note = f"nothing is left of {len(decoded.text)} characters {rest}"
            return "dropped", records.dropped(came.id, source, "drop.nothing-left", note), None
        return "documents", records.document(came.id, cleaned, source, self.pipeline), cleaned

    def write_text(self, found: read.Found, cleaned: Cleaned) -> None:
        """Write title, blank line and text as a file at the document's place in the input tree."""
        path = self.text / found.path.relative_to(self.root)
        content = records.text_file(cleaned.title, cleaned.text)
        try:
            path.write_bytes(content)
        except FileNotFoundError:  # the first document of its folder
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def finish(job: Job, balances: Iterable[Balance], **about: Any) -> Balance:
    """Put the staged output in its place, and write the balance of the run.

    Args:
        job: the run.
        balances: what `clean_shard` returned, for every shard.
        about: facts about this run alone, for the "run" part of run.json.

    Raises:
        UnbalancedError: documents are missing; nothing was published.
    """
    total = Balance()
    for balance in balances:
        total.add(balance)
    total.check(sum(len(shard.documents) for shard in job.shards))
    output, staging = job.settings.output, job.settings.staging
    # What was there is moved aside, not removed, until the new result is whole: a crash in between loses neither.
    old = staging.parent / "old"
    shutil.rmtree(old, ignore_errors=True)
    old.mkdir()
    for name in reversed(_PUBLISHED):  # run.json first: without it nobody takes the folder for a finished run
        if (output / name).exists():
            (output / name).rename(old / name)
    for path in list(staging.iterdir()):
        path.rename(output / path.name)
    for kind in ("documents", "ledger", "dropped", "quarantine"):
        (output / kind).mkdir(exist_ok=True)
    pipeline_record = records.pipeline({}, rules.load(job.settings.rules).sha256)
    config = {
        "input": str(job.settings.input),
        "output": str(job.settings.output),
        "format": job.settings.format,
        "rules": [str(path) for path in job.settings.rules],
    }
    run = total.as_record() | {
        "run": {"id": uuid4().hex, "finished": now(), "host": platform.node(), **about},
        "pipeline": pipeline_record,
        "version": pipeline_record["version"],
        "config": config,
    }
    aside = staging / "run.json"
    aside.write_bytes(orjson.dumps(run, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    aside.replace(output / "run.json")
    staging.rmdir()
    shutil.rmtree(old)
    return total


def now() -> str:
    """The time, in UTC, as run.json has it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def pool(job: Job, workers: int | None) -> tuple[int, Executor]:
    """The workers of a run: how many there are, and what hands them their shards.

    As many processes as there are cores if not given, but no more than shards.  They are spawned: a forked
    process inherits locks and threads, Prefect's among others, in any state.  One worker needs no process.
    """
    workers = min(workers or os.cpu_count() or 1, len(job.shards))
    return workers, ProcessPoolExecutor(workers, get_context("spawn")) if workers > 1 else ThreadPoolExecutor(1)


def clean_folder(
    settings: Settings, *, workers: int | None = None, tick: Callable[[int, int], object] = lambda _done, _of: None
) -> Balance:
    """Do a whole run on this machine.

    Args:
        settings: what to do.
        workers: see `pool`.
        tick: called with the number of documents done and the number there are.

    Raises:
        InputError, RuleError: nothing was written.
        UnbalancedError: nothing was published.
        BrokenProcessPool: a worker was killed; nothing was published.
    """
    started = now()
    job = plan(settings)
    total = sum(len(shard.documents) for shard in job.shards)
    done = 0

    def step(n: int = 1) -> None:
        nonlocal done
        done += n
        tick(done, total)

    workers, executor = pool(job, workers)
    balances = []
    with executor:
        # A process cannot call back for every document; the thread that is the only worker can.
        each = (step,) if workers == 1 else ()
        results = [executor.submit(clean_shard, settings, shard, *each) for shard in job.shards]
        for shard, result in zip(job.shards, results, strict=True):
            balances.append(result.result())
            if not each:
                step(len(shard.documents))
    return finish(job, balances, started=started, workers=workers, prefect_flow_run_id=None)


class Output(NamedTuple):
    """An output folder, opened for reading."""

    folder: Path

    def read(self, kind: Kind) -> Iterator[Record]:
        """The records of one kind, in order.

        Raises:
            ValueError: a line is not JSON; the message names part and line.
        """
        for part in sorted((self.folder / kind).glob("part-*.jsonl")):
            with part.open("rb") as lines:
                for number, line in enumerate(lines, start=1):
                    try:
                        yield records.loads(line)
                    except ValueError as error:
                        raise ValueError(f"{part}, line {number}: {error}") from error
