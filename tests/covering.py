"""Whether what the model says of an expression covers an object that it really was."""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import functools
import inspect
import operator
import sys
import types
from collections.abc import Iterator

from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.project import Project
from streamlint.values import Values
from streamlint.values.domain import (
    Bound,
    Class,
    Collection,
    Constant,
    Coroutine,
    External,
    Function,
    Generated,
    Instance,
    Iterated,
    Member,
    Object,
    Partial,
    ProjectModule,
    Super,
    Unknown,
    Value,
)

from .asking import Program
from .programs import Modules
from .running import Place, Run

_TAKEN_FOR = {
    "defaultdict": "dict",
    "deque": "list",
    "dict_values": "list",
    "dict_keys": "list",
    "dict_items": "list",
    "islice": "list",
}
"""Containers by the kinds that the model takes them for."""


class Covering:
    """Compares values with objects of the same program."""

    def __init__(self, project: Project) -> None:
        self._modules = project.modules

    def covers(self, values: Values, real: object) -> bool:
        """Whether one alternative may be this object; `None` is left out of alternatives on purpose."""
        if isinstance(real, dataclasses.Field):  # the model takes it for what the field starts with
            return True
        return real is None or real is type(None) or any(self._is(value, real) for value in values)

    def _is(self, value: Value, real: object) -> bool:
        match value:
            case Unknown():
                return True
            case Constant():
                real = real.value if isinstance(real, enum.Enum) and isinstance(real, str) else real
                return type(value.value) is type(real) and value.value == real
            case External():
                return self._is_outside(value.name, real)
            case Class():
                return isinstance(real, type) and any(self._is_class(value, one) for one in real.__mro__)
            case Super():
                return isinstance(real, super)
            case Object():
                return any(self._is_class(value, one) for one in type(real).__mro__)
            case Function():
                return self._is_function(value, real)
            case Partial():
                return self._is_partial(value, real)
            case Instance():
                return type(real).__name__ == value.name.rpartition(".")[2]
            case Member():
                return isinstance(real, enum.Enum) and real.name == value.name and self._is_class(value, type(real))
            case Coroutine():
                return inspect.isawaitable(real)
            case Generated():
                return self._is_generated(value, real)
            case Collection():
                return self._is_collection(value, real)
            case ProjectModule():
                return isinstance(real, types.ModuleType) and real.__name__ == value.path.stem
            case Bound():
                return getattr(real, "__name__", "") == value.name.rpartition(".")[2]
            case Iterated():
                return hasattr(real, "__next__")
        return False

    @staticmethod
    def _is_outside(name: str, real: object) -> bool:
        module, _, member = name.rpartition(".")
        known = sys.modules.get(module)
        return known is None or getattr(known, member, None) is real

    def _is_generated(self, value: Generated, real: object) -> bool:
        real = real.gen if isinstance(real, contextlib._GeneratorContextManager) else real
        if isinstance(real, types.AsyncGeneratorType):
            return self._is_code(value.function, real.ag_code)
        return isinstance(real, types.GeneratorType) and self._is_code(value.function, real.gi_code)

    def _is_partial(self, value: Partial, real: object) -> bool:
        if isinstance(real, operator.attrgetter | operator.itemgetter):
            return self.covers(value.function, type(real))
        return isinstance(real, functools.partial) and self.covers(value.function, real.func)

    def _name(self, value: Class | Object | Function | Member) -> str:
        module = self._modules.load(value.path)
        assert module is not None
        return f"{value.path.stem}.{module.qualified_name(module.scopes[value.scope])}"

    def _is_class(self, value: Class | Object | Member, real: type) -> bool:
        return self._name(value) == f"{real.__module__}.{real.__qualname__}".replace("<locals>.", "")

    def _is_function(self, value: Function, real: object) -> bool:
        function = getattr(real, "__func__", real)
        function = function.fget if isinstance(function, property) else getattr(function, "__wrapped__", function)
        return isinstance(function, types.FunctionType) and self._is_code(value, function.__code__)

    def _is_code(self, value: Function, code: types.CodeType) -> bool:
        module = self._modules.load(value.path)
        assert module is not None
        scope = module.scopes[value.scope]
        kind = {"lambda": "<lambda>", "generator-expression": "<genexpr>"}.get(scope.kind, scope.name)
        line = module.source.position(scope.start).line - len(scope.decorators)
        return (code.co_filename, code.co_name, code.co_firstlineno) == (value.path.stem, kind, line)

    def _is_collection(self, value: Collection, real: object) -> bool:
        kind = type(real).__name__.removesuffix("_iterator")  # the model takes `iter(x)` for x
        is_gathered = isinstance(real, list) and value.kind == "tuple"  # which keeps apart what each of them gave
        if value.kind != _TAKEN_FOR.get(kind, kind) and not is_gathered:
            return False
        if (
            isinstance(real, tuple | list)
            and value.kind == "tuple"
            and value.is_whole
            and len(real) == len(value.items)
        ):
            return all(self.covers(one, item) for (_, one), item in zip(value.items, real, strict=True))
        return True


def open_to_strangers(modules: Modules, run: Run, program: Program) -> Modules | None:
    """The modules with a call, of which nothing can be seen, of every function that ran and whose caller the model does not know.

    The model takes the callers that it finds for all that there are: a call on something unknown, of a method of the same name,
    counts for nothing. What such a call gave is no fault of what is said about the rest. None where no such call can be written.
    """
    added: dict[str, set[str]] = {name: set() for name in modules}
    for code, place in sorted(run.calls, key=lambda call: call[1]):
        module = program.module(code.co_filename)
        scope = next((one for one in module.scopes if _is_scope_of(module, one, code)), None)
        if scope is None or not _takes_arguments(scope) or _is_found(program, module, scope, place):
            continue
        name = module.qualified_name(scope)
        if any(parent.is_function for parent in _around(module, scope)):
            return None
        added[code.co_filename].add(f"{name.removesuffix('.__init__')}(*outside, **outside)\n")
    return {name: text + "".join(sorted(added[name])) for name, text in modules.items()}


def _around(module: Module, scope: ir.Scope) -> Iterator[ir.Scope]:
    while scope.parent >= 0:
        scope = module.scopes[scope.parent]
        yield scope


def _is_scope_of(module: Module, scope: ir.Scope, code: types.CodeType) -> bool:
    line = module.source.position(scope.start).line - len(scope.decorators)
    return scope.kind == "function" and (scope.name, line) == (code.co_name, code.co_firstlineno)


def _takes_arguments(scope: ir.Scope) -> bool:
    return scope.name != "__exit__" and any(one.name not in ("self", "cls") for one in scope.parameters)


def _is_found(program: Program, module: Module, scope: ir.Scope, place: Place) -> bool:
    caller = program.module(place.module)
    starts = caller.source.line_starts
    span = starts[place.line - 1] + place.column, starts[place.last_line - 1] + place.last_column
    sites = program.evaluator.callers.of(Function(module.path, scope.index))
    return any(site.module is caller and (site.call.start, site.call.end) == span for site in sites)
