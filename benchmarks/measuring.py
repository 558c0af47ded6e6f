"""One process and what it took: seconds of CPU with its children, seconds on the clock, and memory at most."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter

_KIBIBYTES = 1024 if sys.platform != "darwin" else 1
"""What the system counts memory in, in bytes."""
_FAILED = 3
"""From here on an exit code does not mean findings."""


class Failed(Exception):
    """A program that did not do what it should; the message has its last words."""


@dataclass(frozen=True)
class Cost:
    """CPU and clock in seconds, memory in megabytes: the largest process, not the sum of them."""

    cpu: float
    wall: float
    memory: float


def measure(arguments: Sequence[str]) -> Cost:
    """Run a program once. Raises `Failed`."""
    started = perf_counter()
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    told = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if not 0 <= process.returncode < _FAILED:
        raise Failed(f"exit code {process.returncode}: {told.strip()[-200:]}")
    return Cost(used.ru_utime + used.ru_stime, perf_counter() - started, used.ru_maxrss * _KIBIBYTES / 1e6)


def middle(costs: Sequence[Cost]) -> Cost:
    return Cost(
        median(cost.cpu for cost in costs),
        median(cost.wall for cost in costs),
        median(cost.memory for cost in costs),
    )
