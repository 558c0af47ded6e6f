"""Which entry points run the code at a place, through whatever calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streamlint.model import syntax as ir
    from streamlint.model.modules import Module
    from streamlint.project import Project
    from streamlint.serving.entry_points import Entry
    from streamlint.source import Span

_Key = tuple[Path, int]


class Affected:
    """Follows calls backward, from changed code to what the frameworks call."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def entries(self, path: Path, spans: Iterable[Span]) -> tuple[Entry, ...]:
        """The entry points that run code of a file."""
        module = self._project.module(path)
        if module is None:
            return ()
        changed = {(path, scope.index) for span in spans for scope in _around(module, span)}
        running = self._running(changed)
        return tuple(each for each in self._project.reach.entries if (each.module.path, each.scope.index) in running)

    def _running(self, changed: set[_Key]) -> set[_Key]:
        """The functions that run these functions, themselves included."""
        found: set[_Key] = set()
        pending = list(changed)
        while pending:
            key = pending.pop()
            if key not in found:
                found.add(key)
                pending += self._callers.get(key, ())
        return found

    @cached_property
    def _callers(self) -> dict[_Key, set[_Key]]:
        """Who calls each function that an entry point reaches."""
        reach = self._project.reach
        found: dict[_Key, set[_Key]] = {}
        seen: set[_Key] = set()
        pending: list[tuple[Module, ir.Scope]] = [(entry.module, entry.scope) for entry in reach.entries]
        while pending:
            module, scope = pending.pop()
            caller = (module.path, scope.index)
            if caller in seen:
                continue
            seen.add(caller)
            for function, _ in reach.callees(module, scope):
                located = reach.evaluator.scope_of(function)
                if located is not None:
                    found.setdefault((located[0].path, located[1].index), set()).add(caller)
                    pending.append(located)
        return found


def _around(module: Module, span: Span) -> Iterator[ir.Scope]:
    """The functions that hold a span, inner and outer ones."""
    return (scope for scope in module.scopes if scope.is_function and scope.contains(span))


def titles(entries: Iterable[Entry]) -> tuple[str, ...]:
    """Entry points as `GET /chat`, or by name where they have no path."""
    named = (f"{'/'.join(methods)} {path}".strip() or entry.name for entry in entries for path, methods in entry.routes)
    return tuple(dict.fromkeys(named))
