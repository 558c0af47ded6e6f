"""The routes that really stream: where they are served, by which application, and what they do against a proxy that waits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.deployment.sent_streams import SentStream, SentStreams
from streamlint.finding import Place
from streamlint.knowledge.frameworks import Purpose
from streamlint.serving.route_paths import UNKNOWN_PART

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment
    from streamlint.project import Project
    from streamlint.serving import Entry
    from streamlint.values.domain import Origin


@dataclass(frozen=True)
class AppObject:
    """The application that serves a route, as a server's command may name it: a module's file and a name in it.

    `origin` is where it is made; `name` is that of the function that makes it, where it has no name of its own.
    """

    path: Path
    name: str
    origin: Origin


@dataclass(frozen=True)
class StreamingRoute:
    """A path under which a stream is sent; `…` in it stands for what cannot be told, `*` at its end for all that begins so.

    `heartbeat` is after how many silent seconds it sends something by itself, 0 where that is not known, None for never.
    Without `place` it is one that the settings name, and nothing else is known of it.
    """

    path: str
    methods: tuple[str, ...]
    media_type: str | None = None
    sends_accel_header: bool = False
    heartbeat: float | None = None
    place: Place | None = None
    app: AppObject | None = None
    framework: str = ""
    name: str = ""
    project: Project | None = field(default=None, compare=False, repr=False)
    entry: Entry | None = field(default=None, compare=False, repr=False)

    @property
    def is_exact(self) -> bool:
        """Whether the whole path is known, with the prefixes of all routers."""
        return UNKNOWN_PART not in self.path and self.path.startswith("/")

    @property
    def title(self) -> str:
        """`GET /chat`, as messages name it."""
        return f"{'/'.join(self.methods)} {self.path or self.name}".strip()

    def beats_within(self, seconds: float) -> bool:
        """Whether it is never silent for so long."""
        return self.heartbeat is not None and self.heartbeat < seconds


class ProjectRoutes:
    """Those of one project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self.rows = tuple(self._found())

    def _found(self) -> Iterator[StreamingRoute]:
        project = self._project
        for entry in project.reach.entries if project.entries else ():
            if entry.kind is not Purpose.ROUTE or not entry.on_request_path:
                continue
            stream = project.ask(SentStreams).of(entry)
            if stream is not None:
                yield from self._of_entry(entry, stream)

    def _of_entry(self, entry: Entry, stream: SentStream) -> Iterator[StreamingRoute]:
        scope, source = entry.scope, entry.module.source
        line = source.line(source.position(scope.start).line)
        end = min(scope.end, scope.start + len(line) - source.position(scope.start).column + 1)
        place = self._project.place(entry.module.path, scope.start, end)
        for path, methods in entry.routes:
            yield StreamingRoute(
                path=path or UNKNOWN_PART,
                methods=methods,
                media_type=stream.media_type,
                sends_accel_header=stream.sends_accel_header,
                heartbeat=stream.heartbeat,
                place=place,
                app=application_of(entry, self._project),
                framework=entry.framework,
                name=entry.name,
                project=self._project,
                entry=entry,
            )


def application_of(entry: Entry, project: Project) -> AppObject | None:
    """The application that serves an entry, if there is only one that it may be."""
    if len(entry.applications) != 1:
        return None
    (origin,) = entry.applications
    module = project.module(origin.path)
    for scope in module.scopes if module is not None else ():
        for binding in scope.bindings:
            value = binding.value
            if value is not None and (value.start, value.end) == (origin.start, origin.end):
                return AppObject(origin.path, binding.name if scope.kind == "module" else scope.name, origin)
    return AppObject(origin.path, "", origin)


class StreamingRoutes:
    """Those of all projects that are deployed together, and those that the settings name."""

    def __init__(self, deployment: Deployment) -> None:
        found = [route for project in deployment.projects for route in project.ask(ProjectRoutes).rows]
        named = [StreamingRoute(path, ()) for path in deployment.expected.streaming_paths]
        self.rows = tuple(dict.fromkeys((*found, *named)))

    def __bool__(self) -> bool:
        return bool(self.rows)
