"""What asks a Lambda function that an application runs in: URLs, API Gateway, load balancers."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.deployment.gates.declared import declared, is_meant
from streamlint.deployment.gates.endpoints import silences
from streamlint.deployment.gates.gate import Gate, Match
from streamlint.deployment.resources import Resource, Resources
from streamlint.deployment.resources.openapi import EXTENSION
from streamlint.deployment.stacks import Stacks
from streamlint.knowledge.gates import by_kind

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment

_FUNCTIONS = ("AWS::Serverless::Function", "serverless function")
_OF_FUNCTIONS = ("url", "api", "httpapi")
_PRODUCTS = ("lambda-url", "apigw-rest", "apigw-http", "alb-lambda")
_STREAMING = re.compile(
    r"AWS_LWA_INVOKE_MODE[^\w\n]{1,20}(?:[Vv]alue[^\w\n]{1,20})?(?:(?i:response_stream)|\$|!|var\.|local\.)"
)
"""Where its mode is that of a stream, in small or large letters, or computed."""
_NAMING = (
    ("function_name",),
    ("uri",),
    ("TargetFunctionArn",),
    ("Integration", "Uri"),
    ("handler",),
    ("function",),
    ("0",),
)
"""Where what asks a function names it."""
_PROXIES = ("AWS_PROXY", "HTTP_PROXY")


def gates(deployment: Deployment) -> Iterator[Gate]:
    """Those of a deployment that shows that its application runs in Lambda; of others nobody can say what they ask."""
    asked = [kind for kind, row in by_kind().items() if row.product in _PRODUCTS]
    functions, others = (tuple(deployment.ask(Resources).of(*kinds)) for kinds in (_FUNCTIONS, asked))
    if not (functions or others):
        return
    is_in_lambda = runs_in_lambda(deployment)  # looks through all texts
    for resource in functions if is_in_lambda else ():
        for part in _OF_FUNCTIONS:
            if part == "api" and _is_described(resource, deployment.ask(Resources)):
                continue
            gate = _declared(resource, f"{resource.kind} {part}", deployment)
            yield from (replace(gate, matches=tuple(_paths(resource, part))),) if gate.readings else ()
    asking = [each for each in others if _is_proxy(each) and (is_in_lambda or _is_address(each))]
    found = [replace(_declared(each, each.kind, deployment), matches=tuple(_own(each))) for each in asking]
    yield from _among([gate for gate in found if gate.readings])


def _among(gates: Sequence[Gate]) -> Iterator[Gate]:
    """The same, doubted where several of a folder ask different functions, and no path says which is meant."""
    asked: dict[tuple[str, Path], set[Hashable]] = {}
    for gate in gates:
        asked.setdefault((gate.product, gate.anchor.path.parent), set()).add(_function(gate))
    for gate in gates:
        several = len(asked[gate.product, gate.anchor.path.parent]) > 1
        yield replace(gate, is_one_of_many=several and not gate.matches)


def _function(gate: Gate) -> Hashable:
    """What names the function that it asks; its own place where nothing does."""
    resource = gate.resource
    given = (resource.get(*keys) for keys in _NAMING) if resource is not None else ()
    return next((each.text for each in given if each is not None), gate.anchor)


def _declared(resource: Resource, kind: str, deployment: Deployment) -> Gate:
    """What the table says of it; where it streams, there is a limit for its silence too."""
    gate = declared(resource, by_kind()[kind])
    is_streaming = any(each.is_cured for each in gate.readings)
    limits = silences(resource, kind, deployment.ask(Resources)) if is_streaming else ()
    return replace(gate, readings=(*gate.readings, *limits))


def runs_in_lambda(deployment: Deployment) -> bool:
    modules = deployment.knowledge.names("gates", "lambda-modules")
    return deployment.ask(Adapter).is_used or any(project.says(modules) for project in deployment.projects)


class Adapter:
    """The Lambda Web Adapter, which lets a web server answer for a function."""

    def __init__(self, deployment: Deployment) -> None:
        self._signs = deployment.knowledge.names("gates", "lambda-signs")
        around = (source.text for path in deployment.files if (source := deployment.source(path)) is not None)
        self._texts = [*around, *(module.source.text for _, module in deployment.ask(Stacks).modules)]

    @cached_property
    def is_used(self) -> bool:
        return any(sign in text for text in self._texts for sign in self._signs)

    @cached_property
    def collects(self) -> bool:
        """Whether it is there, and nothing tells it to hand on what comes."""
        return self.is_used and not any(_STREAMING.search(text) for text in self._texts)


def _is_proxy(resource: Resource) -> bool:
    """Whether it hands whole requests on: not where it makes answers of its own, and not for WebSockets."""
    if not is_meant(resource, by_kind()[resource.kind]):
        return False
    protocol = resource.get("protocol_type") or resource.get("ProtocolType")
    kind = resource.get("type") or resource.get("Integration", "Type")
    if protocol is not None:
        return protocol.text == "HTTP"
    return kind is None or kind.text.upper() in _PROXIES


def _is_address(resource: Resource) -> bool:
    """Whether it passes one path on to any server, so that it does not matter what that runs in."""
    kind = resource.get("type")
    return resource.kind.startswith(EXTENSION) and kind is not None and kind.text.upper() == "HTTP_PROXY"


def _is_described(function: Resource, resources: Resources) -> bool:
    """Whether descriptions of their own say how APIs ask a function, so that its events do not."""
    described = {
        each.name
        for each in resources.of("AWS::Serverless::Api")
        if each.path == function.path and (each.has("DefinitionBody") or each.has("DefinitionUri"))
    }
    ways = list(function.ways(("Events", "*Type=Api", "Properties"))) if described else []
    apis = [function.get(*way, "RestApiId") or function.get(*way, "RestApiId", "Ref") for way in ways]
    return bool(apis) and all(each is not None and each.text in described for each in apis)


def _own(resource: Resource) -> Iterator[Match]:
    """The path of an operation of OpenAPI, which is its name; none means all."""
    if resource.kind.startswith(EXTENSION):
        yield _match(resource.name.partition(" ")[2])


def _paths(resource: Resource, part: str) -> Iterator[Match]:
    """The paths of the events that ask a function; none means all."""
    if part == "url":
        return
    kind = {"api": "Api", "httpapi": "HttpApi"}[part]
    for way in resource.ways(("Events", f"*Type={kind}", "Properties")):
        given = resource.get(*way, "Path")
        if given is not None and given.is_known:
            yield _match(given.text)
    for way in resource.ways(("events", "*", "http" if part == "api" else "httpApi")):
        given = resource.get(*way, "path") or resource.get(*way)
        if given is not None and given.is_known:
            yield _match(given.text.split()[-1] if given.text.split() else "/")


def _match(path: str) -> Match:
    """What a path of API Gateway takes: a name in braces is one part of it, and with `+` all that follows."""
    path = path if path.startswith("/") else f"/{path}"
    if path in ("/*", "/$default", "/{proxy+}"):
        return Match("/")
    if "{" not in path:
        return Match(path, "exact")
    before, _, behind = path.partition("{")
    if behind.endswith("+}"):
        return Match(before, is_known=False)
    parts = (re.escape(part) if not part.startswith("{") else "[^/]+" for part in path.split("/"))
    return Match(f"{'/'.join(parts)}$", "pattern", is_known=False)
