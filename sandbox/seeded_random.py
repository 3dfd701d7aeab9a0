"""Seeded random numbers: a seed and names of things -> generators, the same on every run."""

import math
from collections.abc import Callable
from datetime import timedelta
from random import Random


def seeded_rng(seed: int, *about: object) -> Random:
    """Return a generator that depends only on the seed and what it is about."""
    return Random(":".join(map(str, (seed, *about))))  # noqa: S311 - repeatable, guards nothing


def happens(rng: Random, probability: float) -> bool:
    """Return True with the given probability."""
    return rng.random() < probability


def count_around(rng: Random, mean: float) -> int:
    """Return a Poisson-distributed count (above 60: its normal approximation)."""
    if mean > 60:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    limit, count, product = math.exp(-mean), 0, rng.random()
    while product > limit:
        count += 1
        product *= rng.random()
    return count


def hours(rng: Random, low: float, high: float) -> timedelta:
    """Return a duration between two numbers of hours, in whole seconds."""
    return timedelta(seconds=round(rng.uniform(low, high) * 3600))


def untidy(rng: Random, text: str, probability: float = 0.03) -> str:
    """Return the text, now and then in other letter case or with spaces around it."""
    habits: tuple[Callable[[str], str], ...] = (str.lower, str.upper, " {}".format, "{} ".format)
    return rng.choice(habits)(text) if happens(rng, probability) else text
