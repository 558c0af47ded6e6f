"""What an expression may stand for, as far as the text tells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from sys import intern
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias

from streamlint.immutable import immutable
from streamlint.knowledge.llama_index import Role
from streamlint.values.frozen import Hashed, frozen

if TYPE_CHECKING:
    from streamlint.values.activations import Frame


@immutable(slots=True)
class Origin:
    """The expression that made a value: a file and character offsets in it."""

    path: Path
    start: int
    end: int

    def __hash__(self) -> int:
        return self.start  # paths are slow to hash, and hardly two values are made at the same offset


class _Flat:
    """A value in which no others stand."""

    __slots__ = ()
    nested: ClassVar[int] = 0


class _Leaf(_Flat, Hashed):
    """As most of them are: told apart by what they say."""

    __slots__ = ()


_ONLY: dict[type[_Flat], Any] = {}
"""The one value of each kind that says nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Unknown(_Flat):
    """Anything; nothing is concluded from it. There is one of each kind."""

    def __new__(cls) -> Self:
        only: Self = _ONLY.setdefault(cls, object.__new__(cls))
        return only


@dataclass(frozen=True, slots=True, eq=False)
class GaveUp(Unknown):
    """Anything, because a limit ended the search (`limits` says where): to every rule the same as unknown."""


@dataclass(frozen=True, slots=True, eq=False)
class Pending(Unknown):
    """What a question in a circle will give that has no answer yet; it counts for nothing beside others, and no answer holds it."""


