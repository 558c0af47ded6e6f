"""Recursion has room, and costs the same at every depth."""

from __future__ import annotations

import subprocess
import sys
from statistics import median
from time import perf_counter

from streamlint.room import roomy

CALLS = 300


def nothing() -> None: ...


def cost(depth: int) -> float:
    """Seconds for some calls at a depth, without what else the machine does."""
    if depth:
        return cost(depth - 1)
    return min(measured() for _ in range(5))


def measured() -> float:
    start = perf_counter()
    for _ in range(CALLS):
        nothing()
    return perf_counter() - start


def test_a_call_costs_the_same_at_every_depth() -> None:
    costs = roomy(lambda: [cost(depth) for depth in range(0, 900, 2)])()
    assert max(costs) < 20 * median(costs)


def depth_of(left: int) -> int:
    return 1 + depth_of(left - 1) if left else 0


def test_recursion_has_room_and_the_limit_comes_back() -> None:
    limit = sys.getrecursionlimit()
    assert roomy(depth_of)(6_000) == 6_000
    assert sys.getrecursionlimit() == limit


def test_what_a_process_has_made_is_not_looked_through_when_it_ends() -> None:
    program = (
        "import atexit, gc; from streamlint import room;"
        "atexit.register(lambda: print(gc.get_freeze_count() > 1_000));"  # runs behind what is registered after it
        "room.last(); print(gc.get_threshold()[1] >= 1_000)"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout.split() == ["True", "True"]
