"""Why a location of nginx holds a stream back, and what people wrote against it that has no effect."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from streamlint.deployment.chunking import Chunking
from streamlint.deployment.nginx_sites import Effective, Location
from streamlint.deployment.nginx_tree import Statement
from streamlint.deployment.nginx_ways import outside, sample
from streamlint.knowledge.frameworks import Purpose
from streamlint.knowledge.nginx import modules
from streamlint.serving.route_paths import UNKNOWN_PART

if TYPE_CHECKING:
    from streamlint.deployment.passages import Passage
    from streamlint.deployment.whole import Deployment

_HEADER = "x-accel-buffering"


class Reason(Enum):
    MODULE = auto()
    """The module's protocol brings the answer as one whole."""
    HTTP10 = auto()
    """HTTP/1.0 has no chunks: what comes is collected."""
    GZIP = auto()
    """The compressor collects what it compresses."""


@dataclass(frozen=True)
class Held:
    """Buffering is on, and something makes it wait."""

    reason: Reason
    buffering: Effective
    because: Effective | None


def held(location: Location, passage: Passage, deployment: Deployment) -> Held | None:
    """Why tokens of a route wait here; None where they pass, or nobody can say."""
    route = passage.route
    if location.passing is None or not location.passing.module.holds:
        return None
    buffering = location.of_module("buffering")
    if not buffering.is_known or buffering.value != "on":
        return None
    if route.sends_accel_header and ignoring(location) is None:
        return None
    if not location.passing.module.is_http:
        return Held(Reason.MODULE, buffering, None)
    version, gzip = endless(location, passage, deployment), location.setting("gzip")
    if version is not None:
        return Held(Reason.HTTP10, buffering, version)
    if gzip.is_known and gzip.value == "on" and _compresses(location, route.media_type):
        return Held(Reason.GZIP, buffering, gzip)
    return None


def masking(location: Location, passage: Passage, deployment: Deployment) -> tuple[Effective, ...]:
    """What makes a broken stream end as a whole one here."""
    return tuple(each for each in (endless(location, passage, deployment), unmarked(location)) if each is not None)


def endless(location: Location, passage: Passage, deployment: Deployment) -> Effective | None:
    """HTTP/1.0 to the application, over which nginx cannot tell a whole answer from a broken one."""
    version = location.of_module("http_version")
    is_http = location.passing is not None and location.passing.module.is_http
    if not is_http or not version.is_known or version.value != "1.0":
        return None
    return None if deployment.ask(Chunking).sends(passage.route, passage.server) else version


def unmarked(location: Location) -> Effective | None:
    """Chunks that are turned off for the client, who then cannot tell one from the other."""
    chunks = location.setting("chunked_transfer_encoding")
    return chunks if chunks.statement is not None and chunks.is_known and chunks.value == "off" else None


def _compresses(location: Location, media_type: str | None) -> bool:
    types = location.setting("gzip_types")
    if media_type is None or not types.is_known:
        return False
    return (
        media_type.split(";")[0].strip().lower() in (*map(str.lower, types.values), "text/html") or "*" in types.values
    )


def ignoring(location: Location) -> Effective | None:
    """What makes nginx overlook `X-Accel-Buffering` in the answer; where that is computed, nothing."""
    ignored = location.of_module("ignore_headers")
    return ignored if ignored.is_known and _HEADER in map(str.lower, ignored.values) else None


def header_added(location: Location) -> Statement | None:
    """An `add_header X-Accel-Buffering no`: it goes to the client, and nginx does not read what it writes."""
    for block in (location.statement, *location.blocks):
        if added := block.own("add_header"):
            fitting = (each for each in added if each.texts[:1] and each.texts[0].lower() == _HEADER)
            return next((each for each in fitting if each.texts[1:2] == ("no",)), None)
    return None


def misnamed(location: Location, name: str) -> Statement | None:
    """A setting of another module than the one that passes on, written in the location itself: there it means nothing."""
    if location.passing is None or location.statement.own(location.passing.module.setting(name)):
        return None
    if name == "buffering" and not location.passing.module.holds:
        return None
    others = [each for each in modules().values() if each is not location.passing.module]
    used = {inner.passing.module for inner in location.walk() if inner.passing is not None}
    found = (each for other in others if other not in used for each in location.statement.own(other.setting(name)))
    return next((each for each in found if not each.directive.is_conditional), None)


def only_streams(location: Location, deployment: Deployment, streams: frozenset[str]) -> bool:
    """Whether every route that is known to pass here is one of these paths, which stream."""
    if location.modifier == "=":
        return True
    for project in deployment.projects:
        for entry in project.reach.entries:
            for path, _ in entry.routes if entry.kind is Purpose.ROUTE else ():
                if path not in streams and (UNKNOWN_PART in path or outside(location, sample(path))):
                    return False
    return True
