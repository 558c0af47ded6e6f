"""What a call of a function of the project gives: in the frame that its arguments make, what the function returns there."""

from __future__ import annotations

from collections.abc import Mapping

from streamlint.model import syntax as ir
from streamlint.model.branches import arms
from streamlint.model.modules import Module
from streamlint.values.activations import Frame
from streamlint.values.arguments import Arguments, left_out
from streamlint.values.domain import (
    PENDING,
    UNKNOWN,
    Class,
    Constant,
    Coroutine,
    Function,
    Generated,
    Member,
    Unknown,
    Value,
    Values,
)
from streamlint.values.looked_at import LookedAt
from streamlint.values.whole import Whole

Located = tuple[Module, ir.Scope]


class FunctionCalls:
    """Evaluates calls of project functions."""

    def __init__(self, evaluator: Whole) -> None:
        self.evaluator = evaluator
        self.deciding = LookedAt(evaluator).deciding
        given = Arguments(evaluator)
        self.arguments, self.named = given.of, given.named

    def call(self, function: Function, call: ir.Call, frame: Frame) -> Values:
        located = self.evaluator.scope_of(function)
        if located is None:
            return UNKNOWN
        tells = self._tells(*located)
        known = self.evaluator.frames.tells_apart(*located, frame)
        arguments = self.arguments(function, call, frame, tells) if tells and known else {}
        return self._given(function, located, tells, arguments, frame)

    def _tells(self, module: Module, scope: ir.Scope) -> frozenset[str]:
        """The parameters that can make a difference to what a call gives."""
        return self.deciding.anything(module, scope) if scope.is_generator else self.deciding.result(module, scope)

    def given(self, function: Function, arguments: Mapping[str, Values], caller: Frame | None) -> Values:
        located = self.evaluator.scope_of(function)
        if located is None:
            return UNKNOWN
        return self._given(function, located, self._tells(*located), arguments, caller)

    def _given(
        self,
        function: Function,
        located: Located,
        tells: frozenset[str],
        arguments: Mapping[str, Values],
        caller: Frame | None,
    ) -> Values:
        module, scope = located
        valued = None if scope.is_generator else self.deciding.valued(module, scope)
        frame = self._frame(function, located, arguments, caller, tells, valued)
        if scope.is_generator:
            return frozenset((Generated(Function(module.path, scope.index), scope.is_async, frame),))
        nothing: Values = frozenset((Constant(None),))
        result = self.evaluator.solver.ask(
            ("returns", frame), lambda: self._returned(scope, frame), PENDING, nothing, self.evaluator.joined
        )
        if scope.is_async:
            return frozenset((Coroutine(result, function),))
        return result

    def running(self, function: Function, call: ir.Call, caller: Frame) -> Frame:
        """The frame in which a call runs, with the constants that it leaves out; what makes no difference is not evaluated."""
        located = self.evaluator.scope_of(function)
        assert located is not None
        tells = self.deciding.anything(*located)
        known = self.evaluator.frames.tells_apart(*located, caller)
        arguments = self.arguments(function, call, caller, tells) if tells and known else {}
        absent = left_out(located[1], arguments) if known else {}
        return self._frame(function, located, absent | arguments, caller, tells)

    def frame(self, function: Function, arguments: Mapping[str, Values], caller: Frame | None) -> Frame:
        """The frame in which a call with these arguments runs, made by `caller` where that is known."""
        located = self.evaluator.scope_of(function)
        assert located is not None
        return self._frame(function, located, arguments, caller, self.deciding.anything(*located))

    def _frame(
        self,
        function: Function,
        located: Located,
        arguments: Mapping[str, Values],
        caller: Frame | None,
        tells: frozenset[str],
        valued: frozenset[str] | None = None,
    ) -> Frame:
        """As `frame`, told only what is among `tells`, and of those that are not `valued` only which constants they are."""
        module, scope = located
        if not tells and function.frame is None:
            return self.evaluator.any_call(module, scope)
        given = dict(arguments)
        if function.receiver is not None and scope.parameters and scope.parameters[0].kind != "starred":
            given.setdefault(scope.parameters[0].name, frozenset((function.receiver,)))
        if valued is not None:
            given = {name: values if name in valued else _constants(values) for name, values in given.items()}
        told = {parameter.name for parameter in scope.parameters if parameter.default is not None}
        given = {
            name: values
            for name, values in given.items()
            if name in tells and (name in told or any(map(_is_known, values)))
        }
        if not scope.parameters and function.frame is None:
            return self.evaluator.any_call(module, scope)
        return self.evaluator.frames.call(module, scope, function.frame, given, caller)

    def _returned(self, scope: ir.Scope, frame: Frame) -> Values:
        evaluator = self.evaluator
        found = [
            evaluator.value(item.value, frame)
            for item in scope.returns
            if item.value is not None and self._happens(item.branch, frame)
        ]
        if not found:
            return UNKNOWN if "abstractmethod" in scope.decorator_words else frozenset((Constant(None),))
        values = evaluator.union(found)
        if all(isinstance(value, (Unknown, Constant)) for value in values) and scope.returns_annotation is not None:
            annotated = evaluator.parameters.annotated(scope.returns_annotation, frame.parent or frame)
            if not all(isinstance(value, (Unknown, Constant)) for value in annotated):
                return annotated
        return values

    def _happens(self, branch: int, frame: Frame) -> bool:
        """False where what is known of the arguments rules a branch out."""
        for found in arms(frame.scope, branch):
            if found.test is not None and found.arm in ("if", "else"):
                truth = self.evaluator.truth(found.test, frame)
                if truth is not None and truth != (found.arm == "if"):
                    return False
        return True


def _constants(values: Values) -> Values:
    """Constants, and classes, by which containers are asked, as they are; everything else is only something."""
    return values if all(isinstance(value, (Constant, Member, Class)) for value in values) else UNKNOWN


def _is_known(value: Value) -> bool:
    return not isinstance(value, Unknown)
