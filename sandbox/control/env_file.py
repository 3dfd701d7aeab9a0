"""What the sandbox tells the rest of Firn: variables -> lines of firn.env."""

from collections.abc import Mapping
from pathlib import Path

import dotenv


def remember(file: Path, values: Mapping[str, str]) -> None:
    """Write variables into an env file (mode 0600), keeping what else stands there."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    for key, value in values.items():
        dotenv.set_key(file, key, value, quote_mode="never")
    file.chmod(0o600)
