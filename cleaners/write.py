"""The formats in which records are written, and read back: the same records in all.

`jsonl` is one JSON object a line, `jsonl.zst` the same compressed, and `parquet` has a column for every field;
`files` is `jsonl` with the clean texts as files beside it, and `markdown` the same with headings marked.  The same
records give the same bytes: compression has a fixed level and one thread, and no file says when it was made.
"""

import errno
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, suppress
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
_ZSTD_LEVEL = 3
# A row group is what a reader of Parquet holds in memory at once, and so does the writer.
_GROUP_ROWS = 5_000
_GROUP_CHARS = 8_000_000

_NAME_BYTES = 255  # of a file, on the usual file systems
_PATH_CHARS = 800  # Linux takes 4,096 bytes and macOS 1,024, the output folder included


class Sink(Protocol):
    """A part that is being written."""

    def write(self, record: Record) -> object:
        """Add a record."""

    def copy(self, row: Any) -> object:
        """Add a record that was read from another part, as `rows` gives it: the bytes are the same."""

    def close(self) -> None:
        """Finish the part."""


class Parts(ExitStack):
    """The parts of one name, one for each kind of record, each opened when the first record comes.

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
            # A file of its own: a process whose run was killed may still have the old one open.
            path.unlink(missing_ok=True)
            sink = self._sinks[kind] = self.enter_context(closing(_open(path, kind, self._format)))
        self.written[kind] += 1
        return sink

    def _path(self, kind: Kind) -> Path:
        return self._folder / kind / (self._name + _SUFFIX[self._format])

    def sync(self) -> None:
        """Have what was written outlast a loss of power; to be called when all is closed."""
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


def _open(path: Path, kind: Kind, format_: Format) -> Sink:
    if format_ == "parquet":
        return _ParquetSink(path, kind)
    if format_ == "jsonl.zst":
        zstd = _zstd()
        options = {zstd.CompressionParameter.compression_level: _ZSTD_LEVEL, zstd.CompressionParameter.checksum_flag: 1}
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


def _schema(kind: Kind) -> Any:
    """The columns of a kind of record.

    What has the same fields in every record has typed columns.  `metadata`, `provenance` and `source` have not: they are
    columns of JSON, which DuckDB, pandas and Polars take apart when asked.  `rest` is JSON, too, and nearly
    always null: fields that have no column, or whose value does not fit it (a lone surrogate is no UTF-8).
    """
    import pyarrow as pa

    text, json = pa.string(), pa.field("", pa.string(), metadata={"copydesk": "json"})
    change = pa.struct(
        [
            ("start", pa.int64()),
            ("end", pa.int64()),
            ("old", text),
            ("new", text),
            ("rules", pa.list_(text)),
            ("score", pa.float64()),
        ]
    )
    error = pa.struct([("type", text), ("message", text)])
    columns: dict[Kind, dict[str, Any]] = {
        "documents": {"id": text, "title": text, "text": text, "metadata": json, "provenance": json},
        "ledger": {"id": text, "base": text, "base_sha256": text, "edits": pa.list_(change)},
        "dropped": {"id": text, "source": json, "rule": text, "note": text, "duplicate_of": text, "similarity": pa.float64()},
        "quarantine": {"id": text, "source": json, "stage": text, "error": error},
    }
    typed = {**columns[kind], "rest": json}
    return pa.schema([type_.with_name(name) if isinstance(type_, pa.Field) else (name, type_) for name, type_ in typed.items()])


def _is_json(column: Any) -> bool:
    return bool(column.metadata and column.metadata.get(b"copydesk") == b"json")


class _ParquetSink:
    def __init__(self, path: Path | BinaryIO, kind: Kind) -> None:
        from pyarrow import parquet

        self._schema = _schema(kind)
        self._columns = {column.name: None if _is_json(column) else column.type for column in self._schema}
        self._rows: list[Record] = []
        self._chars = 0
        self._writer = parquet.ParquetWriter(path, self._schema, compression="zstd", compression_level=_ZSTD_LEVEL)

    def write(self, record: Record) -> None:
        row: Record = {}
        rest: Record = {}
        for name, value in record.items():
            type_ = self._columns.get(name, False) if name != "rest" else False
            if type_ is None:
                row[name] = _json(value)
            elif type_ and _fits(value, type_):
                row[name] = value
            else:
                rest[name] = value
                if type_ and str(type_) == "string" and isinstance(value, str):  # near enough for who reads the column alone
                    row[name] = value.encode("utf-8", "replace").decode()
        if rest:
            row["rest"] = _json(rest)
        self.copy(row)

    def copy(self, row: Record) -> None:
        self._rows.append(row)
        self._chars += sum(_chars(value) for value in row.values())
        if len(self._rows) == _GROUP_ROWS or self._chars >= _GROUP_CHARS:
            self._write_group()

    def close(self) -> None:
        if self._rows:
            self._write_group()
        self._writer.close()

    def _write_group(self) -> None:
        import pyarrow as pa

        self._writer.write_table(pa.Table.from_pylist(self._rows, self._schema), row_group_size=_GROUP_ROWS)
        self._rows, self._chars = [], 0


def _json(value: Any) -> str:
    return records.dumps(value).decode().removesuffix("\n")


def _chars(value: Any) -> int:
    """About how many characters there are in a value, at any depth."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        value = list(value.values())
    return sum(_chars(inner) for inner in value) + 10 * len(value) if isinstance(value, list | tuple) else 0


