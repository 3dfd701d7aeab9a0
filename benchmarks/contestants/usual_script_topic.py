"""The script as it is usually written: the same, with librdkafka's defaults."""

from functools import partial

from benchmarks.contest import run
from benchmarks.contestants.script_topic import land
from benchmarks.contestants.topic_contestant import PeerOfTopics


class UsualScriptTopic(PeerOfTopics):
    """Consume, parse, append; batch by batch, and nothing tuned."""

    name = "usual-script"
    title = "the script as usually written"


if __name__ == "__main__":
    run(partial(land, properties={}))
