"""The data: TPC-H lineitem at a scale factor -> a table in PostgreSQL, and changes to it."""

import subprocess
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import LiteralString

import psycopg

from benchmarks.contest import SCHEMA, TABLE
from benchmarks.verify import Checksum, checksum_of_postgres
from sandbox.postgres import SUPERUSER, EmbeddedPostgres

READER = "tpch_reader"
CHUNK_BYTES = 1 << 20
CREATE = f"""
create schema {SCHEMA};
grant usage on schema {SCHEMA} to {READER};
create table {SCHEMA}.{TABLE} (
    l_orderkey bigint not null,
    l_partkey bigint not null,
    l_suppkey bigint not null,
    l_linenumber int not null,
    l_quantity numeric(15, 2) not null,
    l_extendedprice numeric(15, 2) not null,
    l_discount numeric(15, 2) not null,
    l_tax numeric(15, 2) not null,
    l_returnflag char(1) not null,
    l_linestatus char(1) not null,
    l_shipdate date not null,
    l_commitdate date not null,
    l_receiptdate date not null,
    l_shipinstruct char(25) not null,
    l_shipmode char(10) not null,
    l_comment varchar(44) not null
);
create temporary table arriving (like {SCHEMA}.{TABLE}) on commit drop;
alter table {SCHEMA}.{TABLE} add column l_updated_at timestamptz not null;
"""
# Rows were last changed on the day they were received, at a second that spreads them over it.
FILL = f"""
insert into {SCHEMA}.{TABLE}
select *, (l_receiptdate + (l_orderkey % 86400) * interval '1 second') at time zone 'UTC'
from arriving;
alter table {SCHEMA}.{TABLE} add primary key (l_orderkey, l_linenumber);
create index on {SCHEMA}.{TABLE} (l_updated_at);
grant select on {SCHEMA}.{TABLE} to {READER};
"""
CHANGE = f"""
update {SCHEMA}.{TABLE} set l_quantity = l_quantity + 1, l_updated_at = now()
where (hashint8(l_orderkey * 8 + l_linenumber) & 2147483647) %% 100 = %s
"""


@dataclass(frozen=True)
class Lineitem:
    """The table at one scale factor, in a database of its own on an embedded server."""

    server: EmbeddedPostgres = field(repr=False)
    scale: Decimal

    @property
    def database(self) -> str:
        """The database's name, such as tpch_1 or tpch_0_01."""
        return f"tpch_{self.scale.normalize():f}".replace(".", "_")

    @property
    def owner_url(self) -> str:
        """Connection URL of the superuser: a secret."""
        return self.server.url(SUPERUSER, self.database)

    @property
    def reader_url(self) -> str:
        """Connection URL of the role that contestants read with: a secret."""
        return self.server.url(READER, self.database)

    def ensure(self, generator: Path) -> bool:
        """Make and fill the table from `generator` (tpchgen-cli), whole or not at all.

        Returns False when it was there. Raises CalledProcessError when the generator fails.
        """
        self.server.ensure_role(READER, member_of=["pg_read_all_stats"])
        self.server.ensure_database(self.database, SUPERUSER)
        with psycopg.connect(self.owner_url) as connection:
            found = connection.execute("select to_regclass(%s)", [f"{SCHEMA}.{TABLE}"]).fetchone()
            if found and found[0]:
                return False
            connection.execute(CREATE)
            _copy_generated(connection, [str(generator), "csv", "-s", f"{self.scale:f}"])
            connection.execute(FILL)
        with psycopg.connect(self.owner_url, autocommit=True) as connection:
            connection.execute(f"vacuum (freeze, analyze) {SCHEMA}.{TABLE}")
            connection.execute("checkpoint")  # so that the server has nothing left to write
        return True

    def newest_cursor(self) -> str:
        """Return the newest l_updated_at as ISO 8601 text."""
        return str(self._ask(f"select max(l_updated_at)::text from {SCHEMA}.{TABLE}"))

    def rows_count(self) -> int:
        """Return how many rows the table has."""
        return int(str(self._ask(f"select count(*) from {SCHEMA}.{TABLE}")))

    def size_bytes(self) -> int:
        """Return the size of the table's rows on the server, without indexes."""
        return int(str(self._ask(f"select pg_table_size('{SCHEMA}.{TABLE}')")))

    def server_version(self) -> str:
        """Return the version of PostgreSQL."""
        return str(self._ask("show server_version"))

    def checksum(self) -> Checksum:
        """Return what every contestant's table must come to."""
        return checksum_of_postgres(self.owner_url)

    def change_one_percent(self, turn: int) -> int:
        """Give a scattered hundredth of the rows a new quantity and now() as the cursor.

        A different hundredth for each `turn`; returns how many rows that were.
        """
        with psycopg.connect(self.owner_url, autocommit=True) as connection:
            changed = connection.execute(CHANGE, [turn % 100]).rowcount
            connection.execute("checkpoint")
        return changed

    def _ask(self, query: LiteralString) -> object:
        """Return the one value that a query of the table answers with."""
        with psycopg.connect(self.owner_url) as connection:
            row = connection.execute(query).fetchone()
        return row[0] if row else None


def _copy_generated(
    connection: "psycopg.Connection[tuple[object, ...]]", program: list[str]
) -> None:
    """Pipe the generator's CSV into the table `arriving`."""
    command = [*program, "--tables=lineitem", "--stdout", "--quiet"]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE) as generator,
        connection.cursor().copy("copy arriving from stdin (format csv, header)") as copy,
    ):
        while generator.stdout and (chunk := generator.stdout.read(CHUNK_BYTES)):
            copy.write(chunk)
    if generator.returncode:
        raise subprocess.CalledProcessError(generator.returncode, command)
