"""How ages are said."""

from datetime import timedelta

import pytest

from operations.cli.console import format_age


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 seconds"), (1, "1 second"), (59, "59 seconds"), (60, "1 minute"), (7199, "1 hour"),
     (7200, "2 hours"), (86_400, "1 day"), (200_000, "2 days"), (-5, "0 seconds")],
)  # fmt: skip
def test_an_age_is_said_in_its_largest_unit(seconds: int, said: str) -> None:
    assert format_age(timedelta(seconds=seconds)) == said
