"""Which takings of a handler swallow the stream, and which names hold its text: small handlers, asked directly."""

from __future__ import annotations

import pytest

from streamlint.streams import Drains
from streamlint.waiting.named_heavy import NamedHeavy

from .asking import Program

ROUTE = """\
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from llama_index.core import VectorStoreIndex

app = FastAPI()
engine = VectorStoreIndex([]).as_query_engine(streaming=True)


@app.get("/")
def home(name: str):
"""
TEXT = "text = ''.join(engine.query(name).response_gen)\n    "


def swallowed(body: str) -> int:
    program = Program(f"{ROUTE}    {body}\n")
    frame = program.evaluator.any_call(program.module(), program.function("home"))
    [entry] = [entry for entry in program.project.entries if entry.scope.name == "home"]
    return len(program.project.ask(Drains).of(entry, frame))


ANSWER = "return StreamingResponse(engine.query({}).response_gen)"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (TEXT + "return text", 1),
        (TEXT + "return 'done'", 1),
        (TEXT + ANSWER.format("text"), 0),
        (TEXT + ANSWER.format("name"), 0),
        (TEXT + "print(text)\n    " + ANSWER.format("text"), 0),
        (TEXT + "more = engine.query(text)\n    again = engine.query(text)\n    return str(again)", 1),
        (TEXT + "more = engine.query(text)\n    return [more, text]", 1),
        (f"if name:\n        {TEXT}    return text\n    {ANSWER.format('name')}", 0),
        ("text = ''.join(engine.query(name).response_gen) if name else ''\n    return text", 1),
        ("return StreamingResponse(engine.query(name).response_gen)", 0),
    ],
)
def test_what_a_handler_swallows(body: str, expected: int) -> None:
    assert swallowed(body) == expected


def derived(body: str, route: str = ROUTE) -> set[str]:
    program = Program(f"{route}    {body}\n")
    frame = program.evaluator.any_call(program.module(), program.function("home"))
    [drain] = program.project.ask(Drains).in_frame(frame)
    return set(program.project.ask(Drains).derived(drain, frame))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (TEXT, {"text"}),
        (TEXT + "shown = text.strip()\n    both = shown + name", {"text", "shown", "both"}),
        (TEXT + "other = name", {"text"}),
        ("text = ''\n    other = text\n    text = ''.join(engine.query(name).response_gen)", {"text"}),
        ("text = ''\n    text += ''.join(engine.query(name).response_gen)", {"text"}),
        ("rows = {}\n    rows['text'] = ''.join(engine.query(name).response_gen)\n    return rows", {"rows"}),
        ("rows = {}\n    rows['q'] = name\n    both = ''.join(engine.query(name).response_gen)", {"both"}),
        (TEXT + "name += text", {"text", "name"}),
        (TEXT + "for one in text:\n        print(one)", {"text"}),
        (
            "text = ''\n    for token in engine.query(name).response_gen:\n        text += token\n    both = text",
            {"text", "both"},
        ),
    ],
)
def test_which_names_hold_the_text(body: str, expected: set[str]) -> None:
    assert derived(body) == expected


@pytest.mark.parametrize(("first", "second"), [("text", "title"), ("title", "text")])
def test_what_runs_beside_the_drain_does_not_hold_the_text(first: str, second: str) -> None:
    coroutines = {"text": "keep(''.join(engine.query(name).response_gen))", "title": "find(name)"}
    gathered = f"{first}, {second} = await gather({coroutines[first]}, {coroutines[second]})"
    assert derived(gathered, ROUTE.replace("def home", "async def home")) == {"text"}


STREAM = "engine.query(name).response_gen"


def taken(body: str) -> int:
    program = Program(f"{ROUTE}    {body}\n")
    frame = program.evaluator.any_call(program.module(), program.function("home"))
    return len(program.project.ask(Drains).in_frame(frame))


@pytest.mark.parametrize("name", ["list", "tuple", "set", "sorted", "sum", "max", "min", "dict"])
def test_what_collects_all_tokens(name: str) -> None:
    assert taken(f"text = {name}({STREAM})") == 1


@pytest.mark.parametrize("name", ["append", "extend", "add", "insert", "update", "appendleft"])
def test_loops_that_gather(name: str) -> None:
    assert taken(f"parts = []\n    for token in {STREAM}:\n        parts.{name}(token)") == 1


