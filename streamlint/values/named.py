"""What `getattr` gives: the attribute that a text names, or those that several texts, or the beginning of one, may name."""

from __future__ import annotations

import re
from dataclasses import replace

from streamlint.model import syntax as ir
from streamlint.values.activations import Frame
from streamlint.values.domain import UNKNOWN, Class, Collection, Constant, Object, Value, Values
from streamlint.values.spelt import spelt
from streamlint.values.whole import Whole

_MOST_NAMES = 12


def of_getattr(evaluator: Whole, call: ir.Call, frame: Frame) -> Values:
    """What `getattr(base, name)` gives, as far as the name is told: by a text, by several, or by how a text begins."""
    if len(call.arguments) < 2:
        return UNKNOWN
    base, name = call.arguments[:2]
    word = spelt(evaluator, name, frame)
    if word is not None:
        found = evaluator.value(ir.Attribute(call.start, call.end, base, word), frame)
        # a display has few attributes
        is_display = any(isinstance(one, Collection) for one in evaluator.value(base, frame))
        return evaluator.union((found, *(evaluator.value(one, frame) for one in call.arguments[2:] if is_display)))
    bases, prefix = evaluator.value(base, frame), beginning(name, frame)
    if not prefix and any(isinstance(one, Object | Class) for one in bases):
        words = [one.value if isinstance(one, Constant) else None for one in evaluator.value(name, frame)]
        if 1 < len(words) <= _MOST_NAMES:
            return evaluator.union(_method(evaluator, one, word) for one in bases for word in words)
    return evaluator.each(bases, lambda one: _beginning_with(evaluator, one, prefix))


def _method(evaluator: Whole, base: Value, word: object) -> Values:
    """A method that one of several texts names; of other attributes nothing is told."""
    found = (
        evaluator.attributes.method(base, word) if isinstance(base, Object | Class) and isinstance(word, str) else None
    )
    return frozenset((replace(found, receiver=base),)) if found is not None else UNKNOWN


def _beginning_with(evaluator: Whole, base: Value, prefix: str) -> Values:
    """The methods of an object of the project whose names begin so; of its class nothing else can be meant."""
    if not prefix or not isinstance(base, Object | Class):
        return UNKNOWN
    names: dict[str, None] = {}
    for owner in evaluator.attributes.lineage(base):
        located = evaluator.scope_of(owner) if isinstance(owner, Class) else None
        names.update(dict.fromkeys(name for name in (located[1].by_name if located else ()) if name.startswith(prefix)))
    return evaluator.union(evaluator.attributes.of_class(base, name) for name in names) or UNKNOWN


def beginning(name: ir.Expression, frame: Frame) -> str:
    """How a text begins that is put together: `"do_" + word`, `f"do_{word}"`, also under a name."""
    if isinstance(name, ir.Name) and name.bindings is not None and len(name.bindings) == 1:
        value = frame.scope.bindings[name.bindings[0]].value
        return beginning(value, frame) if value is not None and not isinstance(value, ir.Name) else ""
    match name:
        case ir.Operation(operator="Add", operands=(ir.Constant(value=str(text)), _)):
            return text
        case ir.FormattedString():
            written = re.match(r"""[fFrR]+(["'])([A-Za-z_]\w*)\{""", frame.module.text(name))
            return written[2] if written is not None else ""
    return ""
