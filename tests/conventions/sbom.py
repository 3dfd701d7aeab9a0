"""Locks and pins of jars -> a software bill of materials in CycloneDX's JSON; offline.

    python -m tests.conventions.sbom <file>

`make sbom` runs this module. The same locks and pins give the same bytes: there is no time in it,
and its serial number comes from what it lists.
"""

import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

from cyclonedx.model import (
    ExternalReference,
    ExternalReferenceType,
    HashAlgorithm,
    HashType,
    Property,
    XsUri,
)
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.utils import canonicalize_name

from lake.settings import Settings
from operations.runtime.jars import SPARK, Jar, JarSet, pinned_jars
from sandbox.kafka.jars import JARS as KAFKA
from tests.conventions.locks import ROOT, Pin, pins_of

# Which locks, and which sets of jars, a lake runs with, can run with, and is only worked on with.
LOCKS = {
    "runtime": ComponentScope.REQUIRED,
    "airflow": ComponentScope.OPTIONAL,
    **dict.fromkeys(("bootstrap", "dev", "docs", "bench", "bench-dbt"), ComponentScope.EXCLUDED),
}
JARS = {"spark": (SPARK, ComponentScope.REQUIRED), "sandbox": (KAFKA, ComponentScope.OPTIONAL)}


def bill_of_materials(root: Path = ROOT) -> str:
    """Return the bill of the project in `root`, as JSON.

    A package of several locks stands once for each version, in the scope of the first that has it.
    Raises ValueError for a jar without coordinates.
    """
    components: dict[str, Component] = {}
    for component in (*_packages(root / "requirements"), *_jars(root)):
        known = components.setdefault(str(component.purl), component)
        known.properties.update(component.properties)
    listed = Bom(components=components.values())
    listed.metadata.component = _project(root)
    listed.register_dependency(listed.metadata.component, components.values())
    bill = json.loads(JsonV1Dot6(listed).output_as_string())
    del bill["metadata"]["timestamp"]
    bill["serialNumber"] = _serial_number(bill).urn
    return json.dumps(bill, indent=2, sort_keys=True) + "\n"


def _project(root: Path) -> Component:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    name, version = project["name"], project["version"]
    return Component(
        type=ComponentType.APPLICATION, name=name, version=version, bom_ref=f"{name}@{version}"
    )


def _packages(folder: Path) -> Iterator[Component]:
    for lock, scope in LOCKS.items():
        for name, pins in sorted(pins_of(folder / f"{lock}.txt").items()):
            for pin in pins:
                yield _package(canonicalize_name(name), pin, scope, lock)


def _package(name: str, pin: Pin, scope: ComponentScope, lock: str) -> Component:
    """Describe a package; the hashes are those of all its files, any of which may be installed."""
    purl = PackageURL("pypi", name=name, version=pin.version)
    reference = ExternalReference(
        type=ExternalReferenceType.DISTRIBUTION,
        url=XsUri(str(purl)),
        hashes=[_sha256(value) for value in pin.hashes],
    )
    return Component(
        name=name,
        version=pin.version,
        purl=purl,
        bom_ref=str(purl),
        scope=scope,
        external_references=[reference],
        properties=[Property(name="firn:lock", value=f"requirements/{lock}.txt")],
    )


def _jars(root: Path) -> Iterator[Component]:
    settings = Settings(project_dir=root)
    for jars, scope in JARS.values():
        for jar in pinned_jars(settings, jars):
            yield _jar(jar, scope, jars)


def _jar(jar: Jar, scope: ComponentScope, jars: JarSet) -> Component:
    group, artifact, version = (jar.coordinates or "::").split(":")
    if jar.name.rpartition("/")[2] != f"{artifact}-{version}.jar":
        raise ValueError(
            f"{jars.pins}: above {jar.name} stands {jar.coordinates!r}, which are not its"
            " coordinates: # <group>:<artifact>:<version>"
        )
    purl = PackageURL("maven", group, artifact, version, {"type": "jar"})
    pins = jars.pins.relative_to(ROOT) if jars.pins.is_absolute() else jars.pins
    return Component(
        group=group,
        name=artifact,
        version=version,
        purl=purl,
        bom_ref=str(purl),
        scope=scope,
        hashes=[_sha256(jar.sha256)],
        properties=[Property(name="firn:lock", value=str(pins))],
    )


def _sha256(value: str) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=value)


def _serial_number(bill: dict[str, object]) -> UUID:
    content = {name: value for name, value in bill.items() if name != "serialNumber"}
    return uuid5(NAMESPACE_URL, json.dumps(content, sort_keys=True))


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(bill_of_materials(), encoding="utf-8")
