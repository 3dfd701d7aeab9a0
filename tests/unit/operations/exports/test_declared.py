"""Exports that gold models declare: mistakes by line, and each run for itself."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from lake.errors import ConfigurationError
from lake.lake import Lake
from operations.cli.app import app
from operations.exports.declarations import load_exports
from operations.exports.declared import run_declared_exports
from tests.integration.ingestion.home import LakeHome
from tests.unit.operations.exports.sales import EMPTY, FULL, make

SALES = """
models:
  - name: sales
    config:
      meta:
        export:
          - {format: csv, to: out, raw_text: true}
          - format: json
            to: out/json
            where: sale_id > 1
"""
OTHER = """
models:
  - name: other
    config: {meta: {export: {to: out}}}
"""


def declare(home: LakeHome, text: str, file: str = "gold/sales.yml") -> None:
    path = home.folder / "models" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_each_declared_export_of_the_given_tables_is_run(home: LakeHome) -> None:
    make(home, [{**FULL, "note": "=1"}, EMPTY])
    make(home, [FULL], name="other")
    declare(home, SALES)
    declare(home, OTHER, "gold/other.yml")
    lake = Lake(home.settings)
    results = run_declared_exports(home.settings, lake, [("gold", "sales")])
    assert [one.fault for one in results] == [None, None]
    assert [one.exported.rows if one.exported else None for one in results] == [2, 1]
    assert b",=1," not in (home.folder / "out" / "sales.csv").read_bytes().splitlines()[0]
    assert b"1,=1," in (home.folder / "out" / "sales.csv").read_bytes()
    assert (home.folder / "out" / "json" / "sales.jsonl").exists()
    assert not (home.folder / "out" / "other.csv").exists()
    assert len(run_declared_exports(home.settings, lake)) == 3


def test_one_that_fails_is_told_and_the_others_are_run(home: LakeHome) -> None:
    make(home, [FULL], name="other")
    declare(home, SALES)
    declare(home, OTHER, "gold/other.yml")
    results = run_declared_exports(home.settings, Lake(home.settings))
    faults = [one.fault.message if one.fault else None for one in results]
    assert faults == [None, "gold.sales is not in the lake", "gold.sales is not in the lake"]
    assert results[1].fault is not None
    assert results[1].fault.fix == "dbt build --select sales"
    assert (home.folder / "out" / "other.csv").exists()


def test_a_column_that_is_gone_fails_only_that_export(home: LakeHome) -> None:
    make(home, [FULL])
    declare(home, SALES.replace("sale_id > 1", "sold_id > 1"))
    first, second = run_declared_exports(home.settings, Lake(home.settings))
    assert first.fault is None
    assert second.fault is not None
    assert "gold.sales has no column 'sold_id'; did you mean 'sold_date'?" in second.fault.message


DOUBLE = SALES.replace("to: out/json", "to: out/").replace("json", "csv")


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        (SALES.replace("to: out/json", "t: o"), ":8: sales, config.meta.export: 'to' is missing"),
        (SALES.replace("to: out/json", "too: out"), ":9: sales, config.meta.export: unknown key"),
        (SALES.replace("json\n", "xls\n", 1), ":8: sales, config.meta.export: format: Input"),
        (SALES.replace("> 1", "+ 1"), ":10: sales, config.meta.export: where: the filter: "),
        (SALES.replace("out/json", "ftp://a:b@c"), ":9: sales, config.meta.export: to: a dest"),
        (SALES.replace("out/json", "''"), ":9: sales, config.meta.export: to: no folder"),
        (DOUBLE, ":8: sales, config.meta.export: another export writes csv to out"),
    ],
)
def test_mistakes_are_named_with_file_and_line(home: LakeHome, text: str, mistake: str) -> None:
    declare(home, text)
    with pytest.raises(ConfigurationError) as fault:
        run_declared_exports(home.settings, Lake(home.settings))
    assert f"models/gold/sales.yml{mistake}" in fault.value.message
    assert "a:b" not in fault.value.message
    assert not (home.folder / "out").exists()


@pytest.mark.parametrize(
    ("text", "file", "mistake"),
    [
        (SALES, "silver/sales.yml", "only gold is exported, this model is in silver"),
        (
            "models: [{name: sales, meta: {export: {to: out}}}]",
            "gold/sales.yml",
            "sales: export belongs under config.meta",
        ),
        (
            "models: [{name: sales, config: {meta: {export: out}}}]",
            "gold/sales.yml",
            "sales, config.meta.export",
        ),
    ],
)
def test_an_export_that_would_be_passed_over_is_a_mistake(
    home: LakeHome, text: str, file: str, mistake: str
) -> None:
    declare(home, text, file)
    with pytest.raises(ConfigurationError) as fault:
        load_exports(home.folder)
    assert f"models/{file}:" in fault.value.message
    assert mistake in fault.value.message


def test_declarations_of_this_project_are_whole() -> None:
    load_exports(Path(__file__).parents[4])


def test_the_command_runs_all_and_ends_with_the_code_of_a_fault(
    home: LakeHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIRN_PROJECT_DIR", str(home.folder))
    monkeypatch.setenv("FIRN_HOME", str(home.home))
    make(home, [FULL], name="other")
    declare(home, OTHER, "gold/other.yml")
    good = CliRunner().invoke(app, ["export", "--declared"])
    assert (good.exit_code, "1 exports, 0 failed." in good.output) == (0, True)
    declare(home, SALES)
    bad = CliRunner().invoke(app, ["export", "--declared"])
    assert bad.exit_code == 2
    assert "3 exports, 2 failed." in bad.output
