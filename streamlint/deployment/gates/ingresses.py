"""Each Ingress of Kubernetes, as the controller of its class serves it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from streamlint.deployment.gates.declared import declared
from streamlint.deployment.gates.gate import ANYWHERE, Gate, Match, Reading
from streamlint.deployment.limits import Failure
from streamlint.deployment.nginx_passing import Address
from streamlint.deployment.resources import Resource, Resources
from streamlint.deployment.units import Given
from streamlint.deployment.workloads import Workloads
from streamlint.knowledge.gates import by_kind, controllers
from streamlint.surroundings.numbers import whole_number

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment

_CLASS = "kubernetes.io/ingress.class"
_REWRITES = ("nginx.ingress.kubernetes.io/rewrite-target", "nginx.ingress.kubernetes.io/use-regex")
_PATTERN = "nginx.ingress.kubernetes.io/use-regex"


def gates(deployment: Deployment) -> Iterator[Gate]:
    """Those whose controller is known."""
    for resource in deployment.ask(Resources).of("Ingress"):
        kind = _kind(resource)
        if kind:
            gate = declared(resource, by_kind()[kind])
            yield replace(
                gate,
                addresses=tuple(_addresses(resource, deployment.ask(Workloads))) or (ANYWHERE,),
                matches=tuple(_matches(resource)),
                address=_asked(resource),
                readings=tuple(_with_settings(reading, deployment) for reading in gate.readings),
            )


def _asked(resource: Resource) -> str:
    host = next((given for given in resource.found(("spec", "rules", "*", "host"))), None)
    if host is None or not host.is_known or "*" in host.text:
        return ""
    return f"{'https' if resource.has('spec', 'tls') else 'http'}://{host.text}"


def _kind(resource: Resource) -> str:
    """What the table calls it; nothing where nobody can say which controller it is for."""
    given = resource.get("spec", "ingressClassName") or resource.get("metadata", "annotations", _CLASS)
    annotations = [str(name) for name in resource.names("metadata", "annotations")]
    for row in controllers():
        if given is not None and given.is_known and given.text in row.classes:
            return row.kind
        if any(name.startswith(row.prefix) for name in annotations):
            return row.kind
    return ""


def _matches(resource: Resource) -> Iterator[Match]:
    annotations = resource.names("metadata", "annotations")
    is_plain = not any(name in annotations for name in _REWRITES)
    for way in resource.ways(("spec", "rules", "*", "http", "paths", "*")):
        path, kind = resource.get(*way, "path"), resource.get(*way, "pathType")
        if path is None or not path.is_known:
            yield Match("/", is_known=path is None)
        elif not is_plain or (kind is not None and kind.text == "ImplementationSpecific"):
            yield Match(
                path.text, "pattern" if _PATTERN in annotations or "(" in path.text else "beginning", is_known=is_plain
            )
        else:
            yield Match(path.text, "exact" if kind is not None and kind.text == "Exact" else "prefix")


def _addresses(resource: Resource, workloads: Workloads) -> Iterator[Address]:
    """The services behind it, each with the port of the container there, as far as that is known."""
    backends = [
        *((*way, "backend") for way in resource.ways(("spec", "rules", "*", "http", "paths", "*"))),
        ("spec", "defaultBackend"),
    ]
    for way in backends:
        name = resource.get(*way, "service", "name") or resource.get(*way, "serviceName")
        port = (
            resource.get(*way, "service", "port", "number")
            or resource.get(*way, "service", "port", "name")
            or resource.get(*way, "servicePort")
        )
        if name is not None:
            yield address(name, port, workloads)


def address(name: Given, port: Given | None, workloads: Workloads) -> Address:
    """A service of Kubernetes as what is behind it."""
    text = port.text if port is not None and port.is_known else ""
    target = workloads.target(name.text, text)
    if not name.is_known or (port is not None and not port.is_known):
        return ANYWHERE
    return Address(name.text, target if target is not None else whole_number(text))


def _with_settings(reading: Reading, deployment: Deployment) -> Reading:
    """What the controller's own settings say where the Ingress says nothing."""
    if reading.given is not None or reading.limit.failure is not Failure.IDLE:
        return reading
    for resource in deployment.ask(Resources).of("ConfigMap"):
        given = resource.get("data", reading.limit.setting)
        if given is not None:
            limit = replace(
                reading.limit, seconds=given.seconds, anchor=given.anchor, is_known=given.seconds is not None
            )
            return replace(reading, limit=limit, given=given)
    return reading