@pytest.mark.parametrize(("value", "expected"), [("1", 1), ("token", 0), ("[token]", 0), ("text", 0)])
def test_what_a_loop_stores_besides(value: str, expected: int) -> None:
    loop = f"text = ''\n    for token in {STREAM}:\n        name.last = {value}\n        text += token\n    return text"
    assert taken(loop) == expected


def test_what_is_gathered_for_others() -> None:
    assert taken(f"for token in {STREAM}:\n        parts.append(token)") == 0
    loop = f"    for token in {STREAM}:\n        parts.append(token)\n"
    program = Program(ROUTE.replace("app =", "parts = []\napp =") + loop)
    frame = program.evaluator.any_call(program.module(), program.function("home"))
    assert program.project.ask(Drains).in_frame(frame) == ()


@pytest.mark.parametrize(
    "call",
    [
        *(
            "print",
            "len",
            "str",
            "repr",
            "isinstance",
            "hasattr",
            "getattr",
            "bool",
            "int",
            "float",
            "type",
            "id",
            "hash",
            "ord",
        ),
        *(
            f"logger.{level}"
            for level in ("debug", "info", "warning", "error", "exception", "critical", "log", "trace")
        ),
    ],
)
def test_what_may_stand_beside_in_a_loop_that_gathers(call: str) -> None:
    loop = f"text = ''\n    for token in {STREAM}:\n        {{}}(token)\n        text += token\n    return text"
    assert taken(loop.format(call)) == 1
    assert taken(loop.format("send")) == 0


@pytest.mark.parametrize(
    "body", [f"for token in {STREAM}:\n        send(token)", f"iter({STREAM})", "engine.query(name)"]
)
def test_what_takes_no_tokens(body: str) -> None:
    assert taken(body) == 0


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (f"return StreamingResponse({STREAM})", "reranking"),
        ("yield name", "reranking"),
        ("return name", ""),
        ("return", ""),
    ],
)
def test_heavy_work_by_its_name_matters_where_a_route_streams(answer: str, kind: str) -> None:
    assert named_heavy(ROUTE, f"«rerank(name)»\n    {answer}") == kind


def test_heavy_work_by_its_name_in_a_dependency_is_no_route_s() -> None:
    route = ROUTE.replace('@app.get("/")\n', "").replace("import FastAPI", "import Depends, FastAPI")
    asking = '\n\n@app.get("/")\nasync def other(found=Depends(home)): ...'
    assert named_heavy(route, f"«rerank(name)»\n    yield name{asking}") == ""


def named_heavy(route: str, body: str) -> str:
    program = Program(f"{route.replace('def home', 'async def home')}    {body}\n")
    [entry] = [entry for entry in program.project.entries if entry.scope.name == "home"]
    call, frame = program.at()
    return program.project.ask(NamedHeavy).of_call(call, entry, frame)  # type: ignore[arg-type]  # a call


@pytest.mark.parametrize(
    ("use", "kind"),
    [
        ("«rerank(name)»", "reranking"),
        ("found = «rerank(name)»", "reranking"),
        ("found = «rerank(name)»\n    print(found)", "reranking"),
        ("found = «rerank(name)»\n    await found", ""),
        ("await «rerank(name)»", ""),
        ("found = «rerank(name)»\n    await gather(found)", ""),
        ("found = «rerank(name)»\n    task = create_task(coro=found)", ""),
        ("found = «rerank(name)»\n    async for one in found:\n        pass", ""),
        ("found = «rerank(name)»\n    async with found:\n        pass", ""),
        ("print(«rerank(name)»)", ""),
        ("«Rerank(name)»", ""),
        ("«order(name)»", ""),
    ],
)
def test_a_name_that_speaks_of_heavy_work(use: str, kind: str) -> None:
    assert named_heavy(ROUTE, f"{use}\n    return StreamingResponse({STREAM})") == kind


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("helper()", {"helper"}),
        ("asyncio.run(waiting())", set()),
        ("work = waiting()\n    asyncio.run(work)", set()),
        ("work = waiting()\n    print(work)", {"waiting"}),
        ("yield from steps()", {"steps"}),
        ("for step in steps():\n        pass", {"steps"}),
        ("with Box():\n        pass", {"__init__", "__enter__", "__exit__"}),
        ("for step in Box():\n        pass", {"__init__", "__iter__"}),
        ("yield from Box()", {"__init__", "__iter__"}),
        ("Box()()", {"__init__", "__call__"}),
        ("given(waiting)", {"waiting"}),
        ("given(key=waiting)", {"waiting"}),
        ("given(helper)", set()),
        ("asyncio.to_thread(helper)", set()),
        ("functools.partial(helper, 1)()", {"helper"}),
    ],
)
def test_which_functions_run_with_a_function(body: str, expected: set[str]) -> None:
    program = Program(f"{CALLEES}    {body}\n")
    module = program.module()
    found = program.project.reach.callees(module, program.function("home"))
    assert {module.scopes[function.scope].name for function, _ in found} == expected


