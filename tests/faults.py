"""A process that is killed, or finds the disk full, at a chosen write, rename or fsync, for the tests of crashes."""

import errno
import os
import signal
import sqlite3
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from cleaners import planning, publish, shards, write
from cleaners.settings import InputError, OutputError
from cleaners.state import State

Fault = Literal["kill", "power", "full"]
"""The process is killed; the machine loses power, and what was not synced; the disk is full from there on."""

CALLS = ("fsync", "link", "mkdir", "rename", "replace", "rmdir", "unlink", "utime", "open")


class Faults:
    """Counts what a process does to the disk, and lets the fault happen at one point.

    Attributes:
        count: how many points there were.
    """

    def __init__(self, at: int, fault: Fault, output: Path) -> None:
        self.at, self.fault, self.output = at, fault, output
        self.count = 0
        self._synced = {path.stat().st_ino for path in output.rglob("*") if path.is_file()}

    def point(self) -> None:
        """Something is about to be done."""
        self.count += 1
        if self.count < self.at:
            return
        if self.fault == "full":
            raise OSError(errno.ENOSPC, "No space left on device")
        if self.fault == "power":
            for path in self.output.rglob("*"):
                if path.is_file() and path.stat().st_ino not in self._synced and "state.sqlite" not in path.name:
                    os.truncate(path, 0)
        os.kill(os.getpid(), signal.SIGKILL)

    def install(self) -> None:
        """Watch this process from now on; it is meant to end soon."""
        for name in CALLS:
            setattr(os, name, self._before(getattr(os, name)))
        for owner, name in (
            (write._LineSink, "write"),
            (write.Parts, "copy"),
            (State, "record"),
            (State, "published"),
            (shards, "write_text"),
            (planning, "plan"),
        ):
            setattr(owner, name, self._before(getattr(owner, name)))
        Path.write_bytes = self._half(Path.write_bytes)  # type: ignore[method-assign]
        write._write = self._half(write._write)
        setattr(publish, "sync_all", self._all_synced)  # noqa: B010  mypy

    def _before(self, call: Callable[..., Any]) -> Callable[..., Any]:
        is_sync = call is os.fsync

        def watched(*arguments: Any, **named: Any) -> Any:
            if call.__name__ != "open" or arguments[1] & (os.O_WRONLY | os.O_RDWR):
                self.point()
            if is_sync:
                self._synced.add(os.fstat(arguments[0]).st_ino)
                return None
            return call(*arguments, **named)

        return watched

    def _half(self, write_bytes: Callable[..., Any]) -> Callable[..., Any]:
        def watched(path: Path, content: bytes) -> Any:
            self.point()
            write_bytes(path, content[: len(content) // 2])
            self.point()
            return write_bytes(path, content)

        return watched

    def _all_synced(self, _folder: Path) -> None:
        self.point()
        self._synced |= {path.stat().st_ino for path in self.output.rglob("*") if path.is_file()}


def in_child(work: Callable[[], object], faults: Faults | None = None) -> str:
    """Do something in a process of its own, with a fault.

    Returns:
        "killed", the error that it met, or nothing.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        said = ""
        try:
            os.close(reading)
            if faults:
                faults.install()
            work()
        except (OutputError, InputError) as error:
            said = f"{type(error).__name__}: {error}"
        except BaseException:  # noqa: BLE001  it must not leave the child by another way
            said = traceback.format_exc()
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:  # noqa: PTH123  a number
        said = pipe.read().decode()
    _, status = os.waitpid(child, 0)
    return "killed" if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL else said


def points(work: Callable[[], object], output: Path) -> int:
    """How many points there are in some work."""
    reading, writing = os.pipe()

    def counted() -> None:
        faults = Faults(sys.maxsize, "kill", output)
        faults.install()
        work()
        os.write(writing, str(faults.count).encode())

    said = in_child(counted)
    assert not said, said
    os.close(writing)
    with open(reading, "rb") as pipe:  # noqa: PTH123  a number
        return int(pipe.read())


__all__ = ["Fault", "Faults", "in_child", "points", "sqlite3"]
