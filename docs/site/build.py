"""`make docs`: project -> dbt's docs, lineage, relationships and Markdown -> FIRN_HOME/site.

    python -m docs.site.build

What is made on the way lies in FIRN_HOME/site-build.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import typer

from docs.site.compilation import compile_project
from docs.site.diagrams import to_svg
from docs.site.html import build_html, with_policy
from docs.site.lineage import Lineage, lineage_of
from docs.site.lineage_pages import LineagePages
from docs.site.markdown import DBT_PAGE
from docs.site.navigation import navigation
from docs.site.project import read_project
from docs.site.relationship_pages import RelationshipPages
from docs.site.relationships import read_relationships
from docs.site.staging import stage
from lake.settings import Settings
from operations.cli.faults import named_faults

ENVIRONMENT = "docs-venv"
STYLES = "site.css"
HERE = Path(__file__).parent


app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)


def build(settings: Settings) -> Lineage:
    """Build the site into FIRN_HOME/site and return the lineage that it shows.

    Raises LoadError with what dbt says, EnvironmentFault when a program is missing, and
    ConfigurationError with what MkDocs says of a page.
    """
    work, root = settings.home / "site-build", settings.project_dir
    pages, programs = work / "pages", settings.home / ENVIRONMENT / "bin"
    compiled = compile_project(root, work / "home")
    project = read_project(compiled.manifest, root)
    lineage = lineage_of(project)
    relationships = read_relationships(compiled.manifest, project)
    draw = partial(to_svg, programs=programs)
    stage(root, pages)
    _write(pages, LineagePages(project, lineage, draw).pages())
    _write(pages, RelationshipPages(project, relationships, draw).pages())
    _write(pages, [(DBT_PAGE, with_policy(compiled.page))])
    shutil.copyfile(HERE / STYLES, pages / STYLES)
    build_html(pages, settings.home / "site", navigation(root, project), programs)
    return lineage


def _write(folder: Path, pages: Iterable[tuple[str, str]]) -> None:
    for name, text in pages:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


@app.command()
@named_faults
def main() -> None:
    """Build the site and say where it is."""
    settings = Settings.load()
    lineage = build(settings)
    typer.echo(f"{lineage.summary()}\n{settings.home / 'site' / 'index.html'}")


if __name__ == "__main__":
    sys.exit(app())
