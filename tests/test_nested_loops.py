"""Calls that start or patch a loop where one runs: single lines, asked directly."""

from __future__ import annotations

import pytest

from streamlint.faults.nested_loops import NestedLoops

from .asking import Program

HEAD = """\
import asyncio


async def work(): ...


def starts():
    asyncio.run(work())


def may_start(flag):
    if flag:
        asyncio.run(work())


def asks():
    if not asyncio.get_running_loop():
        asyncio.run(work())


"""


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("«asyncio.run(work())»", "starts"),
        ("«asyncio.get_event_loop().run_until_complete(work())»", "starts"),
        ("«starts()»", "starts"),
        ("«may_start(True)»", "starts"),
        ("«may_start(False)»", ""),
        ("«asks()»", ""),
        ("«work()»", ""),
        ("«print(work)»", ""),
        ("if loop.is_running():\n        return\n    «asyncio.run(work())»", ""),
        ("if running():\n        return\n    «asyncio.run(work())»", "starts"),
        ("asyncio.get_running_loop()\n    «asyncio.run(work())»", ""),
        ("import nest_asyncio\n    «nest_asyncio.apply()»", "patches"),
        ("import nest_asyncio\n    «asyncio.run(work())»", ""),
    ],
)
def test_what_a_call_does_to_the_loop(body: str, fault: str) -> None:
    program = Program(f"{HEAD}async def home():\n    {body}\n")
    found = program.project.ask(NestedLoops).of_call(*program.at())  # type: ignore[arg-type]  # a call
    assert (found.fault.value if found is not None else "") == fault


def test_a_function_within_one_that_asked_starts_no_other_loop() -> None:
    inner = "    asyncio.get_running_loop()\n\n    async def inner():\n        «asyncio.run(work())»\n"
    program = Program(f"{HEAD}async def home():\n{inner}")
    assert program.project.ask(NestedLoops).of_call(*program.at()) is None  # type: ignore[arg-type]  # a call


def test_the_way_to_where_a_loop_is_started() -> None:
    program = Program(
        f"{HEAD}def calls():\n    starts()\n\n\nasync def home():\n    «calls()»\n    «direct:asyncio.run(work())»\n"
    )
    found = program.project.ask(NestedLoops).of_call(*program.at())  # type: ignore[arg-type]  # a call
    assert found is not None
    assert [hop.label for hop in found.hops] == ["calls `calls`", "calls `starts`", "starts a loop where one runs"]
    direct = program.project.ask(NestedLoops).of_call(*program.at("direct"))  # type: ignore[arg-type]  # a call
    assert direct is not None
    assert direct.hops == ()
