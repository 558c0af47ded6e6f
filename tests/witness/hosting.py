"""How each framework's application is found in a module, and how each server is told to run it."""

from __future__ import annotations

import asyncio
import builtins
import importlib
import logging
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MODULE = "application"
"""The name of the module that holds the code under test."""
_APPLICATION_NAMES = ("app", "application")


@dataclass(frozen=True)
class Hosting:
    """Which code to run, and how: everything that a forked process must know."""

    folder: str
    framework: str
    server: str
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def preload(self) -> tuple[str, ...]:
        """Modules that are imported once, before the fork."""
        return FRAMEWORKS[self.framework].preload + SERVERS[self.server].preload


@dataclass(frozen=True)
class Framework:
    """A web framework: its usual server, and how code under test becomes an application."""

    server: str
    new: Callable[[], Any]
    """An application for code that uses `app` without having made one; done before that code is imported."""
    load: Callable[[Any, str], Any]
    """Import the code under test and find the application in it, with the new one and the interface of the server at hand."""
    preload: tuple[str, ...] = ()


@dataclass(frozen=True)
class Server:
    """A web server: which of the three interfaces it calls, and how it is run on a socket that listens already."""

    interface: str
    run: Callable[[Callable[[], Any], socket.socket, dict[str, Any]], None]
    preload: tuple[str, ...] = ()


def _module(name: str) -> Any:
    """A third-party module, typed as nothing known: most servers come without types."""
    return importlib.import_module(name)


def host(hosting: Hosting, listener: socket.socket) -> None:
    """Run the code under test until the end of this process."""
    os.chdir(hosting.folder)
    sys.path.insert(0, hosting.folder)
    server = SERVERS[hosting.server]
    server.run(lambda: _load(hosting, server.interface), listener, hosting.options)


def _load(hosting: Hosting, interface: str) -> Any:
    """Import the code under test; names that it uses without defining them come from the engine."""
    framework = FRAMEWORKS[hosting.framework]
    default = framework.new()
    vars(builtins).update(_module(f"{__package__}.engine").names(), app=default)
    return INTERFACES[interface](framework.load(default, interface))


def _named(default: Any, interface: str) -> Any:
    module = _module(MODULE)
    return next((vars(module)[name] for name in _APPLICATION_NAMES if name in vars(module)), default)


def _instances(kind: Any) -> list[Any]:
    return [value for value in vars(_module(MODULE)).values() if isinstance(value, kind)]


def _fastapi(default: Any, interface: str) -> Any:
    application = _named(default, interface)
    if application is default:
        for router in _instances(_module("fastapi").APIRouter):
            application.include_router(router)
    return application


def _flask(default: Any, interface: str) -> Any:
    application = _named(default, interface)
    if application is default:
        for blueprint in _instances(_module("flask").Blueprint):
            application.register_blueprint(blueprint)
    return application


def _litestar(default: Any, interface: str) -> Any:
    return _named(default, interface) or _module("litestar").Litestar(
        _instances(_module("litestar.handlers").HTTPRouteHandler)
    )


def _aiohttp(default: Any, interface: str) -> Any:
    application = _named(default, interface)
    if application is default:
        for routes in _instances(_module("aiohttp.web").RouteTableDef):
            application.add_routes(routes)
    return application


def _new_django() -> None:
    _module("django.conf").settings.configure(
        ROOT_URLCONF=MODULE, SECRET_KEY="witness", ALLOWED_HOSTS=["*"], DATABASES={}, USE_TZ=True
    )
    _module("django").setup()


def _django(default: Any, interface: str) -> Any:
    """Upper-case names of the module are settings; a module without `urlpatterns` has each of its views at its name."""
    module = _module(MODULE)
    for name in filter(str.isupper, vars(module)):
        setattr(_module("django.conf").settings, name, vars(module)[name])
    if "urlpatterns" not in vars(module):
        route = _module("django.urls").path
        views: list[Any] = [value for value in vars(module).values() if getattr(value, "__module__", "") == MODULE]
        vars(module)["urlpatterns"] = [
            route(view.__name__, getattr(view, "as_view", lambda view=view: view)()) for view in views
        ]
    return getattr(_module(f"django.core.{interface}"), f"get_{interface}_application")()


def _streamlit(default: Any, interface: str) -> Any:
    return _module("streamlit.web.server.starlette").App(Path(f"{MODULE}.py"))


def _gradio(default: Any, interface: str) -> Any:
    """The blocks of the module that nothing else contains, served at the root."""
    gradio = _module("gradio")
    demo = vars(_module(MODULE)).get("demo") or _instances(gradio.Blocks)[-1]
    return gradio.mount_gradio_app(default, demo, path="/")


