"""What loads in a row come to: percentiles, and verdicts of what grew."""

from benchmarks.kafka_steady import Clock, Percentiles, Round, Steady, section


def _steady(first: float, last: float) -> Steady:
    seconds = [1.0] + [first] * 150 + [last] * 150
    loads = [Round(load=2 * s, commit=s, load_cpu=s, commit_cpu=s) for s in seconds]
    return Steady(loads, [(0.001, 0), (0.02, 30), (0.02, 30)])


def test_what_one_in_a_hundred_exceeds_is_late() -> None:
    found = Percentiles.of([0.001] * 980 + [0.5] * 20)
    assert (found.middle, found.late) == (0.001, 0.5)
    assert str(found) == "1.0 | 500.0"


def test_commits_that_stay_alike_reach_both_targets() -> None:
    text = section(_steady(0.010, 0.012), {}, events=1_000)
    assert "**missed**" not in text
    assert "| commit, first 100 | 10.0 | 10.0 |" in text
    assert "| commit, last 100 | 12.0 | 12.0 |" in text
    assert "| expiry, 2 times | 20.0 | 20.0 |" in text
    assert "- snapshots expired: 60\n" in text


def test_commits_that_grow_miss_them() -> None:
    assert section(_steady(0.010, 0.200), {}, events=1_000).count("**missed**") == 2


def test_a_clock_times_its_last_call_and_passes_on_what_comes_of_it() -> None:
    clock = Clock()
    assert clock.timed(sum)([1, 2]) == 3
    assert clock.seconds > 0
