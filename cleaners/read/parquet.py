"""Parquet files, through pyarrow."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cleaners.read import record
from cleaners.read.record import Record
from cleaners.read.source import BUFFER, Source
from cleaners.read.values import Failed, Raw

# Rows that are decoded at a time: enough to pay for the calls, and few enough that large values do not add up.
_ROWS = 64

_NO_VALUE = (ValueError, OverflowError, KeyError)  # the last of a time zone that is not known


def read(source: Source, _media_type: str) -> Iterator[Raw | Failed]:
    """The documents in the rows, which are numbered from 1."""
    yield from record.documents(source, _rows(source))


def _rows(source: Source) -> Iterator[Record | Failed]:
    # Neither read ahead nor mapped into memory: a file that shrinks meanwhile must be an error, not the end of the process.
    with source.file() as file, pq.ParquetFile(file, pre_buffer=False, buffer_size=BUFFER, memory_map=False) as table:
        number = 0
        for group in range(table.num_row_groups):  # one by one, so that damage in one costs none of those before it
            for batch in table.iter_batches(_ROWS, row_groups=[group], use_threads=False):
                for row in _values(batch):
                    number += 1
                    yield Record(number, None, row, is_escaped=True)


def _values(batch: pa.RecordBatch) -> Iterator[dict[str, Any]]:
    columns = [_column(column) for column in batch.columns]
    for row in zip(*columns, strict=True):
        yield dict(zip(batch.schema.names, row, strict=True))


def _column(column: pa.Array) -> list[Any]:
    known = _in_microseconds(column.type)
    if known != column.type:
        column = column.cast(known, safe=False)
    try:
        return list(column.to_pylist(maps_as_pydicts="lossy"))
    except _NO_VALUE:  # one of its values does not fit Python; the others do
        return [_value(one) for one in column]


def _in_microseconds(type_: pa.DataType) -> pa.DataType:
    """The type with times as Python has them: Arrow fails on nanoseconds, or gives other values if pandas is installed."""
    if pa.types.is_struct(type_):
        return pa.struct([field.with_type(_in_microseconds(field.type)) for field in type_])
    if pa.types.is_map(type_):
        return pa.map_(type_.key_type, _in_microseconds(type_.item_type))
    if pa.types.is_list(type_) or pa.types.is_large_list(type_) or pa.types.is_fixed_size_list(type_):
        field = type_.value_field.with_type(_in_microseconds(type_.value_type))
        if pa.types.is_fixed_size_list(type_):
            return pa.list_(field, type_.list_size)
        return pa.large_list(field) if pa.types.is_large_list(type_) else pa.list_(field)
    if pa.types.is_timestamp(type_) and type_.unit == "ns":
        return pa.timestamp("us", type_.tz)
    return {pa.time64("ns"): pa.time64("us"), pa.duration("ns"): pa.duration("us")}.get(type_, type_)


def _value(one: pa.Scalar) -> Any:
    """A Python value; bytes that are not UTF-8 as "surrogateescape" has them, and None for a date that Python cannot hold."""
    try:
        return one.as_py()
    except _NO_VALUE:
        if isinstance(one, pa.TimestampScalar) and one.type.tz != "UTC":  # a time zone of Windows, for one
            return _value(one.cast(pa.timestamp("us", "UTC")))
        if isinstance(one, pa.StructScalar):
            return {name: _value(inner) for name, inner in one.items()}
        if isinstance(one, pa.ListScalar):
            return [_value(inner) for inner in one.values]
        if isinstance(one, pa.DictionaryScalar):
            return _value(one.value)
        return one.as_buffer().to_pybytes().decode("utf-8", "surrogateescape") if isinstance(one, pa.BinaryScalar) else None
