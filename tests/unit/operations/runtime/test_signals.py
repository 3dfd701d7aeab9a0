"""A command that is asked to end twice: it ends within a bound, whatever it is at."""

import signal
import subprocess
import sys
import time

import pytest

from tests.integration.ingestion.home import ROOT

# What is left to do after the first signal, and after the second, is never done. The waits are
# short because a signal that comes just before a long one is handled only when that ends.
BUSY = """
import threading
from operations.runtime import signals
signals.DEADLINE_SECONDS = 0.5
with signals.until_signalled() as stop:
    print("ready", flush=True)
    try:
        while not stop.is_asked:
            threading.Event().wait(0.02)
        print("asked", flush=True)
        while True:
            threading.Event().wait(0.02)
    finally:
        {in_the_end}
"""


@pytest.mark.parametrize("in_the_end", ["pass", "threading.Event().wait(60)"])
@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_it_within_a_bound(second: signal.Signals, in_the_end: str) -> None:
    """Fault terminated-load: also where what it was at does not end."""
    script = BUSY.format(in_the_end=in_the_end)
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, cwd=ROOT,
    ) as process:  # fmt: skip
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        assert process.stdout.readline() == "asked\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.7)
        asked = time.monotonic()
        process.send_signal(second)
        code = process.wait(30)
        waited = time.monotonic() - asked
    if in_the_end == "pass":
        assert code == -signal.SIGINT  # Python's own end after KeyboardInterrupt
    else:
        assert code == 128 + second
        assert 0.5 <= waited < 20
