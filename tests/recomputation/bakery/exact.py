"""Numbers without a rounding on the way: fractions and doubles -> decimals, half up once."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction


def rounded(value: Fraction | int | Decimal, places: int) -> Decimal:
    """Return a number with so many places, half away from zero."""
    scaled = abs(Fraction(value)) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole if value >= 0 else -whole).scaleb(-places)


def rounded_double(value: float, places: int) -> Decimal:
    """Return a double, as it is written, with so many places, half away from zero."""
    return Decimal(repr(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def mean(total: Fraction | int | Decimal, count: int, places: int) -> Decimal | None:
    """Return total ÷ count with so many places; None for none."""
    return rounded(Fraction(total) / count, places) if count else None
