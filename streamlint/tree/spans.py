"""Where each libcst node stands in the text, in one pass over the tree."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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

    @contextmanager
    def record_syntactic_position(
        self,
        node: cst.CSTNode,
        *,
        start_node: cst.CSTNode | None = None,
        end_node: cst.CSTNode | None = None,
    ) -> Iterator[None]:
        start = self.offset
        try:
            yield
        finally:
            first = self.spans[start_node].start if start_node in self.spans else start
            last = self.spans[end_node].end if end_node in self.spans else self.offset
            self.spans[node] = Span(first, last)


def spans_of(module: cst.Module, parsed: Straight, base: int = 0) -> dict[cst.CSTNode, Span]:
    """Where every node stands in the file, in which the text begins at `base`, without the white space and parentheses around.

    Raises `UnparsableFile` where the module is not the whole text that was parsed.
    """
    state = _OffsetState(default_indent=module.default_indent, default_newline=module.default_newline)
    module._codegen(state)
    beyond = state.offset - len(parsed.text)  # it writes a line end of its own behind the text
    if beyond not in (0, len(module.default_newline)):
        raise UnparsableFile("cannot be read by libcst: it leaves out characters", 1, 1)
    if not parsed.is_changed:
        return (
            {node: Span(base + span.start, base + span.end) for node, span in state.spans.items()}
            if base
            else state.spans
        )
    return {
        node: Span(base + parsed.offset(span.start), base + parsed.offset(span.end))
        for node, span in state.spans.items()
    }
