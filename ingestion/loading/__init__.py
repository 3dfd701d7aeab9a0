"""Loads tables from any connector: a reading -> row counts, one commit with the position."""
