"""A catalog in a PostgreSQL that speaks TLS: Python and Spark check the same of its certificate."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from lake.errors import EnvironmentFault
from lake.lake import Lake
from lake.settings import Settings
from operations.monitoring.doctor import examine
from operations.runtime.jars import jar_cache
from operations.runtime.spark import Spark
from operations.runtime.sql_engine import StatementError
from sandbox.postgres import EmbeddedPostgres
from tests.catalog_databases import OWNER
from tests.certificates import Authority
from tests.integration.ingestion.fixtures import pgbouncer
from tests.integration.ingestion.home import ROOT
from tests.integration.ingestion.pgbouncer import PgBouncer

__all__ = ["pgbouncer"]
pytestmark = pytest.mark.postgres
DATABASE = "catalog_over_tls"


@dataclass(frozen=True)
class SecureCatalog:
    """A project whose catalog's server has a certificate for localhost, and who signed that."""

    settings: Settings
    port: int
    authority: Authority
    patch: pytest.MonkeyPatch

    def reach(self, host: str, **parameters: str) -> Lake:
        """Return the lake, its catalog's URL being of this host and with these parameters."""
        query = "&".join(f"{name}={value}" for name, value in parameters.items())
        self.patch.setenv(
            "FIRN_CATALOG_URL", f"jdbc:postgresql://{host}:{self.port}/{DATABASE}?{query}"
        )
        return Lake(self.settings)


@pytest.fixture
def secure(
    postgres: EmbeddedPostgres,
    pgbouncer: PgBouncer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[SecureCatalog]:
    """Return an empty catalog behind TLS."""
    postgres.ensure_role(OWNER)
    postgres.ensure_database(DATABASE, OWNER)
    authority = Authority(tmp_path, "authority")
    store = authority.key_store("server", hosts=["localhost"])
    variables = {
        "FIRN_JARS": str(jar_cache(Settings.load())),
        "FIRN_CATALOG_USER": OWNER,
        "DBT_ENV_SECRET_FIRN_CATALOG_PASSWORD": "unused",  # pragma: allowlist secret
        "HOME": str(tmp_path),  # whose own authorities there are none of
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    settings = Settings(project_dir=ROOT, home=tmp_path / "home", target="postgres_catalog")
    url = postgres.url(OWNER, DATABASE)
    with pgbouncer.tls_pooler(url, store, pool_mode="session") as pooled:
        port = int(pooled.rpartition(":")[2].partition("/")[0])
        yield SecureCatalog(settings, port, authority, monkeypatch)


def _fault(lake: Lake) -> EnvironmentFault:
    with pytest.raises(EnvironmentFault) as fault:
        lake.pointers()
    return fault.value


def test_what_is_wrong_with_a_catalogs_certificate_is_said(
    secure: SecureCatalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {"sslmode": "verify-full", "sslrootcert": str(secure.authority.file)}
    stranger = {**known, "sslrootcert": str(Authority(tmp_path, "stranger").file)}
    assert secure.reach("localhost", **known).pointers() == {}
    fault = _fault(secure.reach("localhost", **stranger))
    assert f"postgresql://localhost:{secure.port}/{DATABASE} cannot be read" in fault.message
    assert "the server's certificate is signed by an unknown authority" in fault.message
    assert "jdbc. settings in profiles.yml" in fault.fix
    assert "names another host" in _fault(secure.reach("127.0.0.1", **known)).message
    [found] = [one for one in examine(secure.settings, connections=False) if one.check == "Catalog"]
    assert "names another host" in found.detail
    assert "or knowingly without this check: sslmode=require" in found.fix
    system = secure.reach("localhost", sslrootcert="system")
    assert "unknown authority" in _fault(system).message
    monkeypatch.setenv("SSL_CERT_FILE", str(secure.authority.file))
    assert secure.reach("localhost", sslrootcert="system").pointers() == {}


def test_a_catalog_elsewhere_is_verified_unasked(
    secure: SecureCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lake.tls.is_local", lambda _: False)
    assert "unknown authority" in _fault(secure.reach("localhost")).message
    monkeypatch.setenv("PGSSLMODE", "require")
    assert secure.reach("localhost").pointers() == {}


def test_a_catalog_without_tls_is_said_to_have_none(
    secure: SecureCatalog, postgres: EmbeddedPostgres
) -> None:
    plain = SecureCatalog(secure.settings, postgres.port, secure.authority, secure.patch)
    fault = _fault(plain.reach("localhost", sslmode="require"))
    assert "the server has no TLS, which is asked for" in fault.message
    assert "go knowingly without: sslmode=disable" in fault.fix


@pytest.mark.spark
def test_spark_checks_what_python_checks(
    secure: SecureCatalog, shared_classes: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The system's authorities, too, which pgjdbc has no word for."""
    monkeypatch.setenv("SSL_CERT_FILE", str(secure.authority.file))
    lake = secure.reach("localhost", sslrootcert="system")
    lake.catalog.create_namespace("made_by_python")
    stranger = str(Authority(tmp_path, "stranger").file)
    with Spark(secure.settings) as spark:
        assert spark.sql("show namespaces") == [{"namespace": "made_by_python"}]
        elsewhere = f"jdbc:postgresql://127.0.0.1:{secure.port}/{DATABASE}"
        for name, changed in (
            ("stranger", {"jdbc.sslrootcert": stranger}),
            ("other_host", {"uri": elsewhere}),
        ):
            _add_catalog(spark, name, {**_settings(lake), **changed})
            with pytest.raises(StatementError):
                spark.sql(f"show namespaces in {name}")
        unchecked = {"uri": elsewhere, "jdbc.sslrootcert": stranger, "jdbc.sslmode": "prefer"}
        _add_catalog(spark, "unchecked", {**_settings(lake), **unchecked})
        assert spark.sql("show namespaces in unchecked") == []  # names are those of a catalog


def _settings(lake: Lake) -> Mapping[str, str]:
    prefix = "spark.sql.catalog.lake."
    found = lake.spark_parameters.items()
    return {k.removeprefix(prefix): v for k, v in found if k.startswith(prefix)}


def _add_catalog(spark: Spark, name: str, settings: Mapping[str, str]) -> None:
    spark.sql(f"set spark.sql.catalog.{name}=org.apache.iceberg.spark.SparkCatalog")
    for key, value in settings.items():
        spark.sql(f"set `spark.sql.catalog.{name}.{key}`=`{value}`")
