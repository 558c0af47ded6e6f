"""Values that a route takes for its parameters, by annotation and name; somebody will write better ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.values.domain import Class

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.values.activations import Frame

_DEEPEST = 4
_TEXT = "Hello"
_SCALARS: dict[str, object] = {
    "str": _TEXT, "int": 1, "float": 1.0, "bool": False, "dict": {}, "Dict": {}, "list": [], "List": [],
    "UUID": "00000000-0000-0000-0000-000000000001", "datetime": "2025-01-01T00:00:00Z", "date": "2025-01-01",
}  # fmt: skip
_LISTS = ("list", "List", "Sequence", "Iterable", "set", "Set", "tuple", "Tuple")
_ONE_OF = ("Optional", "Union", "Annotated", "Required", "NotRequired")
_NAMED: dict[str, object] = {
    "messages": [{"role": "user", "content": _TEXT}],
    "history": [],
    "role": "user",
    "stream": True,
}


class Placeholders:
    """Reads annotations and the models of the project that they name."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._evaluator = project.evaluator

    def of(self, name: str, annotation: ir.Expression | None, frame: Frame, depth: int = 0) -> object:
        """A value for a parameter or field; a text where nothing tells."""
        if annotation is None:
            return named(name)
        if isinstance(annotation, ir.Operation) and annotation.operands:
            return self.of(name, annotation.operands[0], frame, depth)
        if isinstance(annotation, ir.Subscript):
            return self._subscripted(name, annotation, frame, depth)
        word = ir.dotted(annotation).rpartition(".")[2]
        if word in _SCALARS:
            return named(name) if word == "str" else _SCALARS[word]
        model = self.model(annotation, frame)
        return self.fields(model, depth + 1) if model is not None and depth < _DEEPEST else named(name)

    def _subscripted(self, name: str, annotation: ir.Subscript, frame: Frame, depth: int) -> object:
        word = ir.dotted(annotation.base).rpartition(".")[2]
        key = annotation.key
        first = key.items[0] if isinstance(key, ir.Sequence) and key.items else key
        if word == "Literal":
            return first.value if isinstance(first, ir.Constant) else named(name)
        if word in _LISTS:
            return [self.of(name.removesuffix("s"), first, frame, depth)]
        return self.of(name, first, frame, depth) if word in _ONE_OF else {}

    def model(self, annotation: ir.Expression | None, frame: Frame) -> Class | None:
        """The class of the project that an annotation names."""
        if isinstance(annotation, ir.Subscript):
            if ir.dotted(annotation.base).rpartition(".")[2] not in _ONE_OF:
                return None
            key = annotation.key
            return self.model(key.items[0] if isinstance(key, ir.Sequence) and key.items else key, frame)
        if isinstance(annotation, ir.Operation) and annotation.operands:
            return self.model(annotation.operands[0], frame)
        values = self._evaluator.value(annotation, frame) if annotation is not None else ()
        return next((value for value in values if isinstance(value, Class)), None)

    def fields(self, model: Class, depth: int = 0) -> object:
        """What the required fields of a model hold; of an enumeration its first value."""
        module = self._project.module(model.path)
        if module is None:
            return _TEXT
        scope = module.scopes[model.scope]
        frame = self._evaluator.any_call(module, scope)
        annotated = [each for each in scope.bindings if each.annotation is not None]
        members = [each.value for each in scope.bindings if each.kind == "assign" and each.annotation is None]
        constants = [each.value for each in members if isinstance(each, ir.Constant)]
        if not annotated and constants:
            return constants[0]
        return {
            **self._inherited(scope, self._evaluator.any_call(module, module.scopes[scope.parent]), depth),
            **{
                each.name: self.of(each.name, each.annotation, frame, depth)
                for each in annotated
                if is_required(each.value)
            },
        }

    def _inherited(self, scope: ir.Scope, frame: Frame, depth: int) -> dict[str, object]:
        found: dict[str, object] = {}
        for base in self._bases(scope, frame) if depth < _DEEPEST else ():
            fields = self.fields(base, depth + 1)
            found |= fields if isinstance(fields, dict) else {}
        return found

    def _bases(self, scope: ir.Scope, frame: Frame) -> Iterator[Class]:
        for base in scope.bases:
            model = self.model(base, frame)
            if model is not None:
                yield model


def named(name: str) -> object:
    """What a name alone promises."""
    return _NAMED.get(name, "1" if name == "id" or name.endswith("_id") else _TEXT)


def is_required(default: ir.Expression | None) -> bool:
    """Whether something must be given: there is no default, or one that says so, as `Field(...)`."""
    if default is None:
        return True
    if not isinstance(default, ir.Call):
        return _is_ellipsis(default)
    if default.arguments:
        return _is_ellipsis(default.arguments[0])
    return not {"default", "default_factory"}.intersection(name for name, _ in default.keywords)


def _is_ellipsis(expression: ir.Expression) -> bool:
    """Whether it is `...`, which the model keeps as None, and which is a character shorter than that."""
    return isinstance(expression, ir.Constant) and expression.value is None and expression.end - expression.start == 3
