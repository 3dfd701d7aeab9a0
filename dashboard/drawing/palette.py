"""Colours for the colour-blind, on white and on dark: a number of series -> hues, and contrasts.

The first three are of Okabe and Ito's palette. Its others are too light for white; the last two are
those that, with enough contrast, stay farthest from these for every kind of eyes. Each hue has a
contrast of at least 3 to both backgrounds, as WCAG asks of graphics.
"""

from __future__ import annotations

LIGHT_BACKGROUND, DARK_BACKGROUND = "#ffffff", "#171614"
ACCENT, ACCENT_IN_THE_DARK = "#0072b2", "#56b4e9"  # of charts, and of what is chosen
SERIES = ("#0072b2", "#d55e00", "#009e73", "#5544ff", "#4499aa")
# From least to most, of one hue: for the eye a step of brightness is a step of the value.
LEAST, MOST = "#b7d3e6", "#08519c"


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as WCAG 2 defines it, from 1 to 21."""
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour such as #0072b2, from 0 to 1."""
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear(colour: str) -> tuple[float, float, float]:
    """Return the linear parts of red, green and blue, each from 0 to 1."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return _linear(red), _linear(green), _linear(blue)


def _linear(part: float) -> float:
    return float(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)
