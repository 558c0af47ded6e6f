"""The expressions of Python as plain data: picklable, with character offsets, and no parser's objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, Protocol

from streamlint.source import Placed


@dataclass(slots=True, eq=False)
class Node:
    """A piece of a text; `start` and `end` are character offsets."""

    start: int
    end: int

    def contains(self, other: Placed) -> bool:
        """Whether the other one stands in this one, or is it."""
        return self.start <= other.start and other.end <= self.end


@dataclass(slots=True, eq=False)
class Expression(Node):
    """Any expression; parentheses around it are left out (a tuple's are its own)."""

    def children(self) -> Iterator[Expression]:
        """What its value is made of."""
        return iter(())

    def parts(self) -> Iterator[Expression]:
        """What is evaluated in it: beside its children the iterables and conditions of a comprehension."""
        return self.children()


@dataclass(slots=True, eq=False)
class Name(Expression):
    id: str
    bindings: tuple[int, ...] | None
    """Indices into the own scope's bindings; None where the name is not bound in its own scope."""


@dataclass(slots=True, eq=False)
class Attribute(Expression):
    base: Expression
    attribute: str

    def children(self) -> Iterator[Expression]:
        yield self.base


@dataclass(slots=True, eq=False)
class Call(Expression):
    function: Expression
    arguments: tuple[Expression, ...]
    keywords: tuple[tuple[str | None, Expression], ...]
    branch: int = -1
    """The arm of its function that it stands in, as an index into the scope's branches; -1 outside all decisions."""
    placed: int = field(default=0, init=False, repr=False)
    """How many of the arguments have a known position: those before the first `*`."""

    def __post_init__(self) -> None:
        self.placed = len(self.arguments)
        for number, argument in enumerate(self.arguments):
            if type(argument) is Starred:
                self.placed = number
                break

    @property
    def hides_keywords(self) -> bool:
        """Whether `**` gives it keywords that cannot be seen."""
        return any(name is None for name, _ in self.keywords)

    @property
    def is_plain(self) -> bool:
        """Whether it hides no argument behind `*` or `**`."""
        return self.placed == len(self.arguments) and not self.hides_keywords

    def children(self) -> Iterator[Expression]:
        yield self.function
        yield from self.arguments
        for _, value in self.keywords:
            yield value

    def argument(self, position: int | None, keyword: str | None) -> Expression | None:
        """The argument at a position (counted from 0) or under a keyword; None where it is absent or hidden by `*`."""
        if keyword is not None:
            for name, value in self.keywords:
                if name == keyword:
                    return value
        return self.arguments[position] if position is not None and position < self.placed else None


@dataclass(slots=True, eq=False)
class Await(Expression):
    value: Expression

    def children(self) -> Iterator[Expression]:
        yield self.value


@dataclass(slots=True, eq=False)
class Constant(Expression):
    value: str | bytes | int | float | bool | None


@dataclass(slots=True, eq=False)
class Sequence(Expression):
    kind: Literal["tuple", "list", "set"]
    items: tuple[Expression, ...]

    def children(self) -> Iterator[Expression]:
        return iter(self.items)


@dataclass(slots=True, eq=False)
class Mapping(Expression):
    items: tuple[tuple[Expression | None, Expression], ...]
    """Pairs of key and value; the key is None for `**value`."""

    def children(self) -> Iterator[Expression]:
        for key, value in self.items:
            if key is not None:
                yield key
            yield value


@dataclass(slots=True, eq=False)
class Subscript(Expression):
    base: Expression
    key: Expression

    def children(self) -> Iterator[Expression]:
        yield self.base
        yield self.key


@dataclass(slots=True, eq=False)
class Choice(Expression):
    """One of several values: a conditional expression, `and`, `or`."""

    tests: tuple[Expression, ...]
    options: tuple[Expression, ...]
    operator: Literal["if", "and", "or"] = "if"

    def children(self) -> Iterator[Expression]:
        yield from self.tests
        yield from self.options


class Clause(Protocol):
    """A `for` of a comprehension."""

    is_async: bool

    def expressions(self) -> Iterator[Expression]: ...


@dataclass(slots=True, eq=False)
class Comprehension(Expression):
    """A list, set or dict comprehension: it runs where it stands."""

    kind: Literal["list", "set", "dict"]
    element: Expression
    loops: tuple[Clause, ...]
    """Outermost first."""
    key: Expression | None = None

    def children(self) -> Iterator[Expression]:
        if self.key is not None:
            yield self.key
        yield self.element

    def parts(self) -> Iterator[Expression]:
        for loop in self.loops:
            yield from loop.expressions()
        yield from self.children()


@dataclass(slots=True, eq=False)
class Closure(Expression):
    """A lambda, a generator expression, or what stands below a decorator: a scope of its own that runs later."""

    scope: int
    defaults: tuple[Expression, ...] = ()
    """Of a lambda's parameters."""
    first_iterable: Expression | None = None

    def children(self) -> Iterator[Expression]:
        yield from self.defaults
        if self.first_iterable is not None:
            yield self.first_iterable


@dataclass(slots=True, eq=False)
class FormattedString(Expression):
    values: tuple[Expression, ...]
    described: frozenset[int] = frozenset()
    """Which of them are written as `repr` has them: `f"{answer!r}"`."""

    def children(self) -> Iterator[Expression]:
        return iter(self.values)


@dataclass(slots=True, eq=False)
class Yield(Expression):
    value: Expression | None
    is_from: bool
    branch: int = -1

    def children(self) -> Iterator[Expression]:
        if self.value is not None:
            yield self.value


@dataclass(slots=True, eq=False)
class Starred(Expression):
    value: Expression

    def children(self) -> Iterator[Expression]:
        yield self.value


@dataclass(slots=True, eq=False)
class Walrus(Expression):
    value: Expression

    def children(self) -> Iterator[Expression]:
        yield self.value


@dataclass(slots=True, eq=False)
class Operation(Expression):
    """Anything else; `operator` is the parser's name of it, such as `Add`; `Compare` where more than two are compared."""

    operator: str
    operands: tuple[Expression, ...]

    def children(self) -> Iterator[Expression]:
        return iter(self.operands)


_ENDS = (Name, Constant)
"""What most expressions end in: nothing stands in them."""


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and all below it, closures' bodies left out."""
    pending = [expression]
    while pending:
        current = pending.pop()
        yield current
        if type(current) not in _ENDS:
            pending.extend(current.children())


def evaluated(expressions: Iterable[Expression]) -> Iterator[Expression]:
    """All of these expressions and whatever is evaluated in them; closures' bodies are left out."""
    pending = list(expressions)
    while pending:
        current = pending.pop()
        yield current
        if type(current) not in _ENDS:
            pending.extend(current.parts())


def walk_once(expressions: Iterable[Expression]) -> Iterator[Expression]:
    """What `walk` gives for all of them, each once also where one of them stands in another."""
    seen: set[int] = set()
    for expression in expressions:
        pending = [expression]
        while pending:
            current = pending.pop()
            if id(current) not in seen:
                seen.add(id(current))
                yield current
                pending.extend(current.children())


def dotted(expression: Expression) -> str:
    """`a.b.c` as written, or "" where the expression is no chain of names."""
    parts: list[str] = []
    while isinstance(expression, Attribute):
        parts.append(expression.attribute)
        expression = expression.base
    if not isinstance(expression, Name):
        return ""
    return ".".join([expression.id, *reversed(parts)])
