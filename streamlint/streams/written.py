"""How a text is written, piece by piece: what is literal in it, and which expressions stand in its holes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.values.domain import UNKNOWN, Constant, Function

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.values.activations import Frame

_LITERAL = re.compile(r"(?P<prefix>[bBfF]?)(?P<quote>[\"'])(?P<text>.*)(?P=quote)", re.DOTALL)
_OF_PERCENT = re.compile(r"%s")
_OF_TEMPLATE = re.compile(r"\$(\w+|\{\w+\})")
_SUBSTITUTING = frozenset(("substitute", "safe_substitute"))
_TEMPLATES = frozenset(("string.Template",))
_DEEPEST = 4
HOLE = "{}"


@dataclass(frozen=True)
class Written:
    """A text as the source has it, with its escapes; in a formatted string the holes stand as written, elsewhere as `{}`."""

    text: str
    holes: tuple[tuple[ir.Expression, Frame], ...] = ()
    is_constant: bool = False
    """Whether all of it is known, so that what looks like a hole is a brace."""


class Writings:
    """Reads strings, formatted strings, sums, `%`, `.format(...)`, `.encode()`, and what names and helpers stand for."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator

    def of(self, expression: ir.Expression, frame: Frame, depth: int = 0) -> Written | None:
        """None where it cannot be seen how the text begins and ends."""
        if depth > _DEEPEST:
            return None
        match expression:
            case ir.Constant():
                text = literal(expression, frame)
                return Written(text, is_constant=True) if text is not None else None
            case ir.FormattedString():
                text = literal(expression, frame)
                holes = tuple((value, frame) for value in expression.values if _is_plain(value, frame))
                return Written(text, holes) if text is not None else None
            case ir.Operation(operator="Add", operands=(left, right)):
                return self._sum(left, right, frame, depth)
            case ir.Operation(operator="Mod", operands=(ir.Constant() | ir.Name() as pattern, given)):
                text = self.pattern(pattern, frame) or ""
                return _filled(_OF_PERCENT.sub(HOLE, text), _items(given) if "%r" not in text else (), frame)
            case ir.Name():
                return self._named(expression, frame, depth)
            case ir.Attribute():
                return self._constant(expression, frame)
            case ir.Call():
                return self._called(expression, frame, depth)
        return None

    def _sum(self, left: ir.Expression, right: ir.Expression, frame: Frame, depth: int) -> Written | None:
        parts = [self._part(one, frame, depth) for one in (left, right)]
        if all(part.text == HOLE for part in parts):
            return None
        return Written("".join(part.text for part in parts), tuple(hole for part in parts for hole in part.holes))

    def _part(self, expression: ir.Expression, frame: Frame, depth: int) -> Written:
        return self.of(expression, frame, depth + 1) or Written(HOLE, ((expression, frame),))

    def _named(self, name: ir.Name, frame: Frame, depth: int) -> Written | None:
        if not name.bindings:
            return self._constant(name, frame)
        assigned = frame.scope.assignment(name)
        if assigned is None or assigned.path or assigned.value is None:
            return None
        return self.of(assigned.value, frame, depth + 1)

    def _constant(self, expression: ir.Expression, frame: Frame) -> Written | None:
        """The text that a constant of a module or a class is, written as in a source: `END = "data: [DONE]"`."""
        (value, *others) = self.evaluator.value(expression, frame) or UNKNOWN
        if others or not isinstance(value, Constant) or not isinstance(value.value, str):
            return None
        return Written(value.value.encode("unicode_escape").decode("ascii"), is_constant=True)

    def _called(self, call: ir.Call, frame: Frame, depth: int) -> Written | None:
        function = call.function
        if isinstance(function, ir.Attribute) and function.attribute == "encode":
            own = [one for one in self.evaluator.value(function, frame) if isinstance(one, Function)]
            return self._returned(own[0], call, frame, depth) if own else self.of(function.base, frame, depth + 1)
        if isinstance(function, ir.Attribute) and function.attribute == "join":
            return self._joined(function.base, call, frame, depth)
        if isinstance(function, ir.Attribute) and function.attribute == "format":
            text = self.pattern(function.base, frame)
            return _filled(text or "", (*call.arguments, *(value for _, value in call.keywords)), frame)
        if isinstance(function, ir.Attribute) and function.attribute in _SUBSTITUTING:
            text = self._template(function.base, frame)
            return _filled(_OF_TEMPLATE.sub(HOLE, text or ""), tuple(value for _, value in call.keywords), frame)
        values = list(self.evaluator.value(function, frame))
        if len(values) != 1 or not isinstance(values[0], Function):
            return None
        return self._returned(values[0], call, frame, depth)

    def _joined(self, separator: ir.Expression, call: ir.Call, frame: Frame, depth: int) -> Written | None:
        """`"\\n".join([...])` of parts that are all written there, or in the list that only this call reads."""
        between, given = literal(separator, frame), call.arguments[0] if len(call.arguments) == 1 else None
        if isinstance(given, ir.Name):
            given = only_read(given, frame.scope)
        if between is None or not isinstance(given, ir.Sequence) or given.kind == "set" or not given.items:
            return None
        if any(isinstance(one, ir.Starred) for one in given.items):
            return None
        parts = [self._part(one, frame, depth) for one in given.items]
        text, holes = between.join(part.text for part in parts), tuple(hole for part in parts for hole in part.holes)
        return Written(text, holes, all(part.is_constant for part in parts))

    def pattern(self, expression: ir.Expression, frame: Frame) -> str | None:
        """The text that is filled: as it stands there, or where a constant of the module, `FRAME = "..."`, says it."""
        if isinstance(expression, ir.Constant):
            return literal(expression, frame)
        if not isinstance(expression, ir.Name) or expression.bindings is not None:
            return None
        made = frame.module.uses.bindings(expression, frame.scope)
        is_constant = len(made) == 1 and made[0].kind == "assign" and isinstance(made[0].value, ir.Constant)
        return literal(made[0].value, frame) if is_constant and made[0].value is not None else None

    def _template(self, base: ir.Expression, frame: Frame) -> str | None:
        """The text of a `string.Template`: of the one that is made there, or that a constant of the module is."""
        where = frame
        if isinstance(base, ir.Name) and base.bindings is None:
            made = frame.module.uses.bindings(base, frame.scope)
            base = made[0].value or base if len(made) == 1 and made[0].kind == "assign" else base
            where = self.evaluator.any_call(frame.module, frame.module.summary.module)
        match base:
            case ir.Call(arguments=(ir.Constant() as text,)) if (
                self.evaluator.names(base.function, where) == _TEMPLATES
            ):
                return literal(text, frame)
        return None

    def _returned(self, function: Function, call: ir.Call, frame: Frame, depth: int) -> Written | None:
        """What a helper that only has one `return` writes."""
        located = self.evaluator.scope_of(function)
        if located is None or located[1].is_async or located[1].is_generator or len(located[1].returns) != 1:
            return None
        returned = located[1].returns[0].value
        if returned is None:
            return None
        return self.of(returned, self.evaluator.calls.running(function, call, frame), depth + 1)


