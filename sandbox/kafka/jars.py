"""The broker's jars: ivy.xml and pins beside this file -> cache, while other things are set up.

    python -m sandbox.kafka.jars

Resolving them takes a minute, most of it waiting. Who starts a broker fetches what is missing then.
"""

from pathlib import Path

from lake.settings import Settings
from operations.runtime.jars import JarSet, ensure_jars
from operations.runtime.java import find_java

JARS = JarSet(
    "Kafka",
    Path(__file__).with_name("ivy.xml"),
    Path(__file__).with_name("jars.sha256"),
    "firn sandbox start clickstream",
)


def main() -> None:
    """Fetch what is missing, where there is a Java already. Raises EnvironmentFault."""
    settings = Settings.load()
    java = find_java(settings)
    if java and java.is_supported:
        ensure_jars(settings, java, JARS)


if __name__ == "__main__":
    main()
