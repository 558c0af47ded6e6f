"""What an expression may stand for, as far as the text tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast

from streamlint.knowledge.llama_index import Role

if TYPE_CHECKING:
    from streamlint.project.frames import Frame


@dataclass(frozen=True, slots=True)
class Origin:
    """The expression that made a value: a file and character offsets in it."""

    path: Path
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Unknown:
    """Anything; nothing is concluded from it."""


@dataclass(frozen=True, slots=True)
class Constant:
    value: str | bytes | int | float | bool | None


@dataclass(frozen=True, slots=True)
class ProjectModule:
    """A module of the project, or the folder of a namespace package."""

    path: Path


@dataclass(frozen=True, slots=True)
class External:
    """Something outside the project, by its dotted name: a module, a class, a function or an object."""

    name: str


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance of a class outside the project."""

    name: str
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Bound:
    """A method or attribute of an outside instance, not called yet."""

    receiver: Value
    name: str


@dataclass(frozen=True, slots=True)
class Class:
    """A class of the project."""

    path: Path
    scope: int


@dataclass(frozen=True, slots=True)
class Object:
    """An instance of a class of the project."""

    path: Path
    scope: int
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the project; `frame` is where it was made, `receiver` what it is bound to."""

    path: Path
    scope: int
    frame: Frame | None = None
    receiver: Value | None = None


@dataclass(frozen=True, slots=True)
class Partial:
    """A callable with arguments already given."""

    function: Values
    arguments: tuple[Values, ...]
    keywords: tuple[tuple[str, Values], ...]


@dataclass(frozen=True, slots=True)
class OffLoop:
    """A callable that runs the given one in a thread or process and is awaited."""

    function: Values


@dataclass(frozen=True, slots=True)
class Generated:
    """The iterator that a generator function of the project returns."""

    function: Function
    is_async: bool
    frame: Frame


@dataclass(frozen=True, slots=True)
class Iterated:
    """An iterator around another one, such as `enumerate(tokens)` or `iterate_in_threadpool(tokens)`."""

    over: Values
    element: Values
    is_async: bool
    in_thread: bool = False


@dataclass(frozen=True, slots=True)
class Collection:
    """A tuple, list, set or dict display; keys are given for a dict only."""

    kind: str
    items: tuple[tuple[str | None, Values], ...]
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Coroutine:
    """What calling a coroutine function gives before it is awaited."""

    result: Values
    function: Function | None = None


@dataclass(frozen=True, slots=True)
class Llama:
    """A LlamaIndex object: an engine, an LLM, a stream object.

    `streaming` tells whether an engine streams (None: cannot be seen); `is_async` whether a stream object came from the
    async method; `native_async` whether the LLM behind it really is asynchronous.
    """

    role: Role
    name: str = ""
    streaming: bool | None = None
    is_async: bool = False
    native_async: bool | None = None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Tokens:
    """An iterator over what a model produces; `items` are "text", "chunk" or "event"; `is_async` None: cannot be seen."""

    is_async: bool | None
    items: str
    origin: Origin | None = None
    owner: Role | None = None
    owner_is_async: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """One item of `Tokens`; "cumulative" items repeat everything that came before."""

    items: str
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text that was drained from a stream."""

    origin: Origin | None = None


Value: TypeAlias = (
    Unknown
    | Constant
    | ProjectModule
    | External
    | Instance
    | Bound
    | Class
    | Object
    | Function
    | Partial
    | OffLoop
    | Generated
    | Iterated
    | Collection
    | Coroutine
    | Llama
    | Tokens
    | Token
    | Text
)
Values: TypeAlias = frozenset[Value]


class _InOrder(frozenset[Value]):
    """Several alternatives, in an order that no hash seed and no order of questions changes."""

    __slots__ = ("_order",)
    _order: tuple[Value, ...]

    def __new__(cls, found: Iterable[Value]) -> _InOrder:
        made = super().__new__(cls, found)
        made._order = tuple(sorted(frozenset.__iter__(made), key=_place))
        if any(_place(one) == _place(other) for one, other in zip(made._order, made._order[1:], strict=False)):
            made._order = tuple(sorted(made._order, key=lambda value: (_place(value), _detail(value, _DETAILS))))
        return made

    def __iter__(self) -> Iterator[Value]:
        return iter(self._order)

    def __reduce__(self) -> tuple[type[_InOrder], tuple[tuple[Value, ...]]]:
        return _InOrder, (self._order,)


_DETAILS = 3


def alternatives(found: Iterable[Value]) -> Values:
    """These values as one answer; all that hold more than one value are made here, so that they have an order."""
    made = frozenset(found)
    return made if len(made) < 2 else _InOrder(made)


def _place(value: Value) -> tuple[str, str, str, int, int]:
    """What kind of value it is, what it is called, and where it was made."""
    name = str(getattr(value, "name", "") or getattr(value, "kind", "") or getattr(value, "items", ""))
    origin = getattr(value, "origin", None)
    if origin is not None:
        return type(value).__name__, name, str(origin.path), origin.start, origin.end
    return type(value).__name__, name, str(getattr(value, "path", "")), getattr(value, "scope", 0), 0


def _detail(value: object, depth: int) -> str:
    """The whole value as a text, down to a depth; only asked where two values have the same place."""
    if depth < 0:
        return ""
    if isinstance(value, frozenset | tuple):
        return f"({','.join(_detail(one, depth - 1) for one in value)})"
    if type(value).__name__ == "Frame":
        frame = cast("Frame", value)
        given = tuple(sorted((frame.arguments or {}).items()))
        return f"{frame.module.path}:{frame.scope.index}{_detail(given, depth - 1)}"
    if not hasattr(value, "__dataclass_fields__"):
        return repr(value)
    parts = (f"{name}={_detail(getattr(value, name), depth - 1)}" for name in value.__dataclass_fields__)
    return f"{type(value).__name__}({','.join(parts)})"


UNKNOWN: Values = frozenset((Unknown(),))
NOTHING: Values = frozenset()
_NONE = Constant(None)


def known(values: Values) -> Iterator[Value]:
    """The alternatives that say something; `None` is left out where there are others."""
    return (value for value in values if not isinstance(value, Unknown) and value != _NONE)
