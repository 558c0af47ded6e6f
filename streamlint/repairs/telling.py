"""What findings about swallowed streams have in common: the places that belong to them, and the way out in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.finding import Related
from streamlint.repairs.answers import Refusal

if TYPE_CHECKING:
    from streamlint.fix import Fix
    from streamlint.languages.python import PythonFile
    from streamlint.project.drains import Drain
    from streamlint.project.entry_points import Entry


def started(file: PythonFile, drain: Drain) -> tuple[Related, ...]:
    """Where the stream began, unless that is the drain's own place; then the way into the helper that takes it."""
    origin = drain.stream.origin if drain.stream is not None else drain.tokens.origin if drain.tokens is not None else None
    found: tuple[Related, ...] = ()
    if origin is not None and not (origin.path == file.path and drain.start <= origin.start < drain.end):
        place = file.project.place(origin.path, origin.start, origin.end)
        found = (Related(place, "the stream starts here"),) if place is not None else ()
    return (*found, *file.related(drain.hops[1:]))


def way_out(entry: Entry, drain: Drain, repair: Fix | Refusal, stream: str) -> str:
    """The help text: what to return, and, where no fix is offered, why not and what to do about it."""
    response = {"flask": "Response", "quart": "Response", "litestar": "Stream", "django": "StreamingHttpResponse"}
    name = response.get(entry.framework, "StreamingResponse")
    if drain.hops:
        return f"let the helper return the iterator instead of the text, and return `{name}(...)` over it"
    advice = f"return `{name}({stream})` so that each token is sent when it is made"
    if not isinstance(repair, Refusal):
        return advice
    return f"{advice}; no automatic fix, because {repair.why}: send what else the client needs before, after or beside the stream"
