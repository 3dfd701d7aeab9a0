"""The archive of classes: its name, and what Java is told while it is made."""

import os
from pathlib import Path

import pytest

from lake.settings import Settings
from operations.runtime import cds_archive
from operations.runtime.java import Java


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return settings with a cache of one jar."""
    (tmp_path / "dbt_project.yml").touch()
    (tmp_path / "jars" / "spark").mkdir(parents=True)
    (tmp_path / "jars" / "spark" / "lake.jar").write_bytes(b"jar")
    monkeypatch.setenv("FIRN_JARS", str(tmp_path / "jars"))
    return Settings(project_dir=tmp_path, home=tmp_path / "home")


def _profile(settings: Settings, options: str) -> None:
    profiles = settings.project_dir / "profiles"
    profiles.mkdir(exist_ok=True)
    (profiles / "profiles.yml").write_text(
        "firn: {target: dev, outputs: {dev: {server_side_parameters:"
        f" {{spark.driver.extraJavaOptions: '{options}'}}}}}}}}"
    )


def test_the_name_follows_from_java_and_jars(settings: Settings) -> None:
    java = Java(Path("java"), 17, "17.0.15+6")
    first = cds_archive.archive_file(settings, java)
    assert cds_archive.archive_file(settings, java) == first
    other_java = cds_archive.archive_file(settings, Java(Path("java"), 17, "17.0.16+8"))
    jar = settings.project_dir / "jars" / "spark" / "lake.jar"
    os.utime(jar, (1, 1))
    other_jar = cds_archive.archive_file(settings, java)
    assert len({first, other_java, other_jar}) == 3
    assert len({path.name.split("-")[0] for path in (first, other_java, other_jar)}) == 1


def test_the_archive_is_made_where_it_would_be_used() -> None:
    options = "-Da=b -XX:SharedArchiveFile=/home/classes.jsa -Xlog:cds*=off"
    trained = cds_archive.training_options(options, Path("/cache/new"))
    assert trained == "-Da=b -XX:ArchiveClassesAtExit=/cache/new -Xlog:cds*=off"


def test_what_is_made_is_linked_and_what_is_outdated_goes(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = settings.home / "classes.jsa"
    _profile(settings, f"-XX:SharedArchiveFile={link}")
    monkeypatch.setattr(cds_archive, "_make", lambda _, archive: archive.write_text("classes"))
    old = cds_archive.ensure_archive(settings, Java(Path("java"), 17, "17.0.15+6"))
    assert old is not None
    assert link.readlink() == old
    new = cds_archive.ensure_archive(settings, Java(Path("java"), 17, "17.0.16+8"))
    assert new is not None
    assert link.readlink() == new
    assert not old.exists()


def test_without_an_archive_nothing_else_is_lost(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cds_archive, "_make", lambda *_: None)
    _profile(settings, f"-XX:SharedArchiveFile={settings.home}/classes.jsa")
    assert cds_archive.ensure_archive(settings, Java(Path("java"), 17)) is None
    _profile(settings, "-Da=b")
    assert cds_archive.ensure_archive(settings, Java(Path("java"), 17)) is None


def test_where_none_could_be_made_java_keeps_its_own(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = tmp_path / "java" / "lib" / "server" / "classes.jsa"
    own.parent.mkdir(parents=True)
    own.touch()
    monkeypatch.setattr(cds_archive, "_make", lambda *_: None)
    link = settings.home / "classes.jsa"
    _profile(settings, f"-XX:SharedArchiveFile={link}")
    java = Java(tmp_path / "java" / "bin" / "java", 17)
    assert cds_archive.ensure_archive(settings, java) is None
    assert link.readlink() == own
