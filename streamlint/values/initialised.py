"""What a table of routes gives the objects that it has made for requests: `(r"/ask", AskHandler, {"engine": engine})`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from streamlint.model import syntax as ir
from streamlint.model.forms import Form
from streamlint.values.domain import NOTHING, Class, Function, Values
from streamlint.values.said import last_word
from streamlint.values.whole import Whole


class Initialised:
    """Looks for the tuples, and the calls, in which a handler class stands before the keywords of its `initialize`."""

    def __init__(self, evaluator: Whole) -> None:
        self.evaluator = evaluator
        self._bases = evaluator.knowledge.names("handed_on", "initialised")
        self.methods = evaluator.knowledge.names("handed_on", "initialising")

    def given(self, function: Function, parameter: ir.Parameter) -> Values:
        """What a parameter of such a method is given; nothing where the class is none of those, or stands in no table."""
        located = self.evaluator.scope_of(function)
        owner = located[0].scopes[located[1].parent] if located is not None else None
        if located is None or owner is None or owner.kind != "class":
            return NOTHING
        handler = Class(function.path, owner.index)
        if self._bases.isdisjoint(self.evaluator.attributes.outside_bases(handler)):
            return NOTHING
        key = ("initialised", handler, parameter.name)
        return self.evaluator.found(key, lambda: self.evaluator.union(self._given(handler, owner.name, parameter.name)))

    def _given(self, handler: Class, word: str, name: str) -> Iterator[Values]:
        for module in self.evaluator.modules.standing(word, Form.PASSED):
            for scope in module.scopes:
                frame = self.evaluator.any_call(module, scope)
                for behind in _behind(scope, word):
                    found = _keyword(behind[1], name)
                    if found is not None and handler in self.evaluator.value(behind[0], frame):
                        yield self.evaluator.value(found, frame)


def _behind(scope: ir.Scope, word: str) -> Iterator[tuple[ir.Expression, ir.Expression]]:
    """What a name with this last word stands before, in a tuple or as an argument, each with the name itself."""
    rows = [one.items for one in scope.expressions() if isinstance(one, ir.Sequence) and one.kind == "tuple"]
    rows += [call.arguments for call in scope.calls]
    for row in rows:
        for first, second in pairwise(row[1:]):
            if last_word(first) == word:
                yield first, second


def _keyword(keywords: ir.Expression, name: str) -> ir.Expression | None:
    """What `{"engine": engine}`, or `dict(engine=engine)`, has under a name."""
    match keywords:
        case ir.Mapping(items=items):
            return next((value for key, value in items if isinstance(key, ir.Constant) and key.value == name), None)
        case ir.Call(function=ir.Name(id="dict")):
            return keywords.argument(None, name)
    return None
