"""Values of Parquet landed as JSON: an array of any type -> its JSON texts."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime

import pyarrow as pa

from ingestion.formats.exact_json import write_json
from ingestion.formats.json.fields import json_text

JSON_TYPE = "arrow.json"


def json_texts(values: pa.Array) -> pa.Array:
    """Return the JSON text of each value; what is JSON by its Parquet type stays as it is.

    Structs and maps become objects, decimals keep their digits, bytes are in base64, times in
    ISO 8601. Raises ValueError or ArithmeticError for a map with a key twice, a time that Python
    does not know, text that is no UTF-8 or no JSON.
    """
    kind = values.type
    if isinstance(kind, pa.BaseExtensionType) and kind.extension_name == JSON_TYPE:
        texts = (None if text is None else json_text(text) for text in values.storage.to_pylist())
        return pa.array(list(texts), pa.string())
    try:
        found = values.to_pylist(maps_as_pydicts="strict")
    except KeyError:
        raise pa.ArrowInvalid("a map has a key twice") from None
    texts = (None if value is None else write_json(_plain(value)) for value in found)
    return pa.array(list(texts), pa.string())


def _plain(value: object) -> object:
    """Return a value in which times are texts, and names are texts as well."""
    match value:
        case Mapping():
            return {_name(key): _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case datetime():
            return value.isoformat()
    return value


def _name(key: object) -> str:
    match key:
        case str():
            return key
        case bytes():
            return base64.b64encode(key).decode()
        case bool():
            return str(key).lower()
    return str(_plain(key))
