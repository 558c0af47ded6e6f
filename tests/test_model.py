"""The model itself: what an expression may be does not depend on who asks first, on strangers, or on the size of the project."""

from __future__ import annotations

import cProfile
import pstats
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from streamlint.config import Config, Selection
from streamlint.model import syntax as ir
from streamlint.model.circles import Circles
from streamlint.model.summary import UnparsableFile, summarise
from streamlint.project import Project
from streamlint.run import Request, run
from streamlint.source import Source
from streamlint.streams import Drains
from streamlint.values import Values
from streamlint.values.activations import Frame
from streamlint.values.alternatives import alternatives
from streamlint.values.domain import External, Instance, Origin, Value
from streamlint.waiting import Blocking

ROUTE = """\
import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def home():
    f0()


"""


@pytest.fixture(autouse=True)
def room_for_questions() -> Iterator[None]:
    """What a run gives the model, too."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(8_000)
    yield
    sys.setrecursionlimit(limit)


def project(folder: Path, files: Mapping[str, str]) -> Project:
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    return Project(folder, sorted(folder.glob("*.py")))


def told(folder: Path) -> list[str]:
    found = run(Request((folder,), Config(root=folder), Selection(), root=folder)).findings
    return [f"{one.path.name}:{one.place.start.line}: {one.code}" for one in found]


# Whoever asks first


def chain_with_aliases(length: int) -> str:
    functions = "".join(
        f"def f{n}(x):\n    a{n} = f{n + 1}(x)\n    b{n} = a{n}\n    return b{n}\n\n\n" for n in range(length)
    )
    head, last = (
        "from llama_index.core import VectorStoreIndex\n\n\n",
        f"def f{length}(x):\n    return VectorStoreIndex(x)\n",
    )
    return f"{head}{functions}{last}\n\nindex = f0([])\n"


CIRCLE = """\
from llama_index.core import VectorStoreIndex


class Node:
    def __init__(self, other=None):
        self.other = other or Node(self)
        self.index = VectorStoreIndex([]) if other is None else other.index

    def even(self, depth):
        return self.index if depth == 0 else self.other.odd(depth - 1)

    def odd(self, depth):
        return self.other.even(depth - 1)


def walk(node, seen):
    seen = [*seen, node]
    return walk(node.other, seen) if node else seen


first = Node()
answer = first.even(4).as_query_engine(streaming=True).query("?")
visited = walk(first, [])
"""


def everything(asked: Project) -> list[tuple[ir.Expression, Frame]]:
    found = []
    for module in asked.modules.loaded():
        for scope in module.scopes:
            frame = asked.evaluator.any_call(module, scope)
            found += [(name, frame) for name in scope.names]
            found += [(call, frame) for call in scope.calls]
    return found


@pytest.mark.parametrize("text", [chain_with_aliases(150), CIRCLE], ids=["chain", "circle"])
def test_the_order_of_questions_does_not_matter(text: str, tmp_path: Path) -> None:
    answers = []
    for seed in range(4):
        asked = project(tmp_path, {"app.py": text})
        questions = everything(asked)
        order = list(range(len(questions)))
        random.Random(seed).shuffle(order)
        given: dict[int, list[str]] = {}
        for number in order:
            values = asked.evaluator.value(*questions[number])
            given[number] = [named(value) for value in values]
        answers.append([given[number] for number in range(len(questions))])
    assert answers[1:] == answers[:1] * 3
    assert any("Llama" in kind for kinds in answers[0] for kind in kinds)


def named(value: Value) -> str:
    return f"{type(value).__name__} {getattr(value, 'name', '')}"


def test_alternatives_have_an_order_of_their_own() -> None:
    values: list[Value] = [
        External("b"),
        Instance("redis.Redis", Origin(Path("b.py"), 4, 9)),
        External("a"),
        Instance("redis.Redis", Origin(Path("a.py"), 7, 9)),
        Instance("redis.Redis", Origin(Path("a.py"), 2, 9)),
    ]
    orders = []
    for seed in range(20):
        random.Random(seed).shuffle(values)
        orders.append(list(alternatives(values)))
    assert orders[1:] == orders[:1] * 19
    both: Values = alternatives(values)
    assert both == frozenset(values)
    assert hash(both) == hash(frozenset(values))


# Strangers

SERVICE = """\
import requests
from fastapi import FastAPI

app = FastAPI()


class Service:
    def __init__(self, client):
        self.client = client

    def load(self):
        return self.client.get("https://example.org")


service = Service(requests.Session())


@app.get("/")
async def home():
    return service.load()