CALLEES = """\
import asyncio
import functools


class Box:
    def __init__(self): ...
    def __enter__(self): ...
    def __exit__(self, *error): ...
    def __iter__(self): ...
    def __call__(self): ...


def helper(): ...


async def waiting(): ...


def steps():
    yield 1


def home():
"""


HELPERS = """

def shown(stream, kept):
    for token in stream:
        {body}


name = []
«shown(engine.query("a").response_gen, {given})»
"""


@pytest.mark.parametrize(
    ("body", "given", "expected"),
    [
        ("kept.append(token)", "[]", (0, 0)),
        ("kept.append(token)", "name", (1, 1)),
        ("kept += token", "name", (1, 1)),
        ("print(token)", "name", (0, 0)),
        ("print(kept)", "name", (1, 0)),
    ],
    ids=["kept nowhere", "kept", "added", "printed", "handed on"],
)
def test_a_helper_is_looked_into_only_where_it_may_give_something(
    body: str, given: str, expected: tuple[int, int]
) -> None:
    program = Program(ROUTE + "    return name\n" + HELPERS.format(body=body, given=given))
    drains, (_, frame) = program.project.ask(Drains), program.at()
    found = drains.in_frame(frame)
    looked = [key for key in program.evaluator.solver.answers if isinstance(key, tuple) and key[0] == "takings"]
    assert (len(looked) - 1, len(found)) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("parts = json.loads(text)", {"text"}),
        ("parts = [text]\n    parts = json.loads(text)", {"text"}),
        ("parts = []\n    parts.append(json.loads(text))", {"text"}),
        ("parts = []\n    parts.append(text)\n    parts.append(json.loads(text))", {"text", "parts"}),
        ("parts = {}\n    parts['all'] = text\n    parts['read'] = json.loads(text)", {"text", "parts"}),
    ],
)
def test_what_is_read_from_the_text_does_not_take_it_out_of_a_container(body: str, expected: set[str]) -> None:
    program = Program(f"import json\n{ROUTE}    {TEXT}{body}\n")
    frame = program.evaluator.any_call(program.module(), program.function("home"))
    drains = program.project.ask(Drains)
    [drain] = drains.in_frame(frame)
    assert set(drains.derived(drain, frame, as_text=True)) == expected


SOCKET = """\
from fastapi import FastAPI, WebSocket
from llama_index.core import VectorStoreIndex

app = FastAPI()
engine = VectorStoreIndex([]).as_query_engine(streaming=True)


@app.websocket("/")
async def home(socket: WebSocket, name: str):
    stream, text = engine.query(name).response_gen, ""
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("for token in stream:\n        text += token\n    await socket.send_text(text)", 1),
        ("for token in stream:\n        text += token\n        await socket.send_text(token)", 0),
        (
            "for token in stream:\n        text += token\n    for other in name:\n        await socket.send_text(text)",
            1,
        ),
        (
            "for token in stream:\n        await socket.send_text(token)\n    "
            "text = ''.join(engine.query(name).response_gen)\n    await socket.send_text(text)",
            0,
        ),
        (
            "for other in name:\n        print(other)\n    text = ''.join(stream)\n    await socket.send_text(text)",
            1,
        ),
        (
            "for other in name:\n        print(other)\n    "
            "for token in stream:\n        await socket.send_text(token)\n    "
            "text = ''.join(engine.query(name).response_gen)\n    await socket.send_text(text)",
            0,
        ),
    ],
    ids=["summary", "each", "others", "both", "other-loop", "loops"],
)
def test_what_is_sent_behind_a_loop_that_sends_each_token_is_a_summary(body: str, expected: int) -> None:
    program = Program(f"{SOCKET}    {body}\n")
    frame = program.evaluator.any_call(program.module(), program.function("home"))
    [entry] = [entry for entry in program.project.entries if entry.scope.name == "home"]
    assert len(program.project.ask(Drains).of(entry, frame)) == expected
