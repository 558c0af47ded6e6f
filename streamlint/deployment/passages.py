"""Which streams pass where, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamlint.deployment.limits import Certainty
from streamlint.deployment.nginx_sites import Location
from streamlint.deployment.nginx_ways import outside, sample
from streamlint.deployment.servers import Servers
from streamlint.deployment.streaming_routes import StreamingRoute, StreamingRoutes

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment


@dataclass(frozen=True)
class Passage:
    """A route that streams, and the path under which users ask for it."""

    route: StreamingRoute
    outside: str
    certainty: Certainty


class Passages:
    """Of one deployment."""

    def __init__(self, deployment: Deployment) -> None:
        self._routes = deployment.ask(StreamingRoutes).rows
        self._servers = deployment.ask(Servers).rows

    def of(self, node: Location) -> tuple[Passage, ...]:
        """The streams that a location passes on."""
        certainty = self._certainty(node)
        if certainty is None:
            return ()
        found = []
        for route in self._routes:
            if route.is_exact:
                found += [Passage(route, each, certainty) for each in outside(node, sample(route.path))[:1]]
        return tuple(found)

    def _certainty(self, node: Location) -> Certainty | None:
        hosts = {address.host for address in node.passing.addresses} if node.passing is not None else set()
        names = {name for server in self._servers for name in server.unit.names}
        if hosts & names:
            return Certainty.CERTAIN
        if names and not hosts & {"localhost", "127.0.0.1", ""}:
            return None
        return Certainty.LIKELY
