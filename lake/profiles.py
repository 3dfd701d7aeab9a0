"""Reads profiles.yml as dbt does: the target's values rendered -> what Spark is given."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lake.catalogs.postgres_tls import with_tls
from lake.errors import ConfigurationError
from lake.rendering import MissingVariableError, RenderingError, render

if TYPE_CHECKING:
    from lake.settings import Settings

PROFILE = "firn"
PARAMETERS = "server_side_parameters"
DEFAULT_TARGET = "default"  # dbt's, for a profile that names none
RESTORE = "restore it from version control"


class Profile:
    """The profile `firn` of profiles/profiles.yml, the only file that says where the lake is.

    `DBT_PROFILES_DIR` is not looked at: it may belong to another project of the same shell, and
    Firn would then open that project's lake. dbt, where Firn starts it, is told this folder.
    """

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
        How a PostgreSQL catalog's certificate is checked is written out among them. Raises
        ConfigurationError when the file cannot be read, has no such target, or holds what neither
        Firn nor dbt can render; EnvironmentFault where authorities are needed and the system has
        none.
        """
        name = target or self.target
        parameters = self._rendered(self._output(name), f"target {name}").get(PARAMETERS)
        if not isinstance(parameters, Mapping):
            raise ConfigurationError(
                f"{self.file}: the target {name} has no {PARAMETERS}",
                "choose another with --target, or give it some",
            )
        named = {str(key): str(value) for key, value in parameters.items()}
        return with_tls(named, self._environment)

    @cached_property
    def target(self) -> str:
        """The target that is used where none is named. Raises ConfigurationError."""
        if self._settings.target:
            return self._settings.target
        own = {"target": self._content.get("target", DEFAULT_TARGET)}
        return str(self._rendered(own, "the default target")["target"])

    def _output(self, name: str) -> dict[str, Any]:
        outputs = self._content["outputs"]
        if name not in outputs:
            raise ConfigurationError(
                f"{self.file}: the profile {PROFILE} has no target {name}",
                f"choose one of: {', '.join(map(str, outputs))}",
            )
        if not isinstance(outputs[name], dict):
            raise ConfigurationError(f"{self.file}: the target {name} holds nothing", RESTORE)
        return dict(outputs[name])

    def _rendered(self, values: dict[str, Any], what: str) -> dict[str, Any]:
        try:
            return dict(render(values, self._environment))
        except MissingVariableError as error:
            raise ConfigurationError(
                f"{self.file}: {what} needs the variable {error}, which is not set",
                f"export {error}=…",
            ) from None
        except RenderingError as error:
            raise ConfigurationError(
                f"{self.file}: {what} cannot be rendered: {error}", f"correct it in {self.file}"
            ) from error

    @cached_property
    def _environment(self) -> dict[str, str]:
        """The variables as dbt sees them where Firn starts it."""
        own = {"FIRN_HOME": str(self._settings.home), "PWD": str(self._settings.project_dir)}
        return {**self._settings.environment(), **own}

    def connection(self) -> dict[str, Any]:
        """Return all that the target of the settings says: method, host, port, user and more.

        Raises ConfigurationError as `spark_parameters` does.
        """
        return self._rendered(self._output(self.target), f"target {self.target}")

    @cached_property
    def _content(self) -> dict[str, Any]:
        import yaml

        try:
            text = self.file.read_text(encoding="utf-8")
            content = dict(yaml.load(text, Loader=yaml.CSafeLoader)[PROFILE])
            if not isinstance(content["outputs"], dict):
                raise TypeError("outputs")
        except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
            raise ConfigurationError(f"{self.file} cannot be used: {error!r}", RESTORE) from error
        return content
