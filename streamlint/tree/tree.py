"""A file's libcst nodes by where they stand, for those who flag a fact or repair it; read piece by piece, as far as asked."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from operator import attrgetter, itemgetter
from typing import TypeVar, cast

import libcst as cst

from streamlint.model import syntax as ir
from streamlint.source import Source, Span
from streamlint.tree.pieces import Piece, pieces_of

_Node = TypeVar("_Node", bound=cst.CSTNode)


class Tree:
    """Whatever reads a piece raises `UnparsableFile` where that is no Python for libcst."""

    def __init__(self, source: Source, summary: ir.Summary) -> None:
        self.source = source
        self.spans: dict[cst.CSTNode, Span] = {}
        """Of the pieces that were read."""
        self._places = pieces_of(source, summary)
        self._read: dict[int, Piece] = {}

    # Pieces

    def piece(self, at: int) -> Piece:
        """The piece that a character of the file stands in."""
        index = max(0, bisect_right(self._places, at, key=attrgetter("start")) - 1)
        if index not in self._read:
            piece = Piece(self.source, self._places[index])
            self._read[index] = piece
            self.spans.update(piece.spans)
        return self._read[index]

    def pieces(self, places: Iterable[Span]) -> tuple[Piece, ...]:
        """The pieces in which these begin, in the order of the text."""
        found = {piece.place.start: piece for piece in (self.piece(place.start) for place in places)}
        return tuple(found[start] for start in sorted(found))

    def whole(self) -> tuple[Piece, ...]:
        """All pieces of the file."""
        return self.pieces(self._places)

    @property
    def looked_into(self) -> list[Span]:
        """The pieces that somebody asked for, comments and all."""
        return [self._places[index] for index in self._read]

    def _overlapping(self, start: int, end: int) -> Iterator[Piece]:
        yield from (self.piece(place.start) for place in self._places if place.start < end and start < place.end)

    # Nodes

    def span(self, node: cst.CSTNode) -> Span:
        """Character offsets, without white space and parentheses around."""
        return self.spans[node]

    def text(self, node: cst.CSTNode) -> str:
        """A node as it is written."""
        return self.source.slice(self.spans[node])

    def head(self, node: cst.CSTNode, word: str) -> Span:
        """The keyword that a clause begins with."""
        start = self.span(node).start
        return Span(start, start + len(word))

    def nodes_at(self, start: int, end: int) -> Sequence[cst.CSTNode]:
        """The nodes with exactly this span, inner ones first."""
        return self.piece(start).by_span.get((start, end), ())

    def within(self, place: Span | ir.Scope | ir.Expression, *types: type[_Node]) -> Sequence[tuple[_Node, Span]]:
        """The nodes of these very types that begin in a place, with theirs, inner ones first."""
        found: list[tuple[_Node, Span]] = []
        for piece in self._overlapping(place.start, place.end):
            rows: list[tuple[int, int, cst.CSTNode]] = []
            for one in types:
                known = piece.by_type.get(one, ())
                first, last = (bisect_left(known, bound, key=itemgetter(0)) for bound in (place.start, place.end))
                rows.extend(known[first:last])
            found += [(cast(_Node, node), piece.spans[node]) for _, _, node in sorted(rows, key=itemgetter(1))]
        return found

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The node that a node is a part of; None for the module."""
        span = self.spans.get(node)
        pieces = (self.piece(span.start),) if span is not None else self._read.values()
        return next((found for piece in pieces if (found := piece.parents.get(id(node))) is not None), None)

    def definition(self, scope: ir.Scope) -> cst.FunctionDef | None:
        """The libcst node of a function's scope."""
        return self.piece(scope.start).definitions.get(scope.start)

    def loop_node(self, loop: ir.Loop) -> cst.For | None:
        """The libcst node of a loop statement."""
        return self.piece(loop.start).loops.get(loop.start)

    # Statements

    def statement(self, start: int, end: int) -> cst.BaseStatement | None:
        """The innermost statement line or block that holds these characters; a semicolon behind them belongs to none."""
        held = self.source.slice(Span(start, end)).rstrip("; \t")
        return self.piece(start).statement(start, start + len(held))

    def siblings(self, statement: cst.BaseStatement) -> Sequence[cst.BaseStatement]:
        """The statements of the block that holds this one, itself included."""
        return self.piece(self.span(statement).start).blocks.get(id(statement)) or self._top_level

    @cached_property
    def _top_level(self) -> Sequence[cst.BaseStatement]:
        return [line for piece in self.whole() for line in piece.module.body]

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
