"""STL108 buffering-middleware: middleware that reads the body of every response."""

from __future__ import annotations

import gzip

import pytest

from .client import Request, fetch
from .measure import broken_and_fixed, measure, repeated
from .releases import install, serving

HEAD = """
from fastapi import FastAPI, Response
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.get("/chat")
def chat(q: str):
    response = index.as_query_engine(streaming=True).query(q)
    return StreamingResponse(response.response_gen, media_type="text/plain")


@app.middleware("http")
async def log_size(request, call_next):
    response = await call_next(request)
"""
READS = (
    HEAD
    + """    body = b"".join([chunk async for chunk in response.body_iterator])
    print(len(body))
    return Response(body, response.status_code, dict(response.headers))
"""
)
TEES = (
    HEAD
    + """    response.body_iterator = counted(response.body_iterator)
    return response


async def counted(chunks):
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        yield chunk
    print(size)
"""
)


@repeated
def test_a_body_that_is_read_comes_at_the_end() -> None:
    broken, fixed = broken_and_fixed(READS, fixed=TEES)
    assert broken.buffered
    assert fixed.streamed
    assert fixed.body == broken.body


@repeated
def test_middleware_that_hands_the_response_on_streams() -> None:
    assert measure(HEAD + "    return response\n").streamed


COMPRESSING = """
import time

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import StreamingResponse
from starlette.routing import Route


def tokens():
    for number in range(20):
        time.sleep(0.03)
        yield f"data: tok{number}\\n\\n"


def text(request):
    return StreamingResponse(tokens(), media_type="text/plain")


def events(request):
    return StreamingResponse(tokens(), media_type="text/event-stream")


def identity(request):
    return StreamingResponse(tokens(), media_type="text/plain", headers={"Content-Encoding": "identity"})


app = Starlette(
    routes=[Route(f"/{view.__name__}", view) for view in (text, events, identity)],
    middleware=[Middleware(GZipMiddleware)],
)
"""
BORDERS = [("0.45.3", {"text", "events"}), ("0.52.1", {"text"}), ("1.4.1", {"text"}), ("1.5.0", set())]


@pytest.mark.slow
@pytest.mark.parametrize(("release", "held"), BORDERS, ids=[release for release, _ in BORDERS])
@repeated
def test_releases_of_starlette_that_hold_compressed_tokens(
    release: str, held: set[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    with serving(install(tmp_path_factory.mktemp("old"), f"starlette=={release}"), COMPRESSING) as port:
        asked = {
            name: fetch(port, Request(f"/{name}", headers=(("Accept-Encoding", "gzip"),)))
            for name in ("text", "events", "identity")
        }
        uncompressed = fetch(port, Request("/text"))
    assert uncompressed.arrivals >= 15
    assert {name for name, answer in asked.items() if answer.arrivals <= 2} == held
    assert all(answer.arrivals >= 15 for name, answer in asked.items() if name not in held)
    assert gzip.decompress(asked["text"].body) == uncompressed.body


DJANGO = """
from django.http import StreamingHttpResponse

MIDDLEWARE = ["django.middleware.gzip.GZipMiddleware"]


"""
DJANGO_SYNC = (
    DJANGO
    + """def chat(request):
    response = index.as_query_engine(streaming=True).query(request.GET["q"])
    return StreamingHttpResponse(response.response_gen, content_type="text/plain")
"""
)
DJANGO_ASYNC = (
    DJANGO
    + """async def chat(request):
    response = await index.as_query_engine(streaming=True).aquery(request.GET["q"])
    return StreamingHttpResponse(response.response_gen, content_type="text/plain")
"""
)
GZIP_FILE = "\x1f\N{REPLACEMENT CHARACTER}\x08"
"""The first bytes of a gzip file, as far as they are text."""


@repeated
def test_django_holds_what_a_synchronous_iterator_gives() -> None:
    how = {"framework": "django", "server": "gunicorn", "heartbeat": False}
    assert measure(DJANGO_SYNC, headers={"Accept-Encoding": "gzip"}, **how).arrivals <= 2
    assert measure(DJANGO_SYNC, **how).streamed


@repeated
def test_django_sends_a_gzip_file_for_each_item_of_an_asynchronous_iterator() -> None:
    how = {"framework": "django", "server": "uvicorn", "heartbeat": False}
    split = measure(DJANGO_ASYNC, headers={"Accept-Encoding": "gzip"}, **how)
    assert split.body.count(GZIP_FILE) >= 0.75 * split.pace.tokens
    assert measure(DJANGO_ASYNC, **how).streamed
