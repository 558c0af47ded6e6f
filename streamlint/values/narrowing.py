"""On what of a frame the value of an expression depends: calls that differ in nothing else share its answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from streamlint.model import syntax as ir

Needs = frozenset[str]
"""Names of parameters of the scope, and the two words below."""
ALL = "*"
"""The frame itself becomes part of the value, as of a closure, or too many of its parameters do."""
DEPTH = "()"
"""How many calls lie around it: something is called, and of what is called far down the arguments are not told apart."""

Node = ir.Binding | ir.Expression

_MOST = 12
_NOTHING: Needs = frozenset()
_ONLY_ALL: Needs = frozenset((ALL,))
_ONLY_DEPTH: Needs = frozenset((DEPTH,))
_LEAVES = frozenset((ir.Name, ir.Constant))
_OWN: dict[type[ir.Expression], Needs] = {ir.Closure: _ONLY_ALL, ir.Call: _ONLY_DEPTH, ir.Subscript: _ONLY_DEPTH}


class Narrowing:
    """Reads each expression once, by its text and the bindings of its names."""

    def __init__(self) -> None:
        self._expressions: dict[ir.Expression, Needs] = {}
        self._bindings: dict[ir.Binding, Needs] = {}
        self._read: set[ir.Scope] = set()
        self._same: dict[Needs, Needs] = {}

    def of(self, expression: ir.Expression, scope: ir.Scope) -> Needs:
        """What the value of an expression of a scope depends on."""
        known = self._expressions.get(expression)
        return self._asked(expression, scope) if known is None else known

    def of_binding(self, binding: ir.Binding, scope: ir.Scope) -> Needs:
        """What the value of a binding of a scope depends on."""
        if scope not in self._read:
            self._read_bindings(scope)
        return self._bindings.get(binding, _ONLY_ALL)

    def of_bindings(self, indices: Iterable[int], scope: ir.Scope) -> Needs:
        return self._joined(self.of_binding(scope.bindings[index], scope) for index in indices)

    def _asked(self, expression: ir.Expression, scope: ir.Scope) -> Needs:
        """Parts before the whole, so that each is read once and no chain is too long."""
        known, pending = self._expressions, [(expression, _parts(expression))]
        while pending:
            current, parts = pending[-1]
            unknown = [part for part in parts if part not in known]
            if unknown:
                pending += [(part, _parts(part)) for part in unknown]
                continue
            pending.pop()
            bound = _bound(current, scope)
            named = self.of_bindings(bound, scope) if bound else _NOTHING
            known[current] = self._joined([named, _own(current, scope), *[known[part] for part in parts]])
        return known[expression]

    def _joined(self, several: Iterable[Needs]) -> Needs:
        found = _NOTHING.union(*several)
        if ALL in found or len(found) > _MOST:
            return _ONLY_ALL
        return self._same.setdefault(found, found)

    def _read_bindings(self, scope: ir.Scope) -> None:
        """Spread what bindings need over those that are made of them, until nothing changes; needs only grow, up to a few."""
        self._read.add(scope)
        needs: dict[Node, Needs] = {}
        users: dict[Node, list[Node]] = {}
        for binding in scope.bindings:
            self._note(binding, needs, users, scope)
        pending = [node for node, needed in needs.items() if needed]
        while pending:
            node = pending.pop()
            for user in users.get(node, ()):
                joined = self._joined((needs[user], needs[node]))
                if joined != needs[user]:
                    needs[user] = joined
                    pending.append(user)
        self._bindings.update((one, needs[one]) for one in scope.bindings)

    def _note(
        self, binding: ir.Binding, needs: dict[Node, Needs], users: dict[Node, list[Node]], scope: ir.Scope
    ) -> None:
        """What a binding needs by itself, and what it is made of; a display for many names is read once."""
        needs[binding] = _by_itself(binding, scope)
        if binding.scope != scope.index or binding.kind == "parameter":  # made of what is evaluated in another frame
            return
        for index in binding.sources:
            users.setdefault(scope.bindings[index], []).append(binding)
        for made_of in (binding.value, binding.annotation):
            if made_of is None:
                continue
            users.setdefault(made_of, []).append(binding)
            if made_of not in needs:
                parts = list(_walked(made_of))
                needs[made_of] = self._joined(_own(part, scope) for part in parts)
                for index in {index for part in parts for index in _bound(part, scope)}:
                    users.setdefault(scope.bindings[index], []).append(made_of)


def _by_itself(binding: ir.Binding, scope: ir.Scope) -> Needs:
    if binding.scope == scope.index and binding.kind == "parameter":
        return frozenset((binding.name,))
    return _ONLY_ALL if binding.kind == "function" else _NOTHING


def _walked(expression: ir.Expression) -> Iterator[ir.Expression]:
    pending = [expression]
    while pending:
        expression = pending.pop()
        yield expression
        pending += _parts(expression)


def _parts(expression: ir.Expression) -> tuple[ir.Expression, ...]:
    return () if type(expression) in _LEAVES else tuple(expression.children())


def _bound(expression: ir.Expression, scope: ir.Scope) -> tuple[int, ...]:
    """The bindings of its scope that a name may mean."""
    if not isinstance(expression, ir.Name) or expression.bindings is None:
        return ()
    return (*expression.bindings, *scope.from_inside.get(expression.id, ()))


def _own(expression: ir.Expression, scope: ir.Scope) -> Needs:
    """What an expression needs besides its parts and bindings."""
    own = _OWN.get(type(expression))
    if own is not None:
        return own
    if isinstance(expression, ir.Name) and expression.id == "super":  # it asks for the receiver, and does not say so
        return frozenset(one.name for one in scope.parameters[:1])
    return _NOTHING
