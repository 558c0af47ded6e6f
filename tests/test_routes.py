"""The entry points of small applications: path, methods, name, and who runs them."""

from __future__ import annotations

from pathlib import Path

from streamlint.project import Project
from streamlint.serving.routes import Routes

LOOP, POOL, WORKER = "event loop", "thread pool", "worker thread"


def routes(folder: Path, **files: str) -> set[tuple[str, str, str, str]]:
    """The listing of a project as what (methods or kind), path, name, runner; `__` in a file's name stands for a slash."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    project = Project(folder, tuple(folder.rglob("*.py")))
    points = project.ask(Routes).rows
    return {(",".join(sorted(p.methods)) or p.kind, p.path, p.name.rpartition(".")[2], p.runner) for p in points}


def test_fastapi_routers_in_other_modules(tmp_path: Path) -> None:
    found = routes(
        tmp_path,
        app__api__chat="""
from fastapi import APIRouter, Depends

router = APIRouter(prefix="/chat")

def engine(): ...
async def user(): ...

@router.post("/{name}/stream")
async def stream(name: str, engine=Depends(engine), user=Depends(user)): ...

@router.get("")
def chats(): ...

@router.api_route("/both", methods=["GET", "POST"])
async def both(): ...

@router.websocket("/ws")
async def socket(websocket): ...
""",
        app__api__root="""
from fastapi import APIRouter
from app.api import chat

VERSION = "v1"
PREFIX = "/api/" + VERSION
api = APIRouter(prefix=f"/api/{VERSION}")
api.include_router(chat.router)
""",
        app__main="""
from fastapi import FastAPI, Request
from app.api.root import api as routes, PREFIX

def create_app():
    app = FastAPI(lifespan=lifespan)
    app.include_router(routes, prefix="/svc")

    @app.get("/health")
    async def health(): ...

    @app.middleware("http")
    async def timed(request, call_next): ...

    @app.exception_handler(ValueError)
    async def failed(request, error): ...

    app.add_api_route("/added", added, methods=["PUT"])
    return app

async def lifespan(app):
    yield

def added(): ...

app = create_app()
""",
    )
    assert found == {
        ("POST", "/svc/api/v1/chat/{name}/stream", "stream", LOOP),
        ("GET", "/svc/api/v1/chat", "chats", POOL),
        ("GET,POST", "/svc/api/v1/chat/both", "both", LOOP),
        ("websocket", "/svc/api/v1/chat/ws", "socket", LOOP),
        ("GET", "/health", "health", LOOP),
        ("PUT", "/added", "added", POOL),
        ("dependency", "", "engine", POOL),
        ("dependency", "", "user", LOOP),
        ("middleware", "", "timed", LOOP),
        ("exception-handler", "", "failed", LOOP),
        ("lifespan", "", "lifespan", LOOP),
    }


def test_a_router_that_is_included_twice(tmp_path: Path) -> None:
    found = routes(
        tmp_path,
        main="""
from fastapi import APIRouter, FastAPI

router = APIRouter()
app = FastAPI()

@router.post("/chat")
@router.get("/talk")
async def chat(): ...

app.include_router(router, prefix="/v1")
app.include_router(router, prefix="/v2")
app.include_router(router, prefix="/v2")
""",
    )
    assert found == {
        ("POST", "/v1/chat", "chat", LOOP),
        ("POST", "/v2/chat", "chat", LOOP),
        ("GET", "/v1/talk", "chat", LOOP),
        ("GET", "/v2/talk", "chat", LOOP),
    }


def test_a_router_class_of_the_project(tmp_path: Path) -> None:
    found = routes(
        tmp_path,
        own="""
from fastapi import APIRouter

class OwnRouter(APIRouter):
    def add_api_route(self, path, endpoint, **kwargs):
        super().add_api_route(path, endpoint, **kwargs)
""",
        main="""
from fastapi import FastAPI
from own import OwnRouter

router: OwnRouter = OwnRouter(prefix="/items", tags=["items"])

@router.post("/")
async def create(): ...

app = FastAPI()
for each in (router,):
    app.include_router(each, prefix="/api")
""",
    )
    assert found == {("POST", "/api/items/", "create", LOOP)}


def test_a_mounted_application(tmp_path: Path) -> None:
    found = routes(
        tmp_path,
        main="""
from fastapi import FastAPI

app = FastAPI()
inner = FastAPI()

@inner.get("/chat")
async def chat(): ...

app.mount("/inner", inner)
""",
    )
    assert found == {("GET", "/inner/chat", "chat", LOOP)}


def test_a_prefix_of_a_mount_ends_before_its_slash(tmp_path: Path) -> None:
    found = routes(
        tmp_path,
        main="""
from fastapi import FastAPI

