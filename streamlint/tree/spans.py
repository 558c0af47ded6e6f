"""Where each libcst node stands in the text, in one pass over the tree."""

from __future__ import annotations

from dataclasses import dataclass, field

import libcst as cst
from libcst._nodes.internal import CodegenState

from streamlint.form_feeds import Straight
from streamlint.model.summary import UnparsableFile
from streamlint.source import Span


@dataclass(frozen=False)
class _OffsetState(CodegenState):
    """Writes the module again, only to count: libcst's own position providers cost twice the parse and give lines."""

    offset: int = 0
    spans: dict[cst.CSTNode, Span] = field(default_factory=dict)

    def add_indent_tokens(self) -> None:
        self.offset += sum(len(token) for token in self.indent_tokens)

    def add_token(self, value: str) -> None:
        self.offset += len(value)

    def before_codegen(self, node: cst.CSTNode) -> None:
        pass

    def after_codegen(self, node: cst.CSTNode) -> None:
        pass

    def record_syntactic_position(  # type: ignore[override]  # a generator for each node takes as long as the rest
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None
    ) -> _Recorded:
        return _Recorded(self, node, start_node, end_node)


class _Recorded:
    """Notes what is written meanwhile as the place of a node, from where one of its parts begins to where another one ends."""

    __slots__ = ("_begins", "_ends", "_node", "_start", "_state")

    def __init__(
        self, state: _OffsetState, node: cst.CSTNode, begins: cst.CSTNode | None, ends: cst.CSTNode | None
    ) -> None:
        self._state, self._node, self._begins, self._ends = state, node, begins, ends
        self._start = state.offset

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        state, spans = self._state, self._state.spans
        first = spans[self._begins].start if self._begins in spans else self._start
        last = spans[self._ends].end if self._ends in spans else state.offset
        spans[self._node] = Span(first, last)


def spans_of(module: cst.Module, parsed: Straight, base: int = 0) -> dict[cst.CSTNode, Span]:
    """Where every node stands in the file, in which the text begins at `base`, without the white space and parentheses around.

    Raises `UnparsableFile` where the module is not the whole text that was parsed.
    """
    start = 0 if parsed.is_changed else base
    state = _OffsetState(module.default_indent, module.default_newline, offset=start)
    module._codegen(state)
    beyond = state.offset - start - len(parsed.text)  # it writes a line end of its own behind the text
    if beyond not in (0, len(module.default_newline)):
        raise UnparsableFile("cannot be read by libcst: it leaves out characters", 1, 1)
    if not parsed.is_changed:
        return state.spans
    return {
        node: Span(base + parsed.offset(span.start), base + parsed.offset(span.end))
        for node, span in state.spans.items()
    }
