"""The floor below every reader: PostgreSQL alone turns the same columns into CSV and drops it."""

from psycopg.conninfo import conninfo_to_dict

from benchmarks.contest import SCHEMA, TABLE, Arena, Command, Contestant, Stage
from lake.processes import installed_package
from sandbox.postgres import INSTALLATION, PACKAGE


class CopyFloor(Contestant):
    """`COPY … TO '/dev/null'` on the server; its CPU time is the server's and not counted."""

    name = "copy-floor"
    title = "floor: COPY to /dev/null"
    stages = frozenset({Stage.FULL, Stage.CHANGES})

    def command(self, arena: Arena, stage: Stage) -> Command:
        """Return the statement by psql, over the whole table or what changed since."""
        server = conninfo_to_dict(arena.owner_url)
        environment = {
            "PGHOST": str(server["host"]),
            "PGPORT": str(server["port"]),
            "PGUSER": str(server["user"]),
            "PGPASSWORD": str(server["password"]),
            "PGDATABASE": str(server["dbname"]),
        }
        changed = f" where l_updated_at > '{arena.since}'" if stage is Stage.CHANGES else ""
        rows = f"select * from {SCHEMA}.{TABLE}{changed}"
        psql = installed_package(PACKAGE) / INSTALLATION / "bin" / "psql"
        options = ["--no-psqlrc", "--set=ON_ERROR_STOP=1", "--command"]
        statement = f"copy ({rows}) to '/dev/null' (format csv)"
        return Command([str(psql), *options, statement], environment)
