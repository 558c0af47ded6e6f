"""Which streaming routes a server serves: its application is found in the project, and what that application imports."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.deployment.limits import Certainty
from streamlint.deployment.streaming_routes import StreamingRoute, StreamingRoutes

if TYPE_CHECKING:
    from streamlint.deployment.servers import Server
    from streamlint.deployment.whole import Deployment
    from streamlint.project import Project
    from streamlint.values.domain import Values

_MODULE = re.compile(r"[A-Za-z_][\w.]*")
_FOUND_BY_ITSELF = ("main.py", "app.py", "api.py", "app/main.py", "app/app.py", "app/api.py")
"""Where `fastapi run` and `flask run` look when nothing is named."""


@dataclass(frozen=True)
class Served:
    """Streams that pass a server, the surest first, and how sure that is."""

    routes: tuple[StreamingRoute, ...]
    certainty: Certainty


@dataclass(frozen=True)
class Application:
    """Where the object that a server is told to serve may stand."""

    project: Project
    path: Path
    name: str


class ServedRoutes:
    """Judges the servers of a deployment."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self._known: dict[tuple[str, Path], Served | None] = {}

    def of(self, server: Server) -> Served | None:
        """The streams that pass a server; None where it serves another application, or nothing streams."""
        key = (server.target, server.unit.folder)
        if key not in self._known:
            self._known[key] = self._of(server)
        return self._known[key]

    def applications(self, server: Server) -> tuple[Application, ...]:
        """The files that the name of a server's application may mean, where several are equally near all of them."""
        endings = list(_endings(server))
        found = [
            Application(project, path, server.target.partition(":")[2].partition("(")[0])
            for project in self.deployment.projects
            for path in project.modules.files
            if any(_ends(path, ending) for ending in endings)
        ]
        nearness = [_shared(application.path, server.unit.folder) for application in found]
        return tuple(one for one, near in zip(found, nearness, strict=True) if near == max(nearness))

    def values(self, application: Application) -> Values | None:
        """What the object is, by the place where its name is bound."""
        module = application.project.module(application.path)
        name = application.name or "application"
        for binding in module.scopes[0].bindings if module is not None else ():
            if binding.name == name and binding.value is not None and module is not None:
                evaluator = application.project.evaluator
                return evaluator.value(binding.value, evaluator.any_call(module, module.scopes[0]))
        return None

    def _of(self, server: Server) -> Served | None:
        routes = self.deployment.ask(StreamingRoutes).rows
        applications = self.applications(server)
        if applications:
            found = [passage for one in applications if (passage := self._of_application(one, routes)) is not None]
            if not found:
                return None
            certainty = min(each.certainty for each in found) if len(found) == len(applications) else Certainty.POSSIBLE
            return Served(tuple(dict.fromkeys(route for each in found for route in each.routes)), certainty)
        named = tuple(route for route in routes if route.place is None)
        if named and server.target:
            return Served(named, Certainty.LIKELY)
        near = tuple(route for route in routes if route.place is not None and not server.target)
        return Served(near, Certainty.POSSIBLE) if near else None

    def _of_application(self, application: Application, routes: Iterable[StreamingRoute]) -> Served | None:
        """The streams of the files that an application imports; where it registers none at all, those of its project.

        What is known to be another application's is left out.
        """
        project = application.project
        imported = project.modules.around({application.path})
        own = tuple(route for route in routes if route.place is not None and route.place.path in imported)
        if own:
            return Served(own, Certainty.CERTAIN)
        if any(entry.module.path in imported for entry in project.entries):
            return None
        files = project.modules.files
        free = (route for route in routes if route.app is None or route.app.path in imported)
        near = tuple(route for route in free if route.place is not None and route.place.path in files)
        return Served(near, Certainty.LIKELY) if near else None


def _endings(server: Server) -> Iterator[tuple[str, ...]]:
    """The ends of paths that the application's module may have."""
    if not server.target:
        if server.mode:
            yield from (tuple(name.split("/")) for name in _FOUND_BY_ITSELF)
        return
    module = server.target.partition(":")[0]
    if module.endswith(".py"):
        yield tuple(part for part in module.split("/") if part not in (".", "..", ""))
    elif _MODULE.fullmatch(module):
        parts = module.split(".")
        yield (*parts[:-1], f"{parts[-1]}.py")
        yield (*parts, "__init__.py")


def _ends(path: Path, ending: tuple[str, ...]) -> bool:
    return path.parts[-len(ending) :] == ending


def _shared(path: Path, folder: Path) -> int:
    """How many folders from the root on a file shares with a folder."""
    common = os.path.commonpath((path.parent, folder)) if path.is_absolute() == folder.is_absolute() else ""
    return len(Path(common).parts)
