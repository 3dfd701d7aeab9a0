"""`firn replay` as a person sees it: selection -> kept rows put back -> what became of them."""

from collections.abc import Sequence

from rich.console import Console

from ingestion.loading.replay import replay
from ingestion.loading.replay_table import ReplayResult
from lake.settings import Settings
from operations.cli.console import print_replays


def put_back(
    settings: Settings, selection: Sequence[str], out: Console, *, wait: bool = False
) -> None:
    """Replay the selection (empty: every source) and print what became of the open rows.

    Raises FirnError as the replay does, after printing; what was put back before stays.
    """
    results: list[ReplayResult] = []
    try:
        replay(selection, settings, results.append, wait=wait)
    finally:
        print_replays(out, results)
