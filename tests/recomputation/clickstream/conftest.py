"""A broker of the session, and a lake of the clickstream that its tests share."""

from collections.abc import Iterator

import pytest

from sandbox.kafka.broker import EmbeddedKafka
from tests.integration.kafka.fixtures import broker
from tests.recomputation.clickstream.clicks_lake import CONNECTION, ClicksLake
from tests.warm_dbt import WarmDbt

__all__ = ["broker", "clicks"]


@pytest.fixture(scope="module")
def clicks(
    tmp_path_factory: pytest.TempPathFactory, broker: EmbeddedKafka, warm_dbt: WarmDbt
) -> Iterator[ClicksLake]:
    """Make the topic, empty, and a lake in which nothing is built yet; tests go on from there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(CONNECTION, raising=False)  # it would win over the lake's own file
        lake = ClicksLake(tmp_path_factory.mktemp("clicks"), warm_dbt, broker.servers)
        lake.create_topic()
        yield lake
