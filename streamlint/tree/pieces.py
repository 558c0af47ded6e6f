"""A piece of a file as libcst reads it: one or more statements of its top level, with where their nodes stand in the file."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import fields
from functools import cached_property
from itertools import pairwise
from operator import itemgetter

import libcst as cst

from streamlint.form_feeds import straighten
from streamlint.model import syntax as ir
from streamlint.model.summary import UnparsableFile
from streamlint.source import Source, Span
from streamlint.timings import TREES, phase
from streamlint.tree.spans import spans_of


def pieces_of(source: Source, summary: ir.Summary) -> tuple[Span, ...]:
    """Where a file can be cut: behind the last line of each statement of its top level. Together they are the whole text."""
    cuts = [0]
    for statement in summary.module.body.statements:
        if statement.start < cuts[-1]:  # two statements on one line
            cuts.pop()
        end = source.line_span(statement.end - 1).end
        while end < len(source.text) and source.slice(source.line_span(end - 1)).rstrip("\r\n").endswith("\\"):
            end = source.line_span(end).end
        cuts.append(end)
    cuts[-1] = len(source.text)
    return tuple(Span(start, end) for start, end in pairwise(cuts)) or (Span(0, len(source.text)),)


class Piece:
    """One parse, one pass over positions; the spans are those of the Summary, so that a node and its facts meet."""

    def __init__(self, source: Source, place: Span) -> None:
        """Raises `UnparsableFile` when the text is no Python for libcst."""
        self.place = place
        self.straight = straighten(source.slice(place))
        try:
            with phase(TREES):
                self.module = cst.parse_module(self.straight.text)
                self.spans = spans_of(self.module, self.straight, place.start)
        except cst.ParserSyntaxError as error:
            at = source.position(place.start)
            raise UnparsableFile(
                f"cannot be read by libcst: {error.message}", at.line + error.raw_line - 1, error.raw_column + 1
            ) from error

    def offset(self, own: int) -> int:
        """The place in the file of a character of the piece's own code."""
        return self.place.start + self.straight.offset(own)

    @cached_property
    def by_span(self) -> dict[tuple[int, int], list[cst.CSTNode]]:
        found: dict[tuple[int, int], list[cst.CSTNode]] = {}
        for node, span in self.spans.items():
            found.setdefault((span.start, span.end), []).append(node)
        return found

    @cached_property
    def by_type(self) -> dict[type[cst.CSTNode], Sequence[tuple[int, int, cst.CSTNode]]]:
        """For every type its nodes by where they begin, each with its place in the order of `spans`."""
        found: dict[type[cst.CSTNode], list[tuple[int, int, cst.CSTNode]]] = {}
        for order, (node, span) in enumerate(self.spans.items()):
            found.setdefault(type(node), []).append((span.start, order, node))
        return {one: sorted(rows, key=itemgetter(0, 1)) for one, rows in found.items()}

    @cached_property
    def parents(self) -> dict[int, cst.CSTNode]:
        found: dict[int, cst.CSTNode] = {}
        names = {one: [field.name for field in fields(one)] for one in {type(node) for node in self.spans}}
        for node in self.spans:
            for name in names[type(node)]:
                part = getattr(node, name)
                for one in part if isinstance(part, list | tuple) else (part,):
                    if isinstance(one, cst.CSTNode):
                        found[id(one)] = node
        return found

    @cached_property
    def definitions(self) -> dict[int, cst.FunctionDef]:
        return {span.start: node for node, span in self.spans.items() if isinstance(node, cst.FunctionDef)}

    @cached_property
    def loops(self) -> dict[int, cst.For]:
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
            node = self.parents.get(id(node))
        return node

    @cached_property
    def blocks(self) -> dict[int, Sequence[cst.BaseStatement]]:
        """For every statement in a block all statements of that block."""
        found: dict[int, Sequence[cst.BaseStatement]] = {}
        for node in self.spans:
            if isinstance(node, cst.IndentedBlock):
                body = list(node.body)
                found.update({id(item): body for item in body})
        return found
