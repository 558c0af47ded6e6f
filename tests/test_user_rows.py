"""Every key that docs/configuration.md gives for the user's own tables changes what is found, and a wrong row is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from streamlint.knowledge import Knowledge, user_rows
from streamlint.knowledge.extended import LISTS
from streamlint.knowledge.table import read
from tests.conftest import Streamlint, Write

DOCUMENT = Path(__file__).parent.parent / "docs" / "configuration.md"
KNOWLEDGE = Path(user_rows.__file__).parent
TABLES = ("blocking-calls", "off-loop", "entry-points", "responses", "resources", "contexts", "shared-state")
Row = Mapping[str, str | int | bool]

PRINTER = "def print_label(text):\n    return text\n"
BUS = """\
def listen(*options, **more):
    return handlers.append


def register(topic, function, path=None):
    handlers.append((topic, path, function))
"""
POOL = "def in_pool(*given, **named):\n    return _pool.submit(given, named)\n"

LABEL = """\
import asyncio

from fastapi import FastAPI

from shop.printer import print_label

app = FastAPI()


@app.get("/label")
async def label(text: str):
    print_label(text)
    await asyncio.sleep(0)
    return {}
"""
DECORATED = """\
import time

from shop.bus import listen


@listen{options}
{kind}def order(message):
    time.sleep(1)
"""
REGISTERED = """\
import time

from shop.bus import register


async def order(message):
    time.sleep(1)


register({arguments})
"""
HANDED = """\
import requests
from fastapi import FastAPI

from shop.pool import in_pool

app = FastAPI()


def session(*given):
    return requests.Session()


@app.get("/page")
async def page(url: str):
    made = {call}
    return {{"text": made.get(url).text}}
