"""The only reader of the environment: variables and $FIRN_HOME/firn.env -> frozen settings."""

import os
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from lake.errors import ConfigurationError, EnvironmentFault
from lake.private import OTHERS, is_open_to_others

PROJECT_FILE = "dbt_project.yml"
TOKEN_KEY = "FIRN_TOKEN_KEY"  # noqa: S105 - its name
MINIMUM_TOKEN_KEY_LENGTH = 16


class Failpoint(StrEnum):
    """Points of a load or a refresh at which a test lets the process die (`FIRN_FAILPOINT`)."""

    AFTER_READ = "after_read"
    MID_COPY = "mid_copy"
    AFTER_COPY = "after_copy"
    BEFORE_COMMIT = "before_commit"
    AFTER_COMMIT = "after_commit"
    # Those of a refresh, in order; dbt dies at the second and third.
    BEFORE_BUILD = "before_build"
    AFTER_PLAN = "after_plan"
    BEFORE_RECORD = "before_record"
    # Those of a publication: all is written, nothing is committed; and all is committed.
    BEFORE_PUBLISH = "before_publish"
    AFTER_PUBLISH = "after_publish"
    AFTER_BUILD = "after_build"
    AFTER_NOTE = "after_note"

    def reached(self, chosen: "Failpoint | None") -> None:
        """End the process as a SIGKILL would when this is the `chosen` point."""
        if chosen is self:
            os._exit(137)


class Settings(BaseModel):
    """Where the project and the lake are, and the secrets that belong to them.

    `load` takes the fields from `FIRN_PROJECT_DIR` (default: the nearest folder upwards that holds
    dbt_project.yml), `FIRN_HOME` (default: .firn in the project), `FIRN_FAILPOINT`,
    `FIRN_SHARED_HOME` (other users may enter the home, default: no) and `FIRN_NO_WAIT` (a dbt that
    finds another one at work refuses, default: it waits), and from `DBT_TARGET` the target of the
    profile that names the lake (default: the profile's own).
    """

    model_config = ConfigDict(frozen=True)

    project_dir: Path = Field(default_factory=lambda: _nearest_project(Path.cwd()))
    home: Path = Path()
    failpoint: Failpoint | None = None
    target: str | None = None
    shared_home: bool = False
    no_wait: bool = False

    @model_validator(mode="before")
    @classmethod
    def _default_home(cls, values: dict[str, Any]) -> dict[str, Any]:
        project = Path(values.get("project_dir") or _nearest_project(Path.cwd())).absolute()
        home = Path(values.get("home") or project / ".firn").absolute()
        return {**values, "project_dir": project, "home": home}

    @classmethod
    def load(cls, project_dir: Path | None = None, target: str | None = None) -> "Settings":
        """Read the environment; `project_dir` and `target` go before their variables.

        Raises ConfigurationError naming the variable that is wrong.
        """
        variables = {name: os.environ.get(_variable(name)) for name in cls.model_fields}  # noqa: TID251
        values: dict[str, Any] = {name: value for name, value in variables.items() if value}
        given = {"project_dir": project_dir, "target": target}
        values |= {name: value for name, value in given.items() if value is not None}
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            wrong = "; ".join(f"{_variable(*e['loc'])}: {e['msg']}" for e in error.errors())
            raise ConfigurationError(wrong, "set the variable to an allowed value") from None

    @property
    def umask(self) -> int:
        """The umask of processes that are started for this home; -1 leaves the caller's.

        What they write is their owner's alone, temporary files outside the home too.
        """
        return -1 if self.shared_home else OTHERS

    @property
    def project_name(self) -> str:
        """What dbt_project.yml calls the project."""
        import yaml

        text = (self.project_dir / PROJECT_FILE).read_text(encoding="utf-8")
        return str(yaml.safe_load(text)["name"])

    @property
    def env_file(self) -> Path:
        """The file of secrets below the process environment: KEY=value lines, mode 0600."""
        return self.home / "firn.env"

    def connection(
        self, name: str, example: str = "postgresql://user:password@host:5432/database"
    ) -> SecretStr:
        """Return what the variable `name` holds: a connection URL, or what `example` looks like.

        Raises ConfigurationError naming the variable and the file when it is set in neither.
        """
        return self._required(name, f"{name}={example}")

    def secrets(self, prefix: str) -> dict[str, str]:
        """Return what variables hold whose names begin so, by the rest of their names."""
        known = {**self._file_values, **self.environment()}
        return {
            name.removeprefix(prefix): value
            for name, value in known.items()
            if name.startswith(prefix) and value
        }

    def secret(self, name: str) -> str | None:
        """Return what a variable holds in the environment or the file of secrets, if anything."""
        return self.environment().get(name) or self._file_values.get(name)

    @cached_property
    def token_key(self) -> SecretStr:
        """The key that personal data is tokenised with. Raises ConfigurationError if unusable."""
        key = self._required(TOKEN_KEY, f"{TOKEN_KEY}=<64 random characters>")
        if len(key.get_secret_value()) < MINIMUM_TOKEN_KEY_LENGTH:
            raise ConfigurationError(
                f"{TOKEN_KEY} is shorter than {MINIMUM_TOKEN_KEY_LENGTH} characters",
                "make one: python -c 'import secrets; print(secrets.token_hex(32))'; changing an"
                " existing key needs firn rotate-key",
            )
        return key

    def variable(self, name: str) -> str | None:
        """Return an environment variable as profiles.yml sees it, the project folder being PWD."""
        known = {"FIRN_HOME": str(self.home), "PWD": str(self.project_dir)}
        return known.get(name) or self.environment().get(name)

    def environment(self) -> dict[str, str]:
        """Return a copy of the process environment, for a command that is started from here."""
        return dict(os.environ)  # noqa: TID251

    def _required(self, name: str, example: str) -> SecretStr:
        value = self.secret(name)
        if not value:
            raise ConfigurationError(
                f"{name} is set neither in the environment nor in {self.env_file}",
                f"export it, or add a line to {self.env_file} (mode 0600): {example}",
            )
        return SecretStr(value)

    @cached_property
    def _file_values(self) -> dict[str, str | None]:
        from dotenv import dotenv_values

        if not self.env_file.is_file():
            return {}
        if is_open_to_others(self.env_file):
            raise EnvironmentFault(
                f"{self.env_file} holds secrets and can be read by other users",
                f"chmod 600 {self.env_file}",
            )
        return dotenv_values(self.env_file, interpolate=False)


def _variable(*location: int | str) -> str:
    """Return the environment variable that a field comes from."""
    if location == ("target",):
        return "DBT_TARGET"
    return "FIRN_" + ".".join(str(part) for part in location).upper()


def _nearest_project(start: Path) -> Path:
    """Return the first folder from `start` upwards with a dbt_project.yml."""
    for folder in (start, *start.parents):
        if (folder / PROJECT_FILE).is_file():
            return folder
    raise ConfigurationError(
        f"no {PROJECT_FILE} in {start} or any folder above it",
        "go to the project folder, or set FIRN_PROJECT_DIR to it",
    )
