"""Where a handler adds each token to its text, and what it does with the text until it answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from streamlint.immutable import immutable
from streamlint.model import syntax as ir
from streamlint.repairs.blocks import is_movable
from streamlint.source import Span
from streamlint.tree import nodes as cst

if TYPE_CHECKING:
    from streamlint.repairs.drains import Repair


@immutable
class Step:
    """The statement that adds a token to a name, and what it adds."""

    name: str
    statement: Span
    element: Span
    is_plain: bool
    """Whether what it adds is written without a call or an operator, so that it may be written twice."""


class Section:
    """The statements of one block from a drain up to the answer; none where it is taken in the answer itself.

    `also` is the code of the answer that is to move behind them.
    """

    def __init__(
        self, repair: Repair, nodes: tuple[cst.BaseStatement, ...], answer: ir.Return, also: tuple[Span, ...]
    ) -> None:
        self.repair, self.nodes, self.answer, self.also = repair, nodes, answer, also
        self.tree, self.scope = repair.file.tree, repair.scope
        start = self.tree.span(nodes[0]).start if nodes else answer.start
        self.span = Span(start, self.tree.span(nodes[-1]).end if nodes else start)

    @classmethod
    def of(cls, repair: Repair, answer: ir.Return, also: tuple[Span, ...] = ()) -> Section | None:
        """None where the drain and the answer stand in different blocks, or in one statement of which nothing is to move."""
        tree = repair.file.tree
        first = tree.statement(repair.drain.start, repair.drain.end)
        last = tree.statement(answer.start, answer.end)
        block = list(tree.siblings(last)) if last is not None else []
        if first is None or last is None or (first is last and not also) or first not in block:
            return None
        return cls(repair, tuple(block[block.index(first) : block.index(last)]), answer, also)

    @property
    def lines(self) -> Span:
        """Its lines, with the comments above it."""
        source = self.repair.file.source
        if not self.nodes:
            statement = self.tree.statement(self.answer.start, self.answer.end)
            assert statement is not None
            start = self.tree.whole_lines(statement).start
            return Span(start, start)
        return Span(self.tree.whole_lines(self.nodes[0]).start, source.line_span(self.span.end - 1).end)

    # What may not move

    def ends_or_waits(self) -> bool:
        """Whether something in it ends the function, waits, or defines what others may see."""
        source = self.repair.drain.source
        leaves = (cst.Return, cst.Raise, cst.Yield, cst.Await, cst.Global, cst.Nonlocal, cst.Del, cst.Assert)
        defines = (cst.FunctionDef, cst.ClassDef, cst.Import, cst.ImportFrom)
        found = self.tree.within(self.span, *leaves, *defines)
        if any(not (source.start <= span.start and span.end <= source.end) for _, span in found):
            return True
        return not is_movable(self.repair.file, self.span)

    def bound(self) -> frozenset[str]:
        """The names that it gives a value."""
        return frozenset(one.name for one in self.scope.bindings if one.kind != "merge" and self.span.contains(one))

    def bound_before(self) -> list[ir.Binding]:
        """Other bindings of those names, in the order of the text."""
        bound = self.bound()
        return [
            one
            for one in self.scope.bindings
            if one.name in bound and one.kind != "merge" and not self.span.contains(one)
        ]

    def names(self) -> Iterator[ir.Name]:
        places = (self.span, *self.also)
        for scope in self.repair.scopes_inside():
            yield from (name for name in scope.names if any(span.contains(name) for span in places))

    def read_outside(self, names: frozenset[str], places: tuple[Span, ...]) -> bool:
        """Whether one of these names is read somewhere else than in the section and in `places`."""
        known = (self.span, *places)
        return any(
            name.id in names and not any(span.contains(name) for span in known)
            for scope in self.repair.scopes_inside()
            for name in scope.names
        )

    # The step

    def needed(self) -> frozenset[str]:
        """The names of which the answer is made, as far as the section binds them."""
        found: set[str] = set()
        pending = [one for one in ir.walk(self.answer.value) if isinstance(one, ir.Name)] if self.answer.value else []
        while pending:
            name = pending.pop().id
            if name in found:
                continue
            found.add(name)
            made = (one.value for one in self.scope.bindings if one.name == name and self.span.contains(one))
            pending += [part for value in made if value for part in ir.walk(value) if isinstance(part, ir.Name)]
        return frozenset(found)

    def step(self) -> Step | None:
        """The one statement of the loop that adds to the text that is answered."""
        loop = self.repair.drain.loop
        if loop is None:
            return None
        found = list(self._steps(Span(loop.body_start, loop.end)))
        return found[0] if len(found) == 1 else None

    def _steps(self, body: Span) -> Iterator[Step]:
        needed = self.needed()
        for small, span in self.tree.within(body, cst.AugAssign, cst.Expr, cst.Assign):
            added = added_by(small)
            if added is not None and added[0] in needed:
                yield Step(added[0], span, self.tree.span(added[1]), isinstance(added[1], cst.Name | cst.Attribute))

    def is_changed(self, step: Step, *, is_text: bool) -> bool:
        """Whether the text is changed by anything else than the step, as far as can be seen."""
        body = [one for one in self.scope.bindings if one.name == step.name and one.kind != "merge"]
        if any(self.span.contains(one) and not step.statement.contains(one) for one in body):
            return True
        if is_text:
            return False
        uses = self.repair.file.facts.uses
        mine = [name for name in self.scope.names if name.id == step.name and self.span.contains(name)]
        return any(not step.statement.contains(name) and not _only_reads(uses.parent(name), name) for name in mine)


def _only_reads(parent: ir.Expression | None, name: ir.Name) -> bool:
    """`len(tokens)`, `"".join(tokens)`, `save(tokens)`: a list as an argument, whose methods nobody calls here."""
    return isinstance(parent, ir.Call) and parent.function is not name


def added_by(small: cst.CSTNode) -> tuple[str, cst.BaseExpression] | None:
    """The name to which a statement adds something, and what: `text += token`, `tokens.append(token)`."""
    match small:
        case cst.AugAssign(target=cst.Name(value=name), operator=cst.AddAssign(), value=value):
            return name, value
        case cst.Expr(
            value=cst.Call(
                func=cst.Attribute(value=cst.Name(value=name), attr=cst.Name(value="append" | "write")),
                args=[cst.Arg(keyword=None, star="", value=value)],
            )
        ):
            return name, value
        case cst.Assign(
            targets=[cst.AssignTarget(target=cst.Name(value=name))],
            value=cst.BinaryOperation(left=cst.Name(value=left), operator=cst.Add(), right=right),
        ) if name == left:
            return name, right
    return None