"""


@pytest.fixture
def shop(write: Write) -> None:
    write("shop/__init__.py", "from shop.bus import *\nfrom shop.printer import print_label as print_it\n")
    write("shop/printer.py", PRINTER)
    write("shop/bus.py", BUS)
    write("shop/pool.py", POOL)


def toml(table: str, *rows: Row) -> str:
    def line(name: str, value: object) -> str:
        return f"{name} = {json.dumps(value)}"

    return "\n\n".join(f"[[{table}]]\n" + "\n".join(line(name, value) for name, value in row.items()) for row in rows)


def told(write: Write, streamlint: Streamlint, text: str, table: str = "", row: Row | None = None) -> list[str]:
    """The findings of a program as code and message, and what is said of each fix."""
    write("streamlint.toml", toml(table, row) if row is not None else "")
    write("main.py", text)
    result = streamlint("--output-format", "json", "main.py")
    assert result.exit_code in (0, 1), result.output
    found = json.loads(result.stdout)["findings"]
    return [f"{each['code']} {each['severity']} {each['message']} {each['help']} {each['fix']}" for each in found]


# Calls that hold their thread


@pytest.mark.usefixtures("shop")
def test_a_blocking_call_of_the_project_itself(write: Write, streamlint: Streamlint) -> None:
    row: dict[str, str | int | bool] = {"name": "shop.printer.print_label"}

    def found(**keys: str | bool) -> str:
        (one,) = told(write, streamlint, LABEL, "blocking-calls", {**row, **keys})
        return one

    assert told(write, streamlint, LABEL) == []
    assert found().startswith("STL203 error `print_label` holds the event loop")
    assert found(tier="likely").startswith("STL203 warning")
    assert "use `aprinter.print_label`" in found(replacement="aprinter.print_label")
    assert found(**{"thread-safe": True}) != found(**{"thread-safe": False})


@pytest.mark.usefixtures("shop")
def test_the_reason_of_a_blocking_call_is_told_behind_a_helper(write: Write, streamlint: Streamlint) -> None:
    helper = (
        LABEL.replace("    print_label(text)\n", "    send(text)\n") + "\n\ndef send(text):\n    print_label(text)\n"
    )
    write(
        "streamlint.toml",
        toml("blocking-calls", {"name": "shop.printer.print_label", "reason": "waits for the printer"}),
    )
    write("main.py", helper)
    assert "`shop.printer.print_label` waits for the printer" in streamlint("--output-format", "full", "main.py").stdout


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("name", ["shop.printer.print_label", "shop.print_it"])
def test_a_function_is_known_by_each_name_that_imports_it(write: Write, streamlint: Streamlint, name: str) -> None:
    assert len(told(write, streamlint, LABEL, "blocking-calls", {"name": name})) == 1


def test_a_blocking_call_of_a_package_that_is_not_there(write: Write, streamlint: Streamlint) -> None:
    assert len(told(write, streamlint, LABEL, "blocking-calls", {"name": "shop.printer.print_label"})) == 1


# Calls that run a function elsewhere


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("call", "row", "codes"),
    [
        ("await in_pool(session, url)", {}, {"STL203"}),
        ("await in_pool(session, url)", {"kind": "thread"}, {"STL203"}),
        ("await in_pool(session, url)", {"kind": "loop"}, set()),
        ("await in_pool('llm', session, url)", {}, set()),
        ("await in_pool('llm', session, url)", {"position": 1}, {"STL203"}),
        ("await in_pool(target=session)", {}, set()),
        ("await in_pool(call=session)", {"keyword": "call"}, {"STL203"}),
        ("await in_pool(session)(url)", {}, set()),
        ("await in_pool(session)(url)", {"result": "callable"}, {"STL203"}),
    ],
)
def test_a_call_that_runs_a_function_elsewhere(
    write: Write, streamlint: Streamlint, call: str, row: Row, codes: set[str]
) -> None:
    program = HANDED.format(call=call)
    without = {line.split()[0] for line in told(write, streamlint, program)}
    found = {
        line.split()[0] for line in told(write, streamlint, program, "off-loop", {"name": "shop.pool.in_pool", **row})
    }
    assert (without & {"STL203"}, found & {"STL203"}) == (set(), codes)


# Calls and decorators that register functions


def orders(write: Write, streamlint: Streamlint, text: str, **keys: str | int | bool) -> list[str]:
    row = {key.replace("_", "-"): value for key, value in keys.items()}
    return [
        line.partition(" error ")[2].partition(" run ")[0]
        for line in told(write, streamlint, text, "entry-points", row)
    ]


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("options", ["", "()", "(topic='orders')"])
def test_a_decorator_registers_what_it_is_given(write: Write, streamlint: Streamlint, options: str) -> None:
    text = DECORATED.format(options=options, kind="async ")
    assert told(write, streamlint, text) == []
    assert len(orders(write, streamlint, text, name="shop.bus.listen")) == 1
    assert len(orders(write, streamlint, text, name="shop.listen")) == 1


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(("options", "count"), [("", 0), ("('orders')", 1)])
def test_a_factory_is_no_bare_decorator_unless_its_row_says_so(
    write: Write, streamlint: Streamlint, options: str, count: int
) -> None:
    text = DECORATED.format(options=options, kind="async ")
    assert len(orders(write, streamlint, text, name="shop.bus.listen", factory=True)) == count
    assert len(orders(write, streamlint, text, name="shop.bus.listen", factory=True, handler=0)) == 1


@pytest.mark.usefixtures("shop")
def test_the_keys_of_a_decorator(write: Write, streamlint: Streamlint) -> None:
    text = DECORATED.format(options="('/orders', of='/all')", kind="async ")
    name = "shop.bus.listen"

    def found(**keys: str | int | bool) -> str:
        return "".join(orders(write, streamlint, text, name=name, **keys))

    assert "while `/orders` waits" in found(factory=True, path=0)
    assert "while `/all` waits" in found(factory=True, path_keyword="of")
    assert "while route `order` waits" in found(factory=True)
    assert "while websocket `order` waits" in found(factory=True, kind="websocket")
    assert "while callback `order` waits" in found(factory=True, kind="callback")
    assert found(factory=True, kind="startup") == found(factory=True, off_path=True) == ""
    assert found(factory=True, framework="flask") == ""
    assert found(factory=True, framework="quart") != ""
    assert found(**{"factory": True, "async": "private loop"}) == ""


@pytest.mark.usefixtures("shop")
def test_who_runs_a_function_that_is_not_asynchronous(write: Write, streamlint: Streamlint) -> None:
    text = DECORATED.format(options="", kind="")
    assert "holds the event loop while route `order` waits" in "".join(
        orders(write, streamlint, text, name="shop.bus.listen")
    )
    assert orders(write, streamlint, text, name="shop.bus.listen", sync="thread pool") == []


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("arguments", "keys", "count"),
    [
        ("'orders', order", {}, 0),
        ("'orders', order", {"handler": 1}, 1),
        ("'orders', function=order", {"handler": 1}, 0),
        ("'orders', function=order", {"handler_keyword": "function"}, 1),
        ("'orders', function=order", {"handler": 1, "handler_keyword": "function"}, 1),
    ],
)
def test_a_call_registers_the_function_that_it_is_given(
    write: Write, streamlint: Streamlint, arguments: str, keys: Mapping[str, str | int | bool], count: int
) -> None:
    text = REGISTERED.format(arguments=arguments)
    assert len(orders(write, streamlint, text, name="shop.bus.register", **keys)) == count


# Responses, resources, contexts, shared state

ANSWERED = """\
from fastapi import FastAPI
from llama_index.core import VectorStoreIndex

