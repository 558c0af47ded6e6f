"""Which functions come back to themselves through the calls that the text shows: those are judged for any call, not for each."""

from __future__ import annotations

from collections.abc import Iterator

from streamlint.model import syntax as ir
from streamlint.model.modules import Module, Modules

Node = tuple[Module, ir.Scope]


class Circles:
    """Looks names up as the text has them: no value is followed, so what calls through an object is not seen."""

    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self._number: dict[ir.Scope, int] = {}
        self._members: set[ir.Scope] = set()

    def holds(self, module: Module, scope: ir.Scope) -> bool:
        """Whether a function calls itself, directly or through others."""
        if scope.is_function and scope not in self._number:
            for component in self._components((module, scope)):
                if len(component) > 1:
                    self._members.update(one for _, one in component)
        return scope in self._members

    def _components(self, root: Node) -> Iterator[list[Node]]:
        """The strongly connected components below a function that are not known yet, after Tarjan, without recursion.

        One that calls itself is noted where that is seen.
        """
        number = self._number
        low: dict[ir.Scope, int] = {}
        stack: list[Node] = []
        waiting: set[ir.Scope] = set()
        open_: list[tuple[Node, Iterator[Node]]] = []
        pending: Node | None = root
        while pending is not None or open_:
            if pending is not None:
                number[pending[1]] = low[pending[1]] = len(number)
                stack.append(pending)
                waiting.add(pending[1])
                open_.append((pending, self._called(*pending)))
            node, successors = open_[-1]
            pending = None
            for successor in successors:
                if successor[1] not in number:
                    pending = successor
                    break
                if successor[1] is node[1]:
                    self._members.add(node[1])
                elif successor[1] in waiting:
                    low[node[1]] = min(low[node[1]], number[successor[1]])
            if pending is not None:
                continue
            open_.pop()
            if open_:
                above = open_[-1][0][1]
                low[above] = min(low[above], low[node[1]])
            if low[node[1]] == number[node[1]]:
                yield self._popped(stack, waiting, node)

    @staticmethod
    def _popped(stack: list[Node], waiting: set[ir.Scope], head: Node) -> list[Node]:
        component = []
        while True:
            node = stack.pop()
            waiting.discard(node[1])
            component.append(node)
            if node[1] is head[1]:
                return component

    # What a function may call

    def _called(self, module: Module, scope: ir.Scope) -> Iterator[Node]:
        for name in dict.fromkeys(name.id for name in scope.names):
            yield from self._named(module, scope, name)
        members = ((one.base.id, one.attribute) for one in scope.attributes if isinstance(one.base, ir.Name))
        for base, member in dict.fromkeys(members):
            yield from self._member(module, scope, base, member)
        for inner in module.scopes[scope.index + 1 :]:
            if inner.start >= scope.end:
                break
            if inner.parent == scope.index and inner.is_function:
                yield module, inner

    def _named(self, module: Module, scope: ir.Scope, name: str) -> Iterator[Node]:
        for binding in _bindings(module, scope, name):
            yield from self._bound(module, binding)

    def _bound(self, module: Module, binding: ir.Binding) -> Iterator[Node]:
        seen: set[tuple[Module, str]] = set()
        while binding.kind == "import" and binding.member:
            path = self.modules.resolve(module.path, binding.module, binding.level)
            other = self.modules.load(path) if path is not None and path in self.modules.files else None
            if other is None or (other, binding.member) in seen:
                return
            seen.add((other, binding.member))
            indices = other.summary.module.by_name.get(binding.member)
            if not indices:
                return
            module, binding = other, other.summary.module.bindings[indices[-1]]
        if binding.kind == "function":
            yield module, module.scopes[binding.target]
        elif binding.kind == "class":
            yield from _method(module, module.scopes[binding.target], "__init__")

    def _member(self, module: Module, scope: ir.Scope, base: str, name: str) -> Iterator[Node]:
        """`self.name` in a method, `module.name` of an imported module."""
        method = _method_around(module, scope)
        if method is not None and method.parameters and method.parameters[0].name == base:
            yield from _method(module, module.scopes[method.parent], name)
            return
        for binding in _bindings(module, scope, base):
            if binding.kind != "import":
                continue
            path = self.modules.resolve(module.path, binding.module, binding.level)
            if path is not None and binding.member:
                path = self.modules.member(path, binding.member)
            other = self.modules.load(path) if path is not None and path in self.modules.files else None
            for index in other.summary.module.by_name.get(name, ()) if other is not None else ():
                assert other is not None
                yield from self._bound(other, other.summary.module.bindings[index])


def _bindings(module: Module, scope: ir.Scope, name: str) -> Iterator[ir.Binding]:
    """The bindings of a name in the innermost scope that has it; classes are seen from their own level only."""
    current = scope
    while True:
        indices = current.by_name.get(name)
        if indices and (current.kind != "class" or current is scope):
            yield from (current.bindings[index] for index in indices)
            return
        if current.parent < 0:
            return
        current = module.scopes[current.parent]


def _method(module: Module, owner: ir.Scope, name: str) -> Iterator[Node]:
    for index in owner.by_name.get(name, ()):
        binding = owner.bindings[index]
        if binding.kind == "function":
            yield module, module.scopes[binding.target]


def _method_around(module: Module, scope: ir.Scope) -> ir.Scope | None:
    while scope.parent >= 0:
        if module.scopes[scope.parent].kind == "class":
            return scope
        scope = module.scopes[scope.parent]
    return None
