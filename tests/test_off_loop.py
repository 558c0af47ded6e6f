"""What a repair of a held loop must not break: callers and holders, shared state, context, and what comes later."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from streamlint.config import Config, Selection
from streamlint.finding import Finding
from streamlint.fix import Level
from streamlint.run import Request, run

HEAD = "import time\n\nimport requests\nfrom fastapi import FastAPI, Request\n\napp = FastAPI()\n\n\n"
CHAT = '@app.get("/chat")\nasync def chat(url: str):\n    return requests.get(url).text\n\n\n'


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def findings(folder: Path) -> tuple[Finding, ...]:
    chosen = Selection(select=("STL2",))
    return run(Request((folder,), Config(root=folder), chosen, Level.UNSAFE, root=folder)).findings


def fixed(folder: Path, files: Mapping[str, str], name: str = "application.py", level: Level = Level.SAFE) -> str:
    """The text of one file after `--fix`, or as it was."""
    write(folder, files)
    outcome = run(Request((folder,), Config(root=folder), Selection(select=("STL2",)), level, True, root=folder))
    changed = [change.after.text for change in outcome.changes if change.after.path.name == name]
    return changed[0] if changed else files[name]


def helps(folder: Path, files: Mapping[str, str]) -> list[str]:
    write(folder, files)
    return [finding.help for finding in findings(folder)]


# Callers and holders


def test_a_route_of_its_own_becomes_a_def(tmp_path: Path) -> None:
    text = fixed(tmp_path, {"application.py": HEAD + CHAT})
    assert "\ndef chat(url: str):\n    return requests.get(url).text" in text


@pytest.mark.parametrize(
    "files",
    [
        {"jobs.py": "from application import chat\n\n\nasync def nightly():\n    return await chat('x')\n"},
        {"jobs.py": "from application import chat\n\nHANDLERS = {'chat': chat}\n"},
        {
            "tests/test_chat.py": "from application import chat\n\n\nasync def test_chat():\n    assert await chat('x')\n"
        },
        {"jobs.py": "import asyncio\n\nfrom application import chat\n\nasyncio.run(chat('x'))\n"},
    ],
    ids=["awaited", "held", "test", "run"],
)
def test_a_route_that_others_use_stays_async(files: dict[str, str], tmp_path: Path) -> None:
    text = fixed(tmp_path, {"application.py": HEAD + CHAT, **files})
    assert "async def chat" in text
    assert "await run_in_threadpool(requests.get, url)" in text


def test_a_route_that_a_table_of_its_own_module_holds_stays_async(tmp_path: Path) -> None:
    text = fixed(tmp_path, {"application.py": HEAD + CHAT + 'HANDLERS = {"chat": chat}\n'})
    assert "async def chat" in text
    assert "await run_in_threadpool(requests.get, url)" in text


@pytest.mark.parametrize(
    "decorator",
    [
        "def kept(function):\n    async def inner(url: str):\n        return await function(url)\n\n    return inner\n\n\n",
        "from aiocache import cached as kept\n\n\n",
    ],
    ids=["project", "outside"],
)
def test_a_route_behind_a_decorator_stays_async(decorator: str, tmp_path: Path) -> None:
    text = fixed(tmp_path, {"application.py": HEAD + decorator + CHAT.replace("\nasync def", "\n@kept\nasync def")})
    assert "async def chat" in text
    assert "await run_in_threadpool(requests.get, url)" in text


# Shared state and context across modules

STATE = "counter = {'n': 0}\nseen = []\n\n\ndef note(url):\n    seen.append(url)\n"
CONTEXT = "from contextvars import ContextVar\n\nuser = ContextVar('user', default='')\n\n\ndef who():\n    return user.get()\n"


@pytest.mark.parametrize(
    ("imports", "line"),
    [
        ("from state import counter", "counter['n'] += 1"),
        ("import state", "state.counter['n'] = 1"),
        ("import state", "state.last = url"),
        ("from state import note", "note(url)"),
        ("from context import user", "user.set(url)"),
        ("from context import who", "print(who())"),
        ("import context", "print(context.user.get())"),
    ],
)
def test_state_of_another_module_keeps_a_route_on_the_loop(imports: str, line: str, tmp_path: Path) -> None:
    body = CHAT.replace("    return", f"    {line}\n    return")
    files = {"application.py": f"{imports}\n{HEAD}{body}", "state.py": STATE, "context.py": CONTEXT}
    text = fixed(tmp_path, files)
    assert "async def chat" in text
    assert "await run_in_threadpool(requests.get, url)" in text


def test_reading_what_nobody_writes_here_does_not(tmp_path: Path) -> None:
    body = CHAT.replace("    return", "    print(counter['n'])\n    return")
    text = fixed(tmp_path, {"application.py": f"from state import counter\n{HEAD}{body}", "state.py": STATE})
    assert "\ndef chat" in text


PAUSE = "import time\n\n\nasync def pause():\n    time.sleep(0.1)\n"
ROUTE = '@app.get("/ticket")\nasync def ticket():\n    {before}\n    await pause()\n    {after}\n'


@pytest.mark.parametrize(
    ("before", "after", "moves"),
    [
        ("number = counter['n'] + 1", "counter['n'] = number", False),
        ("counter['n'] = 1", "print(counter['n'])", False),
        ("print('start')", "counter['n'] += 1", True),
        ("print(counter['n'])", "print(counter['n'])", True),
        ("counter['n'] += 1", "counter['n'] -= 1", True),
        ("counter['n'] += 1", "counter['m'] = 1", True),
    ],
)
def test_a_coroutine_that_never_waited_is_asked_for_its_callers(
    before: str, after: str, moves: bool, tmp_path: Path
) -> None:
    route = f"from pauses import pause\n{HEAD}counter = {{'n': 0}}\n\n\n{ROUTE.format(before=before, after=after)}"
    text = fixed(tmp_path, {"application.py": route, "pauses.py": PAUSE}, "pauses.py")
    assert ("await asyncio.sleep(0.1)" in text) is moves


def test_every_call_of_the_coroutine_counts(tmp_path: Path) -> None:
    route = ROUTE.format(before="await pause()\n    number = counter['n'] + 1", after="counter['n'] = number")
    files = {"application.py": f"from pauses import pause\n{HEAD}counter = {{'n': 0}}\n\n\n{route}", "pauses.py": PAUSE}
    assert "time.sleep(0.1)" in fixed(tmp_path, files, "pauses.py")


def test_a_chain_that_is_too_long_to_follow_is_not_taken_for_harmless(tmp_path: Path) -> None:
    chain = (
        "".join(f"def step{n}():\n    return step{n + 1}()\n\n\n" for n in range(450))
        + "def step450():\n    return 1\n\n\n"
    )
    body = CHAT.replace("    return", "    step0()\n    return")
    text = fixed(tmp_path, {"application.py": HEAD + chain + body})
    assert "async def chat" in text


KEPT = """\
class Store:
    def __init__(self):
        self._number = 0

    @property
    def number(self):
        return self._number

    def count(self):
        self._number += 1


