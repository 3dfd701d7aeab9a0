"""The site's navigation: docs/index.md in its order, tables by system -> MkDocs' `nav`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from docs.site.markdown import DBT_PAGE, LINEAGE, RELATIONSHIPS
from docs.site.project import Project
from docs.site.relationship_pages import drawn_systems

HEADING = re.compile(r"## (.+)")
LINK = re.compile(r"\[([^\]]+)\]\(([^)#\s:]+\.md)\)")
LISTED = re.compile(r"(?:\d+\.|-) ")
Nav = list[Any]  # {title: page}, {title: Nav} or a page


def navigation(root: Path, project: Project) -> Nav:
    """Return the README, the groups of docs/index.md, what is told of tables, and the rest."""
    return [
        {"Overview": "README.md"},  # on its own: only then it is the site's homepage
        {"All pages": "docs/index.md"},
        *groups_of(root / "docs" / "index.md", root),
        {"Tables": _tables(project)},
        {"Contributing": "CONTRIBUTING.md"},
        {"Reporting a vulnerability": "SECURITY.md"},
        {"Changelog": "CHANGELOG.md"},
    ]


def _tables(project: Project) -> Nav:
    systems: dict[str, Nav] = {}
    for table in project.tables.values():
        page = f"{LINEAGE}/{table.name}.md"
        systems.setdefault(table.system, []).append({table.name: page})
    exposures = [{e.label: f"{LINEAGE}/exposure.{e.name}.md"} for e in project.exposures]
    erds = [{each.capitalize(): f"{RELATIONSHIPS}/{each}.md"} for each in drawn_systems(project)]
    return [
        {"Column lineage": f"{LINEAGE}/index.md"},
        *({system.capitalize(): pages} for system, pages in sorted(systems.items())),
        {"Exposures": exposures},
        {"Relationships": [f"{RELATIONSHIPS}/index.md", *erds]},
        {"dbt's docs": DBT_PAGE},
    ]


def groups_of(index: Path, root: Path) -> Nav:
    """Return the groups of an index and the pages that its lists link, as paths below `root`.

    An index within a list, a README, is a group of its own: itself, then what it lists.
    """
    groups: Nav = []
    for line in index.read_text(encoding="utf-8").splitlines():
        if heading := HEADING.fullmatch(line):
            groups.append({heading[1]: []})
        elif groups and LISTED.match(line):
            next(iter(groups[-1].values())).extend(_entries(line, index, root))
    return groups


def _entries(line: str, index: Path, root: Path) -> Nav:
    entries: Nav = []
    for title, link in LINK.findall(line):
        page = (index.parent / link).resolve()
        name = page.relative_to(root.resolve()).as_posix()
        if page.name == "README.md":
            entries.append({title: [{"All": name}, *_listed(page, root)]})
        else:
            entries.append({title: name})
    return entries


def _listed(index: Path, root: Path) -> Nav:
    lines = index.read_text(encoding="utf-8").splitlines()
    return [each for line in lines if LISTED.match(line) for each in _entries(line, index, root)]
