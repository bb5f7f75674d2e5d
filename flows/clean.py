"""The flow `clean-folder`: a folder of raw dumps in, clean text with provenance out.

    python -m flows.clean IN OUT

runs it here, without a server of your own; `prefect.yaml` deploys the same flow with a schedule.  `cleaners.run`
does the work, as for `copydesk clean`, so both write the same bytes.  With `--dask ADDRESS` the workers of a Dask
cluster clean the shards, see docs/scale.md; the bytes are the same there, too.
"""

import argparse
import os
import re
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cleaners.cli import EXIT_STOPPED, STOPPED, add_clean, outcome, parsed, settings, work
from cleaners.signals import handled

DASK_ADDRESS = "^(tcp|tls|ucx|ws|wss)://."
# The same as [tool.prefect] in pyproject.toml, which Prefect reads only in the folder of the clone.
_PREFECT = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the flow from the command line: 0 if all is well, 1 if too much is in quarantine or was cut, 2 if the request is faulty, 130 if it is stopped."""
    parser = argparse.ArgumentParser(
        prog="python -m flows.clean",
        description="Clean a folder of dumps as a Prefect flow. It fails where `copydesk clean` only warns that far more was cut.",
    )
    add_clean(parser)
    parser.add_argument(
        "--dask", metavar="ADDRESS", help="clean on the workers of this Dask scheduler (tcp://host:8786) instead of this machine"
    )
    options = parsed(parser, arguments)
    if options.dask is not None and not re.match(DASK_ADDRESS, options.dask):
        parser.error(f"--dask is {options.dask}, but must be an address such as tcp://host:8786")

    from cleaners.balance import TooMuchError
    from cleaners.planning import check
    from cleaners.settings import InputError, OutputError
    from cleaners.workers import WorkerError
    from cleaners.write import DamagedError

    try:
        check(settings(options))
        for name in map(str, (options.input, options.output, *options.rules)):
            name.encode()
    except UnicodeEncodeError as error:
        print(
            f"Prefect cannot hold the name {error.object!r}, which is not valid Unicode: use `copydesk clean`.", file=sys.stderr
        )
        return 2
    except ValueError as error:  # InputError, RuleError
        print(error, file=sys.stderr)
        return 2

    for name, value in _PREFECT.items():
        os.environ.setdefault(name, value)
    if trouble := _trouble_with_the_server():
        print(trouble, file=sys.stderr)
        return 2
    from flows.clean import clean_folder

    try:
        with _stopping_at_once():
            total = clean_folder(**vars(options) | {"rules": list(map(str, options.rules))})
    except (DamagedError, OutputError, TooMuchError) as error:
        print(error, file=sys.stderr)
        return 1
    except WorkerError as error:
        print(f"the run broke off: {error}", file=sys.stderr)
        return 1
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    print(outcome(total, options.output))
    return 0


def _trouble_with_the_server() -> str:
    """Why Prefect's server cannot be used; empty if it can, or if a temporary one is to be started."""
    from httpx import HTTPError
    from prefect.client.orchestration import get_client
    from prefect.settings import PREFECT_API_URL

    if PREFECT_API_URL.value():
        try:
            with get_client(sync_client=True) as client:
                client.raise_for_api_version_mismatch()
        except (HTTPError, RuntimeError) as error:
            return (
                f"Prefect's server cannot be used: {error}. Start it, or unset PREFECT_API_URL for a temporary one; "
                "`copydesk clean` does the same work without any."
            )
    return ""


