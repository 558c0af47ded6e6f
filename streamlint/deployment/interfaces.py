"""How the applications of servers want to be called, by what their objects are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.deployment.served import ServedRoutes
from streamlint.values.domain import Instance

if TYPE_CHECKING:
    from streamlint.deployment.servers import Server
    from streamlint.deployment.whole import Deployment


class Interfaces:
    """Judges the servers of a deployment."""

    def __init__(self, deployment: Deployment) -> None:
        self.served = deployment.ask(ServedRoutes)
        self._asgi = deployment.knowledge.names("deployment_words", "asgi-applications")

    def is_asgi(self, server: Server) -> bool:
        """Whether the application is surely an object of a framework for ASGI, with nothing around it."""
        found = [self.served.values(application) for application in self.served.applications(server)]
        return bool(found) and all(
            values and all(isinstance(value, Instance) and value.name in self._asgi for value in values)
            for values in found
        )
