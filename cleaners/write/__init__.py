"""The formats in which records are written, and read back: the same records in all.

`jsonl` is one JSON object a line, `jsonl.zst` the same compressed, and `parquet` has a column for every field;
`files` is `jsonl` with the clean texts as files beside it, and `markdown` the same with headings marked.  The same
records give the same bytes: compression has a fixed level and one thread, and no file says when it was made.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, BinaryIO, Literal, NamedTuple, Protocol, get_args

from cleaners import records
from cleaners.records import Record

Format = Literal["files", "markdown", "jsonl", "jsonl.zst", "parquet"]
Kind = Literal["documents", "ledger", "dropped", "quarantine"]
FORMATS: tuple[Format, ...] = get_args(Format)
KINDS: tuple[Kind, ...] = get_args(Kind)

_SUFFIX: Mapping[Format, str] = {
    "files": ".jsonl",
    "markdown": ".jsonl",
    "jsonl": ".jsonl",
    "jsonl.zst": ".jsonl.zst",
    "parquet": ".parquet",
}
# Zstandard's own default.
ZSTD_LEVEL = 3


class Sink(Protocol):
    """A part that is being written."""

    def write(self, record: Record) -> object:
        """Add a record."""

    def copy(self, row: Any) -> object:
        """Add a record that was read from another part, as `rows` gives it: the bytes are the same."""

    def close(self) -> None:
        """Finish the part."""


class Parts(ExitStack):
    """The parts of one name, one for each kind of record, each opened when its first record comes.

    Attributes:
        written: how many records of each kind were written.
    """

    def __init__(self, folder: Path, name: str, format_: Format) -> None:
        super().__init__()
        self._folder, self._name, self._format = folder, name, format_
        self._sinks: dict[Kind, Sink] = {}
        self.written: dict[Kind, int] = dict.fromkeys(KINDS, 0)

    def write(self, kind: Kind, record: Record) -> None:
        """Add a record to the part of its kind."""
        self._sink(kind).write(record)

    def copy(self, kind: Kind, row: Any) -> None:
        """Add a record to the part of its kind, as `rows` gave it."""
        self._sink(kind).copy(row)

    def _sink(self, kind: Kind) -> Sink:
        sink = self._sinks.get(kind)
        if sink is None:
            path = self._path(kind)
            path.parent.mkdir(exist_ok=True)
            # Make a new file: a process whose run was killed may still have the old one open.
            path.unlink(missing_ok=True)
            sink = self._sinks[kind] = self.enter_context(closing(_open(path, kind, self._format)))
        self.written[kind] += 1
        return sink

    def _path(self, kind: Kind) -> Path:
        return self._folder / kind / (self._name + _SUFFIX[self._format])

    def sync(self) -> None:
        """Make what was written survive a power loss; call it when all is closed."""
        for kind in self._sinks:
            sync(self._path(kind))
            sync(self._path(kind).parent)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def write_whole(path: Path, content: bytes, aside: Path) -> None:
    """Write a file that, whatever happens, is either the old or the new one.

    Args:
        path: of the file.
        content: of it.
        aside: where it is written first, in the same file system.
    """
    aside.unlink(missing_ok=True)  # see `Parts`
    aside.write_bytes(content)
    sync(aside)
    aside.replace(path)
    sync(path.parent)


def _open(path: Path, kind: Kind, format_: Format) -> Sink:
    if format_ == "parquet":
        from cleaners.write.parquet import ParquetSink  # pyarrow is imported where Parquet is asked for

        return ParquetSink(path, kind)
    if format_ == "jsonl.zst":
        zstd = _zstd()
        options = {zstd.CompressionParameter.compression_level: ZSTD_LEVEL, zstd.CompressionParameter.checksum_flag: 1}
        return _LineSink(zstd.ZstdFile(path, "wb", options=options))
    return _LineSink(path.open("wb"))


def _zstd() -> Any:
    from cleaners.read.compression import zstd_module

    return zstd_module()


class _LineSink:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.copy = file.write
        self.close = file.close

    def write(self, record: Record) -> None:
        self._file.write(records.dumps(record))


class DamagedError(ValueError):
    """A part of an output cannot be read; the message names it, and the line where it has lines."""


class Output(NamedTuple):
    """An output folder, opened for reading; the names of its parts say what format they are in."""

    folder: Path

    def read(self, kind: Kind) -> Iterator[Record]:
        """The records of one kind, in order.

        Raises:
            DamagedError: a part is damaged.
        """
        for part in sorted((self.folder / kind).glob("part-*")):
            for record, _row in rows(part):
                if not isinstance(record, dict) or not isinstance(record.get("id"), str):
                    raise DamagedError(f"{part}: holds something that is no record with an id: {str(record)[:80]}")
                yield record


def rows(part: Path) -> Iterator[tuple[Record, Any]]:
    """The records of a part, and each as it stands there, for `Parts.copy`.

    Raises:
        DamagedError: the part is damaged.
    """
    return _read_parquet(part) if part.suffix == ".parquet" else _read_lines(part)


def renamed(kind: Kind, row: Any, old: str, new: str) -> Any:
    """A record of a file that was renamed.

    Args:
        kind: of the record.
        row: as `rows` gave it.
        old: the path of the file, as it was.
        new: as it is.

    Returns:
        What `rows` would give if the file had been cleaned under its new name.

    Raises:
        ValueError: the record cannot be changed without changing more than the name.
    """
    if isinstance(row, bytes):
        return _changed(row, lambda record: rename(kind, record, old, new))
    row = row | {"id": new + row["id"].removeprefix(old)}
    if kind != "ledger":
        column = "provenance" if kind == "documents" else "source"
        line = _changed(row[column].encode() + b"\n", lambda value: value.get("source", value).update(path=new))
        row[column] = line.decode().removesuffix("\n")
    return row


def rename(kind: Kind, record: Record, old: str, new: str) -> None:
    """Give a record the new name of its file; everything else that it holds comes from the content."""
    record["id"] = new + record["id"].removeprefix(old)
    if kind != "ledger":
        (record["provenance"] if kind == "documents" else record)["source"]["path"] = new


def _changed(line: bytes, change: Callable[[Record], None]) -> bytes:
    """A line of JSON with one change, all other bytes the same."""
    value = records.loads(line)
    if records.dumps(value) != line:  # it has a number too large for orjson
        value = json.loads(line)
        if records.dumps(value) != line:
            raise ValueError(f"a record is not as it was written: {line[:80]!r}")
    change(value)
    return records.dumps(value)


def _read_lines(part: Path) -> Iterator[tuple[Record, bytes]]:
    damaged: tuple[type[Exception], ...] = (ValueError,)
    lines: BinaryIO
    if part.suffix == ".zst":
        lines = _zstd().ZstdFile(part)
        damaged += (_zstd().ZstdError, EOFError)
    else:
        lines = part.open("rb")
    read = 0
    with lines:
        try:
            for line in lines:
                if not line.endswith(b"\n"):
                    raise ValueError("it breaks off")
                yield records.loads(line), line
                read += 1
        except damaged as error:
            raise DamagedError(f"{part}, line {read + 1}: {error}") from error


def _read_parquet(part: Path) -> Iterator[tuple[Record, Record]]:
    from pyarrow import ArrowException

    from cleaners.write.parquet import read_records

    try:
        yield from read_records(part)
    except (ArrowException, OSError) as error:
        raise DamagedError(f"{part}: {error}") from error
