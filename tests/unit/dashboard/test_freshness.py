"""How old is too old: a declared freshness and a moment -> fresh, stale, overdue, never."""

from datetime import timedelta
from pathlib import Path

import pytest

from dashboard.reading.freshness import Declared, Freshness, declared_freshness
from lake.errors import ConfigurationError
from tests.unit.dashboard.tables import at

DECLARED = Declared(warn_after=timedelta(hours=1), error_after=timedelta(hours=5))
SOURCE = """
sources:
  - name: shop
    config:
      freshness: {warn_after: {count: 2, period: hour}, error_after: {count: 3, period: day}}
"""


@pytest.mark.parametrize(
    ("landed", "state", "exceeded"),
    [
        (at(11, 30), "fresh", None),
        (at(11), "fresh", None),
        (at(10), "stale", timedelta(hours=1)),
        (at(6), "overdue", timedelta(hours=5)),
        (None, "never", None),
    ],
)
def test_a_source_is_as_fresh_as_it_declares(
    landed: object, state: str, exceeded: timedelta | None
) -> None:
    fresh = Freshness("shop", at(12), landed, DECLARED)  # type: ignore[arg-type]
    assert (fresh.state, fresh.exceeded) == (state, exceeded)


def test_without_a_limit_nothing_is_stale() -> None:
    assert Freshness("shop", at(12), at(1), Declared()).state == "fresh"
    only_errors = Declared(error_after=timedelta(hours=1))
    assert Freshness("shop", at(12), at(1), only_errors).state == "overdue"


def test_limits_are_those_of_the_source(tmp_path: Path) -> None:
    file = tmp_path / "shop.yml"
    file.write_text(SOURCE, encoding="utf-8")
    assert declared_freshness(file) == Declared(timedelta(hours=2), timedelta(days=3))
    file.write_text("sources: [{name: shop}]", encoding="utf-8")
    assert declared_freshness(file) == Declared()


def test_a_source_that_nobody_declares_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.yml"):
        declared_freshness(tmp_path / "none.yml")
