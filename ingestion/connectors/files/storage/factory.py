"""Which storage a variable names: an absolute folder or s3://bucket/prefix -> that storage."""

from __future__ import annotations

from pathlib import Path

from ingestion.connectors.files.storage.base import BUCKET_SCHEME, FileStorage
from lake.errors import ConfigurationError
from lake.settings import Settings


def open_storage(settings: Settings, variable: str) -> FileStorage:
    """Return the storage that an environment variable names: a folder, or s3://bucket/prefix.

    Raises ConfigurationError for anything else, EnvironmentFault when it is not there.
    """
    where = settings.connection(variable, "/path/to/folder").get_secret_value()
    return storage_at(where, variable, settings)


def storage_at(where: str, variable: str, settings: Settings) -> FileStorage:
    """Return the storage at a place that `variable` gave; raises as `open_storage` does."""
    from ingestion.connectors.files.storage.bucket import Bucket
    from ingestion.connectors.files.storage.folder import Folder

    if where.startswith(BUCKET_SCHEME):
        return Bucket(where.removeprefix(BUCKET_SCHEME), variable, settings)
    if not Path(where).is_absolute():
        raise ConfigurationError(
            f"{variable} is neither an absolute folder nor {BUCKET_SCHEME}bucket/prefix",
            f"{variable}=/path/to/folder",
        )
    return Folder(Path(where), variable)
