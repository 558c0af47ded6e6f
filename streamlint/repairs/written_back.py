"""What is read under a key, and written there by the same function: a wait between both loses what others write meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from streamlint.knowledge.names import names
from streamlint.model import syntax as ir
from streamlint.values.said import last_word

if TYPE_CHECKING:
    from streamlint.tree.python import PythonFile


def written_back(file: PythonFile, scope: ir.Scope, call: ir.Call) -> str:
    """The object in `pool[key] = more(pool.get(key))`, for either call in `store.set(key, store.get(key) + 1)`; "" for others."""
    place = _place(file, call)
    if place is None:
        return ""
    same = [one for one in scope.calls if _place(file, one) == place]
    stored = [one.value for one in scope.stores if one.key is not None and _place_of(file, one.base, one.key) == place]
    if any(_uses(scope, value, call) for value in stored):
        return place[0]
    others = [one for one in same if one is not call]
    is_read = any(_uses(scope, value, call) for one in others for value in _given(one))
    is_written = any(_uses(scope, value, one) for one in others for value in _given(call))
    return place[0] if is_read or is_written else ""


def writes_back(file: PythonFile, scope: ir.Scope) -> bool:
    """Whether any call of a function reads what is written back."""
    places = [(call, _place(file, call)) for call in scope.calls]
    often = Counter(place for _, place in places)
    often.update(_place_of(file, one.base, one.key) for one in scope.stores if one.key is not None)
    return any(place is not None and often[place] > 1 and written_back(file, scope, call) for call, place in places)


def _uses(scope: ir.Scope, value: ir.Expression, call: ir.Call) -> bool:
    """Whether a value is made of what a call gives."""
    bound = {one.name for one in scope.bindings if one.value is not None and one.value.contains(call)}
    return value.contains(call) or any(isinstance(part, ir.Name) and part.id in bound for part in ir.walk(value))


def _given(call: ir.Call) -> Iterator[ir.Expression]:
    """What a call puts in the place of something, beside the key of that."""
    if last_word(call.function) in names("shared_state", "put-back"):
        yield from call.arguments[1:]
        yield from (value for _, value in call.keywords)


def _place(file: PythonFile, call: ir.Call) -> tuple[str, str] | None:
    """The object whose method is called, and its first argument, as they are written."""
    if not isinstance(call.function, ir.Attribute) or not call.arguments:
        return None
    return _place_of(file, call.function.base, call.arguments[0])


def _place_of(file: PythonFile, owner: ir.Expression, key: ir.Expression) -> tuple[str, str]:
    return file.text(owner), file.text(key)
