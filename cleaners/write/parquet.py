"""Records as rows of Parquet, with a column for every field."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
from pyarrow import parquet, types

from cleaners import records
from cleaners.records import Record
from cleaners.write import ZSTD_LEVEL, Kind

# A row group is what a reader of Parquet holds in memory at once, and so does the writer.
_GROUP_ROWS = 5_000
_GROUP_CHARS = 8_000_000


def _schema(kind: Kind) -> Any:
    """The columns of a kind of record.

    What has the same fields in every record gets typed columns.  `metadata`, `provenance` and `source` do not: they are
    columns of JSON, which DuckDB, pandas and Polars can take apart.  `rest` is JSON, too, and nearly
    always null: it holds fields that have no column, or whose value does not fit it (a lone surrogate is not UTF-8).
    """
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


class ParquetSink:
    """A part that is being written, see `write.Sink`."""

    def __init__(self, path: Path | BinaryIO, kind: Kind) -> None:
        self._schema = _schema(kind)
        self._columns = {column.name: None if _is_json(column) else column.type for column in self._schema}
        self._rows: list[Record] = []
        self._chars = 0
        self._writer = parquet.ParquetWriter(path, self._schema, compression="zstd", compression_level=ZSTD_LEVEL)

    def write(self, record: Record) -> None:
        """Add a record."""
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
                if type_ and str(type_) == "string" and isinstance(value, str):  # near enough for those who read only the column
                    row[name] = value.encode("utf-8", "replace").decode()
        if rest:
            row["rest"] = _json(rest)
        self.copy(row)

    def copy(self, row: Record) -> None:
        """Add a row that `read_records` gave."""
        self._rows.append(row)
        self._chars += sum(_chars(value) for value in row.values())
        if len(self._rows) == _GROUP_ROWS or self._chars >= _GROUP_CHARS:
            self._write_group()

    def close(self) -> None:
        """Finish the part."""
        if self._rows:
            self._write_group()
        self._writer.close()

    def _write_group(self) -> None:
        self._writer.write_table(pa.Table.from_pylist(self._rows, self._schema), row_group_size=_GROUP_ROWS)
        self._rows, self._chars = [], 0


def _json(value: Any) -> str:
    return records.dumps(value).decode().removesuffix("\n")


def _chars(value: Any) -> int:
    """Roughly how many characters a value holds, at any depth."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        value = list(value.values())
    return sum(_chars(inner) for inner in value) + 10 * len(value) if isinstance(value, list | tuple) else 0


def _fits(value: Any, type_: Any) -> bool:
    """Whether a column would give the value back exactly: Arrow leaves out what it does not expect."""
    if value is None:
        return True
    if types.is_string(type_):
        return isinstance(value, str) and (value.isascii() or records.is_unicode(value))
    if types.is_list(type_):
        return isinstance(value, list | tuple) and all(_fits(item, type_.value_type) for item in value)
    if types.is_struct(type_):
        names = [field.name for field in type_]
        return isinstance(value, dict) and list(value) == names and all(_fits(value[f.name], f.type) for f in type_)
    return isinstance(value, float if types.is_floating(type_) else int) and not isinstance(value, bool)


def read_records(part: Path | BinaryIO) -> Iterator[tuple[Record, Record]]:
    """The records of a part, each with its row.

    Raises:
        pyarrow.ArrowException, OSError: the part is damaged.
    """
    with parquet.ParquetFile(part) as file:
        as_json = [column.name for column in file.schema_arrow if _is_json(column)]
        for batch in file.iter_batches(batch_size=1000):
            for row in batch.to_pylist():
                record = row | {name: records.loads(row[name].encode()) for name in as_json if row[name] is not None}
                yield record | (record.pop("rest") or {}), row
