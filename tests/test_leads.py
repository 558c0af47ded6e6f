"""Which coroutine functions are likely to run for requests, though no call is followed to them: small programs, asked directly."""

from __future__ import annotations

import pytest

from .asking import Program

HEAD = """\
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def home(name: str):
    {}


"""


def likely(text: str, **others: str) -> set[str]:
    """The coroutine functions that something leads to, by their names in their modules; those that are known to run are none."""
    program = Program(app=text, **others)
    return {
        module.qualified_name(scope)
        for module in program.project.modules.loaded()
        for scope in module.scopes
        if scope.is_async
        and (reached := program.project.reach.on_loop(module, scope)) is not None
        and not reached.is_certain
    }


# What a method of something unknown may mean

POLLER = "class Poller:\n    async def poll(self, name): ...\n\n\n"
QUEUE = "class Queue:\n    async def poll(self, name): ...\n\n\n"
PLAIN = "class Queue:\n    def poll(self, name): ...\n\n\n"
BELOW = "class Slow(Poller):\n    async def poll(self, name): ...\n\n\n"
PLAIN_BELOW = "class Slow(Poller):\n    def poll(self, name): ...\n\n\n"
OTHER_SHAPE = "class Queue:\n    async def poll(self): ...\n\n\n"
STATIC = "class Poller:\n    @staticmethod\n    async def poll(name): ...\n\n\n"


@pytest.mark.parametrize(
    ("call", "classes", "expected"),
    [
        ("await thing.poll(name)", POLLER, {"Poller.poll"}),
        ("await thing.poll(name)", POLLER + QUEUE, set()),
        ("await thing.poll(name)", POLLER + PLAIN, set()),
        ("await thing.poll(name)", POLLER + BELOW, {"Poller.poll", "Slow.poll"}),
        ("await thing.poll(name)", POLLER + PLAIN_BELOW, {"Poller.poll"}),
        ("await thing.poll(name)", POLLER + OTHER_SHAPE, {"Poller.poll"}),
        ("await thing.poll(name)", STATIC, {"Poller.poll"}),
        ("await thing.poll()", POLLER, set()),
        ("await thing.poll()", STATIC, set()),
        ("await poller.poll(name)", POLLER + QUEUE, {"Poller.poll"}),
        ("await thing.the_poller.poll(name)", POLLER + QUEUE, set()),
        ("await thing._poller.poll(name)", POLLER + QUEUE, {"Poller.poll"}),
        ("await queue.poll(name)", POLLER + PLAIN, set()),
        ("await poll(name)", POLLER, set()),
        ("await thing.ask(name)", POLLER, set()),
        ("await Poller().poll(name)", POLLER + BELOW, set()),
        ("thing = Poller() if name else other\n    await thing.poll(name)", POLLER + BELOW, {"Slow.poll"}),
        ("thing = Poller() if name else other\n    await thing.poll(name)", POLLER + BELOW + QUEUE, {"Slow.poll"}),
        ("queue = Poller() if name else other\n    await queue.poll(name)", POLLER + BELOW + QUEUE, {"Slow.poll"}),
    ],
)
def test_a_method_of_something_unknown(call: str, classes: str, expected: set[str]) -> None:
    assert likely(HEAD.format(call) + classes) == expected


def test_only_what_the_application_imports_is_at_hand() -> None:
    text = HEAD.format("await thing.poll(name)")
    assert likely(text, other=POLLER) == set()
    assert likely(f"import other\n{text}", other=POLLER) == {"Poller.poll"}


@pytest.mark.parametrize(
    ("started", "expected"),
    [
        ("import anyio\nanyio.run(work)\n", set()),
        ("import asyncio\nasyncio.run(work())\n", set()),
        ("import asyncio\nmade = work()\nasyncio.run(made)\n", set()),
        ("import asyncio\nasyncio.run(asyncio.gather(work(), work()))\n", set()),
        ("import anyio\nfrom functools import partial\nanyio.run(partial(work))\n", set()),
        ("if __name__ == '__main__':\n    work()\n", set()),
        ("work()\n", {"Poller.poll"}),
        ("import anyio\nanyio.sleep(work)\n", {"Poller.poll"}),
        ("import anyio\n", {"Poller.poll"}),
    ],
)
def test_what_runs_on_a_loop_of_its_own_is_not_meant(started: str, expected: set[str]) -> None:
    work = f"{POLLER}async def work():\n    await Poller().poll(1)\n\n\n{started}"
    assert likely(HEAD.format("await thing.poll(name)") + work) == expected


# What may stand for a method that is known to run

BASE = """\
class Base:
    async def run(self):
        await self.step()

    async def step(self): ...


"""
CALLED = HEAD.format("await Base().run()") + BASE


@pytest.mark.parametrize(
    ("below", "expected"),
    [
        ("class Slow(Base):\n    async def step(self): ...\n\n\nSlow()\n", {"Slow.step"}),
        ("class Slow(Base):\n    async def step(self): ...\n\n\nmade = [Slow]\n", {"Slow.step"}),
        ("class Slow(Base):\n    async def step(self): ...\n\n\nclass Fast(Slow): ...\n\n\nFast()\n", {"Slow.step"}),
        ("@plugin\nclass Slow(Base):\n    async def step(self): ...\n", {"Slow.step"}),
        ("class Slow(Base):\n    async def step(self): ...\n\n\nBase.__subclasses__()\n", {"Slow.step"}),
        ("class Slow(Base):\n    async def step(self): ...\n", set()),
        ("class Slow(Base):\n    def step(self): ...\n\n\nSlow()\n", set()),
        ("class Slow(Base):\n    async def other(self): ...\n\n\nSlow()\n", set()),
        ("class Slow:\n    async def step(self): ...\n\n\nSlow()\n", set()),
        ("async def step(self): ...\n\n\nstep()\n", set()),
    ],
)
def test_a_method_of_a_class_below(below: str, expected: set[str]) -> None:
    assert likely(f"{CALLED}{below}") == expected


