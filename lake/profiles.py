"""Reads profiles.yml as dbt renders it: variables filled in -> each target's Spark parameters."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lake.errors import ConfigurationError

if TYPE_CHECKING:
    from lake.settings import Settings

PROFILE = "firn"
PARAMETERS = "server_side_parameters"


class Profile:
    """The profile `firn` of profiles/profiles.yml, the only file that says where the lake is."""

    def __init__(self, settings: Settings) -> None:
        """Remember where to look; nothing is read yet."""
        self._settings = settings

    @property
    def file(self) -> Path:
        """The file itself."""
        return self._settings.project_dir / "profiles" / "profiles.yml"

    def spark_parameters(self, target: str | None = None) -> dict[str, str]:
        """Return the settings that a target gives Spark.

        By default the target of the settings (`--target`, `DBT_TARGET`), else the profile's own.
        Raises ConfigurationError when the file cannot be read or has no such target.
        """
        name = target or self._settings.target or self._content["target"]
        try:
            parameters = self._content["outputs"][name][PARAMETERS]
            return {str(key): str(value) for key, value in parameters.items()}
        except (KeyError, TypeError, AttributeError):
            raise ConfigurationError(
                f"{self.file}: the profile {PROFILE} has no target {name} with {PARAMETERS}",
                "restore it from version control",
            ) from None

    def connection(self) -> dict[str, Any]:
        """Return all that the target of the settings says: method, host, port, user and more.

        Raises ConfigurationError when the file cannot be read or has no such target.
        """
        name = self._settings.target or self._content["target"]
        self.spark_parameters(name)
        return dict(self._content["outputs"][name])

    @cached_property
    def _content(self) -> dict[str, Any]:
        import jinja2
        import yaml

        try:
            environment = jinja2.Environment(
                undefined=jinja2.StrictUndefined,
                autoescape=False,  # noqa: S701 - it renders YAML, not HTML
            )
            text = environment.from_string(self.file.read_text()).render(env_var=self._variable)
            content = dict(yaml.load(text, Loader=yaml.CSafeLoader)[PROFILE])
            content["outputs"][content["target"]]
        except (OSError, jinja2.TemplateError, yaml.YAMLError, KeyError, TypeError) as error:
            raise ConfigurationError(
                f"{self.file} cannot be used: {error!r}", "restore it from version control"
            ) from error
        return content

    def _variable(self, name: str, default: str | None = None) -> str:
        """Return an environment variable as dbt's env_var() does."""
        value = self._settings.variable(name)
        if value is None and default is None:
            raise ConfigurationError(
                f"{self.file} needs the variable {name}, which is not set", f"export {name}=…"
            )
        return value if value is not None else str(default)
