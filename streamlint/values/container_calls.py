"""What methods of containers give: of displays, of queues and context variables, and of sessions outside the project."""

from __future__ import annotations

from streamlint.model import syntax as ir
from streamlint.values.activations import Frame
from streamlint.values.begun import begun
from streamlint.values.domain import NOTHING, UNKNOWN, Collection, External, Instance, Values
from streamlint.values.whole import Whole

BY_KEY = frozenset(("get", "pop", "setdefault"))
"""Methods that give what is under a key."""
_NEXT = frozenset(("get", "get_nowait", "pop", "popleft", "peek"))
GIVING = BY_KEY | _NEXT | {"values", "items", "copy", "__iter__"}
"""Methods that give what is in a container."""
_VARIABLE = "contextvars.ContextVar"


class ContainerCalls:
    """Reads what was put in."""

    def __init__(self, evaluator: Whole) -> None:
        self.evaluator = evaluator

    def of_display(self, display: Collection, name: str, call: ir.Call, frame: Frame) -> Values:
        """`registry.get(key)`, `handlers.pop()`, `engines.values()`."""
        union, base = self.evaluator.union, call.function.base if isinstance(call.function, ir.Attribute) else None
        if name in ("copy", "__iter__"):
            return frozenset((display,))
        if base is None:
            return UNKNOWN
        if name in ("values", "items") and display.kind == "dict":
            return self._views(display, name, base, call, frame)
        if name in BY_KEY and call.arguments and display.kind == "dict":
            subscript = ir.Subscript(call.start, call.end, base, call.arguments[0])
            found = [self.evaluator.attributes.item(display, subscript, frame)]
            return union((*found, *(self.evaluator.value(other, frame) for other in call.arguments[1:2])))
        if name in _NEXT and display.kind != "dict":
            return self.evaluator.element(frozenset((display,)))
        return UNKNOWN

    def _views(self, display: Collection, name: str, base: ir.Expression, call: ir.Call, frame: Frame) -> Values:
        every = ir.Subscript(call.start, call.end, base, ir.Operation(call.start, call.end, "Slice", ()))
        held = self.evaluator.attributes.item(display, every, frame) or UNKNOWN
        origin = self.evaluator.origin(call, frame)
        if name == "items":
            pair = Collection("tuple", ((None, UNKNOWN), (None, held)), origin)
            held = frozenset((pair,))
        return frozenset((Collection("list", ((None, held),), origin),))

    def of_instance(self, receiver: Instance, name: str, call: ir.Call, frame: Frame) -> Values:
        """What comes out of a queue or a context variable: what the project puts into the same one."""
        if name not in _NEXT or receiver.origin is None or any(isinstance(one, ir.Constant) for one in call.arguments):
            return NOTHING
        found = self.evaluator.contents.of(receiver)
        if receiver.name != _VARIABLE:
            return found
        otherwise = [self.evaluator.value(given, frame) for given in call.arguments[:1]] or [self._default(receiver)]
        return self.evaluator.union((found, *otherwise))

    def _default(self, variable: Instance) -> Values:
        """What a context variable gives where nobody has set it."""
        made = begun(self.evaluator, variable.origin) if variable.origin is not None else None
        given = made[0].argument(None, "default") if made is not None else None
        return self.evaluator.value(given, made[1]) if made is not None and given is not None else NOTHING

    def of_outside(self, name: str, call: ir.Call, frame: Frame) -> Values:
        """`session.get("engine")` of an object outside the project: what the project puts there under the key."""
        owner, _, method = name.rpartition(".")
        if method not in BY_KEY or not call.arguments or owner.rpartition(".")[2][:1].isupper():
            return NOTHING
        keys = self.evaluator.keys(call.arguments[0], frame)
        return self.evaluator.union(self.evaluator.contents.of(External(owner), key) for key in keys if key is not None)
