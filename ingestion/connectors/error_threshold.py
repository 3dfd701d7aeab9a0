"""How many rejected rows are too many: counts -> whether the source itself must be wrong."""

TOLERATED_REJECTIONS = 100
TOLERATED_SHARE = 0.2


def exceeds_error_threshold(read: int, rejected: int, share: float = TOLERATED_SHARE) -> bool:
    """Whether a greater `share` of the rows read is rejected than is tolerated."""
    return rejected > TOLERATED_REJECTIONS and rejected > share * read
