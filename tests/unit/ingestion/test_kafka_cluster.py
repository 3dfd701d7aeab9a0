"""What a broker answers that is becoming the leader of a partition: it is asked again."""

from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin._listoffsets import OffsetSpec

from ingestion.connectors.kafka import cluster
from ingestion.connectors.kafka.cluster import Cluster
from ingestion.connectors.kafka.declaration import KafkaSource
from lake.errors import EnvironmentFault
from lake.settings import Settings


class Answers:
    """A client to whom the broker answers with these, one after the other."""

    def __init__(self, *answers: int | KafkaException) -> None:
        self._answers = list(answers)

    def list_offsets(self, asked: dict[TopicPartition, Any], **_: object) -> dict[Any, Any]:
        """Answer for all that is asked."""
        future: Future[Any] = Future()
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, KafkaException):
            future.set_exception(answer)
        else:
            future.set_result(answer)
        return dict.fromkeys(asked, future)

    def poll(self, _: float) -> None:
        """Serve nothing."""


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """Return a cluster that nobody connects to."""
    monkeypatch.setenv("CLICKS", "127.0.0.1:9")
    monkeypatch.setattr(cluster, "REQUEST_SECONDS", 1)
    monkeypatch.setattr(cluster, "RETRY_SECONDS", 0)
    source = KafkaSource(
        name="clicks", file=tmp_path, connector="kafka", connection="CLICKS", tables=()
    )
    return Cluster(source, Settings(project_dir=tmp_path, home=tmp_path))


def _offsets(asked: Cluster, admin: Any) -> dict[tuple[str, int], Any]:  # noqa: ANN401
    earliest = OffsetSpec.earliest()  # type: ignore[no-untyped-call]
    vars(asked)["_admin"] = admin
    return asked._offsets({TopicPartition("t", 0): None}, earliest)


def test_a_broker_that_is_becoming_the_leader_is_asked_again(asked: Cluster) -> None:
    newer = KafkaException(KafkaError(KafkaError.UNKNOWN_LEADER_EPOCH))
    assert _offsets(asked, Answers(newer, newer, 7)) == {("t", 0): 7}


def test_one_that_stays_without_a_leader_is_named(asked: Cluster) -> None:
    none = KafkaException(KafkaError(KafkaError.LEADER_NOT_AVAILABLE))
    with pytest.raises(EnvironmentFault, match="does not answer: Leader not available"):
        _offsets(asked, Answers(none))