@frozen
class Constant(_Leaf):
    """A value of a builtin type; `kind` keeps `True`, `1` and `1.0` apart, which Python calls equal."""

    value: str | bytes | int | float | bool | None
    kind: str = field(default="", init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", intern(type(self.value).__name__))


@frozen
class ProjectModule(_Leaf):
    """A module of the project, or the folder of a namespace package."""

    path: Path


@frozen
class External(_Leaf):
    """Something outside the project, by its dotted name: a module, a class, a function or an object."""

    name: str


@frozen
class Instance(_Leaf):
    """An instance of a class outside the project."""

    name: str
    origin: Origin | None = None


@frozen
class Future(Instance):
    """What a thread or process was given to do, and what that gives."""

    result: Values = frozenset()
    nested: int = field(default=0, init=False, compare=False)  # type: ignore[misc]  # others hold nothing

    def __post_init__(self) -> None:
        object.__setattr__(self, "nested", 1 + nesting(self.result))


@frozen
class Bound(Hashed):
    """A method or attribute of an outside instance, not called yet."""

    receiver: Value
    name: str
    nested: int = field(default=0, init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "nested", 1 + self.receiver.nested)


@frozen
class Class(_Leaf):
    """A class of the project."""

    path: Path
    scope: int


@frozen
class Object(_Leaf):
    """An instance of a class of the project."""

    path: Path
    scope: int
    origin: Origin | None = None


@frozen
class Super(_Leaf):
    """`super()` in a method of the class `owner`: looks up behind that class in the lineage of the receiver."""

    owner: Class
    receiver: Object | Class


@frozen
class Member(_Leaf):
    """A member of an enumeration of the project that is no text or number itself."""

    path: Path
    scope: int
    name: str


@frozen
class Function(Hashed):
    """A function of the project; `frame` is where it was made, `receiver` what it is bound to."""

    path: Path
    scope: int
    frame: Frame | None = None
    receiver: Value | None = None
    nested: int = field(default=0, init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(
            self,
            "nested",
            1
            + max(
                self.frame.nested if self.frame is not None else -1,
                self.receiver.nested if self.receiver is not None else -1,
            ),
        )


@frozen
class Partial(Hashed):
    """A callable with arguments already given."""

    function: Values
    arguments: tuple[Values, ...]
    keywords: tuple[tuple[str, Values], ...]
    is_method: bool = False
    """Whether it becomes a method of the class in which it stands."""
    nested: int = field(default=0, init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(
            self,
            "nested",
            1
            + max((nesting(self.function), *map(nesting, self.arguments), *(nesting(one) for _, one in self.keywords))),
        )


@frozen
class OffLoop(Hashed):
    """A callable that runs the given one in a thread or process and is awaited."""

    function: Values
    nested: int = field(default=0, init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "nested", 1 + nesting(self.function))


@frozen
class Generated(Hashed):
    """The iterator that a generator function of the project returns."""

    function: Function
    is_async: bool
    frame: Frame
    nested: int = field(default=0, init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "nested", 1 + self.frame.nested)


@frozen
class Iterated(Hashed):
    """An iterator around another one, such as `enumerate(tokens)` or `iterate_in_threadpool(tokens)`."""

    over: Values
    element: Values
    is_async: bool
    in_thread: bool = False
    nested: int = field(default=0, init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "nested", 1 + max(nesting(self.over), nesting(self.element)))


@frozen
class Collection(Hashed):
    """A tuple, list, set or dict display; keys are given for a dict only."""

    kind: str
    items: tuple[tuple[str | None, Values], ...]
    origin: Origin | None = None
    is_whole: bool = True
    """Whether all that the text shows of it is in `items`, and not only what a limit has left."""
    under: str | None = None
    """The key under which a dict keeps it, where it was read by that: one `[]` of the text stands for each key's list."""
    nested: int = field(default=0, init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "nested", 1 + max((nesting(one) for _, one in self.items), default=-1))


@frozen
class Coroutine(Hashed):
    """What calling a coroutine function gives before it is awaited."""

    result: Values
    function: Function | None = None
    nested: int = field(default=0, init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "nested", 1 + nesting(self.result))


@frozen
class Llama(_Leaf):
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


@frozen
class Tokens(_Leaf):
    """An iterator over what a model produces; `items` are "text", "chunk" or "event"; `is_async` None: cannot be seen."""

    is_async: bool | None
    items: str
    origin: Origin | None = None
    owner: Role | None = None
    owner_is_async: bool = False


@frozen
class Token(_Leaf):
    """One item of `Tokens`, or a part of it (`part`, as a path); "cumulative" items repeat everything that came before."""

    items: str
    origin: Origin | None = None
    part: str = ""


@frozen
class Text(_Leaf):
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
    | Super
    | Member
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


def nesting(values: Values) -> int:
    """How many values stand in one another, at most: 0 for values that hold no others."""
    deepest = 0
    for value in frozenset.__iter__(values):
        if value.nested > deepest:
            deepest = value.nested
    return deepest


def left_out(value: Collection) -> Values:
    """What stands for the items of a display that a limit has left out; nothing where it is whole."""
    return NOTHING if value.is_whole else GAVE_UP


UNKNOWN: Values = frozenset((Unknown(),))
GAVE_UP: Values = frozenset((GaveUp(),))
PENDING: Values = frozenset((Pending(),))
NOTHING: Values = frozenset()


def known(values: Values) -> Iterator[Value]:
    """The alternatives that say something; `None` is left out where there are others."""
    return (value for value in values if _says(value))


def says(values: Values) -> bool:
    """Whether any of the alternatives says something, as `known` has them; nobody is put in order for that."""
    return any(map(_says, frozenset.__iter__(values)))


def _says(value: Value) -> bool:
    return value.value is not None if type(value) is Constant else not isinstance(value, Unknown)


def dotted_name(value: Value) -> str:
    """The dotted name of an outside function, or of a method of an outside instance; "" for anything else."""
    match value:
        case External():
            return value.name
        case Bound(receiver=Instance(name=owner) | External(name=owner), name=name):
            return f"{owner}.{name}"
        case Bound(receiver=Coroutine(), name=name):
            return f"asyncio.Task.{name}"  # a coroutine itself has no methods that anybody calls
    return ""
