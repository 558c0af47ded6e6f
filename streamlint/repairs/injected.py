"""The response that a framework hands a handler to set headers, cookies and a status on, which do not reach one that it returns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.source import Span
from streamlint.values.domain import dotted_name

if TYPE_CHECKING:
    from streamlint.streams.drained import Drain
    from streamlint.tree.python import PythonFile
    from streamlint.values.activations import Frame

_HEADERS = ("headers", "set_cookie", "delete_cookie")
_STATUS = "status_code"
_IN_NO_BLOCK = 2
"""The body of the function, and the statement."""
_READY = (ir.Constant, ir.Name, ir.Attribute)


class Injected:
    """One such parameter of a handler that is to return a response of its own."""

    def __init__(self, file: PythonFile, scope: ir.Scope, drain: Drain, derived: frozenset[str], name: str) -> None:
        self.file, self.scope, self.drain, self.derived, self.name = file, scope, drain, derived, name
        inside = (one for one in file.facts.scopes if scope.contains(one) and one.is_function)
        self.uses = [use for one in inside for use in one.names if use.id == name]

    @classmethod
    def of(cls, file: PythonFile, frame: Frame, drain: Drain, derived: frozenset[str]) -> Injected | None:
        """None where the handler has no such parameter, or does nothing with it."""
        evaluator, outer = file.project.evaluator, frame.parent or frame
        for parameter in frame.scope.parameters:
            if parameter.annotation is None or not any(name.id == parameter.name for name in frame.scope.names):
                continue
            values = evaluator.value(parameter.annotation, outer)
            if any(evaluator.knowledge.responses.response(dotted_name(value)) for value in values):
                return cls(file, frame.scope, drain, derived, parameter.name)
        return None

    def keywords(self) -> tuple[str, ...]:
        """The arguments that give the new response what was set on this one."""
        status = (f"{_STATUS}={self.name}.{_STATUS}",) if self._statuses() else ()
        others = any(isinstance(one, ir.Attribute) and one.attribute in _HEADERS for one in self._parents())
        return ((f"headers={self.name}.headers",) if others else ()) + status

    def is_lost(self) -> bool:
        """Whether something else is done with it, or with what is only known after the last token."""
        uses, known = self.file.facts.uses, self._settings()
        if len(self.scope.by_name[self.name]) != 1 or any(
            store.base is use for store in self._others() for use in self.uses
        ):
            return True
        for use in self.uses:
            parent = uses.parent(use)
            if any(span.contains(use) for span in known):
                continue
            if (
                use.start >= self.drain.start
                or not isinstance(parent, ir.Attribute)
                or parent.attribute not in _HEADERS
            ):
                return True
        return False

    def set_later(self) -> tuple[Span, ...]:
        """The assignments behind the tokens that may as well run before them."""
        return tuple(span for span in self._settings() if span.start >= self.drain.start)

    def _settings(self) -> tuple[Span, ...]:
        """`response.status_code = 202`, always, and `response.headers["X-Model"] = model`, with a value that is there."""
        headers = (store for store in self.scope.stores if self._is_of_headers(store) and self._is_ready(store.value))
        return tuple(Span(store.start, store.end) for store in (*self._statuses(), *headers))

    def _statuses(self) -> list[ir.Store]:
        """The one assignment of the status, in no branch."""
        found = [store for store in self.scope.stores if self._is_status(store)]
        always = [
            one for one in found if len(self.scope.body.around(one)) <= _IN_NO_BLOCK and self._is_ready(one.value)
        ]
        return found if len(found) == len(always) == 1 else []

    def _others(self) -> Iterator[ir.Store]:
        statuses = self._statuses()
        yield from (store for store in self.scope.stores if store.is_attribute and store not in statuses)

    def _is_status(self, store: ir.Store) -> bool:
        return store.is_attribute and store.member == _STATUS and self._is_mine(store.base)

    def _is_of_headers(self, store: ir.Store) -> bool:
        base = store.base
        return (
            bool(store.member)
            and isinstance(base, ir.Attribute)
            and base.attribute == "headers"
            and self._is_mine(base.base)
        )

    def _is_mine(self, base: ir.Expression) -> bool:
        return isinstance(base, ir.Name) and base.id == self.name

    def _is_ready(self, value: ir.Expression) -> bool:
        """Whether a value is the same before the tokens are taken."""
        derived, bound = self.derived, self.scope.bindings
        names = [part for part in ir.walk(value) if isinstance(part, ir.Name)]
        late = {one.name for one in bound if one.start >= self.drain.start}
        return isinstance(value, _READY) and not any(name.id in derived | late for name in names)

    def _parents(self) -> list[ir.Expression | None]:
        return [self.file.facts.uses.parent(use) for use in self.uses]
