"""One kiosk for all tests here: they follow it from nothing to gold, in order."""

import pytest

from tests.integration.airflow.kiosk import Kiosk


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory, shared_classes: None) -> Kiosk:
    """Return a kiosk that dropped a file, without a single table."""
    kiosk = Kiosk(tmp_path_factory.mktemp("kiosk"))
    kiosk.drop("monday.jsonl", (1, 10, 1), (2, 20, 1))
    return kiosk
