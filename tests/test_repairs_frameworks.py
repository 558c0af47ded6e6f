"""What a client of each framework has in the end before and after a repair, and what it has when the model fails on the way."""

from __future__ import annotations

import asyncio
import json
import types
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import django
import pytest
import quart
from aiohttp import ClientPayloadError, web
from aiohttp.test_utils import TestClient, TestServer
from django.conf import settings
from django.http import HttpResponseBase
from django.test import RequestFactory
from flask import Flask
from sanic import Sanic

from streamlint.fix import Level
from tests.llama_stand_ins import TOKENS, Broken, installed
from tests.test_repairs_run import lint

ENGINE = """
from llama_index.core import VectorStoreIndex

index = VectorStoreIndex.from_documents([])
engine = index.as_query_engine(streaming=True)
saves = []
"""
BEFORE_THE_FAILURE = "".join(TOKENS[:2])


@dataclass
class Client:
    """What a client has of one answer, and what the application did for it."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    pieces: list[str] = field(default_factory=list)
    saves: list[object] = field(default_factory=list)
    kind: str = ""

    def answered(self, status: int, headers: Mapping[str, str]) -> None:
        self.status = status
        self.headers = {name: value for name, value in headers.items() if name.lower().startswith(("x-", "set-cookie"))}

    @property
    def text(self) -> str:
        body = "".join(self.pieces)
        if not body.startswith(("{", "[")):
            return body
        answer = json.loads(body)
        return str(answer.get("answer", body))


Ask = Callable[[types.ModuleType, Client], None]


def asked(text: str, fails_at: int | None, ask: Ask) -> Client:
    module, client = types.ModuleType("application"), Client()
    with installed(fails_at):
        exec(compile(text, "application", "exec"), vars(module))
        with suppress(Broken):
            ask(module, client)
    client.saves = module.saves
    return client


def flask(module: types.ModuleType, client: Client) -> None:
    app = module.app
    assert isinstance(app, Flask)
    app.testing = True
    response = app.test_client().get("/chat?q=first")
    client.answered(response.status_code, response.headers)
    _take(client, response.iter_encoded())


def quart_(module: types.ModuleType, client: Client) -> None:
    assert isinstance(module.app, quart.Quart)
    module.app.testing = True
    response = asyncio.run(_of_quart(module.app, client))
    client.answered(response.status_code, response.headers)


async def _of_quart(app: quart.Quart, client: Client) -> quart.Response:
    async with app.test_client().request("/chat?q=first", method="GET") as connection:
        await connection.send_complete()
        with suppress(Broken, Exception):
            while True:
                client.pieces.append((await asyncio.wait_for(connection.receive(), 5)).decode())
        return await connection.as_response()  # type: ignore[return-value]  # the response of the connection


def django_(module: types.ModuleType, client: Client) -> None:
    if not settings.configured:
        settings.configure(ALLOWED_HOSTS=["*"])
        django.setup()
    view, request = module.urlpatterns[0].callback, RequestFactory().get("/chat?q=first")
    made = view(request)
    response = asyncio.run(made) if asyncio.iscoroutine(made) else made
    assert isinstance(response, HttpResponseBase)
    client.answered(response.status_code, dict(response.items()))
    if not response.streaming:
        client.pieces.append(response.content.decode())  # type: ignore[attr-defined]  # that of a whole answer
    elif response.is_async:  # type: ignore[attr-defined]  # that of a stream
        asyncio.run(_take_async(client, response))
    else:
        _take(client, response)  # type: ignore[arg-type]  # one that is iterated


def aiohttp_(module: types.ModuleType, client: Client) -> None:
    asyncio.run(_of_aiohttp(module.app, client))


async def _of_aiohttp(app: web.Application, client: Client) -> None:
    async with TestClient(TestServer(app)) as session:
        response = await session.get("/chat?q=first")
        client.answered(response.status, response.headers)
        client.kind = response.content_type
        with suppress(ClientPayloadError):
            async for piece in response.content.iter_any():
                client.pieces.append(piece.decode())


def sanic_(module: types.ModuleType, client: Client) -> None:
    asyncio.run(_of_sanic(module.app, client))


async def _of_sanic(app: Sanic, client: Client) -> None:
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "path": "/chat",
        "raw_path": b"/chat",
        "query_string": b"q=first",
        "headers": [(b"host", b"testserver")],
        "scheme": "http",
        "server": ("testserver", 80),
        "client": ("testclient", 1),
    }

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            headers = {name.decode(): value.decode() for name, value in message["headers"]}  # type: ignore[attr-defined]  # pairs of bytes
            client.answered(int(str(message["status"])), headers)
        elif client.status != HTTPStatus.INTERNAL_SERVER_ERROR:
            client.pieces.append(message.get("body", b"").decode())  # type: ignore[attr-defined]  # bytes

    started = asyncio.Event()
    messages = iter(({"type": "lifespan.startup"},))

    async def next_message() -> dict[str, str]:
        return next(messages, None) or await asyncio.Event().wait() or {}  # type: ignore[return-value]  # it never ends

    async def begun(message: object) -> None:
        started.set()

    lifespan = asyncio.ensure_future(app({"type": "lifespan"}, next_message, begun))
    await started.wait()
    await app(scope, receive, send)
    lifespan.cancel()


def _take(client: Client, pieces: Iterable[bytes]) -> None:
    for piece in pieces:
        client.pieces.append(piece.decode())


async def _take_async(client: Client, response: object) -> None:
    async for piece in response:  # type: ignore[attr-defined]  # Django's type says nothing of it
        client.pieces.append(piece.decode())


HEADS = {
    flask: "from flask import Flask, Response, jsonify, make_response, request\n\napp = Flask(__name__)\n",
    quart_: "from quart import Quart, Response, jsonify, make_response, request\n\napp = Quart(__name__)\n",
    aiohttp_: "import asyncio\nimport json\nfrom aiohttp import web\n",
    sanic_: "from sanic import Sanic, json, text as plain\n\n"
    "Sanic.test_mode = True\napp = Sanic('chat')\napp.config.MOTD = False\n",
    django_: "import json\nfrom django.http import HttpResponse, JsonResponse\nfrom django.urls import path\n",
}
ARGS, GET = "request.args['q']", "request.GET['q']"
SYNC = "    text = ''.join(engine.query({q}).response_gen)\n"
LOOP = "    text = ''\n    for token in engine.query({q}).response_gen:\n        text += token\n"
ASYNC = "    answer = await engine.aquery({q})\n    text = ''.join([t async for t in answer.async_response_gen()])\n"
ASYNC_LOOP = (
    "    text = ''\n    async for token in (await engine.aquery({q})).async_response_gen():\n        text += token\n"
)
SANIC_QUERY = "request.args.get('q')"
QUERY = "request.query['q']"
AIOHTTP_ROUTES = "app = web.Application()\napp.router.add_get('/chat', chat)\n"
AIOHTTP_VIEW = f"""\
class Chat(web.View):
    async def get(self) -> web.Response:
    {ASYNC.replace("{q}", "self.request.query['q']").replace(chr(10) + "    ", chr(10) + "        ")}
        return web.json_response({{"answer": text}})


