"""`--write-test`: the test that is printed fails on the route as it was, and passes on the repaired one."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CLEAN, Streamlint, Write

ENGINE = """\
from llama_index.core import Document, MockEmbedding, VectorStoreIndex


def get_engine():
    documents = [Document(text="The office is open from seven to nine.")]
    index = VectorStoreIndex.from_documents(documents, embed_model=MockEmbedding(embed_dim=8))
    return index.as_query_engine(streaming=True)
"""
FASTAPI = """\
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel

from engine import get_engine

router = APIRouter(prefix="/api")


class Question(BaseModel):
    text: str
    language: str = "en"


@router.post("/chat/{session_id}")
def chat(session_id: int, question: Question):
    response = get_engine().query(question.text)
    return {"answer": "".join(response.response_gen)}


app = FastAPI()
app.include_router(router)
"""
STARLETTE = """\
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from engine import get_engine


def chat(request):
    response = get_engine().query(request.query_params["q"])
    return JSONResponse({"answer": "".join(response.response_gen)})


app = Starlette(routes=[Route("/chat", chat)])
"""
FLASK = """\
from flask import Flask, request

from engine import get_engine


def create_app():
    app = Flask(__name__)

    @app.post("/chat")
    def chat():
        question = request.get_json()["question"]
        response = get_engine().query(question)
        return {"answer": "".join(response.response_gen)}

    return app
"""
QUART = """\
from quart import Quart, request

from engine import get_engine

app = Quart(__name__)


@app.get("/chat")
def chat():
    response = get_engine().query(request.args["q"])
    return {"answer": "".join(response.response_gen)}
"""
DJANGO = """\
import os

from django.conf import settings
from django.core.{interface} import get_{interface}_application
from django.http import JsonResponse
from django.urls import path

from engine import get_engine

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"], SECRET_KEY="x")


def chat(request):
    response = get_engine().query(request.GET["q"])
    return JsonResponse({{"answer": "".join(response.response_gen)}})


urlpatterns = [path("chat/", chat)]
application = get_{interface}_application()
"""
AIOHTTP = """\
from aiohttp import web

from engine import get_engine


async def chat(request):
    response = await get_engine().aquery(request.query["q"])
    return web.json_response({"answer": "".join([token async for token in response.async_response_gen()])})


app = web.Application()
app.router.add_get("/chat", chat)
"""
LITESTAR = """\
from litestar import Litestar, get

from engine import get_engine


@get("/chat", sync_to_thread=True)
def chat(q: str) -> dict[str, str]:
    response = get_engine().query(q)
    return {"answer": "".join(response.response_gen)}


app = Litestar([chat])
"""
APPLICATIONS = {
    "fastapi": (FASTAPI, "POST /api/chat/{id}"),
    "starlette": (STARLETTE, "/chat"),
    "flask": (FLASK, "/chat"),
    "quart": (QUART, "GET /chat"),
    "django-wsgi": (DJANGO.format(interface="wsgi"), "/chat/"),
    "django-asgi": (
        DJANGO.format(interface="asgi")
        .replace("def chat", "async def chat")
        .replace("get_engine().query", "await get_engine().aquery")
        .replace('"".join(response.response_gen)', '"".join([token async for token in response.async_response_gen()])'),
        "/chat/",
    ),
    "aiohttp": (AIOHTTP, "/chat"),
    "litestar": (LITESTAR, "/chat"),
}


REPAIRED = {
    "django-wsgi": (
        'JsonResponse({"answer": "".join(response.response_gen)})',
        'StreamingHttpResponse(response.response_gen, content_type="text/plain")',
    ),
    "django-asgi": (
        'JsonResponse({"answer": "".join([token async for token in response.async_response_gen()])})',
        'StreamingHttpResponse(response.async_response_gen(), content_type="text/plain")',
    ),
    "aiohttp": (
        'return web.json_response({"answer": "".join([token async for token in response.async_response_gen()])})',
        """sent = web.StreamResponse()
    await sent.prepare(request)
    async for token in response.async_response_gen():
        await sent.write(token.encode())
    return sent""",
    ),
}
"""What somebody does where no repair is offered."""


def run_test(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the printed test as its owner would, in an environment that knows no key of a model."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("OPENAI", "PYTEST", "PYTHONPATH"))
    }
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_route.py"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize("framework", APPLICATIONS)
def test_it_fails_on_the_broken_route_and_passes_on_the_repaired_one(
    framework: str, project: Path, write: Write, streamlint: Streamlint
) -> None:
    code, route = APPLICATIONS[framework]
    write("engine.py", ENGINE)
    write("application.py", code)
    printed = streamlint("--write-test", route)
    assert printed.exit_code == 0, printed.stderr
    write("test_route.py", printed.stdout.replace("PATIENCE = 5", "PATIENCE = 2"))
    broken = run_test(project)
    assert broken.returncode == 1, broken.stdout
    assert "the first token arrived after the model had waited for nothing" in broken.stdout
    if framework in REPAIRED:
        write("application.py", code.replace(*REPAIRED[framework]).replace("JsonResponse", "StreamingHttpResponse"))
    else:
        assert "Fixed" in streamlint("--fix", "--fix-level", "response", "application.py").stdout
    repaired = run_test(project)
    assert repaired.returncode == 0, repaired.stdout


HOLDING = """\
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from engine import get_engine

