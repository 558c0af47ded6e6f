"""Which routes count as streams for what stands in front of the program, and what they do against its waiting."""

from __future__ import annotations

import pytest

from streamlint.deployment import Deployment
from streamlint.deployment.streaming_routes import ProjectRoutes, StreamingRoute, StreamingRoutes
from streamlint.project import Project
from tests.asking import KNOWLEDGE, ROOT, Program

HEAD = """
import asyncio
from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse, StreamingResponse
from llama_index.core import VectorStoreIndex
from sse_starlette import EventSourceResponse

engine = VectorStoreIndex.from_documents([]).as_query_engine(streaming=True)
HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
app = FastAPI()


async def tokens(q):
    response = await engine.aquery(q)
    async for token in response.async_response_gen():
        yield token


@app.get("/chat")
async def chat(q: str):
"""


def routes(app: str, **others: str) -> dict[str, StreamingRoute]:
    return {route.path: route for route in Program(app, **others).project.ask(ProjectRoutes).rows}


def the_route(body: str) -> StreamingRoute | None:
    return routes(HEAD + "".join(f"    {line}\n" for line in body.splitlines())).get("/chat")


@pytest.mark.parametrize(
    ("body", "media_type", "accel", "heartbeat"),
    [
        ('return StreamingResponse(tokens(q), media_type="text/plain")', "text/plain", False, None),
        ("return StreamingResponse((await engine.aquery(q)).async_response_gen())", "", False, None),
        ('return StreamingResponse(anything(q), media_type="text/event-stream")', "text/event-stream", False, None),
        ("return StreamingResponse(tokens(q), headers=HEADERS)", "", True, None),
        ('return StreamingResponse(tokens(q), headers={"x-accel-buffering": "yes"})', "", False, None),
        ('r = StreamingResponse(tokens(q))\nr.headers["X-Accel-Buffering"] = "no"\nreturn r', "", True, None),
        ("return EventSourceResponse(tokens(q))", "text/event-stream", True, 15.0),
        ("return EventSourceResponse(tokens(q), ping=3)", "text/event-stream", True, 3.0),
        ("return EventSourceResponse(tokens(q), ping=0)", "text/event-stream", True, None),
        ("return EventSourceResponse(tokens(q), ping=settings.ping)", "text/event-stream", True, 0.0),
    ],
)
def test_what_a_stream_sends(body: str, media_type: str, accel: bool, heartbeat: float | None) -> None:
    route = the_route(body)
    assert route is not None
    assert (route.media_type, route.sends_accel_header, route.heartbeat) == (media_type, accel, heartbeat)


@pytest.mark.parametrize(
    "body",
    [
        'return StreamingResponse(open("report.csv"), media_type="text/csv")',
        'return StreamingResponse((row for row in rows), media_type="text/csv")',
        'return {"answer": str(await engine.aquery(q))}',
        "return JSONResponse({})",
    ],
)
def test_no_stream(body: str) -> None:
    assert the_route(body) is None


def test_a_heartbeat_by_hand_is_as_slow_as_its_wait() -> None:
    body = """
async def events():
    items = tokens(q).__aiter__()
    while True:
        try:
            yield await asyncio.wait_for(items.__anext__(), 12)
        except TimeoutError:
            yield ": ping\\n\\n"
return StreamingResponse(events(), media_type="text/event-stream")"""
    route = the_route(body)
    assert route is not None and route.heartbeat == 12.0


def test_a_helper_and_a_middleware() -> None:
    helper = """
def answer(q):
    return StreamingResponse(tokens(q))

@app.middleware("http")
async def unbuffered(request, call_next):
    response = await call_next(request)
    response.headers["X-Accel-Buffering"] = "no"
    return response
"""
    found = routes(HEAD + "    return answer(q)\n" + helper)
    assert found["/chat"].sends_accel_header


def test_paths_and_the_application_behind_routers() -> None:
    chat = """
from fastapi import APIRouter
from fastapi.responses import StreamingResponse
router = APIRouter(prefix="/chat")

@router.post("/{id}/stream")
def stream(id: str):
    return StreamingResponse(feed(), media_type="text/event-stream")
"""
    main = """
from fastapi import FastAPI
from chat import router

def create_app():
    api = FastAPI()
    api.include_router(router, prefix="/v1")
    return api

app = create_app()
"""
    found = routes("import fastapi", chat=chat, main=main)
    assert list(found) == ["/v1/chat/{id}/stream"]
    route = found["/v1/chat/{id}/stream"]
    assert route.is_exact and route.title == "POST /v1/chat/{id}/stream"
    assert route.app is not None and (route.app.path.name, route.app.name) == ("main.py", "create_app")
    assert route.place is not None and route.place.line == "def stream(id: str):"


