"""What waits in every stream of the lake: catalog, metadata files and manifest -> LakeStreams.

Of each table one metadata file is read, and no other file of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from lake.errors import FirnError
from lake.lake import Identifier, Lake, identifier_of
from lake.settings import Settings
from lake.snapshots import Metadata, line_of
from lake.streams import Stream, stream_of, streams_in
from operations.dbt.manifest import read_manifest
from operations.maintenance.policies import Policy, load_policies
from operations.monitoring.streams.declared import declared_streams


@dataclass(frozen=True)
class StreamStatus:
    """A stream, and when the policy of its source would expire the snapshot that it stands at.

    `expires_at` is None where nothing expires it yet: it is the newest one, one of so many that
    are kept in any case, or gone. From `expires_at` on, `firn maintain` keeps it for the stream.
    """

    stream: Stream
    expires_at: datetime | None = None


@dataclass(frozen=True)
class LakeStreams:
    """The streams of the lake at the moment `at`, by consumer; a fault for each unread table."""

    at: datetime
    streams: tuple[StreamStatus, ...]
    faults: tuple[FirnError, ...] = ()


def lake_streams(settings: Settings) -> LakeStreams:
    """Return every stream of the lake, and those of models that dbt knows and nobody has run.

    Raises ConfigurationError for policies that are wrong, EnvironmentFault without a catalog.
    """
    policies = load_policies(settings.project_dir)
    documents, faults = _read(Lake(settings))
    manifest = read_manifest(settings)
    declared = declared_streams(manifest) if manifest else ()
    streams = [*streams_in(documents.items())]
    streams += never_read(declared, documents, {stream.consumer for stream in streams})
    return LakeStreams(
        at=datetime.now(UTC),
        streams=tuple(
            StreamStatus(stream, expires_at(documents, stream, policies.of(stream.source)))
            for stream in sorted(streams, key=lambda stream: (stream.consumer, stream.source))
        ),
        faults=tuple(faults),
    )


def never_read(
    declared: Iterable[tuple[Identifier, Identifier]],
    documents: Mapping[Identifier, Metadata],
    known: set[str],
) -> Iterator[Stream]:
    """Yield the declared streams of the consumers that are not known by what they committed."""
    for consumer, source in declared:
        if ".".join(consumer) not in known:
            yield stream_of(source, consumer, documents.get(source, {}), {})


def expires_at(
    documents: Mapping[Identifier, Metadata], stream: Stream, policy: Policy
) -> datetime | None:
    """Return when a policy would expire the snapshot that a stream has read last."""
    if stream.snapshot is None or stream.read_to is None:
        return None
    metadata = documents.get(identifier_of(stream.source), {})
    line = [str(s["snapshot-id"]) for s in line_of(metadata)]
    if stream.snapshot in line[: policy.keep_last]:
        return None
    return stream.read_to + policy.expire_after


def _read(lake: Lake) -> tuple[dict[Identifier, Metadata], list[FirnError]]:
    """Return the metadata of every table, and a fault for each whose file cannot be read."""
    found: dict[Identifier, Metadata] = {}
    faults: list[FirnError] = []
    for identifier, pointer in sorted(lake.pointers().items()):
        if pointer.is_view:
            continue
        try:
            found[identifier] = lake.metadata(identifier) or {}
        except FirnError as fault:
            faults.append(fault)
    return found, faults
