"""Recursion has room, and costs the same at every depth."""

from __future__ import annotations

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
