"""Clean up after a client that has left: shielded, since everything else that is awaited then is cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Import, Level
from streamlint.model import syntax as ir
from streamlint.source import Span
from streamlint.tree import nodes as cst

if TYPE_CHECKING:
    from streamlint.tree.python import PythonFile

_SHIELD = "with anyio.CancelScope(shield=True):"


def run_cancelled(file: PythonFile, loop: cst.For, name: str) -> Fix | None:
    """A `try` around the loop and what follows it in its block, whose `finally` cancels the run."""
    siblings = list(file.tree.siblings(loop))
    if loop not in siblings:
        return None
    block = _Block(file, siblings[siblings.index(loop) :])
    if not block.is_movable:
        return None
    step, end = block.step, block.newline
    tail = f"{block.indent}finally:{end}{block.indent}{step}{_SHIELD}{end}{block.indent}{step * 2}await {name}.cancel_run()"
    return Fix(
        f"cancel `{name}` when the client has left",
        (*block.moved(f"{block.indent}try:"), block.closed(tail)),
        Level.UNSAFE,
        "a step that runs after the answer, such as saving it, is then cancelled too",
        frozenset((Import("anyio"),)),
    )


def shielded(file: PythonFile, line: ir.Line) -> Fix | None:
    """The statement in a scope that cancellation does not enter; None where others stand in its line."""
    statement = file.tree.statement(line.start, line.end)
    if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
        return None
    block = _Block(file, [statement])
    if not block.is_movable:
        return None
    return Fix(
        "shield the cleanup from the cancellation",
        tuple(block.moved(f"{block.indent}{_SHIELD}")),
        Level.SAFE,
        "it runs as it does at a regular end",
        frozenset((Import("anyio"),)),
    )


class _Block:
    """Whole lines of neighbouring statements that move one step to the right."""

    def __init__(self, file: PythonFile, nodes: Sequence[cst.BaseStatement]) -> None:
        self.file, self.nodes = file, nodes
        first, last = file.tree.span(nodes[0]), file.tree.span(nodes[-1])
        self.start = file.source.line_span(first.start).start
        self.end = file.source.line_span(last.end - 1).end
        self.indent = file.source.text[self.start : first.start]
        module = file.tree.piece(first.start).module
        self.step, self.newline = module.default_indent, module.default_newline

    @property
    def is_movable(self) -> bool:
        """Whether nothing in the lines depends on where they begin, and no name means something else."""
        if self.indent.strip() or any(
            "anyio" in scope.by_name and not _is_import(scope) for scope in self.file.facts.scopes
        ):
            return False
        tree = self.file.tree
        strings = (
            row for node in self.nodes for row in tree.within(tree.span(node), cst.SimpleString, cst.FormattedString)
        )
        return not any("\n" in self.file.text(place) for _, place in strings)

    def moved(self, head: str) -> list[Edit]:
        text = self.file.source.text
        edits = [Edit(Span(self.start, self.start), f"{head}{self.newline}{self.step}")]
        at = text.find("\n", self.start, self.end)
        while 0 <= at < self.end - 1:
            if text[at + 1] not in "\r\n":
                edits.append(Edit(Span(at + 1, at + 1), self.step))
            at = text.find("\n", at + 1, self.end)
        return edits

    def closed(self, tail: str) -> Edit:
        ends = self.file.source.text[self.end - 1 : self.end] == "\n"
        return Edit(Span(self.end, self.end), f"{tail}{self.newline}" if ends else f"{self.newline}{tail}")


def _is_import(scope: ir.Scope) -> bool:
    bindings = [scope.bindings[index] for index in scope.by_name["anyio"]]
    return all(binding.kind == "import" and not binding.member for binding in bindings)
