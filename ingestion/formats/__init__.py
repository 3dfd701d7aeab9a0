"""Formats of rows: bytes -> rows in the declared columns, and those that do not fit."""
