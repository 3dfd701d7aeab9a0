"""What bad rows and small files come to, as multiples and verdicts."""

from benchmarks.bounds import SHARES, Result, cases, section

SMALL = Result(50.0, 60.0, 500_000_000, 0)


def _section(bad_row_seconds: float, small: Result = SMALL) -> str:
    """Return the page where a good row takes 2 µs and the start a second."""
    results = {}
    for case in cases(300_000, 40_000):
        aside = round(case.rows * case.share)
        cpu = 1.0 + case.rows * 2e-6 + aside * bad_row_seconds
        results[case] = small if case.files > 1 else Result(cpu, cpu, 100_000_000, aside)
    return section(results, {})


def test_a_bad_row_is_a_multiple_of_a_good_one() -> None:
    text = _section(18e-6)
    assert "**missed**" not in text
    for share in SHARES[1:]:
        [row] = [line for line in text.splitlines() if line.startswith(f"| csv, {share:.0%} bad |")]
        assert row.endswith("| 9.0 | 9.0 |")


def test_what_exceeds_its_bound_is_said() -> None:
    assert _section(30e-6).count("**missed**") == 2
    assert _section(18e-6, Result(61.0, 61.0, 700_000_000, 0)).count("**missed**") == 2
