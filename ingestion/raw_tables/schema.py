"""Makes raw tables what their declarations say: declaration -> created or widened Iceberg table."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Any, cast

from ingestion.declarations import PartitionField, TableDeclaration
from ingestion.declarations.columns import ADDED_COLUMNS, RawColumn
from lake.errors import ConfigurationError
from lake.namespaces import ensure_namespace
from lake.table_properties import PROPERTIES_AT_CREATION
from lake.types import DataType

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog
    from pyiceberg.partitioning import PartitionSpec
    from pyiceberg.schema import Schema
    from pyiceberg.table import Table, Transaction
    from pyiceberg.transforms import Transform
    from pyiceberg.types import NestedField, PrimitiveType

SHAPE_PROPERTY = "firn.shape"


@dataclass(frozen=True)
class RawShape:
    """What a raw table has to look like; `evolved` columns come from the source, undeclared."""

    label: str
    identifier: tuple[str, str]
    columns: tuple[RawColumn, ...]
    partition_by: tuple[PartitionField, ...]

    @classmethod
    def of(cls, table: TableDeclaration, evolved: Iterable[RawColumn] = ()) -> RawShape:
        """Return the shape a declaration asks for: its landed columns, then those Firn adds.

        A file that is part of the table as it is lacks the added ones: pyiceberg reads it only
        where they are not required.
        """
        declared = (
            RawColumn(c.name, c.data_type, is_required=c.name in table.key)
            for c in table.landed_columns
        )
        added = (*ADDED_COLUMNS, *table.connector_columns)
        if table.registers_files:
            added = tuple(replace(column, is_required=False) for column in added)
        columns = (*declared, *added, *evolved)
        return cls(table.label, table.identifier, columns, table.partition_by)

    @property
    def fingerprint(self) -> str:
        """A hash that tells, without opening the table, whether it was made to this shape."""
        return hashlib.sha256(repr((self.columns, self.partition_by)).encode()).hexdigest()[:16]


def ensure_raw_table(catalog: Catalog, shape: RawShape) -> Table:
    """Return the raw table in its declared shape, creating or widening it in one commit.

    Columns are added and types promoted; a table of any other shape is left as it is.
    Raises ConfigurationError that lists what cannot be done in place.
    """
    from pyiceberg.exceptions import NoSuchTableError

    try:
        table = catalog.load_table(shape.identifier)
    except NoSuchTableError:
        return _create(catalog, shape)
    if table.properties.get(SHAPE_PROPERTY) == shape.fingerprint:
        return table
    if problems := _breaking_differences(table, shape):
        raise ConfigurationError(
            f"{shape.label}: the raw table cannot be changed in place:\n" + "\n".join(problems),
            f"firn ingest {shape.label} --full-refresh rebuilds it from the source",
        )
    with table.transaction() as transaction:
        _widen(transaction, shape)
    return catalog.load_table(shape.identifier)


def null_notes(table: Table, shape: RawShape) -> list[str]:
    """Say where a table made to a new shape holds NULL only because of that.

    To be asked between the change and the first commit of rows after it: a column is new when the
    current snapshot was written without it.
    """
    snapshot = table.current_snapshot()
    if snapshot is None or snapshot.schema_id is None:
        return []
    landed = [field.name for field in table.schemas()[snapshot.schema_id].fields]
    wanted = [column.name for column in shape.columns]
    notes = []
    if new := [name for name in wanted if name not in landed]:
        notes.append(
            f"new: {', '.join(new)}; rows landed before hold NULL there, `firn ingest {shape.label}"
            " --full-refresh` reads them again"
        )
    if gone := [name for name in landed if name not in wanted]:
        notes.append(f"not read any more: {', '.join(gone)}; rows hold NULL there from now on")
    return notes


def reshape(transaction: Transaction, shape: RawShape) -> None:
    """Give a table whose rows are all about to be replaced any new shape, within `transaction`."""
    current = transaction.table_metadata.schema()
    outdated = [
        column
        for column in shape.columns
        if column.name in current.column_names
        and not _can_become(current.find_field(column.name), column)
    ]
    if _partitions(transaction.table_metadata.spec(), current) != shape.partition_by:
        with transaction.update_spec() as spec:
            for old in transaction.table_metadata.spec().fields:
                spec.remove_field(old.name)
    if outdated:
        with transaction.update_schema(allow_incompatible_changes=True) as update:
            for column in outdated:
                update.delete_column(column.name)
    _widen(transaction, shape)
    if _partitions(transaction.table_metadata.spec(), current) != shape.partition_by:
        with transaction.update_spec() as spec:
            for part in shape.partition_by:
                spec.add_field(part.column, _transform(part), part.name)


def _create(catalog: Catalog, shape: RawShape) -> Table:
    from pyiceberg.exceptions import TableAlreadyExistsError
    from pyiceberg.schema import Schema
    from pyiceberg.types import NestedField

    ids = count(len(shape.columns) + 1)
    schema = Schema(
        *(
            NestedField(number, c.name, c.data_type.iceberg(ids), required=c.is_required)
            for number, c in enumerate(shape.columns, start=1)
        )
    )
    ensure_namespace(catalog, shape.identifier[0])
    try:
        return catalog.create_table(
            shape.identifier,
            schema,
            partition_spec=_spec(shape, schema),
            properties={**PROPERTIES_AT_CREATION, SHAPE_PROPERTY: shape.fingerprint},
        )
    except TableAlreadyExistsError:
        return ensure_raw_table(catalog, shape)


def _widen(transaction: Transaction, shape: RawShape) -> None:
    """Add what is missing, promote what grew, and loosen keys that are none any more."""
    current = {f.name: f for f in transaction.table_metadata.schema().fields}
    with transaction.update_schema(allow_incompatible_changes=True) as update:
        for column in shape.columns:
            field = current.get(column.name)
            if field is None:
                update.add_column(
                    column.name, column.data_type.iceberg(), required=column.is_required
                )
            elif DataType.of_iceberg(field.field_type) != column.data_type:
                update.update_column(column.name, field_type=_primitive(column.data_type))
            elif field.required and not column.is_required:
                update.update_column(column.name, required=False)
    transaction.set_properties({SHAPE_PROPERTY: shape.fingerprint})


def _primitive(kind: DataType) -> PrimitiveType:
    """Return the Iceberg type that a column is promoted to: no array ever is."""
    return cast("PrimitiveType", kind.iceberg())


def _breaking_differences(table: Table, shape: RawShape) -> list[str]:
    schema = table.schema()
    problems = []
    for column in shape.columns:
        if column.name not in schema.column_names:
            if column.is_required:
                problems.append(f"  {column.name}: a new key column; rows landed so far have none")
            continue
        field = schema.find_field(column.name)
        if not _can_become(field, column):
            problems.append(f"  {column.name}: {_described(field)}, declared {_wanted(column)}")
    partitions = _partitions(table.spec(), schema)
    if partitions != shape.partition_by:
        have = ", ".join(part.name for part in partitions) or "nothing"
        want = ", ".join(part.name for part in shape.partition_by) or "nothing"
        problems.append(f"  partitioned by {have}, declared {want}")
    return problems


def _can_become(field: NestedField, column: RawColumn) -> bool:
    have = DataType.of_iceberg(field.field_type)
    same_or_wider = have is not None and (
        have == column.data_type or column.data_type.is_promotion_of(have)
    )
    return same_or_wider and (field.required or not column.is_required)


def _described(field: NestedField) -> str:
    return f"{field.field_type}{'' if field.required else ', may be null'}"


def _wanted(column: RawColumn) -> str:
    return f"{column.data_type}{', a key' if column.is_required else ''}"


def _spec(shape: RawShape, schema: Schema) -> PartitionSpec:
    from pyiceberg.partitioning import PARTITION_FIELD_ID_START, PartitionField, PartitionSpec

    return PartitionSpec(
        *(
            PartitionField(
                schema.find_field(part.column).field_id,
                PARTITION_FIELD_ID_START + number,
                _transform(part),
                part.name,
            )
            for number, part in enumerate(shape.partition_by)
        )
    )


def _partitions(spec: PartitionSpec, schema: Schema) -> tuple[PartitionField, ...]:
    """Return a table's partitioning in the words of a declaration."""
    from pyiceberg.transforms import BucketTransform

    parts = []
    for field in spec.fields:
        column = schema.find_column_name(field.source_id) or "?"
        if isinstance(field.transform, BucketTransform):
            buckets = field.transform.num_buckets
            parts.append(PartitionField(column=column, transform="bucket", buckets=buckets))
        else:
            name = str(field.transform)
            parts.append(PartitionField.model_construct(column=column, transform=name, buckets=0))
    return tuple(parts)


def _transform(part: PartitionField) -> Transform[Any, Any]:
    from pyiceberg import transforms

    if part.transform == "bucket":
        return transforms.BucketTransform(part.buckets)
    return {
        "identity": transforms.IdentityTransform(),
        "year": transforms.YearTransform(),
        "month": transforms.MonthTransform(),
        "day": transforms.DayTransform(),
        "hour": transforms.HourTransform(),
    }[part.transform]
