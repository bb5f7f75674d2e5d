"""Processes that clean, each document within limits of time and memory that the operating system enforces.

A parser that hangs or crashes cannot be trusted to notice it, and takes its process with it.  So work is done
in separate processes, which say on a *board* (a few bytes of shared memory) which step they are about to take.
When one dies, the parent reads there what it was doing, and has a new process do the same work again.  A
step at which two processes died is *given up*: the third is told to leave it out, and why.  Two, because the
first may have been killed for other reasons: by an operator, by another program's need for memory, by a
machine under load.  So what is given up is nearly as repeatable as the limits are: a document that
takes about as long as is allowed may be cleaned one day and not the next.

For POSIX systems.  Only Linux enforces the memory limit.
"""

import mmap
import os
import pickle
import resource
import signal
import struct
import subprocess
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryFile
from threading import Lock
from types import TracebackType
from typing import Any, Concatenate, NamedTuple, ParamSpec, Self, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_OUT_OF_MEMORY = 77  # the exit status of a process that met the limit of memory
_BEFORE = -1  # on the board: no step has begun yet
_BETWEEN = -2  # on the board: the last step is over, and the next has not begun
_BOARD = struct.Struct("=qq")  # the step that is taken, and how much was done before
_TRIES = 2


class Limits(NamedTuple):
    """What a step may use.

    Attributes:
        timeout: seconds.
        memory: megabytes (of 1,000,000 bytes) that a process may use in all, not counting code and shared memory.
    """

    timeout: float
    memory: int


class Loss(NamedTuple):
    """Why a step was given up: "Timeout", "Memory" or "Crash", and a sentence."""

    type: str
    message: str


class Watch:
    """What work reports its steps to.  This one ignores them, for work that is done without a separate process.

    Attributes:
        given_up: the steps that must not be taken again.
    """

    given_up: Mapping[int, Loss] = {}

    def begin(self, step: int, done: int) -> None:
        """A step begins.

        Args:
            step: its number, unique in the work, and the same each time that the work is done.
            done: how much was done before, for the progress bar.
        """

    def pause(self) -> None:
        """The step is over: what comes now has no time limit, and cannot be given up."""


class WorkerError(RuntimeError):
    """Processes die where no step can be given up; the message says how."""


class StoppedError(RuntimeError):
    """The crew was dismissed while it worked."""


class Crew:
    """Some processes that do work for any thread that asks; leaving the context ends them, busy or not."""

    def __init__(self, size: int, limits: Limits, scratch: Path | None = None) -> None:
        """Make the crew; its processes start when there is work.

        Args:
            size: how many processes.
            limits: of each step that one of them takes.
            scratch: a folder for their temporary files; None: that of the system.
        """
        self._workers = [_Worker(limits, scratch) for _ in range(size)]
        self._free: SimpleQueue[_Worker | None] = SimpleQueue()
        for worker in self._workers:
            self._free.put(worker)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        for worker in self._workers:
            worker.dismiss()
        self._free.put(None)

    def done(self) -> int:
        """How much of the work at hand is done, in all processes."""
        return sum(worker.board()[1] for worker in self._workers)

    def do(self, work: Callable[Concatenate[Watch, P], T], *arguments: P.args, **named: P.kwargs) -> T:
        """Have work done by the next free process, and wait for it.

        Args:
            work: a function of a module, which can be called again after it was interrupted anywhere.
            arguments: for it, behind a `Watch`.
            named: more of them.

        Returns:
            What the work returned.

        Raises:
            Exception: what the work raised.
            WorkerError: the processes die before the first step.
            StoppedError: the crew was dismissed.
        """
        worker = self._free.get()
        if worker is None:
            self._free.put(None)
            raise StoppedError
        try:
            deaths: Counter[int] = Counter()
            given_up: dict[int, Loss] = {}
            while True:
                try:
                    answer = worker.ask(work, arguments, named, given_up)
                except _DeathError as death:
                    deaths[death.step] += 1
                    if deaths[death.step] >= _TRIES:
                        if death.step == _BEFORE:
                            raise WorkerError(f"worker processes end before they begin: {death.loss.message}") from None
                        if death.step == _BETWEEN or death.step in given_up:
                            raise WorkerError(
                                f"worker processes end again and again where nothing can be left out: {death.loss.message}"
                            ) from None
                        given_up[death.step] = death.loss
                    continue
                if isinstance(answer, _Raised):
                    raise answer.error
                return answer  # type: ignore[no-any-return]  # it came through a pipe
        finally:
            self._free.put(worker)


class _DeathError(Exception):
    def __init__(self, step: int, loss: Loss) -> None:
        super().__init__(step, loss)
        self.step, self.loss = step, loss


class _Raised(NamedTuple):
    error: Exception


