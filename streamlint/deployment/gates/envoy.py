"""The routes of Envoy's own configuration: each with its path, its cluster, and the timeouts that hold there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from streamlint.deployment.documents import YamlFiles
from streamlint.deployment.gates.gate import ANYWHERE, MOST_SERVERS, Gate, Match, Reading
from streamlint.deployment.limits import Anchor, Failure, Layer, Limit
from streamlint.deployment.nginx_passing import Address
from streamlint.deployment.resources import Resource
from streamlint.deployment.resources.values import plain
from streamlint.deployment.units import Given
from streamlint.knowledge.gates import default
from streamlint.surroundings.document import Keys
from streamlint.surroundings.numbers import whole_number

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment

_SIGN = re.compile(r"^[ \t]*[\"']?static_resources[\"']?[ \t]*:", re.MULTILINE)
_NAME = re.compile(r".*\.(?:ya?ml|json)(?:\.\w+)?", re.IGNORECASE)
_MANAGER = ("static_resources", "listeners", "*", "filter_chains", "*", "filters", "*", "typed_config")
_ROUTES = ("route_config", "virtual_hosts", "*", "routes", "*")
_KINDS = {"prefix": "beginning", "path": "exact", "path_separated_prefix": "prefix"}


def gates(deployment: Deployment) -> Iterator[Gate]:
    for path in deployment.files:
        source = deployment.source(path) if _NAME.fullmatch(path.name) else None
        if source is None or not _SIGN.search(source.text):
            continue
        for document in deployment.ask(YamlFiles).of(path).every:
            place = document.places.get(("static_resources",))
            if place is not None:
                whole = Resource("Envoy", "", Anchor(path, place), document, (), partial(plain, path))
                yield from _gates(whole)


def _gates(whole: Resource) -> Iterator[Gate]:
    clusters, own = _clusters(whole), set(_reached(whole, ("admin", "address", "socket_address")))
    for manager in whole.ways(_MANAGER):
        for way in whole.ways(_ROUTES, manager):
            place = whole.head(*way, "route") or whole.head(*way, "match")
            cluster = whole.get(*way, "route", "cluster")
            addresses = clusters.get(cluster.text, ()) if cluster is not None else ()
            if place is not None and whole.has(*way, "route") and not (addresses and own.issuperset(addresses)):
                yield Gate(
                    "envoy",
                    "Envoy",
                    f"route to `{cluster.text}`" if cluster is not None else "route",
                    Layer.PROXY,
                    Anchor(whole.path, place),
                    tuple(_readings(whole, manager, way)),
                    addresses or (ANYWHERE,),
                    tuple(_matches(whole, way)),
                )


def _readings(whole: Resource, manager: Keys, way: Keys) -> Iterator[Reading]:
    yield _reading(Failure.TOTAL, "timeout", whole.get(*way, "route", "timeout"), default("envoy", "timeout"))
    idle = whole.get(*way, "route", "idle_timeout")
    manager_idle = whole.get(*manager, "stream_idle_timeout")
    yield _reading(
        Failure.IDLE,
        "idle_timeout" if idle is not None else "stream_idle_timeout",
        idle or manager_idle,
        default("envoy", "stream_idle_timeout"),
    )
    for keys in (
        (*way, "route", "max_stream_duration", "max_stream_duration"),
        (*manager, "common_http_protocol_options", "max_stream_duration"),
    ):
        given = whole.get(*keys)
        if given is not None:
            yield _reading(Failure.TOTAL, "max_stream_duration", given, None)


def _reading(failure: Failure, setting: str, given: Given | None, default: float | None) -> Reading:
    if given is None:
        return Reading(Limit(failure, setting, default), unit="s")
    seconds = given.seconds
    return Reading(Limit(failure, setting, seconds or None, given.anchor, seconds is not None), given, unit="s")


def _matches(whole: Resource, way: Keys) -> Iterator[Match]:
    conditions = whole.names(*way, "match")
    for name in conditions:
        given = whole.get(*way, "match", name) or whole.get(*way, "match", name, "regex")
        if given is not None and (name in _KINDS or name == "safe_regex"):
            is_known = given.is_known and len(conditions) == 1 and not whole.has(*way, "route", "prefix_rewrite")
            yield Match(given.text, _KINDS.get(str(name), "pattern"), is_known)


def _clusters(whole: Resource) -> dict[str, tuple[Address, ...]]:
    """The addresses of each cluster, by its name."""
    found: dict[str, tuple[Address, ...]] = {}
    for one in whole.ways(("static_resources", "clusters", "*")):
        name = whole.get(*one, "name")
        if name is not None and name.text not in found:
            found[name.text] = tuple(islice(_addresses(whole, one), MOST_SERVERS))
    return found


def _addresses(whole: Resource, cluster: Keys) -> Iterator[Address]:
    ends = ("load_assignment", "endpoints", "*", "lb_endpoints", "*", "endpoint", "address", "socket_address")
    for end in whole.ways(ends, cluster):
        yield from _reached(whole, end)


def _reached(whole: Resource, end: Keys) -> Iterator[Address]:
    host, port = whole.get(*end, "address"), whole.get(*end, "port_value")
    if host is not None and port is not None and (number := whole_number(port.text)) is not None:
        yield Address(host.text, number, is_known=host.is_known)
