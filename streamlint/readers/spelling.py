"""The text that an expression of Python is, with `HOLE` for the pieces of it that cannot be told."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.readers.addresses import HOLE
from streamlint.values.domain import Constant

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.values.activations import Frame

_MOST = 16
"""How many texts one expression may be: behind it, a helper is called with too many to say which."""
_DEEPEST = 6
_SETTINGS = ("getenv", "get", "setdefault", "config")
"""Calls that answer with their second argument where nothing is set: `os.getenv("API_URL", "http://localhost:8000")`."""


class Spelling:
    """Reads f-strings, sums and constants, also those that other modules or callers give."""

    def __init__(self, project: Project) -> None:
        self._evaluator = project.evaluator

    def of(self, expression: ir.Expression, frame: Frame) -> tuple[str, ...]:
        """What the expression may be; one that says nothing is `HOLE` alone."""
        return tuple(dict.fromkeys(self._texts(expression, frame, _DEEPEST)))[:_MOST]

    def _texts(self, expression: ir.Expression, frame: Frame, left: int) -> Iterator[str]:
        match expression:
            case ir.Constant(value=str() as text):
                yield text
            case ir.FormattedString():
                yield from self._joined(self._formatted(expression, frame), frame, left)
            case ir.Operation(operator="Add", operands=operands):
                yield from self._joined(list(operands), frame, left)
            case ir.Choice(options=options):
                for option in options[-1:] if left else ():
                    yield from self._texts(option, frame, left - 1)
            case ir.Call() if (default := _default(expression)) is not None and left:
                yield from self._texts(default, frame, left - 1)
            case _:
                yield from self._known(expression, frame, left)

    def _known(self, expression: ir.Expression, frame: Frame, left: int) -> Iterator[str]:
        """What the model knows of a value; behind a name that it does not, what the name is bound to."""
        values = self._evaluator.value(expression, frame)
        texts = [value.value for value in values if isinstance(value, Constant) and isinstance(value.value, str)]
        if texts and len(texts) == len(tuple(values)):
            yield from sorted(texts)
            return
        bound = self._bound(expression, frame) if left else None
        if bound is None:
            yield HOLE
            return
        yield from self._texts(bound[0], bound[1], left - 1)

    def _bound(self, expression: ir.Expression, frame: Frame) -> tuple[ir.Expression, Frame] | None:
        """The one expression that a name is given, with the frame in which it stands."""
        if not isinstance(expression, ir.Name):
            return None
        module = frame.module
        bindings = module.uses.bindings(expression, frame.scope)
        if len(bindings) != 1:
            return None
        binding = bindings[0]
        if binding.kind == "import" and binding.member:
            return self._imported(binding, frame)
        if binding.kind != "assign" or binding.value is None or binding.path:
            return None
        return binding.value, self._evaluator.any_call(module, module.scopes[binding.scope])

    def _imported(self, binding: ir.Binding, frame: Frame) -> tuple[ir.Expression, Frame] | None:
        modules = self._evaluator.modules
        path = modules.resolve(frame.module.path, binding.module, binding.level)
        module = modules.load(path) if path is not None and path in modules.files else None
        if module is None:
            return None
        top = module.summary.module
        found = [top.bindings[index] for index in top.by_name.get(binding.member, ())]
        value = found[0].value if len(found) == 1 and found[0].kind == "assign" and not found[0].path else None
        return (value, self._evaluator.any_call(module, top)) if value is not None else None

    def _joined(self, parts: list[ir.Expression | str], frame: Frame, left: int) -> Iterator[str]:
        found = [""]
        for part in parts:
            texts = [part] if isinstance(part, str) else list(self._texts(part, frame, left - 1)) if left else [HOLE]
            found = [before + text for before in found for text in texts][:_MOST]
        yield from found

    def _formatted(self, expression: ir.FormattedString, frame: Frame) -> list[ir.Expression | str]:
        """The pieces of an f-string: its own text, and its values as expressions."""
        try:
            node = ast.parse(f"({frame.module.text(expression)})", mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return [HOLE]
        if not isinstance(node, ast.JoinedStr):
            return [HOLE]
        values = iter(expression.values)
        plain = sum(isinstance(part, ast.FormattedValue) for part in node.values) == len(expression.values)
        found: list[ir.Expression | str] = []
        for part in node.values:
            match part:
                case ast.Constant(value=str() as text):
                    found.append(text)
                case ast.FormattedValue(format_spec=None) if plain:
                    found.append(next(values))
                case _:
                    next(values, None)
                    found.append(HOLE)
        return found


def _default(call: ir.Call) -> ir.Expression | None:
    """What a question for a setting answers where nothing is set."""
    word = call.function.attribute if isinstance(call.function, ir.Attribute) else ir.dotted(call.function)
    if word not in _SETTINGS:
        return None
    return call.argument(1, "default")