class _Worker:
    """A process as its parent sees it: started when it is needed, and again when it died."""

    def __init__(self, limits: Limits, scratch: Path | None) -> None:
        self._limits = limits
        # There is a process for each core already; NumPy's threads would only get in each other's way.
        self._environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        if scratch:
            self._environment["TMPDIR"] = str(scratch)
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection
        self._lock = Lock()  # starting and dismissing come from different threads
        self._dismissed = False
        with TemporaryFile(dir=scratch) as file:
            file.write(_BOARD.pack(_BEFORE, 0))
            file.flush()
            self._file = os.dup(file.fileno())
        self._board = mmap.mmap(self._file, _BOARD.size)

    def board(self) -> tuple[int, int]:
        step, done = _BOARD.unpack_from(self._board)
        return step, done

    def ask(self, *task: Any) -> Any:
        _BOARD.pack_into(self._board, 0, _BEFORE, 0)
        process = self._start()
        try:
            self._connection.send(task)
            answer = self._connection.recv()
        except (EOFError, OSError):
            status = process.wait()
            with self._lock:
                self._process = None
                if self._dismissed:
                    raise StoppedError from None
            raise _DeathError(self.board()[0], self._loss(status)) from None
        _BOARD.pack_into(self._board, 0, _BEFORE, 0)
        return answer

    def _start(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._dismissed:
                raise StoppedError
            if self._process is None:
                self._connection, theirs = Pipe()
                # Not with multiprocessing, which imports the caller's main module, such as Prefect's, into each process.
                code = f"import sys; sys.path[:] = {sys.path!r}; from cleaners import workers; workers.serve(*sys.argv[1:])"
                numbers = (theirs.fileno(), self._file, os.getpid(), *self._limits)
                with theirs:
                    self._process = subprocess.Popen(  # noqa: S603  our own code
                        [sys.executable, "-c", code, *map(str, numbers)],
                        stdin=subprocess.DEVNULL,
                        env=self._environment,
                        pass_fds=numbers[:2],
                        process_group=0,  # Ctrl-C at a terminal is for the parent alone
                    )
            return self._process

    def dismiss(self) -> None:
        with self._lock:
            self._dismissed = True
            if self._process:
                self._process.kill()
                self._process.wait()
            os.close(self._file)

    def _loss(self, status: int) -> Loss:
        if status == -signal.SIGALRM:
            return Loss("Timeout", f"it was given up after {self._limits.timeout:g} seconds")
        if status == _OUT_OF_MEMORY:
            return Loss("Memory", f"it needs more memory than the {self._limits.memory:,} MB that a worker may use")
        how = f"exited with status {status}" if status >= 0 else f"was ended by {_signal(-status)}"
        hint = ", perhaps for lack of memory" if status == -signal.SIGKILL else ""
        return Loss("Crash", f"the worker process {how}{hint}")


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


class _Board(Watch):
    """The board, as the process that works sees it."""

    def __init__(self, file: int, parent: int, timeout: float) -> None:
        self._board = mmap.mmap(file, _BOARD.size)
        self._parent, self._timeout = parent, timeout

    def begin(self, step: int, done: int) -> None:
        if os.getppid() != self._parent:  # the parent was killed, and nobody waits for an answer
            os._exit(0)
        _BOARD.pack_into(self._board, 0, step, done)
        # Nothing handles the signal, so the system ends the process, whatever it is doing; and a process
        # whose parent is gone does not hang for ever.
        signal.setitimer(signal.ITIMER_REAL, self._timeout)

    def pause(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        _, done = _BOARD.unpack_from(self._board)
        _BOARD.pack_into(self._board, 0, _BETWEEN, done)


def serve(connection: str, board: str, parent: str, timeout: str, memory: str) -> None:
    """What a worker process does: one piece of work after the other, until the parent is gone."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    limit = int(memory) * 1_000_000
    resource.setrlimit(resource.RLIMIT_DATA, (limit if most == resource.RLIM_INFINITY else min(limit, most), most))
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, most))  # a crash is reported anyway; no core dump is needed
    for inherited in (connection, board):
        os.set_inheritable(int(inherited), False)
    watch = _Board(int(board), int(parent), float(timeout))
    with Connection(int(connection)) as pipe, suppress(EOFError, ConnectionError):
        while True:
            work, arguments, named, watch.given_up = pipe.recv()
            answer: Any
            try:
                answer = work(watch, *arguments, **named)
            except MemoryError:
                os._exit(_OUT_OF_MEMORY)
            except Exception as error:  # noqa: BLE001  the parent raises it
                answer = _Raised(_portable(error))
            signal.setitimer(signal.ITIMER_REAL, 0)
            pipe.send(answer)


def _portable(error: Exception) -> Exception:
    """The error in a form that can go through a pipe, with the traceback as a note."""
    trace = "".join(traceback.format_exception(error))
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301  our own
    except Exception:  # noqa: BLE001  unpickling may fail in any way
        error = RuntimeError(f"{type(error).__name__}: {error}")
    error.add_note(trace)
    return error
