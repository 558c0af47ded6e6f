"""Which route of a project somebody means, and the test for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from streamlint.knowledge.frameworks import Purpose
from streamlint.serving.route_paths import UNKNOWN_PART
from streamlint.witnessing import writing
from streamlint.witnessing.applications import Applications
from streamlint.witnessing.asked import PART, Requests

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.serving import Entry

_WANTED = re.compile(r"(?:(?P<method>[A-Za-z]+)\s+)?(?P<path>\S+)")
_SHOWN = 5


class NoTest(Exception):
    """No test can be written; the message says why, in words for whoever asked."""


@dataclass(frozen=True)
class Route:
    """A path of an entry point, with one of its methods, or none where it takes any."""

    project: Project
    entry: Entry
    path: str
    method: str

    @property
    def title(self) -> str:
        return f"{self.method} {self.path}".strip()

    @property
    def shape(self) -> str:
        return _shape(self.path)


def test_for(wanted: str, projects: Sequence[Project]) -> str:
    """A test for the route that is meant: `GET /chat`, `/chat`, `/chat/{id}`; raises `NoTest`."""
    route = _chosen(wanted, list(_routes(projects)))
    framework = route.entry.framework
    if framework not in writing.frameworks():
        known = ", ".join(writing.frameworks())
        raise NoTest(f"{route.title} is run by {framework}; tests are written for {known}")
    served = route.project.ask(Applications).of(route.entry)
    server = writing.server_for(framework, served.interface) if served is not None else None
    if served is None or server is None:
        raise NoTest(f"which application serves {route.title} cannot be told, or it has no name that can be imported")
    asked = route.project.ask(Requests).of(route.entry, route.path, (route.method,) if route.method else ())
    return writing.write(route.title, asked, served, server, llama_index=route.project.says(("llama_index",)))


def _routes(projects: Iterable[Project]) -> Iterator[Route]:
    for project in projects:
        for entry in project.reach.entries if project.entries else ():
            for path, methods in entry.routes if entry.kind in (Purpose.ROUTE, Purpose.WEBSOCKET) else ():
                if path and entry.on_request_path:
                    full = path if path.startswith(("/", UNKNOWN_PART)) else f"/{path}"
                    yield from (Route(project, entry, full, method) for method in methods or ("",))


def _chosen(wanted: str, routes: list[Route]) -> Route:
    match = _WANTED.fullmatch(wanted.strip())
    if match is None:
        raise NoTest(f"`{wanted}` must be a method and a path, or a path: `GET /chat`")
    method, path = (match["method"] or "").upper(), match["path"]
    found = [route for route in routes if route.shape == _shape(path) and method in ("", route.method or method)]
    found = [route for route in found if route.path == path] or found
    if len({route.title for route in found}) > 1:
        raise NoTest(f"`{wanted}` is several routes: {_listed(found)}; name one with its method")
    if not found:
        raise NoTest(f"there is no route `{wanted}`{_near(path, routes)}")
    if found[0].entry.kind is Purpose.WEBSOCKET:
        raise NoTest(f"`{path}` is a WebSocket; tests are written for routes of HTTP")
    return found[0]


def _near(path: str, routes: list[Route]) -> str:
    """The routes that may have been meant, or that there is none at all."""
    if not routes:
        return "; no HTTP routes are found in these paths"
    near = get_close_matches(path, {route.path for route in routes}, n=_SHOWN, cutoff=0.4)
    titles = [route for each in near for route in routes if route.path == each]
    return f" (did you mean {_listed(titles[:_SHOWN])}?)" if titles else f"; --show-routes lists all {len(routes)}"


def _listed(routes: list[Route]) -> str:
    return ", ".join(dict.fromkeys(f"`{route.title}`" for route in routes))


def _shape(path: str) -> str:
    """A path without the names of its parameters and a slash at its end."""
    return PART.sub("{}", path).rstrip("/") or "/"