QUART = """
from quart import Blueprint, Quart, Response
app = Quart(__name__)
known, adrift = Blueprint("known", __name__), Blueprint("adrift", __name__)
app.register_blueprint(known, url_prefix="/v1")


@known.route("/chat")
async def chat():
    return Response(feed(), mimetype="text/event-stream")


@adrift.route("/chat")
async def other():
    return Response(feed(), mimetype="text/event-stream")


@manager.route("/chat")  # a page is given this name when it is loaded
async def third():
    return Response(feed(), mimetype="text/event-stream")
"""


def test_a_router_that_nobody_is_seen_to_include_may_have_a_prefix() -> None:
    found = [(route.name, route.path, route.app is not None) for route in routes(QUART).values()]
    assert found == [("chat", "/v1/chat", True), ("third", "…/chat", False)]
    rows = Program(QUART).project.ask(ProjectRoutes).rows
    assert {(route.name, route.path) for route in rows if not route.is_exact} == {
        ("other", "…/chat"),
        ("third", "…/chat"),
    }


def test_a_list_of_paths_is_no_application() -> None:
    urls = """
from django.http import StreamingHttpResponse
from django.urls import path


def chat(request):
    return StreamingHttpResponse(feed(), content_type="text/event-stream")


urlpatterns = [path("chat/", chat), path("again/", chat)]
"""
    found = routes("import django", urls=urls)
    assert [(route.is_exact, route.app) for route in found.values()] == [(True, None), (True, None)]


def test_other_frameworks() -> None:
    flask = """
from flask import Flask, Response
from llama_index.core import VectorStoreIndex
app = Flask(__name__)
engine = VectorStoreIndex.from_documents([]).as_query_engine(streaming=True)

@app.route("/chat")
def chat():
    return Response(engine.query("q").response_gen, mimetype="text/plain")

@app.route("/text")
def text():
    return Response("done", mimetype="text/plain")
"""
    aio = """
from aiohttp import web
async def chat(request):
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    await response.write(b": ping\\n\\n")
    return response

async def socket(request):
    ws = web.WebSocketResponse()
    return ws

app = web.Application()
app.router.add_get("/aio", chat)
app.router.add_get("/ws", socket)
"""
    django = """
from django.http import StreamingHttpResponse
from django.urls import path

def chat(request):
    response = StreamingHttpResponse(feed(), content_type="text/event-stream")
    response["X-Accel-Buffering"] = "no"
    return response

urlpatterns = [path("django", chat)]
"""
    found = routes(flask, aio=aio, urls=django)
    assert sorted(found) == ["/aio", "/chat", "/django"]
    assert found["/aio"].heartbeat == 0.0 and found["/django"].sends_accel_header


SANIC = """
import asyncio
from llama_index.core import VectorStoreIndex
from sanic import Sanic
from sanic.response import ResponseStream

app = Sanic("chat")
engine = VectorStoreIndex.from_documents([]).as_query_engine(streaming=True)


@app.get("/tokens")
async def tokens(request):
    response = await request.respond(content_type="text/plain", headers={"X-Accel-Buffering": "no"})
    answer = await engine.aquery(request.args.get("q"))
    async for token in answer.async_response_gen():
        await response.send(token)
    await response.eof()


@app.get("/events")
async def events(request):
    response = await request.respond(content_type="text/event-stream")
    while True:
        await asyncio.sleep(20)
        await response.send(": still here")


@app.get("/table")
async def table(request):
    response = await request.respond(content_type="text/csv")
    await response.send("a,b")


async def written(request):
    async def write(response):
        await response.write("data: 1")

    return ResponseStream(write, content_type="text/event-stream")


app.add_route(written, "/written", methods=["POST"])
"""


def test_responses_of_sanic_that_are_written_by_hand() -> None:
    found = {p: (r.media_type, r.sends_accel_header, r.heartbeat) for p, r in routes(SANIC).items()}
    assert found == {
        "/tokens": ("text/plain", True, None),
        "/events": ("text/event-stream", False, 20.0),
        "/written": ("text/event-stream", False, None),
    }


def test_a_websocket_is_no_route() -> None:
    socket = """
@app.websocket("/ws")
async def ws(socket):
    async for token in tokens("q"):
        await socket.send_text(token)
"""
    assert list(routes(HEAD + "    return StreamingResponse(tokens(q))\n" + socket)) == ["/chat"]


def test_a_project_that_only_sees_the_routes_of_another_is_not_asked_for_them() -> None:
    body = "    return StreamingResponse(tokens(q))\n"
    owner = Program(HEAD + body).project
    beside = Program(HEAD + body, conftest="import app\n").project

    def said(owners: dict[str, Project]) -> list[tuple[str, bool]]:
        together = Deployment(
            ROOT, KNOWLEDGE, projects=lambda: (beside, owner), owner=lambda path: owners.get(path.stem, beside)
        )
        return [(route.path, route.project is owner) for route in together.ask(StreamingRoutes).rows]

    assert said({"app": owner}) == [("/chat", True)]
    assert beside.evaluator.solver.steps == 0
    assert said({}) == [("/chat", False)]
    assert said({"app": Program(HEAD).project}) == [("/chat", False)]