def _fits(value: Any, type_: Any) -> bool:
    """Whether a column gives back exactly what is put into it: Arrow leaves out what it does not expect."""
    from pyarrow import types

    if value is None:
        return True
    if types.is_string(type_):
        return isinstance(value, str) and (value.isascii() or _is_unicode(value))
    if types.is_list(type_):
        return isinstance(value, list | tuple) and all(_fits(item, type_.value_type) for item in value)
    if types.is_struct(type_):
        names = [field.name for field in type_]
        return isinstance(value, dict) and list(value) == names and all(_fits(value[f.name], f.type) for f in type_)
    return isinstance(value, float if types.is_floating(type_) else int) and not isinstance(value, bool)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


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
    """A record of a file that has another name now.

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
    """A line of JSON with something else in it, all other bytes the same."""
    value = records.loads(line)
    if records.dumps(value) != line:  # a number that is larger than those of orjson
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
                yield records.loads(line), line
                read += 1
        except damaged as error:
            raise DamagedError(f"{part}, line {read + 1}: {error}") from error


def _read_parquet(part: Path) -> Iterator[tuple[Record, Record]]:
    from pyarrow import ArrowException

    try:
        yield from _parquet_records(part)
    except (ArrowException, OSError) as error:
        raise DamagedError(f"{part}: {error}") from error


def _parquet_records(part: Path | BinaryIO) -> Iterator[tuple[Record, Record]]:
    from pyarrow import parquet

    with parquet.ParquetFile(part) as file:
        as_json = [column.name for column in file.schema_arrow if _is_json(column)]
        for batch in file.iter_batches(batch_size=1000):
            for row in batch.to_pylist():
                record = row | {name: records.loads(row[name].encode()) for name in as_json if row[name] is not None}
                yield record | (record.pop("rest") or {}), row


TEXT_SUFFIXES: Mapping[Format, str] = {"files": "", "markdown": ".md"}
"""The formats that have the clean texts as files, and what is put behind the names."""


def write_text(folder: Path, source: Mapping[str, Any], content: bytes, suffix: str = "") -> None:
    """Write a clean text as a file.

    Args:
        folder: for all of them.
        source: where the document came from: path and record.
        content: of the file.
        suffix: see `TEXT_SUFFIXES`.
    """
    places = text_places(folder, source, suffix)
    place = next(places)
    try:
        try:
            _write(place, content)
        except FileNotFoundError:  # the first document of its folder
            place.parent.mkdir(parents=True, exist_ok=True)
            _write(place, content)
    except OSError as error:
        # On disk there cannot be both a file and a folder of one name; where the input comes from there may.
        if error.errno not in (errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.ENAMETOOLONG):
            raise
        _write(next(places), content)


def _write(place: Path, content: bytes) -> None:
    with open(place, "wb") as file:  # noqa: PTH123  cheaper than `Path.write_bytes`
        file.write(content)


def read_texts(folder: Path, source: Mapping[str, Any], suffix: str = "") -> list[bytes]:
    """The files that may be the clean text of a document: where all is well, its own is among them."""
    return [place.read_bytes() for place in text_places(folder, source, suffix) if os.path.isfile(place)]  # noqa: PTH113  it never raises


def remove_text(folder: Path, source: Mapping[str, Any], suffix: str = "") -> None:
    """Take a clean text away again, if it was written."""
    for place in text_places(folder, source, suffix):
        with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
            place.unlink()


def text_places(folder: Path, source: Mapping[str, Any], suffix: str = "") -> Iterator[Path]:
    """Where the clean text of a document stands: at its place in the input tree, or else, where that is taken, aside.

    The text of record R of a container C/D is the file "C/D#R", with "/" in R written "%2F": so no record's text is in
    the way of another's, and none is outside the folder, whatever the container calls it.
    """
    path, record = source["path"], source["record"]
    if record is not None:
        path += "#" + str(record).replace("%", "%25").replace("/", "%2F")
    path += suffix  # always: "a" and "a.md" may both be there
    if len(path) <= _PATH_CHARS:
        yield folder.joinpath(*map(_safe, path.split("/")))
    yield aside(folder, path)


def aside(folder: Path, path: str) -> Path:
    """Where a clean text stands whose place is taken."""
    return folder / ("~" + _marked(path.replace("/", "%2F")))


def _safe(name: str) -> str:
    """The name of a file or folder: itself, wherever a file system takes it."""
    if name in ("", ".", "..") or "\0" in name or not _is_unicode(name) or len(name.encode()) > _NAME_BYTES:
        return _marked(name)
    return name


def _marked(name: str) -> str:
    """A name that is always possible: the start of this one, and a hash that makes it its own."""
    raw = name.encode("utf-8", "backslashreplace")
    digest = hashlib.sha256(raw).hexdigest()[:16]
    return raw[:200].decode("utf-8", "ignore").replace("\0", "") + "~" + digest