whole, app, inner = FastAPI(), FastAPI(), FastAPI()

@inner.get("/chat")
async def chat(): ...

app.mount("/inner/", inner)
whole.mount("/", app)
""",
    )
    assert found == {("GET", "/inner/chat", "chat", LOOP)}


def test_paths_that_cannot_be_told(tmp_path: Path) -> None:
    found = routes(
        tmp_path,
        main="""
import os
from fastapi import APIRouter, FastAPI

PATHS = {"chat": "/chat", "talk": "/talk"}
router = APIRouter()
app = FastAPI()

@router.get("/chat")
async def chat(): ...

@app.get(PATHS[os.environ["WHICH"]])
async def either(): ...

@app.get(f"/{os.environ['WHICH']}/x")
async def formatted(): ...

app.include_router(router, prefix=os.environ["PREFIX"])
""",
    )
    assert found == {("GET", "…/chat", "chat", LOOP), ("GET", "", "either", LOOP), ("GET", "", "formatted", LOOP)}


def test_starlette(tmp_path: Path) -> None:
    found = routes(
        tmp_path,
        main="""
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.middleware import Middleware
from starlette.routing import Mount, Route, WebSocketRoute

async def chat(request): ...
def page(request): ...
async def socket(websocket): ...

class Item(HTTPEndpoint):
    async def get(self, request): ...
    def post(self, request): ...

class Timing:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send): ...

inner = [Route("/item", Item)]
app = Starlette(
    routes=[
        Route("/page", page),
        WebSocketRoute("/ws", socket),
        Mount("/api", routes=[Route("/chat", chat, methods=["POST"]), Mount("/v1", routes=inner)]),
    ],
    middleware=[Middleware(Timing)],
)
""",
    )
    assert found == {
        ("GET", "/page", "page", POOL),
        ("websocket", "/ws", "socket", LOOP),
        ("POST", "/api/chat", "chat", LOOP),
        ("GET", "/api/v1/item", "get", LOOP),
        ("POST", "/api/v1/item", "post", POOL),
        ("middleware", "", "__call__", LOOP),
    }


def test_flask(tmp_path: Path) -> None:
    found = routes(
        tmp_path,
        api="""
from flask import Blueprint
from flask.views import MethodView

outer = Blueprint("outer", __name__, url_prefix="/api")
inner = Blueprint("inner", __name__, url_prefix="/chat")
outer.register_blueprint(inner)

@inner.post("/ask")
def ask(): ...

@inner.route("/both", methods=["GET", "POST"])
async def both(): ...

class Items(MethodView):
    def get(self): ...
""",
        main="""
from flask import Flask
from api import Items, outer

app = Flask(__name__)
app.register_blueprint(outer)
app.add_url_rule("/items", view_func=Items.as_view("items"))

def old(): ...

app.add_url_rule("/old", "old", old, methods=["DELETE"])

@app.before_request
def before(): ...

@app.errorhandler(404)
def missing(error): ...
""",
    )
    assert found == {
        ("POST", "/api/chat/ask", "ask", WORKER),
        ("GET,POST", "/api/chat/both", "both", "private loop"),
        ("GET", "/items", "get", WORKER),
        ("DELETE", "/old", "old", WORKER),
        ("hook", "", "before", WORKER),
        ("exception-handler", "", "missing", WORKER),
    }


def test_django(tmp_path: Path) -> None:
    found = routes(
        tmp_path,
        shop__views="""
from django.views import View
from rest_framework.decorators import api_view

async def chat(request): ...
def page(request): ...

class Items(View):
    def get(self, request): ...

@api_view(["POST"])
def ask(request): ...
""",
        shop__urls="""
from django.urls import path, re_path
from shop import views

urlpatterns = [
    path("chat/", views.chat),
    path("items/<int:key>/", views.Items.as_view()),
    re_path(r"^page/$", views.page),
    path("ask/", views.ask),
]
""",
        site__urls="""
from django.urls import include, path

urlpatterns = [path("shop/", include("shop.urls"))]
""",
    )
    assert {(path, name, runner) for _, path, name, runner in found} == {
        ("/shop/chat/", "chat", LOOP),
        ("/shop/items/<int:key>/", "get", WORKER),
        ("/shop/page/", "page", WORKER),
        ("/shop/ask/", "ask", WORKER),
    }


def test_ninja(tmp_path: Path) -> None:
    found = routes(
        tmp_path,
        main="""
from ninja import NinjaAPI, Router

api = NinjaAPI()
router = Router()

@router.get("/chat")
async def chat(request): ...

@api.post("/ask")
def ask(request): ...

api.add_router("/v1", router)
""",
    )
    assert found == {("GET", "/v1/chat", "chat", LOOP), ("POST", "/ask", "ask", WORKER)}


def test_quart(tmp_path: Path) -> None:
    found = routes(
        tmp_path,
        main="""