def test_what_a_method_of_a_class_below_calls_is_likely_too() -> None:
    step = "    async def step(self):\n        await helper()\n        plain()\n\n\n"
    helpers = "async def helper(): ...\n\n\ndef plain(): ...\n\n\nasync def other(): ...\n"
    assert likely(f"{CALLED}class Slow(Base):\n{step}Slow()\n\n\n{helpers}") == {"Slow.step", "helper"}


def test_a_class_of_a_file_that_nobody_imports_is_plugged_in() -> None:
    slow = "from app import Base\n\n\nclass Slow(Base):\n    async def step(self): ...\n"
    assert likely(CALLED, slow=slow) == {"Slow.step"}
    assert likely(f"import slow\n{CALLED}", slow=slow) == set()


# What is handed to libraries

TOOL = "async def tool(name): ...\n\n\ndef plain(name): ...\n\n\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from pydantic_ai import Agent\n{tool}Agent('m', tools=[tool, plain])\n", {"tool"}),
        ("from pydantic_ai import Agent\n{tool}kept = [tool]\nAgent('m', tools=kept)\n", {"tool"}),
        ("from pydantic_ai import Agent\n{tool}kept = [tool]\nAgent('m', others=kept)\n", set()),
        ("from pydantic_ai import Agent\n{tool}Agent('m', deps=tool)\n", {"tool"}),
        ("from pydantic_ai import Agent\n{tool}Agent('m')\n", set()),
        ("from pydantic_ai import Agent\n{tool}keep(tools=[tool])\n", set()),
        ("from elsewhere import Agent\n{tool}Agent('m', tools=[tool])\n", set()),
        (
            "from llama_index.core.tools import FunctionTool\n{tool}FunctionTool.from_defaults(async_fn=tool)\n",
            {"tool"},
        ),
        ("from llama_index.core.tools import FunctionTool\n{tool}FunctionTool.from_defaults(tool)\n", {"tool"}),
        ("from langchain.tools import tool as as_tool\n@as_tool\n{tool}", {"tool"}),
        ("from langchain.tools import tool as as_tool\n@as_tool('name')\n{tool}", {"tool"}),
        ("from elsewhere import tool as as_tool\nimport langchain\n@as_tool\n{tool}", set()),
    ],
)
def test_a_function_that_a_library_is_handed(text: str, expected: set[str]) -> None:
    assert likely(HEAD.format("return name") + text.replace("{tool}", TOOL)) == expected


@pytest.mark.parametrize(
    ("library", "methods", "expected"),
    [
        ("llama_index.core.llms.CustomLLM", "async def acomplete(self): ...", {"acomplete"}),
        ("langchain.schema.Base", "def ask(self): ...\n    async def aask(self): ...", {"aask"}),
        ("langchain.schema.Base", "def _ask(self): ...\n    async def _aask(self): ...", {"_aask"}),
        ("langchain.schema.Base", "async def aask(self): ...", set()),
        ("langchain.schema.Base", "def sk(self): ...\n    async def ask(self): ...", {"ask"}),
        ("langchain.schema.Base", "def sk(self): ...\n    async def bsk(self): ...", set()),
        ("langchain.schema.Base", "def x(self): ...\n    async def ax(self): ...", set()),
        ("elsewhere.Base", "def ask(self): ...\n    async def aask(self): ...", set()),
        ("langchain.x.SomeHandler", "async def on_llm_end(self): ...", {"on_llm_end"}),
        ("langchain.x.SomeHandler", "def on_llm_end(self): ...", set()),
        ("langchain.x.Some", "async def on_llm_end(self): ...", set()),
    ],
)
def test_a_method_that_stands_beside_one_of_a_library(library: str, methods: str, expected: set[str]) -> None:
    module, _, name = library.rpartition(".")
    made = f"from {module} import {name}\n\n\nclass Own({name}):\n    {methods}\n"
    assert likely(HEAD.format("return name") + made) == {f"Own.{name}" for name in expected}


SERVED = "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get('/')\nasync def home(): ...\n"


@pytest.mark.parametrize(
    ("beside", "is_served"), [("tests__test_home", False), ("other__test_home", True), ("tests__home", True)]
)
def test_what_helps_tests_serves_nobody(beside: str, is_served: bool) -> None:
    """A folder of tests is known by its name together with a test in it."""
    program = Program(**{"tests__helpers": SERVED, beside: "def test_home(): ...\n"})
    assert bool(list(program.project.reach.entries)) is is_served


@pytest.mark.parametrize(("name", "is_served"), [("test_home", False), ("home_page", True)])
def test_a_test_serves_nobody(name: str, is_served: bool) -> None:
    program = Program(**{name: f"{SERVED}\n\ndef {name}(): ...\n", "other": "one = 1\n"})
    assert bool(list(program.project.reach.entries)) is is_served
