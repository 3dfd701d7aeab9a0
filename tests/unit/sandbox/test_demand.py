"""How demand runs through the days."""

from datetime import date, timedelta

import pytest

from sandbox.seeded_random import count_around, seeded_rng, untidy
from sandbox.shop.demand import END_OF_FILL, OPENING, expected_orders, newcomer_rate

DAYS = [OPENING + timedelta(days=offset) for offset in range((END_OF_FILL - OPENING).days)]


def test_days_of_the_fill_add_up_to_the_orders_asked_for() -> None:
    assert sum(expected_orders(20_000, day) for day in DAYS) == pytest.approx(20_000)


def test_demand_grows_from_year_to_year() -> None:
    for day in (date(2024, 3, 4), date(2024, 6, 10)):
        assert expected_orders(20_000, day + timedelta(days=364)) > 1.3 * expected_orders(
            20_000, day
        )


def test_growth_ends_somewhere() -> None:
    assert expected_orders(20_000, date(2060, 6, 2)) < 4 * expected_orders(20_000, date(2025, 6, 2))


def test_sundays_sell_more_than_saturdays_and_december_more_than_february() -> None:
    saturday, sunday = date(2024, 6, 8), date(2024, 6, 9)
    assert expected_orders(20_000, sunday) > 1.2 * expected_orders(20_000, saturday)
    assert expected_orders(20_000, date(2024, 12, 10)) > 1.5 * expected_orders(
        20_000, date(2024, 2, 13)
    )


def test_fewer_and_fewer_orders_come_from_newcomers() -> None:
    rates = [newcomer_rate(day) for day in DAYS]

    assert rates == sorted(rates, reverse=True)
    assert 0.14 < rates[-1] < rates[0] < 1


@pytest.mark.parametrize("mean", [0.3, 7.0, 45.0, 400.0])
def test_counts_scatter_around_their_mean(mean: float) -> None:
    rng = seeded_rng(7, "counts", mean)
    counts = [count_around(rng, mean) for _ in range(3_000)]

    average = sum(counts) / len(counts)
    variance = sum((count - average) ** 2 for count in counts) / len(counts)
    assert average == pytest.approx(mean, rel=0.1)
    assert variance == pytest.approx(mean, rel=0.2)


def test_dice_repeat_themselves_and_differ_by_what_they_are_about() -> None:
    assert seeded_rng(7, "order", 1).random() == seeded_rng(7, "order", 1).random()
    others = {seeded_rng(7, "order", 1).random(), seeded_rng(8, "order", 1).random()}
    others |= {seeded_rng(7, "order", 2).random(), seeded_rng(7, "item", 1).random()}
    assert len(others) == 4


def test_untidiness_is_only_letter_case_and_spaces() -> None:
    rng = seeded_rng(7, "untidy")
    texts = {untidy(rng, "Lyon", 0.5) for _ in range(200)}

    assert texts == {"Lyon", "lyon", "LYON", " Lyon", "Lyon "}
