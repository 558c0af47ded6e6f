"""The routes of Gateway API, Istio and Contour: each rule with its paths, what is behind it, and its timeouts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from streamlint.deployment.gates.declared import readings_of
from streamlint.deployment.gates.gate import ANYWHERE, Gate, Match
from streamlint.deployment.gates.ingresses import address
from streamlint.deployment.limits import Layer
from streamlint.deployment.nginx_passing import Address
from streamlint.deployment.resources import Resource, Resources
from streamlint.deployment.workloads import Workloads
from streamlint.knowledge.gates import GateRow, by_kind
from streamlint.surroundings.document import Keys

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment

_KINDS = {"Exact": "exact", "exact": "exact", "PathPrefix": "prefix", "prefix": "beginning"}


@dataclass(frozen=True)
class _Shape:
    """Where a kind of object has its rules, their paths, and the services behind them."""

    rules: tuple[str, ...]
    paths: tuple[str, ...]
    backends: tuple[str, ...]
    name: Keys
    port: Keys


_SHAPES = {
    "HTTPRoute": _Shape(("spec", "rules", "*"), ("matches", "*", "path"), ("backendRefs", "*"), ("name",), ("port",)),
    "GRPCRoute": _Shape(("spec", "rules", "*"), ("matches", "*", "path"), ("backendRefs", "*"), ("name",), ("port",)),
    "VirtualService": _Shape(
        ("spec", "http", "*"), ("match", "*", "uri"), ("route", "*", "destination"), ("host",), ("port", "number")
    ),
    "HTTPProxy": _Shape(("spec", "routes", "*"), ("conditions", "*"), ("services", "*"), ("name",), ("port",)),
}


def gates(deployment: Deployment) -> Iterator[Gate]:
    for resource in deployment.ask(Resources).of(*_SHAPES):
        shape = _SHAPES[resource.kind]
        for way in resource.ways(shape.rules):
            yield _gate(resource, way, shape, by_kind()[resource.kind], deployment.ask(Workloads))


def _gate(resource: Resource, way: Keys, shape: _Shape, row: GateRow, workloads: Workloads) -> Gate:
    readings = tuple(reading for limit in row.limits for reading in readings_of(resource, limit, way))
    behind = tuple(_behind(resource, way, shape, workloads))
    return Gate(
        row.product,
        row.title,
        resource.title,
        Layer[row.layer],
        resource.anchor,
        readings,
        behind or (ANYWHERE,),
        tuple(_matches(resource, way, shape)),
        resource=resource,
    )


def _behind(resource: Resource, way: Keys, shape: _Shape, workloads: Workloads) -> Iterator[Address]:
    for backend in resource.ways(shape.backends, way):
        name = resource.get(*backend, *shape.name)
        if name is not None:
            service = replace(name, text=name.text.partition(".")[0])
            yield address(service, resource.get(*backend, *shape.port), workloads)


def _matches(resource: Resource, way: Keys, shape: _Shape) -> Iterator[Match]:
    """The paths of a rule; one that rewrites them, or asks for more than a path, is not sure."""
    is_plain = not resource.has(*way, "filters") and not resource.has(*way, "rewrite")
    is_plain = is_plain and not resource.has(*way, "pathRewritePolicy")
    for place in resource.ways(shape.paths, way):
        kind = resource.get(*place, "type")
        for key in ("value", "exact", "prefix", "regex"):
            given = resource.get(*place, key)
            if given is None:
                continue
            meant = _KINDS.get(kind.text if kind is not None else "PathPrefix" if key == "value" else key, "pattern")
            yield Match(given.text, meant, is_plain) if given.is_known else Match("/", is_known=False)
