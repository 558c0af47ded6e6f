"""Which routes of what is deployed really stream, and what their answers say of themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamlint.serving.routes import Routes

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment
    from streamlint.finding import Place


@dataclass(frozen=True)
class StreamingRoute:
    """A path at which the program answers with a stream."""

    path: str
    methods: tuple[str, ...]
    place: Place | None


class StreamingRoutes:
    """The routes of all projects that are deployed together, and the paths that their owners name."""

    def __init__(self, deployment: Deployment) -> None:
        told = (StreamingRoute(path, (), None) for path in deployment.expected.streaming_paths)
        found = (row for project in deployment.projects for row in project.ask(Routes).rows if row.streams)
        self.rows = (*told, *(StreamingRoute(row.path, row.methods, row.place) for row in found))

    def __bool__(self) -> bool:
        return bool(self.rows)
