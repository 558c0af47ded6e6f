"""Statements with several ways through them: `if`, `match`, `try`, and `with` where it ends errors."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from streamlint.model import syntax as ir
from streamlint.model.lowering.expressions import DEEPEST, Expressions
from streamlint.model.lowering.places import Places
from streamlint.model.lowering.walk import Environment, ReadBlock, Walk, Way

_SUPPRESSING = ("suppress", "raises")


class _Arm(NamedTuple):
    """An `if` of which the first arm is read: what held before it, the branches of both, and what the first leaves."""

    head: int
    parent: int
    before: Environment
    was_dead: bool
    first: int
    second: int
    test: ir.Expression
    taken: Way


class Branching:
    """Reads the ways, and continues with what those have in common that do not leave."""

    def __init__(self, walk: Walk, places: Places, expressions: Expressions, block: ReadBlock) -> None:
        self.walk = walk
        self.span = places.span
        self.text = places.text
        self.expression = expressions.expression
        self.targets = expressions.targets
        self.block = block

    def read_if(self, node: ast.If) -> ir.If:
        """With all its `elif`, which Python nests in each other: each holds where the tests above it failed."""
        span, branch = self.span(node), self.walk.branch
        arms, node = self._arms(node)
        lowered = [ir.Arm(arm.taken.block.statements, arm.head, arm.first, arm.test) for arm in arms]
        other = self._arm(node.orelse, arms[-1].before, arms[-1].second)
        if node.orelse:
            lowered.append(ir.Arm(other.block.statements, other.block.start, arms[-1].second, None))
        self._join(arms, other)
        return ir.If(*span, branch, tuple(lowered))

    def _arms(self, node: ast.If) -> tuple[list[_Arm], ast.If]:
        """The arms that have a test, and the `if` of the last, behind which the `else` stands."""
        arms = [self._first_arm(node)]
        while (following := self._elif(node)) is not None:
            node = following
            self.walk.environment, self.walk.dead, self.walk.branch = dict(arms[-1].before), False, arms[-1].second
            if len(arms) % DEEPEST == 0:
                self.walk.summary.far_elifs.append(self.span(node)[0])
            arms.append(self._first_arm(node))
        return arms, node

    def _join(self, arms: list[_Arm], other: Way) -> None:
        """Continue behind all arms; where the one or the rest of them leaves, only the other is meant from here on."""
        for arm in reversed(arms):
            last, self.walk.branch = other, arm.parent
            self.walk.join([arm.taken, other])
            self.walk.dead = self.walk.dead or arm.was_dead
            other = Way(self.walk.environment, self.walk.dead, ir.NOTHING)
        if arm.taken.dead and not last.dead:
            self.walk.branch = arm.second
        elif last.dead and not arm.taken.dead:
            self.walk.branch = arm.first

    def _elif(self, node: ast.If) -> ast.If | None:
        match node.orelse:
            case [ast.If() as only] if self.text.startswith("elif", self.span(only)[0]):
                return only
        return None

    def _first_arm(self, node: ast.If) -> _Arm:
        if self.walk.scope.kind == "module" and _is_main_guard(node.test):
            self.walk.summary.script_spans.append((self.span(node.body[0])[0], self.span(node.body[-1])[1]))
        test = self.expression(node.test)
        parent, before, was_dead = self.walk.branch, self.walk.environment, self.walk.dead
        first = self.walk.new_branch(parent, test.start, "if", test)
        second = self.walk.new_branch(parent, test.start, "else", test)
        head, way = self.span(node)[0], self._arm(node.body, before, first)
        return _Arm(head, parent, before, was_dead, first, second, test, way)

    def read_match(self, node: ast.Match) -> ir.Match:
        subject = self.expression(node.subject)
        before, ways, cases = self.walk.environment, [], []
        for number, case in enumerate(node.cases):
            self.walk.environment = dict(before)
            lowered, way = self._case(case, subject, number)
            cases.append(lowered)
            ways.append(way)
        self.walk.join([*ways, Way(before, False, ir.NOTHING)])
        return ir.Match(*self.span(node), self.walk.branch, subject, tuple(cases))

    def _case(self, node: ast.match_case, subject: ir.Expression, number: int) -> tuple[ir.Case, Way]:
        tests = [self.expression(part) for part in _compared(node.pattern)]
        self._capture(node.pattern, subject)
        test = self._type_test(node.pattern, tests, subject) or subject
        branch = self.walk.new_branch(self.walk.branch, subject.start, f"case {number}", test)
        if node.guard is not None:
            tests.append(self.expression(node.guard))
            branch = self.walk.new_branch(branch, tests[-1].start, "if", tests[-1])
        way = self._arm(node.body, self.walk.environment, branch)
        values = self._values(node.pattern, tests) if node.guard is None else None
        return ir.Case(way.block.statements, self.span(node.pattern)[0], branch, tuple(tests), values), way

    def _capture(self, pattern: ast.pattern, subject: ir.Expression) -> None:
        """Bind what a pattern names: the subject, or an attribute of it where its class says which; anything else is not known."""
        read = dict(_read_of(pattern))
        for name in _captured(pattern):
            if name in read:
                part, attribute = read[name]
                value = ir.Attribute(*self.span(part), subject, attribute) if attribute else subject
                self.walk.bind(name, "assign", self.span(part), value=value)
            else:
                self.walk.bind(name, "opaque", (subject.start, subject.end))

    def _type_test(self, pattern: ast.pattern, tests: list[ir.Expression], subject: ir.Expression) -> ir.Call | None:
        """What a pattern asks that holds for all objects of a class: `case Token(text=text):` is `isinstance(..., Token)`."""
        alternatives = [_plain_class(one) for one in _alternatives(pattern)]
        if not all(alternatives):  # then each asks for its class alone
            return None
        span = self.span(pattern)
        asked = tests[0] if len(tests) == 1 else ir.Sequence(*span, "tuple", tuple(tests))
        return ir.Call(*span, ir.Name(*span, "isinstance", None), (subject, asked), ())

    def _values(self, pattern: ast.pattern, tests: list[ir.Expression]) -> tuple[ir.Expression, ...] | None:
        """The values for which a pattern holds, which are all that it compares; None where it asks for more."""
        match pattern:
            case ast.MatchValue():
                return tuple(tests)
            case ast.MatchOr(patterns=patterns) if all(isinstance(one, ast.MatchValue) for one in patterns):
                return tuple(tests)
            case ast.MatchSingleton(value=value):
                return (ir.Constant(*self.span(pattern), value),)
            case ast.MatchAs(pattern=None):
                return ()
        return None

    def read_with(self, node: ast.With | ast.AsyncWith) -> ir.With:
        is_async = isinstance(node, ast.AsyncWith)
        self.walk.scope.has_await |= is_async
        body = (self.span(node.body[0])[0], self.span(node.body[-1])[1])
        entries = [self._item(item, is_async, body) for item in node.items]
        self.walk.scope.entries += entries
        branch, mark = self.walk.branch, len(self.walk.scope.bindings)
        before, dead = dict(self.walk.environment), self.walk.dead
        block = self.block(node.body)
        if any(_may_suppress(entry.context) for entry in entries):
            self.walk.environment = self.walk.merge((self.walk.environment, self.walk.thrown(before, mark)))
            self.walk.dead = dead
        return ir.With(*self.span(node), branch, tuple(entries), is_async, block)

    def _item(self, item: ast.withitem, is_async: bool, body: tuple[int, int]) -> ir.WithItem:
        context = self.expression(item.context_expr)
        entry = ir.WithItem(context.start, context.end, context, is_async, self.walk.branch, *body)
        if item.optional_vars is not None:
            self.targets.bind(item.optional_vars, "with", context, is_async=is_async)
            entry.stored = self.targets.take()
        return entry

    def read_try(self, node: ast.Try | ast.TryStar) -> ir.Try:
        before, mark = dict(self.walk.environment), len(self.walk.scope.bindings)
        body = self.block(node.body)
        way, orelse = Way(self.walk.environment, self.walk.dead, body), ir.NOTHING
        thrown = self.walk.thrown(before, mark)
        if node.orelse:
            way = self._arm(node.orelse, way.environment, self.walk.branch)
            orelse = way.block
        ways, handlers = [way], []
        for number, handler in enumerate(node.handlers):
            self.walk.environment = dict(thrown)
            lowered, way = self._handler(handler, self.span(node)[0], number)
            handlers.append(lowered)
            ways.append(way)
        self.walk.join(ways)
        final = self._final(node.finalbody, [thrown, *(way.environment for way in ways)])
        return ir.Try(*self.span(node), self.walk.branch, body, tuple(handlers), orelse, ir.Final(final.statements))

    def _handler(self, node: ast.ExceptHandler, start: int, number: int) -> tuple[ir.Handler, Way]:
        """A handler of the `try` that starts there, counted from 0."""
        kind = self.expression(node.type) if node.type is not None else None
        head = self.span(node)
        if node.name:
            self.walk.bind(node.name, "opaque", head)
        branch = self.walk.new_branch(self.walk.branch, start, f"except {number}")
        way = self._arm(node.body, self.walk.environment, branch)
        return ir.Handler(way.block.statements, head[0], branch, kind, node.name or ""), way

    def _final(self, statements: list[ast.stmt], ways: list[Environment]) -> ir.Block:
        """A `finally` runs in all `ways`; behind it holds what held before it, and what it bound itself."""
        before, dead = self.walk.environment, self.walk.dead
        at_first = self.walk.merge(ways)
        self.walk.environment = dict(at_first)
        final = self.block(statements)
        own = {name: bindings for name, bindings in self.walk.environment.items() if at_first.get(name) != bindings}
        kept = {name: bindings for name, bindings in before.items() if name in self.walk.environment}
        self.walk.environment = {**kept, **own}
        self.walk.dead = self.walk.dead or dead
        return final

    def _arm(self, statements: list[ast.stmt], environment: Environment, branch: int) -> Way:
        self.walk.environment, self.walk.dead, kept = dict(environment), False, self.walk.branch
        self.walk.branch = branch
        block = self.block(statements)
        self.walk.branch = kept
        return Way(self.walk.environment, self.walk.dead, block)


def _may_suppress(context: ir.Expression) -> bool:
    """Whether a context manager is there to end errors: `with suppress(KeyError):`, `with pytest.raises(KeyError):`."""
    return isinstance(context, ir.Call) and ir.dotted(context.function).rpartition(".")[2] in _SUPPRESSING


def _compared(pattern: ast.pattern) -> Iterator[ast.expr]:
    """The expressions that a pattern compares with: `case Colour.RED`, `case Event(kind="x")`."""
    for node in ast.walk(pattern):
        if isinstance(node, ast.MatchValue):
            yield node.value
        elif isinstance(node, ast.MatchClass):
            yield node.cls
        elif isinstance(node, ast.MatchMapping):
            yield from node.keys


def _alternatives(pattern: ast.pattern) -> list[ast.pattern]:
    inner = pattern.pattern if isinstance(pattern, ast.MatchAs) and pattern.pattern is not None else pattern
    return inner.patterns if isinstance(inner, ast.MatchOr) else [inner]


def _plain_class(pattern: ast.pattern) -> ast.expr | None:
    """The class of `case Token(text=text):`, which asks for nothing else than that."""
    match pattern:
        case ast.MatchClass(cls=cls, patterns=[], kwd_patterns=parts) if all(map(_holds_always, parts)):
            return cls
    return None


def _holds_always(pattern: ast.pattern) -> bool:
    return isinstance(pattern, ast.MatchAs) and pattern.pattern is None


def _read_of(pattern: ast.pattern) -> Iterator[tuple[str, tuple[ast.pattern, str]]]:
    """What a pattern names, with the part of it that does, and the attribute of the subject that this is; "" for all of it."""
    if isinstance(pattern, ast.MatchAs) and pattern.name is not None:
        yield pattern.name, (pattern, "")
    inner = pattern.pattern if isinstance(pattern, ast.MatchAs) and pattern.pattern is not None else pattern
    if isinstance(inner, ast.MatchClass):
        for attribute, part in zip(inner.kwd_attrs, inner.kwd_patterns, strict=True):
            if isinstance(part, ast.MatchAs) and part.name is not None:
                yield part.name, (part, attribute)


def _captured(pattern: ast.pattern) -> Iterator[str]:
    for node in ast.walk(pattern):
        name = getattr(node, "name", None) or getattr(node, "rest", None)
        if isinstance(name, str):
            yield name


def _is_main_guard(test: ast.expr) -> bool:
    match test:
        case ast.Compare(left=ast.Name(id="__name__"), comparators=[ast.Constant(value="__main__")]):
            return True
    return False
