"""Whether a test holds, where constants decide it: literals, names of constants, and what is known of the arguments."""

from __future__ import annotations

from collections.abc import Iterator

from streamlint.knowledge.platforms import platforms
from streamlint.model import syntax as ir
from streamlint.values.activations import Frame
from streamlint.values.domain import NOTHING, Class, Collection, Constant, Instance, Member, Object, Value, Values
from streamlint.values.whole import Whole

_NONE = Constant(None)
_SAME = {"Eq": True, "Is": True, "NotEq": False, "IsNot": False}
_AMONG = {"In": True, "NotIn": False}
COMPARED = frozenset((*_SAME, *_AMONG, "Not"))


class Truths:
    """Compares constants as Python does."""

    def __init__(self, evaluator: Whole) -> None:
        self.evaluator = evaluator

    def of(self, test: ir.Expression, frame: Frame) -> bool | None:
        """Whether a test holds; None where that is open."""
        if isinstance(test, ir.Operation):
            return self._compared(test, frame)
        if isinstance(test, ir.Choice) and test.operator in ("and", "or"):
            return joined([self.of(option, frame) for option in test.options], test.operator == "or")
        return constant_truth(self._constants(test, frame))

    def _compared(self, test: ir.Operation, frame: Frame) -> bool | None:
        match test.operands:
            case (inner,) if test.operator == "Not":
                held = self.of(inner, frame)
                return None if held is None else not held
            case (left, right) if test.operator in _SAME:
                same = self._same(left, right, frame, is_identity=test.operator in ("Is", "IsNot"))
                return None if same is None else same is _SAME[test.operator]
            case (left, ir.Sequence(items=items)) if test.operator in _AMONG:
                found = self._among(left, items, frame)
                return None if found is None else found is _AMONG[test.operator]
        return None

    def _same(self, left: ir.Expression, right: ir.Expression, frame: Frame, *, is_identity: bool) -> bool | None:
        if not is_nameable(left) or not is_nameable(right):
            return None
        lefts = self._constants(left, frame)
        rights = self._constants(right, frame) if any(map(_is_constant, lefts)) else NOTHING
        answers = {_equal(one, other, is_identity) for one in lefts for other in rights}
        return answers.pop() if len(answers) == 1 else None

    def _among(self, left: ir.Expression, items: tuple[ir.Expression, ...], frame: Frame) -> bool | None:
        if any(isinstance(item, ir.Starred) for item in items):
            return None
        return joined([self._same(left, item, frame, is_identity=False) for item in items], True)

    def _constants(self, expression: ir.Expression, frame: Frame) -> Values:
        """What an expression may be; nothing where it is a name that somebody may still set, such as `engine = None`."""
        values = self.evaluator.value(expression, frame)
        is_placeholder = len(values) == 1 and _NONE in values and not _is_told(expression, frame)
        return NOTHING if is_placeholder else values

    def choice(self, choice: ir.Choice, frame: Frame) -> Values:
        """What a conditional expression, `and` or `or` gives."""
        value = self.evaluator.value
        if choice.operator != "if":
            return self.evaluator.union(self._short_circuit(choice, frame))
        taken, other = choice.options
        held = self.of(choice.tests[0], frame)
        if held is not None:
            return value(taken if held else other, frame)
        return self.evaluator.union((value(taken, frame), value(other, frame)))

    def _short_circuit(self, choice: ir.Choice, frame: Frame) -> Iterator[Values]:
        for option in choice.options:
            values = self.evaluator.value(option, frame)
            held = constant_truth(values)
            if held is (choice.operator == "or"):
                yield values
                return
            if held is None or option is choice.options[-1]:
                yield values

    def operation(self, operation: ir.Operation, frame: Frame) -> Values | None:
        """`True` or `False` as a comparison gives it; None where that is open."""
        held = self.of(operation, frame) if operation.operator in COMPARED else None
        return None if held is None else frozenset((Constant(held),))


def joined(truths: list[bool | None], decisive: bool) -> bool | None:
    """What `or` makes of the truths of its options, or `and` where `False` is decisive."""
    if decisive in truths:
        return decisive
    return None if None in truths else not decisive


def is_nameable(expression: ir.Expression) -> bool:
    """Whether an expression may name a constant: others are not asked what they are."""
    if isinstance(expression, ir.Call):
        return ir.dotted(expression.function) in platforms().results
    return isinstance(expression, (ir.Constant, ir.Name, ir.Attribute))


def _is_constant(value: Value) -> bool:
    return isinstance(value, (Constant, Member))


def keys(values: Values) -> tuple[str | None, ...]:
    """The keys that an expression may be, as displays spell them; None among them stands for any key."""
    found = [_key(value) for value in values]
    return (None,) if None in found else tuple(dict.fromkeys(found))


def _key(value: object) -> str | None:
    match value:
        case Constant():
            return str(value.value)
        case Member():
            return f"{value.path.stem}.{value.scope}.{value.name}"
        case Class():
            return f"{value.path.stem}.{value.scope}"
        case Collection(kind="tuple", is_whole=True):
            parts = [keys(values) for _, values in value.items]
            known = [one[0] for one in parts if len(one) == 1 and one[0] is not None]
            return f"({', '.join(known)})" if len(known) == len(parts) else None
        case Instance(origin=origin) | Object(origin=origin) if origin is not None:
            return f"{origin.path.stem}:{origin.start:07}"
    return None


def constant_truth(values: Values) -> bool | None:
    """True or False where all alternatives agree on a constant."""
    truths = {_truth(value) for value in frozenset.__iter__(values)}
    return truths.pop() if len(truths) == 1 else None


def _truth(value: Value) -> bool | None:
    match value:
        case Constant():
            return bool(value.value)
        case Member():
            return True
    return None


def _equal(one: Value, other: Value, is_identity: bool) -> bool | None:
    if not _is_constant(one) or not _is_constant(other):
        return None
    if not isinstance(one, Constant) or not isinstance(other, Constant):
        return one == other
    return one == other if is_identity else one.value == other.value


def _is_told(expression: ir.Expression, frame: Frame) -> bool:
    """Whether an expression says itself that it is `None`, or is a parameter that the call was given."""
    match expression:
        case ir.Constant():
            return True
        case ir.Name(bindings=bindings):
            kinds = {frame.scope.bindings[index].kind for index in bindings or ()}
            return kinds == {"parameter"}
    return False
