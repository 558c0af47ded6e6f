"""The functions of `vercel.json` whose files have routes that stream, and how long they may run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import translate
from functools import partial
from typing import TYPE_CHECKING

from streamlint.deployment.gates.gate import Gate, Match, Reading
from streamlint.deployment.limits import Anchor, Failure, Layer, Limit
from streamlint.deployment.resources import Resource
from streamlint.deployment.resources.values import plain
from streamlint.deployment.streaming_routes import StreamingRoutes
from streamlint.knowledge.gates import default
from streamlint.surroundings import json_file

if TYPE_CHECKING:
    from pathlib import Path

    from streamlint.deployment.whole import Deployment

_NAME = "vercel.json"


def gates(deployment: Deployment) -> Iterator[Gate]:
    for path in deployment.files:
        source = deployment.source(path) if path.name == _NAME else None
        if source is None:
            continue
        document = json_file.read(source.text)
        for pattern in document.names("functions"):
            given = Resource("", "", Anchor(path, document.settings[0].span), document, (), partial(plain, path)).get(
                "functions", pattern, "maxDuration"
            )
            matches = tuple(_matches(deployment, path, str(pattern)))
            if given is not None and matches:
                limit = Limit(Failure.TOTAL, "maxDuration", given.seconds, given.anchor, given.seconds is not None)
                yield Gate(
                    "vercel",
                    "Vercel",
                    f"function `{pattern}`",
                    Layer.EDGE,
                    given.anchor,
                    (Reading(limit, given, default("vercel", "maxDuration")),),
                    matches=matches,
                )


def _matches(deployment: Deployment, path: Path, pattern: str) -> Iterator[Match]:
    """The paths of the routes whose files a pattern means."""
    shape = re.compile(translate(pattern))
    for route in deployment.ask(StreamingRoutes).rows:
        if route.place is None or not route.is_exact or not route.place.path.is_relative_to(path.parent):
            continue
        if shape.match(route.place.path.relative_to(path.parent).as_posix()):
            yield Match(route.path, "exact")
