"""The bakery: a chain of stores whose tills, stock lists, guests and machines drop files."""

from sandbox.bakery.history import FIRST_DAY, Advance, TableRows, advance, fill, is_filled

__all__ = ["FIRST_DAY", "Advance", "TableRows", "advance", "fill", "is_filled"]