app = FastAPI()


@app.get("/chat")
async def chat(q: str):
    async def tokens():
        response = get_engine().query(q)
        for token in response.response_gen:
            yield token

    return StreamingResponse(tokens(), media_type="text/plain")
"""


@pytest.mark.slow
def test_it_fails_where_others_wait_for_the_stream(project: Path, write: Write, streamlint: Streamlint) -> None:
    write("engine.py", ENGINE)
    write("application.py", HOLDING)
    write("test_route.py", streamlint("--write-test", "/chat").stdout.replace("PATIENCE = 5", "PATIENCE = 2"))
    broken = run_test(project)
    assert broken.returncode == 1
    assert "nobody else is answered while the model writes" in broken.stdout
    assert "Fixed" in streamlint("--fix", "application.py").stdout
    repaired = run_test(project)
    assert repaired.returncode == 0, repaired.stdout


WITHOUT_LLAMA_INDEX = """\
import time

from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from openai import OpenAI

app = FastAPI()


def words():
    for number in range(8):
        time.sleep(0.05)
        yield f"{number} "


@app.get("/whole")
def whole():
    return {"answer": "".join(words())}


@app.get("/streamed")
def streamed():
    return StreamingResponse(words(), media_type="text/plain")


def model():
    return OpenAI()
"""


@pytest.mark.slow
@pytest.mark.parametrize(("route", "code"), [("/whole", 1), ("/streamed", 0)])
def test_without_llama_index_the_times_decide(
    project: Path, write: Write, streamlint: Streamlint, route: str, code: int
) -> None:
    write("application.py", WITHOUT_LLAMA_INDEX)
    printed = streamlint("--write-test", route)
    assert "llama_index" not in printed.stdout
    write("test_route.py", printed.stdout)
    result = run_test(project)
    assert result.returncode == code, result.stdout
    assert ("the first piece of 1 came after" in result.stdout) == (code == 1)


@pytest.mark.parametrize("framework", APPLICATIONS)
def test_what_is_printed_passes_a_linter_and_a_formatter(
    framework: str, write: Write, streamlint: Streamlint, project: Path
) -> None:
    code, route = APPLICATIONS[framework]
    write("engine.py", ENGINE)
    write("application.py", code)
    write("test_route.py", streamlint("--write-test", route).stdout)
    ruff = [sys.executable, "-m", "ruff"]
    options = ["--isolated", "--line-length", "120", "test_route.py"]
    for command in (["check", "--select", "E,F,I,B,UP"], ["format", "--diff"]):
        done = subprocess.run([*ruff, *command, *options], cwd=project, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


TYPED = """\
from enum import Enum
from typing import Annotated, Literal

from fastapi import Depends, FastAPI, Form, Header, Query, Request
from pydantic import BaseModel, Field

