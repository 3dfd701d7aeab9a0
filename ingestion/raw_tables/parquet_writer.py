"""Writes the data files of one load: Arrow tables -> bounded buffers -> Parquet by partition."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyiceberg.io.pyarrow import (
    compute_statistics_plan,
    data_file_statistics_from_parquet_metadata,
    parquet_path_to_id_mapping,
    schema_to_pyarrow,
)
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.partitioning import PartitionFieldValue, PartitionKey
from pyiceberg.table.locations import load_location_provider
from pyiceberg.typedef import Record

from ingestion.raw_tables.row_groups import Encoders, OpenFile
from lake.metadata_commit import remove_files
from lake.types import SHORT_PRECISIONS

if TYPE_CHECKING:
    from pyiceberg.io import FileIO
    from pyiceberg.table.metadata import TableMetadata

FILE_BYTES = 256 * 1024 * 1024
ROW_GROUP_BYTES = 48 * 1024 * 1024
SPLIT_BYTES = 16 * 1024 * 1024
BUFFERED_BYTES = 80 * 1024 * 1024
OPEN_FILES = 100
JOINED_TABLES = 64
SAMPLE_ROWS = 10_000
REPEATED_SHARE = 0.2


@dataclass
class _Part:
    """What is buffered and open for one partition value."""

    values: tuple[Any, ...]
    tables: list[pa.Table] = field(default_factory=list)
    bytes: int = 0
    files: list[OpenFile] = field(default_factory=list)


class DataFileWriter:
    """Writes tables in the schema of an Iceberg table; nothing refers to its files before a commit.

    Memory stays below about 250 MB: full buffers become row groups, the largest first, encoded in
    threads. A partition gets a second file when the first is busy while a row group is full.
    """

    def __init__(
        self, metadata: TableMetadata, io: FileIO, constants: Collection[str] = ()
    ) -> None:
        """Write for a table as `metadata` describes it (schema, partitions, location).

        Columns in `constants` hold one text for many rows and are written from a dictionary.
        """
        self._metadata = metadata
        self._io = io
        self._schema = pa.schema(
            _compact(field, field.name in constants)
            for field in schema_to_pyarrow(metadata.schema())
        )
        self._locations = load_location_provider(metadata.location, metadata.properties)
        self._parts: dict[tuple[Any, ...], _Part] = {}
        self._waiting: list[pa.Table] = []
        self._waiting_bytes = 0
        self._joined_count = 0  # so many of them are made of small ones, which take much memory
        self._dictionary_columns: list[str] | None = None
        self._paths: list[str] = []
        self._files: list[DataFile] = []
        self._encoders = Encoders()

    @property
    def schema(self) -> pa.Schema:
        """The columns that `write` expects, in order."""
        return self._schema

    def write(self, rows: pa.Table) -> None:
        """Take rows in the table's schema and write row groups as buffers fill."""
        if rows.num_rows == 0:
            return
        self._waiting.append(rows)
        self._waiting_bytes += rows.nbytes
        if len(self._waiting) - self._joined_count >= JOINED_TABLES:
            last = pa.concat_tables(self._waiting[self._joined_count :])
            self._waiting[self._joined_count :] = [last.unify_dictionaries().combine_chunks()]
            self._joined_count += 1
        if self._waiting_bytes >= SPLIT_BYTES:
            self._split()

    def finish(self) -> list[DataFile]:
        """Write what is buffered, close all files and return them with their column metrics."""
        self._split()
        for part in self._parts.values():
            self._flush(part)
        self._encoders.wait_for_all()
        for part in self._parts.values():
            while part.files:
                self._close(part, part.files[0])
        self._encoders.stop()
        return self._files

    def discard(self) -> None:
        """Remove every file written so far, as far as that is possible."""
        self._encoders.stop()
        for part in self._parts.values():
            for file in part.files:
                file.abandon()
        remove_files(self._io, self._paths)

    def _split(self) -> None:
        """Move the waiting rows to the buffers of their partitions."""
        if not self._waiting:
            return
        rows = pa.concat_tables(self._waiting).unify_dictionaries()
        if self._joined_count:  # every chunk would have all texts of all dictionaries
            rows = rows.combine_chunks()
        self._waiting, self._waiting_bytes, self._joined_count = [], 0, 0
        for values, group in self._by_partition(rows):
            part = self._parts.setdefault(values, _Part(values))
            part.tables.append(group)
            part.bytes += group.nbytes
            if part.bytes >= ROW_GROUP_BYTES:
                self._flush(part)
        for part in sorted(self._parts.values(), key=lambda p: -p.bytes):
            if sum(p.bytes for p in self._parts.values()) <= BUFFERED_BYTES:
                break
            self._flush(part)

    def _by_partition(self, rows: pa.Table) -> Iterator[tuple[tuple[Any, ...], pa.Table]]:
        """Yield the rows of each partition value, the values as Iceberg stores them."""
        spec, schema = self._metadata.spec(), self._metadata.schema()
        if not spec.fields:
            yield (), rows
            return
        rows = rows.combine_chunks()
        keys = {}
        for number, part in enumerate(spec.fields):
            source = schema.find_field(part.source_id)
            transform = part.transform.pyarrow_transform(source.field_type)
            keys[str(number)] = transform(_widened(rows.column(source.name)))
        keyed = pa.table(keys)
        order = pc.sort_indices(keyed, sort_keys=[(name, "ascending") for name in keys])
        counts = (
            keyed.take(order).group_by(list(keys), use_threads=False).aggregate([([], "count_all")])
        )
        start = 0
        for group in counts.to_pylist():
            length = group["count_all"]
            values = tuple(group[name] for name in keys)
            yield values, rows.take(order.slice(start, length))  # a copy, no view of all rows
            start += length

    def _flush(self, part: _Part) -> None:
        """Have a partition's buffer written as one row group."""
        if not part.tables:
            return
        rows = pa.concat_tables(part.tables).unify_dictionaries()
        part.tables, part.bytes = [], 0
        self._encoders.wait_for_one()
        self._encoders.encode(self._free_file(part) or self._open(part, rows), rows)

    def _free_file(self, part: _Part) -> OpenFile | None:
        """Return an open file of a partition that can take a row group; a full one is ended."""
        for file in [file for file in part.files if file.is_free]:
            if file.size < FILE_BYTES:
                return file
            self._close(part, file)
        return None

    def _open(self, part: _Part, sample: pa.Table) -> OpenFile:
        self._make_room()
        if self._dictionary_columns is None:
            self._dictionary_columns = _repetitive_columns(sample)
        key = self._partition_key(part.values)
        path = self._locations.new_data_location(f"{uuid.uuid4()}.parquet", key)
        self._paths.append(path)
        stream = self._io.new_output(path).create()
        writer = pq.ParquetWriter(
            stream,
            self._schema,
            compression=self._metadata.properties.get("write.parquet.compression-codec", "zstd"),
            use_dictionary=self._dictionary_columns,
            store_decimal_as_integer=True,
            store_schema=False,
        )
        file = OpenFile(path, stream, writer)
        part.files.append(file)
        return file

    def _make_room(self) -> None:
        """End a file that is free where too many are open."""
        if sum(len(part.files) for part in self._parts.values()) < OPEN_FILES:
            return
        part, file = next(
            (part, file) for part in self._parts.values() for file in part.files if file.is_free
        )
        self._close(part, file)

    def _close(self, part: _Part, file: OpenFile) -> None:
        """End a partition's open file and note it with its metrics."""
        part.files.remove(file)
        size, footer = file.close()
        key = self._partition_key(part.values)
        values = key.partition if key else Record()
        self._files.append(data_file(file.path, size, footer, values, self._metadata))

    def _partition_key(self, values: tuple[Any, ...]) -> PartitionKey | None:
        spec = self._metadata.spec()
        if not spec.fields:
            return None
        fields = [
            PartitionFieldValue(part, value)
            for part, value in zip(spec.fields, values, strict=True)
        ]
        return PartitionKey(fields, spec, self._metadata.schema())


