"""What the getters of `operator` get: `attrgetter("delta")`, `itemgetter("content")`."""

from __future__ import annotations

from streamlint.model import syntax as ir
from streamlint.values.activations import Frame
from streamlint.values.domain import UNKNOWN, Constant, External, Partial, Token, Value, Values
from streamlint.values.whole import Whole

ATTRIBUTE, ITEM = "operator.attrgetter", "operator.itemgetter"


def getter(name: str, evaluator: Whole, call: ir.Call, frame: Frame) -> Values:
    """A getter of one part; one of several gives a tuple, and is not followed."""
    given = call.argument(0, None)
    if not isinstance(given, ir.Constant) or len(call.arguments) > 1:
        return UNKNOWN
    return frozenset((Partial(frozenset((External(name),)), (evaluator.value(given, frame),), ()),))


def got(evaluator: Whole, name: str, arguments: tuple[Values, ...]) -> Values:
    """What a getter, made as above, gives for its argument."""
    if len(arguments) != 2:
        return UNKNOWN
    key = _key(arguments[0])
    if name == ITEM:
        return evaluator.each(arguments[1], lambda base: _item(evaluator, base, key))
    values = arguments[1]
    for attribute in key.split("."):
        values = evaluator.union(evaluator.attributes.value(base, attribute, None, None) for base in values)
    return values


def read_by(function: Partial) -> str:
    """The attribute that a getter reads, as a path; "" of anything else."""
    is_getter = function.function == frozenset((External(ATTRIBUTE),)) and len(function.arguments) == 1
    return _key(function.arguments[0]) if is_getter else ""


def _key(values: Values) -> str:
    return str(next((one.value for one in values if isinstance(one, Constant)), ""))


def _item(evaluator: Whole, base: Value, key: str) -> Values:
    return evaluator.calls.streams.item(base, (key,)) if isinstance(base, Token) else UNKNOWN
