"""What each stream passes on its way from the model to its reader, in order, and which of these cuts it first."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.deployment.addresses import Addresses, Reached
from streamlint.deployment.containers import Container, is_stopped
from streamlint.deployment.gates import Gate, Gates
from streamlint.deployment.limits import Anchor, Certainty, Failure, Hop, Layer, Limit
from streamlint.deployment.model_clients import ModelClient, ModelClients
from streamlint.deployment.nginx_holds import held, masking
from streamlint.deployment.nginx_sites import Location, NginxSites
from streamlint.deployment.nginx_ways import sample
from streamlint.deployment.passages import Passage, Passages
from streamlint.deployment.served import ServedRoutes
from streamlint.deployment.servers import Servers
from streamlint.deployment.streaming_routes import StreamingRoute, StreamingRoutes
from streamlint.deployment.units import UnitKind
from streamlint.source import Span
from streamlint.streams.workflows import Workflows

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment
    from streamlint.model import syntax as ir

_CUTTING = (Failure.FIRST_BYTE, Failure.IDLE, Failure.TOTAL)
_TELLING = (Failure.BUFFER, Failure.IDLE, Failure.TOTAL, Failure.MASK)


@dataclass(frozen=True)
class Cut:
    """The hop that ends a stream first, and by which of its limits."""

    hop: Hop
    limit: Limit


@dataclass(frozen=True)
class Chain:
    """The hops of a route from the model outwards; `missing` says what was not found, `notes` what else ends an answer."""

    route: StreamingRoute
    hops: tuple[Hop, ...]
    missing: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def first_cut(self) -> Cut | None:
        """Which hop cuts first; a heartbeat of the route saves it from silence, but not from its model's.

        Of several clients that may ask the model, only the most patient is counted.
        """
        cuts = [
            Cut(hop, limit)
            for hop in self.hops
            if hop.certainty is not Certainty.POSSIBLE
            for limit in hop.limits
            if limit.failure in _CUTTING and limit.is_known and limit.seconds is not None
            if hop.layer <= Layer.APPLICATION or limit.failure is Failure.TOTAL or not self._beats(limit.seconds)
        ]
        inner = [cut for cut in cuts if cut.hop.layer is Layer.MODEL_CLIENT and cut.limit.failure is Failure.IDLE]
        spared = inner if self._has_endless_client else sorted(inner, key=_seconds)[:-1]
        return min((cut for cut in cuts if cut not in spared), key=_seconds, default=None)

    @property
    def _has_endless_client(self) -> bool:
        """Whether one of the clients waits for ever, or may."""
        inner = [limit for hop in self.hops if hop.layer is Layer.MODEL_CLIENT for limit in hop.limits]
        return any(each.failure is Failure.IDLE and (not each.is_known or each.seconds is None) for each in inner)

    def _beats(self, seconds: float) -> bool:
        return self.route.beats_within(seconds)


def _seconds(cut: Cut) -> float:
    return cut.limit.seconds or 0.0


class Chains:
    """Those of all streaming routes of a deployment."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._locations = [
            location
            for locations in deployment.ask(NginxSites).of_file.values()
            for location in locations
            if deployment.ask(Passages).of(location)
        ]
        self._gates = [gate for gate in deployment.ask(Gates).rows if deployment.ask(Passages).of(gate)]
        self.rows: tuple[Chain, ...] = tuple(self._of(route) for route in deployment.ask(StreamingRoutes).rows)

    def of_entry(self, path: Path, scope: int) -> tuple[Chain, ...]:
        """Those of the routes that a function of a file answers."""
        entries = ((each, each.route.entry) for each in self.rows)
        return tuple(
            chain
            for chain, entry in entries
            if entry is not None and (entry.module.path, entry.scope.index) == (path, scope)
        )

    def _of(self, route: StreamingRoute) -> Chain:
        clients = route.project.ask(ModelClients).serving(route) if route.project is not None else ()
        servers = _surest(tuple(self._servers(route)))
        proxies = tuple(sorted(_surest(tuple(self._proxies(route))), key=lambda hop: hop.layer))
        hops = (*map(_of_client, clients), *_workflows(route), _application(route), *servers, *proxies)
        missing = []
        if len(clients) > 1:
            missing.append("which of these clients it asks")
        if not clients and route.place is not None:
            missing.append("the client that asks the model")
        if not servers:
            missing.append(f"a command that starts a server for this application{self._by_hand(route)}")
        if not proxies:
            missing.append(self._why_no_proxy(route))
        return Chain(route, tuple(_folded(hops)), tuple(missing), tuple(_notes(clients)))

    def _why_no_proxy(self, route: StreamingRoute) -> str:
        if self._deployment.ask(NginxSites).of_file and not route.is_exact:
            return "a proxy: files of nginx are here, but not all of the path of this route is known"
        return "a proxy: no proxy file names this upstream"

    def _servers(self, route: StreamingRoute) -> Iterator[Hop]:
        served, addresses = self._deployment.ask(ServedRoutes), self._deployment.ask(Addresses)
        rows = [row for row in self._deployment.ask(Servers).rows if not row.unit.is_for_development]
        composed = {row.unit.folder for row in rows if row.unit.kind is UnitKind.SERVICE}
        for server in rows:
            found = served.of(server)
            is_replaced = server.unit.kind is UnitKind.IMAGE and server.unit.folder in composed
            if found is not None and route in found.routes and not is_replaced:
                reached = addresses.of_server(server, sample(route.path)) if route.is_exact else Reached()
                title, limits = server.unit.title, server.limits
                own = Hop(Layer.SERVER, server.program, title, server.anchor, limits, *reached, found.certainty)
                yield own
                if is_stopped(server.unit):
                    yield _container(Container(server.unit, server), found.certainty)

    def _by_hand(self, route: StreamingRoute) -> str:
        """What code starts when a person runs it, which says nothing of what is deployed."""
        if route.project is None or route.app is None:
            return ""
        program = self._deployment.ask(Servers).starters.by_hand(route.project, route.app.path)
        return f"; its code starts {program} when it is run by hand" if program else ""

    def _proxies(self, route: StreamingRoute) -> Iterator[Hop]:
        addresses = self._deployment.ask(Addresses)
        for location in self._locations:
            for passage in self._deployment.ask(Passages).of(location):
                if passage.route == route:
                    limits = tuple(_nginx_limits(location, passage, self._deployment))
                    reached = addresses.of_location(location, passage.outside)
                    title, anchor = location.title, location.anchor
                    yield Hop(Layer.PROXY, "nginx", title, anchor, limits, *reached, passage.certainty)
        for gate in self._gates:
            for passage in self._deployment.ask(Passages).of(gate):
                if passage.route == route:
                    yield _of_gate(gate, passage)