app = web.Application()
app.router.add_view("/chat", Chat)
"""
SAVED = "    saves.append(len(text))\n"
FLASK_ANSWERS = {
    "status": "return {'answer': text}, 201",
    "status and headers": "return jsonify(answer=text), 201, {'X-Model': 'small'}",
    "headers": "return text, {'X-Model': 'small'}",
    "made": "return make_response({'answer': text}, 202, {'X-Model': 'small'})",
    "made of a tuple": "return make_response((jsonify(answer=text), 202))",
    "dressed": "response = make_response(jsonify(answer=text), 201)\n    response.headers['X-Model'] = 'small'\n"
    "    response.set_cookie('last', 'a')\n    return response",
    "positional": "return Response(text, 201, {'X-Model': 'small'}, 'text/plain')",
}
QUART_ANSWERS = {
    "status": "return {'answer': text}, 201",
    "made": "response = await make_response(jsonify(answer=text), 201)\n    response.headers['X-Model'] = 'small'\n"
    "    return response",
}
AIOHTTP_ANSWERS = {
    "json": "return web.json_response({'answer': text})",
    "text": "return web.Response(text=text)",
    "status and headers": "return web.json_response({'answer': text}, status=201, headers={'X-Model': 'small'})",
    "document": "return web.json_response(text=json.dumps({'answer': text}))",
    "saved": "saves.append(len(text))\n    return web.json_response({'answer': text})",
    "saved with a wait": "await asyncio.sleep(0)\n    saves.append(text)\n    return web.json_response({'answer': text})",
}
SANIC_ANSWERS = {
    "json": "return json({'answer': text})",
    "text": "return plain(text, status=201, headers={'X-Model': 'small'})",
    "saved": "saves.append(text)\n    return json({'answer': text}, status=202)",
}
DJANGO_ANSWERS = {
    "json": "return JsonResponse({'answer': text})",
    "status": "return JsonResponse({'answer': text}, status=201)",
    "text": "return HttpResponse(text, content_type='text/plain', headers={'X-Model': 'small'})",
    "document": "return HttpResponse(json.dumps({'answer': text}), content_type='application/json')",
    "dressed": "response = JsonResponse({'answer': text})\n    response['X-Model'] = 'small'\n"
    "    response.set_cookie('last', 'a')\n    return response",
}


def _flask_programs() -> dict[str, tuple[Ask, str]]:
    found = {}
    for name, answer in FLASK_ANSWERS.items():
        for taken in (SYNC, LOOP):
            view = f"@app.get('/chat')\ndef chat():\n{taken.replace('{q}', ARGS)}    {answer}\n"
            found[f"flask {name} {'loop' if taken is LOOP else 'join'}"] = (flask, view)
    saving = f"@app.get('/chat')\ndef chat():\n{SYNC.replace('{q}', ARGS)}{SAVED}    return {{'answer': text}}, 201\n"
    return {**found, "flask saved": (flask, saving)}


def _other_programs() -> dict[str, tuple[Ask, str]]:
    found: dict[str, tuple[Ask, str]] = {}
    for name, answer in QUART_ANSWERS.items():
        view = f"@app.get('/chat')\nasync def chat():\n{ASYNC.replace('{q}', ARGS)}    {answer}\n"
        found[f"quart {name}"] = (quart_, view)
    for name, answer in AIOHTTP_ANSWERS.items():
        for taken in (ASYNC, ASYNC_LOOP):
            view = f"async def chat(request):\n{taken.replace('{q}', QUERY)}    {answer}\n\n\n{AIOHTTP_ROUTES}"
            found[f"aiohttp {name} {'loop' if taken is ASYNC_LOOP else 'join'}"] = (aiohttp_, view)
    for name, answer in SANIC_ANSWERS.items():
        view = f"@app.get('/chat')\nasync def chat(request):\n{ASYNC.replace('{q}', SANIC_QUERY)}    {answer}\n"
        found[f"sanic {name}"] = (sanic_, view)
    found["aiohttp view"] = (aiohttp_, AIOHTTP_VIEW)
    routes = "\n\nurlpatterns = [path('chat', chat)]\n"
    for name, answer in DJANGO_ANSWERS.items():
        for word, taken in (("", SYNC), ("", LOOP), ("async ", ASYNC)):
            view = f"{word}def chat(request):\n{taken.replace('{q}', GET)}    {answer}{routes}"
            found[f"django {name} {word}{'loop' if taken is LOOP else 'join'}"] = (django_, view)
    return found


PROGRAMS = {**_flask_programs(), **_other_programs()}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_repaired_answer(name: str, tmp_path: Path) -> None:
    ask, view = PROGRAMS[name]
    text = f"{HEADS[ask]}{ENGINE}\n\n{view}"
    (tmp_path / "application.py").write_text(text, "utf-8")
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'written'\n", "utf-8")
    outcome = lint(tmp_path, fix=True, level=Level.RESPONSE)
    (change,) = outcome.changes
    before, after = asked(text, None, ask), asked(change.after.text, None, ask)
    assert (after.status, after.headers, after.text, after.saves) == (
        before.status,
        before.headers,
        before.text,
        before.saves,
    )
    assert asked(change.after.text, 2, ask).text == BEFORE_THE_FAILURE, "the first tokens were sent before the last"
    assert outcome.findings == ()
