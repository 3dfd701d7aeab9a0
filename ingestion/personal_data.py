"""Replaces personal data by keyed tokens before anything is written: texts -> HMAC-SHA-256."""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING

from pydantic import SecretStr

if TYPE_CHECKING:
    import pyarrow as pa

CACHED_VALUES = 200_000
_TOKEN = re.compile("[0-9a-f]{64}")


class Tokeniser:
    """Gives equal values equal tokens, in every table and every run with the same key.

    A value is compared as people mean it: without spaces around it and without regard to letter
    case. From a token alone nobody without the key can find or confirm a value.
    """

    def __init__(self, key: SecretStr) -> None:
        """Use `key`; tokens made with another key never match."""
        self._key = key.get_secret_value().encode()
        self._tokens: dict[str, str] = {}

    @property
    def key_mark(self) -> str:
        """A token of nothing, which changes when the key does and says nothing about it."""
        return self.token("")

    def token(self, value: str) -> str:
        """Return the token of one value: 64 hexadecimal digits."""
        known = self._tokens.get(value)
        if known is not None:
            return known
        meant = value.strip().casefold().encode("utf-8", "surrogatepass")
        token = hmac.digest(self._key, meant, "sha256").hex()
        if len(self._tokens) >= CACHED_VALUES:
            self._tokens.clear()
        self._tokens[value] = token
        return token

    def name_token(self, name: str) -> str:
        """Return the token of a name of a file or a field: 64 hexadecimal digits.

        Names are compared to the letter, and their tokens never match those of values.
        """
        told = b"name\0" + name.encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, told, "sha256").hex()

    def tokens(self, values: pa.Array) -> pa.Array:
        """Return the tokens of a string array; null stays null, equal values are hashed once."""
        import pyarrow as pa

        encoded = values.dictionary_encode()
        distinct = pa.array(
            [self.token(value) for value in encoded.dictionary.to_pylist()], pa.string()
        )
        return distinct.take(encoded.indices)


def is_token(text: str) -> bool:
    """Whether a text has the form of a token."""
    return _TOKEN.fullmatch(text) is not None
