"""What an answer of a handler sends: pieces of a stream, or everything at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.values.activations import Frame
from streamlint.values.domain import Class, Collection, Constant, External, Instance, Text, dotted_name

if TYPE_CHECKING:
    from streamlint.knowledge.responses import ResponseClass
    from streamlint.project import Project


class Answers:
    """Judges the expressions that handlers return."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator

    def content(self, call: ir.Call, frame: Frame) -> ir.Expression | None:
        """The body that a streaming response is made of."""
        response = self._streaming(call, frame)
        return call.argument(response.content.position, response.content.keyword or None) if response else None

    def _streaming(self, call: ir.Call, frame: Frame) -> ResponseClass | None:
        """What a call makes, where that can send a body piece by piece."""
        for value in self.evaluator.value(call.function, frame):
            response = self.evaluator.knowledge.responses.response(dotted_name(value))
            if response is not None and response.streaming and response.content:
                return response
        return None

    def is_whole_text(self, call: ir.Call, content: ir.Expression, frame: Frame) -> bool:
        """Whether a response is given a text of which it makes its whole body, as Flask's does."""
        response = self._streaming(call, frame)
        if response is None or not response.takes_text:
            return False
        if response.as_view and isinstance(content, ir.Sequence) and content.kind == "tuple" and content.items:
            content = content.items[0]
        return self._is_text(content, frame) or self._is_whole_answer(content, frame)

    def _is_whole_answer(self, expression: ir.Expression, frame: Frame) -> bool:
        """`jsonify(...)`: an answer that is a response already, and none that streams."""
        if not isinstance(expression, ir.Call):
            return False
        names = [dotted_name(value) for value in self.evaluator.value(expression.function, frame)]
        rows = [self.evaluator.knowledge.responses.response(name) for name in names]
        return bool(rows) and all(row is not None and not row.streaming for row in rows)

    def is_stream(self, expression: ir.Expression, frame: Frame) -> bool:
        """Whether an answer sends its body piece by piece, or may: a value of which nothing is known is not judged."""
        if isinstance(expression, ir.Sequence) and expression.kind == "tuple" and expression.items:
            expression = expression.items[0]
        if isinstance(expression, ir.Sequence) and expression.kind == "tuple" and expression.items:
            return self.is_stream(expression.items[0], frame)  # Flask: body, status, headers
        if isinstance(expression, ir.Call):
            for value in self.evaluator.value(expression.function, frame):
                response = self.evaluator.knowledge.responses.response(dotted_name(value))
                if response is not None and response.streaming and not response.content and not response.file:
                    return True  # a template that is filled while it is sent
                if response is not None:
                    return self._sends_pieces(response.streaming, response.content, expression, frame)
        for value in self.evaluator.value(expression, frame):
            if isinstance(value, Instance):
                response = self.evaluator.knowledge.responses.response(value.name)
                if response is not None and response.streaming:
                    return True
        return self.evaluator.tokens(self.evaluator.value(expression, frame)) is not None

    def _sends_pieces(self, streaming: bool, content: object, call: ir.Call, frame: Frame) -> bool:
        given = self.content(call, frame)
        if not streaming or given is None:
            return False
        values = self.evaluator.value(given, frame)
        if self.evaluator.tokens(values) is not None:
            return True
        return not any(isinstance(v, Collection | Text) for v in values) and not self._is_text(given, frame)

    def _is_text(self, expression: ir.Expression, frame: Frame) -> bool:
        if isinstance(expression, ir.FormattedString | ir.Mapping):
            return True
        if isinstance(expression, ir.Constant):
            return isinstance(expression.value, str | bytes)
        if isinstance(expression, ir.Name) and expression.bindings:
            bindings = [frame.scope.bindings[index] for index in expression.bindings]
            return all(b.value is not None and b.kind == "assign" and self._is_text(b.value, frame) for b in bindings)
        return isinstance(expression, ir.Call) and (
            self.is_join(expression) or self._is_call_of_text(expression, frame)
        )

    def _is_call_of_text(self, call: ir.Call, frame: Frame) -> bool:
        return any(dotted_name(v) in ("builtins.str", "json.dumps") for v in self.evaluator.value(call.function, frame))

    def is_plain(self, expression: ir.Expression, frame: Frame) -> bool:
        """Whether an answer is sent in one piece: a dict, text, a model, a plain response."""
        if self.is_stream(expression, frame):
            return False
        if isinstance(expression, ir.Mapping | ir.FormattedString | ir.Sequence | ir.Constant | ir.Comprehension):
            return not (isinstance(expression, ir.Constant) and expression.value is None)
        if isinstance(expression, ir.Call):
            return self._makes_plain(expression, frame)
        if isinstance(expression, ir.Name) and expression.bindings:
            bindings = [frame.scope.bindings[index] for index in expression.bindings]
            return all(
                (b.kind == "assign" and b.value is not None and self.is_plain(b.value, frame)) or b.kind == "augmented"
                for b in bindings
            )
        return any(isinstance(v, Text | Collection) for v in self.evaluator.value(expression, frame))

    def _makes_plain(self, call: ir.Call, frame: Frame) -> bool:
        if self.is_join(call) or self._is_call_of_text(call, frame):
            return True
        word = call.function.attribute if isinstance(call.function, ir.Attribute) else getattr(call.function, "id", "")
        for value in self.evaluator.value(call.function, frame):
            name = dotted_name(value)
            response = self.evaluator.knowledge.responses.response(name)
            if response is not None:
                return not response.by_hand and not response.file
            if isinstance(value, External) and name.startswith("builtins."):
                return True
            if isinstance(value, Class):
                return self._is_model(value)
        made = self.evaluator.value(call, frame)
        if (
            isinstance(call.function, ir.Name | ir.Attribute)
            and made
            and all(isinstance(v, Text | Collection | Constant) for v in made)
            and any(isinstance(v, Text | Collection) for v in made)
        ):
            return True
        return word[:1].isupper() and not word.endswith(("Response", "Stream", "Error", "Exception"))

    def _is_model(self, made: Class) -> bool:
        """Whether a class of the project is data: no response, nothing that is iterated, raised or called."""
        attributes = self.evaluator.attributes
        if any(attributes.method(made, name) for name in ("__iter__", "__aiter__", "__call__", "__next__")):
            return False
        return not any(name.endswith(("Response", "Exception", "Error")) for name in attributes.outside_bases(made))

    def is_json(self, expression: ir.Expression, frame: Frame) -> bool:
        """Whether an answer is plainly a JSON document: a display, or a response that makes one."""
        if isinstance(expression, ir.Mapping) or (isinstance(expression, ir.Sequence) and expression.kind == "list"):
            return True
        if not isinstance(expression, ir.Call):
            return False
        names = {dotted_name(value).rpartition(".")[2] for value in self.evaluator.value(expression.function, frame)}
        return any("json" in name.lower() for name in names)

    def is_response(self, call: ir.Call, frame: Frame) -> bool:
        names = [dotted_name(v) for v in self.evaluator.value(call.function, frame)]
        return any(self.evaluator.knowledge.responses.response(name) is not None for name in names)

    @staticmethod
    def is_join(call: ir.Call) -> bool:
        """`"".join(x)`, on a text as written."""
        function = call.function
        return (
            isinstance(function, ir.Attribute)
            and function.attribute == "join"
            and isinstance(function.base, ir.Constant)
            and isinstance(function.base.value, str | bytes)
            and len(call.arguments) == 1
        )
