"""Drafts a declaration for people to review: messages of topics -> tables, types, keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from ingestion.connectors.base import DraftRequest
from ingestion.connectors.kafka.cluster import Cluster
from ingestion.connectors.kafka.declaration import (
    KafkaIngestion,
    KafkaSource,
    KafkaTable,
    KafkaTableIngestion,
    MessageFormat,
)
from ingestion.connectors.kafka.messages import MessageRows, message_of
from ingestion.connectors.kafka.sampling import sampled
from ingestion.connectors.kafka.schemas import decoder_of, registry_of
from ingestion.declarations import ColumnDeclaration
from ingestion.declarations.draft import (
    JINJA_NAME,
    UNDESCRIBED,
    Draft,
    has_jinja,
    require_identifier,
)
from ingestion.declarations.naming import declared_names
from ingestion.formats.drafting.columns import drafted_column, misfits
from ingestion.formats.drafting.fields import Field, json_fields, objects_in
from ingestion.formats.drafting.inference import JSON, Guess, type_of
from ingestion.formats.drafting.keys import likely_key, may_be_key
from lake.errors import ConfigurationError, EnvironmentFault
from lake.settings import Settings

REGISTRY_FORMATS = {
    "AVRO": MessageFormat.AVRO,
    "PROTOBUF": MessageFormat.PROTOBUF,
    "JSON": MessageFormat.JSON_SCHEMA,
}
_PART = "\x1f"


def draft_source(request: DraftRequest, settings: Settings) -> Draft:
    """Return a draft for the topics that `options["from_topics"]` names, a table for each.

    All comes from samples of their messages, which the draft was tried on; remarks say what to
    review. `options["schema_registry"]` may name the variable of a schema registry. Raises
    ConfigurationError for a source's name that is no identifier or no topic given, FirnError where
    the broker or the registry does not answer, EnvironmentFault where no table could be drafted.
    """
    require_identifier(request.name)
    topics = [name.strip() for name in request.options.get("from_topics", "").split(",") if name]
    if not topics:
        raise ConfigurationError(
            "a draft for Kafka needs topics to look at",
            f"firn declare {request.name} --from-topics clickstream",
        )
    block = KafkaIngestion(
        connector="kafka",
        connection=request.connection,
        schema_registry=request.options.get("schema_registry") or None,
    )
    source = KafkaSource(
        name=request.name,
        file=Path(f"{request.name}.yml"),
        connector="kafka",
        connection=block.connection,
        tables=(),
    )
    names = declared_names(topics, "topic")
    tables, remarks = [], []
    with closing(Cluster(source, settings)) as cluster:
        for topic, found in cluster.topics(topics).items():
            drafting = _TableDraft(names[topic], topic, block, settings)
            drafted = drafting.drafted(sampled(cluster, topic, found))
            tables += [drafted] if drafted else []
            remarks += drafting.remarks
    if not tables:
        raise EnvironmentFault(
            "; ".join(["no table could be made of the topics", *remarks]),
            "name topics that hold messages in JSON, or --schema-registry for others",
        )
    ingestion = {"connector": "kafka", "connection": block.connection}
    if block.schema_registry and any(_is_of_registry(table) for table in tables):
        ingestion["schema_registry"] = block.schema_registry
    return Draft(ingestion, tables, remarks)


class _TableDraft:
    """Drafts the table of one topic; what is to be reviewed goes to `remarks`."""

    def __init__(self, name: str, topic: str, block: KafkaIngestion, settings: Settings) -> None:
        self._name = name
        self._topic = topic
        self._block = block
        self._registry = registry_of(name, block.schema_registry, settings)
        self.remarks: list[str] = []

    def drafted(self, samples: Sequence[bytes]) -> dict[str, Any] | None:
        """Return the table as dbt writes it, None where nothing of it can be declared.

        What does not fit when tried lands as its JSON text.
        """
        form = self._format()
        rows = [value for value in self._as_json(form, samples) if value is not None]
        fields = [f for f in json_fields([objects_in(iter(rows))]) if self._is_declarable(f.origin)]
        names = declared_names((_PART.join(f.origin) for f in fields), "column")
        columns = {names[_PART.join(f.origin)]: f for f in fields}
        guesses = {name: type_of(found) for name, found in columns.items()}
        key = self._key(columns, guesses)
        if not key:
            self._remark(
                "is left out: its messages hold no object with a field that can identify them"
            )
            return None
        origins = {name: ".".join(found.origin) for name, found in columns.items()}
        while True:
            table = self._table(form, key, columns, guesses)
            reasons = self._refusals(table, samples)
            wrong = {n for n in misfits(reasons, origins) if guesses[n] != JSON and n not in key}
            if not wrong:
                break
            guesses |= dict.fromkeys(wrong, JSON)
        if reasons:
            self._remark(f"{len(reasons)} messages of the sample do not fit: {reasons[0]}")
        return table

    def _key(self, columns: Mapping[str, Field], guesses: Mapping[str, Guess]) -> list[str]:
        """Return what identifies a message in the sample, or all columns that may."""
        types = {name: guess.data_type for name, guess in guesses.items()}
        if key := likely_key(self._name, columns, types):
            self._remark(f"{', '.join(key)} identifies the messages of the sample; does it all?")
            return key
        if columns:
            self._remark("has nothing unique: name the columns that identify a message")
        return [name for name, kind in types.items() if may_be_key(kind)]

    def _table(
        self,
        form: MessageFormat,
        key: list[str],
        columns: Mapping[str, Field],
        guesses: Mapping[str, Guess],
    ) -> dict[str, Any]:
        ingestion = {"topics": self._topic, "format": str(form), "key": key}
        return {
            "name": self._name,
            "description": UNDESCRIBED,
            "config": {"meta": {"ingestion": ingestion}},
            "columns": [
                drafted_column(
                    name, found.origin, guesses[name], is_key=name in key, remark=self._remark
                )
                for name, found in columns.items()
            ],
        }

    def _format(self) -> MessageFormat:
        newest = self._registry and self._registry.newest(f"{self._topic}-value")
        if not newest:
            return MessageFormat.JSON
        return REGISTRY_FORMATS[newest.schema.schema_type or "AVRO"]

    def _as_json(self, form: MessageFormat, samples: Sequence[bytes]) -> Iterator[bytes | None]:
        decoder = decoder_of(self._declared(form, (), {"key": ["_"]}), self._registry)
        if decoder is None:
            yield from (_on_one_line(value) for value in samples)
            return
        from ingestion.connectors.kafka.schemas.base import UndecodableError

        for value in samples:
            try:
                yield decoder.as_json(value)
            except UndecodableError:
                yield None

    def _refusals(self, table: dict[str, Any], samples: Sequence[bytes]) -> list[str]:
        """Return why samples do not land as drafted; personal data is read as it is."""
        block = table["config"]["meta"]["ingestion"]
        columns = tuple(_column(column) for column in table["columns"])
        declared = self._declared(MessageFormat(block["format"]), columns, block)
        rows = MessageRows(declared, None, decoder_of(declared, self._registry))
        place = {
            "topic": self._topic, "topic_id": None, "partition": "0", "offset": "0",
            "timestamp": None, "key_base64": None, "headers": None,
        }  # fmt: skip
        batches = (batch for value in samples for batch in rows.batches(message_of(place, value)))
        return [rejection.reason for batch in batches for rejection in batch.rejections]

    def _declared(
        self, form: MessageFormat, columns: tuple[ColumnDeclaration, ...], block: dict[str, Any]
    ) -> KafkaTable:
        given = {"topics": self._topic, "format": form, **block}
        table = KafkaTableIngestion.model_validate(given).declared(self._name, self._block)
        return KafkaTable.model_validate(
            {**table, "source": "draft", "name": self._name, "columns": columns}
        )

    def _is_declarable(self, origin: tuple[str, ...]) -> bool:
        if not any(map(has_jinja, origin)):
            return True
        self._remark(f"{'.'.join(origin)!r} is left out: {JINJA_NAME}")
        return False

    def _remark(self, text: str, column: str = "") -> None:
        remark = f"{self._name}{'.' if column else ''}{column} {text}"
        if remark not in self.remarks:
            self.remarks.append(remark)


def _column(column: dict[str, Any]) -> ColumnDeclaration:
    meta = column.get("config", {}).get("meta", {})
    known = {name: value for name, value in meta.items() if name != "personal_data"}
    return ColumnDeclaration.model_validate(
        {"name": column["name"], "data_type": column["data_type"], **known}
    )


def _is_of_registry(table: dict[str, Any]) -> bool:
    return MessageFormat(table["config"]["meta"]["ingestion"]["format"]).has_registry


def _on_one_line(value: bytes) -> bytes:
    return value.replace(b"\r", b" ").replace(b"\n", b" ")
