"""Measures one program: a command -> its wall time, CPU time and peak memory, children included."""

import contextlib
import os
import subprocess
import threading
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import psutil

from benchmarks.contest import Command

SAMPLE_SECONDS = 0.05
SHUTDOWN_SECONDS = 30


class Outcome(StrEnum):
    """How a measured program ended."""

    DONE = "done"
    FAILED = "failed"
    OUT_OF_TIME = "stopped: out of time"
    OUT_OF_MEMORY = "stopped: out of memory"

    @property
    def is_limit(self) -> bool:
        """Whether the program might have gone on: what it used is a lower bound."""
        return self in {Outcome.OUT_OF_TIME, Outcome.OUT_OF_MEMORY}


@dataclass(frozen=True)
class Limits:
    """What a program may use before it is stopped."""

    seconds: float
    memory_bytes: int


@dataclass(frozen=True)
class Measurement:
    """What a program used: seconds by the clock, CPU seconds and peak bytes of its whole tree."""

    outcome: Outcome
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int


def measure(
    command: Command, environment: dict[str, str], log: Path, limits: Limits
) -> Measurement:
    """Run a command beside its `log`, to its end or to the first of `limits`.

    The clock is exact. CPU time is what the system accounts to the command and to the children it
    waited for, or what was sampled of the whole tree, whichever is more. Memory is sampled: pages
    that two processes of the tree share count twice.
    """
    os.sync()  # what the program before it left to be written is not this one's burden
    with log.open("wb") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command.arguments,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=log.parent,
            env=environment | command.environment,
        )
        watch = _Watch(process.pid, limits)
        watch.start()
        try:
            _hand_over(process, command.stdin)
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - started
            process.returncode = os.waitstatus_to_exitcode(status)
        except KeyboardInterrupt:
            watch.kill()
            raise
        finally:
            watch.end()
    outcome = Outcome.DONE if process.returncode == 0 else Outcome.FAILED
    return Measurement(
        outcome=watch.stopped_for or outcome,
        wall_seconds=wall,
        cpu_seconds=max(usage.ru_utime + usage.ru_stime, watch.cpu_seconds),
        peak_bytes=watch.peak_bytes,
    )


class _Watch:
    """Samples a process tree in a thread until it is told to end, and stops the tree at a limit."""

    def __init__(self, pid: int, limits: Limits) -> None:
        self.peak_bytes = 0
        self.stopped_for: Outcome | None = None
        self._root = psutil.Process(pid)
        self._limits = limits
        self._deadline = time.monotonic() + limits.seconds
        self._seen: dict[psutil.Process, float] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    @property
    def cpu_seconds(self) -> float:
        """CPU time of all processes seen, each as it was last seen."""
        return sum(self._seen.values())

    def start(self) -> None:
        """Begin to sample."""
        self._thread.start()

    def kill(self) -> None:
        """Kill the program and all it started."""
        _kill(self._tree())

    def end(self) -> None:
        """Stop sampling, and wait for what the program left running, so that it disturbs no one."""
        self._over.set()
        self._thread.join()
        _, still_running = psutil.wait_procs(list(self._seen), timeout=SHUTDOWN_SECONDS)
        _kill(still_running)

    def _watch(self) -> None:
        is_over = False
        while not is_over:
            resident = self._sample()
            self.peak_bytes = max(self.peak_bytes, resident)
            if resident > self._limits.memory_bytes:
                self._stop(Outcome.OUT_OF_MEMORY)
            elif time.monotonic() > self._deadline:
                self._stop(Outcome.OUT_OF_TIME)
            is_over = self._over.wait(SAMPLE_SECONDS)

    def _sample(self) -> int:
        """Note the CPU time of each process of the tree; return the bytes resident in all."""
        resident = 0
        for process in self._tree():
            try:
                with process.oneshot():
                    times = process.cpu_times()
                    resident += process.memory_info().rss
            except psutil.Error:
                continue
            self._seen[process] = times.user + times.system
        return resident

    def _tree(self) -> list[psutil.Process]:
        try:
            return [self._root, *self._root.children(recursive=True)]
        except psutil.Error:
            return []

    def _stop(self, reason: Outcome) -> None:
        self.stopped_for = self.stopped_for or reason
        self.kill()


def _kill(processes: list[psutil.Process]) -> None:
    """Kill processes of a measured program; one that has just ended is no fault."""
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.kill()


def _hand_over(process: "subprocess.Popen[bytes]", text: str) -> None:
    """Write a program's input and close it; one that ended without reading it is no fault here."""
    if process.stdin is None:
        return
    try:
        process.stdin.write(text.encode())
        process.stdin.close()
    except BrokenPipeError:
        return
