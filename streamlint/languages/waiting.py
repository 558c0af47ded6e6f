"""Loops that wait for each item of an asynchronous generator with a time limit, and go on after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from streamlint.knowledge.table import read
from streamlint.project import syntax as ir
from streamlint.project.calls import dotted_name
from streamlint.project.values import External, Generated, Tokens

if TYPE_CHECKING:
    from streamlint.languages.python import PythonFile

_FUNCTIONS = (cst.FunctionDef, cst.Lambda)


def goes_on_after_timeout(file: PythonFile, attempt: cst.Try) -> bool:
    """Whether a `try` in a loop catches a timeout and lets the loop go on."""
    handler = next((one for one in attempt.handlers if _catches_timeout(file, one)), None)
    if handler is None or not isinstance(handler.body, cst.IndentedBlock):
        return False
    return not _leaves(handler.body.body[-1]) and loop_around(file, attempt) is not None


def _leaves(statement: cst.CSTNode) -> bool:
    match statement:
        case cst.SimpleStatementLine(body=[*_, cst.Return() | cst.Break() | cst.Raise()]):
            return True
    return False


def loop_around(file: PythonFile, node: cst.CSTNode) -> cst.While | cst.For | None:
    """The innermost loop of the same function that repeats a node."""
    around = file.parent(node)
    while around is not None and not isinstance(around, (cst.While, cst.For, *_FUNCTIONS)):
        around = file.parent(around)
    return around if isinstance(around, cst.While | cst.For) else None


def limited_items(file: PythonFile, attempt: cst.Try) -> list[tuple[cst.Call, ir.Expression]]:
    """The calls in a `try` that limit the wait for one item, each with its generator."""
    found = []
    for call, _ in file.within(file.span(attempt.body), cst.Call):
        known = file.expression(call)
        if known is None:
            continue
        scope, expression = known
        if not isinstance(expression, ir.Call):
            continue
        generator = _generator(file, expression, scope)
        if generator is not None and _outlives(file, generator, attempt):
            found.append((call, generator))
    return found


def _generator(file: PythonFile, call: ir.Call, scope: ir.Scope) -> ir.Expression | None:
    evaluator, frame = file.project.evaluator, file.frame(scope)
    limits = read("waiting").texts("limits")
    if not any(dotted_name(value) in limits for value in evaluator.value(call.function, frame)) or not call.arguments:
        return None
    iterator = _advanced(file, call.arguments[0], scope)
    return iterator if iterator is not None and _is_generator(file, iterator, scope) else None


def _advanced(file: PythonFile, item: ir.Expression, scope: ir.Scope) -> ir.Expression | None:
    """The iterator of `iterator.__anext__()` or `anext(iterator)`."""
    if not isinstance(item, ir.Call):
        return None
    if isinstance(item.function, ir.Attribute) and item.function.attribute == "__anext__":
        return item.function.base
    values = file.project.evaluator.value(item.function, file.frame(scope))
    return item.arguments[0] if External("builtins.anext") in values and len(item.arguments) == 1 else None


def _is_generator(file: PythonFile, iterator: ir.Expression, scope: ir.Scope) -> bool:
    values = file.project.evaluator.value(iterator, file.frame(scope))
    if any(isinstance(value, Generated | Tokens) and value.is_async for value in values):
        return True
    bindings = _bindings(iterator, scope)
    if len(bindings) != 1:
        return False
    made = bindings[0].value
    if bindings[0].kind == "parameter" and bindings[0].annotation is not None:
        annotation = bindings[0].annotation
        base = annotation.base if isinstance(annotation, ir.Subscript) else annotation
        return ir.dotted(base).endswith("AsyncGenerator")
    if isinstance(made, ir.Call) and isinstance(made.function, ir.Attribute) and made.function.attribute == "__aiter__":
        return _is_generator(file, made.function.base, scope)
    if isinstance(made, ir.Call) and made.arguments:
        function = file.project.evaluator.value(made.function, file.frame(scope))
        return External("builtins.aiter") in function and _is_generator(file, made.arguments[0], scope)
    return False


def _bindings(name: ir.Expression, scope: ir.Scope) -> list[ir.Binding]:
    if not isinstance(name, ir.Name):
        return []
    found = [scope.bindings[index] for index in scope.by_name.get(name.id, ())]
    return [binding for binding in found if binding.kind != "merge"]


def _outlives(file: PythonFile, iterator: ir.Expression, attempt: cst.Try) -> bool:
    """Whether the same generator is asked again in the next round."""
    loop = loop_around(file, attempt)
    known = next((row for node in file.nodes_at(iterator.start, iterator.end) if (row := file.expression(node))), None)
    if loop is None or known is None or not isinstance(iterator, ir.Name):
        return False
    span = file.span(loop)
    return not any(span.start <= binding.start < span.end for binding in _bindings(iterator, known[0]))


def _catches_timeout(file: PythonFile, handler: cst.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    kinds = [one.value for one in handler.type.elements] if isinstance(handler.type, cst.Tuple) else [handler.type]
    timeouts = read("waiting").texts("timeouts")
    return any(dotted_name(value) in timeouts for kind in kinds for value in file.value(kind))
