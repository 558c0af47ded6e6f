"""What lasts beyond a request, and what a function does with it: small functions, asked directly."""

from __future__ import annotations

import pytest

from streamlint.sharing import SharedState
from streamlint.sharing.accesses import Access, Activation
from streamlint.sharing.makers import Makers
from streamlint.sharing.paths import Paths
from streamlint.waiting import Blocking

from .asking import Program

ROUTE = """\
from fastapi import FastAPI

app = FastAPI()
ITEMS = []
SIZES = {}


async def own():
    yield 1


class Box:
    shared = []
    built = [one for one in (1, 2)]

    def __init__(self):
        self.items = ITEMS
        self.own = []


@app.get("/")
async def home(name: str):
"""


def lasts(body: str) -> bool:
    program = Program(f"{ROUTE}    {body}\n")
    expression, frame = program.at()
    lasting = program.project.ask(SharedState).lasting
    return lasting.of(expression, frame.module, frame.scope, lasting.given(frame.module, frame.scope))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("«ITEMS»", True),
        ("«ITEMS[0]»", True),
        ("items = ITEMS\n    «items»", True),
        ("items = list(ITEMS)\n    «items»", False),
        ("«name»", False),
        ("«[ITEMS]»", False),
        ("box = Box()\n    «box.items»", True),
        ("box = Box()\n    «box.shared»", True),
        ("box = Box()\n    «box.built»", True),
        ("box = Box()\n    «box.own»", False),
        ("box = Box()\n    «box»", False),
        ("items = name or ITEMS\n    «items»", True),
        ("items = [(one := ITEMS)]\n    «one»", True),
        ("«globals()»", True),
        ("items = ITEMS\n    items += [1]\n    «items»", True),
    ],
)
def test_what_outlives_a_request(body: str, expected: bool) -> None:
    assert lasts(body) is expected


def accesses(body: str) -> set[str]:
    program = Program(f"{ROUTE}    {body}\n")
    module, scope = program.module(), program.function("home")
    shared = program.project.ask(SharedState)
    events = shared.accesses.of(Activation(module, scope, shared.lasting.given(module, scope)))
    return {f"{one.access.how.value} {one.access.word} {one.access.member}" for one in events}


READ_ITEMS = {"reads SIZES *", "reads items *"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("ITEMS.append(1)", {"changes ITEMS *"}),
        ("ITEMS.index(1)", {"reads ITEMS *", "reads index *"}),
        ("SIZES.get(name)", {"reads SIZES *", "reads get *"}),
        ("SIZES.pop(name)", {"changes SIZES *"}),
        ("SIZES['a'] = 1", {"sets SIZES a"}),
        ("SIZES['a'] += 1", {"changes SIZES a"}),
        ("SIZES['a'].size = 1", {"sets size *"}),
        ("print(SIZES['a'])", {"reads SIZES a"}),
        ("print(SIZES[name])", {"reads SIZES *"}),
        ("print(len(SIZES))", {"reads SIZES *"}),
        ("own = {}\n    own['a'] = 1", set()),
        (
            "ITEMS.append(1)\n    for one in ITEMS:\n        pass",
            {"changes ITEMS *", "reads ITEMS *", "goes on with ITEMS *"},
        ),
        (
            "SIZES['a'] = 1\n    for one in SIZES.items():\n        pass",
            {"sets SIZES a", "goes on with SIZES *", *READ_ITEMS},
        ),
        (
            "del SIZES['a']\n    for one in SIZES.items():\n        pass",
            {"sets SIZES a", "goes on with SIZES *", *READ_ITEMS},
        ),
        ("for one in SIZES.items():\n        pass", READ_ITEMS),
        ("for one in ITEMS:\n        pass", {"reads ITEMS *"}),
        ("for SIZES.a in name:\n        pass", {"sets a *"}),
        ("with name as SIZES['a']:\n        pass", {"sets SIZES a"}),
        ("global ITEMS\n    ITEMS = []", {"sets ITEMS *"}),
        ("global ITEMS\n    ITEMS += [1]", {"changes ITEMS *", "reads ITEMS *"}),
    ],
)
def test_what_is_done_with_it(body: str, expected: set[str]) -> None:
    assert accesses(body) == expected


