"""Words that findings about servers, containers and proxies share: who streams there, and how sure that is."""

from __future__ import annotations

from streamlint.deployment.limits import Certainty
from streamlint.deployment.served import Served
from streamlint.deployment.servers import Server
from streamlint.deployment.streaming_routes import StreamingRoute
from streamlint.deployment_file import DeploymentFile
from streamlint.finding import Related, Severity

_MOST = 3
_LOWER = {Severity.ERROR: Severity.WARNING, Severity.WARNING: Severity.ADVICE, Severity.ADVICE: Severity.ADVICE}


def title(route: StreamingRoute) -> str:
    """`GET /chat`, in backticks."""
    return f"`{route.title}`"


def titles(passage: Served) -> str:
    """The streams that pass, as the subject of a sentence."""
    first, *others = passage.routes
    return title(first) if not others else f"{title(first)} (and {len(others)} more)"


def related(passage: Served) -> tuple[Related, ...]:
    """Where the streams that pass are written."""
    places = [(route, route.place) for route in passage.routes]
    found = [Related(place, f"{title(route)} streams") for route, place in places if place is not None]
    return tuple(found[:_MOST])


def around(file: DeploymentFile, server: Server, passage: Served) -> tuple[Related, ...]:
    """Where code starts the server, if not the command itself, and where the streams are written."""
    place = file.place_elsewhere(server.started.anchor) if server.started is not None else None
    starting = (Related(place, f"starts {server.program}"),) if place is not None else ()
    return (*starting, *related(passage))


def lowered(severity: Severity, certainty: Certainty) -> Severity:
    """One step milder where a stream passes likely, advice where that is only possible."""
    if certainty is Certainty.CERTAIN:
        return severity
    return _LOWER[severity] if certainty is Certainty.LIKELY else Severity.ADVICE


def seconds(value: float) -> str:
    """`30 s`."""
    return f"{value:g} s"
