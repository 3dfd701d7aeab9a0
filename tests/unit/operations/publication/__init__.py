"""Unit tests of operations/publication."""
