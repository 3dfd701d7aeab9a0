"""The shop: an online shop's operational PostgreSQL database, and a generator that runs it."""

from sandbox.shop.database import ShopUrls, create, drop, is_filled
from sandbox.shop.history import fill
from sandbox.shop.progress import Advance, TableChanges, advance

__all__ = [
    "Advance",
    "ShopUrls",
    "TableChanges",
    "advance",
    "create",
    "drop",
    "fill",
    "is_filled",
]
