"""The plain shape of a module: scopes, bindings, expressions; picklable, with character offsets, and no parser's objects.

Every name in an expression already knows which bindings of its own scope reach it (`Name.bindings`), so that a value can
be followed backwards without reading statements again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Literal, TypeAlias

from streamlint.model.expressions import (
    Attribute,
    Await,
    Call,
    Choice,
    Closure,
    Comprehension,
    Constant,
    Expression,
    FormattedString,
    Mapping,
    Name,
    Node,
    Operation,
    Sequence,
    Starred,
    Subscript,
    Walrus,
    Yield,
    dotted,
    evaluated,
    walk,
    walk_once,
)
from streamlint.model.statements import (
    NOTHING,
    Arm,
    Block,
    Case,
    Definition,
    Final,
    Handler,
    If,
    Import,
    Line,
    LineKind,
    Loop,
    Match,
    Return,
    Statement,
    Try,
    While,
    With,
    WithItem,
)
from streamlint.source import Placed

__all__ = [
    "NOTHING",
    "Arm",
    "Attribute",
    "Await",
    "Binding",
    "BindingKind",
    "Block",
    "Branch",
    "Call",
    "Case",
    "Change",
    "Choice",
    "Closure",
    "Comprehension",
    "Constant",
    "Definition",
    "Expression",
    "Final",
    "FormattedString",
    "Handler",
    "If",
    "Import",
    "Line",
    "LineKind",
    "Loop",
    "Mapping",
    "Match",
    "Name",
    "Node",
    "Operation",
    "Parameter",
    "Return",
    "Scope",
    "Sequence",
    "Starred",
    "Statement",
    "Store",
    "Subscript",
    "Summary",
    "Try",
    "Walrus",
    "While",
    "With",
    "WithItem",
    "Yield",
    "dotted",
    "evaluated",
    "walk",
    "walk_once",
]

Bindings: TypeAlias = tuple[int, ...] | list[int]
"""The bindings of a name, by their numbers in the scope."""
BindingKind = Literal[
    "assign",
    "augmented",
    "parameter",
    "loop",
    "with",
    "import",
    "function",
    "class",
    "merge",
    "outside",
    "opaque",
    "annotation",
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
class Store:
    """An assignment to an attribute (`member` is its name) or under a key (`member` is the key, "" where it is not constant)."""

    base: Expression
    member: str
    is_attribute: bool
    value: Expression
    path: tuple[int, ...]
    start: int
    end: int
    key: Expression | None = None
    """Of an item: what its key is."""
    annotation: Expression | None = None
    """Of an attribute: what the assignment declares it to be."""


@dataclass(slots=True, eq=False)
class Change:
    """An attribute or item that is changed in place, or removed: `counter["n"] += 1`, `del cache[key]`, `for self.x in ...`."""

    target: Expression
    is_augmented: bool
    start: int
    end: int
    """Where the whole statement ends, as far as it is about this target."""
    value: Expression | None = None
    """What it is changed by: `1` of `counter["n"] += 1`."""


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
    by_name: dict[str, Bindings] = field(default_factory=dict)
    asked_kinds: set[str] = field(default_factory=set)
    """The names of which `isinstance` is asked."""
    lent_names: set[str] = field(default_factory=set)
    """Of `by_name` those that do not belong to the scope for its whole length: of comprehensions, or bound only from within."""
    from_inside: dict[str, Bindings] = field(default_factory=dict)
    """Of `by_name` what functions within bind, through `global` or `nonlocal`."""
    final: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """Of a module: the bindings that hold when it has been read to its end."""
    names: list[Name] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    awaited: set[int] = field(default_factory=set)
    """Where the awaited calls end: calls of one chain share their start."""
    attributes: list[Attribute] = field(default_factory=list)
    loops: list[Loop] = field(default_factory=list)
    clauses: tuple[Loop, ...] = ()
    """The loops of a generator expression."""
    returns: list[Return] = field(default_factory=list)
    yields: list[Yield] = field(default_factory=list)
    entries: list[WithItem] = field(default_factory=list)
    stores: list[Store] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    branches: list[Branch] = field(default_factory=list)
    body: Block = NOTHING
    """Its statements; a lambda and a generator expression have none."""
    has_await: bool = False
    _evaluated: tuple[Expression, ...] | None = None

    @property
    def is_function(self) -> bool:
        return self.kind not in ("module", "class")

    def owns(self, name: str) -> bool:
        """Whether a name belongs to the scope for its whole length."""
        return name in self.by_name and name not in self.lent_names

    def settle(self) -> None:
        """Give back the room that nothing takes, once all of it has been read; nothing is added from here on."""
        for name, empty in _EMPTY.items():
            held = getattr(self, name)
            if not held:
                setattr(self, name, empty)
            elif type(held) is list:
                setattr(self, name, held[:])

    def contains(self, other: Placed) -> bool:
        return self.start <= other.start and other.end <= self.end

    def assignment(self, name: Expression | None) -> Binding | None:
        """The one assignment that a local name comes from; None of what is no name, is bound otherwise, or in several places."""
        bindings = (name.bindings or ()) if isinstance(name, Name) else ()
        found = self.bindings[bindings[0]] if len(bindings) == 1 else None
        return found if found is not None and found.kind == "assign" else None

    def sources(self, name: Expression) -> list[Binding]:
        """Where a local name may come from, as far as that is written in this scope: elsewhere names mean something else."""
        bindings = (name.bindings or ()) if isinstance(name, Name) else ()
        return [binding for binding in (self.bindings[index] for index in bindings) if binding.scope == self.index]

    @property
    def decorator_words(self) -> frozenset[str]:
        """The last words of its decorators that are names: `setter` of `@value.setter`."""
        return frozenset(dotted(decorator).rpartition(".")[2] for decorator in self.decorators)

    def expressions(self) -> tuple[Expression, ...]:
        """Every expression that is evaluated directly in it, each once."""
        if self._evaluated is None:
            self._evaluated = tuple(self._read_through())
        return self._evaluated

    def _read_through(self) -> Iterator[Expression]:
        if self.body.statements:
            return self.body.expressions()
        roots = [item.value for item in self.returns if item.value is not None]
        roots += [item.value for item in self.yields if item.value is not None]
        for clause in self.clauses:
            roots += clause.expressions() if clause.scope == self.index else clause.others
        return evaluated(roots)

    def alone(self) -> Iterator[Expression]:
        """The expressions that are statements."""
        return (line.values[0] for line in self.body.walk() if isinstance(line, Line) and line.kind == "expression")

    def stands_alone(self, expression: Expression) -> bool:
        """Whether an expression is a statement, so that its value is dropped."""
        statement = self.body.around(expression)[-1]
        return isinstance(statement, Line) and statement.kind == "expression" and statement.values[0] is expression


_EMPTY: dict[str, Any] = {
    one.name: one.default_factory() for one in fields(Scope) if one.default_factory is not MISSING
}


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
