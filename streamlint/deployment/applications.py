"""Which application serves a route, and whether what is seen of its path is all of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.values.domain import Class, External, Object, Origin, Value

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.serving import Entry


@dataclass(frozen=True)
class AppObject:
    """The application that serves a route, as a server's command may name it: a module's file and a name in it.

    `origin` is where it is made; `name` is that of the function that makes it, where it has no name of its own.
    """

    path: Path
    name: str
    origin: Origin


class Applications:
    """Of one project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._kinds: dict[Origin, frozenset[bool]] = {}

    def of(self, entry: Entry) -> AppObject | None:
        """The application, if there is only one that it may be."""
        origins = [origin for origin in entry.applications if False in self._routers(origin)]
        return self._named(origins[0]) if len(origins) == 1 == len(entry.applications) else None

    def is_adrift(self, entry: Entry) -> bool:
        """Whether its router is put into an application out of sight, so that more may stand before its path."""
        decorators = {(entry.module.path, each.start, each.end) for each in entry.scope.decorators}
        return bool(entry.applications) and all(
            self._routers(origin) == {True} or (origin.path, origin.start, origin.end) in decorators
            for origin in entry.applications
        )

    def _named(self, origin: Origin) -> AppObject:
        module = self._project.module(origin.path)
        for scope in module.scopes if module is not None else ():
            for binding in scope.bindings:
                value = binding.value
                if value is not None and (value.start, value.end) == (origin.start, origin.end):
                    return AppObject(origin.path, binding.name if scope.kind == "module" else scope.name, origin)
        return AppObject(origin.path, "", origin)

    def _routers(self, origin: Origin) -> frozenset[bool]:
        """Whether what is made at a place is a router; nothing where it is neither that nor an application."""
        if origin not in self._kinds:
            self._kinds[origin] = frozenset(self._made(origin))
        return self._kinds[origin]

    def _made(self, origin: Origin) -> Iterator[bool]:
        module, evaluator = self._project.module(origin.path), self._project.evaluator
        for scope in module.scopes if module is not None else ():
            for call in scope.calls:
                if module is not None and (call.start, call.end) == (origin.start, origin.end):
                    for value in evaluator.value(call.function, evaluator.any_call(module, scope)):
                        rows = map(self._project.knowledge.frameworks.application, self._names(value))
                        yield from (row.is_router for row in rows if row is not None)

    def _names(self, value: Value) -> tuple[str, ...]:
        """A class outside of the project by its name, one of the project by those that it is derived from."""
        if isinstance(value, Class):
            return tuple(self._project.evaluator.attributes.outside_bases(Object(value.path, value.scope)))
        return (value.name,) if isinstance(value, External) else ()
