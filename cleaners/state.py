"""What the last run did, kept in the output: which files it cleaned, with what, and where their records are.

It is one SQLite file, written by the process that holds the lock of the output.  A run says there that it publishes, before it
does: from then on the publication is completed, by the next run if need be (see `cleaners.publish`).
"""

import fcntl
import hashlib
import os
import platform
import sqlite3
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import BinaryIO, NamedTuple

import orjson

from cleaners.history import Past
from cleaners.read import Found
from cleaners.records import Record

_TABLES = """
    CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS shards (id INTEGER PRIMARY KEY, number INTEGER, files INTEGER, balance TEXT, parts TEXT);
    CREATE TABLE IF NOT EXISTS files (
        id TEXT PRIMARY KEY, size INTEGER, stamp, sha256 TEXT, again INTEGER, shard INTEGER
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS sources (
        id TEXT PRIMARY KEY, documents INTEGER, cut INTEGER, recent INTEGER, recent_cut INTEGER
    ) WITHOUT ROWID;
"""
_VERSION = 2  # of these tables; state of another version is not read, so everything is cleaned anew

# Packages whose version may change the records.
_PACKAGES = {
    *("ahocorasick_rs", "brotli", "chardet", "courlan", "fastwarc", "ftfy", "htmldate", "justext", "lxml", "numpy", "orjson"),
    *("pyarrow", "rapidfuzz", "regex", "trafilatura"),
}


