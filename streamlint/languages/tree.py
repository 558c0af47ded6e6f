"""A file's libcst tree: its nodes by where they stand, for those who flag a fact on one, or repair it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import fields
from functools import cached_property
from operator import itemgetter
from typing import TypeVar, cast

import libcst as cst

from streamlint.form_feeds import straighten
from streamlint.languages.spans import spans_of
from streamlint.project import syntax as ir
from streamlint.project.summary import UnparsableFile
from streamlint.source import Source, Span
from streamlint.timings import TREES, phase

_Node = TypeVar("_Node", bound=cst.CSTNode)
_INK = re.compile(r"\\(?!\r|\n)|[^\r\n\\]")


class Tree:
    """One parse, one pass over positions; the spans are those of the Summary, so that a node and its facts meet."""

    def __init__(self, source: Source, summary: ir.Summary) -> None:
        """Raises `UnparsableFile` when the text is no Python for libcst."""
        self.source = source
        try:
            parsed = straighten(_shallow(source.text, summary))
            with phase(TREES):
                self.module = cst.parse_module(parsed.text)
                self.spans = spans_of(self.module, parsed)
        except cst.ParserSyntaxError as error:
            raise UnparsableFile(
                f"cannot be read by libcst: {error.message}", error.raw_line, error.raw_column + 1
            ) from error

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

    def text(self, node: cst.CSTNode) -> str:
        """A node as it is written."""
        return self.source.slice(self.spans[node])

    def head(self, node: cst.CSTNode, word: str) -> Span:
        """The keyword that a clause begins with."""
        start = self.span(node).start
        return Span(start, start + len(word))

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


def _shallow(text: str, summary: ir.Summary) -> str:
    """The text as libcst can read it, all places kept: a name for a deep expression, and a long chain of `elif` in pieces."""
    for at in summary.far_elifs:
        text = f"{text[:at]}if  {text[at + len('elif') :]}"
    for start, end in summary.deep:
        blank = _INK.sub(" ", text[start + 1 : end])
        name = f"_{blank}" if "\n" in blank or "\r" in blank else "_" * (end - start)
        text = text[:start] + name + text[end:]
    return text
