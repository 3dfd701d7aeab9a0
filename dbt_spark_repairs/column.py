"""A column that knows Spark's types and its comment."""

from dataclasses import dataclass

from dbt.adapters.base.column import Column
from dbt.adapters.spark.column import SparkColumn

INTEGERS = {"tinyint", "byte", "smallint", "short", "int", "integer", "bigint", "long"}
FLOATS = {"float", "real", "double"}
DECIMALS = {"decimal", "dec", "numeric"}
STRINGS = {"string", "varchar", "char"}


@dataclass
class DescribedColumn(SparkColumn):
    """A column as DESCRIBE TABLE EXTENDED gives it; its kind is asked for by `is_integer` etc."""

    column_comment: str | None = None
    table_comment: str | None = None

    @property
    def _kind(self) -> str:
        """Return the type without its length or precision: `decimal` of `decimal(10,2)`."""
        return self.dtype.split("(")[0].strip().lower()

    def is_integer(self) -> bool:
        """Return whether the values are whole numbers."""
        return self._kind in INTEGERS

    def is_float(self) -> bool:
        """Return whether the values are floating point numbers."""
        return self._kind in FLOATS

    def is_numeric(self) -> bool:
        """Return whether the values are decimals."""
        return self._kind in DECIMALS

    def is_string(self) -> bool:
        """Return whether the values are texts."""
        return self._kind in STRINGS

    def can_expand_to(self, other_column: Column) -> bool:
        """Return False: Iceberg's texts have no length that could be made greater."""
        del other_column
        return False