FRAMEWORKS = {
    "fastapi": Framework("uvicorn", lambda: _module("fastapi").FastAPI(), _fastapi, ("fastapi",)),
    "starlette": Framework(
        "uvicorn", lambda: _module("starlette.applications").Starlette(), _named, ("starlette.applications",)
    ),
    "flask": Framework("werkzeug", lambda: _module("flask").Flask("app"), _flask, ("flask",)),
    "django": Framework("uvicorn", _new_django, _django, ("django", "django.core.asgi", "django.core.wsgi")),
    "quart": Framework("uvicorn", lambda: _module("quart").Quart("app"), _named, ("quart",)),
    "litestar": Framework("uvicorn", lambda: None, _litestar, ("litestar",)),
    "aiohttp": Framework("aiohttp", lambda: _module("aiohttp.web").Application(), _aiohttp),
    "streamlit": Framework("uvicorn", lambda: None, _streamlit, ("streamlit.web.server.starlette",)),
    "gradio": Framework("uvicorn", lambda: _module("fastapi").FastAPI(), _gradio, ("gradio",)),
    "sanic": Framework("sanic", lambda: _module("sanic").Sanic("app"), _named, ("sanic",)),
}


def _asgi(application: Any) -> Any:
    """Answer heartbeats before the application, on its event loop; everything else passes untouched."""

    async def with_heartbeat(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == "/heartbeat":
            headers = [(b"content-length", b"1")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b"1"})
        else:
            await application(scope, receive, send)

    return with_heartbeat


def _wsgi(application: Any) -> Any:
    def with_heartbeat(environ: Any, start_response: Any) -> Any:
        if environ["PATH_INFO"] == "/heartbeat":
            start_response("200 OK", [("Content-Length", "1")])
            return [b"1"]
        return application(environ, start_response)

    return with_heartbeat


def _aiohttp_heartbeat(application: Any) -> Any:
    web = _module("aiohttp.web")

    async def heartbeat(request: Any) -> Any:
        return web.Response(text="1")

    application.router.add_get("/heartbeat", heartbeat)
    return application


def _sanic_heartbeat(application: Any) -> Any:
    async def heartbeat(request: Any) -> Any:
        return _module("sanic").text("1")

    application.add_route(heartbeat, "/heartbeat")
    return application


INTERFACES: dict[str, Callable[[Any], Any]] = {
    "asgi": _asgi,
    "wsgi": _wsgi,
    "aiohttp": _aiohttp_heartbeat,
    "sanic": _sanic_heartbeat,
}


def _run_uvicorn(load: Callable[[], Any], listener: socket.socket, options: dict[str, Any]) -> None:
    uvicorn = _module("uvicorn")
    settings = {"http": "httptools", "loop": "asyncio", "log_level": "warning"} | options
    uvicorn.Server(uvicorn.Config(load(), **settings)).run(sockets=[listener])


def _run_werkzeug(load: Callable[[], Any], listener: socket.socket, options: dict[str, Any]) -> None:
    serving = _module("werkzeug.serving")
    settings = {"threaded": True} | options
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    serving.make_server("127.0.0.1", 0, load(), fd=listener.fileno(), **settings).serve_forever()


def _run_gunicorn(load: Callable[[], Any], listener: socket.socket, options: dict[str, Any]) -> None:
    settings = {
        "worker_class": "gthread",
        "threads": 8,
        "control_socket_disable": True,
        "loglevel": "warning",
    } | options
    settings["bind"] = f"fd://{listener.fileno()}"

    class Application(_module("gunicorn.app.base").BaseApplication):  # type: ignore[misc]  # gunicorn has no types
        def load_config(self) -> None:
            for name, value in settings.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> Any:
            return load()

    Application().run()


def _run_gunicorn_asgi(load: Callable[[], Any], listener: socket.socket, options: dict[str, Any]) -> None:
    _run_gunicorn(load, listener, {"worker_class": "asgi"} | options)


def _run_hypercorn(load: Callable[[], Any], listener: socket.socket, options: dict[str, Any]) -> None:
    settings = {"loglevel": "WARNING"} | options | {"bind": f"fd://{listener.fileno()}"}
    config = _module("hypercorn.config").Config.from_mapping(settings)
    asyncio.run(_module("hypercorn.asyncio").serve(load(), config))


def _run_daphne(load: Callable[[], Any], listener: socket.socket, options: dict[str, Any]) -> None:
    server = _module("daphne.server").Server
    server(load(), endpoints=[f"fd:fileno={listener.fileno()}"], signal_handlers=False, **options).run()


def _run_aiohttp(load: Callable[[], Any], listener: socket.socket, options: dict[str, Any]) -> None:
    _module("aiohttp.web").run_app(load(), sock=listener, print=None, **options)


def _run_sanic(load: Callable[[], Any], listener: socket.socket, options: dict[str, Any]) -> None:
    settings = {"single_process": True, "motd": False, "access_log": False} | options
    load().run(sock=listener, **settings)


SERVERS = {
    "uvicorn": Server("asgi", _run_uvicorn, ("uvicorn", "uvicorn.protocols.http.httptools_impl")),
    "hypercorn": Server("asgi", _run_hypercorn, ("hypercorn.asyncio",)),
    "daphne": Server("asgi", _run_daphne),
    "werkzeug": Server("wsgi", _run_werkzeug, ("werkzeug.serving",)),
    "gunicorn": Server("wsgi", _run_gunicorn, ("gunicorn.app.base", "gunicorn.workers.gthread")),
    "gunicorn-asgi": Server("asgi", _run_gunicorn_asgi, ("gunicorn.app.base",)),
    "aiohttp": Server("aiohttp", _run_aiohttp, ("aiohttp.web",)),
    "sanic": Server("sanic", _run_sanic),
}