def _of_gate(gate: Gate, passage: Passage) -> Hop:
    limits = tuple(each.limit for each in gate.readings if not each.is_cured and each.limit.failure in _TELLING)
    probe = f"{gate.address}{passage.outside}" if gate.address and passage.outside.startswith("/") else ""
    certainty = Certainty.POSSIBLE if gate.is_one_of_many else passage.certainty
    return Hop(gate.layer, gate.title, gate.name, gate.anchor, limits, probe, certainty=certainty)


def _folded(hops: Iterable[Hop]) -> Iterator[Hop]:
    """One hop for all that are alike, at the place of the first."""
    alike: dict[Hashable, list[Hop]] = {}
    for hop in hops:
        alike.setdefault(hop.likeness, []).append(hop)
    yield from (replace(same[0], places=len(same)) for same in alike.values())


def _of_client(client: ModelClient) -> Hop:
    given = client.time
    at = Anchor(client.path, Span(given.at.start, given.at.end)) if given.at is not None else None
    limits = (Limit(Failure.IDLE, given.setting, given.value, at, given.is_known),) if given.setting else ()
    return Hop(Layer.MODEL_CLIENT, client.name, "", _anchor(client.path, client.call), limits)


def _anchor(path: Path, call: ir.Call) -> Anchor:
    return Anchor(path, Span(call.start, call.end))


def _workflows(route: StreamingRoute) -> Iterator[Hop]:
    """Runs of workflows in the route's file that end after a time."""
    project, entry = route.project, route.entry
    if project is None or entry is None:
        return
    for scope in entry.module.scopes:
        frame = project.evaluator.any_call(entry.module, scope)
        for call in scope.calls:
            for limit in project.ask(Workflows).limits(call, frame)[:1]:
                at = None if limit.is_default else Anchor(limit.place.path, Span(limit.place.start, limit.place.end))
                total = Limit(Failure.TOTAL, "timeout", limit.seconds, at)
                yield Hop(Layer.MODEL_CLIENT, "workflow", "", _anchor(entry.module.path, call), (total,))


def _application(route: StreamingRoute) -> Hop:
    anchor = Anchor(route.place.path, route.place.span) if route.place is not None else None
    return Hop(Layer.APPLICATION, route.framework or "settings", route.name, anchor)


def _container(container: Container, certainty: Certainty) -> Hop:
    given, grace = container.given, container.grace
    at = given.anchor if given is not None else None
    limit = Limit(Failure.SHUTDOWN, container.setting, grace, at, is_known=grace is not None)
    product = container.stopping.product
    return Hop(Layer.CONTAINER, product, container.unit.title, container.anchor, (limit,), certainty=certainty)


def _surest(hops: tuple[Hop, ...]) -> tuple[Hop, ...]:
    """What is only possible counts for nothing beside what is known."""
    return tuple(hop for hop in hops if hop.certainty is not Certainty.POSSIBLE) or hops


def _nginx_limits(location: Location, passage: Passage, deployment: Deployment) -> Iterator[Limit]:
    effective = location.of_module("read_timeout")
    at = effective.statement.anchor if effective.statement is not None else None
    yield Limit(Failure.IDLE, effective.name, effective.seconds, at, effective.seconds is not None)
    found = held(location, passage, deployment)
    if found is not None:
        statement = found.buffering.statement
        yield Limit(Failure.BUFFER, found.buffering.name, None, statement.anchor if statement is not None else None)
    for mask in masking(location, passage, deployment):
        statement = mask.statement
        setting = f"{mask.name} {mask.value}"
        yield Limit(Failure.MASK, setting, None, statement.anchor if statement is not None else None)


def _notes(clients: tuple[ModelClient, ...]) -> Iterator[str]:
    for client in clients:
        output = client.output
        if output is not None and output.is_known and output.value is not None:
            default = ", the default" if output.is_default else ""
            yield (
                f"`{client.name}` asks for at most {output.value:g} tokens (`{output.setting}`{default}):"
                " a longer answer ends there, and nothing on the way has cut it"
            )
