"""Which values JSON can hold as they are: texts, numbers, what LlamaIndex keeps of a source, and lists and documents of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.values.domain import Constant, dotted_name

if TYPE_CHECKING:
    from streamlint.tree.python import PythonFile
    from streamlint.values.activations import Frame

_KEYS = (ir.Constant, ir.FormattedString)
_TESTS = ("Compare", "Eq", "NotEq", "Is", "IsNot", "In", "NotIn", "Lt", "LtE", "Gt", "GtE", "Not")


class Plain:
    """Judges the expressions of one function by what they say."""

    def __init__(self, file: PythonFile, frame: Frame) -> None:
        self.file, self.frame = file, frame
        self.evaluator = file.project.evaluator

    def holds(self, value: ir.Expression) -> bool:
        match value:
            case ir.Constant():
                return not isinstance(value.value, bytes)
            case ir.FormattedString() | ir.Operation(operator=_):
                return isinstance(value, ir.FormattedString) or self._is_computed(value)
            case ir.Mapping():
                return all(isinstance(key, _KEYS) and self.holds(inner) for key, inner in value.items)
            case ir.Sequence(kind="list" | "tuple"):
                return all(map(self.holds, value.items))
            case ir.Comprehension(kind="list"):
                return self.holds(value.element)
            case ir.Choice():
                return all(map(self.holds, value.options))
            case ir.Attribute(attribute=attribute):
                return attribute in self._listed("plain-members")
            case ir.Subscript(base=base):
                return self.holds(base)
            case ir.Call():
                return self._is_given(value)
            case ir.Name():
                return self._is_named(value)
        return False

    def is_dumped(self, answer: ir.Expression) -> bool:
        """Whether the old answer is written by `json.dumps` too, and so can hold nothing else."""
        values = self.evaluator.value(answer.function, self.frame) if isinstance(answer, ir.Call) else frozenset()
        names = {dotted_name(value) for value in values}
        return bool(names) and names <= self._listed("written-by-json")

    def _listed(self, key: str) -> frozenset[str]:
        return self.evaluator.knowledge.names("untouched", key)

    def _is_computed(self, value: ir.Expression) -> bool:
        is_test = isinstance(value, ir.Operation) and value.operator in _TESTS
        return is_test or all(map(self.holds, value.children()))

    def _is_given(self, call: ir.Call) -> bool:
        """`len(nodes)`, `node.get_content()`, `node.metadata.get("file")`."""
        function = call.function
        if isinstance(function, ir.Attribute) and function.attribute == "get":
            return self.holds(function.base) and all(map(self.holds, call.arguments[1:]))
        if isinstance(function, ir.Attribute) and function.attribute in self._listed("plain-members"):
            return True
        names = {dotted_name(value) for value in self.evaluator.value(function, self.frame)}
        return bool(names) and names <= self._listed("plain-calls")

    def _is_named(self, name: ir.Name) -> bool:
        """A name with one value, which is plain, or a parameter that is said to be."""
        values = self.evaluator.value(name, self.frame)
        if values and all(isinstance(one, Constant) and not isinstance(one.value, bytes) for one in values):
            return True
        indices = name.bindings or ()
        if len(indices) != 1:
            return False
        binding = self.frame.scope.bindings[indices[0]]
        if binding.kind == "parameter":
            text = self.file.text(binding.annotation) if binding.annotation is not None else ""
            return text in self._listed("plain-annotations")
        return binding.kind == "assign" and not binding.path and binding.value is not None and self.holds(binding.value)
