"""The source systems of the sandbox, by the names of their sources."""

from enum import StrEnum


class System(StrEnum):
    """A source system of the sandbox."""

    SHOP = "shop"
    BAKERY = "bakery"
    TELEMETRY = "telemetry"
    CLICKSTREAM = "clickstream"
    CHECKOUT = "checkout"
