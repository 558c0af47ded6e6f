"""What a function gives on as it was given it: `super().__init__(*args, **options)`, read at the calls of that function."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from streamlint.model import syntax as ir
from streamlint.values.call_sites import CallSite
from streamlint.values.domain import Function, Values
from streamlint.values.whole import Whole

_FEW = 32
Wanted = tuple[int | None, str]
"""An argument by its position and its name; no position where it can only be named."""


class HandedThrough:
    """Follows an argument through functions that take whatever comes, and give all of it to another one."""

    def __init__(self, evaluator: Whole, calls_of: Callable[[Function], tuple[CallSite, ...]]) -> None:
        self.evaluator = evaluator
        self._calls_of = calls_of

    def given(self, site: CallSite, wanted: Wanted) -> Values | None:
        """What is given for an argument that a call hides behind `*` and `**`; None where that is not seen of every caller."""
        found: list[Values] = []
        pending, seen = [(site, wanted)], {site.scope}
        while pending:
            site, wanted = pending.pop()
            handed = self._handed(site, wanted)
            callers = self._callers(site) if handed is not None else ()
            if handed is None or not callers:
                return None
            for caller in callers:
                given, further = _in_call(caller, handed)
                if given is not None:
                    found.append(self.evaluator.value(given, caller.frame))
                elif further:
                    if caller.scope in seen:
                        return None
                    seen.add(caller.scope)
                    pending.append((caller, handed))
        return self.evaluator.union(found)

    def _callers(self, site: CallSite) -> tuple[CallSite, ...]:
        callers = self._calls_of(Function(site.module.path, site.scope.index)) if site.scope.is_function else ()
        return callers if len(callers) <= _FEW else ()

    def _handed(self, site: CallSite, wanted: Wanted) -> Wanted | None:
        """As which argument of the function around a call the wanted one of the call comes; None where it may be another thing."""
        call, (position, name) = site.call, wanted
        hidden = [value for keyword, value in call.keywords if keyword is None]
        starred = call.arguments[call.placed :]
        if any(not _is_own(value, "mapping", site.scope) for value in hidden):
            return None
        if any(not isinstance(one, ir.Starred) or not _is_own(one.value, "starred", site.scope) for one in starred):
            return None
        if len(hidden) > 1 or len(starred) > 1:
            return None
        own = [one.name for one in site.scope.parameters if one.kind == "positional"]
        is_named = bool(hidden) and name not in _named(site.scope)
        is_placed = bool(starred) and position is not None
        number = len(own) + position - call.placed if is_placed and position is not None else None
        return (number, name if is_named else "") if is_named or is_placed else None


def _in_call(site: CallSite, wanted: Wanted) -> tuple[ir.Expression | None, bool]:
    """What a call gives for an argument of its function, and whether it may hide it itself."""
    call, (position, name) = site.call, wanted
    number = position - int(site.is_bound) if position is not None else None
    given = call.argument(number, name or None)
    hides = (bool(name) and call.hides_keywords) or (number is not None and call.placed < len(call.arguments))
    return given, given is None and hides


def _named(scope: ir.Scope) -> Iterator[str]:
    return (one.name for one in scope.parameters if one.kind in ("positional", "keyword"))


def _is_own(value: ir.Expression, kind: str, scope: ir.Scope) -> bool:
    """Whether an expression is what a function takes as `*args` or as `**options`, and changes nowhere."""
    if not isinstance(value, ir.Name):
        return False
    is_parameter = any(one.kind == kind and one.name == value.id for one in scope.parameters)
    is_changed = any(ir.dotted(store.base) == value.id for store in scope.stores) or any(
        isinstance(one.function, ir.Attribute) and ir.dotted(one.function.base) == value.id for one in scope.calls
    )
    return is_parameter and not is_changed and len(scope.by_name.get(value.id, ())) == 1
