"""Which streams pass where, and how sure that is: routes, the paths that a proxy chooses by, and the servers behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import singledispatch
from typing import TYPE_CHECKING, Protocol

from streamlint.deployment.gates import Gate
from streamlint.deployment.limits import Certainty
from streamlint.deployment.nginx_passing import Address
from streamlint.deployment.nginx_sites import Location
from streamlint.deployment.nginx_ways import Ways, lead, outside, sample
from streamlint.deployment.served import ServedRoutes
from streamlint.deployment.streaming_routes import StreamingRoute, StreamingRoutes
from streamlint.deployment.upstreams import Upstreams

if TYPE_CHECKING:
    from streamlint.deployment.servers import Server
    from streamlint.deployment.whole import Deployment


@dataclass(frozen=True)
class Passage:
    """A route that streams, the path under which users ask for it, and the server behind, where one was found."""

    route: StreamingRoute
    outside: str
    certainty: Certainty
    server: Server | None = field(default=None, compare=False)


class Carrier(Protocol):
    """What any proxy, balancer or ingress tells of itself, so that routes can be matched with it."""

    @property
    def addresses(self) -> Sequence[Address]:
        """What it passes requests on to."""

    def rivals(self, path: str) -> Iterable[Sequence[Address]]:
        """What else the same proxy may send on as this path, for other requests."""

    @property
    def is_conditional(self) -> bool:
        """Whether a request that fits need not come here."""

    @property
    def is_broadest(self) -> bool:
        """Whether it takes most of what goes where it passes on to."""

    @property
    def is_whole(self) -> bool:
        """Whether all requests pass it, whatever their path."""

    def outside(self, path: str) -> str | None:
        """A path, as users ask for it, that it sends on as this one."""

    def takes(self, path: str) -> bool:
        """Whether it is given what users ask for under a path."""

    def below(self, path: str) -> str | None:
        """A path that begins with this one and that it is given."""


@singledispatch
def carrier(node: object) -> Carrier:
    """How a node tells it; each kind of node has its own."""
    raise TypeError(f"nobody knows what passes {node!r}")


@dataclass(frozen=True)
class _Nginx:
    """A location of nginx."""

    location: Location

    @property
    def addresses(self) -> Sequence[Address]:
        return self.location.passing.addresses if self.location.passing is not None else ()

    def rivals(self, path: str) -> Iterable[Sequence[Address]]:
        return (each for each in self.location.server.ask(Ways).behind(path) if each != self.addresses)

    @property
    def is_conditional(self) -> bool:
        return self.location.is_conditional

    @property
    def is_broadest(self) -> bool:
        broadest = self.location.server.broadest
        return all(broadest.get(address) is self.location for address in self.addresses)

    @property
    def is_whole(self) -> bool:
        return False

    def outside(self, path: str) -> str | None:
        return next(iter(outside(self.location, path)), None)

    def takes(self, path: str) -> bool:
        found = lead(self.location.server, path)
        return found is not None and found.location is self.location

    def below(self, path: str) -> str | None:
        own = self.location.pattern
        is_plain = self.location.modifier in ("", "^~", "=") and own.startswith(path)
        return own if is_plain and self.takes(own) else None


@carrier.register
def _(node: Location) -> Carrier:
    return _Nginx(node)


@carrier.register
def _(node: Gate) -> Carrier:
    return node


class Passages:
    """Of one deployment."""

    def __init__(self, deployment: Deployment) -> None:
        self._routes = deployment.ask(StreamingRoutes).rows
        self._upstreams = deployment.ask(Upstreams)
        self._served = deployment.ask(ServedRoutes)
        self._are_several = len({route.app for route in self._routes if route.app is not None}) > 1
        self._known: dict[int, tuple[object, tuple[Passage, ...]]] = {}

    def of(self, node: object) -> tuple[Passage, ...]:
        """The streams that pass a node; none where neither what is behind it nor the path can be told."""
        known = self._known.get(id(node))
        if known is None:
            known = self._known[id(node)] = node, tuple(self._of(carrier(node)))
        return known[1]

    def _of(self, node: Carrier) -> Iterator[Passage]:
        found: dict[StreamingRoute, Passage] = {}
        for meant in self._upstreams.of(node.addresses):
            for route, served in self._behind(meant.server):
                passage = self._passage(node, route, meant.certainty, served, meant.server)
                before = found.get(route)
                if passage is not None and (before is None or before.certainty < passage.certainty):
                    found[route] = passage
        yield from found.values()

    def _behind(self, server: Server | None) -> Iterator[tuple[StreamingRoute, Certainty]]:
        """The streams that may come from a server, and how sure that is."""
        if server is None:
            yield from ((route, Certainty.LIKELY) for route in self._routes)
            return
        served = self._served.of(server)
        if served is not None:
            yield from ((route, served.certainty) for route in served.routes)
        yield from ((route, Certainty.LIKELY) for route in self._routes if route.place is None)

    def _passage(
        self, node: Carrier, route: StreamingRoute, upstream: Certainty, served: Certainty, server: Server | None
    ) -> Passage | None:
        asked = self._asked(node, route)
        if asked is None:
            if node.is_whole and not route.is_exact:
                return Passage(route, route.path, min(Certainty.LIKELY, served), server)
            if route.is_exact or upstream is Certainty.POSSIBLE or not node.is_broadest:
                return None
            return Passage(route, route.path, min(Certainty.LIKELY, served), server)
        sure = self._guessed(node, route) if upstream is Certainty.POSSIBLE else min(upstream, served)
        return Passage(route, asked, min(sure, Certainty.LIKELY) if node.is_conditional else sure, server)

    def _guessed(self, node: Carrier, route: StreamingRoute) -> Certainty:
        """How sure an unknown address is: less where several applications, or several unknown addresses, are to choose from."""
        if route.place is None:
            return Certainty.LIKELY
        rivals = node.rivals(sample(route.path)) if route.is_exact else ()
        is_one = not self._are_several and not any(map(self._upstreams.is_unknown, rivals))
        return Certainty.LIKELY if is_one else Certainty.POSSIBLE

    @staticmethod
    def _asked(node: Carrier, route: StreamingRoute) -> str | None:
        """The path under which users ask a node for a route."""
        if not route.is_exact:
            return None
        path = sample(route.path).removesuffix("*")
        asked = node.outside(path)
        if asked is None and route.place is None:
            return path if node.takes(path) else node.below(path) if route.path.endswith("*") else None
        return asked
