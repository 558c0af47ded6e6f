"""What `with` and `await` bind: managers of the project, generators, coroutines, and what is given back as it is."""

from __future__ import annotations

import pytest

from .asking import said

HEAD = """\
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager


class Plain:
    def __enter__(self):
        return 1


class Asynchronous:
    async def __aenter__(self):
        return 2


class Itself:
    def __enter__(self):
        return self


class Nothing: ...


@contextmanager
def managed():
    yield 3


@asynccontextmanager
async def managed_too():
    yield 4


async def made():
    return Plain()


async def number():
    return 5


async def run(stack: ExitStack, other: AsyncExitStack):
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("with Plain() as x:\n        «x»", {"1"}),
        ("async with Asynchronous() as x:\n        «x»", {"2"}),
        ("with Itself() as x:\n        «x»", {"Itself()"}),
        ("with Nothing() as x:\n        «x»", {"Nothing()"}),
        ("with managed() as x:\n        «x»", {"3"}),
        ("async with managed_too() as x:\n        «x»", {"4"}),
        ("async with made() as x:\n        «x»", {"1"}),
        ("async with await made() as x:\n        «x»", {"1"}),
        ("with Plain() as x, managed() as y:\n        «[x, y]»", {"list[1, 3]"}),
        ("«stack.enter_context(Plain())»", {"1"}),
        ("«await other.enter_async_context(Asynchronous())»", {"2"}),
        ("«await number()»", {"5"}),
        ("«number()»", {"coroutine 5"}),
        ("«await Nothing()»", {"Nothing()"}),
    ],
)
def test_what_is_bound(text: str, expected: set[str]) -> None:
    assert said(f"{HEAD}    {text}\n") == expected
