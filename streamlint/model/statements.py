"""The statements of a scope in their order, as plain data: what they hold, in which blocks, and what comes after them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from operator import attrgetter
from typing import Literal, TypeVar

from streamlint.model.expressions import Await, Comprehension, Expression, Node, evaluated
from streamlint.source import Placed

_Piece = TypeVar("_Piece", bound="Statement | Block")
_START = attrgetter("start")


@dataclass(slots=True, eq=False)
class Statement(Node):
    """Any statement; a definition begins below its decorators."""

    branch: int
    """The arm of its function that it stands in, as an index into the scope's branches; -1 outside all decisions."""

    def expressions(self) -> Iterator[Expression]:
        """Its own expressions, not those of the statements in it."""
        return iter(())

    def blocks(self) -> tuple[Block, ...]:
        """The statements in it, in the order of the text."""
        return ()


@dataclass(slots=True, eq=False)
class Block:
    """Statements that run one after another."""

    statements: tuple[Statement, ...]
    _passed_tests: tuple[tuple[int, Expression, bool], ...] | None = field(default=None, init=False, repr=False)

    @property
    def passed_tests(self) -> tuple[tuple[int, Expression, bool], ...]:
        """What later statements have passed: tests that leave the block, and assertions; where each begins, and its outcome."""
        if self._passed_tests is None:
            self._passed_tests = tuple(found for one in self.statements if (found := _passing(one)) is not None)
        return self._passed_tests

    @property
    def start(self) -> int:
        return self.statements[0].start if self.statements else 0

    @property
    def end(self) -> int:
        return self.statements[-1].end if self.statements else 0

    def contains(self, other: Placed) -> bool:
        return self.start <= other.start and other.end <= self.end

    def walk(self) -> Iterator[Statement]:
        """Every statement in it and in the blocks in it, in the order of the text; those of nested definitions are left out."""
        pending = [iter(self.statements)]
        while pending:
            statement = next(pending[-1], None)
            if statement is None:
                pending.pop()
                continue
            yield statement
            pending.extend(iter(block.statements) for block in reversed(statement.blocks()))

    def expressions(self) -> Iterator[Expression]:
        """Every expression that is evaluated in it, each once."""
        return evaluated(one for statement in self.walk() for one in statement.expressions())

    def around(self, place: Placed) -> tuple[Statement | Block, ...]:
        """What a place stands in, outermost first: this block, a statement in it, a block of that one, and so on.

        Ends with the statement of which the place is a part: its head, or all of it.
        """
        found: list[Statement | Block] = [self]
        block: Block | None = self
        while block is not None:
            statement = block._holding(place)
            if statement is None:
                break
            found.append(statement)
            block = _holding(statement.blocks(), place)
            if block is not None:
                found.append(block)
        return tuple(found)

    def loop_around(self, place: Placed) -> Loop | While | None:
        """The innermost loop that comes back to a place; one in whose `else` or iterable it stands does not."""
        found: Loop | While | None = None
        for outer, inner in pairwise((*self.around(place), None)):
            if isinstance(outer, Loop | While) and (inner is outer.body or _asks(outer, place, inner)):
                found = outer
        return found

    def following(self, statement: Statement) -> Iterator[Statement]:
        """What comes after a statement in it, nearest first, also in the `else` of a `try` around it."""
        for outer, inner in reversed(list(pairwise(self.around(statement)))):
            if isinstance(outer, Block) and isinstance(inner, Statement):
                yield from outer.after(inner)
            elif isinstance(outer, Try) and inner is outer.body:
                yield from outer.orelse.statements

    def after(self, statement: Statement) -> tuple[Statement, ...]:
        """The statements of this very block after one of them."""
        return self.statements[bisect_right(self.statements, statement.start, key=_START) :]

    def waits(self) -> bool:
        """Whether something is awaited in it."""
        return any(isinstance(one, Loop | With) and one.is_async for one in self.walk()) or any(
            isinstance(one, Await) or (isinstance(one, Comprehension) and any(loop.is_async for loop in one.loops))
            for one in self.expressions()
        )

    def may_leave(self) -> bool:
        """Whether a statement in it raises, returns or breaks."""
        return any(
            isinstance(one, Return) or (isinstance(one, Line) and one.kind in ("raise", "break")) for one in self.walk()
        )

    def _holding(self, place: Placed) -> Statement | None:
        index = bisect_right(self.statements, place.start, key=_START)
        if index and self.statements[index - 1].contains(place):
            return self.statements[index - 1]
        following = self.statements[index] if index < len(self.statements) else None
        if isinstance(following, Definition) and any(value.contains(place) for value in following.values):
            return following
        return None


NOTHING = Block(())

LineKind = Literal[
    "expression",
    "assignment",
    "augmented",
    "raise",
    "break",
    "continue",
    "delete",
    "assert",
    "import",
    "declaration",
    "pass",
]


@dataclass(slots=True, eq=False)
class Line(Statement):
    """A statement that holds no others, except `return`."""

    kind: LineKind
    values: tuple[Expression, ...] = ()
    """Its expressions: of `raise` the exception first, of an assignment the value, if it has one."""

    def expressions(self) -> Iterator[Expression]:
        return iter(self.values)


@dataclass(slots=True, eq=False)
class Import(Line):
    """`from <level dots><module> import a, b as c`, or `import a.b, c as d` without a module; each name with its `as`, or ""."""

    module: str = ""
    level: int = 0
    names: tuple[tuple[str, str], ...] = ()
    is_from: bool = False


