"""Where a streaming route holds the event loop of its worker, so that the worker cannot say that it lives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from streamlint.knowledge.blocking import Tier
from streamlint.model import syntax as ir
from streamlint.waiting.held import Held, Holdings, Site

if TYPE_CHECKING:
    from streamlint.deployment.streaming_routes import StreamingRoute
    from streamlint.deployment.whole import Deployment


class HeldRoutes:
    """Judges the routes of a deployment; each is looked at once."""

    def __init__(self, deployment: Deployment) -> None:
        self._known: dict[StreamingRoute, Held | None] = {}

    def of(self, route: StreamingRoute) -> Held | None:
        """The first place in the route's file that certainly holds the loop while it runs."""
        if route not in self._known:
            self._known[route] = next(self._found(route), None)
        return self._known[route]

    def _found(self, route: StreamingRoute) -> Iterator[Held]:
        entry, project = route.entry, route.project
        if entry is None or project is None:
            return
        holdings = project.ask(Holdings)
        for scope in entry.module.scopes:
            frame = project.evaluator.any_call(entry.module, scope)
            where = holdings.on_loop(frame) if scope.kind == "function" else None
            if where is None or where.reached.entry is not entry:
                continue
            for site in _sites(scope):
                held = holdings.at(site, frame)
                if held is not None and held.hold.tier is Tier.CERTAIN:
                    yield held


def _sites(scope: ir.Scope) -> Iterator[Site]:
    yield from scope.calls
    for statement in scope.body.walk():
        if isinstance(statement, ir.Loop):
            yield statement
        elif isinstance(statement, ir.With):
            yield from statement.entries
