"""Which servers end the stream of a client that stays when the code asks them whether it has left."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from streamlint.deployment.served import ServedRoutes
from streamlint.deployment.servers import Server, Servers
from streamlint.knowledge.server_options import ends_polled_streams

if TYPE_CHECKING:
    from streamlint.deployment.limits import Certainty
    from streamlint.deployment.whole import Deployment
    from streamlint.project import Project
    from streamlint.serving import Entry


@dataclass(frozen=True)
class Misread:
    """A server that answers wrongly, and how sure it is that a stream passes it."""

    server: Server
    certainty: Certainty


class PolledServers:
    """Judges the servers of a deployment."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment

    def of(self, entry: Entry, project: Project) -> Misread | None:
        """The server that a route's stream passes most surely, of those that answer wrongly."""
        release = project.version("gunicorn", entry.module.path)
        found = [
            Misread(server, served.certainty)
            for server in self._doubtful
            if ends_polled_streams(server.program, server.worker_class or "", release)
            and (served := self.deployment.ask(ServedRoutes).of(server)) is not None
            and any(route.entry is entry for route in served.routes)
        ]
        return max(found, key=lambda each: each.certainty, default=None)

    @cached_property
    def _doubtful(self) -> list[Server]:
        """Those of which some release does."""
        deployed = (one for one in self.deployment.ask(Servers).rows if not one.unit.is_for_development)
        return [one for one in deployed if ends_polled_streams(one.program, one.worker_class or "", None)]
