"""A bakery for the recomputation: generated files -> a lake that was landed and built once."""

from collections.abc import Iterator

import pytest

from tests.recomputation.bakery.lake import BakeryLake
from tests.warm_dbt import WarmDbt


@pytest.fixture(scope="session")
def bakery_lake(
    tmp_path_factory: pytest.TempPathFactory, warm_dbt: WarmDbt
) -> Iterator[BakeryLake]:
    """Make a lake of a small bakery, landed and built once; tests go on from there."""
    lake = BakeryLake(tmp_path_factory.mktemp("bakery"), warm_dbt)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("BAKERY_FILES", raising=False)  # it would win over the lake's own file
        lake.fill(days=36, tickets=3)
        lake.land()
        lake.build(tests=True)
        yield lake
