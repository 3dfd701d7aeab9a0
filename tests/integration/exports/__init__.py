"""Exports to places that other programs serve."""
