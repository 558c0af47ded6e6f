"""What a route promises of its answer: the model from which its OpenAPI is made, as clients are generated from that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from streamlint.finding import Related
from streamlint.model import syntax as ir
from streamlint.serving.holders import Holders
from streamlint.values.domain import Class

if TYPE_CHECKING:
    from streamlint.model.modules import Module
    from streamlint.project import Project
    from streamlint.serving import Entry
    from streamlint.values.activations import Frame

_LABEL = "its OpenAPI promises `{}`, and clients are generated from that"


class Promises:
    """Asked for one route after the other."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._evaluator = project.evaluator

    def of(self, entry: Entry) -> Iterator[Related]:
        """The models of the project that a route is declared with."""
        preferred = self._evaluator.knowledge.responses.preferred(entry.framework)
        keyword = preferred.declares_model if preferred is not None else ""
        if not keyword:
            return
        rows = self._project.ask(Holders).registrations(entry.module, entry.scope)
        given = [(module, scope, call.argument(None, keyword)) for module, scope, call in rows]
        said = [(module, scope, value) for module, scope, value in given if value is not None]
        annotation = entry.scope.returns_annotation
        if not said and annotation is not None:
            said = [(entry.module, entry.module.scopes[entry.scope.parent], annotation)]
        for module, scope, value in said:
            yield from self._promised(module, value, self._evaluator.any_call(module, scope))

    def _promised(self, module: Module, value: ir.Expression, frame: Frame) -> Iterator[Related]:
        place = self._project.place(module.path, value.start, value.end)
        if place is not None and any(self._is_model(part, frame) for part in ir.walk(value)):
            yield Related(place, _LABEL.format(" ".join(module.text(value).split())))

    def _is_model(self, expression: ir.Expression, frame: Frame) -> bool:
        """Whether an expression names a class of the project that is no response."""
        if not isinstance(expression, ir.Name | ir.Attribute):
            return False
        values = self._evaluator.value(expression, frame)
        return any(isinstance(value, Class) for value in values) and not self._is_response(expression, frame)

    def _is_response(self, expression: ir.Expression, frame: Frame) -> bool:
        responses = self._evaluator.knowledge.responses
        return any(responses.response(name) is not None for name in self._evaluator.names(expression, frame))
