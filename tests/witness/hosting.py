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
from types import ModuleType
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
    """A web framework: what makes an application, and how code under test becomes one."""

    server: str
    preload: tuple[str, ...]
    new: Callable[[], Any] | None
    """An application for code that uses `app` without having made one."""
    find: Callable[[ModuleType, Any], Any]


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
    wrap = INTERFACES[server.interface]
    server.run(lambda: wrap(_load(hosting)), listener, hosting.options)


def _load(hosting: Hosting) -> Any:
    """Import the code under test; names that it uses without defining them come from the engine."""
    framework = FRAMEWORKS[hosting.framework]
    default = framework.new() if framework.new else None
    vars(builtins).update(_module(f"{__package__}.engine").names())
    if default is not None:
        vars(builtins)["app"] = default
    return framework.find(importlib.import_module(MODULE), default)


def _named(module: ModuleType, default: Any) -> Any:
    for name in _APPLICATION_NAMES:
        if name in vars(module):
            return getattr(module, name)
    return default


def _fastapi(module: ModuleType, default: Any) -> Any:
    application = _named(module, default)
    if application is default and "router" in vars(module):
        application.include_router(module.router)
    return application


def _flask(module: ModuleType, default: Any) -> Any:
    application = _named(module, default)
    blueprint = _module("flask").Blueprint
    if application is default:
        for value in vars(module).values():
            if isinstance(value, blueprint):
                application.register_blueprint(value)
    return application


FRAMEWORKS = {
    "fastapi": Framework("uvicorn", ("fastapi",), lambda: _module("fastapi").FastAPI(), _fastapi),
    "starlette": Framework("uvicorn", ("starlette.applications",), None, _named),
    "flask": Framework("werkzeug", ("flask",), lambda: _module("flask").Flask("app"), _flask),
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


INTERFACES: dict[str, Callable[[Any], Any]] = {"asgi": _asgi, "wsgi": _wsgi}


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
    settings = {"worker_class": "gthread", "threads": 8, "control_socket_disable": True, "loglevel": "warning"} | options
    settings["bind"] = f"fd://{listener.fileno()}"

    class Application(_module("gunicorn.app.base").BaseApplication):  # type: ignore[misc]  # gunicorn has no types
        def load_config(self) -> None:
            for name, value in settings.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> Any:
            return load()

    Application().run()


SERVERS = {
    "uvicorn": Server("asgi", _run_uvicorn, ("uvicorn", "uvicorn.protocols.http.httptools_impl")),
    "werkzeug": Server("wsgi", _run_werkzeug, ("werkzeug.serving",)),
    "gunicorn": Server("wsgi", _run_gunicorn, ("gunicorn.app.base", "gunicorn.workers.gthread")),
    "gunicorn-asgi": Server(
        "asgi",
        lambda load, listener, options: _run_gunicorn(load, listener, {"worker_class": "asgi"} | options),
        ("gunicorn.app.base",),
    ),
}
