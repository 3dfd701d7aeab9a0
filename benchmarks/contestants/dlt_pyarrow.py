"""dlt with its portable reader: PostgreSQL -> psycopg2 rows -> Arrow -> Iceberg."""

from benchmarks.contest import Arena, Command, Contestant, Job, Landed, Stage, run
from benchmarks.contestants import dlt_pipeline


class DltPyarrow(Contestant):
    """dlt's sql_database source, pyarrow backend, into its Iceberg table format."""

    name = "dlt-pyarrow"
    title = "dlt, pyarrow"
    stages = frozenset({Stage.FULL})  # its merge is the same code as connectorx's

    def command(self, arena: Arena, stage: Stage) -> Command:
        """Return this file as a program of the peers' environment."""
        return dlt_pipeline.command(__name__, arena, stage)

    def landed(self, arena: Arena) -> Landed:
        """Return the table in dlt's own catalog."""
        return dlt_pipeline.landed(arena)


def land(job: Job) -> None:
    """Land the whole table."""
    dlt_pipeline.land(job, "pyarrow")


if __name__ == "__main__":
    run(land)
