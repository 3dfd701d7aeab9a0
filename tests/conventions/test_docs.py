"""Docs that cannot go stale: generated pages are fresh, commands exist, links and tests resolve."""

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from docs.reference import generate
from tests.conventions.commands import Command, Programs, commands_of

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
KINDS = (".md", ".py", ".sql", ".yml", ".yaml", ".xml", ".properties", ".cfg", ".toml", "Makefile")
PLANTED = "tests/conventions/test_docs.py"  # holds commands that do not exist, on purpose
PAGES = sorted(path.relative_to(ROOT) for path in DOCS.rglob("*.md"))
FAULTS = "docs/faults.md"


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


def test_every_command_that_is_named_exists() -> None:
    wrong = [
        f"{name}: {command}: {fault}"
        for name in tracked()
        if name != PLANTED
        for command in commands_of(name, text_of(name))
        if (fault := programs().fault(command))
    ]
    assert wrong == []


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


# Links

_CODE = re.compile(r"^ {0,3}```.*?^ {0,3}```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def links_of(name: str) -> list[str]:
    return _LINK.findall(_CODE.sub("", text_of(name)))


def anchors_of(name: str) -> set[str]:
    """Return the anchors of a page: those of its headings as GitHub makes them, and its own."""
    text = re.sub(r"^ {0,3}```.*?^ {0,3}```", "", text_of(name), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in headings}
    return slugs | set(re.findall(r"<a id=\"([\w-]+)\">", text))


def broken_links(name: str) -> list[str]:
    """Return the relative links of a page that lead nowhere."""
    broken = []
    for link in links_of(name):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = ((ROOT / name).parent / path).resolve() if path else ROOT / name
        is_there = target.exists() and target.is_relative_to(ROOT)
        page = target.relative_to(ROOT).as_posix() if is_there else ""
        if not is_there or (anchor and anchor not in anchors_of(page)):
            broken.append(link)
    return broken


@pytest.mark.parametrize("name", [name for name in tracked() if name.endswith(".md")])
def test_every_link_leads_somewhere(name: str) -> None:
    assert broken_links(name) == []


def test_a_broken_link_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = "# A page\n[a](#a-page) [b](b.md) [c](#c) [d](https://d.example) `[e](e.md)`\n"
    (tmp_path / "planted.md").write_text(page, encoding="utf-8")
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    text_of.cache_clear()
    assert broken_links("planted.md") == ["b.md", "#c"]


_FOLDERS = "benchmarks|dags|dashboard|dbt_firn|dbt_spark_repairs|docs|ingestion|lake|macros|models"
_PATH = re.compile(
    rf"`((?:{_FOLDERS}|operations|profiles|requirements|sandbox|seeds|tests)/[\w./-]*)`"
)
OF_THE_READER = "crm"  # the source that examples tell a reader to make


def test_every_path_that_a_page_names_exists() -> None:
    wrong = [
        f"{name}: {path}"
        for name in tracked()
        if name.endswith(".md")
        for path in _PATH.findall(text_of(name))
        if OF_THE_READER not in path and not (ROOT / path).exists()
    ]
    assert wrong == []


def test_every_page_that_code_names_exists() -> None:
    wrong = [
        f"{name}: {page}"
        for name in tracked()
        if name != PLANTED
        for page in re.findall(r"\bdocs/[\w/-]+\.md", text_of(name))
        if not (ROOT / page).exists()
    ]
    assert wrong == []


# Pages


def test_the_index_leads_to_every_page() -> None:
    read: set[Path] = set()
    waiting = [Path("docs/index.md"), Path("docs/decisions/README.md")]
    for page in waiting:
        for link in links_of(page.as_posix()):
            if not re.match(r"[a-z]+:|#", link):
                target = ((ROOT / page).parent / link.split("#")[0]).resolve()
                read.add(target.relative_to(ROOT))
    assert [page for page in PAGES if page not in {*read, waiting[0]}] == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_page_begins_with_what_it_is_for(page: Path) -> None:
    title, empty, first = text_of(page.as_posix()).splitlines()[:3]
    assert title.startswith("# ")
    assert empty == ""
    assert re.match(r"[\w*`\[]", first), "a sentence, not a block, a list or a table"


def test_the_readme_is_short() -> None:
    readme = text_of("README.md")
    assert len(readme.splitlines()) <= 130
    transcripts = re.findall(r"^```text\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    assert all(len(transcript.splitlines()) <= 15 for transcript in transcripts)


# Faults

_CITED = re.compile(r"\b[Ff]aults? ([a-z]+(?:-[a-z]+)+(?:(?:,\s| and )[a-z]+(?:-[a-z]+)+)*)")


def test_every_test_that_faults_names_exists() -> None:
    named = set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text_of(FAULTS)))
    assert len(named) > 50
    missing = [f"{file}::{test}" for file, test in sorted(named) if test not in functions_of(file)]
    assert missing == []


@cache
def functions_of(file: str) -> dict[str, str]:
    """Return the functions of a file with their docstrings; of a file that is gone: none."""
    if not (ROOT / file).is_file():
        return {}
    nodes = ast.walk(ast.parse(text_of(file)))
    return {n.name: ast.get_docstring(n) or "" for n in nodes if isinstance(n, ast.FunctionDef)}


def test_a_fault_that_a_test_cites_lists_that_test() -> None:
    flags = re.MULTILINE | re.DOTALL
    sections = dict(re.findall(r"^### (\S+)\n(.*?)(?=^##|\Z)", text_of(FAULTS), flags))
    cited = {
        (file, test, fault)
        for file in tracked()
        if file.startswith("tests/") and file.endswith(".py") and file != PLANTED
        for test, said in functions_of(file).items()
        for faults in _CITED.findall(said)
        for fault in re.findall(r"[a-z]+(?:-[a-z]+)+", faults)
    }
    assert len(cited) > 40
    missing = [c for c in sorted(cited) if f"`{c[0]}::{c[1]}`" not in sections.get(c[2], "")]
    assert missing == []


def test_no_test_cites_a_fault_that_is_not_there() -> None:
    known = anchors_of(FAULTS)
    for file in tracked():
        if file.startswith("tests/") and file.endswith(".py") and file != PLANTED:
            cited = re.findall(r"[a-z]+(?:-[a-z]+)+", " ".join(_CITED.findall(text_of(file))))
            assert set(cited) <= known, file
            assert not re.search(r"\b(?:Rows?|[Ff]aults?) \d", text_of(file)), file
