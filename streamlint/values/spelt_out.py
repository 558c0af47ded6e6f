"""How a text is written that stands under a name from outside a function: `URL = f"{BASE}/api/chat"`, or `self.url`."""

from __future__ import annotations

from collections.abc import Iterator

from streamlint.model import syntax as ir
from streamlint.values.activations import Frame
from streamlint.values.domain import Class, Object
from streamlint.values.whole import Whole

_MOST_NAMES = 3


def spelt_out(
    evaluator: Whole, text: ir.Expression, frame: Frame, left: int = _MOST_NAMES
) -> Iterator[tuple[ir.Expression, Frame]]:
    """A text as it is written here, and as it is written where the names were assigned that it stands under."""
    yield text, frame
    if not left:
        return
    match text:
        case ir.Name(bindings=None):
            found = _named(text, frame)
        case ir.Attribute():
            found = _kept(evaluator, text, frame)
        case _:
            return
    for value, where in found:
        yield from spelt_out(evaluator, value, where, left - 1)


def _named(name: ir.Name, frame: Frame) -> Iterator[tuple[ir.Expression, Frame]]:
    where = frame.parent
    while where is not None and (where.scope.kind == "class" or name.id not in where.scope.by_name):
        where = where.parent
    if where is None:
        return
    for binding in (where.scope.bindings[index] for index in where.scope.by_name[name.id]):
        is_whole = binding.kind == "assign" and not binding.path and binding.scope == where.scope.index
        if is_whole and binding.value is not None:
            yield binding.value, where


def _kept(evaluator: Whole, attribute: ir.Attribute, frame: Frame) -> Iterator[tuple[ir.Expression, Frame]]:
    """What the methods of an object's class put under an attribute of it."""
    for owner in evaluator.value(attribute.base, frame):
        for each in evaluator.attributes.lineage(owner) if isinstance(owner, Object) else ():
            located = evaluator.scope_of(each) if isinstance(each, Class) else None
            if located is None:
                return
            for method, store in evaluator.attributes.stores_on_self(*located).get(attribute.attribute, ()):
                yield store.value, evaluator.any_call(located[0], method)
