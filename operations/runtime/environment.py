"""The environment of processes that work on this lake: settings -> variables."""

from collections.abc import Collection, Mapping

from lake.settings import Settings
from operations.runtime.java import command_path

SHELL_VARIABLES = ("_", "SHLVL", "OLDPWD")
# Where the lake is, where logs go and where programs are found: nothing that dbt parses.
PLACES = ("FIRN_HOME", "DBT_LOG_PATH", "PATH")
# What one run is for: no reason to parse again either.
RUNS = ("FIRN_TASK", "FIRN_TRIGGER", "FIRN_FAILPOINT", "FIRN_NO_WAIT")
OPTIONS = "DBT_"  # what dbt's own options begin with


def dbt_environment(settings: Settings) -> dict[str, str]:
    """Return the environment of a dbt command, and of our own programs: this project, this lake.

    Their target is that of `settings`, whatever the variable DBT_TARGET says here: dbt, Spark and
    Python look at the same lake.
    """
    environment = settings.environment()
    environment.pop("DBT_TARGET", None)
    return {
        **environment,
        **({"DBT_TARGET": settings.target} if settings.target else {}),
        "DBT_PROFILES_DIR": str(settings.project_dir / "profiles"),
        "DBT_LOG_PATH": str(settings.home / "logs"),
        "FIRN_PROJECT_DIR": str(settings.project_dir),
        "FIRN_HOME": str(settings.home),
        "PWD": str(settings.project_dir),
        "PATH": command_path(settings),
    }


def lasting_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of an environment that a shell does not change with every command."""
    return {name: value for name, value in environment.items() if name not in SHELL_VARIABLES}


def parsing_variables(
    environment: Mapping[str, str], read: Collection[str] | None = None
) -> dict[str, str]:
    """Return those of them that may make dbt read the same project differently.

    `read` are the variables that the project's files ask for, None where that cannot be known; what
    begins with `DBT_` are options of dbt itself.
    """
    return {
        name: value
        for name, value in lasting_variables(environment).items()
        if name not in (*PLACES, *RUNS)
        and (read is None or name in read or name.startswith(OPTIONS))
    }
