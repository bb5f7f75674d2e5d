"""A run: a folder of dumps in, the folder that the output contract describes out.

`plan` looks at the input and cuts it into shards, `clean_shard` does the work of one shard, `finish`
publishes the results of all.  The command line calls the three in a row, the Prefect flow makes a task
of each shard; both write the same bytes.

Everything is written into a staging folder inside the output first, and only a whole run that balances
takes the place of what was there.

The work is done in processes of `cleaners.workers`: a document on which they die goes to quarantine.
"""

import gc
import os
import platform
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from uuid import uuid4

import orjson

from cleaners import read, records, rules
from cleaners.records import Record
from cleaners.workers import Crew, Limits, Watch
from cleaners.write import KINDS, TEXT_SUFFIXES, Format, Kind, Parts, remove_text, write_text

if TYPE_CHECKING:
    from cleaners.pipeline import Cleaned

_COUNTED_AS: dict[Kind, str] = {"documents": "published", "dropped": "dropped", "quarantine": "quarantined"}

STAGING = ".copydesk"
"""The folder inside the output in which a run is prepared, and by which an output folder of ours is known."""

_PROGRESS = "progress"  # beside the parts, while they are made: what is not published

_PUBLISHED = ("documents", "ledger", "dropped", "quarantine", "text", "run.json", "report.html")
# A shard is what one worker does at a time, and one part of the output: large enough that opening files
# and starting tasks cost nothing beside it, small enough that two cores share a small archive.
_SHARD_DOCUMENTS = 2000
_SHARD_BYTES = 32_000_000
# A file that holds many documents makes many parts.  When a worker dies, what it had of a part is done again.
_PART_BYTES = 64_000_000
_DOCUMENT_BYTES = 1000  # what a document costs beside its bytes
_TICK = 0.2  # seconds
_LONGEST = 86_400  # seconds for a document: a day
_SMALLEST = 256  # megabytes for a worker, which takes about 50 before it has read anything


Cut = Literal["off", "cautious", "balanced", "eager"]
"""What the line model may take: nothing, or what is less probable to be main text than its thresholds say."""


class InputError(ValueError):
    """What the user asked for cannot be done; the message is one sentence that says why, and what to do."""


class UnbalancedError(RuntimeError):
    """Documents are missing from the result: a bug, and the reason why nothing was published."""


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
        cut: what the line model may take of what the rules leave.
    """

    input: Path | str
    output: Path
    format: Format | None = None
    rules: tuple[Path, ...] = ()
    timeout: float = 60
    memory: int = 2048
    fields: read.Fields = field(default_factory=read.Fields)
    cut: Cut = "cautious"

    @property
    def staging(self) -> Path:
        """Where the run prepares its output."""
        return self.output / STAGING / "staging"

    def pipeline(self) -> Record:
        """What cleans the documents: version, rules, and the options that decide the result."""
        decisive = {f"{name}_field": value for name, value in asdict(self.fields).items() if value is not None}
        decisive["cut"] = self.cut
        return records.pipeline(decisive, rules.sha256(self.rules))


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
    """What became of the documents of a shard or of a whole run, in numbers.

    Attributes:
        files: how many files were read.
        documents: how many came "in", and were "published", "dropped" and "quarantined".
        chars: of the published documents, as in their `provenance`.
        rule_edits: how many edits each rule had a hand in.
        rule_chars: how many characters each rule took out.
    """

    files: int = 0
    documents: Counter[str] = field(default_factory=Counter)
    chars: Counter[str] = field(default_factory=Counter)
    rule_edits: Counter[str] = field(default_factory=Counter)
    rule_chars: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Balance") -> None:
        """Add the numbers of another shard."""
        self.files += other.files
        self.documents.update(other.documents)
        self.chars.update(other.chars)
        self.rule_edits.update(other.rule_edits)
        self.rule_chars.update(other.rule_chars)

    def count(self, record: Record, cleaned: "Cleaned") -> None:
        """Add the characters and edits of a published document."""
        self.chars.update(record["provenance"]["chars"])
        self.rule_edits.update(record["provenance"]["edits"])
        for change in cleaned.changes:
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
    """Find the input, cut it into shards, and prepare an empty staging folder.

    Raises:
        InputError: the run is not possible; then nothing was written.
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
    try:
        shutil.rmtree(settings.staging, ignore_errors=True)
        settings.staging.mkdir(parents=True)
    except OSError as error:
        raise InputError(f"The output folder {settings.output} cannot be written: {error.strerror}.") from error
    if settings.input == read.STDIN:  # the workers have none
        spooled = settings.staging / _PROGRESS / "stdin"
        spooled.parent.mkdir()
        with spooled.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        found = [read.Found("stdin", spooled, spooled.stat().st_size)]
    many = any(read.is_container(one) for one in found)
    return Job(replace(settings, format=settings.format or ("jsonl" if many else "files")), tuple(_shards(found)))


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


