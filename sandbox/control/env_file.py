"""What the sandbox tells the rest of Firn: variables -> lines of firn.env."""

from collections.abc import Mapping
from pathlib import Path

import dotenv
from filelock import FileLock

from lake.private import private_folder


def remember(file: Path, values: Mapping[str, str]) -> None:
    """Write variables into an env file (mode 0600), keeping what else stands there."""
    locks = file.parent / "locks"
    private_folder(locks)
    with FileLock(locks / f"{file.name}.lock"):  # systems are started side by side
        file.touch(mode=0o600)
        for key, value in values.items():
            dotenv.set_key(file, key, value, quote_mode="never")
        file.chmod(0o600)
