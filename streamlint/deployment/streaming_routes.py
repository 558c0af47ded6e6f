"""The routes that really stream: where they are served, by which application, and what they do against a proxy that waits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streamlint.deployment.applications import Applications, AppObject
from streamlint.deployment.sent_streams import SentStream, SentStreams
from streamlint.finding import Place
from streamlint.knowledge.frameworks import Purpose
from streamlint.serving.route_paths import UNKNOWN_PART

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment
    from streamlint.project import Project
    from streamlint.serving import Entry


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
        applications = self._project.ask(Applications)
        before = UNKNOWN_PART if applications.is_adrift(entry) else ""
        for path, methods in entry.routes:
            yield StreamingRoute(
                path=f"{before}{path.removeprefix(UNKNOWN_PART)}" if before else path or UNKNOWN_PART,
                methods=methods,
                media_type=stream.media_type,
                sends_accel_header=stream.sends_accel_header,
                heartbeat=stream.heartbeat,
                place=place,
                app=applications.of(entry),
                framework=entry.framework,
                name=entry.name,
                project=self._project,
                entry=entry,
            )


class StreamingRoutes:
    """Those of all projects that are deployed together, and those that the settings name.

    A project without a file of its own that registers anything is not asked: others tell what it sees of theirs.
    """

    def __init__(self, deployment: Deployment) -> None:
        asked = (each for each in deployment.projects if deployment.owns_any(each, each.registrars))
        found = [route for project in asked for route in project.ask(ProjectRoutes).rows]
        named = [StreamingRoute(path, ()) for path in deployment.expected.streaming_paths]
        self.rows = tuple(dict.fromkeys((*found, *named)))

    def __bool__(self) -> bool:
        return bool(self.rows)
