"""How many rejected rows are too many: counts -> whether the source itself must be wrong."""

TOLERATED_REJECTIONS = 100
TOLERATED_SHARE = 0.2


def exceeds_error_threshold(read: int, rejected: int, share: float | None = None) -> bool:
    """Whether a greater share of the rows read is rejected than is tolerated, or than `share`."""
    tolerated = TOLERATED_SHARE if share is None else share
    return rejected > TOLERATED_REJECTIONS and rejected > tolerated * read
