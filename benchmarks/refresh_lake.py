"""A lake of the shop for measuring refreshes: change silver, refresh its marts in several ways."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

from ingestion.api import ingest
from ingestion.results import IngestOptions
from lake.errors import LoadError
from lake.lake import Lake
from lake.settings import Settings
from lake.snapshots import ancestors
from operations.dbt.resident import ResidentDbt
from operations.refresh.history import last_refreshes
from operations.runtime.environment import dbt_environment
from sandbox import shop
from sandbox.postgres import EmbeddedPostgres

ORDERS = 20_000
ATTEMPTS = 2
GOLD, BY_HAND = "gold", "by_hand"
BY_HAND_MODELS = Path(__file__).with_name("refresh_by_hand")
UNTESTED = {"FIRN_PUBLISH_UNTESTED": "1"}  # tests take no part in what is measured
# What changes in which silver table; every row stays possible.
FACTS = {
    "shop__orders": "discount_amount = discount_amount + 0.01",
    "shop__order_items": (
        "unit_price = unit_price + 0.01, gross_amount = gross_amount + quantity * 0.01"
    ),
    "shop__payments": "amount = amount + 0.01",
    "shop__returns": "refund_amount = refund_amount + 0.01",
    "shop__shipments": "shipping_cost = shipping_cost + 0.01",
    "shop__stock_movements": "quantity = quantity + 1",
}
DIMENSIONS = {
    "shop__customers": "country = if(country = 'DE', 'AT', 'DE')",
    "shop__products": "unit_cost = unit_cost + 0.01",
}


class Way(Enum):
    """How a mart is brought up to date; what the last one made stays in the lake."""

    REBUILT = "rebuilt"
    AUTO = "auto"
    DERIVED = "derived"


@dataclass(frozen=True)
class Change:
    """A share of the rows of some silver tables that is updated: assignments by table."""

    name: str
    tables: Mapping[str, str]
    share: float


@dataclass(frozen=True)
class Refreshed:
    """What a refresh of one mart took, and how it was done."""

    seconds: float
    mode: str
    keys: int | None


class RefreshLake:
    """A lake with the shop's marts, each twice: derived, and as groups by hand make them."""

    def __init__(self, folder: Path, project: Path, dbt: ResidentDbt) -> None:
        """Use the lake in `folder`."""
        self.settings = Settings(project_dir=project, home=folder / "home")
        self._by_hand = folder / "project"
        self._folder = folder
        self._dbt = dbt
        self._run_count = 0
        self.models: list[str] = []

    @classmethod
    @contextmanager
    def filled(
        cls, folder: Path, project: Path, scale: int, only: Sequence[str] = ()
    ) -> Iterator[RefreshLake]:
        """Land a shop of 20,000 orders times `scale`, and build it; `only`: marts to measure."""
        home = folder / "home"
        home.mkdir(parents=True)
        server = EmbeddedPostgres(folder / "postgres")
        server.start()
        try:
            settings = Settings(project_dir=project, home=home)
            with ResidentDbt(settings, "bench") as dbt:
                lake = cls(folder, project, dbt)
                lake._fill(server, scale)
                lake.models = [name for name in lake.models if not only or name in only]
                yield lake
        finally:
            server.destroy()

    def make(self, change: Change) -> None:
        """Update every n-th row of the tables, by a hash of their keys."""
        every = round(1 / change.share)
        self._run_count += 1
        for table, assignments in change.tables.items():
            key = _key_of(table)
            self._sql(
                f"update silver.{table} set {assignments}"
                f" where pmod(hash({key}, {self._run_count}), {every}) = 0"
            )

    def refresh(self) -> dict[str, dict[Way, Refreshed]]:
        """Bring each mart up to date in each way, those upstream first; what it took by its name.

        Before the next way, the mart goes back to where it was. The ways take turns, and of each
        the quickest counts: what else runs on a machine only adds to it.
        """
        return {model: self._refreshed(model) for model in self.models}

    def refresh_by_hand(self) -> dict[str, Refreshed]:
        """Bring those marts up to date that have groups by hand; what each took by its name."""
        return {
            model: self._quickest(model)
            for model in self.models
            if (BY_HAND_MODELS / f"{model}.sql").exists()
        }

    def _refreshed(self, model: str) -> dict[Way, Refreshed]:
        took: dict[Way, Refreshed] = {}
        turns = [way for _ in range(ATTEMPTS) for way in Way]
        for turn, way in enumerate(turns, 1):
            before = self._head(GOLD, model)
            extra = ["--full-refresh"] if way is Way.REBUILT else []
            mode = {Way.DERIVED: "incremental", Way.AUTO: "auto"}.get(way, "")
            refreshed = self._built(model, self._environment(mode), extra)
            took[way] = min(took.get(way, refreshed), refreshed, key=lambda each: each.seconds)
            if turn < len(turns):
                self._set_back(GOLD, model, before)
        return took

    def _quickest(self, model: str) -> Refreshed:
        took = []
        for turn in range(1, ATTEMPTS + 1):
            before = self._head(BY_HAND, model)
            took.append(self._built(model, self._by_hand_environment(), []))
            if turn < ATTEMPTS:
                self._set_back(BY_HAND, model, before)
        return min(took, key=lambda each: each.seconds)

    def _set_back(self, schema: str, model: str, snapshot: int) -> None:
        self._sql(f"call lake.system.set_current_snapshot('{schema}.{model}', {snapshot})")

    def _built(self, model: str, environment: Mapping[str, str], extra: list[str]) -> Refreshed:
        started = datetime.now(UTC)
        outcome = self._dbt.run(["run", "--select", model, *extra], environment=environment)
        if not outcome.success:
            raise LoadError("\n".join(outcome.complaints), f"read {self._dbt.log}")
        (node,) = [node for node in outcome.nodes if node.kind == "model"]
        took = node.ended - node.started
        recorded = last_refreshes(Lake(self.settings), node.table, 1)
        if not recorded or recorded[0].started_at < started:
            return Refreshed(took, "skipped", None)
        return Refreshed(took, str(recorded[0].mode), recorded[0].affected_keys_count)

    def _fill(self, server: EmbeddedPostgres, scale: int) -> None:
        urls = shop.create(server)
        shop.fill(urls.owner, orders=ORDERS * scale)
        self.settings.env_file.touch(mode=0o600)
        self.settings.env_file.write_text(
            f"SHOP_DATABASE_URL={urls.reader}\nFIRN_TOKEN_KEY={secrets.token_hex(32)}\n",
            encoding="utf-8",
        )
        ingest(["shop"], IngestOptions(), self.settings)
        self._build(self._environment(""))
        self._lay_out_by_hand()
        self._build(self._by_hand_environment())
        names = {name for schema, name in Lake(self.settings).pointers() if schema == GOLD}
        self.models = [name for name in self._order if name in names]

    def _build(self, environment: Mapping[str, str]) -> None:
        arguments = ["run", "--select", "+tag:shop"]
        outcome = self._dbt.run(arguments, environment=environment)
        if not outcome.success:
            raise LoadError("\n".join(outcome.complaints), f"read {self._dbt.log}")
        self._order = [node.name for node in outcome.nodes if node.kind == "model"]

    def _lay_out_by_hand(self) -> None:
        """Make a project like this one, whose marts are those by hand, in a schema of their own."""
        project = self.settings.project_dir
        for name in ("macros", "models", "profiles", "seeds"):
            shutil.copytree(project / name, self._by_hand / name)
        shutil.copy(project / "dbt_project.yml", self._by_hand)
        for file in BY_HAND_MODELS.glob("*.sql"):
            shutil.copy(file, self._by_hand / "models" / "gold" / "shop")
        configuration = self._by_hand / "dbt_project.yml"
        text = configuration.read_text(encoding="utf-8")
        configuration.write_text(text.replace(f"+schema: {GOLD}", f"+schema: {BY_HAND}"))

    def _environment(self, mode: str) -> dict[str, str]:
        chosen = {"FIRN_REFRESH_MODE": mode} if mode else {}
        return dbt_environment(self.settings) | UNTESTED | chosen

    def _by_hand_environment(self) -> dict[str, str]:
        settings = Settings(project_dir=self._by_hand, home=self.settings.home)
        target = {"DBT_TARGET_PATH": str(self._folder / "target")}
        return dbt_environment(settings) | target

    def _head(self, schema: str, model: str) -> int:
        line = ancestors(Lake(self.settings), (schema, model))
        return int(next(iter(line))["snapshot-id"])

    def _sql(self, statement: str) -> None:
        self._dbt.sql(statement)


def _key_of(table: str) -> str:
    """Return the key of a silver table of the shop: its singular and _id."""
    return f"{table.removeprefix('shop__').removesuffix('s')}_id".replace("stock_", "")
