"""A run: a folder of dumps in, the folder that the output contract describes out.

`plan` says what there is to do, in shards; `clean_shard` does the work of one shard; `finish` publishes all
results.  The command line calls the three in turn, the Prefect flow makes a task of each shard; both write the same bytes.

Everything is first written into a staging folder inside the output, and only a complete run that balances
replaces what was there (see `cleaners.publish`).  An interrupted run leaves its finished shards to the next one.

The processes of `cleaners.workers` do the work: a document on which they die goes to quarantine.
"""

import os
import platform
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from cleaners import history, publish, report, rules
from cleaners.balance import Balance
from cleaners.history import Past
from cleaners.planning import Job, plan
from cleaners.read import valid
from cleaners.records import Record
from cleaners.settings import Settings, writing
from cleaners.shards import DONE, Progress, Shard, clean_shard
from cleaners.signals import handled
from cleaners.state import NewShard
from cleaners.workers import Crew, Limits
from cleaners.write import Output, rows, write_whole
from cleaners.write.texts import TEXT_SUFFIXES, text_places

_TICK = 0.2  # seconds


def finish(job: Job, balances: Iterable[Balance], **about: Any) -> Balance:
    """Put the staged output in its place, with the balance of the run.

    Args:
        job: the run.
        balances: what `clean_shard` returned for every shard; taken one after the other.
        about: facts about this run alone, for the "run" part of run.json.

    Raises:
        UnbalancedError: documents are missing; nothing was published.
        OutputError: the output cannot be written; nothing was published.
    """
    total = Balance()
    for balance in balances:
        total.add(balance)
    settings, output = job.settings, job.settings.output
    with writing(output):
        for shard in job.staged:
            total.add(Progress.load(settings.folder(shard.key) / DONE).balance)
        for id_ in job.reused:
            total.add(Balance.load(job.old[id_].balance))
        done = sorted((*job.shards, *job.staged), key=lambda shard: shard.number)
        total.check(sum(len(shard.documents) for shard in done) + sum(job.old[id_].files for id_ in job.reused))
        total.work = job.work
        past = _set_beside_history(job, total)
        summary = _summary(job, total, about)
        if not done and len(job.reused) == len(job.old):  # then none of them has another number, either
            job.state.record(None, job.fingerprint, job.reused, (), job.stamps, past)
            for name, content in (("report.html", _report(job, summary, output)), ("run.json", _dumps(summary))):
                write_whole(output / name, content, settings.staging / name)
            shutil.rmtree(settings.staging)
        else:
            _publish(job, done, summary, past)
    job.held.close()
    return total


def _set_beside_history(job: Job, total: Balance) -> dict[str, Past]:
    """Find the sources of which far more was cut than before; returns what is known of them from now on."""
    before = job.state.past(total.source_documents)
    compared = list(history.compare(total.source_documents, total.source_cut, before, job.settings.warn_cut))
    total.cut_more = [more for _, _, more in compared if more]
    return {source: past for source, past, _ in compared}


