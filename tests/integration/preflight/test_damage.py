"""Tables damaged for real: named in words, other tables untouched, and the fix fixes."""

import pytest

from tests.integration.preflight.cars_lake import OWNERS, RAW, SILVER, CarsLake

pytestmark = pytest.mark.spark


def test_a_table_without_its_metadata_file(lake: CarsLake) -> None:
    lake.fill()
    lake.report((4, "b", 40))
    lake.build()
    file = lake.metadata_file(SILVER)
    file.unlink()
    said = lake.refusal()
    assert "metadata file gone" in said
    assert f"{file} describes the table, and there is no such file" in said
    assert f"firn restore {SILVER} goes back to it" in said
    assert "Exception" not in said

    lake.own("Ada", "Grace")
    lake.build("--select", "cars__owners")
    assert len(lake.rows("silver.cars__owners", "owner_id")) == 2

    assert lake.verify("silver") == {
        SILVER: [f"firn restore {SILVER}"],
        "silver.cars__owners": [],
    }
    lake.restore(SILVER)
    lake.build()
    assert lake.days() == [(1, 1), (2, 1), (3, 1), (4, 1)]
    assert not any(lake.verify().values())


def test_a_table_without_a_location_and_one_without_its_newest_manifests(lake: CarsLake) -> None:
    lake.create_raw()
    lake.report((1, "a", 10))
    lake.report((2, "b", 20))
    lake.own("Ada")
    lake.own("Ada", "Grace")
    lake.forget_location(RAW)
    manifests = lake.manifest_list(OWNERS)
    manifests.unlink()
    said = lake.refusal()
    assert "the catalog knows the table's name, but not where" in said
    assert f"manifest list gone: file://{manifests}; snapshot" in said
    assert {row["found"] for row in lake.changes()} == {"no location", "manifest list gone"}
    for name in (RAW, OWNERS):
        lake.restore(name)
    lake.build()
    assert lake.days() == [(1, 1)]
    assert not any(lake.verify().values())
