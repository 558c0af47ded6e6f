"""Whether a part of a chunk may be None where a repair sends it, and what is sent then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.model.branches import arms, branch_of

if TYPE_CHECKING:
    from streamlint.source import Span
    from streamlint.tree.python import PythonFile


def or_nothing(file: PythonFile, part: Span) -> str:
    """`chunk.delta or ""`; only `chunk.delta` where a test around it asks whether it is there, and a name as it is."""
    text = file.text(part)
    return text if "." not in text or _is_asked_for(file, part, text) else f'{text} or ""'


def _is_asked_for(file: PythonFile, part: Span, text: str) -> bool:
    known = file.expression(part)
    if known is None:
        return False
    scope, expression = known
    tests = (row.test for row in arms(scope, branch_of(expression, scope)) if row.arm == "if" and row.test is not None)
    return any(file.text(one) == text for test in tests for one in _asked(test))


def _asked(test: ir.Expression) -> tuple[ir.Expression, ...]:
    """What is true where a test is."""
    return test.options if isinstance(test, ir.Choice) and test.operator == "and" else (test,)
