"""A Python file as rules see it: libcst nodes, and what the Project knows of each."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, TypeVar, cast

import libcst as cst

from streamlint.finding import Finding, Place, Related, Severity
from streamlint.form_feeds import straighten
from streamlint.languages.spans import spans_of
from streamlint.project import syntax as ir
from streamlint.project.summary import UnparsableFile
from streamlint.project.values import UNKNOWN, Values
from streamlint.source import Source, Span
from streamlint.timings import TREES, phase

if TYPE_CHECKING:
    from streamlint.fix import Fix
    from streamlint.project import Project
    from streamlint.project.entry_points import Entry
    from streamlint.project.frames import Frame
    from streamlint.project.modules import Module
    from streamlint.project.reach import Reached
    from streamlint.project.resources import Outlived
    from streamlint.project.sent import Sending, SentGenerator
    from streamlint.project.takings import Drain
    from streamlint.project.ways import Hop
    from streamlint.rule import Rule

_Node = TypeVar("_Node", bound=cst.CSTNode)
_INK = re.compile(r"\\(?!\r|\n)|[^\r\n\\]")
__all__ = ["PythonFile", "UnparsableFile"]

_SHOWN = 12
"""Of a longer chain of calls a person reads how it begins and how it ends."""


class PythonFile:
    """One parse, one pass over positions; a node and its facts are joined by span, here and nowhere else."""

    def __init__(self, source: Source, project: Project) -> None:
        """Raises `UnparsableFile` when the text is no Python for the standard parser or for libcst."""
        self.source = source
        self.path = source.path
        self.project = project
        summarised = project.module(source.path)
        if summarised is None or summarised.source.text != source.text:
            raise _unparsable(source)
        self.facts: Module = summarised
        try:
            parsed = straighten(_shallow(source.text, self.facts.summary))
            with phase(TREES):
                self.module = cst.parse_module(parsed.text)
                self.spans = spans_of(self.module, parsed)
        except cst.ParserSyntaxError as error:
            raise UnparsableFile(
                f"cannot be read by libcst: {error.message}", error.raw_line, error.raw_column + 1
            ) from error

    # Nodes and places

    def walk(self, wanted: Callable[[type[cst.CSTNode]], bool] = lambda _: True) -> Iterator[cst.CSTNode]:
        """Every node of the wanted types that has a place, in the order of the text, outer ones first."""
        nodes = [(span.start, -span.end, node) for node, span in self.spans.items() if wanted(type(node))]
        return (node for _, _, node in sorted(nodes, key=itemgetter(0, 1)))

    def span(self, node: cst.CSTNode) -> Span:
        """Character offsets, without white space and parentheses around."""
        return self.spans[node]

    @cached_property
    def _by_span(self) -> dict[tuple[int, int], list[cst.CSTNode]]:
        found: dict[tuple[int, int], list[cst.CSTNode]] = {}
        for node, span in self.spans.items():
            found.setdefault((span.start, span.end), []).append(node)
        return found

    def nodes_at(self, start: int, end: int) -> Sequence[cst.CSTNode]:
        """The nodes with exactly this span, inner ones first."""
        return self._by_span.get((start, end), ())

    def within(self, place: Span | ir.Scope | ir.Expression, *types: type[_Node]) -> Sequence[tuple[_Node, Span]]:
        """The nodes of these very types that begin in a place, with theirs, inner ones first."""
        found: list[tuple[int, int, cst.CSTNode]] = []
        for one in types:
            rows = self._by_type.get(one, ())
            first, last = (bisect_left(rows, bound, key=itemgetter(0)) for bound in (place.start, place.end))
            found.extend(rows[first:last])
        return [(cast(_Node, node), self.spans[node]) for _, _, node in sorted(found, key=itemgetter(1))]

    @cached_property
    def _by_type(self) -> dict[type[cst.CSTNode], Sequence[tuple[int, int, cst.CSTNode]]]:
        """For every type its nodes by where they begin, each with its place in the order of `spans`."""
        found: dict[type[cst.CSTNode], list[tuple[int, int, cst.CSTNode]]] = {}
        for order, (node, span) in enumerate(self.spans.items()):
            found.setdefault(type(node), []).append((span.start, order, node))
        return {one: sorted(rows, key=itemgetter(0, 1)) for one, rows in found.items()}

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The node that a node is a part of; None for the module."""
        return self._parents.get(id(node))

    @cached_property
    def _parents(self) -> dict[int, cst.CSTNode]:
        found: dict[int, cst.CSTNode] = {}
        names = {one: [field.name for field in fields(one)] for one in {type(node) for node in self.spans}}
        for node in self.spans:
            for name in names[type(node)]:
                part = getattr(node, name)
                for one in part if isinstance(part, list | tuple) else (part,):
                    if isinstance(one, cst.CSTNode):
                        found[id(one)] = node
        return found

    def text(self, node: cst.CSTNode | Span | ir.Expression) -> str:
        if isinstance(node, Span):
            return self.source.slice(node)
        if isinstance(node, ir.Expression):
            return self.source.text[node.start : node.end]
        return self.source.slice(self.span(node))

    def place(self, node: cst.CSTNode | Span) -> Place:
        span = node if isinstance(node, Span) else self.span(node)
        start = self.source.position(span.start)
        return Place(self.path, span, start, self.source.position(span.end), self.source.line(start.line))

    def head(self, node: cst.CSTNode, word: str) -> Span:
        """The keyword that a clause begins with."""
        start = self.span(node).start
        return Span(start, start + len(word))

    # Facts

    @cached_property
    def _expressions(self) -> dict[tuple[int, int], tuple[ir.Scope, ir.Expression]]:
        found: dict[tuple[int, int], tuple[ir.Scope, ir.Expression]] = {}
        seen: set[int] = set()
        for scope in self.facts.scopes:
            pending = list(_roots(scope))[::-1]
            while pending:
                expression = pending.pop()
                if id(expression) in seen:
                    continue
                seen.add(id(expression))
                found.setdefault((expression.start, expression.end), (scope, expression))
                pending.extend(expression.children())
        return found

    def expression(self, node: cst.CSTNode) -> tuple[ir.Scope, ir.Expression] | None:
        """The Summary's view of an expression node, with the scope that it belongs to."""
        span = self.spans.get(node)
        return self._expressions.get((span.start, span.end)) if span is not None else None

    def value(self, node: cst.CSTNode) -> Values:
        """What an expression node may be."""
        known = self.expression(node)
        if known is None:
            return UNKNOWN
        return self.project.evaluator.value(known[1], self.frame(known[0]))

    def frame(self, scope: ir.Scope) -> Frame:
        return self.project.evaluator.any_call(self.facts, scope)

    @cached_property
    def _scopes_by_start(self) -> dict[int, ir.Scope]:
        return {scope.start: scope for scope in reversed(self.facts.scopes) if scope.kind == "function"}

    def scope(self, function: cst.FunctionDef) -> ir.Scope | None:
        """The Summary's scope of a function definition."""
        return self._scopes_by_start.get(self.span(function).start)

    def definition(self, scope: ir.Scope) -> cst.FunctionDef | None:
        """The libcst node of a function's scope."""
        return self._definitions.get(scope.start)

    @cached_property
    def _definitions(self) -> dict[int, cst.FunctionDef]:
        return {span.start: node for node, span in self.spans.items() if isinstance(node, cst.FunctionDef)}

    def loop_node(self, loop: ir.Loop) -> cst.For | None:
        """The libcst node of a loop statement."""
        return self._loops.get(loop.start)

    @cached_property
    def _loops(self) -> dict[int, cst.For]:
        return {span.start: node for node, span in self.spans.items() if isinstance(node, cst.For)}

    def entry(self, scope: ir.Scope) -> Entry | None:
        """The entry point that this scope is; routes before anything else."""
        return min(self.entries(scope), key=lambda entry: not entry.answers, default=None)

    def entries(self, scope: ir.Scope) -> Sequence[Entry]:
        """The entry points that this scope is."""
        return self._entries.get(scope.index, ())

    @cached_property
    def _entries(self) -> dict[int, list[Entry]]:
        found: dict[int, list[Entry]] = {}
        for entry in self.project.entries_of(self.path):
            found.setdefault(entry.scope.index, []).append(entry)
        return found

    def on_loop(self, scope: ir.Scope) -> Reached | None:
        return self.project.reach.on_loop(self.facts, scope)

    def drains(self, function: cst.FunctionDef) -> tuple[Entry, Sequence[Drain]] | None:
        """The streams that a handler swallows instead of sending them on."""
        scope = self.scope(function)
        entry = self.entry(scope) if scope is not None else None
        if scope is None or entry is None:
            return None
        return entry, self.project.drains.of(entry, self.frame(scope))

    # What is sent

    def serves(self, scope: ir.Scope) -> bool:
        """Whether requests run the scope, or the function around it."""
        return self.project.sent.serves(self.facts, scope)

    def served(self, node: cst.CSTNode) -> tuple[ir.Scope | None, ir.Expression | None]:
        """The scope and the facts of an expression that requests evaluate; nothing for others."""
        known = self.expression(node)
        return known if known is not None and self.serves(known[0]) else (None, None)

    def sending(self, node: cst.Call) -> Sending | None:
        """The body that a call gives to a response, in code that requests run."""
        known = self.expression(node)
        if known is None or not isinstance(known[1], ir.Call) or not self.serves(known[0]):
            return None
        return self.project.sent.of_call(known[1], self.frame(known[0]))

    def returned(self, node: cst.Return) -> tuple[Entry, Frame, ir.Expression] | None:
        """What a handler returns to its framework as it is."""
        known = self.expression(node.value) if node.value is not None else None
        if known is None or not known[0].is_function or known[0].is_generator:
            return None
        entry = self.entry(known[0])
        if entry is None or not entry.answers or self.project.sent.is_wrapped(entry):
            return None
        return entry, self.frame(known[0]), known[1]

    def sent_items(self, node: cst.Yield) -> Sequence[tuple[ir.Yield, SentGenerator]]:
        """A `yield` of a generator function, with the responses that send its item; none where the item is another generator's."""
        known = self.expression(node)
        if known is None or not isinstance(known[1], ir.Yield):
            return ()
        item = known[1]
        generators = self.project.sent.generator(self.path, known[0])
        return [(item, one) for one in generators if not self.project.sent.is_passed_on(item, one.frame)]

    def outlived(self, context: cst.BaseExpression) -> Outlived | None:
        """The response that needs this `with` item after its block has ended, in code that requests run."""
        known = self.expression(context)
        if known is None or not self.serves(known[0]):
            return None
        entry = next((one for one in known[0].entries if one.context is known[1]), None)
        return self.project.resources.outlived(entry, self.frame(known[0])) if entry is not None else None

    # Statements

    @cached_property
    def _statements(self) -> list[tuple[int, cst.BaseStatement]]:
        found = [(span.start, node) for node, span in self.spans.items() if isinstance(node, cst.BaseStatement)]
        return sorted(found, key=itemgetter(0))

    def statement(self, start: int, end: int) -> cst.BaseStatement | None:
        """The innermost statement line or block that holds these characters."""
        index = bisect_right(self._statements, start, key=itemgetter(0))
        node: cst.CSTNode | None = self._statements[index - 1][1] if index else None
        while node is not None and not (isinstance(node, cst.BaseStatement) and end <= self.spans[node].end):
            node = self.parent(node)
        return node

    def siblings(self, statement: cst.BaseStatement) -> Sequence[cst.BaseStatement]:
        """The statements of the block that holds this one, itself included."""
        return self._blocks.get(id(statement), ())

    @cached_property
    def _blocks(self) -> dict[int, Sequence[cst.BaseStatement]]:
        found: dict[int, Sequence[cst.BaseStatement]] = {}
        for node in self.spans:
            if isinstance(node, cst.IndentedBlock):
                body = list(node.body)
                found.update({id(item): body for item in body})
        found.update({id(item): list(self.module.body) for item in self.module.body})
        return found

    def whole_lines(self, statement: cst.BaseStatement) -> Span:
        """The lines of a statement with its line end, and the comment lines right above that belong to it."""
        span = self.span(statement)
        first = self.source.line_span(span.start)
        start = first.start
        while start > 0:
            above = self.source.line_span(start - 1)
            if not self.source.slice(above).lstrip().startswith("#"):
                break
            start = above.start
        return Span(start, self.source.line_span(max(span.end - 1, span.start)).end)

    # Findings

    def finding(
        self,
        rule: Rule,
        node: cst.CSTNode | Span,
        *,
        label: str = "",
        help: str = "",
        notes: Sequence[str] = (),
        related: Sequence[Related] = (),
        fix: Fix | None = None,
        severity: Severity | None = None,
        **names: str,
    ) -> Finding:
        return Finding(
            rule.code,
            rule.name,
            severity or rule.severity,
            rule.message.format(**names),
            self.place(node),
            label,
            tuple(related),
            help,
            tuple(notes),
            fix,
        )

    def related(self, hops: Sequence[Hop]) -> tuple[Related, ...]:
        """Hops as secondary places, in this file or others; of a very long way its beginning and its end."""
        left_out = max(0, len(hops) - _SHOWN)
        shown = (*hops[: _SHOWN // 2], *hops[len(hops) - _SHOWN // 2 :]) if left_out else hops
        found = []
        for number, hop in enumerate(shown, 1):
            place = self.project.place(hop.path, hop.start, hop.end)
            if place is not None:
                more = f", and so on through {left_out:,} more" if left_out and number == _SHOWN // 2 else ""
                found.append(Related(place, hop.label + more))
        return tuple(found)


def _roots(scope: ir.Scope) -> Iterator[ir.Expression]:
    """Every expression of a scope that no other one holds, and then some."""
    yield from scope.statements
    yield from scope.calls
    yield from scope.attributes
    yield from scope.names
    for loop in scope.loops:
        if not (scope.kind == "generator-expression" and loop is scope.loops[0]):
            yield loop.iterable
    for item in scope.returns:
        if item.value is not None:
            yield item.value
    yield from scope.yields
    for entry in scope.entries:
        yield entry.context
    for store in scope.stores:
        yield store.value
    for binding in scope.bindings:
        if binding.value is not None and binding.scope == scope.index:
            yield binding.value


def _shallow(text: str, summary: ir.Summary) -> str:
    """The text as libcst can read it, all places kept: a name for a deep expression, and a long chain of `elif` in pieces."""
    for at in summary.far_elifs:
        text = f"{text[:at]}if  {text[at + len('elif') :]}"
    for start, end in summary.deep:
        blank = _INK.sub(" ", text[start + 1 : end])
        name = f"_{blank}" if "\n" in blank or "\r" in blank else "_" * (end - start)
        text = text[:start] + name + text[end:]
    return text


def _unparsable(source: Source) -> UnparsableFile:
    from streamlint.project.summary import summarise

    try:
        summarise(source)
    except UnparsableFile as error:
        return error
    return UnparsableFile("cannot be read", 1, 1)
