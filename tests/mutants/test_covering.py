"""The tests of a line, from what one measured run says."""

from pathlib import Path

from coverage import CoverageData

from tests.mutants.covering import Covering

COPY = Path("/copy")
MODULE = "ingestion/loading/load.py"


def test_the_narrowest_test_of_a_line_comes_first() -> None:
    data = CoverageData(no_disk=True)
    for context, lines in {
        "": [1, 7],
        "test_wide.py::test_all[a|b]|run": [5, 6, 7, 8],
        "test_wide.py::test_all[a|b]|setup": [7],
        "test_narrow.py::test_one|run": [7],
    }.items():
        data.set_context(context)
        data.add_lines({str(COPY / MODULE): lines})
    covering = Covering(COPY, data)
    assert covering.tests_of(MODULE, 7) == [
        "test_narrow.py::test_one",
        "test_wide.py::test_all[a|b]",
    ]
    assert covering.tests_of(MODULE, 1) == []
    assert covering.tests_of("lake/damage.py", 1) == []
