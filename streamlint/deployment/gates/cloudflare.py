"""Cloudflare before an application, as tunnels, records and Workers show it; of its limits files seldom say anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from streamlint.deployment.composed import Services
from streamlint.deployment.documents import YamlFiles
from streamlint.deployment.gates.gate import ANYWHERE, Gate, Match, Reading
from streamlint.deployment.limits import Anchor, Failure, Layer, Limit
from streamlint.deployment.nginx_passing import Address
from streamlint.deployment.resources import Resource, Resources
from streamlint.deployment.resources.values import plain
from streamlint.knowledge.gates import default
from streamlint.surroundings import json_file, toml_file
from streamlint.surroundings.document import Document, Keys

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment

_PRODUCT = "cloudflare"
_SETTING = "proxy_read_timeout"
_TUNNEL = re.compile(r"^(?:tunnel|credentials-file)[ \t]*:", re.MULTILINE)
_SERVICE = re.compile(r"https?://([^:/]+|\[[^\]]+\])(?::(\d{1,5}))?(?:/.*)?")
_SOCKET = re.compile(r"unix(?:\+tls)?:(.+)")
_WORKER = re.compile(r"wrangler\.(?:toml|json)")
_RULES = (("ingress", "*"), ("config", "*", "ingress_rule", "*"), ("config", "ingress", "*"))
"""Where a tunnel has its rules: in a file of its own, in Terraform's blocks, in Terraform's objects."""
_TUNNELS = (
    "cloudflare_zero_trust_tunnel_cloudflared_config",
    "cloudflare_tunnel_config",
)
_MOST = 300
"""Rules of one tunnel."""
_RECORDS = ("cloudflare_dns_record", "cloudflare_record")


def gates(deployment: Deployment) -> Iterator[Gate]:
    reading = _reading(deployment.ask(Resources))
    for resource in (*deployment.ask(Resources).of(*_TUNNELS), *_files(deployment)):
        for way in _RULES:
            for rule in islice(resource.ways(way), _MOST):
                yield from _of_rule(resource, rule, reading, deployment)
    records = [each for each in deployment.ask(Resources).of(*_RECORDS) if _is_proxied(each)]
    for resource in records:
        gate = _gate(resource, "Cloudflare", resource.title, reading)
        yield replace(gate, is_one_of_many=len(records) > 1)
    for resource in _workers(deployment):
        yield replace(_gate(resource, "Cloudflare Worker", resource.name, reading), is_one_of_many=True)


def _gate(resource: Resource, title: str, name: str, reading: Reading) -> Gate:
    return Gate(_PRODUCT, title, name, Layer.EDGE, resource.anchor, (reading,), resource=resource)


def _reading(resources: Resources) -> Reading:
    """How long it waits for the next piece: what a zone says, or what holds for all."""
    for zone in resources.of("cloudflare_zone_setting", "cloudflare_zone_settings_override"):
        named = zone.get("setting_id")
        keys = ("settings", "*", _SETTING) if named is None else ("value",) if named.text == _SETTING else ()
        for given in zone.found(keys) if keys else ():
            seconds = given.seconds
            return Reading(Limit(Failure.IDLE, _SETTING, seconds, given.anchor, seconds is not None), given)
    return Reading(Limit(Failure.IDLE, _SETTING, default(_PRODUCT, _SETTING)))


# Tunnels


def _files(deployment: Deployment) -> Iterator[Resource]:
    """The configurations of `cloudflared`."""
    for path in deployment.files:
        source = deployment.source(path) if path.suffix in (".yml", ".yaml") else None
        if source is None or not _TUNNEL.search(source.text):
            continue
        document = deployment.ask(YamlFiles).of(path).first
        place = document.places.get(("ingress",))
        if place is not None:
            yield Resource("cloudflared", "", Anchor(path, place), document, (), partial(plain, path))


def _of_rule(resource: Resource, rule: Keys, reading: Reading, deployment: Deployment) -> Iterator[Gate]:
    service, host, path = (resource.get(*rule, key) for key in ("service", "hostname", "path"))
    addresses = _addresses(service.text, deployment) if service is not None and service.is_known else (ANYWHERE,)
    if service is None or not addresses:
        return
    name = host.text if host is not None and host.is_known else resource.name
    gate = _gate(resource, "Cloudflare Tunnel", name, reading)
    matches = (Match(f".*(?:{path.text})", "pattern", path.is_known),) if path is not None and path.text else ()
    address = f"https://{name}" if host is not None and host.is_known and "*" not in name and name else ""
    yield replace(gate, anchor=service.anchor, addresses=addresses, matches=matches, address=address)


def _addresses(service: str, deployment: Deployment) -> tuple[Address, ...]:
    """What a rule passes on to; nothing for what is no program that speaks HTTP."""
    socket, match = _SOCKET.fullmatch(service), _SERVICE.fullmatch(service)
    if socket is not None:
        return (Address("", socket=socket[1]),)
    if match is None:
        return ()
    host = match[1].partition(".")[0] if ".svc" in match[1] else match[1]
    if host in _proxies(deployment):
        return (ANYWHERE,)
    return (Address(host, int(match[2]) if match[2] else 443 if service.startswith("https") else 80),)


def _proxies(deployment: Deployment) -> frozenset[str]:
    """The services of Compose files whose image is a proxy's, behind which anything may be."""
    known = deployment.knowledge.names("gates", "proxy-images")
    images = [(service, service.get("image")) for service in deployment.ask(Services).rows]
    named = [(service, PurePosixPath(given.text.partition(":")[0]).name) for service, given in images if given]
    return frozenset(name for service, image in named if image in known for name in service.names)


# Records and Workers


def _is_proxied(resource: Resource) -> bool:
    given = resource.get("proxied")
    return given is not None and given.is_known and given.text == "true"


def _workers(deployment: Deployment) -> Iterator[Resource]:
    """Workers with addresses of their own, that may ask the application; not those that are the application."""
    for path in deployment.files:
        source = deployment.source(path) if _WORKER.fullmatch(path.name) else None
        if source is None:
            continue
        document = _document(path, source.text)
        route = next((each for key in ("routes", "route") for each in document.under(key)), None)
        main = document.get("main")
        if route is not None and main is not None and not main.value.endswith(".py"):
            name = document.get("name")
            anchor = Anchor(path, route.span)
            yield Resource("worker", name.value if name is not None else "", anchor, document, (), partial(plain, path))


def _document(path: Path, text: str) -> Document:
    return toml_file.read(text) if path.suffix == ".toml" else json_file.read(text)
