"""Parquet files, through pyarrow."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cleaners.read import record
from cleaners.read.record import Record
from cleaners.read.source import BUFFER, Source
from cleaners.read.values import Failed, Raw

# Rows that are decoded at a time: as many as pay for the calls, few enough that large values do not add up.
_ROWS = 64


def read(source: Source, _media_type: str) -> Iterator[Raw | Failed]:
    """The documents in the rows, which are numbered from 1."""
    yield from record.documents(source, _rows(source))


def _rows(source: Source) -> Iterator[Record | Failed]:
    # Neither read ahead nor mapped into memory: a file that shrinks meanwhile must be an error, not the end of the process.
    with source.file() as file, pq.ParquetFile(file, pre_buffer=False, buffer_size=BUFFER, memory_map=False) as table:
        number = 0
        for batch in table.iter_batches(_ROWS, use_threads=False):
            for row in _values(batch):
                number += 1
                yield Record(number, None, row, is_escaped=True)


def _values(batch: pa.RecordBatch) -> Iterator[dict[str, Any]]:
    columns = [_column(column) for column in batch.columns]
    for row in zip(*columns, strict=True):
        yield dict(zip(batch.schema.names, row, strict=True))


def _column(column: pa.Array) -> list[Any]:
    try:
        return list(column.to_pylist())
    except UnicodeDecodeError:  # strings that are none
        values = column.cast(pa.large_binary()).to_pylist()
        return [value if value is None else value.decode("utf-8", "surrogateescape") for value in values]
