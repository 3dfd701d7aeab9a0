"""Whatever happens to a table: after each run a consumer is what a full recomputation makes."""

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings

from tests.integration.streams.schedules import (
    DAILY,
    MODELS,
    READS,
    TOO_MUCH,
    UPSTREAM,
    Change,
    Round,
    actual,
    apply,
    expected,
    schedules,
)
from tests.integration.streams.till_lake import Sale, TillLake
from tests.warm_dbt import DbtFailedError

pytestmark = pytest.mark.spark

EXAMPLES = max(2, settings().max_examples // 100)  # 20 with the profile `long`
ROUNDS = 3


def _begin(lake: TillLake) -> None:
    lake.drop_all()
    lake.create_raw()
    lake.land(*(Sale(n, day=1 + n % 3, amount=10 * (1 + n % 3)) for n in range(1, 7)))
    lake.build("--select", "till__sales", *MODELS.values())


def _run(lake: TillLake, now: Round) -> None:
    """Run the consumers of a round, and check what they hold, what they log and what waits."""
    unusable = {consumer for consumer in now.consumers if _is_unusable(lake, consumer)}
    idle = {c: lake.line(c) for c in now.consumers if not lake.has_data(c)}
    selected = [MODELS[consumer] for consumer in READS if consumer in now.consumers]
    lake.build("--select", *selected, "--threads", str(now.threads))
    for consumer in (consumer for consumer in READS if consumer in now.consumers):
        assert actual(lake, consumer) == expected(lake, consumer), consumer
        assert not lake.has_data(consumer)
    logged = {reason.split()[0].rstrip(":") for reason in lake.reasons()}
    assert unusable <= logged
    for consumer, line in idle.items():
        if READS[consumer] not in now.consumers:
            assert lake.line(consumer)[:1] == line[:1] or consumer not in logged


def _is_unusable(lake: TillLake, consumer: str) -> bool:
    """Whether a consumer's position is no ancestor of its upstream's head, by pyiceberg."""
    position = lake.offset(consumer, READS[consumer])
    line = lake.line(READS[consumer])
    return position is not None and int(position.split(":")[0]) not in line


def _fail(lake: TillLake) -> None:
    """Let a run fail that has read its changes; what made it fail is undone."""
    head = lake.line(UPSTREAM)[0]
    for _ in range(2):
        apply(lake, Change("append", 99, 1, TOO_MUCH))
    with pytest.raises(DbtFailedError, match="daily_sales error"):
        lake.build("--select", MODELS[DAILY])
    lake.sql(f"call lake.system.rollback_to_snapshot('{UPSTREAM}', {head})")


@settings(
    max_examples=EXAMPLES,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example(
    schedule=(
        Round(
            (Change("append", 7, 4, 20), Change("move", 1, 4, 0), Change("delete", 2, 1, 0)),
            tuple(READS),
            threads=4,
        ),
        Round(
            (Change("merge", 3, 2, 30), Change("compact", 1, 1, 0), Change("rekey", 3, 1, 0)),
            (DAILY,),
            fails=True,
        ),
        Round((Change("update", 4, 1, 10), Change("expire", 1, 1, 0)), tuple(READS)),
        Round((Change("append", 5, 3, 30), Change("rollback", 1, 1, 0)), tuple(READS)),
        Round((Change("update", 5, 3, 30),), (DAILY,)),
        Round((Change("rollback", 1, 1, 0), Change("append", 1, 2, 20)), tuple(READS), threads=4),
        Round((Change("replace", 6, 1, 0), Change("overwrite", 1, 1, 0)), tuple(READS)),
    )
)
@example(  # a model of plain SQL whose position in a model is gone
    schedule=(
        Round((Change("replace", 6, 1, 0),), tuple(READS)),
        Round((Change("update", 5, 1, 10), Change("expire", 1, 1, 0)), (DAILY,)),
        Round((Change("update", 6, 4, 10),), tuple(READS), threads=4),
    )
)  # fmt: skip
@given(schedule=schedules(ROUNDS))
def test_after_any_schedule_consumers_are_what_a_recomputation_makes(
    lake: TillLake, schedule: tuple[Round, ...]
) -> None:
    """Faults upstream-undone, expired-snapshots, killed-build: in any order."""
    _begin(lake)
    for now in schedule:
        for change in now.changes:
            apply(lake, change)
        if now.fails:
            _fail(lake)
        _run(lake, now)
    assert lake.line(UPSTREAM)
