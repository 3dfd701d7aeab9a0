"""What surrounds the pages: navigation, copies, drawings, and what a page may fetch."""

from pathlib import Path

import pytest

from docs.site.compilation import without_folders
from docs.site.diagrams import Box, Edge, Row, to_dot, to_svg
from docs.site.html import POLICY, build_html, with_policy
from docs.site.navigation import groups_of, navigation
from docs.site.staging import stage
from lake.errors import ConfigurationError, EnvironmentFault
from tests.unit.docs.small_project import PROJECT

DOCS = "docs"
INDEX = """\
# Documentation

A [page](elsewhere.md) that is in no group.

## Start

1. [First](first.md): what [is linked](second.md#anchor) with an anchor is no page.
2. [Second](second.md) and [third](sub/third.md).

Text with a [link](text.md).

## How

3. [Decisions](decisions/README.md): each.
"""


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_navigation_is_the_index(tmp_path: Path) -> None:
    decisions = "# Decisions\n\n- [One](one.md)\n- [Two](two.md)\n"
    written(tmp_path, {f"{DOCS}/index.md": INDEX, f"{DOCS}/decisions/README.md": decisions})
    assert groups_of(tmp_path / "docs" / "index.md", tmp_path) == [
        {
            "Start": [
                {"First": f"{DOCS}/first.md"},
                {"Second": f"{DOCS}/second.md"},
                {"third": f"{DOCS}/sub/third.md"},
            ]
        },
        {
            "How": [
                {
                    "Decisions": [
                        {"All": f"{DOCS}/decisions/README.md"},
                        {"One": f"{DOCS}/decisions/one.md"},
                        {"Two": f"{DOCS}/decisions/two.md"},
                    ]
                }
            ]
        },
    ]


def test_navigation_has_the_tables_by_system(tmp_path: Path) -> None:
    written(tmp_path, {f"{DOCS}/index.md": INDEX, f"{DOCS}/decisions/README.md": ""})
    [tables] = [e["Tables"] for e in navigation(tmp_path, PROJECT) if "Tables" in e]
    shop = next(each["Shop"] for each in tables if "Shop" in each)
    assert {"gold.sales": "lineage/gold.sales.md"} in shop
    assert {"Exposures": [{"Board": "lineage/exposure.board.md"}]} in tables


def test_pages_are_copied_with_what_they_link(tmp_path: Path) -> None:
    project = written(
        tmp_path / "project",
        {
            "README.md": "[a](docs/./a.md) [text](LICENSE) [web](https://x.example/y) [up](../x)",
            "CONTRIBUTING.md": "",
            "CHANGELOG.md": "",
            f"{DOCS}/a.md": "[code](../lake/errors.py#L1) [gone](gone.md)",
            "LICENSE": "licence",
            "lake/errors.py": "code",
            "lake/secret.py": "not linked",
            "docs/reference/generate.py": "no page",
        },
    )
    target = written(tmp_path / "pages", {"old.md": "of another build"})
    stage(project, target)
    found = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
    tops = {"README.md", "CONTRIBUTING.md", "CHANGELOG.md"}
    assert found == {*tops, f"{DOCS}/a.md", "LICENSE", "lake/errors.py"}


def test_a_drawing_is_of_boxes_rows_and_edges() -> None:
    left = Box("a.b", "silver", "a.b.html", [Row("x", "int", "PK"), Row("y<z")])
    dot = to_dot([left, Box("c", "gold", "c.html")], [Edge("a.b", "c", "x"), Edge("a.b", "c", "x")])
    assert dot.count('"a.b":"from x":e -> "c";') == 1
    assert "y&lt;z" in dot
    assert "<b>PK</b>" in dot


def test_what_is_missing_is_said_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="graphviz-pure is not there\n  fix: make docs"):
        to_svg("digraph {}", tmp_path)
    with pytest.raises(EnvironmentFault, match="mkdocs is not there\n  fix: make docs"):
        build_html(tmp_path, tmp_path, [], tmp_path)


def test_a_page_made_elsewhere_gets_the_policy() -> None:
    page = with_policy("<!doctype html><html><head><title>x</title></head></html>")
    assert f'<head><meta http-equiv="Content-Security-Policy" content="{POLICY}"><title>' in page
    assert "http:" not in POLICY
    assert "https:" not in POLICY
    with pytest.raises(ConfigurationError, match="no head"):
        with_policy("<p>x</p>")


def test_a_page_names_no_folder_of_this_machine() -> None:
    project, home = Path("/srv/firn"), Path("/srv/firn/.firn/home")
    page = '{"a": "/srv/firn/.firn/home/target/x.sql", "b": "/srv/firn/models/y.sql"}'
    assert without_folders(page, project, home) == '{"a": "target/x.sql", "b": "models/y.sql"}'
