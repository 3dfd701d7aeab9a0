"""`firn export` as it is typed: options, progress on a terminal alone, mistakes."""

import io
from pathlib import Path

import pytest
from rich.console import Console
from rich.progress import Progress, TaskID
from typer.testing import CliRunner

from operations.cli import export as command
from operations.cli.app import app
from operations.exports.export import ExportOptions, export_tables
from operations.exports.files import Progress as Progressed
from operations.exports.filters.parsing import parse_filter
from tests.integration.ingestion.home import LakeHome
from tests.unit.operations.exports.sales import EMPTY, FULL, make, make_home

WITH_KEYS = "s3://key:secret@bucket"  # pragma: allowlist secret


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LakeHome:
    """Return a lake of one gold table that commands of this process find."""
    made = make_home(tmp_path / "project")
    monkeypatch.setenv("FIRN_PROJECT_DIR", str(made.folder))
    monkeypatch.setenv("FIRN_HOME", str(made.home))
    make(made, [{**FULL, "note": "=1+1"}, EMPTY])
    return made


def run(*arguments: str) -> tuple[int, str]:
    """Run the command; return its exit code and what it printed."""
    result = CliRunner().invoke(app, ["export", *arguments])
    return result.exit_code, result.output


def test_filter_and_raw_text_reach_the_file(home: LakeHome, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run("sales", "--to", str(out), "--where", "sale_id = 1")[0] == 0
    assert (out / "sales.csv").read_bytes().splitlines()[1].startswith(b"1,'=1+1,")
    assert run("sales", "--to", str(out), "--where", "sale_id = 1", "--raw-text")[0] == 0
    assert (out / "sales.csv").read_bytes().splitlines()[1].startswith(b"1,=1+1,")


def test_without_a_terminal_only_the_result_is_printed(home: LakeHome, tmp_path: Path) -> None:
    code, printed = run("--to", str(tmp_path / "out"))
    assert code == 0
    assert printed.splitlines()[0].startswith("file")
    assert "reading" not in printed


def test_on_a_terminal_rows_are_shown_as_they_are_read_and_written(
    home: LakeHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[dict[str, object]] = []
    update = Progress.update

    def noted(bar: Progress, task: TaskID, **values: object) -> None:
        shown.append(values)
        update(bar, task, **values)  # type: ignore[arg-type]

    monkeypatch.setattr(Progress, "update", noted)
    screen = io.StringIO()
    monkeypatch.setattr(command, "out", Console(force_terminal=True, file=screen, width=120))
    assert run("sales", "--to", str(tmp_path / "out"))[0] == 0
    assert shown == [
        {"description": "reading gold.sales", "completed": 2, "total": 2},
        {"description": "writing gold.sales", "completed": 2, "total": 2},
    ]
    assert "writing gold.sales" in screen.getvalue()


def test_nobody_knows_how_many_rows_a_filter_leaves(home: LakeHome, tmp_path: Path) -> None:
    told: list[Progressed] = []
    options = ExportOptions(where=parse_filter("sale_id = 1"))
    export_tables(home.settings, [], str(tmp_path / "out"), options, told.append)
    assert told == [
        Progressed("gold.sales", False, 2, 2),
        Progressed("gold.sales", True, 1, None),
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "no destination is named"),
        (("--declared", "--to", "x"), "takes no tables, --to or --where"),
        (("--declared", "sales"), "takes no tables, --to or --where"),
        (("--to", WITH_KEYS), "is not of the form s3://bucket/prefix"),
        (("--to", "gs://bucket"), "is not of the form s3://bucket/prefix"),
        (("--to", "x", "--where", "sale_id"), "is no comparison of a column with a literal"),
        (("--to", "x", "--where", ""), "is not one condition"),
    ],
)
def test_a_mistake_ends_the_command_with_its_fix(
    home: LakeHome, arguments: tuple[str, ...], said: str
) -> None:
    code, printed = run(*arguments)
    assert (code, said in printed, "fix" in printed) == (2, True, True)
    assert "secret" not in printed