"""


def test_calls_of_others_count_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(SERVICE, "utf-8")
    alone = told(tmp_path)
    assert alone == ["app.py:20: STL204"]
    calls = "".join(f"service{n} = Service({n})\nservice{n}.load()\n" for n in range(400))
    other = SERVICE.partition("service =")[0].replace("self.client.get", "str")
    (tmp_path / "other.py").write_text(other + calls, "utf-8")
    assert told(tmp_path) == alone


# Any size


def chain(size: int) -> str:
    return "".join(f"def f{n}():\n    return f{n + 1}()\n\n\n" for n in range(size)) + leaf(size)


def diamonds(size: int) -> str:
    return "".join(f"def f{n}():\n    f{n + 1}()\n    f{n + 1}()\n    f{n + 1}()\n\n\n" for n in range(size)) + leaf(
        size
    )


def diamonds_with_arguments(size: int) -> str:
    calls = "    f{0}([x])\n    f{0}((x, 1))\n    f{0}(lambda: x)\n"
    body = "".join(f"def f{n}(x=1):\n{calls.format(n + 1)}\n\n" for n in range(size))
    return f"{body}def f{size}(x):\n    time.sleep(1)\n"


def ring(size: int) -> str:
    body = "".join(f"def f{n}():\n    f{(n + 1) % size}()\n    f{(n + 7) % size}()\n\n\n" for n in range(1, size))
    return f"def f0():\n    f1()\n    time.sleep(1)\n\n\n{body}"


def fan(size: int) -> str:
    calls = "".join(f"    f{n}()\n" for n in range(1, size))
    return f"def f0():\n{calls}    time.sleep(1)\n\n\n" + "".join(
        f"def f{n}():\n    return f0\n\n\n" for n in range(1, size)
    )


def leaf(size: int) -> str:
    return f"def f{size}():\n    time.sleep(1)\n"


def steps(folder: Path, text: str) -> int:
    asked = project(folder, {"app.py": ROUTE + text})
    module = asked.modules.loaded()[0]
    for scope in module.scopes:
        if scope.is_function:
            asked.ask(Blocking).of_frame(asked.evaluator.any_call(module, scope))
            list(asked.ask(Drains).in_frame(asked.evaluator.any_call(module, scope)))
    return asked.evaluator.solver.steps


@pytest.mark.parametrize("shape", [chain, diamonds, diamonds_with_arguments, ring, fan])
def test_cost_is_linear_in_the_program(shape: Callable[[int], str], tmp_path: Path) -> None:
    small, large = steps(tmp_path, shape(100)), steps(tmp_path, shape(400))
    assert large <= 4.4 * small


def looks(call: ir.Call) -> int:
    """How many steps of Python it takes to ask a call for each of its arguments."""
    count = 0

    def note(_frame: object, event: str, _given: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(note)
    try:
        for position in range(len(call.arguments)):
            call.argument(position, None)
    finally:
        sys.setprofile(None)
    return count


def test_asking_for_every_argument_of_a_call_is_linear() -> None:
    def called(size: int) -> ir.Call:
        return ir.Call(0, 1, ir.Name(0, 1, "f", None), tuple(ir.Constant(0, 1, n) for n in range(size)), ())

    assert looks(called(800)) <= 4.4 * looks(called(200))


@pytest.mark.parametrize("shape", [chain, diamonds, ring, fan])
def test_the_leaf_is_found_at_any_depth(shape: Callable[[int], str], tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(ROUTE + shape(3_000), "utf-8")
    assert told(tmp_path) == ["app.py:10: STL204"]


def functions(size: int) -> str:
    return "".join(
        f"def f{n}(x=1):\n    return g{n}(x)\n\n\ndef g{n}(y):\n    return [y]\n\n\n" for n in range(size // 2)
    )


def members(size: int) -> str:
    made = "".join(f"        self.a{n} = Part()\n" for n in range(size))
    used = "".join(f"    def m{n}(self):\n        return self.a{n}.go()\n\n" for n in range(size))
    part = "class Part:\n    def go(self):\n        return 1\n\n\n"
    calls = "".join(f"    whole.m{n}()\n" for n in range(size))
    return f"{part}class Whole:\n    def __init__(self):\n{made}\n{used}\nwhole = Whole()\n\n\ndef f0():\n{calls}"


PASSED = "def helper(*args, **kwargs):\n    return args\n\n\nasync def v():\n    return 1\n\n\nasync def f0():\n    helper({})\n"


def arguments(size: int) -> str:
    return PASSED.format("v," * size)


def keywords(size: int) -> str:
    return PASSED.format(",".join(f"k{n}=v" for n in range(size)))


def work(folder: Path, text: str) -> int:
    """How many calls of Python and C functions it takes to look at every function and to follow the requests."""
    asked = project(folder, {"app.py": ROUTE + text})
    module = asked.modules.loaded()[0]
    counted = cProfile.Profile()
    with counted:
        for scope in module.scopes:
            if scope.is_function:
                asked.ask(Blocking).of_frame(asked.evaluator.any_call(module, scope))
                list(asked.ask(Drains).in_frame(asked.evaluator.any_call(module, scope)))
        assert asked.reach.entries
    return pstats.Stats(counted).total_calls  # type: ignore[attr-defined,no-any-return]  # missing in the stubs


@pytest.mark.parametrize(
    ("shape", "size"), [(functions, 20_000), (members, 5_000), (arguments, 100_000), (keywords, 100_000)]
)
def test_work_is_linear_in_large_programs(shape: Callable[[int], str], size: int, tmp_path: Path) -> None:
    small, large = work(tmp_path, shape(size // 4)), work(tmp_path, shape(size))
    assert large <= 4.4 * small


# Circles of functions

MANY = """\
from other import pong


def once():
    return helper()


def helper():
    return 1


def ping(n):
    return pong(n)


def itself(n):
    return itself(n - 1)


class Walker:
    def left(self, n):
        return self.right(n)

    def right(self, n):
        return self.left(n)

    def down(self, n):
        return self.left(n)


def outer():
    def inner():
        return outer()

    return inner
"""


def test_functions_that_come_back_to_themselves(tmp_path: Path) -> None:
    other = "import many\n\n\ndef pong(n):\n    return many.ping(n)\n"
    asked = project(tmp_path, {"many.py": MANY, "other.py": other, "app.py": "import fastapi\nimport many\n"})
    circles = Circles(asked.modules)
    found = {scope.name for module in asked.modules.loaded() for scope in module.scopes if circles.holds(module, scope)}
    assert found == {"ping", "pong", "itself", "left", "right", "outer", "inner"}


@pytest.mark.parametrize("character", ["\0", "\ud800"])
def test_a_text_that_the_parser_refuses_is_told_with_a_place(character: str) -> None:
    with pytest.raises(UnparsableFile) as refused:
        summarise(Source(Path("app.py"), f"x = 1{character}\n"))
    assert (refused.value.line, refused.value.column) == (1, 1)