from shop.web import answer

app = FastAPI()
engine = VectorStoreIndex([]).as_query_engine(streaming=True)


@app.get("/ask")
def ask(question: str):
    response = engine.query(question)
    return answer({given})
"""
LEASED = """\
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from shop.web import lease

app = FastAPI()


def texts(connection):
    for row in connection.rows():
        yield row


@app.get("/rows")
def rows():
    with lease() as connection:
        return StreamingResponse(texts(connection), media_type="text/plain")
"""
VISITED = """\
from flask import Flask, Response

from shop.web import visitor

app = Flask(__name__)


@app.get("/hello")
def hello():
    def texts():
        yield "hello "
        yield visitor.name

    return Response(texts(), mimetype="text/plain")
"""
GUARDED = """\
import time

from fastapi import FastAPI

from shop.web import guarded

app = FastAPI()


@app.get("/page")
async def page():
    with guarded():
        time.sleep(1)
    return {}
"""


@pytest.fixture
def web(write: Write) -> None:
    write("shop/__init__.py", "")
    write(
        "shop/web.py",
        "def answer(*given, **named):\n    return make(given, named)\n\n\n"
        "def lease():\n    return pool.take()\n\n\ndef guarded():\n    return pool.take()\n\n\nvisitor = made()\n",
    )


def codes(found: list[str]) -> set[str]:
    return {line.split()[0] for line in found}


@pytest.mark.usefixtures("web")
@pytest.mark.parametrize(
    ("given", "keys", "found"),
    [
        ("response.response_gen", None, set()),
        ("response.response_gen", {}, {"STL103"}),
        ("response.response_gen", {"streaming": True, "content": 0}, set()),
        ("200, response", {"streaming": True, "content": 0}, set()),
        ("200, response", {"streaming": True, "content": 1}, {"STL105"}),
        ("of=response", {"streaming": True, "content-keyword": "of"}, {"STL105"}),
        ("response.response_gen", {"content": 0, "streaming": True, "media-type": "text/event-stream"}, {"STL109"}),
        (
            "response.response_gen",
            {"content": 0, "streaming": True, "media-type": "text/event-stream", "frames-sse": True},
            set(),
        ),
    ],
)
def test_a_response_of_the_project(
    write: Write, streamlint: Streamlint, given: str, keys: Row | None, found: set[str]
) -> None:
    row = {"name": "shop.web.answer", "framework": "starlette", **keys} if keys is not None else None
    assert codes(told(write, streamlint, ANSWERED.format(given=given), "responses", row)) == found


def test_every_key_of_a_response_is_read() -> None:
    row = {
        "name": "shop.web.answer", "framework": "flask", "streaming": True, "content": 1, "content-keyword": "body",
        "media-type": "text/html", "media-type-keyword": "kind", "media-type-position": 2, "sync-iterator": "drained",
        "async-iterator": "refused", "sync-iterator-wsgi": "event loop", "async-iterator-wsgi": "text", "frames-sse": True,
        "frames-sse-as-class": True, "by-hand": True, "file": True, "variadic": True, "takes-text": True,
        "heartbeat": 15, "heartbeat-keyword": "ping", "accel-header": True, "as-view": True,
    }  # fmt: skip
    assert set(row) == set(user_rows.keys("responses"))
    full = Knowledge({"responses": [row]}).responses.response("shop.web.answer")
    for key in row.keys() - {"name"}:
        others = {name: value for name, value in row.items() if name != key}
        if key == "framework":
            others["framework"] = "quart"
        assert Knowledge({"responses": [others]}).responses.response("shop.web.answer") != full, key


@pytest.mark.usefixtures("web")
@pytest.mark.parametrize(("end", "part"), [("closed", "closed"), ("released", "released"), ("over", "has ended")])
def test_a_resource_of_the_project(write: Write, streamlint: Streamlint, end: str, part: str) -> None:
    assert told(write, streamlint, LEASED) == []
    (found,) = told(write, streamlint, LEASED, "resources", {"name": "shop.web.lease", "end": end})
    assert found.startswith("STL303")
    assert part in found


@pytest.mark.usefixtures("web")
def test_an_object_that_lives_as_long_as_a_view(write: Write, streamlint: Streamlint) -> None:
    row = {"name": "shop.web.visitor", "framework": "flask"}
    assert told(write, streamlint, VISITED) == []
    assert codes(told(write, streamlint, VISITED, "contexts", row)) == {"STL304"}
    assert told(write, streamlint, VISITED, "contexts", {**row, "framework": "quart"}) == []


@pytest.mark.usefixtures("web")
@pytest.mark.parametrize("kind", ["lock", "manager", "process"])
def test_what_a_repair_must_know_of_the_project(write: Write, streamlint: Streamlint, kind: str) -> None:
    program = GUARDED if kind != "process" else GUARDED.replace("with guarded():\n        ", "guarded()\n    ")
    (without,) = told(write, streamlint, program)
    (found,) = told(write, streamlint, program, "shared-state", {"name": "shop.web.guarded", "kind": kind})
    assert without != found


def test_every_kind_of_shared_state_is_read() -> None:
    plain = Knowledge().shared_state
    for kind in user_rows.keys("shared-state")["kind"].choices:
        row = {"name": "shop.f", "kind": kind}
        assert Knowledge({"shared-state": [row]}).shared_state != plain, kind
    kept = [
        Knowledge({"shared-state": [{"name": "shop.f", "kind": "cache", "keeps": how}]})
        for how in ("function", "while")
    ]
    assert [("shop.f" in one.shared_state.lasting_caches) for one in kept] == [True, False]


def test_how_a_call_runs_a_function_beside_its_caller() -> None:
    row = {"name": "shop.f", "kind": "task", "beside": True, "outlives": True, "variadic": True}
    call = Knowledge({"off-loop": [row]}).off_loop.call("shop.f")
    assert call is not None
    assert (call.beside, call.outlives, call.variadic) == (True, True, True)


# Lists of names

SENT = """\
from fastapi import FastAPI, WebSocket
from llama_index.core.llms import MockLLM

