"""What a call gives for each parameter of a project function, through `*` and `**` too where what they hold is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from streamlint.model import syntax as ir
from streamlint.values.activations import Frame
from streamlint.values.call_sites import CallSite, argument_of, may_hide, position_of
from streamlint.values.domain import UNKNOWN, Collection, Constant, Function, Unknown, Value, Values
from streamlint.values.said import last_word
from streamlint.values.whole import Whole

GATHERING = frozenset(("starred", "mapping"))
"""Parameters that take whatever no other one takes."""
_CHANGING = frozenset(("pop", "popitem", "update", "setdefault", "clear"))


class Written(NamedTuple):
    """What a dict may give for an argument, and whether it gives one in any case."""

    values: tuple[ir.Expression, ...]
    is_sure: bool


class Arguments:
    """Joins calls with the parameters of the functions that they call."""

    def __init__(self, evaluator: Whole) -> None:
        self.evaluator = evaluator

    def of(
        self, function: Function, call: ir.Call, frame: Frame, wanted: frozenset[str] | None = None
    ) -> dict[str, Values]:
        """What a call gives for the parameters of a project function, or for those that are wanted.

        What it leaves out is absent; what may hide behind `*` or `**` is unknown.
        """
        located = self.evaluator.scope_of(function)
        if located is None:
            return {}
        scope = located[1]
        spread = self._spread(call, frame) if call.hides_keywords else {}
        found: dict[str, Values] = {}
        for parameter in scope.parameters:
            if wanted is None or parameter.name in wanted:
                values = self._one(parameter, scope, call, frame, function.receiver, spread)
                if values is not None:
                    found[parameter.name] = values
        return found

    def gathered(self, parameter: ir.Parameter, scope: ir.Scope, site: CallSite) -> Values:
        """What `*given` or `**options` is in the function that a known call runs."""
        call, frame = site.call, site.frame
        if parameter.kind == "starred":
            found = self._surplus(scope, call, frame, Unknown() if site.is_bound else None)
        else:
            found = self._rest(scope, call, frame, self._spread(call, frame) if call.hides_keywords else {})
        return UNKNOWN if found is None else found

    def _one(
        self,
        parameter: ir.Parameter,
        scope: ir.Scope,
        call: ir.Call,
        frame: Frame,
        receiver: Value | None,
        spread: Mapping[str, Values] | None,
    ) -> Values | None:
        is_bound = receiver is not None
        if parameter.kind == "starred":
            return self._surplus(scope, call, frame, receiver)
        if parameter.kind == "mapping":
            return self._rest(scope, call, frame, spread)
        given = argument_of(call, scope, parameter, is_bound)
        if given is not None:
            return self.evaluator.value(given, frame)
        if spread is not None and parameter.name in spread:
            return spread[parameter.name]
        if not may_hide(call, scope, parameter, is_bound, sees_keywords=spread is not None):
            return None
        placed, position = self._placed(call, frame), position_of(scope, parameter, is_bound)
        if spread is None and call.placed == len(call.arguments):
            return self._written(written_under(call, frame.scope, parameter.name), frame)
        if placed is None or position is None or (call.hides_keywords and spread is None):
            return UNKNOWN
        return placed[position] if position < len(placed) else None

    def _written(self, written: Written | None, frame: Frame) -> Values | None:
        """What a dict gives an argument that its function writes out and adds to; None where it gives none."""
        if written is None:
            return UNKNOWN
        if not written.values:
            return None
        values = self.evaluator.union(self.evaluator.value(one, frame) for one in written.values)
        return values if written.is_sure else self.evaluator.union((values, UNKNOWN))

    def _surplus(self, scope: ir.Scope, call: ir.Call, frame: Frame, receiver: Value | None) -> Values | None:
        """What `*given` of a function is: the arguments that none of its other parameters takes, the object itself too."""
        placed = self._placed(call, frame)
        if placed is None:
            return None
        if receiver is not None:
            placed = [frozenset((receiver,)), *placed]
        taken = sum(one.kind == "positional" for one in scope.parameters)
        return frozenset((Collection("tuple", tuple((None, values) for values in placed[taken:])),))

    def _placed(self, call: ir.Call, frame: Frame) -> list[Values] | None:
        """What a call gives by position; None where a `*` may give more than can be seen."""
        found: list[Values] = []
        for argument in call.arguments:
            if not isinstance(argument, ir.Starred):
                found.append(self.evaluator.value(argument, frame))
                continue
            values = self.evaluator.value(argument.value, frame)
            held = next(iter(values)) if len(values) == 1 else None
            if not isinstance(held, Collection) or held.kind != "tuple" or not held.is_whole:
                return None
            found += (one for _, one in held.items)
        return found

    def _rest(self, scope: ir.Scope, call: ir.Call, frame: Frame, spread: Mapping[str, Values] | None) -> Values | None:
        """What `**options` of a function is: the keywords that are none of its other parameters."""
        if spread is None:
            return None
        named = {one.name for one in scope.parameters if one.kind in ("positional", "keyword")}
        given = [(name, self.evaluator.value(one, frame)) for name, one in call.keywords if name is not None]
        items = tuple(item for item in (*given, *spread.items()) if item[0] not in named)
        return frozenset((Collection("dict", items),))

    def _spread(self, call: ir.Call, frame: Frame) -> Mapping[str, Values] | None:
        """What `**` gives a call, where all of it can be seen; None where it may give more."""
        found: dict[str, Values] = {}
        for name, given in call.keywords:
            if name is not None:
                continue
            held = self._held(given, frame)
            if held is None:
                return None
            found.update(held)
        return found

    def _held(self, given: ir.Expression, frame: Frame) -> Mapping[str, Values] | None:
        values = self.evaluator.value(given, frame)
        if len(values) != 1:
            return None
        (value,) = values
        if not isinstance(value, Collection) or value.kind != "dict" or not value.is_whole:
            return None
        if isinstance(given, ir.Name) and not _is_left_alone(given, frame.scope):
            return None
        held = {key: one for key, one in value.items if key is not None}
        if len(held) < len(value.items):
            return None
        is_seen = value.origin is None or isinstance(given, ir.Mapping) or self._is_constant(value, given, frame)
        return held if is_seen or _is_own(given, frame.scope) else None

    def _is_constant(self, value: Collection, given: ir.Expression, frame: Frame) -> bool:
        """Whether a dict of the module is one to which nobody is seen to add anything."""
        if not isinstance(given, ir.Name) or (given.bindings is not None and frame.scope.kind != "module"):
            return False
        contents = self.evaluator.contents
        return not contents.of(value, None, contents.name_of(given, frame))

    def named(
        self, function: Function, arguments: Iterable[Values], keywords: Mapping[str, Values]
    ) -> dict[str, Values]:
        """Given values by the parameters that they meet."""
        located = self.evaluator.scope_of(function)
        if located is None:
            return {}
        positional = [one.name for one in located[1].parameters if one.kind == "positional"]
        positional = positional[1 if function.receiver is not None else 0 :]
        return dict(zip(positional, arguments, strict=False)) | dict(keywords)


def left_out(scope: ir.Scope, given: Mapping[str, Values]) -> dict[str, Values]:
    """The constants that stand for arguments which a plain call leaves out."""
    absent = ((one.name, one.default) for one in scope.parameters if one.name not in given)
    return {name: frozenset((Constant(default.value),)) for name, default in absent if isinstance(default, ir.Constant)}


def _is_left_alone(name: ir.Name, scope: ir.Scope) -> bool:
    """Whether nothing in a function adds to a local dict, or takes from it."""
    changed = any(last_word(one.base) == name.id and one.attribute in _CHANGING for one in scope.attributes)
    stored = any(last_word(store.base) == name.id for store in scope.stores)
    removed = any(
        isinstance(one.target, ir.Subscript) and last_word(one.target.base) == name.id for one in scope.changes
    )
    return not (changed or stored or removed)


def _is_own(given: ir.Expression, scope: ir.Scope) -> bool:
    """Whether a name is a dict that its function writes out once, and hands to nobody but as `**`."""
    assigned = scope.assignment(given)
    if assigned is None or not isinstance(assigned.value, ir.Mapping):
        return False
    name = assigned.name
    handed = (
        part
        for call in scope.calls
        for part in (*call.arguments, *(value for keyword, value in call.keywords if keyword is not None))
    )
    kept = (store.value for store in scope.stores)
    renamed = (one.value for one in scope.bindings if one is not assigned and one.value is not None)
    return scope.is_function and not any(
        isinstance(part, ir.Name) and part.id == name for part in (*handed, *kept, *renamed)
    )


def written_under(call: ir.Call, scope: ir.Scope, name: str) -> Written | None:
    """What `**options` of a call gives under a name, where its function writes out the dict and adds constant keys only.

    None where something else may be in it.
    """
    values: list[ir.Expression] = []
    is_sure = False
    for keyword, given in call.keywords:
        if keyword is not None:
            continue
        assigned = scope.assignment(given)
        held = given if assigned is None else assigned.value
        if not isinstance(held, ir.Mapping) or (assigned is not None and not _is_own(given, scope)):
            return None
        if not all(isinstance(key, ir.Constant) for key, _ in held.items):
            return None
        own = [value for key, value in held.items if isinstance(key, ir.Constant) and key.value == name]
        later = _stored_under(assigned.name, scope, name) if assigned is not None else []
        if later is None:
            return None
        values += [*own, *later]
        is_sure = is_sure or bool(own)
    return Written(tuple(values), is_sure)


def _stored_under(word: str, scope: ir.Scope, name: str) -> list[ir.Expression] | None:
    """What a function puts into its own dict under a name; None where it may put something under any name."""
    if any(last_word(one.base) == word and one.attribute in _CHANGING for one in scope.attributes):
        return None
    stores = [store for store in scope.stores if last_word(store.base) == word]
    if any(store.is_attribute or not store.member or store.path for store in stores):
        return None
    if any(isinstance(one.target, ir.Subscript) and last_word(one.target.base) == word for one in scope.changes):
        return None
    return [store.value for store in stores if store.member == name]


def by_name(given: ir.Expression | None) -> tuple[tuple[str | None, ir.Expression], ...]:
    """What a dict that is written out holds under its names, as a call would give it: `{"q": q}`, `dict(q=q)`."""
    if isinstance(given, ir.Call) and ir.dotted(given.function) == "dict" and not given.arguments:
        return given.keywords
    items = given.items if isinstance(given, ir.Mapping) else ()
    return tuple(
        (key.value, value) for key, value in items if isinstance(key, ir.Constant) and isinstance(key.value, str)
    )