def _dumps(summary: Record) -> bytes:
    return orjson.dumps(summary, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _report(job: Job, summary: Record, folder: Path) -> bytes:
    return report.page(summary, rules.load(job.settings.rules), Output(folder))


def _publish(job: Job, done: list[Shard], summary: Record, past: Mapping[str, Past]) -> None:
    settings, output = job.settings, job.settings.output
    staged = [publish.Staged(settings.folder(shard.key), shard.number) for shard in done]
    replace_texts = not job.reused and not any(shard.kept for shard in done)
    publish.prepare(
        output,
        settings.run,
        ((job.old[id_], number) for id_, number in job.reused.items()),
        staged,
        () if replace_texts else _stale_texts(job, done),
        _dumps(summary),
        lambda folder: _report(job, summary, folder),
        replace_texts=replace_texts,
    )
    # Ctrl-C comes too late: what is begun here takes a moment, and interrupted it would only be done later.
    with handled(signal.SIG_IGN, signal.SIGINT, signal.SIGTERM):
        job.state.record(
            settings.run,
            job.fingerprint,
            job.reused,
            (_new(job, shard, ready) for shard, ready in zip(done, staged, strict=True)),
            job.stamps,
            past,
        )
        publish.complete(output, job.state)


def _new(job: Job, shard: Shard, ready: publish.Staged) -> NewShard:
    progress = Progress.load(ready.folder / DONE)
    parts = {publish.part_key(part): part.stat().st_size for part in ready.parts()}
    files = [
        (one.id, one.size, job.stamp(one), sha256, int(again))
        for one, (sha256, again) in zip(shard.documents, progress.facts, strict=True)
    ]
    balance = replace(progress.balance, source_documents=Counter(), source_cut=Counter())  # they belong to this run alone
    return NewShard(shard.number, orjson.loads(orjson.dumps(balance)), parts, files)


def _stale_texts(job: Job, done: list[Shard]) -> Iterator[str]:
    """The clean texts of documents that are not published any more."""
    settings = job.settings
    suffix = TEXT_SUFFIXES.get(settings.format or "files")
    if suffix is None:
        return
    now_in = {one.id: settings.folder(shard.key) / "text" for shard in done for one in shard.documents if one.id in job.changed}
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


def _summary(job: Job, total: Balance, about: Mapping[str, Any]) -> Record:
    """The content of run.json."""
    settings = job.settings
    pipeline = settings.pipeline()
    files = {name: job.work[name] for name in ("new", "changed", "again", "moved", "unchanged", "removed", "kept", "resumed")}
    cut_more = [more._asdict() for more in total.cut_more]
    return total.as_record() | {
        "run": {
            "id": settings.run,
            "started": None,
            "finished": now(),
            "host": platform.node(),
            "workers": None,
            "prefect_flow_run_id": None,
            "files": files,
            "cut_more": cut_more,
            **about,
        },
        "pipeline": pipeline,
        "version": pipeline["version"],
        "config": {
            "input": valid(str(settings.input)),
            "output": valid(str(settings.output)),
            "format": settings.format,
            "rules": [valid(str(path)) for path in settings.rules],
            "timeout": settings.timeout,
            "memory": settings.memory,
            "fields": asdict(settings.fields),
            "cut": settings.cut,
        },
    }


def now() -> str:
    """The time, in UTC, as run.json has it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def crew(job: Job, workers: int | None) -> tuple[int, Crew]:
    """The number of workers of a run, and the crew that hands them their shards.

    One process per core if no number is given, but no more than there are shards.

    Raises:
        OutputError: the output cannot be written; nothing was published.
    """
    workers = max(min(workers or os.cpu_count() or 1, len(job.shards)), 1)
    scratch = (job.settings.output / publish.FOLDER).resolve()  # nothing is written outside the output
    with writing(job.settings.output):
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
        tick: called a few times a second with what is done.

    Raises:
        InputError, RuleError: nothing was written.
        OutputError: the output cannot be written; nothing was published.
        UnbalancedError: nothing was published.
        WorkerError: no worker process can be started; nothing was published.
    """
    started = now()
    with plan(settings) as job:
        workers, hands = crew(job, workers)

        def balances() -> Iterator[Balance]:
            # On leaving, the crew ends its processes first, and then the threads that waited for them end.
            with ThreadPoolExecutor(workers) as threads, hands:
                results = [threads.submit(hands.do, clean_shard, job.settings, shard) for shard in job.shards]
                yield from _ticking(hands, job, results, tick)

        return finish(job, balances(), started=started, workers=workers, prefect_flow_run_id=None)


def _ticking(hands: Crew, job: Job, results: list[Future[Balance]], tick: Callable[[Done], object]) -> Iterator[Balance]:
    """The results, in order, with a tick from time to time while they are waited for."""
    documents = files = 0
    all_files = sum(len(shard.documents) for shard in job.shards)
    for result in results:
        while not wait([result], _TICK).done:
            tick(Done(documents + hands.done(), files, all_files))
        balance = result.result()
        documents += balance.documents["in"]
        files += balance.files
        tick(Done(documents, files, all_files))
        yield balance
