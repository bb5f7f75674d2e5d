"""Documents that do to a worker process what they say, for the tests of `cleaners.workers` and of runs.

`clean_shard` stands in for that of `cleaners.shards` in the worker processes.  A text that says `POISON hang` hangs there while it
is cleaned, `POISON hang once` the first time only, and a file `*.many` is a container: its documents stand between lines `---`.
"""

import ctypes
import os
import re
import signal
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cleaners import elsewhere, pipeline, read, shards
from cleaners.balance import Balance
from cleaners.settings import Settings
from cleaners.workers import Watch
from cleaners.write import Parts

NOTES = "POISON_NOTES"
"""The environment variable that names a folder for notes: which processes there were, and what was done once."""
PART_BYTES = "POISON_PART_BYTES"
"""The environment variable that says how large parts become."""
SYNC = "POISON_SYNC"
"""The environment variable that says what is done where a part is put on the disk."""


def hang() -> None:
    """Hang where no other thread of Python and no handler of a signal gets to run."""
    re.match(r"(a|a)+$", "a" * 60 + "b")


def sleep() -> None:
    time.sleep(1000)


def doze() -> None:
    time.sleep(1)


def linger() -> None:
    time.sleep(1.5)


def segfault() -> None:
    ctypes.string_at(0)


def leave() -> None:
    os._exit(3)


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def hog() -> None:
    hoard = []
    while True:
        hoard.append(b"x" * 50_000_000)


DEEDS = {deed.__name__: deed for deed in (hang, sleep, doze, linger, segfault, leave, kill, hog)}


def act(text: str) -> None:
    if not (deed := re.search(r"POISON (\w+)( once)?", text)):
        return
    if deed[2]:
        try:
            (Path(os.environ[NOTES]) / f"done-{zlib.crc32(text.encode())}").touch(exist_ok=False)
        except FileExistsError:
            return
    DEEDS[deed[1]]()


def many(found: read.Found) -> Iterator[read.Raw | read.Failed]:
    """The documents of a container; a first line `READING hang` hangs while it is read."""
    for number, text in enumerate(found.path.read_text("utf-8").split("---\n")):
        act(text.replace("READING", "POISON") if text.startswith("READING") else "")
        if text.startswith("ERROR"):
            raise ZeroDivisionError("a bug in a reader")
        yield read.Raw(f"{found.id}#{number}", found.id, str(number), text.encode(), "text/plain")


def clean_shard(watch: Watch, settings: Settings, shard: shards.Shard) -> Balance:
    """As `cleaners.shards.clean_shard`, in a process where documents may be poison."""
    _poison()
    return shards.clean_shard(watch, settings, shard)


def clean_elsewhere(settings: Settings, planned: str, shard: shards.Shard) -> Balance:
    """As `cleaners.elsewhere.clean_shard`, with such processes."""
    elsewhere._clean = _clean_elsewhere
    return elsewhere.clean_shard(settings, planned, shard)


def _clean_elsewhere(watch: Watch, settings: Settings, planned: str, attempt: shards.Shard) -> None:
    _poison()
    elsewhere._clean(watch, settings, planned, attempt)


def _poison() -> None:
    if not hasattr(pipeline, "really_begin"):
        begin, documents = pipeline.begin, read.documents

        def poisoned(doc: Any, *more: Any) -> Any:
            act(doc.text)
            return begin(doc, *more)

        pipeline.begin = poisoned  # type: ignore[assignment]
        pipeline.really_begin = begin  # type: ignore[attr-defined]

        def either(found: read.Found, fields: read.Fields) -> Iterator[read.Raw | read.Failed]:
            return many(found) if found.id.endswith(".many") else documents(found, fields)

        read.documents = either  # type: ignore[assignment]  # nobody here leaves the fields to the default
        shards._PART_BYTES = int(os.environ.get(PART_BYTES, shards._PART_BYTES))
        sync = Parts.sync

        def poisoned_sync(parts: Parts) -> None:
            act(f"POISON {os.environ[SYNC]}")
            sync(parts)

        if SYNC in os.environ:
            Parts.sync = poisoned_sync  # type: ignore[assignment, method-assign]
        if NOTES in os.environ:
            (Path(os.environ[NOTES]) / f"pid-{os.getpid()}").touch()
