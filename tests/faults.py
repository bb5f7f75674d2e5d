"""A process that is killed, or finds the disk full, at a chosen write, rename or fsync, for the tests of crashes."""

import errno
import hashlib
import io
import os
import signal
import sys
import traceback
from collections.abc import Callable
from multiprocessing import Value
from pathlib import Path
from typing import Any, Literal

from cleaners import publish, shards, write
from cleaners.settings import InputError, OutputError
from cleaners.state import State
from cleaners.write import texts

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
        self._synced = self._contents()

    def point(self) -> None:
        """Something is about to be done."""
        self.count += 1
        if self.count >= self.at:
            self._happen()

    def _happen(self) -> None:
        if self.fault == "full":
            raise OSError(errno.ENOSPC, "No space left on device")
        if self.fault == "power":
            for path in self._lost():
                os.truncate(path, 0)
        os.kill(os.getpid(), signal.SIGKILL)

    def _lost(self) -> list[Path]:
        """What a loss of power would take: the content of what was not synced."""
        files = (path for path in self.output.rglob("*") if path.is_file() and "state.sqlite" not in path.name)
        return [path for path in files if _content(path.stat()) not in self._synced]

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
        ):
            setattr(owner, name, self._before(getattr(owner, name)))
        Path.write_bytes = self._half(Path.write_bytes)  # type: ignore[method-assign]
        texts._write = self._half(texts._write)
        setattr(publish, "sync_all", self._all_synced)  # noqa: B010  mypy

    def _before(self, call: Callable[..., Any]) -> Callable[..., Any]:
        is_sync = call is os.fsync

        def watched(*arguments: Any, **named: Any) -> Any:
            if call.__name__ != "open" or arguments[1] & (os.O_WRONLY | os.O_RDWR):
                self.point()
            if is_sync:
                self._synced.add(_content(os.fstat(arguments[0])))
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
        self._synced |= self._contents()

    def _contents(self) -> set[tuple[int, int]]:
        return {_content(path.stat()) for path in self.output.rglob("*") if path.is_file()}


def _content(status: os.stat_result) -> tuple[int, int]:
    """What tells the content of a file from that of another, which may get its number when it is removed."""
    return status.st_ino, status.st_mtime_ns


class Remains(Faults):
    """Lets the process live, and keeps what the fault would leave of the output at each point: of what is the same, one copy.

    A process that is killed cannot do anything more, so this is all that it would leave.
    """

    def __init__(self, fault: Fault, output: Path, folder: Path) -> None:
        super().__init__(0, fault, output)
        self._folder = folder
        self._seen: set[bytes] = set()

    def _happen(self) -> None:
        if not self.output.exists():
            return
        lost = frozenset(self._lost() if self.fault == "power" else ())
        files = {path: b"" if path in lost else path.read_bytes() for path in sorted(self.output.rglob("*")) if path.is_file()}
        folders = [path for path in sorted(self.output.rglob("*")) if path.is_dir()]
        key = hashlib.sha256(repr((files, folders)).encode()).digest()
        if key in self._seen:
            return
        self._seen.add(key)
        aside = self._folder / f"{self.count:04}"
        for path in (self.output, *folders):
            _mkdir(aside / path.relative_to(self.output))
        for path, content in files.items():
            with io.open(aside / path.relative_to(self.output), "wb") as file:  # noqa: UP020  those of `Path` are watched
                file.write(content)


_mkdir = os.mkdir


def remains(work: Callable[[], object], fault: Fault, output: Path, folder: Path) -> list[Path]:
    """What a fault would leave of the output, at each point of some work where that is not what it was before."""
    folder.mkdir()
    said = in_child(work, Remains(fault, output, folder))
    assert not said, said
    return sorted(folder.iterdir())


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
    count = Value("q")

    def counted() -> None:
        faults = Faults(sys.maxsize, "kill", output)
        faults.install()
        work()
        count.value = faults.count

    said = in_child(counted)
    assert not said, said
    number: int = count.value
    return number
