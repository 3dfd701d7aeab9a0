"""Which Parquet files need no rewriting: the footer and the keys -> yes or no."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingestion.formats.declaration import FormattedTable

REGISTERED_BYTES = 16 * 1024 * 1024  # smaller files are better gathered in one data file
ENCODINGS = {"PLAIN", "RLE", "BIT_PACKED", "PLAIN_DICTIONARY", "RLE_DICTIONARY"}
CODECS = {"UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD"}
FIELD_ID = b"PARQUET:field_id"
BATCH_ROWS = 1024 * 1024
UNSORTED_ROWS = 5_000_000


def is_registrable(file: pq.ParquetFile, size: int, table: FormattedTable) -> bool:
    """Whether a file of `size` bytes can be part of the raw table byte for byte.

    It has to have exactly the declared columns, under their names and in their very types,
    written in a way that every reader of Iceberg knows; no row without a key, and no key twice:
    its rows have no number that would tell which is the later one. Partitions and personal data
    need other rows than those that are there. Of its values only the keys are read.
    """
    if size < REGISTERED_BYTES or table.partition_by or table.has_personal_data:
        return False
    return (
        _has_declared_columns(file, table) and _is_plain(file.metadata) and _is_keyed(file, table)
    )


def _has_declared_columns(file: pq.ParquetFile, table: FormattedTable) -> bool:
    declared = {column.name: column for column in table.columns}
    if any(
        column.origin != (column.name,) or column.is_json or column.data_type.element
        for column in table.columns
    ):
        return False
    schema = file.schema_arrow
    if sorted(schema.names) != sorted(declared) or len(file.schema) != len(schema):
        return False
    return all(
        _plain(field.type) == _plain(declared[field.name].data_type.arrow())
        and FIELD_ID not in (field.metadata or {})
        for field in schema
    )


def _plain(kind: pa.DataType) -> pa.DataType:
    """Return a type as Parquet knows it, apart from how Arrow holds its values."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_large_string(kind):
        return pa.string()
    if pa.types.is_large_binary(kind):
        return pa.binary()
    if pa.types.is_decimal(kind):
        return pa.decimal128(kind.precision, kind.scale)
    return pa.timestamp(kind.unit, "UTC") if pa.types.is_timestamp(kind) and kind.tz else kind


def _is_plain(footer: pq.FileMetaData) -> bool:
    """Whether all readers of Iceberg know the file's encodings, codecs and physical types."""
    for group in range(footer.num_row_groups):
        for number in range(footer.num_columns):
            chunk = footer.row_group(group).column(number)
            if not set(chunk.encodings) <= ENCODINGS or chunk.compression not in CODECS:
                return False
            is_decimal = footer.schema.column(number).logical_type.type == "DECIMAL"
            if is_decimal and chunk.physical_type == "BYTE_ARRAY":
                return False
    return True


def _is_keyed(file: pq.ParquetFile, table: FormattedTable) -> bool:
    """Whether every row has a key, and none has that of another."""
    columns = list(table.key)
    if _is_increasing(file, columns):
        return True
    if file.metadata.num_rows > UNSORTED_ROWS:
        return False
    keys = pa.table({name: _decoded(file.read([name]).column(0)) for name in columns})
    has_null = any(keys.column(name).null_count for name in columns)
    return not has_null and keys.group_by(columns).aggregate([]).num_rows == keys.num_rows


def _is_increasing(file: pq.ParquetFile, columns: Sequence[str]) -> bool:
    """Whether each key is greater than the one before it: files often are so, and it is quick."""
    last: list[pa.Array] = []
    for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=columns):
        keys = [_decoded(batch.column(name)) for name in columns]
        if any(key.null_count for key in keys):
            return False
        joined = list(map(pa.concat_arrays, zip(last, keys, strict=True))) if last else keys
        is_greater, is_equal = pa.scalar(value=False), pa.scalar(value=True)
        for key in joined:
            before, after = key[:-1], key[1:]
            is_greater = pc.or_(is_greater, pc.and_(is_equal, pc.greater(after, before)))
            is_equal = pc.and_(is_equal, pc.equal(after, before))
        if not pc.all(is_greater).as_py():
            return False
        last = [key[-1:] for key in keys]
    return True


def _decoded(values: pa.Array) -> pa.Array:
    return values.cast(values.type.value_type) if pa.types.is_dictionary(values.type) else values
