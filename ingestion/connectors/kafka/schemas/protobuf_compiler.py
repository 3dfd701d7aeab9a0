"""Schemas of Protobuf -> classes of their messages, by the compiler of Protobuf.

A registry has a schema as its text, or as a descriptor in base64, where it was registered as such.
"""

from __future__ import annotations

import base64
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import google.type
import grpc_tools
from confluent_kafka.schema_registry.confluent import meta_pb2
from confluent_kafka.schema_registry.confluent.type import decimal_pb2
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from ingestion.connectors.kafka.schemas.base import UndecodableError

if TYPE_CHECKING:
    from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

MAIN = "schema_of_the_message.proto"
KNOWN, RESULT = "known.bin", "result.bin"
COMPILE_SECONDS = 60
SHOWN_OF_ERROR = 400
# What schemas may import without the registry having it.
IMPORTABLE = (
    Path(grpc_tools.__path__[0]) / "_proto",
    Path(next(iter(google.type.__path__))).parents[1],
)
IMPORTABLE_FILES = (descriptor_pb2.DESCRIPTOR, meta_pb2.DESCRIPTOR, decimal_pb2.DESCRIPTOR)


def message_class(client: SchemaRegistryClient, schema: Schema, indexes: Sequence[int]) -> Any:  # noqa: ANN401
    """Return the class of a message of `schema`, which `indexes` lead to from the outermost one.

    Raises UndecodableError when the schema does not compile or has no such message.
    """
    with tempfile.TemporaryDirectory() as made:
        sources = _Sources(Path(made))
        sources.add(MAIN, schema.schema_str or "")
        sources.add_references(client, schema)
        files = sources.compiled()
    pool = DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return GetMessageClass(pool.FindMessageTypeByName(_name(files.file[-1], indexes)))


class _Sources:
    """Schemas in a folder: those that are texts as files, the others as descriptors in one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: set[str] = set()
        self._descriptors = descriptor_pb2.FileDescriptorSet()
        for file in IMPORTABLE_FILES:
            file.CopyToProto(self._descriptors.file.add())

    def add(self, name: str, text: str) -> None:
        """Add a schema by the name that it is imported by."""
        self._names.add(name)
        descriptor = _descriptor(text)
        if descriptor is not None:
            descriptor.name = name
            self._descriptors.file.append(descriptor)
            return
        path = self._folder / name
        if not path.resolve().is_relative_to(self._folder.resolve()):
            raise UndecodableError(f"the schema imports {name!r}, which is no relative path")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def add_references(self, client: SchemaRegistryClient, schema: Schema) -> None:
        """Add what a schema refers to, and what that refers to."""
        for reference in schema.references or ():
            name, subject = reference.name, reference.subject
            if name is None or subject is None or name in self._names:
                continue
            found = client.get_version(subject, reference.version or -1).schema
            self.add(name, found.schema_str or "")
            self.add_references(client, found)

    def compiled(self) -> descriptor_pb2.FileDescriptorSet:
        """Return the schema and all that it imports, before what imports it."""
        known, result = self._folder / KNOWN, self._folder / RESULT
        known.write_bytes(self._descriptors.SerializeToString())
        # in a process of its own: what it says of a schema goes to its standard error
        done = subprocess.run(
            [
                sys.executable, "-m", "grpc_tools.protoc", f"-I{self._folder}",
                *(f"-I{place}" for place in IMPORTABLE), f"--descriptor_set_in={known}",
                "--include_imports", f"--descriptor_set_out={result}", MAIN,
            ],
            capture_output=True, text=True, check=False, timeout=COMPILE_SECONDS,
        )  # fmt: skip
        if done.returncode:
            lines = done.stderr.replace(f"{self._folder}/", "").splitlines()
            said = "; ".join(line for line in lines if line.startswith(tuple(self._names)))
            said = said.replace(f"{MAIN}:", "line ")
            raise UndecodableError(f"its schema does not compile: {said[:SHOWN_OF_ERROR]}")
        return descriptor_pb2.FileDescriptorSet.FromString(result.read_bytes())


def _descriptor(text: str) -> descriptor_pb2.FileDescriptorProto | None:
    """Return the descriptor that a text holds in base64, None where it holds a schema."""
    try:
        return descriptor_pb2.FileDescriptorProto.FromString(base64.b64decode(text, validate=True))
    except (ValueError, DecodeError):
        return None


def _name(file: descriptor_pb2.FileDescriptorProto, indexes: Sequence[int]) -> str:
    """Return the full name of the message that `indexes` lead to."""
    messages, names = file.message_type, [file.package] if file.package else []
    for index in indexes:
        if not 0 <= index < len(messages):
            raise UndecodableError(f"its schema has no message {list(indexes)}")
        names.append(messages[index].name)
        messages = messages[index].nested_type
    return ".".join(names)
