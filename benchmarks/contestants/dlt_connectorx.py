"""dlt with its fastest reader: PostgreSQL -> connectorx -> Arrow -> Iceberg, changes by upsert."""

from benchmarks.contest import LANDING, Arena, Command, Contestant, Job, Landed, Stage, run
from benchmarks.contestants import dlt_pipeline


class DltConnectorx(Contestant):
    """dlt's sql_database source, connectorx backend, into its Iceberg table format."""

    name = "dlt-connectorx"
    title = "dlt, connectorx"
    stages = LANDING

    def command(self, arena: Arena, stage: Stage) -> Command:
        """Return this file as a program of the peers' environment."""
        return dlt_pipeline.command(__name__, arena, stage)

    def landed(self, arena: Arena) -> Landed:
        """Return the table in dlt's own catalog."""
        return dlt_pipeline.landed(arena)


def land(job: Job) -> None:
    """Land the whole table, or merge what changed since."""
    dlt_pipeline.land(job, "connectorx")


if __name__ == "__main__":
    run(land)
