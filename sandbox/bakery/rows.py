"""What the stores hand in: one dict per row, by the name of the raw table."""

from collections.abc import Mapping
from typing import Any, TypeAlias

Row: TypeAlias = dict[str, Any]
Day: TypeAlias = Mapping[str, list[Row]]

TABLES = ("sales_events", "inventory_updates", "customer_feedback", "equipment_metrics")
