"""MkDocs in an environment of its own: staged pages and navigation -> the site as HTML."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from lake.errors import ConfigurationError, EnvironmentFault

HERE = Path(__file__).parent
# What a page may fetch: from where it lies itself, and nothing from another host.
POLICY = "default-src 'self' file: data: blob: 'unsafe-inline' 'unsafe-eval'"


def with_policy(page: str) -> str:
    """Return a page that was made elsewhere under the policy that all pages have.

    Raises ConfigurationError for a page without a head.
    """
    before, head, after = page.partition("<head>")
    if not head:
        raise ConfigurationError("a page has no head to put its policy in", "make docs")
    return f'{before}{head}<meta http-equiv="Content-Security-Policy" content="{POLICY}">{after}'


def build_html(pages: Path, site: Path, nav: Sequence[Mapping[str, Any]], programs: Path) -> None:
    """Build `site` from the folder `pages`; `programs` is the folder of MkDocs.

    Raises EnvironmentFault when MkDocs is not there, and ConfigurationError with all warnings when
    there is one, such as a link that leads nowhere or a page that the navigation lacks.
    """
    program = programs / "mkdocs"
    if not program.exists():
        raise EnvironmentFault(f"{program} is not there", "make docs")
    config = pages.with_suffix(".yml")
    text = {
        "INHERIT": str(HERE / "mkdocs.yml"),
        "docs_dir": str(pages),
        "site_dir": str(site),
        "theme": {"custom_dir": str(HERE / "overrides")},
        "extra": {"policy": POLICY},
        "nav": list(nav),
    }
    config.write_text(yaml.safe_dump(text, sort_keys=False), encoding="utf-8")
    done = subprocess.run(
        [str(program), "build", "--strict", "--config-file", str(config)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise ConfigurationError(
            f"MkDocs does not accept the pages:\n{(done.stdout + done.stderr).strip()[-4000:]}",
            "correct what it names, then: make docs",
        )
    for page in site.rglob("*.html"):
        page.write_text(_with_named_search(page.read_text("utf-8")), encoding="utf-8")


def _with_named_search(page: str) -> str:
    """Return a page whose search has a name for who does not see it: the theme gives it none."""
    search = 'data-md-component="search" role="dialog"'
    return page.replace(search, f'{search} aria-label="Search"', 1)
