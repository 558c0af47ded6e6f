"""The response that a repair returns, and what the handler says about its answer elsewhere: annotation, decorator, imports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from streamlint.fix import Edit, Import
from streamlint.model import syntax as ir
from streamlint.source import Span
from streamlint.streams import Drains
from streamlint.tree import nodes as cst
from streamlint.values.domain import External, Value, dotted_name

if TYPE_CHECKING:
    from streamlint.knowledge.responses import Preferred, ResponseClass
    from streamlint.tree.python import PythonFile
    from streamlint.values.activations import Frame


class Rewriting:
    """One answer of a handler that becomes a stream."""

    def __init__(
        self,
        file: PythonFile,
        frame: Frame,
        preferred: Preferred,
        answer: ir.Return,
        content: ir.Expression | None = None,
    ) -> None:
        """`content`: what the answer is given, where that is a document of its own, of whatever kind the answer else is."""
        self.content = content
        self.file, self.frame, self.preferred, self.answer = file, frame, preferred, answer
        self.evaluator = file.project.evaluator
        self.definition = file.tree.definition(frame.scope)

    # The response

    def call(self, stream: str, kept: tuple[str, ...] = (), *, kind: str = "") -> str:
        """The response over a stream, of that kind or that of the text; `kept` are further arguments."""
        preferred = self.preferred
        media_type = f'"{kind}"' if kind else self._media_type()
        arguments = [stream, f"{preferred.media_type_keyword}={media_type}", *kept]
        status = None if self._is_response() else self._declared(preferred.declares_status)
        if status is not None and self.file.tree.text(status.value) != "200":
            arguments.append(f"status_code={self.file.tree.text(status.value)}")
        return f"{preferred.name}({', '.join(arguments)})"

    def _is_response(self) -> bool:
        """Whether the handler answers with a response of its own, for which what the decorator declares does not count."""
        answer = self.answer.value
        return isinstance(answer, ir.Call) and self.file.project.ask(Drains).answers.is_response(answer, self.frame)

    def _media_type(self) -> str:
        """The kind of text that the answer was sent as, plain text where it was none."""
        answer = self.content or self.answer.value
        if isinstance(answer, ir.Call):
            for response in self._responses(self.evaluator.value(answer.function, self.frame)):
                argument = response.media_type_argument
                given = answer.argument(None, argument.keyword or None)
                kind = response.media_type
                if given is not None:
                    kind = str(given.value) if isinstance(given, ir.Constant) else ""
                if self.content is None and kind in self.evaluator.knowledge.names("untouched", "kinds-of-lines"):
                    return f'"{kind}"'
                if _is_text(kind):
                    return f'"{kind}"'
        return f'"{self._declared_kind() or "text/plain"}"'

    def _declared_kind(self) -> str:
        """The kind of text that the decorator's class of responses sends."""
        declared = None if self._is_response() else self._declared(self.preferred.declares_class)
        values = self.file.value(self.file.tree.span(declared.value)) if declared is not None else ()
        return next((one.media_type for one in self._responses(values) if _is_text(one.media_type)), "")

    def _responses(self, values: Iterable[Value]) -> Iterator[ResponseClass]:
        for value in values:
            response = self.evaluator.knowledge.responses.response(dotted_name(value))
            if response is not None:
                yield response

    # The declaration

    def declaration(self) -> Iterator[Edit]:
        """The edits of what announces the old answer; none where other answers still are what is announced."""
        if self.definition is None or self._is_mixed():
            return
        yield from self._annotation(self.definition)
        model = self._declared(self.preferred.declares_model)
        if model is not None:
            yield from self._without(model)
        declared = self._declared(self.preferred.declares_class)
        if declared is not None and self.file.tree.text(declared.value).rpartition(".")[2] != self.preferred.name:
            yield Edit(self.file.tree.span(declared.value), self.preferred.name)

    def _is_mixed(self) -> bool:
        """Whether another answer of the handler is sent in one piece."""
        drains = self.file.project.ask(Drains)
        others = [
            item for item in self.frame.scope.returns if item.start != self.answer.start and item.value is not None
        ]
        return any(not drains.answers.is_stream(item.value, self.frame) for item in others if item.value is not None)

    def _annotation(self, definition: cst.FunctionDef) -> Iterator[Edit]:
        if definition.returns is None:
            return
        node = definition.returns.annotation
        if self.file.tree.text(node).rpartition(".")[2] not in (self.preferred.name, "Response"):
            yield Edit(self.file.tree.span(node), self.preferred.name)

    def _calls(self) -> Iterator[cst.Call]:
        for decorator in self.definition.decorators if self.definition is not None else ():
            if isinstance(decorator.decorator, cst.Call):
                yield decorator.decorator

    def _declared(self, keyword: str) -> cst.Arg | None:
        """The keyword argument of a decorator that announces something about the answer."""
        for call in self._calls():
            for argument in call.args:
                if keyword and argument.keyword is not None and argument.keyword.value == keyword:
                    return argument
        return None

    def _without(self, argument: cst.Arg) -> Iterator[Edit]:
        """Remove an argument with the comma before it; one that comes first stays."""
        call = next(call for call in self._calls() if argument in call.args)
        position = call.args.index(argument)
        before = call.args[position - 1].value
        if position and not (argument.value.lpar if hasattr(argument.value, "lpar") else ()):
            yield Edit(Span(self.file.tree.span(before).end, self.file.tree.span(argument.value).end), "")

    def drops(self) -> tuple[str, ...]:
        """The code of the declaration that is replaced or removed."""
        return tuple(self.file.text(edit.span).lstrip(" ,\n\t") for edit in self.declaration())

    # Imports

    def imports(self) -> frozenset[Import]:
        """Nothing where the file already binds the name to the same class whenever it runs, under whatever path."""
        responses = self.evaluator.knowledge.responses
        preferred = self.preferred
        wanted = responses.response(f"{preferred.module}.{preferred.name}")
        needed = frozenset((Import(preferred.module, preferred.name),))
        for value in self.evaluator.named(self.file.facts, preferred.name):
            if isinstance(value, External) and wanted is not None and responses.response(value.name) is wanted:
                return frozenset() if self._is_always_bound(preferred.name) else needed
        return needed

    def _is_always_bound(self, name: str) -> bool:
        """Whether an import of the module's own level stands under no `if`, such as that of `TYPE_CHECKING`."""
        facts = self.file.facts
        top = facts.summary.module
        bound = [top.bindings[index] for index in top.by_name.get(name, ())]
        return not bound or any(not any(isinstance(one, ir.If) for one in top.body.around(each)) for each in bound)


def _is_text(kind: str) -> bool:
    return kind.startswith("text/") and not kind.startswith("text/event-stream")
