"""Where Python calls a method that the text does not name: `base[key]`, `one + other`, `base.name = value`, `if base:`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from streamlint.model import syntax as ir

_BINARY = {
    "Add": "add",
    "Sub": "sub",
    "Mult": "mul",
    "MatMult": "matmul",
    "Div": "truediv",
    "FloorDiv": "floordiv",
    "Mod": "mod",
    "Pow": "pow",
    "LShift": "lshift",
    "RShift": "rshift",
    "BitOr": "or",
    "BitXor": "xor",
    "BitAnd": "and",
}
_COMPARED = {"Eq": "eq", "NotEq": "ne", "Lt": "lt", "LtE": "le", "Gt": "gt", "GtE": "ge"}
_UNARY = {"USub": "neg", "UAdd": "pos", "Invert": "invert"}
_TRUTH = ("__bool__", "__len__")
_TEXT = ("__format__", "__str__", "__repr__")
_DESCRIPTION = ("__repr__",)
SETTING = "="
"""Behind the name of a property that a text sets: `value=`."""


@dataclass(slots=True, eq=False)
class Operator(ir.Node):
    """One such place: the first of the `methods` that the class of the receiver has runs, with what it is given."""

    on: ir.Expression
    receiver: ir.Expression
    methods: tuple[str, ...]
    given: tuple[ir.Expression, ...] = ()

    @property
    def is_quiet(self) -> bool:
        """Whether it is a test or a text, of which there are many, and few that do anything."""
        return self.methods in (_TRUTH, _TEXT, _DESCRIPTION)

    @property
    def sets(self) -> bool:
        """Whether it is a property that is set."""
        return self.methods[0].endswith(SETTING)


def operators(scope: ir.Scope) -> Iterator[Operator]:
    """All of a scope, whatever their receivers are."""
    removed = {id(change.target) for change in scope.changes if not change.is_augmented}
    for expression in scope.expressions():
        for receiver, methods, given in _of(expression) if id(expression) not in removed else ():
            yield Operator(expression.start, expression.end, expression, receiver, methods, given)
    for store in scope.stores:
        yield _stored(store)
    for change in scope.changes:
        yield from _changed(change)
    for test in _tests(scope):
        yield Operator(test.start, test.end, test, test, _TRUTH)


_Called = tuple[ir.Expression, tuple[str, ...], tuple[ir.Expression, ...]]


def _of(expression: ir.Expression) -> Iterator[_Called]:
    match expression:
        case ir.Subscript(base=base, key=key):
            yield base, ("__getitem__",), (key,)
        case ir.Operation(operator="In" | "NotIn", operands=(left, right)):
            yield right, ("__contains__",), (left,)
        case ir.Operation(operator=operator, operands=(left, right)) if operator in _BINARY:
            yield left, (f"__{_BINARY[operator]}__",), (right,)
            yield right, (f"__r{_BINARY[operator]}__",), (left,)
        case ir.Operation(operator=operator, operands=(left, right)) if operator in _COMPARED:
            yield left, (f"__{_COMPARED[operator]}__",), (right,)
        case ir.Operation(operator=operator, operands=(only,)) if operator in _UNARY:
            yield only, (f"__{_UNARY[operator]}__",), ()
        case ir.FormattedString(values=values):
            for number, value in enumerate(values):
                yield value, _DESCRIPTION if number in expression.described else _TEXT, ()


def _stored(store: ir.Store) -> Operator:
    start, end, base = store.start, store.end, store.base
    if store.is_attribute or store.key is None:
        target = ir.Attribute(start, end, base, store.member)
        return Operator(start, end, target, base, (f"{store.member}{SETTING}",), (store.value,))
    item = ir.Subscript(start, end, base, store.key)
    return Operator(start, end, item, base, ("__setitem__",), (store.key, store.value))


def _changed(change: ir.Change) -> Iterator[Operator]:
    """`del base[key]` calls `__delitem__`, `base[key] += one` calls `__setitem__` too, `base.name += one` sets it."""
    match change.target:
        case ir.Subscript(start=start, end=end, base=base, key=key) as target:
            yield Operator(start, end, target, base, ("__setitem__" if change.is_augmented else "__delitem__",), (key,))
        case ir.Attribute(start=start, end=end, base=base, attribute=name) as target if change.is_augmented:
            yield Operator(start, end, target, base, (f"{name}{SETTING}",))


def _tests(scope: ir.Scope) -> Iterator[ir.Expression]:
    """What is asked whether it is true, and says so by no operator; of names those that are of no variable of the function."""
    for branch in scope.branches:
        if branch.arm == "if" and branch.test is not None:
            yield from _asked(branch.test)
    for expression in scope.expressions():
        if isinstance(expression, ir.Choice):
            for one in expression.tests or expression.options[:-1]:
                yield from _asked(one)


def _asked(test: ir.Expression) -> Iterator[ir.Expression]:
    while isinstance(test, ir.Operation) and test.operator == "Not":
        test = test.operands[0]
    is_shared = isinstance(test, ir.Name) and test.bindings is None
    if is_shared or isinstance(test, ir.Attribute | ir.Subscript):
        yield test
