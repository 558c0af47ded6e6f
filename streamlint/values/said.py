"""What the text of a module calls, passes on and stores, by word."""

from __future__ import annotations

from collections.abc import Container, Iterator

from streamlint.model import syntax as ir
from streamlint.model.modules import Module

Row = tuple[Module, ir.Scope, ir.Call]
Stored = tuple[Module, ir.Scope, ir.Store]


class Said:
    """What one module calls, passes on and stores, each by its last word."""

    def __init__(self, module: Module) -> None:
        self.path = module.path
        self.calls: dict[str, list[Row]] = {}
        self.passed: dict[str, list[Row]] = {}
        self.stores: dict[str, list[Stored]] = {}
        """On attributes."""
        self.items: dict[str, list[Stored]] = {}
        """Under constant keys."""
        self.given: dict[str, list[Row]] = {}
        """Calls of what another call gives, `tool(\"x\")(f)` and `@tool(\"x\")`, by the word of that one."""
        self.keyed: dict[str, list[Stored]] = {}
        self.changed: dict[str, list[Stored]] = {}
        """Attributes and constant keys that are changed in place: `state.count += 1`."""
        self.below: dict[str, set[str]] = {}
        """Names of the classes that name another one as their base, and names under which something is imported."""
        self.aliases: dict[str, set[str]] = {}
        for scope in module.scopes:
            self._read(module, scope)

    def _read(self, module: Module, scope: ir.Scope) -> None:
        for binding in scope.bindings:
            if binding.kind == "import" and binding.member and binding.member != binding.name:
                self.aliases.setdefault(binding.member, set()).add(binding.name)
        for base in scope.bases:
            word = last_word(base.base if isinstance(base, ir.Subscript) else base)
            self.below.setdefault(word, set()).add(scope.name)
        if scope.decorators:
            self._read_decorator(module, scope)
        for call in scope.calls:
            row = (module, scope, call)
            if isinstance(call.function, ir.Call):
                self.given.setdefault(last_word(call.function.function), []).append(row)
            self.calls.setdefault(last_word(call.function), []).append(row)
            for argument in (*call.arguments, *(value for _, value in call.keywords)):
                word = last_word(argument)
                if word:
                    self.passed.setdefault(word, []).append(row)
        for store in scope.stores:
            if store.member:
                (self.stores if store.is_attribute else self.items).setdefault(store.member, []).append(
                    (module, scope, store)
                )
            elif store.key is not None and last_word(store.key):
                self.keyed.setdefault(last_word(store.key), []).append((module, scope, store))
        for change in scope.changes:
            stored = _changing(change)
            if stored is not None:
                self.changed.setdefault(stored.member, []).append((module, scope, stored))

    def words_in(self, scopes: Container[int]) -> Iterator[str]:
        """The words of what some scopes of the module call, decorate with and pass on."""
        for rows in (self.calls, self.given, self.passed):
            yield from (word for word, found in rows.items() if any(scope.index in scopes for _, scope, _ in found))

    def _read_decorator(self, module: Module, scope: ir.Scope) -> None:
        """A bare decorator is called with the function below it; what outer ones are given, their inner ones decide."""
        decorator, outer = scope.decorators[-1], module.scopes[scope.parent]
        function = ir.Closure(scope.start, scope.end, scope.index)
        call = ir.Call(decorator.start, decorator.end, decorator, (function,), ())
        if isinstance(decorator, ir.Name | ir.Attribute):
            self.calls.setdefault(last_word(decorator), []).append((module, outer, call))
        elif isinstance(decorator, ir.Call):
            self.given.setdefault(last_word(decorator.function), []).append((module, outer, call))


def _changing(change: ir.Change) -> ir.Store | None:
    """A change in place as what it stores, of which nothing is known."""
    target, start, end = change.target, change.start, change.end
    value = ir.Operation(start, end, "Changed", (target,))
    match target:
        case ir.Attribute(base=base, attribute=word) if change.is_augmented:
            return ir.Store(base, word, True, value, (), start, end)
        case ir.Subscript(base=base, key=ir.Constant(value=key)) if change.is_augmented:
            return ir.Store(base, str(key), False, value, (), start, end, target.key)
    return None


def last_word(expression: ir.Expression) -> str:
    """`c` of `a.b.c`; "" where the expression is no name."""
    if isinstance(expression, ir.Attribute):
        return expression.attribute
    return expression.id if isinstance(expression, ir.Name) else ""
