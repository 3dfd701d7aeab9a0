"""A schema registry by its variable: properties for its client, schemas, faults named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from confluent_kafka.schema_registry import RegisteredSchema, Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.common._httpx_compat import httpx
from confluent_kafka.schema_registry.error import OAuthTokenError, SchemaRegistryError

from ingestion.connectors.kafka.schemas.base import UndecodableError
from lake.errors import ConfigurationError, EnvironmentFault, FirnError
from lake.settings import Settings

TIMEOUT_SECONDS = 15
DEFAULTS = {
    "timeout": TIMEOUT_SECONDS,
    "max.retries": 3,
    "retries.wait.ms": 200,
    "retries.max.wait.ms": 2000,
}
WHOLE_NUMBERS = {"cache.capacity", "max.retries", "retries.wait.ms", "retries.max.wait.ms"}
NUMBERS = {*WHOLE_NUMBERS, "timeout", "cache.latest.ttl.sec"}
NOT_FOUND = {40401, 40402, 40403}  # a subject, a version, a schema: what the registry says itself
LACKS = {404, 405, 501}  # what a registry says of an address that it does not have
REFUSED_LOGINS = {401, 403, 407}
UNANSWERED = (SchemaRegistryError, httpx.HTTPError, OAuthTokenError)


class SchemaRegistry:
    """A source's schema registry; what it was asked once it is not asked again."""

    def __init__(self, source: str, variable: str, settings: Settings) -> None:
        """Read the properties from the variables; nothing is connected yet.

        Raises ConfigurationError.
        """
        self._source = source
        self._variable = variable
        self.client = self._made(settings)

    def close(self) -> None:
        """Close the connections."""
        self.client.close()

    def types(self) -> list[str]:
        """Return the types of schemas that it takes. Raises FirnError where it does not answer."""
        with self.asked():
            return sorted(self.client.get_schema_types())

    def schema(self, number: int) -> Schema:
        """Return a schema by its number. Raises UndecodableError, FirnError."""
        with self.asked():
            return self.client.get_schema(number)

    def newest_beside(self, number: int, topics: Sequence[str]) -> Sequence[str]:
        """Return the newest schemas of the subjects that a schema belongs to. Raises FirnError.

        Those of the `topics` count, or else the only one: what others call their fields is nothing
        to these. There are none where the registry does not tell the subjects.
        """
        try:
            with self.asked(may_lack=True):
                versions = self.client.get_schema_versions(number)
                known = {found.subject for found in versions if found.subject}
                own = known & {f"{topic}-value" for topic in topics}
                subjects = own or (known if len(known) == 1 else set())
                newest = [self.client.get_latest_version(subject) for subject in sorted(subjects)]
        except UndecodableError:
            return ()
        return [found.schema.schema_str or "" for found in newest]

    def newest(self, subject: str) -> RegisteredSchema | None:
        """Return the newest schema of a subject, None where there is none. Raises FirnError."""
        try:
            with self.asked():
                return self.client.get_latest_version(subject)
        except UndecodableError:
            return None

    @contextmanager
    def asked(self, *, may_lack: bool = False) -> Iterator[None]:
        """Name what the registry answers inside: UndecodableError for what it does not have.

        Any address is such when it `may_lack` some: not every registry has them all. Raises
        FirnError where it does not answer, or not to us.
        """
        try:
            yield
        except UNANSWERED as error:
            if isinstance(error, SchemaRegistryError) and (
                error.error_code in NOT_FOUND or (may_lack and error.http_status_code in LACKS)
            ):
                raise UndecodableError("the registry does not know the schema") from None
            raise self._fault(error) from None

    def _fault(self, error: Exception) -> FirnError:
        label, variable = self._source, self._variable
        status = error.http_status_code if isinstance(error, SchemaRegistryError) else None
        if status in REFUSED_LOGINS or isinstance(error, OAuthTokenError):
            said = f" (HTTP {status})" if status else ""
            return ConfigurationError(
                f"{label}: the schema registry refuses the login{said}",
                f"see {variable}__BASIC_AUTH_USER_INFO or {variable}__BEARER_AUTH_*",
            )
        if "CERTIFICATE" in str(error) or "[SSL" in str(error):
            return ConfigurationError(
                f"{label}: there is no TLS with the schema registry: {error}",
                f"see {variable} and {variable}__SSL_CA_LOCATION",
            )
        said = f"HTTP {status}" if status else str(error) or type(error).__name__
        return EnvironmentFault(
            f"{label}: the schema registry does not answer: {said}",
            f"is it running, and is {variable} its address? firn doctor looks",
        )

    def _made(self, settings: Settings) -> SchemaRegistryClient:
        variable = self._variable
        url = settings.connection(variable, example="https://registry:8081").get_secret_value()
        given = {
            name.lower().replace("_", "."): value
            for name, value in settings.secrets(f"{variable}__").items()
        }
        fix = f"see {variable} and the variables that begin with {variable}__"
        if not url.startswith(("http://", "https://")):
            raise ConfigurationError(f"{self._source}: {variable} holds no http or https URL", fix)
        try:
            numbers = {name: _number(name, given[name]) for name in NUMBERS & given.keys()}
            return SchemaRegistryClient({**DEFAULTS, **given, **numbers, "url": url})
        except (ValueError, TypeError, OSError) as error:
            raise ConfigurationError(f"{self._source}: the schema registry: {error}", fix) from None


def _number(name: str, text: str) -> Any:  # noqa: ANN401
    kind = int if name in WHOLE_NUMBERS else float
    try:
        return kind(text)
    except ValueError:
        raise ValueError(f"{name} is no number") from None