class LockedError(RuntimeError):
    """Another run writes this output; the message says which."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of an output folder.  The system frees it when the process ends, for whatever reason.

    Raises:
        LockedError: somebody else holds it.
        OSError: the folder cannot be written.
    """
    with (folder / "lock").open("a+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LockedError(f"The output {folder.parent} is being written by {_holder(file)}: wait until it is done.") from None
        file.truncate(0)
        since = datetime.now(UTC).isoformat(timespec="seconds")
        file.write(orjson.dumps({"pid": os.getpid(), "host": platform.node(), "since": since}))
        file.flush()
        yield


def _holder(file: BinaryIO) -> str:
    file.seek(0)
    try:
        said = orjson.loads(file.read())
        return f"another run (process {said['pid']} on {said['host']}, since {said['since']})"
    except (ValueError, LookupError, TypeError):  # the holder is just about to write it
        return "another run"


@cache
def _code() -> str:
    """A hash of the code and data of this package: they decide the result, whatever the version says."""
    digest = hashlib.sha256()
    root = Path(__file__).parent
    for path in sorted(path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
        digest.update(f"\0{path.relative_to(root)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def _packages() -> list[str]:
    """The packages whose results stand in the records, and their versions: names such as "ftfy-6.3.1.dist-info".

    `importlib.metadata` would take 25 ms to say the same.
    """
    names: set[str] = set()
    for folder in sys.path:
        with suppress(OSError):
            names.update(name.lower() for name in os.listdir(folder or ".") if name.endswith(".dist-info"))  # noqa: PTH208
    return sorted(name for name in names if name.partition("-")[0] in _PACKAGES)


def fingerprint(pipeline: Record, format_: str | None) -> str:
    """Everything that decides what a run makes of a file: with the same fingerprint, the records are the same.

    Args:
        pipeline: see `Settings.pipeline`.
        format_: of the output.
    """
    python = ".".join(map(str, sys.version_info[:2]))
    return orjson.dumps([pipeline, format_, python, _packages(), _code()]).decode()


def file_sha256(path: Path) -> str:
    """SHA-256 of a file on disk in hexadecimal; for what is no file, its kind; empty if it cannot be read."""
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            return f"no file, mode {stat.S_IFMT(mode):o}"
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return "a link to nothing" if path.is_symlink() and not path.exists() else ""


def is_same(row: "Row", found: Found, *, by_stamp: bool) -> bool:
    """Whether a file is unchanged.

    Args:
        row: the file in the last run.
        found: the file now.
        by_stamp: trust size and stamp if they are the same, and open the file only if they are not.
    """
    if row.again or row.size != found.size:
        return False
    if found.stamp is not None and row.stamp == found.stamp and (by_stamp or found.url):
        return True
    return bool(row.sha256) and found.url is None and row.sha256 == file_sha256(found.path)


class Row(NamedTuple):
    """A file that was cleaned.

    Attributes:
        id, size, stamp: as in `read.Found`.
        sha256: of the file; empty if not known.
        again: whether to clean it again next time in any case, because it could not be read, or met a limit.
        shard: the id of its shard in the table of shards.
    """

    id: str
    size: int
    stamp: int | str | None
    sha256: str
    again: int
    shard: int


class OldShard(NamedTuple):
    """A shard of the published output.

    Attributes:
        id: never changes.
        number: in the names of its parts.
        files: how many it holds.
        balance: see `balance.Balance`.
        parts: the size of each of its parts in bytes, by "documents/part-00000.jsonl".
    """

    id: int
    number: int
    files: int
    balance: Record
    parts: dict[str, int]


class NewShard(NamedTuple):
    """A shard that was cleaned, as `State.record` wants it."""

    number: int
    balance: Record
    parts: dict[str, int]
    files: list[tuple[str, int, int | str | None, str, int]]


class State:
    """The state of an output folder."""

    def __init__(self, folder: Path) -> None:
        """Open the state, or make an empty one.

        Args:
            folder: where it is.

        Raises:
            sqlite3.Error: it cannot be read or written.
        """
        path = folder / "state.sqlite"
        try:
            self._open(path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):  # the disk is full, for one
                raise
            for damaged in folder.glob("state.sqlite*"):  # it is no database, so it says nothing, and everything is cleaned anew
                damaged.unlink()
            self._open(path)

    def _open(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        [version_] = self._db.execute("PRAGMA user_version").fetchone()
        if version_ != _VERSION:
            for [table] in self._db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                self._db.execute(f"DROP TABLE {table}")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {_VERSION}; COMMIT;")
        self._db.execute("PRAGMA synchronous = FULL")

    def close(self) -> None:
        """Close it."""
        self._db.close()

    def about(self, name: str) -> str | None:
        """A fact: "fingerprint" is that of the output, "publishing" the run that has begun to publish."""
        row = self._db.execute("SELECT value FROM about WHERE name = ?", (name,)).fetchone()
        return row and row[0]  # type: ignore[no-any-return]  # text or null

    def files(self) -> Iterator[Row]:
        """The files, sorted by id."""
        return map(Row._make, self._db.execute("SELECT id, size, stamp, sha256, again, shard FROM files ORDER BY id"))

    def shards(self) -> dict[int, OldShard]:
        """The shards by their id."""
        rows = self._db.execute("SELECT id, number, files, balance, parts FROM shards")
        return {id_: OldShard(id_, number, files, orjson.loads(b), orjson.loads(p)) for id_, number, files, b, p in rows}

    def past(self, sources: Iterable[str]) -> dict[str, Past]:
        """What is known of how much was cut of sources in earlier runs."""
        query = "SELECT documents, cut, recent, recent_cut FROM sources WHERE id = ?"
        rows = ((source, self._db.execute(query, (source,)).fetchone()) for source in sources)
        return {source: Past(*row) for source, row in rows if row}

    def record(
        self,
        run: str | None,
        fingerprint: str,
        kept: dict[int, int],
        new: Iterable[NewShard],
        stamps: Iterable[tuple[int | str | None, str]],
        past: Mapping[str, Past],
    ) -> None:
        """Write down what the output will be: all of it or, if anything goes wrong, nothing.

        Args:
            run: the run that publishes it; None if nothing has to be published.
            fingerprint: of everything in the output.
            kept: the number of each shard that stays, by its id; the others are removed.
            new: the shards that are added.
            stamps: stamp and id of the files whose stamp has changed, but not their content.
            past: what is known from now on of how much is cut of each source.
        """
        with self._transaction() as db:
            gone = [(id_,) for [id_] in db.execute("SELECT id FROM shards") if id_ not in kept]
            if gone:
                db.execute("CREATE TEMP TABLE gone (id INTEGER PRIMARY KEY)")
                db.executemany("INSERT INTO gone VALUES (?)", gone)
                db.execute("DELETE FROM files WHERE shard IN (SELECT id FROM gone)")
                db.execute("DELETE FROM shards WHERE id IN (SELECT id FROM gone)")
                db.execute("DROP TABLE gone")
            db.executemany("UPDATE shards SET number = ? WHERE id = ?", [(number, id_) for id_, number in kept.items()])
            for shard in new:
                row = (shard.number, len(shard.files), *(orjson.dumps(one).decode() for one in (shard.balance, shard.parts)))
                id_ = db.execute("INSERT INTO shards (number, files, balance, parts) VALUES (?, ?, ?, ?)", row).lastrowid
                db.executemany("INSERT INTO files VALUES (?, ?, ?, ?, ?, ?)", [(*file, id_) for file in shard.files])
            db.executemany("UPDATE files SET stamp = ? WHERE id = ?", stamps)
            db.executemany(
                "INSERT OR REPLACE INTO sources VALUES (?, ?, ?, ?, ?)", [(id_, *known) for id_, known in past.items()]
            )
            db.execute("INSERT OR REPLACE INTO about VALUES ('fingerprint', ?), ('publishing', ?)", (fingerprint, run))

    def published(self) -> None:
        """Write down that the output is what `record` said."""
        self._db.execute("UPDATE about SET value = NULL WHERE name = 'publishing'")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield self._db
        except BaseException:
            with suppress(sqlite3.Error):  # when the disk is full, it has rolled back already
                self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
