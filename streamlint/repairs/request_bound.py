"""What statements need of the request that is gone when a body is sent, or of the function around them: sessions, `super()`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.refusals import Refusal
from streamlint.sharing.tied import Tied
from streamlint.values.domain import Function, dotted_name

if TYPE_CHECKING:
    from streamlint.source import Span
    from streamlint.tree.python import PythonFile
    from streamlint.values.activations import Frame


def bound_to_request(file: PythonFile, frame: Frame, places: tuple[Span, ...]) -> Refusal | None:
    """Why what stands at these places may not run while the body is sent."""
    evaluator = file.project.evaluator
    names = {name for context in evaluator.knowledge.contexts.values() for name in context.names}
    for scope in file.facts.scopes:
        if not frame.scope.contains(scope):
            continue
        inner = evaluator.any_call(file.facts, scope)
        for use in (*scope.names, *scope.attributes):
            if not any(span.contains(use) for span in places):
                continue
            if isinstance(use, ir.Attribute) and use.attribute == "session" and isinstance(use.base, ir.Name):
                return Refusal(f"`{file.text(use)}` is saved when the answer begins")
            if isinstance(use, ir.Name) and _asks_for_its_function(file, use):
                return Refusal(f"`{use.id}()` means another function inside of a generator")
            values = evaluator.value(use, inner)
            if {dotted_name(value) for value in values} & names:
                return Refusal(f"`{file.text(use)}` is gone when the body is sent")
            if not frame.scope.is_async and any(file.project.ask(Tied).is_of_context(value) for value in values):
                return Refusal(f"`{file.text(use)}` may be another one in the thread that sends the body")
    return _ended(file, frame, places)


def _asks_for_its_function(file: PythonFile, use: ir.Name) -> bool:
    """`super()`, `locals()`: without an argument they look at the function in which they stand."""
    parent = file.facts.uses.parent(use)
    is_called = isinstance(parent, ir.Call) and parent.function is use and not (parent.arguments or parent.keywords)
    return is_called and use.bindings is None and use.id in file.project.knowledge.names("untouched", "own-function")


def _ended(file: PythonFile, frame: Frame, places: tuple[Span, ...]) -> Refusal | None:
    """A dependency that a generator provides: by release, it ends before the body is sent."""
    parameters, evaluator = file.project.evaluator.parameters, file.project.evaluator
    for parameter in frame.scope.parameters:
        mine = [name for name in frame.scope.names if name.id == parameter.name]
        if not any(span.contains(name) for span in places for name in mine):
            continue
        for given, where in parameters.dependencies(parameter, frame):
            for value in evaluator.value(given, where):
                located = evaluator.scope_of(value) if isinstance(value, Function) else None
                if located is None or located[1].is_generator:
                    return Refusal(f"`{parameter.name}` may be closed when the body is sent")
    return None
