"""STL203 blocking-call-in-async: every stream of the process stands still during the call."""

from __future__ import annotations

import pytest

from .measure import broken_and_fixed, measure, repeated

CODE = """
import asyncio
import subprocess
import time
import urllib.request

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.get("/chat")
async def chat(q: str):
    {call}
    response = await index.as_query_engine(streaming=True).aquery(q)
    return StreamingResponse(response.async_response_gen(), media_type="text/plain")


@app.get("/slow")
async def slow():
    await asyncio.sleep(0.3)
    return "done"
"""


@pytest.mark.parametrize(
    ("call", "cure"),
    [
        ("time.sleep(0.3)", "await asyncio.sleep(0.3)"),
        ('subprocess.run(["sleep", "0.3"])', 'await run_in_threadpool(subprocess.run, ["sleep", "0.3"])'),
        ("time.sleep(0.3)", "await run_in_threadpool(time.sleep, 0.3)"),
    ],
)
@repeated
def test_a_blocking_call_holds_the_loop(call: str, cure: str) -> None:
    broken, fixed = broken_and_fixed(CODE.format(call=call), fixed=CODE.format(call=cure))
    assert broken.stalled
    assert fixed.smooth
    assert broken.body == fixed.body
    assert fixed.arrivals >= 15


@repeated
def test_a_blocking_call_in_an_async_generator_holds_the_loop_between_the_tokens() -> None:
    code = """
import asyncio
import time

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


async def words():
    for word in "one two three four five".split():
        time.sleep(0.1)
        yield word


@app.get("/chat")
def chat():
    return StreamingResponse(words())
"""
    broken, fixed = broken_and_fixed(code, fixed=code.replace("time.sleep", "await asyncio.sleep"))
    assert broken.held
    assert fixed.smooth
    assert broken.arrivals == fixed.arrivals == 5


@repeated
def test_the_same_call_in_a_route_in_a_thread_is_harmless() -> None:
    code = CODE.format(call="time.sleep(0.3)").replace("async def chat", "def chat")
    code = (
        code.replace("await index", "index").replace("aquery", "query").replace("async_response_gen()", "response_gen")
    )
    assert measure(code).smooth


SERVICE = """
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain
from urllib.parse import parse_qs, urlparse


class Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        asked = urlparse(self.path)
        answer = self.lines() if asked.path == "/lines" else self.page(parse_qs(asked.query))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for part in chain(answer, [b""]):
            self.wfile.write(b"%x\\r\\n%s\\r\\n" % (len(part), part))
            self.wfile.flush()

    def page(self, query):
        time.sleep(0.15)
        number = int(query.get("after", ["0"])[0]) + 1
        yield json.dumps({"object": "list", "data": [{"id": str(number), "object": "file"}], "has_more": number < 4}).encode()

    def lines(self):
        return (time.sleep(0.1) or f"line {number}\\n".encode() for number in range(6))

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
URL = f"http://127.0.0.1:{server.server_address[1]}"
"""

PAGES = """
import asyncio

from fastapi import FastAPI
from openai import OpenAI

from service import URL

client = OpenAI(api_key="key", base_url=URL)
app = FastAPI()


@app.get("/chat")
async def chat(q: str):
    await asyncio.sleep(0)
    names = {expression}
    return names
"""

LINES = """
import httpx

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from service import URL

app = FastAPI()


async def lines():
    with httpx.stream("GET", f"{URL}/lines") as answer:
        for line in answer.iter_lines():
            yield f"{line}\\n"


@app.get("/chat")
async def chat(q: str):
    return StreamingResponse(lines(), media_type="text/plain")
"""


@pytest.mark.parametrize("expression", ["list(client.files.list())", "[file.id for file in client.files.list()]"])
@repeated
def test_pages_are_waited_for_in_a_thread_as_a_whole(expression: str) -> None:
    code, files = PAGES.format(expression=expression), {"service.py": SERVICE}
    broken, fixed = broken_and_fixed(code, select=["STL203"], files=files)
    alone = code.replace(
        expression, expression.replace("client.files.list()", "(await asyncio.to_thread(client.files.list))")
    )
    only_the_call = measure(alone, files=files)
    assert broken.stalled
    assert only_the_call.stalled
    assert fixed.smooth
    assert broken.body == fixed.body


@repeated
def test_lines_of_another_service_are_read_by_the_asynchronous_client() -> None:
    broken, fixed = broken_and_fixed(LINES, select=["STL203", "STL202"], files={"service.py": SERVICE})
    assert broken.stalled
    assert fixed.stall < 0.5 * broken.stall  # making either client takes the loop some time
    assert fixed.arrivals >= 4
    assert broken.body == fixed.body
    assert fixed.body.count("line") == 6
