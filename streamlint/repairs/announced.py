"""What a route, its router or its application does to an answer outside the handler: models, response classes, route classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.refusals import Refusal
from streamlint.serving.holders import Holders
from streamlint.values.domain import Class, Constant, External, Value, dotted_name

if TYPE_CHECKING:
    from streamlint.knowledge.responses import Preferred
    from streamlint.model.modules import Module
    from streamlint.repairs.untouched import Untouched
    from streamlint.tree.python import PythonFile
    from streamlint.values.activations import Frame

_INSTEAD = "do in a generator what it does to the answer"


class Announced:
    """Judges what is announced for one handler whose answer is to become a stream."""

    def __init__(self, file: PythonFile, frame: Frame, preferred: Preferred, untouched: Untouched) -> None:
        self.file, self.frame, self.preferred, self.untouched = file, frame, preferred, untouched
        self.evaluator = file.project.evaluator

    def refusal(self) -> Refusal | None:
        """What may change the answer on its way to the client, and would not change a stream."""
        for module, scope, call in self.file.project.ask(Holders).registrations(self.file.facts, self.frame.scope):
            for keyword, value in call.keywords:
                refusal = self._said(keyword or "**", value, self.evaluator.any_call(module, scope), call)
                if refusal is not None:
                    return refusal
        annotation = self.frame.scope.returns_annotation
        if annotation is not None and self.preferred.declares_model and not self._model_given():
            outer = self.frame.parent or self.frame
            if not self._is_plain_type(annotation, outer):
                return Refusal(f"`{self.file.text(annotation)}` may change the answer", _INSTEAD)
        return self._of_application()

    def _model_given(self) -> bool:
        """Whether a model is announced beside the annotation, which then says nothing."""
        rows = self.file.project.ask(Holders).registrations(self.file.facts, self.frame.scope)
        return any(keyword == self.preferred.declares_model for _, _, call in rows for keyword, _ in call.keywords)

    def _said(self, keyword: str, value: ir.Expression, frame: Frame, call: ir.Call) -> Refusal | None:
        """One keyword of a registration."""
        preferred = self.preferred
        if keyword in preferred.quiet:
            return None
        text = " ".join(frame.module.text(value).split())
        if keyword == preferred.declares_model and self._is_plain_type(value, frame):
            return None
        if keyword == preferred.declares_class and self._is_known(value, frame):
            return None
        if keyword == preferred.declares_status and self._is_said_again(value, call):
            return None
        return Refusal(f"`{keyword}={text}` may change the answer", _INSTEAD)

    def _is_said_again(self, value: ir.Expression, call: ir.Call) -> bool:
        """Whether the new response can repeat the status: it stands in a decorator of the handler."""
        is_usual = isinstance(value, ir.Constant) and value.value == 200
        return is_usual or any(call is decorator for decorator in self.frame.scope.decorators)

    def _is_known(self, expression: ir.Expression, frame: Frame) -> bool:
        """Whether a response class is one of a framework's own."""
        responses = self.evaluator.knowledge.responses
        values = self.evaluator.value(expression, frame)
        return all(responses.response(dotted_name(value)) is not None for value in values)

    def _is_plain_type(self, expression: ir.Expression, frame: Frame) -> bool:
        """Whether an annotation does nothing with what it describes; calls in it, such as validators, may."""
        match expression:
            case ir.Name() | ir.Attribute():
                return all(self._is_plain_value(value) for value in self.evaluator.value(expression, frame))
            case ir.Constant():
                return expression.value is None or isinstance(expression.value, str)
            case ir.Subscript() | ir.Operation() | ir.Sequence():
                return all(self._is_plain_type(part, frame) for part in expression.children())
        return False

    def _is_plain_value(self, value: Value) -> bool:
        match value:
            case Class():
                return self.untouched.is_plain_model(value)
            case External(name=name):
                package = name.rpartition(".")[0]
                known = self.evaluator.knowledge.responses.response(name) is not None
                return known or package in self.evaluator.knowledge.names("untouched", "answer-types")
            case Constant(value=None):
                return True
        return False

    # The application

    def _of_application(self) -> Refusal | None:
        """A response class or route class of the project's own, wherever an application or router is given one."""
        knowledge = self.evaluator.knowledge
        keywords = knowledge.names("untouched", "application-keywords")
        attributes = knowledge.names("untouched", "application-attributes")
        for module in self.evaluator.modules.saying(*keywords, *attributes):
            for scope in module.scopes:
                frame = self.evaluator.any_call(module, scope)
                given = [(k, v) for call in scope.calls for k, v in call.keywords if k in keywords]
                given += [(s.member, s.value) for s in scope.stores if s.is_attribute and s.member in attributes]
                if scope.kind == "class":
                    given += [(b.name, b.value) for b in scope.bindings if b.name in attributes and b.value is not None]
                for keyword, value in given:
                    if not self._is_known(value, frame):
                        return Refusal(f"`{keyword}={_text(module, value)}` may change the answer", _INSTEAD)
        return None


def _text(module: Module, value: ir.Expression) -> str:
    return " ".join(module.text(value).split())
