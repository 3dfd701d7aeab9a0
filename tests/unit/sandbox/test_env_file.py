"""The file of secrets that the systems of the sandbox write while they start side by side."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dotenv

from sandbox.control.env_file import remember


def test_what_several_write_at_once_all_stands_there(tmp_path: Path) -> None:
    file = tmp_path / "home" / "firn.env"
    expected = {f"SYSTEM_{number}": f"value {number}" for number in range(40)}

    with ThreadPoolExecutor(8) as pool:
        for item in expected.items():
            pool.submit(remember, file, dict([item]))

    assert dotenv.dotenv_values(file) == expected
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_stands_there_is_kept_and_replaced_by_name(tmp_path: Path) -> None:
    file = tmp_path / "firn.env"
    remember(file, {"ONE": "1", "TWO": "2"})
    remember(file, {"TWO": "3"})

    assert dotenv.dotenv_values(file) == {"ONE": "1", "TWO": "3"}
