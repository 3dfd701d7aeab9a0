"""The bill of materials lists what is pinned, is valid CycloneDX, and is the same each time."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from operations.runtime.jars import SPARK
from sandbox.kafka.jars import JARS as KAFKA
from tests.conventions.locks import ROOT
from tests.conventions.sbom import LOCKS, bill_of_materials

FEW = {"runtime": ("alpha", "beta"), "dev": ("beta", "gamma")}
HASH = "0123456789abcdef" * 4


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project whose locks hold few packages, and all jars."""
    (tmp_path / "requirements").mkdir()
    for file in ("pyproject.toml", "dbt_project.yml", str(SPARK.pins)):
        shutil.copy(ROOT / file, tmp_path / file)
    for lock in LOCKS:
        lines = [f"{name}==1.0 \\\n    --hash=sha256:{HASH}" for name in FEW.get(lock, ())]
        text = "\n".join(lines or [f"only-{lock}==2 \\\n    --hash=sha256:{HASH}"])
        (tmp_path / "requirements" / f"{lock}.txt").write_text(text + "\n")
    return tmp_path


def _by_purl(bill: str) -> dict[str, dict[str, Any]]:
    return {component["purl"]: component for component in json.loads(bill)["components"]}


def test_a_bill_is_valid_and_the_same_each_time(project: Path) -> None:
    """Nothing in it is of the moment or by chance; another hash gives another serial number."""
    bill = bill_of_materials(project)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill) is None
    assert bill_of_materials(project) == bill
    assert "timestamp" not in json.loads(bill)["metadata"]
    pins = project / SPARK.pins
    pins.write_text(pins.read_text().replace("3123c37", "4123c37"))
    other = bill_of_materials(project)
    assert json.loads(other)["serialNumber"] != json.loads(bill)["serialNumber"]


def test_scopes_say_what_runs_with_a_lake(project: Path) -> None:
    found = _by_purl(bill_of_materials(project))
    scopes = {
        "pkg:pypi/alpha@1.0": "required",
        "pkg:pypi/beta@1.0": "required",
        "pkg:pypi/gamma@1.0": "excluded",
        "pkg:pypi/only-airflow@2": "optional",
        "pkg:maven/org.postgresql/postgresql@42.7.14?type=jar": "required",
        "pkg:maven/org.apache.kafka/kafka_2.13@4.3.1?type=jar": "optional",
    }
    assert {purl: found[purl]["scope"] for purl in scopes} == scopes
    locks = [entry["value"] for entry in found["pkg:pypi/beta@1.0"]["properties"]]
    assert sorted(locks) == ["requirements/dev.txt", "requirements/runtime.txt"]


def test_everything_that_is_pinned_is_listed_with_its_hashes() -> None:
    found = _by_purl(bill_of_materials())
    text = "".join((ROOT / "requirements" / f"{lock}.txt").read_text() for lock in LOCKS)
    pinned = set(re.findall(r"^([a-z0-9-]+)(?:\[[^]]*\])?==([^ ;]+)", text, re.MULTILINE))
    assert {f"pkg:pypi/{name}@{version.replace('+', '%2B')}" for name, version in pinned} == {
        purl for purl in found if purl.startswith("pkg:pypi/")
    }
    jars = [line for pins in (ROOT / SPARK.pins, KAFKA.pins) for line in _lines(pins)]
    listed = {
        component["hashes"][0]["content"]
        for purl, component in found.items()
        if purl.startswith("pkg:maven/")
    }
    assert listed == {line.split()[0] for line in jars}
    hashes = [
        entry["content"]
        for component in found.values()
        for reference in component.get("externalReferences", ())
        for entry in reference["hashes"]
    ]
    assert set(hashes) == set(re.findall(r"--hash=sha256:(\w+)", text))


def _lines(pins: Path) -> list[str]:
    return [line for line in pins.read_text().splitlines() if not line.startswith("#")]


def test_a_jar_without_coordinates_is_named(project: Path) -> None:
    pins = project / SPARK.pins
    pins.write_text(pins.read_text().replace("# org.xerial:", "# org.xerial.other:"))
    assert "org.xerial.other" in bill_of_materials(project)
    pins.write_text(pins.read_text().replace("# org.xerial.other:sqlite-jdbc:3.54.1.0\n", ""))
    with pytest.raises(ValueError, match=r"above spark/sqlite-jdbc-3\.54\.1\.0\.jar stands None"):
        bill_of_materials(project)
