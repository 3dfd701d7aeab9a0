"""What is remembered of a server: port, folder, passwords <-> a file only its owner reads."""

import secrets
from pathlib import Path
from urllib.parse import quote

from pydantic import BaseModel, Field, SecretStr, field_serializer

from lake.errors import EnvironmentFault


class ServerRecord(BaseModel):
    """Where a server listens, where its data lies, and the passwords made for its users."""

    port: int
    folder: Path
    passwords: dict[str, SecretStr] = Field(default_factory=dict)

    @field_serializer("passwords", when_used="json")
    def _reveal(self, passwords: dict[str, SecretStr]) -> dict[str, str]:
        return {user: password.get_secret_value() for user, password in passwords.items()}

    @classmethod
    def load(cls, file: Path) -> "ServerRecord":
        """Read the record. Raises EnvironmentFault when there is none."""
        try:
            return cls.model_validate_json(file.read_text())
        except FileNotFoundError:
            raise EnvironmentFault(
                f"no sandbox server was ever started in {file.parent}", "firn sandbox start shop"
            ) from None

    def save(self, file: Path) -> None:
        """Write the record (mode 0600), whole or not at all."""
        unfinished = file.with_suffix(".new")
        unfinished.touch(mode=0o600)
        unfinished.chmod(0o600)
        unfinished.write_text(self.model_dump_json(indent=2))
        unfinished.replace(file)

    def password_of(self, user: str) -> str:
        """Return the user's password; a user seen for the first time gets a random one."""
        if user not in self.passwords:
            self.passwords[user] = SecretStr(secrets.token_urlsafe(24))
        return self.passwords[user].get_secret_value()

    def url(self, host: str, user: str, database: str) -> str:
        """Return a connection URL that holds the password: a secret, never to be logged.

        Raises EnvironmentFault when the user has no password here.
        """
        if user not in self.passwords:
            raise EnvironmentFault(
                f"the sandbox server in {self.folder} has no user '{user}'"
                f" (it has: {', '.join(sorted(self.passwords))})",
                "make it first: firn sandbox start shop",
            )
        name, secret, target = (
            quote(part, safe="") for part in (user, self.password_of(user), database)
        )
        return f"postgresql://{name}:{secret}@{host}:{self.port}/{target}"
