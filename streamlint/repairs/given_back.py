"""What statements give back that was taken before: a handler always does, a generator whose client leaves early does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.refusals import Refusal
from streamlint.values.domain import dotted_name

if TYPE_CHECKING:
    from streamlint.source import Span
    from streamlint.tree.python import PythonFile
    from streamlint.values.activations import Frame


def given_back(file: PythonFile, frame: Frame, place: Span) -> Refusal | None:
    """`gate.release()`, `client.close()` or `busy["now"] -= 1` at a place of a function."""
    for call in frame.scope.calls:
        if place.contains(call) and _gives_back(file, frame, call):
            return _refusal(file.text(call))
    for line in frame.scope.body.walk():
        if isinstance(line, ir.Line) and line.kind == "augmented" and place.contains(line):
            code = file.text(line)
            if "-=" in code and isinstance(line.values[-1], ir.Attribute | ir.Subscript):
                return _refusal(code)
    return None


def _gives_back(file: PythonFile, frame: Frame, call: ir.Call) -> bool:
    names, evaluator = file.project.knowledge.names, file.project.evaluator
    if isinstance(call.function, ir.Attribute) and call.function.attribute in names("untouched", "given-back"):
        return evaluator.tokens(evaluator.value(call.function.base, frame)) is None
    called = {dotted_name(value) for value in evaluator.value(call.function, frame)}
    return bool(called & names("untouched", "given-back-calls"))


def _refusal(code: str) -> Refusal:
    reason = f"`{' '.join(code.split())}` would not run when the client leaves early"
    return Refusal(reason, "yield the tokens in a generator, and do that in its `finally`")