@contextmanager
def _stopping_at_once() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the run as they end `copydesk clean`, and with it the temporary server, if it has one.

    Ctrl-C at a terminal ends that server, too, and Prefect would go on asking it for minutes; SIGTERM would leave it running.
    Prefect tells a permanent server how the run ended.  What was cleaned stays for the next run.
    """
    from prefect.server.api.server import SubprocessASGIServer
    from prefect.settings import PREFECT_API_URL

    if PREFECT_API_URL.value():
        yield
        return

    def stop(_number: int, _frame: object) -> None:
        print(f"\n{STOPPED}", file=sys.stderr, flush=True)
        SubprocessASGIServer().stop()
        os._exit(EXIT_STOPPED)

    with handled(stop, signal.SIGINT, signal.SIGTERM):
        yield


# Importing Prefect takes 1.5 s.  Run as a command, this file ends here, so that --help and bad input are answered at once; for
# good input, `main` imports it a second time, as a module, and then the rest is read.
if __name__ == "__main__":
    raise SystemExit(main())

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from queue import Empty, SimpleQueue
from typing import Annotated, Any

from httpx import HTTPError
from prefect import flow, get_run_logger, runtime, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from prefect.settings import PREFECT_API_URL
from prefect.task_runners import ThreadPoolTaskRunner
from pydantic import Field

from cleaners import elsewhere, run, shards
from cleaners.balance import Balance, TooMuchError, check_cuts, check_quarantine
from cleaners.planning import Job, plan
from cleaners.read import STDIN, Fields
from cleaners.rules import RuleError
from cleaners.settings import Cut, InputError, OutputError, Settings, output_folder
from cleaners.workers import StoppedError, WorkerError
from cleaners.write import DamagedError, Format

# The threads only wait for the workers; the number of submitted shards limits how many there are.
# (The types of Prefect's own runners do not fit its own decorator.)
_THREADS: Any = ThreadPoolTaskRunner(max_workers=1000)
# How many shards are submitted for each that can be cleaned at once: a worker that is done finds the next one, and a run of
# many thousands does not fill the memory of all that take part.  If the next one waits behind a shard that takes long, Dask
# moves it to an idle worker within two seconds.
_AHEAD = 2
# Seconds after which a run that waits for a shard checks again how many can be cleaned at once: Dask workers come and go.
_LOOK = 2.0
# Their messages say everything, so no traceback is needed; and a stopped run needs none for the shards that were at work.
_SENTENCES = (DamagedError, InputError, OutputError, RuleError, StoppedError, TooMuchError, WorkerError)


def _without_traceback(line: logging.LogRecord) -> bool:
    """Have Prefect log an error whose message says everything without its traceback."""
    if line.exc_info and isinstance(line.exc_info[1], _SENTENCES):
        line.exc_info = None
    return True


for _name in ("prefect.flow_runs", "prefect.task_runs"):
    logging.getLogger(_name).addFilter(_without_traceback)


@flow(name="clean-folder", flow_run_name="clean {input}", task_runner=_THREADS)
def clean_folder(
    input: str,
    output: str,
    workers: Annotated[int, Field(ge=1)] | None = None,
    format: Format | None = None,
    timeout: Annotated[float, Field(gt=0, le=86_400)] = 60,
    memory: Annotated[int, Field(ge=256)] = 2048,
    cut: Cut = "cautious",
    max_quarantined: Annotated[float, Field(ge=0, le=1)] = 0.5,
    warn_cut: Annotated[float, Field(ge=0, le=1)] = 0.2,
    rules: list[str] | None = None,
    text_field: str | None = None,
    html_field: str | None = None,
    checksum: bool = False,
    keep_removed: bool = False,
    force: bool = False,
    dask: Annotated[str, Field(pattern=DASK_ADDRESS)] | None = None,
) -> Balance:
    """Clean a folder of raw article dumps and record every cut; what has not changed since the last run is skipped.

    Args:
        input: The folder with the raw dumps; or a file, a pattern such as in/**/*.html, or an address such as s3://bucket/dumps.
        output: The folder for the clean texts and their provenance; an earlier result in it is updated.
        workers: The number of processes; one per core if empty. Not for Dask, whose workers set their own.
        format: With "files", the clean texts are also written as files that mirror the input folder; with "markdown", their
            headings are marked. The others hold the same records without text files. If empty, it is "files" if every input
            file is one document, and otherwise "jsonl".
        timeout: Seconds after which a document goes to quarantine.
        memory: Megabytes that a process may use; a document that needs more goes to quarantine.
        cut: How much the line model may cut of what the rules leave: nothing ("off"), or more and more.
        max_quarantined: The share of the documents, from 0 to 1, that may be in quarantine. If there are more, the run ends
            as failed, though its result is published: the input may not be what was meant.
        warn_cut: By how much the share that is cut of a source (the first folder of a path), from 0 to 1, may grow over earlier
            runs. If it grows more, the run ends as failed, though its result is published: the site may have changed, or
            a rule may cut too much. 1 switches this off.
        rules: Files with rules of your own, used with the built-in ones.
        text_field: The field of JSON, CSV or Parquet that holds the text; found automatically if empty.
        html_field: The field of JSON, CSV or Parquet that holds the HTML; found automatically if empty.
        checksum: Read every file to see whether it has changed, even if its size and time are the same.
        keep_removed: Keep the records of files that are gone from the input folder.
        force: Clean everything again, even what has not changed since the last run.
        dask: The address of a Dask scheduler, such as tcp://host:8786, whose workers clean; if empty, this machine does. They
            must have the same copydesk, and see input and output at the same path.
    """
    started = run.now()
    if input == STDIN and runtime.deployment.id:  # what a worker has there never ends
        raise InputError("A deployment has no standard input: give a folder, a file, a pattern or an address as `input`.")
    # No shell expands prefect.yaml or the form, where "~" would be a folder of the clone.
    source, target, *rules = map(os.path.expanduser, (input, output, *(rules or ())))
    settings = Settings(
        source,
        output_folder(target),
        format,
        tuple(map(Path, rules)),
        timeout,
        memory,
        Fields(text_field or None, html_field or None),
        force=force,
        checksum=checksum,
        keep_removed=keep_removed,
        cut=cut,
        warn_cut=warn_cut,
    )
    if dask:  # whose workers are in other folders
        settings = replace(
            settings,
            input=elsewhere.absolute(source),
            output=settings.output.absolute(),
            rules=tuple(path.absolute() for path in settings.rules),
        )
    with plan(settings) as job:
        with _dask_workers(job, dask) if dask and job.shards else _own_workers(job, workers) as (at_once, submit):
            # The largest first, so that the run does not end with a long wait for one that was begun late.
            todo = sorted(job.shards, key=lambda shard: sum(one.size for one in shard.documents), reverse=True)
            workers = at_once()
            balances = list(_cleaned(todo, submit, lambda: _AHEAD * at_once()))
        about = {"workers": workers, "dask": dask, "prefect_flow_run_id": str(runtime.flow_run.id)}
        total = run.finish(job, balances, started=started, **about)
    try:
        create_markdown_artifact(tables(total), key="clean-folder", description=f"What became of {input} in {output}")
    except HTTPError as error:  # the server is gone or busy; the result is published, and run.json says the same
        get_run_logger().warning("Prefect's server did not take the tables of this run: %s", error)
    get_run_logger().info("%s. %s", _documents(total), work(total) or "All files were new or changed.")
    check_quarantine(total, max_quarantined)
    check_cuts(total)
    return total


@task(task_run_name="shard {number}", cache_policy=NO_CACHE)
def clean_shard(number: int, clean: Callable[[], Balance]) -> Balance:  # noqa: ARG001  the number is in the name
    """Have one shard cleaned.  The texts go to files; only numbers come back.

    Args:
        number: of the shard.
        clean: cleans it.  (It holds the shard, because Prefect would search an argument for results of other tasks, path by path.)
    """
    balance = clean()
    get_run_logger().info("%s", _documents(balance))
    return balance


_Submit = Callable[[shards.Shard], PrefectFuture[Balance]]
_AtOnce = Callable[[], int]


@contextmanager
def _own_workers(job: Job, workers: int | None) -> Iterator[tuple[_AtOnce, _Submit]]:
    """The processes of this machine: a function for their number, and one that has a shard cleaned by the next free one."""
    number, crew = run.crew(job, workers)
    with crew:
        yield (
            lambda: number,
            lambda shard: clean_shard.submit(shard.number, lambda: crew.do(shards.clean_shard, job.settings, shard)),
        )


@contextmanager
def _dask_workers(job: Job, address: str) -> Iterator[tuple[_AtOnce, _Submit]]:
    """The same for the workers of a Dask cluster: those that are there at the moment, each thread counted as one."""
    try:
        from prefect_dask.task_runners import DaskTaskRunner
    except ImportError:
        raise InputError("Dask is not installed: pip install -e '.[dask]' in the folder of the clone.") from None
    if not PREFECT_API_URL.value():
        raise InputError("The workers of Dask must reach a Prefect server: start one, and set PREFECT_API_URL to its address.")
    elsewhere.clear(job)
    clean = partial(elsewhere.clean_shard, job.settings, job.fingerprint)
    with DaskTaskRunner(address=address) as runner:

        def threads() -> int:
            try:
                return sum(runner.client.nthreads().values())
            except OSError as error:
                raise InputError(f"No Dask scheduler answers at {address}: {error}") from error

        if not threads():
            raise InputError(f"The Dask scheduler at {address} has no workers: start some with: dask worker {address}")
        yield threads, lambda shard: runner.submit(clean_shard, {"number": shard.number, "clean": partial(clean, shard)})
    elsewhere.look(job)


def _cleaned(todo: Iterable[shards.Shard], submit: _Submit, most: Callable[[], int]) -> Iterator[Balance]:
    """The numbers of the shards, in the order in which they are done; no more than `most()` are submitted at a time."""
    done: SimpleQueue[PrefectFuture[Balance]] = SimpleQueue()
    at_work = 0
    for shard in todo:
        while at_work >= most():
            try:
                future = done.get(timeout=_LOOK)
            except Empty:
                continue
            at_work -= 1
            yield future.result()
        submit(shard).add_done_callback(done.put)
        at_work += 1
    for _ in range(at_work):
        yield done.get().result()


def _documents(balance: Balance) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in balance.as_record()["documents"].items())


def tables(total: Balance) -> str:
    """What became of the documents, and what each rule cut, as Markdown."""
    record = total.as_record()
    cuts = sorted(record["rules"].items(), key=lambda rule: (-rule[1]["chars"], rule[0]))
    return "\n".join(
        (
            "| documents | |",
            "|---|---:|",
            *(f"| {name} | {count:,} |" for name, count in record["documents"].items()),
            "",
            "| rule | edits | characters cut |",
            "|---|---:|---:|",
            *(f"| {rule} | {cut['edits']:,} | {cut['chars']:,} |" for rule, cut in cuts),
        )
    )
