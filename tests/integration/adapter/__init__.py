"""Repairs of dbt-spark: a small project of its own -> the damage without them, none with them."""