@pytest.mark.parametrize(
    ("call", "is_tied"),
    [
        ("«sqlite3.connect('a')»", True),
        ("«sqlite3.connect('a', check_same_thread=True)»", True),
        ("«sqlite3.connect('a', check_same_thread=False)»", False),
        ("«sqlite3.connect('a', **options)»", False),
        ("«sqlite3.connect('a', check_same_thread=False).cursor()»", False),
        ("«open('a')»", False),
        ("«Box()»", False),
        ("«len('a')»", False),
    ],
)
def test_what_fails_in_other_threads(call: str, is_tied: bool) -> None:
    program = Program(f"import sqlite3\n{ROUTE}    {call}\n")
    expression, frame = program.at()
    assert program.project.ask(Makers).given_by(expression, frame.module, frame.scope) is is_tied  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("method", "is_turn"),
    [
        *((turn, True) for turn in ("chat", "achat", "stream_chat", "astream_chat", "reset")),
        ("chat_repl", False),
    ],
)
def test_what_goes_on_with_a_chat(method: str, is_turn: bool) -> None:
    engine = "from llama_index.core import VectorStoreIndex\ntalk = VectorStoreIndex([]).as_chat_engine()\n"
    program = Program(f"{engine}{ROUTE}    «talk.{method}(name)»\n")
    call, frame = program.at()
    word = program.project.ask(SharedState).chat_at(call, frame.module, frame.scope)  # type: ignore[arg-type]  # a call
    assert word == ("talk" if is_turn else "")


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("ITEMS.append(name)\n    «wait(name)»\n    ITEMS.append(name)", ""),
        ("if ITEMS:\n        «wait(name)»\n        ITEMS.append(name)", "ITEMS"),
        ("SIZES['a'] = name\n    «wait(name)»\n    SIZES['a'] = name", "SIZES"),
        ("SIZES['a'] = name\n    «wait(name)»\n    SIZES['b'] = name", ""),
        ("«wait(name)»", ""),
        ("SIZES['a'] += «wait(name)»", "SIZES"),
        (
            "if ITEMS:\n        async for one in fetch(name):\n            pass\n        «wait(name)»\n        ITEMS.append(name)",
            "",
        ),
        (
            "if ITEMS:\n        async for one in own():\n            pass\n        «wait(name)»\n        ITEMS.append(name)",
            "ITEMS",
        ),
        ("if ITEMS:\n        await fetch(name)\n        «wait(name)»\n        ITEMS.append(name)", ""),
    ],
)
def test_what_a_wait_would_split(body: str, word: str) -> None:
    program = Program(f"{ROUTE}    {body}\n")
    call, frame = program.at()
    assert program.project.ask(SharedState).split_at(call.start, call.end, frame.module, frame.scope) == word


@pytest.mark.parametrize(
    ("helper", "call", "is_held"),
    [
        ("def helper():\n    time.sleep(1)\n", "helper()", True),
        ("@cache\ndef helper():\n    time.sleep(1)\n", "helper()", False),
        ("@cache\ndef helper(size=1):\n    time.sleep(size)\n", "helper()", False),
        ("@cache\ndef helper(size=1):\n    time.sleep(size)\n", "helper(SIZES[0])", False),
        ("@cache\ndef helper(size=1):\n    time.sleep(size)\n", "helper(size)", True),
        ("@cache\ndef helper(size=1):\n    time.sleep(size)\n", "half = size / 2\n    helper(half)", True),
        ("@mine\ndef helper():\n    time.sleep(1)\n", "helper()", True),
    ],
)
def test_a_helper_that_is_cached_holds_its_first_caller_only(helper: str, call: str, is_held: bool) -> None:
    text = f"import time\nfrom functools import cache\n\nSIZES = [1]\n\n\n{helper}\n\ndef outer(size):\n    {call}\n"
    program = Program(text)
    frame = program.evaluator.any_call(program.module(), program.function("outer"))
    assert (program.project.ask(Blocking).of_frame(frame) is not None) is is_held


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("ITEMS.commit()", ""),
        ("ITEMS.execute(name)\n    ITEMS.commit()", "ITEMS"),
        ("ITEMS.execute(name)\n    SIZES.commit()", ""),
        ("own = []\n    own.execute(name)\n    own.commit()", ""),
        ("ITEMS.append(name)", "ITEMS"),
        ("print(ITEMS)", ""),
        ("open('a').read()", ""),
        ("open('a', 'w').write(name)", ""),
        ("open('a').read()\n    open('a', 'w').write(name)", "file 'a'"),
        ("open('b').read()\n    open('a', 'w').write(name)", ""),
    ],
)
def test_what_a_function_writes(body: str, word: str) -> None:
    program = Program(f"{ROUTE}    {body}\n")
    assert program.project.ask(SharedState).written_by(program.module(), program.function("home")) == word


@pytest.mark.parametrize(("folder", "is_own"), [("tempfile.mkdtemp()", True), ("root + name", False)])
def test_the_path_of_an_item_that_a_generator_expression_goes_over(folder: str, is_own: bool) -> None:
    """What it goes over is written with the names of the function around it, which mean nothing in the expression itself."""
    program = Program(
        "import os, tempfile\n\n\ndef clear(name, root, more):\n"
        f"    folder = {folder}\n    return any(os.remove(«path») for path in (os.listdir(folder) if more else [folder]))\n"
    )
    path, frame = program.at()
    assert frame.scope.kind == "generator-expression"
    assert Paths(program.project).is_own(path, frame.module, frame.scope) is is_own


def compared(number: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many pairs of accesses are compared where each of so many waits stands between reads of one list."""
    count = 0
    disturbs = Access.disturbs

    def counted(self: Access, other: Access) -> bool:
        nonlocal count
        count += 1
        return disturbs(self, other)

    program = Program(ROUTE + "".join(f"    print(ITEMS)\n    «w{one}:len(name)»\n" for one in range(number)))
    state = program.project.ask(SharedState)
    places = [program.at(f"w{one}") for one in range(number)]
    with monkeypatch.context() as patch:
        patch.setattr(Access, "disturbs", counted)
        assert {state.split_at(one.start, one.end, frame.module, frame.scope) for one, frame in places} == {""}
    return count


def test_between_reads_each_wait_is_compared_with_each_access_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 0 < compared(40, monkeypatch) <= 40 * 40
