"""Which functions of a small program run on the loop that serves, which before it serves, and which on a loop of their own."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from streamlint.serving.reached import Key

from .asking import Program

HEAD = """\
import asyncio
import threading
from functools import partial

from fastapi import FastAPI

app = FastAPI()


async def work(): ...


async def other(): ...


def plain(): ...


class Box:
    async def __aenter__(self): ...

    async def __aexit__(self, *about): ...

    def __enter__(self): ...

    def __exit__(self, *about): ...

    def __aiter__(self): return self

    async def __anext__(self): ...

    async def fill(self): ...


async def pieces():
    yield 1


"""


def names(program: Program, keys: Iterable[Key]) -> set[str]:
    found = set()
    for path, scope in keys:
        module = program.module(path.stem)
        found.add(module.qualified_name(module.scopes[scope]))
    return found - {"", "app"}


def apart(text: str) -> set[str]:
    """What runs in a script, or on a loop of its own."""
    program = Program(HEAD + text)
    return names(program, program.project.reach._apart)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("asyncio.run(work())", {"work"}),
        ("asyncio.run(main=work())", {"work"}),
        ("made = work()\n    asyncio.run(made)", {"work"}),
        ("asyncio.run(asyncio.gather(work(), other()))", {"work", "other"}),
        ("asyncio.run(asyncio.wait_for(work(), plain()))", {"work"}),
        ("asyncio.get_event_loop().run_until_complete(work())", {"work"}),
        ("asyncio.create_task(work())", set()),
        ("asyncio.run(debug=work())", set()),
        ("threading.Thread(target=plain)", set()),
        ("threading.Thread(target=asyncio.run, args=(work(),))", {"work"}),
        ("threading.Thread(target=plain, args=(work(),))", set()),
        ("work()", set()),
        ("asyncio.run", set()),
        ("asyncio.run()", set()),
    ],
)
def test_what_a_call_runs_on_a_loop_of_its_own(call: str, expected: set[str]) -> None:
    assert apart(f"def start():\n    {call}\n") == expected


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("if __name__ == '__main__':\n    plain()", {"plain"}),
        ("if __name__ == '__main__':\n    asyncio.run(work())", {"work"}),
        ("if __name__ == 'app':\n    plain()", set()),
        ("plain()", set()),
        ("def start():\n    if __name__ == '__main__':\n        plain()", set()),
    ],
)
def test_what_a_script_runs(level: str, expected: set[str]) -> None:
    assert apart(f"{level}\n") == expected


WRAPPER = """\
def sync({parameters}):
    def run(*given):
        return {runs}

    return run


@sync
async def wrapped():
    plain()
"""


@pytest.mark.parametrize(
    ("parameters", "runs", "expected"),
    [
        ("function", "asyncio.run(function(*given))", {"wrapped", "plain"}),
        ("function", "asyncio.run(function.wrapped(*given))", {"wrapped", "plain"}),
        ("function", "asyncio.run(other())", {"other"}),
        ("function", "function(*given)", set()),
        ("function, more=None", "asyncio.run(more(*given))", set()),
        ("*function", "asyncio.run(function(*given))", {"wrapped", "plain"}),
    ],
)
def test_what_a_decorator_runs_on_a_loop_of_its_own(parameters: str, runs: str, expected: set[str]) -> None:
    assert apart(WRAPPER.format(parameters=parameters, runs=runs)) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("await work()", {"work"}),
        ("work()", {"work"}),
        ("return work", set()),
        ("plain()", {"plain"}),
        ("asyncio.run(work())", set()),
        ("asyncio.create_task(work())", {"work"}),
        ("async with Box(): pass", {"Box.__aenter__", "Box.__aexit__"}),
        ("with Box(): pass", {"Box.__enter__", "Box.__exit__"}),
        ("async for one in Box(): pass", {"Box.__aiter__", "Box.__anext__"}),
        ("async for one in pieces(): pass", {"pieces"}),
        ("await Box().fill()", {"Box.fill"}),
        ("app.add(work)", {"work"}),
        ("app.add(later=work)", {"work"}),
        ("app.add(plain)", set()),
        ("app.add([work])", set()),
        ("return list(plain() for one in app)", {"plain", "run.generator expression"}),
        ("return [plain() for one in app]", {"plain"}),
    ],
)
def test_what_a_function_runs(body: str, expected: set[str]) -> None:
    program = Program(f"{HEAD}async def run():\n    {body}\n")
    found = program.project.reach.callees(program.module(), program.function("run"))
    assert names(program, ((function.path, function.scope) for function, _ in found)) == expected


ROUTE = "@app.get('/')\nasync def home():\n    {body}\n\n\n@app.on_event('startup')\nasync def start():\n    {starts}\n"


@pytest.mark.parametrize(
    ("body", "starts", "expected"),
    [
        ("pass", "pass", {"home"}),
        ("await work()", "pass", {"home", "work"}),
        ("plain()", "pass", {"home"}),
        ("asyncio.run(work())", "pass", {"home"}),
        ("pass", "await work()", {"home"}),
        ("await Box().fill()", "pass", {"home", "Box.fill"}),
    ],
)
def test_what_requests_run_on_the_loop(body: str, starts: str, expected: set[str]) -> None:
    program = Program(HEAD + ROUTE.format(body=body, starts=starts))
    module = program.module()
    reach = program.project.reach
    found = {module.qualified_name(scope) for scope in module.scopes if reach.on_loop(module, scope) is not None}
    assert found == expected


@pytest.mark.parametrize(("starts", "expected"), [("await work()", {"start", "work"}), ("plain()", {"start", "plain"})])
def test_what_runs_before_the_first_request(starts: str, expected: set[str]) -> None:
    program = Program(HEAD + ROUTE.format(body="await other()", starts=starts))
    module = program.module()
    before = program.project.reach.before_requests
    assert {module.qualified_name(scope) for scope in module.scopes if before(module, scope)} == expected
