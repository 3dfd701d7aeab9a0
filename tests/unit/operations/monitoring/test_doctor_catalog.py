"""What `firn doctor` says of a catalog that does not answer."""

from pathlib import Path

import pytest

from lake.settings import Settings
from operations.monitoring.doctor import _catalog
from tests.integration.ingestion.home import ROOT


@pytest.mark.parametrize(
    ("target", "variables", "label"),
    [
        ("rest_catalog", {"FIRN_REST_URL": "http://127.0.0.1:1"}, "http://127.0.0.1:1"),
        (
            "postgres_catalog",
            {
                "FIRN_CATALOG_URL": "jdbc:postgresql://127.0.0.1:1/lake",
                "FIRN_CATALOG_USER": "ada",
                "DBT_ENV_SECRET_FIRN_CATALOG_PASSWORD": "hush",  # pragma: allowlist secret
            },
            "postgresql://127.0.0.1:1/lake",
        ),
    ],
)
def test_a_server_that_does_not_answer_is_named_with_what_to_do(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    target: str,
    variables: dict[str, str],
    label: str,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    [found] = _catalog(Settings(project_dir=ROOT, home=tmp_path, target=target))
    assert not found.is_good
    assert f"the catalog {label} cannot be opened" in found.detail
    assert found.fix.startswith("start the catalog's server")
