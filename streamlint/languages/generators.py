"""The generator functions whose items a client receives, and what stands around a node in one of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import libcst as cst

from streamlint.knowledge.frameworks import Kind
from streamlint.project import syntax as ir
from streamlint.project.calls import dotted_name
from streamlint.project.values import Function, Generated, Values

if TYPE_CHECKING:
    from streamlint.languages.python import PythonFile


def dotted_names(values: Values) -> frozenset[str]:
    """Dotted names of the outside things among some values."""
    return frozenset(dotted_name(value) for value in values) - {""}


LOOPS = (cst.For, cst.While)
_REFUSALS = frozenset(
    ("fastapi.HTTPException", "fastapi.exceptions.HTTPException", "starlette.exceptions.HTTPException")
)
_STEPS = frozenset(("__anext__", "__next__"))
_STEPPING = frozenset(("builtins.anext", "builtins.next"))
_LEAVING = (cst.Raise, cst.Return, cst.Break)
_SCOPES = (cst.FunctionDef, cst.ClassDef, cst.Lambda, cst.GeneratorExp)
_CANCELLATION = frozenset(("asyncio.CancelledError", "asyncio.exceptions.CancelledError", "builtins.GeneratorExit"))
_EVERYTHING = frozenset(("builtins.BaseException",))
_FAILURE = frozenset(("builtins.Exception",))
_LOGGING = frozenset(("debug", "info", "warning", "warn", "error", "exception", "critical", "log", "trace", "success"))
_PRINTING = frozenset(("builtins.print",))


_OF_CLASSES = ("staticmethod", "classmethod")


def served(file: PythonFile, function: cst.FunctionDef) -> ir.Scope | None:
    """The scope of a generator function if requests run it for its items: no dependency, no context manager."""
    scope = file.tree.scope(function, file.facts)
    if scope is None or not scope.is_generator:
        return None
    entry = file.entry(scope)
    if entry is not None:
        return scope if entry.answers or entry.kind is Kind.CALLBACK else None
    if is_sent(file, scope):
        return scope
    reached = file.project.reach.from_request(file.facts, scope)
    plain = all(ir.dotted(decorator) in _OF_CLASSES for decorator in scope.decorators)
    return scope if reached is not None and reached.is_certain and plain else None


def is_sent(file: PythonFile, scope: ir.Scope) -> bool:
    """Whether a response, or the framework itself, sends what the generator yields."""
    entry = file.entry(scope)
    if entry is not None:
        return entry.answers
    return bool(file.project.sent.generator(file.path, scope))


def is_looped_over(file: PythonFile, scope: ir.Scope) -> bool:
    """Whether code of the project takes the items one by one, and so may go on when they end."""
    evaluator = file.project.evaluator
    modules = {id(site.module): site.module for site in evaluator.callers.of(Function(file.path, scope.index))}
    return any(
        isinstance(value, Generated) and value.frame.scope is scope
        for module in modules.values()
        for other in module.scopes
        for loop in other.loops
        for value in evaluator.iterated(loop, evaluator.any_call(module, other))
    )


def has_other_takers(file: PythonFile, scope: ir.Scope) -> bool:
    """Whether something else than the responses that send it may take its items: it is used more often, or looped over."""
    others = file.project.holders.others(file.facts, scope)
    sent = {id(one.sending) for one in file.project.sent.generator(file.path, scope)}
    return len(others) > len(sent) or is_looped_over(file, scope)


def enclosing(function: cst.FunctionDef, node: cst.CSTNode) -> tuple[cst.CSTNode, ...]:
    """The nodes around one in a function, the body first; none where it stands in another function."""
    return next((around for one, around in parts(function.body) if one is node), ())


def following(statement: cst.CSTNode, around: Sequence[cst.CSTNode]) -> Iterator[cst.CSTNode]:
    """What comes after a statement in its function, also in the `else` of a `try` around it."""
    for outer, inner in pairwise((*around, statement)):
        body = getattr(outer, "body", None)
        if isinstance(body, Sequence) and inner in body:
            yield from body[body.index(inner) + 1 :]
        if isinstance(outer, cst.Try) and inner is outer.body and outer.orelse is not None:
            yield from outer.orelse.body.body


def parts(root: cst.CSTNode) -> Iterator[tuple[cst.CSTNode, tuple[cst.CSTNode, ...]]]:
    """Every node below `root` with the nodes around it, outer ones first; bodies of nested functions are left out."""
    pending: list[tuple[cst.CSTNode, tuple[cst.CSTNode, ...]]] = [(child, (root,)) for child in reversed(root.children)]
    while pending:
        node, around = pending.pop()
        yield node, around
        if not isinstance(node, _SCOPES):
            inner = (*around, node)
            pending.extend((child, inner) for child in reversed(node.children))


def holds(root: cst.CSTNode, *kinds: type[cst.CSTNode]) -> bool:
    """Whether a node of one of these types stands below `root`, in the same function."""
    return any(isinstance(node, kinds) for node, _ in parts(root))


def waits(root: cst.CSTNode) -> bool:
    """Whether something is awaited below `root`, in the same function."""
    return any(
        isinstance(node, cst.Await) or (isinstance(node, cst.For | cst.With) and node.asynchronous is not None)
        for node, _ in parts(root)
    )


def caught(file: PythonFile, handler: cst.ExceptHandler) -> frozenset[str]:
    """Dotted names of what a handler catches; a bare `except:` catches `builtins.BaseException`."""
    if handler.type is None:
        return _EVERYTHING
    listed = (
        [element.value for element in handler.type.elements] if isinstance(handler.type, cst.Tuple) else [handler.type]
    )
    return frozenset(name for one in listed for name in dotted_names(file.value(file.tree.span(one))))


def catches_cancellation(file: PythonFile, handler: cst.ExceptHandler) -> bool:
    return bool(caught(file, handler) & (_CANCELLATION | _EVERYTHING))


def catches_everything(file: PythonFile, handler: cst.ExceptHandler) -> bool:
    return bool(caught(file, handler) & _EVERYTHING)


def catches_failures(file: PythonFile, handler: cst.ExceptHandler) -> bool:
    return bool(caught(file, handler) & (_EVERYTHING | _FAILURE))


def leaves(body: cst.BaseSuite) -> bool:
    """Whether a block raises, returns or breaks somewhere."""
    return holds(body, *_LEAVING)


def statements(body: cst.BaseSuite) -> Sequence[cst.CSTNode]:
    """The statements of a block, simple ones one by one."""
    found: list[cst.CSTNode] = []
    for item in body.body:
        found += item.body if isinstance(item, cst.SimpleStatementLine) else [item]
    return found


def is_log(file: PythonFile, statement: cst.CSTNode) -> bool:
    """Whether a statement only writes a line for the owner."""
    if not isinstance(statement, cst.Expr) or not isinstance(statement.value, cst.Call):
        return False
    function = statement.value.func
    if isinstance(function, cst.Attribute):
        return function.attr.value in _LOGGING
    return bool(dotted_names(file.value(file.tree.span(function))) & _PRINTING)


def swallowers(file: PythonFile, function: cst.FunctionDef) -> Iterator[cst.ExceptHandler]:
    """Handlers of an async generator that take its cancellation from an `await` and go on with the loop around."""
    scope = served(file, function) if function.asynchronous is not None else None
    for node, around in parts(function.body) if scope is not None else ():
        if not isinstance(node, cst.Try) or not _is_repeated(node, around) or not waits(node.body):
            continue
        handler = next((one for one in node.handlers if catches_cancellation(file, one)), None)
        if handler is not None and not leaves(handler.body) and not _ends_a_task(file, node):
            yield handler


def _is_repeated(node: cst.Try, around: Sequence[cst.CSTNode]) -> bool:
    """Whether a loop runs the statement again, in its body and not in a handler or `finally`."""
    loops = [outer for outer in around if isinstance(outer, LOOPS)]
    return bool(loops) and not any(
        isinstance(outer, cst.ExceptHandler | cst.Finally) for outer in around[around.index(loops[-1]) :]
    )


def _ends_a_task(file: PythonFile, node: cst.Try) -> bool:
    """Whether all that is awaited is a task, whose own cancellation the handler means."""
    awaited = [part.expression for part, _ in parts(node.body) if isinstance(part, cst.Await)]
    return bool(awaited) and all(isinstance(one, cst.Name | cst.Attribute | cst.Subscript) for one in awaited)


def hiders(file: PythonFile, function: cst.FunctionDef) -> Iterator[cst.ExceptHandler]:
    """Handlers around the loop of a sent generator that take any failure and say nothing, so that the body ends as if complete."""
    scope = file.tree.scope(function, file.facts)
    if scope is None or not scope.is_generator or not is_sent(file, scope):
        return
    for node, around in parts(function.body):
        if not isinstance(node, cst.Try) or any(isinstance(outer, LOOPS) for outer in around) or not _sends(node.body):
            continue
        handler = next((one for one in node.handlers if catches_failures(file, one)), None)
        if handler is not None and all(_is_empty(one) for one in statements(handler.body)) and _is_last(file, node):
            yield handler


def refusals(file: PythonFile, function: cst.FunctionDef) -> Iterator[cst.Raise]:
    """`raise HTTPException(...)` in a generator that a response sends, where no handler of its own catches it."""
    scope = file.tree.scope(function, file.facts)
    if scope is None or not scope.is_generator or not is_sent(file, scope) or _is_begun_first(file, scope):
        return
    for node, around in parts(function.body):
        if not isinstance(node, cst.Raise) or node.exc is None:
            continue
        raised = node.exc.func if isinstance(node.exc, cst.Call) else node.exc
        if dotted_names(file.value(file.tree.span(raised))) & _REFUSALS and not _is_caught(file, around):
            yield node


def _is_begun_first(file: PythonFile, scope: ir.Scope) -> bool:
    """Whether a function that sends the generator takes items by hand, and so meets the exception before the response."""
    evaluator = file.project.evaluator
    for sent in file.project.sent.generator(file.path, scope):
        frame = sent.sending.frame
        for call in frame.scope.calls:
            if isinstance(call.function, ir.Attribute) and call.function.attribute in _STEPS:
                return True
            if dotted_names(evaluator.value(call.function, frame)) & _STEPPING:
                return True
    return False


def _sends(body: cst.BaseSuite) -> bool:
    """Whether a loop below sends items."""
    return any(isinstance(node, cst.For) and holds(node.body, cst.Yield) for node, _ in parts(body))


def _is_empty(statement: cst.CSTNode) -> bool:
    if isinstance(statement, cst.Return):
        return statement.value is None
    return isinstance(statement, cst.Pass) or (
        isinstance(statement, cst.Expr) and isinstance(statement.value, cst.Ellipsis)
    )


def _is_last(file: PythonFile, node: cst.Try) -> bool:
    """Whether nothing after the statement, nor its `finally`, can tell the client how the stream ended."""
    siblings = file.tree.siblings(node)
    after = siblings[list(siblings).index(node) + 1 :] if node in siblings else ()
    later = [*after, *([node.finalbody] if node.finalbody is not None else []), *([node.orelse] if node.orelse else [])]
    return not any(isinstance(one, cst.Yield) or holds(one, cst.Yield) for one in later)


def _is_caught(file: PythonFile, around: Sequence[cst.CSTNode]) -> bool:
    """Whether the generator itself handles what is raised there."""
    for outer, inner in pairwise(around):
        if (
            isinstance(outer, cst.Try)
            and inner is outer.body
            and any(catches_failures(file, one) or caught(file, one) & _REFUSALS for one in outer.handlers)
        ):
            return True
    return False