@dataclass(slots=True, eq=False)
class Return(Statement):
    value: Expression | None

    def expressions(self) -> Iterator[Expression]:
        if self.value is not None:
            yield self.value


@dataclass(slots=True, eq=False)
class Arm(Block):
    """One way through an `if`; `head` is where its `if`, `elif` or `else` clause begins."""

    head: int
    branch: int
    test: Expression | None
    """None for `else`."""


@dataclass(slots=True, eq=False)
class If(Statement):
    """With all its `elif`: one statement."""

    arms: tuple[Arm, ...]

    def expressions(self) -> Iterator[Expression]:
        return (arm.test for arm in self.arms if arm.test is not None)

    def blocks(self) -> tuple[Block, ...]:
        return self.arms


@dataclass(slots=True, eq=False)
class Loop(Statement):
    """A `for`, or the loop of a comprehension, which spans its iterable only."""

    iterable: Expression
    is_async: bool
    body_start: int
    """Where the loop's body begins; -1 for the loop of a comprehension."""
    targets: tuple[int, ...]
    """The bindings that an iteration sets."""
    scope: int
    """The scope that the iterable is evaluated in: a generator expression's first one belongs to the scope around it."""
    others: tuple[Expression, ...] = ()
    """What else is evaluated in an iteration: the conditions of a comprehension, and what a target stores into."""
    body: Block = NOTHING
    orelse: Block = NOTHING

    def expressions(self) -> Iterator[Expression]:
        yield self.iterable
        yield from self.others

    def blocks(self) -> tuple[Block, ...]:
        return (self.body, self.orelse) if self.orelse.statements else (self.body,)


@dataclass(slots=True, eq=False)
class While(Statement):
    test: Expression
    body: Block
    orelse: Block

    def expressions(self) -> Iterator[Expression]:
        yield self.test

    def blocks(self) -> tuple[Block, ...]:
        return (self.body, self.orelse) if self.orelse.statements else (self.body,)


@dataclass(slots=True, eq=False)
class WithItem(Node):
    """A `with` item; it spans its context."""

    context: Expression
    is_async: bool
    branch: int
    body_start: int
    body_end: int
    stored: tuple[Expression, ...] = ()
    """What the name behind `as` stores into, where it is no name."""


@dataclass(slots=True, eq=False)
class With(Statement):
    entries: tuple[WithItem, ...]
    is_async: bool
    body: Block

    def expressions(self) -> Iterator[Expression]:
        for entry in self.entries:
            yield entry.context
            yield from entry.stored

    def blocks(self) -> tuple[Block, ...]:
        return (self.body,)


@dataclass(slots=True, eq=False)
class Handler(Block):
    """An `except`; `head` is where the word stands."""

    head: int
    branch: int
    type: Expression | None
    name: str


@dataclass(slots=True, eq=False)
class Final(Block):
    """A `finally`."""


@dataclass(slots=True, eq=False)
class Try(Statement):
    body: Block
    handlers: tuple[Handler, ...]
    orelse: Block
    final: Final

    def expressions(self) -> Iterator[Expression]:
        return (handler.type for handler in self.handlers if handler.type is not None)

    def blocks(self) -> tuple[Block, ...]:
        found = (self.body, *self.handlers, self.orelse, self.final)
        return tuple(block for block in found if block.statements)


@dataclass(slots=True, eq=False)
class Case(Block):
    """One `case` of a `match`; `head` is where its pattern begins."""

    head: int
    branch: int
    tests: tuple[Expression, ...]
    """The expressions in its pattern, and its guard."""
    values: tuple[Expression, ...] | None = None
    """What its subject is compared with, where it holds for these values and no others; () where it holds for all."""


@dataclass(slots=True, eq=False)
class Match(Statement):
    subject: Expression
    cases: tuple[Case, ...]

    def expressions(self) -> Iterator[Expression]:
        yield self.subject
        for case in self.cases:
            yield from case.tests

    def blocks(self) -> tuple[Block, ...]:
        return self.cases


@dataclass(slots=True, eq=False)
class Definition(Statement):
    """A function or class."""

    scope: int
    """The scope that it makes."""
    values: tuple[Expression, ...]
    """What is evaluated where it stands: decorators, defaults, bases; and the annotations of its head."""

    def expressions(self) -> Iterator[Expression]:
        return iter(self.values)


def _passing(statement: Statement) -> tuple[int, Expression, bool] | None:
    match statement:
        case If(arms=(Arm(test=test, statements=(*_, last)), *_)) if test is not None and _leaves(last):
            return statement.start, test, False
        case Line(kind="assert", values=(test, *_)):
            return statement.start, test, True
    return None


def _leaves(last: Statement) -> bool:
    """Whether nothing behind an arm is come to from its last statement."""
    return isinstance(last, Return) or (isinstance(last, Line) and last.kind in ("raise", "break", "continue"))


def _asks(loop: Loop | While, place: Placed, inner: Statement | Block | None) -> bool:
    """Whether a place is in the test of a `while`."""
    return isinstance(loop, While) and inner is None and loop.test.contains(place)


def _holding(pieces: tuple[_Piece, ...], place: Placed) -> _Piece | None:
    index = bisect_right(pieces, place.start, key=_START)
    return pieces[index - 1] if index and pieces[index - 1].contains(place) else None
