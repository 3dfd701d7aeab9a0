"""pyiceberg's client of a REST catalog, with what Firn asks of one beside it.

pyiceberg cannot commit several tables at once, and waits for ever for a server that says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyiceberg.catalog.rest import (
    Capability,
    Endpoint,
    Endpoints,
    HttpMethod,
    IdentifierKind,
    RestCatalog,
)
from pyiceberg.catalog.rest.response import _handle_non_200_response
from pyiceberg.exceptions import (
    AuthorizationExpiredError,
    CommitFailedException,
    NoSuchNamespaceError,
    NoSuchTableError,
    UnauthorizedError,
)
from pyiceberg.table import CommitTableResponse, Table
from pyiceberg.table.update import TableRequirement, TableUpdate
from requests import HTTPError, Response, Session
from requests.adapters import HTTPAdapter
from tenacity import RetryCallState, retry, retry_if_exception_type, stop_after_attempt

from lake.catalogs.base import BUSY_TIMEOUT_SECONDS, Identifier, Pointer
from lake.catalogs.ordered_commits import updates_not_before

TIMEOUTS = (10, BUSY_TIMEOUT_SECONDS)  # to connect, and for an answer
TRANSACTION = "transactions/commit"
TRANSACTIONS = Endpoint(http_method=HttpMethod.POST, path=f"/v1/{{prefix}}/{TRANSACTION}")
CONFLICT, NOT_FOUND = 409, 404
NO_SUCH_TABLE = frozenset({"NoSuchTableException", "NoSuchTableError", "NoSuchNamespaceException"})


def _refresh_token(state: RetryCallState) -> None:
    client: RestClient = state.args[0]
    client._refresh_token()


_with_new_token = retry(
    retry=retry_if_exception_type((AuthorizationExpiredError, UnauthorizedError)),
    stop=stop_after_attempt(2),
    before_sleep=_refresh_token,
    reraise=True,
)


class RestClient(RestCatalog):
    """A REST catalog whose tables are read without pyiceberg's models, and committed together."""

    def _create_session(self) -> Session:
        session = super()._create_session()
        for scheme in ("http://", "https://"):
            session.mount(scheme, _Bounded())
        return session

    def commit_table(
        self,
        table: Table,
        requirements: tuple[TableRequirement, ...],
        updates: tuple[TableUpdate, ...],
    ) -> CommitTableResponse:
        """Commit to a table, whatever the clock says. Raises as pyiceberg's own does."""
        ordered = updates_not_before(table.metadata, updates)
        committed: CommitTableResponse = super().commit_table(table, requirements, ordered)
        return committed

    @property
    def takes_transactions(self) -> bool:
        """Whether the server says that it commits several tables at once."""
        return TRANSACTIONS in self._supported_endpoints

    def names(self) -> tuple[list[Identifier], list[Identifier]]:
        """Return the names of all tables, and of all views, in namespaces of one level."""
        tables: list[Identifier] = []
        views: list[Identifier] = []
        for (namespace,) in (found for found in self.list_namespaces() if len(found) == 1):
            try:
                tables += [(namespace, name[-1]) for name in self.list_tables(namespace)]
                views += [(namespace, name[-1]) for name in self.list_views(namespace)]
            except NoSuchNamespaceError:  # dropped since
                continue
        return tables, views

    @_with_new_token
    def table_pointer(self, identifier: Identifier) -> Pointer | None:
        """Return where a table's metadata file is and what it says, None without such a table.

        One that the server has and cannot open has no metadata. Raises RESTError.
        """
        response = self._session.get(self._url_of(Endpoints.load_table, identifier))
        if response.status_code == NOT_FOUND:
            kind, message = _fault_of(response)
            return None if kind in NO_SUCH_TABLE else Pointer(None, fault=message)
        loaded = _content_of(response, {})
        metadata: dict[str, Any] = loaded["metadata"]
        log = metadata.get("metadata-log") or [{}]
        return Pointer(loaded["metadata-location"], log[-1].get("metadata-file"), document=metadata)

    @_with_new_token
    def view_pointer(self, identifier: Identifier) -> Pointer | None:
        """Return where a view's metadata file is and what it says, None without such a view."""
        if Capability.V1_LOAD_VIEW not in self._supported_endpoints:
            return None
        place = self._split_identifier_for_path(identifier, IdentifierKind.VIEW)
        response = self._session.get(self.url(Endpoints.load_view, prefixed=True, **place))
        if response.status_code == NOT_FOUND:
            return None
        loaded = _content_of(response, {})
        return Pointer(loaded["metadata-location"], is_view=True, document=loaded["metadata"])

    @_with_new_token
    def commit(self, changes: Sequence[Mapping[str, Any]]) -> None:
        """Send one request for each table; several go as one transaction.

        Raises CommitFailedException, NoSuchTableError, RESTError.
        """
        if len(changes) == 1:
            [change] = changes
            name = change["identifier"]
            url = self._url_of(Endpoints.update_table, (name["namespace"][0], name["name"]))
            response = self._session.post(url, json=change)
        else:
            response = self._session.post(
                self.url(TRANSACTION), json={"table-changes": list(changes)}
            )
        _content_of(response, {CONFLICT: CommitFailedException, NOT_FOUND: NoSuchTableError})

    def _url_of(self, endpoint: str, identifier: Identifier) -> str:
        return self.url(endpoint, prefixed=True, **self._split_identifier_for_path(identifier))


class _Bounded(HTTPAdapter):
    """Gives a request up when the server does not answer."""

    def send(self, *request: Any, **options: Any) -> Response:  # noqa: ANN401 - as requests calls it
        """Send a request, with a bound where none is given."""
        options["timeout"] = options.get("timeout") or TIMEOUTS
        return super().send(*request, **options)


def _fault_of(response: Response) -> tuple[str, str]:
    """Return the kind of error that the server names, by a Java class, and its message."""
    try:
        error = response.json()["error"]
        return str(error["type"]), str(error["message"])
    except (ValueError, LookupError, TypeError):
        return "", response.reason or ""


def _content_of(response: Response, handled: dict[int, type[Exception]]) -> dict[str, Any]:
    """Return what was answered, {} for no content. Raises RESTError or what is `handled`."""
    try:
        response.raise_for_status()
    except HTTPError as error:
        _handle_non_200_response(error, handled)
    return dict(response.json()) if response.content else {}
