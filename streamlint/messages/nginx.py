"""Words that findings about nginx share: which streams pass a location, and what holds there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from streamlint.deployment.limits import Anchor
from streamlint.deployment.nginx_holds import Held, Reason
from streamlint.deployment.nginx_sites import Effective, Location
from streamlint.deployment.passages import Passage
from streamlint.deployment_file import DeploymentFile
from streamlint.finding import Related, Severity
from streamlint.messages.served import lowered, title

if TYPE_CHECKING:
    from streamlint.fact import Fact
    from streamlint.rule import Rule

_MOST = 3
HEADER = "send `X-Accel-Buffering: no` and `Cache-Control: no-cache` with the response"


def told(
    rule: Rule,
    at: Anchor,
    location: Location,
    file: DeploymentFile,
    passages: Sequence[Passage],
    *settings: Effective | None,
    own: Severity | None = None,
    **rest: Any,
) -> Iterator[Fact]:
    """What a rule says of the streams that pass a location, with their places; nothing where none does.

    `settings` are pointed to where they stand elsewhere; `own` is the severity where it is not the rule's.
    """
    if passages:
        mild = severity(passages, own or rule.severity)
        places = related(location, file, passages, *settings)
        yield file.fact(rule, at, routes=titles(passages), related=places, severity=mild, **rest)


def titles(passages: Sequence[Passage]) -> str:
    """The streams that pass, as the subject of a sentence."""
    found = list(dict.fromkeys(title(each.route) for each in passages))
    return found[0] if len(found) == 1 else f"{found[0]} (and {len(found) - 1} more)"


def severity(passages: Sequence[Passage], own: Severity) -> Severity:
    """As mild as the surest passage asks for."""
    return lowered(own, max(each.certainty for each in passages))


def related(
    location: Location, file: DeploymentFile, passages: Sequence[Passage], *told: Effective | None
) -> tuple[Related, ...]:
    """The streams, the location where another file passes on for it, and what is set elsewhere."""
    places = {each.route.place: title(each.route) for each in passages if each.route.place is not None}
    found = [Related(place, f"{name} streams") for place, name in list(places.items())[:_MOST]]
    head = file.place_elsewhere(location.statement.anchor)
    if head is not None and location.statement.path != file.path:
        found.append(Related(head, "passes them on through what it includes"))
    for effective in told:
        place = (
            None
            if effective is None or effective.statement is None
            else file.place_elsewhere(effective.statement.anchor)
        )
        if place is not None and effective is not None and effective.block is not location.home.statement:
            found.append(Related(place, "set here"))
    return tuple(found)


def stand(location: Location, effective: Effective, file: DeploymentFile, *, anywhere: bool = False) -> Anchor:
    """Where a finding about a setting stands: where that is written in the location, or wherever; else at what passes on."""
    statement = effective.statement
    is_near = anywhere or effective.block is location.home.statement
    return statement.anchor if statement is not None and statement.path == file.path and is_near else location.anchor


def cause(held: Held) -> str:
    """Why tokens wait."""
    buffering = held.buffering.shown
    if held.reason is Reason.HTTP10 and held.because is not None:
        how = held.because.shown if held.because.statement is not None else "HTTP/1.0, the default before nginx 1.29.7,"
        return f"{buffering} and {how} make it collect"
    if held.reason is Reason.GZIP:
        return f"{buffering} and `gzip on` make it collect"
    return f"{buffering} makes it collect"


def notes(held: Held) -> tuple[str, ...]:
    """When it is not so after all."""
    is_spoken = held.reason is Reason.HTTP10
    return (
        ("uvicorn with httptools sends chunks to HTTP/1.0 too, which pass; with h11 it does not",) if is_spoken else ()
    )


def alternative(file: DeploymentFile, way: str) -> str:
    """What to do; where a template makes the file, also what can be done on the other side."""
    is_template = "{{" in file.source.text or "{%" in file.source.text or "<%" in file.source.text
    return f"{way}, or {HEADER}" if is_template else way
