"""Derived refreshes in Spark: every model of plain SQL, against the same SQL run in full."""