def _filled(text: str, given: tuple[ir.Expression, ...], frame: Frame) -> Written | None:
    return Written(text, tuple((one, frame) for one in given)) if text else None


def only_read(name: ir.Name, scope: ir.Scope) -> ir.Expression | None:
    """What a local name is given, where nothing else is done with it than to read it here."""
    assigned = scope.assignment(name)
    if assigned is None or assigned.path:
        return None
    return assigned.value if sum(one.id == name.id for one in scope.names) == 1 else None


def _is_plain(hole: ir.Expression, frame: Frame) -> bool:
    """Whether a hole of a formatted string has no `!r`, which writes line breaks as escapes."""
    return not frame.module.source.text[hole.end : hole.end + 2].startswith(("!r", "!a"))


def _items(given: ir.Expression) -> tuple[ir.Expression, ...]:
    return given.items if isinstance(given, ir.Sequence) and given.kind == "tuple" else (given,)


def literal(expression: ir.Expression, frame: Frame) -> str | None:
    """The text between the quotes of a plain or formatted string, as written; None for anything else."""
    if not isinstance(expression, ir.FormattedString | ir.Constant):
        return None
    found = _LITERAL.fullmatch(frame.module.text(expression))
    if found is None or (found["text"].startswith(found["quote"]) and len(found["text"]) > 1):
        return None
    return found["text"]