from shop.web import push

app = FastAPI()
llm = MockLLM()


@app.websocket("/ask")
async def ask(socket: WebSocket):
    await socket.accept()
    async for chunk in await llm.astream_complete("?"):
        await push(chunk.text)
"""


def test_a_function_of_the_project_that_sends_a_piece(write: Write, streamlint: Streamlint) -> None:
    write("shop/__init__.py", "")
    write("shop/web.py", "async def push(text):\n    await sockets[0].send_str(text)\n")
    write("main.py", SENT)

    def found(text: str) -> set[str]:
        write("streamlint.toml", text)
        result = streamlint("--output-format", "json", "main.py")
        assert result.exit_code in (0, 1), result.output
        return {each["code"] for each in json.loads(result.stdout)["findings"]}

    assert found("") == set()
    assert found("[names.cumulative]\nappending = ['shop.web.push']\n") == {"STL110"}
    assert found("[names.cumulative]\nmessages = ['shop.web.push']\n") == {"STL110"}


def test_every_open_list_grows() -> None:
    for table in LISTS:
        for key in read(table).values:
            knowledge = Knowledge(listed={table: {key: ["shop.f"]}})
            assert knowledge.names(table, key) == Knowledge().names(table, key) | {"shop.f"}
            assert knowledge.told == ("shop.f",)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("names = 3", ["`names`", "must be a table of tables of lists"]),
        ("[names]\nrecord = {}", ["`names.record`", "did you mean `records`?"]),
        ("[names]\nrecords = ['say']", ["`names.records`", "must be a table of lists"]),
        (
            "[names.records]\nlogger = ['shop.log']",
            ["`names.records.logger`", "did you mean `loggers`?", "log-methods"],
        ),
        ("[names.records]\nloggers = 'shop.log'", ["`names.records.loggers`", "must be a list of strings"]),
        (
            "[names.records]\nloggers = ['log']",
            ["`names.records.loggers`", "must hold dotted names, as `", "not 'log'"],
        ),
        ("[names.records]\nlog-methods = ['.trace()']", ["`names.records.log-methods`", "must hold names, as `"]),
        ("[names.disconnects]\nasks = ['']", ["`names.disconnects.asks`", "must hold dotted names"]),
    ],
)
def test_a_list_that_cannot_be_used_is_refused(
    write: Write, streamlint: Streamlint, text: str, parts: list[str]
) -> None:
    write("streamlint.toml", text)
    result = streamlint()
    assert result.exit_code == 2
    for part in ("streamlint.toml", *parts):
        assert part in result.stderr


# Wrong rows


@pytest.mark.parametrize(
    ("table", "row", "key", "parts"),
    [
        ("blocking-calls", {"reason": "waits"}, "name", ["must be the dotted name", "row 1"]),
        ("blocking-calls", {"name": "print_label"}, "name", ["must be the dotted name"]),
        ("blocking-calls", {"name": "shop.print-label"}, "name", ["must be the dotted name"]),
        ("blocking-calls", {"name": "shop.class.f"}, "name", ["must be the dotted name"]),
        ("blocking-calls", {"name": "shop.f", "reason": ""}, "reason", ["must not be empty"]),
        ("off-loop", {"name": "shop.f", "keyword": "a b"}, "keyword", ["must be the name of an argument, not `a b`"]),
        ("off-loop", {"name": "shop.f", "keyword": "f", "position": 1}, "keyword", ["says another place", "row 1"]),
        (
            "responses",
            {"name": "shop.f", "framework": "flask", "content-keyword": "a.b"},
            "content-keyword",
            ["must be the name of an argument"],
        ),
        ("blocking-calls", {"name": "shop.f", "tier": "sure"}, "tier", ["must be one of certain, likely, not `sure`"]),
        ("blocking-calls", {"name": "shop.f", "thread_safe": True}, "thread_safe", ["did you mean `thread-safe`?"]),
        (
            "blocking-calls",
            {"name": "shop.f", "thread-safe": "yes"},
            "thread-safe",
            ["must be true or false, not a string"],
        ),
        ("off-loop", {"name": "shop.f", "kind": "treads"}, "kind", ["did you mean `thread`?"]),
        ("off-loop", {"name": "shop.f", "position": -1}, "position", ["must be a position from 0, not -1"]),
        ("off-loop", {"name": "shop.f", "position": True}, "position", ["must be a number, not true or false"]),
        ("off-loop", {"name": "shop.f", "result": "value"}, "result", ["must be one of coroutine, callable"]),
        ("responses", {"name": "shop.f"}, "framework", ["must be given: one of", "fastapi"]),
        (
            "responses",
            {"name": "shop.f", "framework": "flask", "sync-iterator": "threadpool"},
            "sync-iterator",
            ["did you mean `thread pool`?"],
        ),
        ("responses", {"name": "shop.f", "framework": "flask", "docs": "https"}, "docs", ["is no key of such a row"]),
        ("resources", {"name": "shop.f"}, "end", ["must be given: one of closed, reopened, released, over"]),
        ("contexts", {"name": "shop.f", "framework": "fastapi"}, "framework", ["must be one of flask, quart"]),
        ("shared-state", {"name": "shop.f", "kind": "locks"}, "kind", ["did you mean `lock`?"]),
        ("off-loop", {"name": "shop.f", "outlive": True}, "outlive", ["did you mean `outlives`?"]),
        ("entry-points", {"name": "shop.f", "kind": "rout"}, "kind", ["did you mean `route`?"]),
        ("entry-points", {"name": "shop.f", "kind": "include"}, "kind", ["must be one of route"]),
        ("entry-points", {"name": "shop.f", "framework": "fastapy"}, "framework", ["did you mean `fastapi`?"]),
        (
            "entry-points",
            {"name": "shop.f", "methods": "GET"},
            "methods",
            ["is no key of such a row", "known keys: name"],
        ),
    ],
)
def test_a_row_that_cannot_be_used_is_refused(
    write: Write, streamlint: Streamlint, table: str, row: Row, key: str, parts: list[str]
) -> None:
    write("streamlint.toml", toml(table, row))
    result = streamlint()
    assert result.exit_code == 2
    for part in ("streamlint.toml", f"`{table}.{key}`", *parts):
        assert part in result.stderr


def test_the_document_names_every_key() -> None:
    text = DOCUMENT.read_text("utf-8")
    for table in TABLES:
        row = next(line for line in text.splitlines() if line.startswith(f"| `{table}` |"))
        documented = set(re.findall(r"`([a-z-]+)`", row.partition("the keys:")[2]))
        assert documented >= set(user_rows.keys(table))
        assert documented >= {choice for name in ("tier", "result") for choice in choices(table, name)}


def test_the_document_tells_of_every_open_list_what_its_legend_does() -> None:
    text = DOCUMENT.read_text("utf-8")
    for table in LISTS:
        legend = KNOWLEDGE.joinpath(f"{table}.toml").read_text("utf-8")
        said = dict[str, str]()
        for names, meaning in re.findall(r"^# ((?:\[[a-z-]+\],? ?)+) +(\S.*)$", legend, re.MULTILINE):
            lists = re.findall(r"\[([a-z-]+)\]", names)
            said.update(dict.fromkeys(lists, meaning))
            assert f"| `{table}` | {', '.join(f'`{name}`' for name in lists)} | {meaning} |" in text
        assert set(said) == set(read(table).values)


def choices(table: str, name: str) -> tuple[str, ...]:
    key = user_rows.keys(table).get(name)
    return key.choices if key is not None else ()
