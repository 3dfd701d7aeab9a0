"""The checkout: a PostgreSQL database that orders and their items arrive in, and their source."""

from sandbox.checkout.database import CheckoutUrls, create, drop, is_filled
from sandbox.checkout.history import Advance, advance, fill
from sandbox.checkout.live import Produced, produce

__all__ = [
    "Advance",
    "CheckoutUrls",
    "Produced",
    "advance",
    "create",
    "drop",
    "fill",
    "is_filled",
    "produce",
]