from quart import Blueprint, Quart

app = Quart(__name__)
chats = Blueprint("chats", __name__, url_prefix="/chats")

@chats.get("/stream")
async def stream(): ...

@chats.route("/page")
def page(): ...

@app.websocket("/ws")
async def socket(): ...

@app.before_serving
async def started(): ...

app.register_blueprint(chats)
""",
    )
    assert found == {
        ("GET", "/chats/stream", "stream", LOOP),
        ("GET", "/chats/page", "page", POOL),
        ("websocket", "/ws", "socket", LOOP),
        ("startup", "", "started", LOOP),
    }


def test_aiohttp(tmp_path: Path) -> None:
    found = routes(
        tmp_path,
        main="""
from aiohttp import web

routes = web.RouteTableDef()

@routes.get("/chat")
async def chat(request): ...

async def ask(request): ...
async def late(request): ...

app = web.Application()
app.add_routes(routes)
app.add_routes([web.post("/ask", ask)])
app.router.add_get("/late", late)
""",
    )
    assert found >= {
        ("GET", "/chat", "chat", LOOP),
        ("POST", "/ask", "ask", LOOP),
        ("GET", "/late", "late", LOOP),
    }


def test_sanic(tmp_path: Path) -> None:
    found = routes(
        tmp_path,
        main="""
from sanic import Blueprint, Sanic

app = Sanic("app")
chats = Blueprint("chats", url_prefix="/chats")
group = Blueprint.group(chats, url_prefix="/api")

@chats.get("/stream")
async def stream(request): ...

@app.post("/ask")
def ask(request): ...

@app.websocket("/ws")
async def socket(request, ws): ...

app.blueprint(group)
""",
    )
    assert ("GET", "/chats/stream", "stream", LOOP) in found or ("GET", "/api/chats/stream", "stream", LOOP) in found
    assert ("POST", "/ask", "ask", LOOP) in found
    assert ("websocket", "/ws", "socket", LOOP) in found


def test_litestar(tmp_path: Path) -> None:
    found = routes(
        tmp_path,
        main="""
from litestar import Litestar, get, post

@get("/chat")
async def chat() -> str: ...

@post("/held")
def held() -> str: ...

@post("/ask", sync_to_thread=True)
def ask() -> str: ...

app = Litestar([chat, ask, held])
""",
    )
    assert found == {
        ("GET", "/chat", "chat", LOOP),
        ("POST", "/held", "held", LOOP),
        ("POST", "/ask", "ask", POOL),
    }


def test_chainlit_gradio_and_streamlit(tmp_path: Path) -> None:
    found = routes(
        tmp_path,
        chat="""
import chainlit as cl

@cl.on_message
async def answer(message): ...

@cl.on_chat_start
def start(): ...
""",
        demo="""
import gradio as gr

def reply(message, history): ...

gr.ChatInterface(reply).launch()
""",
        page="""
import streamlit as st

st.title("Chat")
""",
    )
    assert ("callback", "", "answer", LOOP) in found
    assert any(name == "start" for _, _, name, _ in found)
    assert any(name == "reply" and runner == POOL for _, _, name, runner in found)
    assert any(what == "page" and runner == "script" for what, _, _, runner in found)


def test_a_background_task_is_off_the_request_path(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("""
from fastapi import BackgroundTasks, FastAPI

app = FastAPI()

def send(text): ...

@app.post("/ask")
async def ask(tasks: BackgroundTasks):
    tasks.add_task(send, "text")
""")
    project = Project(tmp_path, (tmp_path / "main.py",))
    [send] = [entry for entry in project.entries if entry.name == "send"] or [None]
    assert send is None or not send.on_request_path


def test_methods_that_cannot_be_seen(tmp_path: Path) -> None:
    text = """
from fastapi import FastAPI
from shop import METHODS

app = FastAPI()

@app.api_route("/any", methods=METHODS)
async def any_method(): ...
"""
    assert {(path, name) for _, path, name, _ in routes(tmp_path, main=text)} == {("/any", "any_method")}


def test_a_router_that_somebody_gives(tmp_path: Path) -> None:
    text = """
import quart

def register(chats):
    @chats.get("/page")
    async def page(): ...
"""
    assert routes(tmp_path, main=text) == {("GET", "/page", "page", LOOP)}


def test_methods_of_classes_that_are_no_http_methods(tmp_path: Path) -> None:
    text = """
from starlette.endpoints import WebSocketEndpoint

class Chat(WebSocketEndpoint):
    async def on_receive(self, websocket, data): ...
"""
    assert routes(tmp_path, main=text) == {("websocket", "", "on_receive", LOOP)}
