"""From facts to findings: a walk over the tree that joins each fact with its node, and asks for the repair there."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import libcst as cst

from streamlint.fact import Fact, Stand
from streamlint.finding import Finding
from streamlint.fitting import fitted
from streamlint.fix import Fix
from streamlint.model.summary import UnparsableFile
from streamlint.refusals import Refusal
from streamlint.rule import crash
from streamlint.serving.borrowed import Borrowed
from streamlint.source import Span
from streamlint.tree.pieces import Piece
from streamlint.tree.python import PythonFile
from streamlint.tree.tree import Tree
from streamlint.widths import Widths

_SEMICOLON = re.compile(r"[ \t]*;")
_UNREAD = Refusal("the parser of the repairs cannot read this file", "make the change by hand")


class Misplaced(Exception):
    """A fact that no node of the tree bears out."""


class Flags(cst.CSTVisitor):
    """The nodes of a tree on which facts stand; what a fact does not name is not taken for it."""

    def __init__(self, tree: Tree, stands: Iterable[Stand]) -> None:
        super().__init__()
        self.tree = tree
        self.found: dict[Stand, cst.CSTNode] = {}
        self._wanted: dict[Span, dict[Stand, None]] = {}
        for stand in stands:
            self._wanted.setdefault(stand.span, {})[stand] = None
        self._starts = sorted(span.start for span in self._wanted)

    def on_visit(self, node: cst.CSTNode) -> bool:
        for span in self._places(node):
            for stand in self._wanted.get(span, ()):
                if stand not in self.found and self._is_on(stand, node, span):
                    self.found[stand] = node
        return self._may_hold(node)

    def _may_hold(self, node: cst.CSTNode) -> bool:
        """Whether a fact is about a part of a node: a statement that holds none is not walked.

        The place of many other nodes is only a part of them: that of a parameter is its name.
        """
        whole = self.tree.spans.get(node) if isinstance(node, cst.BaseStatement) else None
        if whole is None:
            return True
        decorators = node.decorators if isinstance(node, cst.FunctionDef | cst.ClassDef) else ()
        first = min((self.tree.span(one).start for one in decorators), default=whole.start)
        index = bisect_left(self._starts, first)
        return index < len(self._starts) and self._starts[index] < whole.end

    def _places(self, node: cst.CSTNode) -> Iterator[Span]:
        """Where a node is looked for: a loop where its iterable stands, a `with` where its items do, a handler at its word."""
        match node:
            case cst.For() | cst.CompFor():
                yield from self._own(node.iter)
            case cst.With():
                for item in node.items:
                    yield from self._own(item.item)
            case cst.ExceptHandler() | cst.ExceptStarHandler():
                yield self.tree.head(node, "except")
            case cst.FunctionDef() if node in self.tree.spans:
                yield from self._own(node)
                yield self._with_semicolon(self.tree.span(node))
            case _ if node in self.tree.spans:
                yield from self._own(node)

    def _own(self, node: cst.CSTNode) -> Iterator[Span]:
        yield self.tree.span(node)
        if isinstance(node, cst.GeneratorExp | cst.Tuple):
            yield self._with_brackets(self.tree.span(node))

    def _with_semicolon(self, span: Span) -> Span:
        """To the standard parser the semicolon behind a function's last statement is a part of it."""
        behind = _SEMICOLON.match(self.tree.source.text, span.end)
        return Span(span.start, behind.end()) if behind is not None else span

    def _with_brackets(self, span: Span) -> Span:
        """To the standard parser the parentheses are a part of these, also those of a call around its only argument."""
        text = self.tree.source.text
        return Span(text.rfind("(", 0, span.start), text.find(")", span.end) + 1)

    def _is_on(self, stand: Stand, node: cst.CSTNode, span: Span) -> bool:
        return type(node).__name__ in stand.types and stand.word in self.tree.source.slice(span)


def flag(file: PythonFile, facts: Sequence[Fact]) -> Iterator[Finding]:
    """The findings of a file, in the order of its facts; without repairs where libcst cannot read it."""
    pieces = _pieces(file, facts)
    if not pieces:
        yield from map(_unread, facts)
        return
    flags = Flags(file.tree, [fact.stand for fact in facts])
    for piece in pieces:
        piece.module.visit(flags)
    for fact in facts:
        try:
            yield _flagged(file, fact, flags.found.get(fact.stand))
        except UnparsableFile:
            yield _unread(fact)
        except Exception as error:  # noqa: BLE001 a failure of our own is reported, and other facts go on
            yield crash(f"{fact.finding.code} ({fact.finding.name})", error, fact.finding.place)


def _flagged(file: PythonFile, fact: Fact, node: cst.CSTNode | None) -> Finding:
    if node is None:
        raise Misplaced(f"no {fact.stand} stands here")
    offer = fact.repair(node) if fact.repair is not None else None
    if isinstance(offer, Fix):
        offer = fitted(offer, file.source, file.project.ask(Widths).of(file.path))
        gone = (file.source.slice(edit.span) for edit in offer.edits)
        offer = replace(offer, keeps=file.project.ask(Borrowed).of(file.path, gone))
    return fact.told(offer)


def _unread(fact: Fact) -> Finding:
    return fact.told(_UNREAD if fact.repair is not None else None)


def _pieces(file: PythonFile, facts: Sequence[Fact]) -> tuple[Piece, ...]:
    """What of a file must be walked; nothing where libcst cannot read it, or would take too long."""
    if file.facts.summary.is_deep:
        return ()
    try:
        return file.tree.pieces(fact.stand.span for fact in facts)
    except (UnparsableFile, RecursionError):
        return ()
