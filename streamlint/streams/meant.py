"""What a name, or the function of a call, may mean by the text alone: by scopes and imports, or else by its word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from streamlint.model import syntax as ir
from streamlint.model.modules import Module, Modules
from streamlint.values.said import last_word

_DEEPEST = 8
_DISPLAYS = (ir.Constant, ir.FormattedString, ir.Mapping, ir.Sequence, ir.Comprehension)


class Place(NamedTuple):
    """A scope and its module."""

    module: Module
    scope: ir.Scope


class Definitions(NamedTuple):
    """The functions and classes of the project that something may mean; where it `is_open` it may also be any other."""

    places: tuple[Place, ...]
    is_open: bool = False


OUTSIDE = Definitions(())
_OPEN = Definitions((), True)


class Meant:
    """Reads texts and evaluates nothing, so that it may say too much and never too little.

    `passing` are the words of calls that may give what they are given, `tools` those of methods that run the function on which they
    are asked.
    """

    def __init__(self, modules: Modules, passing: frozenset[str], tools: frozenset[str]) -> None:
        self.modules = modules
        self._passing = passing
        self.tools = tools
        self._owners: dict[tuple[ir.Scope, str], ir.Scope | None] = {}
        self._outside: dict[tuple[ir.Scope, str], bool] = {}
        self._named: dict[str, tuple[Place, ...]] = {}
        self._kept: dict[tuple[str, bool], bool] = {}

    def owner(self, name: str, module: Module, scope: ir.Scope) -> ir.Scope | None:
        """The scope whose variable a name is, looked up through `global` and `nonlocal`; None for builtins and star imports."""
        key = (scope, name)
        if key not in self._owners:
            self._owners[key] = self._owner(name, module, scope)
        return self._owners[key]

    @staticmethod
    def _owner(name: str, module: Module, scope: ir.Scope) -> ir.Scope | None:
        current, is_own = scope, True
        while True:
            indices = current.by_name.get(name, ()) if is_own or current.kind != "class" else ()
            if any(current.bindings[index].kind != "outside" for index in indices):
                return current
            if current.parent < 0:
                return None
            current, is_own = module.scopes[current.parent], False

    def bindings(self, name: str, module: Module, scope: ir.Scope) -> Iterator[ir.Binding]:
        """All that give a variable its value."""
        owner = self.owner(name, module, scope)
        for index in owner.by_name[name] if owner is not None else ():
            if owner is not None and owner.bindings[index].kind not in ("merge", "outside"):
                yield owner.bindings[index]

    # Functions and classes

    def definitions(self, function: ir.Expression, module: Module, scope: ir.Scope) -> Definitions:
        """What a call of an expression may run."""
        match function:
            case ir.Name(id=name) if self.owner(name, module, scope) is None:
                return Definitions(self.named(name)) if module.summary.star_imports else OUTSIDE
            case ir.Name(id=name):
                return self._bound(name, module, scope, 0)
            case ir.Attribute(base=base, attribute=word):
                is_outside = self.is_outside(base, module, scope)
                places = () if is_outside else self.named(word)
                below = self.definitions(base, module, scope) if word in self.tools else OUTSIDE
                is_open = below.is_open or self._is_kept(word, on_classes=not is_outside)
                return Definitions((*places, *below.places), is_open)
            case ir.Closure(scope=index):
                return Definitions((Place(module, module.scopes[index]),))
        return _OPEN

    def named(self, word: str) -> tuple[Place, ...]:
        """All functions and classes of this name."""
        if word not in self._named:
            self._named[word] = tuple(
                Place(module, scope)
                for module in self.modules.saying(word)
                for scope in module.scopes
                if scope.name == word and scope.kind in ("function", "class")
            )
        return self._named[word]

    def _is_kept(self, word: str, *, on_classes: bool) -> bool:
        """Whether something else than a function or class is kept under this name, on any object, on a class or in a module."""
        key = (word, on_classes)
        if key not in self._kept:
            scopes = (scope for module in self.modules.saying(word) for scope in module.scopes)
            self._kept[key] = any(_keeps(word, scope, on_classes) for scope in scopes)
        return self._kept[key]

    def _bound(self, name: str, module: Module, scope: ir.Scope, depth: int) -> Definitions:
        places: list[Place] = []
        is_open = False
        for binding in self.bindings(name, module, scope):
            if binding.kind in ("function", "class"):
                places.append(Place(module, module.scopes[binding.target]))
            elif binding.kind == "import":
                found = self._imported(binding, module, depth)
                places += found.places
                is_open = is_open or found.is_open
            else:
                is_open = True
        return Definitions(tuple(places), is_open)

    def _imported(self, binding: ir.Binding, module: Module, depth: int) -> Definitions:
        path = self.modules.resolve(module.path, binding.module, binding.level)
        if path is None or not binding.member:
            return OUTSIDE
        there = self.imported(binding, module)
        if there is None or depth > _DEEPEST:
            return Definitions(self.named(binding.member))
        return self._bound(binding.member, there, there.summary.module, depth + 1)

    def imported(self, binding: ir.Binding, module: Module) -> Module | None:
        """The module of the project whose own level has the name that an import brings."""
        path = self.modules.resolve(module.path, binding.module, binding.level)
        there = self.modules.load(path) if path is not None and path in self.modules.files else None
        if there is None or there is module or binding.member not in there.summary.module.by_name:
            return None
        return there

    # What is surely no object of the project

    def is_outside(self, expression: ir.Expression, module: Module, scope: ir.Scope, depth: int = 0) -> bool:
        """Whether an expression is surely something outside the project, or a display, also under a name."""
        while isinstance(expression, ir.Attribute | ir.Await | ir.Subscript):
            expression = expression.value if isinstance(expression, ir.Await) else expression.base
        match expression:
            case ir.Name(id=name) if self.owner(name, module, scope) is None:
                return not module.summary.star_imports
            case ir.Name(id=name):
                return self._is_name_outside(name, module, scope, depth)
            case ir.Call(function=function) if last_word(function) not in self._passing:
                is_builtin = isinstance(function, ir.Name) and function.id in ("super", "type", "getattr")
                return not is_builtin and depth < _DEEPEST and self._is_made_outside(function, module, scope, depth)
        return isinstance(expression, _DISPLAYS)

    def _is_made_outside(self, function: ir.Expression, module: Module, scope: ir.Scope, depth: int) -> bool:
        if isinstance(function, ir.Attribute):
            return self.is_outside(function.base, module, scope, depth + 1)
        if not isinstance(function, ir.Name):
            return False
        names = {one.member or one.module for one in self.bindings(function.id, module, scope)}
        is_passing = any(name.rpartition(".")[2] in self._passing for name in names)
        return not is_passing and self.definitions(function, module, scope) == OUTSIDE

    def _is_name_outside(self, name: str, module: Module, scope: ir.Scope, depth: int) -> bool:
        owner = self.owner(name, module, scope)
        if owner is None:
            return False
        key = (owner, name)
        if key not in self._outside:
            self._outside[key] = False  # what comes back to itself
            found = all(self._is_binding_outside(one, module, depth + 1) for one in self.bindings(name, module, scope))
            self._outside[key] = found and depth < _DEEPEST
        return self._outside[key]

    def _is_binding_outside(self, binding: ir.Binding, module: Module, depth: int) -> bool:
        if binding.kind == "import":
            if self.modules.resolve(module.path, binding.module, binding.level) is None:
                return True
            there = self.imported(binding, module) if binding.member and depth < _DEEPEST else None
            return there is not None and self._is_name_outside(binding.member, there, there.summary.module, depth)
        if binding.kind not in ("assign", "with") or binding.value is None or binding.path:
            return False
        return self.is_outside(binding.value, module, module.scopes[binding.scope], depth)


def _keeps(word: str, scope: ir.Scope, on_classes: bool) -> bool:
    if any(store.is_attribute and store.member == word for store in scope.stores):
        return True
    if not on_classes or scope.kind not in ("class", "module"):
        return False
    kinds = {scope.bindings[index].kind for index in scope.by_name.get(word, ())}
    return bool(kinds - {"function", "class", "import", "merge"})
