"""Docs that cannot go stale: generated pages are fresh, and every command in a text exists."""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from docs.reference import generate
from tests.conventions.commands import Command, Programs, commands_of

ROOT = Path(__file__).parents[2]
KINDS = (".md", ".py", ".sql", ".yml", ".yaml", ".xml", ".properties", ".cfg", ".toml", "Makefile")
PLANTED = "tests/conventions/test_docs.py"  # holds commands that do not exist, on purpose


@cache
def tracked() -> tuple[str, ...]:
    """Return the names of all files of the project that are text."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return tuple(name for name in listed if name.endswith(KINDS) and (ROOT / name).is_file())


@cache
def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@cache
def programs() -> Programs:
    from dbt.cli.main import cli

    targets = re.findall(r"^\.PHONY: (\S+)$", text_of("Makefile"), re.MULTILINE)
    return Programs(cli, generate.cli_app(), targets)


# What is generated


@pytest.mark.parametrize("name", ["cli.md", "yaml.md", "tables.md"])
def test_a_generated_page_is_what_the_code_says(name: str) -> None:
    assert text_of(f"docs/reference/{name}") == generate.pages()[name], "run: make docs"


def test_pages_do_not_depend_on_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    assert generate.cli_page() == text_of("docs/reference/cli.md")


# Commands


@pytest.mark.parametrize("name", [name for name in tracked() if name != PLANTED])
def test_every_command_that_is_named_exists(name: str) -> None:
    wrong = {
        str(command): fault
        for command in commands_of(name, text_of(name))
        if (fault := programs().fault(command))
    }
    assert wrong == {}


def test_commands_are_found() -> None:
    found = {name: commands_of(name, text_of(name)) for name in tracked()}
    assert Command("make", ("demo",)) in found["README.md"]
    assert Command("firn", ("setup",)) in found["ivy.xml"]
    assert len({command for commands in found.values() for command in commands}) > 100


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("a.md", "Run `firn jars` first.", "there is no command jars"),
        ("a.md", "Run firn jars first.", "there is no command jars"),
        ("a.md", "    firn ingest shop --everything   # all", "there is no option --everything"),
        ("a.md", "    firn sandbox sleep", "there is no command sleep"),
        ("a.md", "```text\n$ make tea\n```", "there is no target tea"),
        ("a.md", "    X=1 make tea && firn setup", "there is no target tea"),
        ("a.md", "    dbt build \\\n      --harder", "there is no option --harder"),
        ("a.md", "`dbt\ndocs burn`", "there is no command burn"),
        ("a.py", '"""See\n`dbt rebuild`."""', "there is no command rebuild"),
        ("a.py", "# see `make\n# tea`", "there is no target tea"),
        ("a.py", 'raise E(f"{x} is gone", f"firn heal {x}")', "there is no command heal"),
        ("a.py", 'E("", f"dbt build {x} --gently")', "there is no option --gently"),
        ("a.py", 'raise AError("x", f"dbt rebuild {x}")', "there is no command rebuild"),
        ("a.py", 'raise AError("x", "(none yet; run make tea)")', "there is no target tea"),
        ("a.py", 'raise AError("x", "make tea")', "there is no target tea"),
        ("a.py", 'Cures(make=f"firn setup, or: dbt rebuild {x}")', "there is no command rebuild"),
        ("a.sql", "{# as `firn heal`\n   says #}", "there is no command heal"),
        ("a.yml", "# put there by `firn\n#  jars` (x)", "there is no command jars"),
        ("Makefile", "\t@$(BIN)/firn tidy", "there is no command tidy"),
    ],
)
def test_a_command_that_does_not_exist_is_found(name: str, text: str, fault: str) -> None:
    faults = [programs().fault(command) for command in commands_of(name, text)]
    assert fault in faults


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.md", "Firn lands rows, dbt builds them; make room first."),
        ("a.md", "`firn ingest <source>` and `firn …`"),
        ("a.py", 'AError("dbt has ended", "make it, or correct the variable")'),
        ("a.py", "from benchmarks.contestants.firn import Firn"),
        ("a.py", "path = '~/.cache/firn/jars'"),
    ],
)
def test_prose_is_no_command(name: str, text: str) -> None:
    assert [c for c in commands_of(name, text) if programs().fault(c)] == []