def data_file(
    path: str,
    size: int,
    footer: pq.FileMetaData,
    partition: Record,
    metadata: TableMetadata,
) -> DataFile:
    """Return what a table (`metadata`, its default partition spec) is told of a Parquet file.

    The file has `size` bytes; column metrics come from its footer, found by names.
    """
    schema = metadata.schema()
    statistics = data_file_statistics_from_parquet_metadata(
        footer,
        compute_statistics_plan(schema, metadata.properties),
        parquet_path_to_id_mapping(schema),
    )
    return DataFile.from_args(
        content=DataFileContent.DATA,
        file_path=path,
        file_format=FileFormat.PARQUET,
        partition=partition,
        file_size_in_bytes=size,
        sort_order_id=None,
        spec_id=metadata.default_spec_id,
        equality_ids=None,
        key_metadata=None,
        **statistics.to_serialized_dict(),
    )


def _compact(field: pa.Field, is_constant: bool) -> pa.Field:
    """Return an Arrow field that takes what readers make: 32-bit offsets suffice for a batch.

    Decimals that Parquet stores in 64 bits are held in as many.
    """
    if pa.types.is_large_list(field.type) or pa.types.is_list(field.type):
        return field.with_type(pa.list_(_compact(field.type.value_field, is_constant=False)))
    if pa.types.is_decimal(field.type) and field.type.precision in SHORT_PRECISIONS:
        return field.with_type(pa.decimal64(field.type.precision, field.type.scale))
    if pa.types.is_large_string(field.type):
        plain = pa.string()
        return field.with_type(pa.dictionary(pa.int32(), plain) if is_constant else plain)
    return field.with_type(pa.binary()) if pa.types.is_large_binary(field.type) else field


def _widened(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return short decimals as long ones: transforms and sorting know no others."""
    kind = values.type
    if not pa.types.is_decimal64(kind):
        return values
    return values.cast(pa.decimal128(kind.precision, kind.scale))


def _repetitive_columns(sample: pa.Table) -> list[str]:
    """Name what is worth a dictionary: columns whose values come again within a sample.

    Of arrays these are the elements, by their path in Parquet.
    """
    head = sample.slice(0, SAMPLE_ROWS)
    found = []
    for column in head.schema:
        values, path = head.column(column.name), column.name
        if pa.types.is_list(column.type):
            values, path = pc.list_flatten(values), f"{column.name}.list.element"
        few = max(1, REPEATED_SHARE * len(values))
        if (
            pa.types.is_dictionary(column.type)
            or pc.count_distinct(values, mode="all").as_py() <= few
        ):
            found.append(path)
    return found
