"""Bakeries for the recomputation: generated files -> lakes that were landed and built once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.recomputation.bakery.lake import BakeryLake
from tests.warm_dbt import WarmDbt


@pytest.fixture(scope="session")
def bakery_lake(
    tmp_path_factory: pytest.TempPathFactory, warm_dbt: WarmDbt
) -> Iterator[BakeryLake]:
    """Make a lake of the default bakery, landed and built once; tests go on from there."""
    yield from _built_lake(tmp_path_factory.mktemp("bakery"), warm_dbt, days=120, tickets=28)


@pytest.fixture(scope="session")
def small_bakery_lake(
    tmp_path_factory: pytest.TempPathFactory, warm_dbt: WarmDbt
) -> Iterator[BakeryLake]:
    """Make a lake of a small bakery, landed and built once, for tests with many runs."""
    yield from _built_lake(tmp_path_factory.mktemp("small_bakery"), warm_dbt, days=36, tickets=3)


def _built_lake(home: Path, dbt: WarmDbt, days: int, tickets: float) -> Iterator[BakeryLake]:
    lake = BakeryLake(home, dbt)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("BAKERY_FILES", raising=False)  # it would win over the lake's own file
        lake.fill(days, tickets)
        lake.land()
        lake.build(tests=days > 100)
        yield lake
