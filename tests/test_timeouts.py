"""Which handler lets a loop go on after a timeout has ended its generator."""

from __future__ import annotations

from pathlib import Path

from streamlint.faults.timeouts import LimitedItem, Timeouts
from streamlint.project import Project

PROGRAM = """\
import asyncio


async def tokens():
    yield "a"


async def with_pings():
    source = tokens()
    while True:
        try:
            yield await asyncio.wait_for(anext(source), 15)
        except StopAsyncIteration:
            return
        except TimeoutError:
            {after}
"""


def limited(tmp_path: Path, after: str) -> list[LimitedItem]:
    path = tmp_path / "app.py"
    path.write_text(PROGRAM.format(after=after))
    project = Project(tmp_path, (path,))
    module = project.module(path)
    assert module is not None
    scope = next(one for one in module.scopes if one.name == "with_pings")
    return list(project.ask(Timeouts).of(project.evaluator.any_call(module, scope)))


def test_the_handler_of_the_timeout_is_named(tmp_path: Path) -> None:
    (found,) = limited(tmp_path, "yield 'ping'")
    assert found.generator.id == "source"
    assert PROGRAM[found.handler.head :].startswith("except TimeoutError")


def test_a_handler_that_leaves_ends_the_loop(tmp_path: Path) -> None:
    assert limited(tmp_path, "break") == []
