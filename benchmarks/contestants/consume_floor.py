"""The floor below every reader: messages are consumed, and their values dropped."""

from benchmarks.clickstream_topic import PARTITIONS, topic_of
from benchmarks.contest import TOPICS, Arena, Job, Landed, Stage, run
from benchmarks.contestants.topic_contestant import PeerOfTopics

BATCH = 1_000  # what fits into the cache of a processor


class ConsumeFloor(PeerOfTopics):
    """confluent-kafka's consumer, as many messages in a call as are there."""

    name = "consume-floor"
    title = "floor: consume only"
    stages = TOPICS

    def table(self, arena: Arena, stage: Stage) -> Landed | None:  # noqa: ARG002
        """Return None: nothing is landed."""
        return None


def consume(job: Job) -> None:
    """Read every partition to its end, and say how many messages there were."""
    from confluent_kafka import Consumer, TopicPartition

    properties = {
        "bootstrap.servers": job.url,
        "group.id": "floor",
        "enable.partition.eof": True,
        "fetch.queue.backoff.ms": 5,  # a second by default: it would wait most of the time
        "enable.auto.commit": False,
    }
    consumer = Consumer(properties)
    topic = topic_of(job.stage)
    consumer.assign([TopicPartition(topic, number, 0) for number in range(PARTITIONS)])
    count = ended = 0
    while ended < PARTITIONS:
        messages = consumer.consume(BATCH, timeout=0.1)
        ends = sum(message.error() is not None for message in messages)
        ended += ends
        count += len(messages) - ends
    consumer.close()
    print(count)


if __name__ == "__main__":
    run(consume)
