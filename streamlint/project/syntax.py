"""The plain shape of a module: scopes, bindings, expressions; picklable, with character offsets, and no parser's objects.

Every name in an expression already knows which bindings of its own scope reach it (`Name.bindings`), so that a value can
be followed backwards without reading statements again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal


@dataclass(slots=True, eq=False)
class Expression:
    """Any expression; `start` and `end` are character offsets, parentheses left out (a tuple's are its own)."""

    start: int
    end: int

    def children(self) -> Iterator[Expression]:
        return iter(())


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
        if position is None or position >= len(self.arguments):
            return None
        if any(isinstance(argument, Starred) for argument in self.arguments[: position + 1]):
            return None
        return self.arguments[position]


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

    def children(self) -> Iterator[Expression]:
        yield from self.tests
        yield from self.options


@dataclass(slots=True, eq=False)
class Comprehension(Expression):
    """A list, set or dict comprehension: it runs where it stands."""

    kind: Literal["list", "set", "dict"]
    element: Expression
    loops: tuple[int, ...]
    """Indices into the scope's loops, outermost first."""

    def children(self) -> Iterator[Expression]:
        yield self.element


@dataclass(slots=True, eq=False)
class Closure(Expression):
    """A lambda or a generator expression: a scope of its own that runs later."""

    scope: int
    first_iterable: Expression | None = None

    def children(self) -> Iterator[Expression]:
        if self.first_iterable is not None:
            yield self.first_iterable


@dataclass(slots=True, eq=False)
class FormattedString(Expression):
    values: tuple[Expression, ...]

    def children(self) -> Iterator[Expression]:
        return iter(self.values)


@dataclass(slots=True, eq=False)
class Yield(Expression):
    value: Expression | None
    is_from: bool

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
    """Anything else; `operator` is the parser's name of it, such as `Add` or `Compare`."""

    operator: str
    operands: tuple[Expression, ...]

    def children(self) -> Iterator[Expression]:
        return iter(self.operands)


BindingKind = Literal[
    "assign", "augmented", "parameter", "loop", "with", "import", "function", "class", "merge", "opaque", "annotation"
]


@dataclass(slots=True, eq=False)
class Binding:
    """One way in which a name comes by its value; `value` is evaluated in `scope`."""

    name: str
    kind: BindingKind
    scope: int
    start: int
    end: int
    value: Expression | None = None
    path: tuple[int, ...] = ()
    """Where in a tuple the name stands: `a, (b, c) = value` gives c the path (1, 1)."""
    annotation: Expression | None = None
    is_async: bool = False
    target: int = -1
    """The scope that a `function` or `class` binding defines."""
    sources: tuple[int, ...] = ()
    """The bindings that a `merge` joins, or that an `augmented` one builds on."""
    module: str = ""
    member: str = ""
    level: int = 0
    """Of an import: `from <level dots><module> import <member>`; no member for `import module`."""


@dataclass(slots=True, eq=False)
class Parameter:
    name: str
    kind: Literal["positional", "keyword", "starred", "mapping"]
    annotation: Expression | None
    default: Expression | None
    start: int
    """Where its name stands."""


@dataclass(slots=True, eq=False)
class Branch:
    """One arm of a decision; `decision` is the same for all arms of one statement."""

    parent: int
    decision: int
    arm: str
    test: Expression | None = None


@dataclass(slots=True, eq=False)
class Loop:
    iterable: Expression
    is_async: bool
    start: int
    end: int
    body_start: int
    """Where the loop's body begins; -1 for the loop of a comprehension."""
    branch: int
    targets: tuple[int, ...]
    """The bindings that an iteration sets."""
    scope: int
    """The scope that the iterable is evaluated in: a generator expression's first one belongs to the scope around it."""


@dataclass(slots=True, eq=False)
class Return:
    value: Expression | None
    start: int
    end: int
    branch: int


@dataclass(slots=True, eq=False)
class Entry:
    """A `with` item."""

    context: Expression
    is_async: bool
    start: int
    end: int
    branch: int
    body_start: int
    body_end: int


@dataclass(slots=True, eq=False)
class Store:
    """An assignment to an attribute (`member` is its name) or under a key (`member` is the key, "" where it is not constant)."""

    base: Expression
    member: str
    is_attribute: bool
    value: Expression
    path: tuple[int, ...]
    start: int
    end: int


@dataclass(slots=True, eq=False)
class Change:
    """An attribute or item that is changed in place, or removed: `counter["n"] += 1`, `del cache[key]`, `for self.x in ...`."""

    target: Expression
    is_augmented: bool
    start: int
    end: int
    """Where the whole statement ends, as far as it is about this target."""


@dataclass(slots=True, eq=False)
class Scope:
    """A module, class, function, lambda or generator expression, with what happens directly in it."""

    index: int
    kind: Literal["module", "class", "function", "lambda", "generator-expression"]
    name: str
    parent: int
    start: int
    end: int
    is_async: bool = False
    is_generator: bool = False
    parameters: list[Parameter] = field(default_factory=list)
    decorators: list[Expression] = field(default_factory=list)
    bases: list[Expression] = field(default_factory=list)
    keywords: list[tuple[str | None, Expression]] = field(default_factory=list)
    returns_annotation: Expression | None = None
    bindings: list[Binding] = field(default_factory=list)
    by_name: dict[str, list[int]] = field(default_factory=dict)
    final: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """Of a module: the bindings that hold when it has been read to its end."""
    names: list[Name] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    call_branches: list[int] = field(default_factory=list)
    awaited: set[int] = field(default_factory=set)
    """Where the awaited calls end: calls of one chain share their start."""
    attributes: list[Attribute] = field(default_factory=list)
    loops: list[Loop] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)
    yields: list[Yield] = field(default_factory=list)
    yield_branches: list[int] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    stores: list[Store] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    repeated: list[tuple[int, int]] = field(default_factory=list)
    """Where the loop statements stand, `while` too."""
    branches: list[Branch] = field(default_factory=list)
    statements: list[Expression] = field(default_factory=list)
    """Expressions that stand alone as a statement."""
    has_await: bool = False

    @property
    def is_function(self) -> bool:
        return self.kind not in ("module", "class")


@dataclass(slots=True, eq=False)
class Summary:
    """What one module says, independent of where it lies."""

    scopes: list[Scope]
    star_imports: list[tuple[str, int]] = field(default_factory=list)
    imports: list[tuple[str, str, int]] = field(default_factory=list)
    """Every import of the module, nested ones too: module, member, level."""
    script_spans: list[tuple[int, int]] = field(default_factory=list)
    """The bodies of `if __name__ == "__main__"`."""
    deep: list[tuple[int, int]] = field(default_factory=list)
    """Expressions nested so deeply that libcst cannot read them: its time grows with the square of a chain, its stack too."""

    far_elifs: list[int] = field(default_factory=list)
    """Some of the words `elif` of a long chain, which is a nest to libcst."""

    @property
    def is_deep(self) -> bool:
        return bool(self.deep or self.far_elifs)

    @property
    def module(self) -> Scope:
        return self.scopes[0]


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and all below it, closures' bodies left out."""
    pending = [expression]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(current.children())


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