store = Store()
"""


@pytest.mark.parametrize(
    ("before", "after", "moves"),
    [
        ("number = store.number", "store.count()", False),
        ("text = open('n.txt').read()", "open('n.txt', 'w').write(text)", False),
        ("text = open('n.txt').read()", "open('m.txt', 'w').write(text)", True),
        ("number = getattr(store, 'number')", "setattr(store, 'number', number)", False),
        ("number = store.number; await asyncio.sleep(1)", "store.count()", True),
        ("number = store.number; await request.json()", "store.count()", False),
    ],
)
def test_two_uses_of_the_same_thing(before: str, after: str, moves: bool, tmp_path: Path) -> None:
    route = "@app.get('/')\nasync def home(request: Request):\n    await request.body()\n"
    body = f"    {before}\n    time.sleep(0.1)\n    {after}\n"
    text = fixed(tmp_path, {"application.py": f"import asyncio\n{HEAD}{KEPT}\n\n{route}{body}"})
    assert ("await asyncio.sleep(0.1)" in text) is moves


# What comes later

SHAPES = {
    "counted": "    for n, part in enumerate({call}):\n        yield part\n",
    "made": "    for part in {call}:\n        yield part\n",
    "named": "    parts = {call}\n    for part in parts:\n        yield part\n",
    "entered": "    with {call} as parts:\n        for part in parts:\n            yield part\n",
    "lines": "    with {call} as parts:\n        for part in parts.iter_lines():\n            yield part\n",
}
CALLS = {
    "openai": ("import openai\nc = openai.OpenAI()", "c.chat.completions.create(model='m', messages=[], stream=True)"),
    "openai manager": ("import openai\nc = openai.OpenAI()", "c.responses.stream(model='m', input=q)"),
    "openai raw": ("import openai\nc = openai.OpenAI()", "c.responses.with_streaming_response.create(model='m')"),
    "anthropic": ("import anthropic\nc = anthropic.Anthropic()", "c.messages.stream(model='m', messages=[])"),
    "mistral": ("from mistralai import Mistral\nc = Mistral()", "c.chat.stream(model='m', messages=[])"),
    "together": ("from together import Together\nc = Together()", "c.chat.completions.create(model='m', stream=True)"),
    "ollama": ("import ollama", "ollama.generate(model='m', prompt=q, stream=True)"),
    "replicate": ("import replicate", "replicate.stream('m', input=q)"),
    "gemini": ("import google.generativeai as g\nc = g.GenerativeModel()", "c.generate_content(q, stream=True)"),
    "hf": (
        "from huggingface_hub import InferenceClient\nc = InferenceClient()",
        "c.chat_completion(messages=[], stream=True)",
    ),
    "llama_cpp": ("from llama_cpp import Llama\nc = Llama(model_path='m')", "c.create_completion(q, stream=True)"),
    "httpx": ("import httpx", "httpx.stream('GET', q)"),
    "httpx client": ("import httpx\nc = httpx.Client()", "c.stream('GET', q)"),
    "httpx sent": ("import httpx\nc = httpx.Client()", "c.send(q, stream=True)"),
    "requests": ("import requests", "requests.get(q, stream=True)"),
    "urllib": ("import urllib.request", "urllib.request.urlopen(q)"),
    "redis": ("import redis\nc = redis.Redis()", "c.scan_iter(q)"),
    "langchain": ("from langchain_openai import ChatOpenAI\nc = ChatOpenAI()", "c.stream(q)"),
}
MANAGERS = ("openai raw", "httpx", "httpx client")
"""Calls that wait for nothing before what they give is entered; nobody can go over it without."""
RESPONSES = ("openai raw", "httpx", "httpx client", "httpx sent", "requests")
STREAM = """\
{imports}
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


