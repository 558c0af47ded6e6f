"""Which arguments of a function can make a difference: to what it returns, or to anything that happens in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from streamlint.model import syntax as ir
from streamlint.model.branches import arms
from streamlint.model.modules import Module

Parameters = frozenset[str]
Parts = Callable[[ir.Expression], Iterable[ir.Expression]]
OfCall = Callable[[ir.Call, Module, ir.Scope], Iterable[ir.Expression]]
_DECIDED = frozenset(("Not", "Eq", "NotEq", "Is", "IsNot", "In", "NotIn", "BitOr"))


class Deciding:
    """Reads each function once, by its text: what the evaluator would look at, and what that is made of."""

    def __init__(self, of_call: OfCall | None = None) -> None:
        self._of_call = of_call
        """The parts of a call that matter, where more than its text is known; else all of them do."""
        self._results: dict[ir.Scope, Parameters] = {}
        self._valued: dict[ir.Scope, Parameters] = {}
        self._anything: dict[ir.Scope, Parameters] = {}
        self._asked: dict[ir.Scope, Parameters] = {}

    def result(self, module: Module, scope: ir.Scope) -> Parameters:
        """The parameters on which it may depend what a function returns."""
        known = self._results.get(scope)
        if known is None:
            known = self._results[scope] = self._reached(module, scope, _results(scope))
        return known

    def valued(self, module: Module, scope: ir.Scope) -> Parameters:
        """Of these parameters those on whose value it may depend, and not only on which constant they are."""
        known = self._valued.get(scope)
        if known is None:
            known = self._valued[scope] = self._reached(module, scope, _no_tests(scope), _looked_into)
        return known

    def anything(self, module: Module, scope: ir.Scope) -> Parameters:
        """The parameters that a function, or one inside it, reads at all."""
        known = self._anything.get(scope)
        if known is None:
            read = {name.id for inner in _within(module, scope) for name in inner.names} | _behind(scope)
            known = self._anything[scope] = frozenset(p.name for p in scope.parameters if p.name in read)
        return known

    def asked(self, module: Module, scope: ir.Scope) -> Parameters:
        """The parameters that a function asks for in a test, passes on to calls that may, or chooses by what it calls."""
        known = self._asked.get(scope)
        if known is None:
            roots = (*_tests(scope), *_passed_on(scope), *_chosen_by(scope))
            known = self._asked[scope] = self._reached(module, scope, roots)
        return known

    def _reached(
        self, module: Module, scope: ir.Scope, roots: Iterable[ir.Expression], parts_of: Parts | None = None
    ) -> Parameters:
        parts_of = self._parts(parts_of or _looked_at, module, scope)
        found: set[str] = set()
        bindings = list(_leading_from(roots, module, scope, parts_of))
        seen: set[int] = set()
        walked: set[int] = set()
        while bindings:
            index = bindings.pop()
            if index in seen:
                continue
            seen.add(index)
            binding = scope.bindings[index]
            if binding.kind == "parameter":
                found.add(binding.name)
                continue
            bindings += binding.sources
            if binding.scope != scope.index:  # evaluated in another frame
                continue
            parts = [one for one in (binding.value, binding.annotation) if one is not None and id(one) not in walked]
            walked.update(map(id, parts))
            if binding.kind == "function":
                inner = module.scopes[binding.target]
                bindings += _free(module, scope, inner)
                parts += _around(inner)
            bindings += _leading_from(parts, module, scope, parts_of)
        return frozenset(found) | _behind(scope)

    def _parts(self, parts_of: Parts, module: Module, scope: ir.Scope) -> Parts:
        of_call = self._of_call
        if of_call is None:
            return parts_of
        return lambda one: of_call(one, module, scope) if isinstance(one, ir.Call) else parts_of(one)


def _behind(scope: ir.Scope) -> Parameters:
    """The receiver of a method that asks `super()`, which depends on it and does not say so."""
    asks = any(name.id == "super" for name in scope.names)
    return frozenset(one.name for one in scope.parameters[:1] if asks)


def _leading_from(
    expressions: Iterable[ir.Expression], module: Module, scope: ir.Scope, parts_of: Parts
) -> Iterator[int]:
    """The bindings of a scope from which these expressions in it may have their values."""
    pending = list(expressions)
    while pending:
        expression = pending.pop()
        if isinstance(expression, ir.Name):
            yield from expression.bindings or ()
            continue
        if isinstance(expression, ir.Closure):
            yield from _free(module, scope, module.scopes[expression.scope])
        pending += parts_of(expression)


def _free(module: Module, scope: ir.Scope, inner: ir.Scope) -> Iterator[int]:
    """The bindings of a scope to which names of an inner one may lead."""
    names = {name.id for one in _within(module, inner) for name in one.names if name.bindings is None}
    for name in sorted(names):
        yield from scope.by_name.get(name, ())


def _results(scope: ir.Scope) -> Iterator[ir.Expression]:
    """What a function returns, and the tests that lead to each `return`."""
    for item in scope.returns:
        if item.value is None:
            continue
        yield item.value
        yield from (row.test for row in arms(scope, item.branch) if row.test is not None)


def _tests(scope: ir.Scope) -> Iterator[ir.Expression]:
    yield from (branch.test for branch in scope.branches if branch.test is not None)
    yield from (one.test for one in scope.body.walk() if isinstance(one, ir.While))
    for expression in scope.expressions():
        if isinstance(expression, ir.Choice):
            yield from expression.tests or expression.options[:-1]


def _passed_on(scope: ir.Scope) -> Iterator[ir.Expression]:
    for call in scope.calls:
        yield from call.arguments
        yield from (value for _, value in call.keywords)


def _chosen_by(scope: ir.Scope) -> Iterator[ir.Expression]:
    """The keys of what a function calls, or goes over: `HANDLERS[kind](text)`, `for one in self.listeners[event]`."""
    for used in (*(call.function for call in scope.calls), *(loop.iterable for loop in scope.loops)):
        bindings = [scope.bindings[index] for index in used.bindings or ()] if isinstance(used, ir.Name) else ()
        for one in (used, *(binding.value for binding in bindings)):
            if isinstance(one, ir.Subscript):
                yield from _spelling(one.key, scope)
            elif isinstance(one, ir.Call) and ir.dotted(one.function) == "getattr":
                yield from (part for name in one.arguments[1:2] for part in _spelling(name, scope))


def _spelling(key: ir.Expression, scope: ir.Scope) -> Iterator[ir.Expression]:
    """A key, or the parts of which it is put together: `f"do_{kind}"`, also under a name."""
    if isinstance(key, ir.Name) and key.bindings is not None and len(key.bindings) == 1:
        made = scope.bindings[key.bindings[0]].value
        key = made if isinstance(made, ir.FormattedString | ir.Operation) else key
    yield from key.children() if isinstance(key, ir.FormattedString | ir.Operation) else (key,)


def _looked_at(expression: ir.Expression) -> Iterable[ir.Expression]:
    """The parts of an expression on which its value may depend."""
    match expression:
        case ir.FormattedString() | ir.Yield():
            return ()
        case ir.Operation() if expression.operator not in _DECIDED:
            return ()
    return expression.children()


def _no_tests(scope: ir.Scope) -> Iterator[ir.Expression]:
    """What a function returns, and of the tests those that are more than a name."""
    returned = {id(item.value) for item in scope.returns}
    return (one for one in _results(scope) if id(one) in returned or not isinstance(one, ir.Name))


def _looked_into(expression: ir.Expression) -> Iterable[ir.Expression]:
    """Of these parts those that are more than names which are compared, chosen by, or used as keys."""
    match expression:
        case ir.Subscript():
            return (expression.base, *_no_names((expression.key,)))
        case ir.Choice():
            return (*expression.options, *_no_names(expression.tests))
        case ir.Operation() if expression.operator in _DECIDED and expression.operator != "BitOr":
            return _no_names(expression.operands)
    return _looked_at(expression)


def _no_names(expressions: Iterable[ir.Expression]) -> tuple[ir.Expression, ...]:
    return tuple(one for one in expressions if not isinstance(one, ir.Name))


def _around(function: ir.Scope) -> Iterator[ir.Expression]:
    """The expressions of a function that are evaluated where it stands."""
    yield from function.decorators
    for parameter in function.parameters:
        yield from (one for one in (parameter.default, parameter.annotation) if one is not None)
    if function.returns_annotation is not None:
        yield function.returns_annotation


def _within(module: Module, scope: ir.Scope) -> Iterator[ir.Scope]:
    """A scope and all inside it."""
    pending = [scope]
    while pending:
        current = pending.pop()
        yield current
        pending += module.inner(current)