@dataclass(slots=True)
class _Progress:
    """How far a shard is.

    Attributes:
        part: the number of the part that is written, counted in the shard.
        files: how many files are done.
        inside: how many documents of the next one.
        balance: of the parts that are finished.
    """

    part: int = 0
    files: int = 0
    inside: int = 0
    balance: Balance = field(default_factory=Balance)

    @classmethod
    def load(cls, path: Path) -> "_Progress":
        """What `save` left there, if it did."""
        try:
            saved = orjson.loads(path.read_bytes())
        except FileNotFoundError:
            return cls()
        numbers = saved.pop("balance")
        return cls(balance=Balance(numbers.pop("files"), *map(Counter, numbers.values())), **saved)

    def save(self, path: Path) -> None:
        path.parent.mkdir(exist_ok=True)
        aside = path.with_suffix(".new")
        aside.write_bytes(orjson.dumps(self))
        aside.replace(path)


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
    """
    from cleaners import matching

    writer = _Desk(settings)
    matching.matcher(writer.book)
    if not gc.get_freeze_count():  # all that stays is there; to look through it for garbage takes a twentieth of the time
        gc.freeze()
    saved = settings.staging / _PROGRESS / f"{shard.number:05d}.json"
    progress = _Progress.load(saved)
    documents = _documents(watch, shard, progress, settings.fields)
    more = True
    while more:
        # A name behind the first that sorts behind it.
        name = f"part-{shard.number:05d}" + (f"_{progress.part:05d}" if progress.part else "")
        balance, size = Balance(), 0
        with Parts(settings.staging, name, writer.format) as parts:
            for step, came in documents:
                size += _DOCUMENT_BYTES + len(came.raw or b"")
                balance.documents["in"] += 1
                if step in watch.given_up:
                    writer.give_up(came, parts, *watch.given_up[step])
                else:
                    watch.begin(step, step // 2 - progress.files)
                    writer.clean(came, parts, balance)
                if size >= _PART_BYTES:
                    break
            else:
                more = False
            for kind, counted_as in _COUNTED_AS.items():
                balance.documents[counted_as] = parts.written[kind]
        progress.balance.add(balance)
        if more:
            progress.part += 1
            progress.save(saved)
    progress.balance.files = progress.files
    progress.balance.check(len(shard.documents))
    return progress.balance


def _documents(
    watch: Watch, shard: Shard, progress: _Progress, fields: read.Fields
) -> Iterator[tuple[int, read.Raw | read.Failed]]:
    """The documents that are still to do, each with the step of cleaning it; keeps `progress` up to date.

    Reading on is a step, and so is cleaning what came.  To find the end of a file is to read on, too.

    What reading raises, and reading that was given up, are values here, too.  They cost the rest of their
    file, for a reader cannot be trusted to go on behind them.
    """
    step = 2 * (progress.balance.documents["in"] - progress.inside + progress.files)
    for found in shard.documents[progress.files :]:
        done, inside = progress.inside, 0
        came: read.Raw | read.Failed | None
        source = read.documents(found, fields)
        while True:
            try:
                if loss := watch.given_up.get(step):
                    source, came = iter(()), _rest(found, inside, *loss)
                else:
                    watch.begin(step, step // 2 - progress.files)
                    came = next(source, None)
                    if came is None and inside == 0:
                        came = _rest(found, inside, "Empty", "the file holds no document")
            except MemoryError:
                raise
            except Exception as error:  # noqa: BLE001  whatever a reader meets, it is told and the other files are read
                source, came = iter(()), _rest(found, inside, type(error).__name__, str(error))
            step += 2
            if came is None:
                break
            inside += 1
            if inside > done:
                progress.inside = inside
                yield step - 1, came
        progress.files, progress.inside = progress.files + 1, 0


def _rest(found: read.Found, inside: int, type_: str, message: str) -> read.Failed:
    """A file, or what stands in it behind the documents that could be read."""
    if inside:
        return read.Failed(f"{found.id}#rest", found.id, "rest", type_, f"{message}; this is all that follows document {inside}")
    return read.Failed(found.id, found.id, None, type_, message)


class _Desk:
    """What cleaning one document after the other needs."""

    def __init__(self, settings: Settings) -> None:
        self.book = rules.load(settings.rules)
        self.pipeline = settings.pipeline()
        self.format = settings.format or "files"
        self.cut = None if settings.cut == "off" else settings.cut
        self.text = settings.staging / "text" if self.format in TEXT_SUFFIXES else None

    def clean(self, came: read.Raw | read.Failed, parts: Parts, balance: Balance) -> None:
        """Clean a document and write what became of it."""
        from cleaners import desk  # what cleans is imported where the work is done, which is not in the process that hands it out

        done = desk.process(came, self.book, self.pipeline, self.cut)
        if isinstance(done, desk.LeftOut):
            parts.write(*done)
            return
        parts.write("documents", done.record)
        parts.write("ledger", done.ledger)
        balance.count(done.record, done.cleaned)
        if self.text:
            content = records.text_file(done.record, markdown=self.format == "markdown")
            write_text(self.text, done.record["provenance"]["source"], content, TEXT_SUFFIXES[self.format])

    def give_up(self, came: read.Raw | read.Failed, parts: Parts, type_: str, message: str) -> None:
        """Put a document on which worker processes died into quarantine."""
        source = records.source(came)
        parts.write("quarantine", records.quarantine(came.id, source, "clean", type_, message))
        if self.text:  # the last thing that was done may have been to write it
            remove_text(self.text, source, TEXT_SUFFIXES[self.format])


def finish(job: Job, balances: Iterable[Balance], **about: Any) -> Balance:
    """Put the staged output in its place, and write the balance of the run.

    Args:
        job: the run.
        balances: what `clean_shard` returned, for every shard; asked for one after the other.
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
    shutil.rmtree(staging / _PROGRESS, ignore_errors=True)
    for path in list(staging.iterdir()):
        path.rename(output / path.name)
    for kind in KINDS:
        (output / kind).mkdir(exist_ok=True)
    pipeline_record = job.settings.pipeline()
    config = {
        "input": str(job.settings.input),
        "output": str(job.settings.output),
        "format": job.settings.format,
        "rules": [str(path) for path in job.settings.rules],
        "timeout": job.settings.timeout,
        "memory": job.settings.memory,
        "fields": asdict(job.settings.fields),
        "cut": job.settings.cut,
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


def crew(job: Job, workers: int | None) -> tuple[int, Crew]:
    """The workers of a run: how many there are, and what hands them their shards.

    As many processes as there are cores if not given, but no more than shards.
    """
    workers = min(workers or os.cpu_count() or 1, len(job.shards))
    return workers, Crew(workers, Limits(job.settings.timeout, job.settings.memory))


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
        UnbalancedError: nothing was published.
        WorkerError: no worker process can be had; nothing was published.
    """
    started = now()
    job = plan(settings)
    workers, hands = crew(job, workers)

    def balances() -> Iterator[Balance]:
        # Left, the crew ends its processes; the threads, which waited for them, end then.
        with ThreadPoolExecutor(workers) as threads, hands:
            yield from _ticking(
                hands, job, [threads.submit(hands.do, clean_shard, job.settings, shard) for shard in job.shards], tick
            )

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
