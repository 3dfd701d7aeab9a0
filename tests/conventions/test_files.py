"""Facts that stand in two files, or must stand in none."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


def test_every_jar_of_ivy_is_pinned_by_hash() -> None:
    ivy = (ROOT / "ivy.xml").read_text(encoding="utf-8")
    wanted = set(re.findall(r'name="([^"]+)" rev="([^"]+)" conf="(\w+)->', ivy))
    pins = (ROOT / "requirements" / "jars.sha256").read_text(encoding="utf-8").splitlines()
    pins = [line for line in pins if not line.startswith("#")]
    pinned = {line.split()[1] for line in pins}
    assert pinned == {f"{conf}/{name}-{version}.jar" for name, version, conf in wanted}
    assert all(re.fullmatch(r"[0-9a-f]{64}  \S+", line) for line in pins)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_a_lock_has_hashes_and_no_addresses(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    requirements = re.findall(r"^[a-z0-9].*==.*$", text, re.MULTILINE)
    assert len(requirements) >= 1
    assert all(line.endswith("\\") for line in requirements), "a requirement without a hash"
    assert "://" not in text
    assert (ROOT / "requirements" / f"{lock.stem}.in").exists()


def test_make_help_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^\.PHONY: (\S+)$", makefile, re.MULTILINE))
    said = subprocess.run(
        ["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert targets == set(re.findall(r"^  make (\S+)", said, re.MULTILINE))


def test_ci_runs_what_the_readme_says() -> None:
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "make test" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make demo" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_nothing_of_this_machine_or_of_a_registry_is_in_the_tree() -> None:
    files = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    found = []
    for name in files:
        text = (ROOT / name).read_text(encoding="utf-8", errors="ignore")
        found += re.findall(
            r"/work/\w+|/root/\w+|https?://[\w.-]*(?:pypi|maven|npmjs)[\w.-]*", text
        )
    assert found == []
