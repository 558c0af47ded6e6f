"""Entry points as people want to see them: path, methods, who runs them, what they stream."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamlint.finding import Place
from streamlint.source import Span
from streamlint.values.activations import Frame
from streamlint.values.domain import Llama, Tokens, Value

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.serving.entry_points import Entry


@dataclass(frozen=True)
class EntryPoint:
    """A row of the listing; `streams` says what stream it starts, or is empty."""

    framework: str
    kind: str
    path: str
    methods: tuple[str, ...]
    runner: str
    name: str
    place: Place
    streams: str


class Routes:
    """The listing of a project."""

    def __init__(self, project: Project) -> None:
        self.rows = tuple(point for entry in project.reach.entries for point in _described(entry, project))


def _described(entry: Entry, project: Project) -> Iterator[EntryPoint]:
    """A row for each path under which the entry is served."""
    source = entry.module.source
    start, end = entry.scope.start, entry.scope.end
    line = source.line(source.position(start).line)
    place = Place(entry.module.path, Span(start, end), source.position(start), source.position(end), line)
    frame = project.evaluator.any_call(entry.module, entry.scope)
    streams = _streams(frame, project)
    for path, methods in entry.routes:
        yield EntryPoint(entry.framework, str(entry.kind), path, methods, str(entry.runner), entry.name, place, streams)


def _streams(frame: Frame, project: Project) -> str:
    found: dict[str, None] = {}
    for expression in (*frame.scope.calls, *frame.scope.attributes):
        for value in project.evaluator.value(expression, frame):
            name = _stream_name(value)
            if name:
                found[name] = None
    return ", ".join(found)


def _stream_name(value: Value) -> str:
    match value:
        case Llama() if value.streaming and value.role.value.endswith("stream"):
            return f"{value.role.value.replace('_', ' ')} ({'async' if value.is_async else 'sync'})"
        case Tokens():
            kind = {True: "async", False: "sync", None: "unknown"}[value.is_async]
            return f"{value.items} tokens ({kind})"
    return ""
