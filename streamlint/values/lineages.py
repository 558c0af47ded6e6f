"""From which classes a class of the project descends, and which of them defines a method."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from streamlint.model import syntax as ir
from streamlint.values.domain import Bound, Class, External, Function, Instance, Object, Value
from streamlint.values.limits import Limit
from streamlint.values.whole import Whole

_MOST_CLASSES = 12
_ANY = "*"

_METACLASSES = frozenset(("type", "ABCMeta", "abc.ABCMeta"))


class Lineages:
    """Classes in the order in which attributes are looked up."""

    def __init__(self, evaluator: Whole) -> None:
        self.evaluator = evaluator

    def of(self, base: Object | Class) -> tuple[Class | External, ...]:
        """The class and its bases in the order of lookup, outside ones last; generic brackets are looked through."""
        key = ("lineage", base.path, base.scope)
        return self.evaluator.solver.ask(key, lambda: tuple(self._lineage(base)), (), ())

    def _lineage(self, base: Object | Class) -> Iterator[Class | External]:
        pending: list[Value] = [Class(base.path, base.scope)]
        seen: set[Value] = set()
        outside: list[External] = []
        while pending and len(seen) < _MOST_CLASSES:
            current = pending.pop(0)
            if current in seen:
                continue
            seen.add(current)
            if len(seen) == _MOST_CLASSES and pending:
                self.evaluator.give_up(Limit.CLASSES)
            if isinstance(current, External):
                outside.append(current)
            elif isinstance(current, Class):
                yield current
                pending += self._bases(current)
        yield from outside

    def _bases(self, owner: Class) -> list[Value]:
        located = self.evaluator.scope_of(owner)
        if located is None:
            return []
        module, scope = located
        frame = self.evaluator.any_call(module, module.scopes[scope.parent])
        found: list[Value] = []
        for base in scope.bases:
            expression = base.base if isinstance(base, ir.Subscript) else base
            found += map(_as_class, self.evaluator.value(expression, frame))
        return found

    def below(self, owner: Class) -> tuple[Class, ...]:
        """The classes of the project that descend from one."""
        key = ("below", owner.path, owner.scope)
        return self.evaluator.solver.ask(key, lambda: tuple(self._below(owner)), (), ())

    def _below(self, owner: Class) -> Iterator[Class]:
        located = self.evaluator.scope_of(owner)
        _, modules = self.evaluator.callers.below(located[1].name) if located is not None else ((), ())
        for module in modules:
            for scope in module.scopes:
                found = Class(module.path, scope.index)
                if scope.kind == "class" and scope.bases and found != owner and owner in self.of(found):
                    yield found

    def made_by(self, metaclass: Class) -> tuple[Class, ...]:
        """The classes of which a metaclass is told, and those that descend from them; none where it is no metaclass."""
        located = self.evaluator.scope_of(metaclass)
        if located is None or not any(ir.dotted(base) in _METACLASSES for base in located[1].bases):
            return ()
        key = ("made by", metaclass.path, metaclass.scope)
        return self.evaluator.solver.ask(key, lambda: tuple(self._made_by(metaclass)), (), ())

    def _made_by(self, metaclass: Class) -> Iterator[Class]:
        for module in self.evaluator.modules.saying("metaclass"):
            for scope in module.scopes:
                told = next((value for name, value in scope.keywords if name == "metaclass"), None)
                outer = module.scopes[scope.parent]
                if scope.kind != "class" or told is None:
                    continue
                if metaclass in self.evaluator.value(told, self.evaluator.any_call(module, outer)):
                    made = Class(module.path, scope.index)
                    yield from (made, *self.below(made))

    def outside_bases(self, base: Object | Class) -> list[str]:
        """Dotted names of the classes outside the project that this one descends from."""
        return [owner.name for owner in self.of(base) if isinstance(owner, External)]

    def spelt(self, base: Object | Class, names: Iterable[str]) -> tuple[str, ...]:
        """The names of methods, where `on_*` stands for all of the project's classes that begin so."""
        found: dict[str, None] = {}
        for name in names:
            if not name.endswith(_ANY):
                found[name] = None
                continue
            located = (self.evaluator.scope_of(one) for one in self.of(base) if isinstance(one, Class))
            scopes = (one[1] for one in located if one is not None)
            beginning = name.removesuffix(_ANY)
            found |= dict.fromkeys(word for scope in scopes for word in scope.by_name if word.startswith(beginning))
        return tuple(found)

    def method(self, base: Object | Class, name: str) -> Function | None:
        """The project function that defines this method, not bound."""
        return self._defined(base, name, is_called)

    def setter(self, base: Object | Class, name: str) -> Function | None:
        """The project function that sets a property, not bound."""
        return self._defined(base, name, lambda function: "setter" in function.decorator_words)

    def _defined(self, base: Object | Class, name: str, is_meant: Callable[[ir.Scope], bool]) -> Function | None:
        for owner in self.of(base):
            if not isinstance(owner, Class):
                continue
            located = self.evaluator.scope_of(owner)
            if located is None:
                continue
            module, scope = located
            for index in reversed(scope.by_name.get(name, [])):
                binding = scope.bindings[index]
                if binding.kind == "function" and is_meant(module.scopes[binding.target]):
                    return Function(module.path, binding.target)
        return None


def is_called(function: ir.Scope) -> bool:
    """Whether a function of a class body is what its name gives: no setter, and no overload that only types see."""
    kinds = function.decorator_words
    return not kinds & {"setter", "deleter", "overload"}


def is_abstract(function: ir.Scope) -> bool:
    """Whether a method is left to the classes below: it says so, or does nothing but raise or stand there."""
    if "abstractmethod" in function.decorator_words:
        return True
    lines = [one for one in function.body.statements if not _is_remark(one)]
    return all(isinstance(one, ir.Line) and one.kind in ("raise", "pass") for one in lines)


def _is_remark(statement: ir.Statement) -> bool:
    return isinstance(statement, ir.Line) and isinstance(next(iter(statement.values), None), ir.Constant)


def _as_class(base: Value) -> Value:
    """A class that an outside object has: `Model` of `database = SQLAlchemy()`."""
    if isinstance(base, Bound) and isinstance(base.receiver, Instance) and base.name[:1].isupper():
        return External(f"{base.receiver.name}.{base.name}")
    return base
