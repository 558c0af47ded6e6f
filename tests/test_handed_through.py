"""What a function gives on as `**options` is what its callers gave it, but for the names that it takes itself."""

from __future__ import annotations

import pytest

from .asking import said

INNER = "def inner(x, *, k=1):\n    «k»\n\n\n"


@pytest.mark.parametrize(
    ("outer", "expected"),
    [
        ("def outer(**rest):\n    inner(1, **rest)\n", {"1", "5"}),
        ("def outer(other=2, **rest):\n    inner(1, **rest)\n", {"1", "5"}),
        ("def outer(k=2, **rest):\n    inner(1, **rest)\n", {"1", "?"}),
        ("def outer(*, k=2, **rest):\n    inner(1, **rest)\n", {"1", "?"}),
        ("def outer(*, k=2, **rest):\n    inner(1, k=k, **rest)\n", {"1", "2", "5"}),
    ],
    ids=["all", "others", "own", "own-keyword", "given"],
)
def test_what_is_handed_through(outer: str, expected: set[str]) -> None:
    assert said(f"{INNER}{outer}\n\nouter(k=5)\n") == expected


def test_a_list_that_a_thread_steps_through_is_iterated() -> None:
    text = "from starlette.concurrency import iterate_in_threadpool\n\n\nclass K: ...\n\n\n"
    assert said(f"{text}«iterate_in_threadpool([K()])»\n") == {"iterator K()"}
