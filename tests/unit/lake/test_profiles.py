"""Which target is read, as dbt would choose it, and what it says, as dbt would render it."""

import shutil
from pathlib import Path

import pytest
import yaml

from lake.catalogs.postgres_tls import with_tls
from lake.errors import ConfigurationError
from lake.lake import Lake
from lake.profiles import PARAMETERS, Profile
from lake.settings import Settings

ROOT = Path(__file__).parents[3]
CATALOG = {
    "FIRN_CATALOG_URL": "jdbc:postgresql://db:5432/lake",
    "FIRN_CATALOG_USER": "ada",
    "DBT_ENV_SECRET_FIRN_CATALOG_PASSWORD": "p'\"{{x}}\\1",
}
TWO = """
firn:
  target: "{{ env_var('CHOSEN', 'one') }}"
  outputs:
    one: {server_side_parameters: {spark.a: "{{ env_var('A_VALUE') }}", spark.b: true, spark.c: 3}}
    two: {server_side_parameters: {spark.a: "{{ env_var('PWD') | upper }}"}}
    broken: {server_side_parameters: {spark.a: "{{ env_var('A_VALUE') | no_such_filter }}"}}
    thrift: {host: db}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with the repository's own profile, and no target chosen."""
    (tmp_path / "dbt_project.yml").touch()
    shutil.copytree(ROOT / "profiles", tmp_path / "profiles")
    monkeypatch.delenv("DBT_TARGET", raising=False)
    monkeypatch.setenv("FIRN_PROJECT_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def two_targets(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with a profile made for this test."""
    (project / "profiles" / "profiles.yml").write_text(TWO)
    monkeypatch.setenv("A_VALUE", "a: 'value' # {{ here }}")
    return project


@pytest.mark.parametrize("target", ["dev", "warm", "postgres_catalog"])
def test_each_target_is_what_dbt_makes_of_it(
    project: Path, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dbt.config.profile import Profile as DbtProfile
    from dbt.config.renderer import ProfileRenderer
    from dbt_common.context import set_invocation_context

    for name, value in CATALOG.items():
        monkeypatch.setenv(name, value)
    settings = Settings.load(target=target)
    environment = settings.environment()
    set_invocation_context({**environment, "FIRN_HOME": str(settings.home), "PWD": str(project)})
    raw = yaml.safe_load((project / "profiles" / "profiles.yml").read_text())["firn"]
    name, rendered = DbtProfile.render_profile(raw, "firn", target, ProfileRenderer({}))
    assert name == Profile(settings).target
    expected = {str(key): str(value) for key, value in rendered[PARAMETERS].items()}
    assert Profile(settings).spark_parameters() == with_tls(expected, environment)
    assert Lake(settings).spark_parameters == with_tls(expected, environment)


def test_the_postgres_target_differs_from_dev_in_the_catalog_alone(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in CATALOG.items():
        monkeypatch.setenv(name, value)
    profile = Profile(Settings.load())
    dev, other = profile.spark_parameters("dev"), profile.spark_parameters("postgres_catalog")
    assert {name.removeprefix("spark.sql.catalog.lake.") for name in dev.keys() ^ other.keys()} == {
        "jdbc.journal_mode",
        "jdbc.busy_timeout",
        "clients",
        "jdbc.user",
        "jdbc.password",
        "jdbc.sslmode",
        "jdbc.sslrootcert",
    }
    changed = {name for name in dev.keys() & other.keys() if dev[name] != other[name]}
    assert changed == {"spark.sql.catalog.lake.uri", "spark.sql.catalog.lake.warehouse"}


def test_the_target_is_the_given_one_then_the_variable_then_the_profiles_own(
    two_targets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Profile(Settings.load()).spark_parameters() == {
        "spark.a": "a: 'value' # {{ here }}",
        "spark.b": "True",
        "spark.c": "3",
    }
    upper = {"spark.a": str(two_targets).upper()}
    monkeypatch.setenv("CHOSEN", "two")
    assert Profile(Settings.load()).spark_parameters() == upper
    monkeypatch.setenv("CHOSEN", "nowhere")
    monkeypatch.setenv("DBT_TARGET", "two")
    assert Profile(Settings.load()).spark_parameters() == upper
    monkeypatch.setenv("DBT_TARGET", "nowhere")
    assert Profile(Settings.load(target="two")).spark_parameters() == upper


def test_only_the_chosen_target_needs_its_variables(
    two_targets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("A_VALUE")
    assert Profile(Settings.load(target="two")).spark_parameters()
    with pytest.raises(ConfigurationError, match="target one needs the variable A_VALUE"):
        Profile(Settings.load()).spark_parameters()


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("three", r"has no target three\n.*choose one of: one, two, broken, thrift"),
        ("broken", r"profiles\.yml: target broken cannot be rendered: .*no_such_filter"),
        ("thrift", "the target thrift has no server_side_parameters"),
    ],
)
def test_a_target_that_cannot_be_used_is_named(two_targets: Path, target: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        Profile(Settings.load(target=target)).spark_parameters()


def test_another_projects_profiles_are_not_read(
    project: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "profiles.yml").write_text(TWO)
    monkeypatch.setenv("DBT_PROFILES_DIR", str(other))
    assert "spark.master" in Profile(Settings.load()).spark_parameters()
