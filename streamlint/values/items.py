"""What `value[key]` gives: of displays, with what the project puts into them later, and of outside objects."""

from __future__ import annotations

from functools import partial

from streamlint.model import syntax as ir
from streamlint.values.activations import Frame
from streamlint.values.contents import Kept, read_under
from streamlint.values.domain import (
    NOTHING,
    UNKNOWN,
    Class,
    Collection,
    Constant,
    External,
    Instance,
    Object,
    Token,
    Unknown,
    Value,
    Values,
    left_out,
)
from streamlint.values.said import last_word
from streamlint.values.whole import Whole

_NAMED_TUPLES = frozenset(("typing.NamedTuple",))


class Items:
    """Looks keys and numbers up."""

    def __init__(self, evaluator: Whole) -> None:
        self.evaluator = evaluator

    def of(self, base: Value, expression: ir.Subscript, frame: Frame) -> Values:
        """`base[key]`."""
        match base:
            case Collection(kind="list" | "tuple") if _is_slice(expression.key):
                items = self.evaluator.union((*(values for _, values in base.items), left_out(base))) or UNKNOWN
                origin = self.evaluator.origin(expression, frame)
                return frozenset((Collection(base.kind, ((None, items),), origin),))
            case Collection(kind="dict"):
                keys = self.evaluator.keys(expression.key, frame)
                return self.evaluator.union(self._under(base, key, expression.base, frame) for key in keys)
            case Collection():
                return self._numbered(base, self._number(expression.key, frame))
            case Instance():
                return self._stored_item(base, expression, frame)
            case Object():
                given = (self.evaluator.value(expression.key, frame),)
                found = self.evaluator.attributes.of_class(base, "__getitem__")
                number = self._number(expression.key, frame)
                field = self.unpacked(base, number) if number is not None else NOTHING
                return field or (self.evaluator.calls.results(found, given, {}, frame) if found else UNKNOWN)
            case Token():
                return self.evaluator.calls.streams.item(base, self.evaluator.keys(expression.key, frame))
            case External() if self.evaluator.knowledge.objects.is_marker(base.name):
                return self.evaluator.value(expression.key, frame)
            case External() | Unknown():
                return frozenset((base,))
        return UNKNOWN

    def unpacked(self, base: Object, position: int) -> Values:
        """The field at a position of an object of a named tuple, and nothing for one of another class."""
        attributes = self.evaluator.attributes
        if _NAMED_TUPLES.isdisjoint(attributes.outside_bases(base)):
            return NOTHING
        owners = (self.evaluator.scope_of(one) for one in attributes.lineage(base) if isinstance(one, Class))
        scopes = [one[1] for one in owners if one is not None]
        fields = [one.name for scope in reversed(scopes) for one in scope.bindings if one.annotation is not None]
        return attributes.of_class(base, fields[position]) if -len(fields) <= position < len(fields) else NOTHING

    def _number(self, key: ir.Expression, frame: Frame) -> int | None:
        """Which item is meant, as a number of the text or a name for one says it."""
        if isinstance(key, ir.Constant):
            return key.value if isinstance(key.value, int) else None
        found = list(self.evaluator.value(key, frame)) if isinstance(key, ir.Name | ir.Attribute) else []
        number = found[0].value if len(found) == 1 and isinstance(found[0], Constant) else None
        return number if isinstance(number, int) else None

    def _numbered(self, base: Collection, number: int | None) -> Values:
        if number is not None and -len(base.items) <= number < len(base.items) and base.kind != "set":
            found = [base.items[number][1], self.added(base)]
            return self.evaluator.union((*found, self._changed(base, str(number), found)))
        items = (*(values for _, values in base.items), left_out(base), self.added(base))
        return self.evaluator.union(items) or UNKNOWN

    def _changed(self, base: Collection, key: str, found: list[Values]) -> Values:
        """Unknown where `counts["n"] += 1` is seen of a container that the program made, and that held constants there."""
        if base.kind == "tuple" or not all(isinstance(one, Constant) for values in found for one in values):
            return NOTHING
        return self.evaluator.callers.changed(key, self.evaluator.attributes.identity(base), is_attribute=False)

    def added(self, base: Collection) -> Values:
        """What is put into a list or set after it was made, where anything is; something unseen may be among it."""
        if base.kind == "tuple":
            return NOTHING
        found = self.evaluator.contents.of(base)
        return self.evaluator.union((found, UNKNOWN)) if found or self.evaluator.contents.is_added_to(base) else NOTHING

    def _under(self, base: Collection, key: str | None, read: ir.Expression, frame: Frame) -> Values:
        """What a dict holds under a key: asked once for all places that read it under the same name."""
        contents = self.evaluator.contents
        read_as = None if contents.is_named(base) else contents.name_of(read, frame)
        return self.evaluator.solver.part(("under", base, key, read_as), partial(self._held, base, key, read_as))

    def _held(self, base: Collection, key: str | None, read_as: Kept | None) -> Values:
        """What it holds from the beginning, or is put there later."""
        found = [read_under(self._entry(base, key), key), self.evaluator.contents.of(base, key, read_as)]
        if key is not None:
            found.append(
                self.evaluator.callers.stored(key, self.evaluator.attributes.identity(base), is_attribute=False)
            )
        found += [UNKNOWN] if self.evaluator.contents.is_added_to(base, key) else []
        found += [] if key is None else [self._changed(base, key, found)]
        return self.evaluator.union(found) or (UNKNOWN if not base.items else NOTHING)

    def _stored_item(self, base: Instance, expression: ir.Subscript, frame: Frame) -> Values:
        """What the project stores under a key of an outside object, or what the tables say of its items."""
        key, attributes = expression.key, self.evaluator.attributes
        if isinstance(key, ir.Constant) and isinstance(key.value, str):
            return attributes.put_under(base, key.value) or attributes.value(base, key.value, None, None)
        word, holder = last_word(key), self.evaluator.attributes.identity(base)
        keys = self.evaluator.keys(key, frame) if word else ()
        stored = self.evaluator.union(
            self.evaluator.callers.stored_under(word, one, holder) for one in keys if one is not None
        )
        item = self.evaluator.knowledge.item(base.name)
        return stored or frozenset((Instance(item) if item else base,))

    def _entry(self, base: Collection, key: str | None) -> Values:
        """What a display holds under a key, or may hold there under one that cannot be seen."""
        if key is None:
            return self.evaluator.union((*(values for _, values in base.items), left_out(base)))
        named = [values for name, values in base.items if name == key]
        named = named or [values for name, values in base.items if name is None]
        return self.evaluator.union(named) or left_out(base)


def _is_slice(key: ir.Expression) -> bool:
    return isinstance(key, ir.Operation) and key.operator == "Slice"
