"""Seeds: types, and a view that is not dropped with what it reads."""

from typing import Any

import pytest
from dbt.tests.adapter.simple_seed import fixtures
from dbt.tests.adapter.simple_seed import test_seed as base
from dbt.tests.adapter.simple_seed import test_seed_type_override as override
from dbt.tests.util import check_relations_equal


class Stays:
    """Spark drops no view with the table it reads."""

    def _check_relation_end_state(self, run_result: Any, project: Any, exists: bool) -> None:
        assert len(run_result) == 1
        check_relations_equal(project.adapter, ["seed_actual", "seed_expected"])
        check_relations_equal(
            project.adapter, ["models__downstream_from_seed_actual", "seed_expected"]
        )


class BaseBasicSeedTests(Stays, base.BaseBasicSeedTests):
    """Stays."""


class BaseSeedConfigFullRefreshOn(Stays, base.BaseSeedConfigFullRefreshOn):
    """Stays."""


class BaseSimpleSeedColumnOverride(override.BaseSimpleSeedColumnOverride):
    """A whole number is a bigint."""

    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        schema = fixtures.properties__schema_yml
        return {"schema.yml": schema.replace("type: integer", "type: bigint")}

    @staticmethod
    def seed_enabled_types() -> dict[str, str]:
        return {"seed_id": "string", "birthday": "date"}

    @staticmethod
    def seed_tricky_types() -> dict[str, str]:
        names = ("seed_id_str", "looks_like_a_bool", "looks_like_a_date")
        return dict.fromkeys(names, "string")


class BaseSeedSpecificFormats(base.BaseSeedSpecificFormats):
    """Names are not quoted unless a project says so, and one of these has dots."""

    @pytest.fixture(scope="class")
    def project_config_update(self) -> dict[str, Any]:
        return {"quoting": {"identifier": True}, "seeds": {"quote_columns": False}}