from engine import get_engine


class Mode(str, Enum):
    SHORT = "short"
    LONG = "long"


class Message(BaseModel):
    role: Literal["user", "assistant"]
    content: str


class Base(BaseModel):
    user_id: str


class Chat(Base):
    messages: list[Message]
    mode: Mode
    temperature: float = 0.1
    top: int = Field(gt=0)
    limit: int = Field(default=3)
    note: str | None = None


app = FastAPI()


@app.post("/chat/{session}/{number}")
def chat(
    request: Request,
    session: str,
    number: int,
    body: Chat,
    top: Annotated[int, Query(gt=0)],
    token: Annotated[str, Header()],
    deep: bool = False,
    settings=Depends(dict),
):
    return get_engine().query(body.messages[0].content).response_gen


@app.post("/form")
def form(q: Annotated[str, Form()]):
    return get_engine().query(q).response_gen


@app.get("/chat")
@app.post("/chat")
def both(q: str):
    return get_engine().query(q).response_gen


@app.websocket("/socket")
async def socket(websocket):
    await websocket.accept()
"""


def constants(text: str) -> dict[str, object]:
    """What the first lines of the test set: METHOD, PATH, BODY, HEADERS."""
    found: dict[str, object] = {}
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.Assign):
            target, value = statement.targets[0], statement.value
            if isinstance(value, ast.Call):
                value = value.args[0] if value.args else ast.Constant(None)
            names = [each.id for each in ast.walk(target) if isinstance(each, ast.Name)]
            literal = ast.literal_eval(value) if not isinstance(value, ast.ListComp) else None
            found |= zip(names, literal, strict=True) if len(names) > 1 else {names[0]: literal}
    return found


@pytest.mark.parametrize(
    ("route", "method", "path", "body"),
    [
        (
            "/chat/{a}/{b}",
            "POST",
            "/chat/Hello/1?top=1",
            {"user_id": "1", "messages": [{"role": "user", "content": "Hello"}], "mode": "short", "top": 1},
        ),
        ("/form", "POST", "/form", "q=Hello"),
        ("GET /chat", "GET", "/chat?q=Hello", None),
        ("post /chat/", "POST", "/chat?q=Hello", None),
    ],
)
def test_what_is_asked_fits_the_handler(
    write: Write, streamlint: Streamlint, route: str, method: str, path: str, body: object
) -> None:
    write("engine.py", ENGINE)
    write("application.py", TYPED)
    printed = streamlint("--write-test", route)
    told = constants(printed.stdout)
    assert (told["METHOD"], told["PATH"], told["BODY"]) == (method, path, body), printed.stderr


@pytest.mark.parametrize(
    ("route", "message"),
    [
        ("GET /chta", "there is no route `GET /chta` (did you mean `GET /chat`, `POST /chat`"),
        ("PUT /chat", "there is no route `PUT /chat` (did you mean `GET /chat`, `POST /chat`"),
        ("/zzzzzzzzzzzzzz", "there is no route `/zzzzzzzzzzzzzz`; --show-routes lists all 5"),
        ("/chat", "`/chat` is several routes: `GET /chat`, `POST /chat`; name one with its method"),
        ("/socket", "`/socket` is a WebSocket; tests are written for routes of HTTP"),
        ("GET the /chat", "`GET the /chat` must be a method and a path, or a path: `GET /chat`"),
    ],
)
def test_a_route_that_is_not_there_names_the_nearest(
    write: Write, streamlint: Streamlint, route: str, message: str
) -> None:
    write("engine.py", ENGINE)
    write("application.py", TYPED)
    result = streamlint("--write-test", route)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"Error: --write-test: {message}" in result.stderr


def test_without_routes_it_says_so(write: Write, streamlint: Streamlint) -> None:
    write("shop.py", CLEAN)
    assert "no HTTP routes are found in these paths" in streamlint("--write-test", "/chat").stderr


@pytest.mark.parametrize(
    ("files", "imported", "made"),
    [
        ({"main.py": "from factory import create_app\n\nserved = create_app()\n"}, "from main import served", "served"),
        ({}, "from factory import create_app", "create_app()"),
    ],
)
def test_where_the_application_is_imported_from(
    write: Write, streamlint: Streamlint, files: dict[str, str], imported: str, made: str
) -> None:
    write("engine.py", ENGINE)
    write("factory.py", FLASK)
    for name, text in files.items():
        write(name, text)
    printed = streamlint("--write-test", "/chat").stdout
    assert f"    {imported}\n\n    return {made}\n" in printed


def test_a_package_is_imported_from_the_folder_around_it(write: Write, streamlint: Streamlint) -> None:
    write("src/shop/__init__.py", "")
    write("src/shop/engine.py", ENGINE)
    write("src/shop/application.py", STARLETTE.replace("from engine", "from .engine"))
    printed = streamlint("--write-test", "/chat").stdout
    assert "    from shop.application import app\n" in printed
    assert "started in src, so that `shop.application` is found" in " ".join(printed.split())


def test_an_application_that_cannot_be_told_is_no_guess(write: Write, streamlint: Streamlint) -> None:
    write("engine.py", ENGINE)
    write("application.py", STARLETTE + "other = Starlette(routes=[])\n")
    result = streamlint("--write-test", "/chat")
    assert result.exit_code == 2
    assert "which application serves GET /chat cannot be told" in result.stderr


def test_a_router_that_nothing_includes_is_no_application(write: Write, streamlint: Streamlint) -> None:
    write("engine.py", ENGINE)
    write("application.py", FASTAPI.replace("app.include_router(router)\n", "other = FastAPI()\n"))
    result = streamlint("--write-test", "/api/chat/{id}")
    assert result.exit_code == 2
    assert "which application serves POST /api/chat/{session_id} cannot be told" in result.stderr


def test_of_two_paths_that_a_slash_tells_apart_the_one_that_is_written_is_meant(
    write: Write, streamlint: Streamlint
) -> None:
    write("engine.py", ENGINE)
    code = STARLETTE.replace('Route("/chat", chat)', 'Route("/chat", chat), Route("/chat/", chat)')
    write("application.py", code)
    assert constants(streamlint("--write-test", "/chat/").stdout)["PATH"] == "/chat/?q=Hello"
    assert constants(streamlint("--write-test", "/chat").stdout)["PATH"] == "/chat?q=Hello"


def test_a_framework_without_a_test_names_those_that_have_one(write: Write, streamlint: Streamlint) -> None:
    write("engine.py", ENGINE)
    write(
        "application.py",
        "from sanic import Sanic\nfrom engine import get_engine\n\napp = Sanic('shop')\n\n\n@app.get('/chat')\n"
        "async def chat(request):\n    return get_engine().query('q').response_gen\n",
    )
    result = streamlint("--write-test", "/chat")
    assert result.exit_code == 2
    assert (
        "GET /chat is run by sanic; tests are written for fastapi, starlette, litestar, quart, flask" in result.stderr
    )


def test_words_from_the_code_stay_words(write: Write, streamlint: Streamlint) -> None:
    write("engine.py", ENGINE)
    write("application.py", STARLETTE.replace('"/chat"', '\'/chat"""\\\\x\''))
    printed = streamlint("--write-test", '/chat"""\\x')
    assert printed.exit_code == 0, printed.stderr
    assert constants(printed.stdout)["PATH"] == '/chat"""\\x?q=Hello'


def test_a_long_chain_of_names_is_followed(write: Write, streamlint: Streamlint) -> None:
    names = "".join(f"app{number} = app{number - 1}\n" for number in range(1, 400))
    handler = "\n\n@app399.get('/long')\ndef long(q: str):\n    return get_engine().query(q).response_gen\n"
    write("engine.py", ENGINE)
    write(
        "main.py", f"from fastapi import FastAPI\nfrom engine import get_engine\n\napp0 = FastAPI()\n{names}{handler}"
    )
    printed = streamlint("--write-test", "/long")
    assert "    from main import app0\n" in printed.stdout, printed.stderr
