"""What macros may call as `adapter.firn_…`: Python functions -> methods of dbt-spark's adapter."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dbt.adapters.base.meta import available
from dbt.adapters.spark.impl import SparkAdapter
from dbt_common.exceptions import DbtRuntimeError

from dbt_firn.current_run import current_run

if TYPE_CHECKING:
    from lake.lake import Lake
    from lake.settings import Settings


def add_methods(*functions: Callable[..., Any]) -> None:
    """Add functions, whose first argument is the adapter, to all adapters of dbt-spark."""
    for function in functions:
        name = function.__name__
        setattr(SparkAdapter, name, available(function))
        SparkAdapter._available_ |= {name}


def settings_of(adapter: SparkAdapter) -> "Settings":
    """Return the settings of the project that dbt runs."""
    from lake.settings import Settings

    return Settings.load(Path(adapter.config.project_root))


def lake_of(adapter: SparkAdapter) -> "Lake":
    """Return the very lake that this run's Spark was given, gold as the run has written it."""
    run = current_run()
    return _lake(adapter, run.branch if run else None)


def published_lake_of(adapter: SparkAdapter) -> "Lake":
    """Return the same lake as readers see it."""
    return _lake(adapter, None)


def _lake(adapter: SparkAdapter, branch: str | None) -> "Lake":
    from lake.lake import Lake

    parameters = adapter.config.credentials.server_side_parameters
    return Lake(settings_of(adapter), parameters, branch)


@contextmanager
def named_faults(*more: type[Exception]) -> Iterator[None]:
    """Let dbt print what is wrong as it is: FirnError, and more kinds -> DbtRuntimeError."""
    from lake.errors import FirnError

    kinds: tuple[type[Exception], ...] = (FirnError, *more)
    try:
        yield
    except kinds as error:
        raise DbtRuntimeError(str(error)) from error
