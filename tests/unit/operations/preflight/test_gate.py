"""What a gate decides by all differences together."""

import pytest

from operations.preflight.gate import Gate
from operations.preflight.policy import Verdict
from operations.preflight.rules import Difference, Kind

FOUND = Difference("silver.t", "size", "bigint", "int", next(iter(Kind)), "alter table silver.t …")


@pytest.mark.parametrize("other", [verdict for verdict in Verdict if verdict is not Verdict.STOPS])
def test_a_fix_is_run_where_the_run_starts(other: Verdict) -> None:
    gate = Gate.of([(FOUND, Verdict.FIXED), (FOUND, other)])
    assert not gate.is_closed
    assert FOUND.fix in gate.fixes


def test_nothing_is_fixed_where_the_run_does_not_start() -> None:
    gate = Gate.of([(FOUND, Verdict.FIXED), (FOUND, Verdict.STOPS)])
    assert gate.is_closed
    assert gate.fixes == []
    assert [verdict for _, verdict in gate.judged] == [Verdict.WAITS, Verdict.STOPS]
