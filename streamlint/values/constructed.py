"""What a framework gives the constructor of a class that it is handed: `app.add_middleware(Audit, paths=("/chat",))`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from streamlint.model import syntax as ir
from streamlint.values.activations import Frame
from streamlint.values.domain import Class, Object, Values
from streamlint.values.said import Row, last_word
from streamlint.values.whole import Whole


class Constructed:
    """Looks for the calls that take a class and the keywords of its constructor."""

    def __init__(self, evaluator: Whole, passing: Callable[[str], list[Row]]) -> None:
        self.evaluator = evaluator
        self._passing = passing
        self._makers = evaluator.knowledge.names("handed_on", "constructors")

    def given(self, made: Object, parameter: ir.Parameter, outer: Frame) -> Values:
        """What a parameter of `__init__` is given, or else its default; nothing where nobody is seen to hand the class over.

        `outer` is the frame around that `__init__`, in which defaults are evaluated.
        """
        key = ("constructed", made.path, made.scope, parameter.name)
        return self.evaluator.found(key, lambda: self.evaluator.union(self._given(made, parameter, outer)))

    def _given(self, made: Object, parameter: ir.Parameter, outer: Frame) -> Iterator[Values]:
        located = self.evaluator.scope_of(made)
        if located is None:
            return
        for module, scope, call in self._passing(located[1].name):
            frame = self.evaluator.any_call(module, scope)
            if last_word(call.function) not in self._makers or not self._is_class(call, made, frame):
                continue
            given = call.argument(None, parameter.name)
            if given is not None:
                yield self.evaluator.value(given, frame)
            elif parameter.default is not None and not call.hides_keywords:
                yield self.evaluator.value(parameter.default, outer)

    def _is_class(self, call: ir.Call, made: Object, frame: Frame) -> bool:
        given = (*call.arguments, *(value for _, value in call.keywords))
        return any(Class(made.path, made.scope) in self.evaluator.value(one, frame) for one in given)
