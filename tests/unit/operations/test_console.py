"""What commands print of a run while it goes on."""

from io import StringIO

from rich.console import Console

from ingestion.results import Waiting
from operations.cli.console import print_waiting


def test_a_wait_is_a_note_with_its_source() -> None:
    shown = StringIO()
    print_waiting(Console(file=shown), Waiting("crm", "pid 1 [x] holds it"))
    assert shown.getvalue() == "note crm: pid 1 [x] holds it\n"
