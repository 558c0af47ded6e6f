"""The services of App Engine's standard environment, each with the routes of the files that its `app.yaml` stands beside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.deployment.documents import YamlFiles
from streamlint.deployment.gates.gate import Gate, Match, Reading
from streamlint.deployment.limits import Failure, Layer, Limit
from streamlint.deployment.resources.values import plain
from streamlint.deployment.streaming_routes import StreamingRoutes

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment

_SIGN = re.compile(r"^runtime[ \t]*:[ \t]*[\"']?python", re.MULTILINE)
_RUNTIME = re.compile(r"python\d{2,3}")
"""Those of the standard environment: `python312`; the flexible one has `python`."""
_FLEXIBLE = (("env",), ("vm",))


def gates(deployment: Deployment) -> Iterator[Gate]:
    for path in deployment.files:
        source = deployment.source(path) if path.suffix in (".yaml", ".yml") else None
        if source is None or not _SIGN.search(source.text):
            continue
        document = deployment.ask(YamlFiles).of(path).first
        setting = document.get("runtime")
        given = plain(path, setting) if setting is not None else None
        if given is None or not given.is_known or not _RUNTIME.fullmatch(given.text):
            continue
        matches = tuple(_matches(deployment, path.parent))
        if matches and not any(document.has(*keys) for keys in _FLEXIBLE):
            service = document.get("service")
            name = f"service `{service.value}`" if service is not None else ""
            reading = Reading(Limit(Failure.BUFFER, "runtime", None, given.anchor), given)
            yield Gate("app-engine", "App Engine", name, Layer.BALANCER, given.anchor, (reading,), matches=matches)


def _matches(deployment: Deployment, folder: Path) -> Iterator[Match]:
    for route in deployment.ask(StreamingRoutes).rows:
        if route.place is None:
            yield Match(route.path)
        elif route.is_exact and route.place.path.is_relative_to(folder):
            yield Match(route.path, "exact")
