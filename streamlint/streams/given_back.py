"""What a helper gives back to its caller of the tokens that it took: in collections that it was handed, or that both see."""

from __future__ import annotations

from streamlint.model import syntax as ir
from streamlint.streams.drained import Drain
from streamlint.values.activations import Frame


def filled_in(drain: Drain, inner: Frame, call: ir.Call, frame: Frame) -> frozenset[str]:
    """The names of the caller's collections into which a helper puts the tokens."""
    given = names_given(inner.scope, call)
    handed = frozenset(given[name] for name in drain.kept if name in given)
    return handed | seen_by_both(drain.kept, inner.scope, frame)


def seen_by_both(names: frozenset[str], scope: ir.Scope, frame: Frame) -> frozenset[str]:
    """Of the names of a nested function those under which its caller sees the same variable."""
    scopes, uses = frame.module.scopes, frame.module.uses
    is_here = scope.index < len(scopes) and scopes[scope.index] is scope
    if not is_here or scope.parent < 0 or not scopes[scope.parent].is_function:
        return frozenset()
    owners = {name: uses.owner(name, scope) for name in names if name not in scope.by_name}
    seen = (name for name, owner in owners.items() if owner is not None and owner.is_function)
    return frozenset(name for name in seen if uses.owner(name, frame.scope) is owners[name])


def names_given(scope: ir.Scope, call: ir.Call) -> dict[str, str]:
    """By the parameters of a helper: the names under which a call hands in what it gives for them."""
    positional = [one for one in scope.parameters if one.kind == "positional"]
    if isinstance(call.function, ir.Attribute) and positional and positional[0].name in ("self", "cls"):
        positional = positional[1:]
    given = {one.name: argument for one, argument in zip(positional, call.arguments, strict=False)}
    given.update((name, argument) for name, argument in call.keywords if name is not None)
    return {name: argument.id for name, argument in given.items() if isinstance(argument, ir.Name)}


def keeps_on_object(scope: ir.Scope) -> bool:
    """Whether a function may put something into what its first parameter has: `self.queue.put(token)`."""
    own = scope.parameters[0].name if scope.parameters else ""
    bases = (call.function.base for call in scope.calls if isinstance(call.function, ir.Attribute))
    return any(isinstance(one, ir.Attribute) and ir.dotted(one.base) == own for one in bases)


def may_return(scope: ir.Scope) -> bool:
    """Whether a function may return something else than a constant."""
    return any(item.value is not None and not isinstance(item.value, ir.Constant) for item in scope.returns)


def where_kept(scope: ir.Scope) -> frozenset[str]:
    """The names under which a function may keep what it takes: it assigns them, asks for their methods, or hands them on."""
    assigned = {one.name for one in scope.bindings if one.kind in ("assign", "augmented")}
    asked = {
        call.function.base.id
        for call in scope.calls
        if isinstance(call.function, ir.Attribute) and isinstance(call.function.base, ir.Name)
    }
    given = (part for call in scope.calls for part in call.children() if part is not call.function)
    return frozenset(assigned | asked | {part.id for part in given if isinstance(part, ir.Name)})