async def events(q):
{body}

@app.get("/")
async def home(q: str):
    return StreamingResponse(events(q), media_type="text/plain")
"""


def _is_program(name: str, shape: str) -> bool:
    return name in RESPONSES if shape == "lines" else shape == "entered" or name not in MANAGERS


@pytest.mark.parametrize(("name", "shape"), [(n, s) for n in CALLS for s in SHAPES if _is_program(n, s)])
def test_nothing_waits_on_the_loop_in_silence(name: str, shape: str, tmp_path: Path) -> None:
    imports, call = CALLS[name]
    text = STREAM.format(imports=imports, body=SHAPES[shape].format(call=call))
    after = fixed(tmp_path, {"application.py": text}, level=Level.UNSAFE)
    takes_on_loop = "    for part in" in after
    assert findings(tmp_path) or not takes_on_loop


BODIES = {
    "s3 chunks": ("import boto3\nc = boto3.client('s3')", "c.get_object(Bucket='b', Key=q)['Body']", ".iter_chunks()"),
    "s3 lines": ("import boto3\nc = boto3.client('s3')", "c.get_object(Bucket='b', Key=q)['Body']", ".iter_lines()"),
    "azure": (
        "from azure.storage.blob import BlobClient\nc = BlobClient.from_connection_string('s', 'c', 'n')",
        "c.download_blob()",
        ".chunks()",
    ),
    "minio": ("import minio\nc = minio.Minio('m')", "c.get_object('b', q)", ".stream(32)"),
    "urllib3": (
        "import urllib3\nc = urllib3.PoolManager()",
        "c.request('GET', q, preload_content=False)",
        ".stream(32)",
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_no_body_is_taken_on_the_loop_in_silence(name: str, tmp_path: Path) -> None:
    imports, call, taking = BODIES[name]
    body = f"    answer = {call}\n    for part in answer{taking}:\n        yield part\n"
    text = STREAM.format(imports=imports, body=body)
    after = fixed(tmp_path, {"application.py": text}, level=Level.UNSAFE)
    assert findings(tmp_path) or "    for part in" not in after


def test_what_came_before_the_body_is_not_waited_for(tmp_path: Path) -> None:
    body = "    answer = c.get_object(Bucket='b', Key=q)\n    yield str(answer['ContentLength'])\n"
    text = STREAM.format(imports="import boto3\nc = boto3.client('s3')", body=body)
    assert "await run_in_threadpool(c.get_object" in fixed(tmp_path, {"application.py": text})


@pytest.mark.parametrize("row", ["rows.fetchone()", "connection.execute('select 1').fetchone()"])
def test_what_a_connection_gives_belongs_to_its_thread_too(row: str, tmp_path: Path) -> None:
    body = f"    connection = sqlite3.connect('a')\n    rows = connection.execute('select 1')\n    yield str({row})\n"
    text = STREAM.format(imports="import sqlite3", body=body)
    assert fixed(tmp_path, {"application.py": text}, level=Level.UNSAFE) == text


def test_a_connection_that_others_go_on_with_is_not_moved_silently(tmp_path: Path) -> None:
    body = "    with engine.connect() as connection:\n        yield str(connection)\n"
    text = STREAM.format(imports="import sqlalchemy\nengine = sqlalchemy.create_engine('sqlite://')", body=body)
    assert fixed(tmp_path, {"application.py": text}) == text
    assert "with await run_in_threadpool(engine.connect)" in fixed(
        tmp_path, {"application.py": text}, level=Level.UNSAFE
    )


def test_an_answer_that_does_not_stream_is_read_at_once(tmp_path: Path) -> None:
    call = "c.chat.completions.create(**options)"
    body = f"    options = {{'model': q}}\n    answer = {call}\n    yield answer.choices[0].message.content\n"
    text = STREAM.format(imports="import openai\nc = openai.OpenAI()", body=body)
    assert "await run_in_threadpool(c.chat.completions.create, **options)" in fixed(tmp_path, {"application.py": text})


# What it says


@pytest.mark.parametrize(
    ("made", "call", "told"),
    [
        (
            "SimpleDirectoryReader('data')",
            "load_data()",
            "`await ….aload_data(...)` does the same in a thread of its own",
        ),
        (
            "VectorStoreIndex([]).as_retriever()",
            "retrieve('q')",
            "only if the embedding model and the vector store are asynchronous",
        ),
        (
            "VectorStoreIndex([]).as_query_engine()",
            "query('q')",
            "only if the LLM and the embedding model are asynchronous",
        ),
        ("Settings.llm", "complete('q')", "only if the LLM is asynchronous itself"),
        ("Settings.embed_model", "get_text_embedding('q')", "only if the embedding model is asynchronous itself"),
    ],
)
def test_what_the_asynchronous_twin_needs(made: str, call: str, told: str, tmp_path: Path) -> None:
    imports = "from llama_index.core import Settings, SimpleDirectoryReader, VectorStoreIndex\n"
    body = f"    global asked\n    asked += 1\n    answer = thing.{call}\n    asked += 1\n    return answer\n"
    route = f"asked = 0\n\n\n@app.get('/')\nasync def home(request: Request):\n{body}"
    text = f"{imports}{HEAD}thing = {made}\n\n\n{route}"
    assert [told in text for text in helps(tmp_path, {"application.py": text})] == [True]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("n = counter['n']\n    time.sleep(1)\n    counter['n'] = n + 1", "`counter` is used before and after this"),
        ("with lock:\n        time.sleep(1)", "`lock` is held here"),
        ("lock.acquire(blocking=False)\n    time.sleep(1)\n    lock.release()", "`lock` is used before and after this"),
        ("bump()", "`counter` is written there"),
        ("return requests.get('https://example.org', stream=True).content", "it returns before everything is there"),
    ],
)
def test_why_nothing_is_offered(body: str, told: str, tmp_path: Path) -> None:
    made = "import threading\n\nlock = threading.Lock()\ncounter = {'n': 0}\n\n\n"
    helper = "def bump():\n    time.sleep(1)\n    counter['n'] += 1\n\n\n"
    route = f"@app.get('/')\nasync def home(request: Request):\n    await request.body()\n    {body}\n"
    (way_out,) = helps(tmp_path, {"application.py": HEAD + made + helper + route})
    assert told in way_out
    assert way_out.startswith("no repair is offered")
