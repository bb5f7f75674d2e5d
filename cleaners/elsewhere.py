"""Shards that are cleaned on other machines than the one that planned the run.

All machines must see the output folder, and the input if it is a folder, at the same path, and have the same copydesk.  If that is
not so, it is noticed before anything is written.
"""

import os
import platform
import shutil
import time
from dataclasses import replace
from uuid import uuid4

from cleaners import publish, shards
from cleaners.balance import Balance
from cleaners.planning import Job
from cleaners.read import STDIN, remote
from cleaners.settings import InputError, OutputError, Settings, writing
from cleaners.shards import DONE, Progress, Shard
from cleaners.state import fingerprint
from cleaners.workers import Crew, Limits, Watch
from cleaners.write import sync

_LATE = 100  # seconds; by default, clients of NFS remember for less than that that a name did not exist


def absolute(root: str) -> str:
    """An input as all machines understand it, in whatever folder they are: a path from the root on, or the address that it is."""
    is_elsewhere = root == STDIN or root.startswith("file://") or remote.url(root)
    return root if is_elsewhere else os.path.abspath(root)  # noqa: PTH100  a pattern stays as it is, with its dots


def clear(job: Job) -> None:
    """Remove the unfinished shards that an interrupted run has left: here, a folder that is there means that its shard is done."""
    for shard in job.shards:
        shutil.rmtree(job.settings.folder(shard.key), ignore_errors=True)


def look(job: Job) -> None:
    """Wait until all shards that other machines have finished can be seen: a network file system may show them some seconds late.

    Raises:
        OutputError: one cannot be seen.
    """
    for second in range(_LATE):
        there = set(os.listdir(job.settings.staging / "shards"))  # noqa: PTH208  it asks the server, which a look at one name need not
        if all(shard.key in there for shard in job.shards):
            return
        time.sleep(min(second, 1))
    raise OutputError(f"Not all that was cleaned is in {job.settings.staging}: OUT must be one folder that all machines see.")


def clean_shard(settings: Settings, planned: str, shard: Shard) -> Balance:
    """Clean a shard in a process of its own, unless that is done already.

    Two machines may work on the same shard at once, since one that is taken for dead may only have been out of reach.  Each
    writes a folder of its own, and the first to finish gives it the name under which the run looks for the shard.

    Args:
        settings: of the run, with absolute paths.
        planned: the fingerprint of the run, see `planning.Job`.
        shard: which documents.

    Returns:
        The numbers of the shard.

    Raises:
        InputError: this machine cannot see the input, or would clean it differently.
        OutputError: this machine cannot see or write the output.
        WorkerError: no process can be started.
    """
    folder = settings.folder(shard.key)
    if not (folder / DONE).exists():
        attempt = replace(shard, key=f"{shard.key}-{uuid4().hex}")
        with Crew(1, Limits(settings.timeout, settings.memory)) as crew:
            crew.do(_clean, settings, planned, attempt)
        with writing(settings.output):
            ours = settings.folder(attempt.key)
            try:
                ours.rename(folder)
                sync(folder.parent)
            except OSError:  # a folder that holds something is not replaced
                if not (folder / DONE).exists():
                    raise
                shutil.rmtree(ours, ignore_errors=True)
    return Progress.load(folder / DONE).balance


def _clean(watch: Watch, settings: Settings, planned: str, attempt: Shard) -> None:
    host = platform.node()
    if not settings.staging.is_dir():
        raise OutputError(
            f"{host} does not find {settings.staging}: OUT must be one folder that all machines see at the same path."
        )
    here = [one.path for one in attempt.documents if one.url is None and one.id not in attempt.kept]
    if here and not any(map(os.path.lexists, here)):
        raise InputError(f"{host} does not find {here[0]}: IN must be one folder that all machines see at the same path.")
    if fingerprint(settings.pipeline(), settings.format) != planned:
        raise InputError(
            f"{host} has another copydesk, Python or packages than the machine that planned the run: install the same."
        )
    shards.clean_shard(watch, settings, attempt)
    # Texts are not synced one by one, and this machine may be gone when they are published.
    if (texts := settings.folder(attempt.key) / "text").is_dir():
        publish.sync_all(texts)
