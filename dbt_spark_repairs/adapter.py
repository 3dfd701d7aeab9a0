"""Comments in the catalog, kinds of columns, and relations whose names have upper case.

dbt-spark leaves comments and statistics out of `catalog.json`, says the owner `None` of a view,
takes an `int` for no integer, and looks for every relation in lower case, though an Iceberg catalog
keeps the case of names: a model `Orders` is then found by "an approximate match" and its second run
fails.
"""

from itertools import dropwhile

from dbt.adapters.base.relation import BaseRelation
from dbt.adapters.spark.column import SparkColumn
from dbt.adapters.spark.impl import SparkAdapter
from dbt.task.docs.generate import Catalog
from dbt_common.contracts.metadata import CatalogTable
from dbt_common.utils.dict import AttrDict

from dbt_spark_repairs.column import DescribedColumn

DETAILS, COMMENT = "# Detailed", "Comment"
NO_OWNER = "None"
STOCK_COLUMNS, STOCK_MATCH = SparkAdapter.parse_describe_extended, SparkAdapter._make_match


class RepairedAdapter(SparkAdapter):
    """Methods for SparkAdapter itself; `self` is no RepairedAdapter, so they do not use super."""

    def parse_describe_extended(
        self, relation: BaseRelation, raw_rows: AttrDict
    ) -> list[SparkColumn]:
        """Return the columns that DESCRIBE TABLE EXTENDED names, with their comments."""
        columns = STOCK_COLUMNS(self, relation, raw_rows)
        rows = list(raw_rows)
        comments = {row["col_name"]: row["comment"] for row in rows[: len(columns)]}
        table = dropwhile(lambda row: not row["col_name"].startswith(DETAILS), rows)
        of_table = {row["col_name"]: row["data_type"] for row in table}
        return [_described(column, comments, of_table.get(COMMENT)) for column in columns]

    def parse_columns_from_information(self, relation: BaseRelation) -> list[SparkColumn]:
        """Return none: SHOW TABLE EXTENDED has no comments, so dbt-spark then asks DESCRIBE."""
        del relation
        return []

    def get_catalog_for_single_relation(self, relation: BaseRelation) -> CatalogTable | None:
        """Return what `catalog.json` would hold of a relation, None where it cannot be read."""
        catalog = Catalog(list(self._get_columns_for_catalog(relation)))
        return next(iter(catalog.values()), None)

    def _make_match(
        self, relations_list: list[BaseRelation], database: str, schema: str, identifier: str
    ) -> list[BaseRelation]:
        exact = [
            relation
            for relation in relations_list
            if (relation.schema, relation.identifier) == (schema, identifier)
        ]
        return exact or STOCK_MATCH(self, relations_list, database, schema, identifier)


def repair() -> None:
    """Give SparkAdapter the methods and columns of this module, once."""
    if SparkAdapter.Column is DescribedColumn:
        return
    SparkAdapter.Column = DescribedColumn
    for name in (
        "parse_describe_extended",
        "parse_columns_from_information",
        "get_catalog_for_single_relation",
        "_make_match",
    ):
        setattr(SparkAdapter, name, vars(RepairedAdapter)[name])


def _described(
    column: SparkColumn, comments: dict[str, str | None], table_comment: str | None
) -> DescribedColumn:
    described = DescribedColumn(**vars(column))
    described.table_owner = None if column.table_owner == NO_OWNER else column.table_owner
    described.column_comment = comments[column.name] or None
    described.table_comment = table_comment or None
    return described
