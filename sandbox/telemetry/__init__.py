"""Telemetry: cars that report by dropping one JSON file after the other in a folder."""

from sandbox.telemetry.fleet import Reported, advance, fill, is_filled
from sandbox.telemetry.reports import CarReport, report

__all__ = ["CarReport", "Reported", "advance", "fill", "is_filled", "report"]
