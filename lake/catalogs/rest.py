"""A REST catalog: Spark's settings of it -> pointers, changes sent as the protocol has them.

Spark's RESTCatalog and pyiceberg's read the same settings (uri, warehouse, credential, token, …).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lake.catalogs.base import (
    CATALOG,
    Identifier,
    MetadataChange,
    Pointer,
    PointerConflictError,
)
from lake.catalogs.rest_updates import commit_request
from lake.errors import ConfigurationError, EnvironmentFault

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog

    from lake.catalogs.rest_client import RestClient

READERS = 8
# Settings of Spark's side, and of files, which `open` is given.
OTHER_SETTINGS = ("type", "cache", "table-", "s3.", "client.")
SECRETS, HEADERS = frozenset({"credential", "token"}), "header."


class RestCatalog:
    """The lake's catalog behind Iceberg's REST protocol."""

    writes_metadata = True
    has_drop_log = False
    file: Path | None = None

    def __init__(self, settings: Mapping[str, str]) -> None:
        """Remember where it is; nothing is connected yet."""
        self._settings = {
            name: value
            for name, value in settings.items()
            if value and not name.startswith(OTHER_SETTINGS)
        }

    @property
    def label(self) -> str:
        """The address, without user and password."""
        parts = urlsplit(self._settings["uri"])
        return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()

    def pointers(self) -> dict[Identifier, Pointer]:
        """Return the pointers of all tables and views: a request for each, several at a time."""
        with self._named_faults("read"), ThreadPoolExecutor(READERS) as readers:
            tables, views = self._client.names()
            found = dict(zip(tables, readers.map(self._client.table_pointer, tables), strict=True))
        there = {name: pointer for name, pointer in found.items() if pointer}
        return {**there, **{name: Pointer(None, is_view=True) for name in views}}

    def pointer(self, identifier: Identifier) -> Pointer | None:
        """Return one table's or view's pointer, None when the catalog has no such name."""
        with self._named_faults("read"):
            return self._client.table_pointer(identifier) or self._client.view_pointer(identifier)

    def require_writable(self) -> None:
        """Return: its server says it of a commit."""

    def require_transactions(self) -> None:
        """Raise EnvironmentFault when the server takes no commit of several tables."""
        with self._named_faults("read"):
            if self._client.takes_transactions:
                return
        raise EnvironmentFault(
            f"the catalog {self.label} takes no commit of several tables, which a publication is",
            "use a catalog with POST /v1/{prefix}/transactions/commit, such as Polaris, Lakekeeper",
        )

    def commit(self, changes: Sequence[MetadataChange]) -> None:
        """Send all changes in one commit, which the server makes or refuses as a whole.

        Raises PointerConflictError, EnvironmentFault.
        """
        from pyiceberg.exceptions import CommitFailedException, NoSuchTableError

        requests = [commit_request(change) for change in changes]
        if len(requests) > 1:
            self.require_transactions()
        try:
            with self._named_faults("changed"):
                self._client.commit(requests)
        except (CommitFailedException, NoSuchTableError):
            moved = [one.identifier for one in changes if not self._is_as_read(one)]
            raise PointerConflictError(
                self.label, moved or [one.identifier for one in changes]
            ) from None

    def repair(self, identifier: Identifier, known: Pointer, metadata: str | None) -> bool:
        """Drop a damaged table, no file of it, and register it anew with another metadata file."""
        if self.pointer(identifier) != known:
            return False
        with self._named_faults("changed"):
            self._client.drop_table(identifier)
            if metadata:
                self._client.register_table(identifier, metadata)
        return True

    def drops(self) -> frozenset[str] | None:
        """Return None: the protocol has no log."""
        return None

    def begin_drop_log(self, kept: Collection[str] = ()) -> None:
        """Raise ConfigurationError: the protocol has no log."""
        raise ConfigurationError(
            f"the catalog {self.label} keeps no log of dropped tables ({len(kept)} files)",
            "leave out --forget: without a log there is nothing to forget",
        )

    def register(
        self, identifier: Identifier, known: Pointer | None, metadata: str, *, is_view: bool
    ) -> bool:
        """Register a table by the protocol's own request, under a name that is free first."""
        if is_view:
            raise ConfigurationError(
                f"{'.'.join(identifier)} is a view, and Iceberg's REST protocol registers tables"
                " only",
                f"dbt build --select {identifier[1]}",
            )
        if known is not None:
            return self.repair(identifier, known, metadata)
        with self._named_faults("changed"):
            self._client.register_table(identifier, metadata)
        return True

    def copy_to(self, file: Path) -> bool:  # noqa: ARG002
        """Return False: a server has backups of its own."""
        return False

    def open(self, properties: Mapping[str, str]) -> Catalog:
        """Return the pyiceberg catalog."""
        return self._connected(properties)

    @cached_property
    def _client(self) -> RestClient:
        return self._connected({})

    def _connected(self, properties: Mapping[str, str]) -> RestClient:
        from lake.catalogs.rest_client import RestClient

        # pyiceberg warns where it is not told where Spark looks by default
        tokens = f"{self._settings['uri'].rstrip('/')}/v1/oauth/tokens"
        given = {"oauth2-server-uri": tokens, **properties, **self._settings}
        with self._named_faults("opened"):
            return RestClient(CATALOG, **given)

    def _is_as_read(self, change: MetadataChange) -> bool:
        pointer = self.pointer(change.identifier)
        return pointer is not None and pointer.metadata == change.expected

    @contextmanager
    def _named_faults(self, done: str) -> Iterator[None]:
        from pydantic import ValidationError
        from pyiceberg.exceptions import OAuthError, RESTError
        from requests import RequestException

        faults: tuple[type[Exception], ...] = (
            *(RESTError, OAuthError, RequestException),
            *(ValidationError, NotImplementedError),
        )
        try:
            yield
        except faults as error:
            said = " ".join(str(error).split())
            raise EnvironmentFault(
                f"the catalog {self.label} cannot be {done}: {self._without_secrets(said)}",
                "firn doctor",
            ) from error

    def _without_secrets(self, text: str) -> str:
        for name, value in self._settings.items():
            if name in SECRETS or name.startswith(HEADERS):
                for secret in filter(None, (value, value.rpartition(":")[2])):
                    text = text.replace(secret, "…")
        return text
