"""Advance an iterator in a thread step by step, as asyncio can, where the framework has no function that does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Import, Level
from streamlint.model import syntax as ir
from streamlint.repairs.obstacles import iteration_obstacle
from streamlint.repairs.off_loop import is_free
from streamlint.repairs.threads import threads
from streamlint.repairs.workflows import free
from streamlint.source import Span
from streamlint.tree import nodes as cst
from streamlint.values.domain import Tokens

if TYPE_CHECKING:
    from streamlint.tree.python import PythonFile
    from streamlint.waiting.held import OnLoop

_ITERATORS = ("tokens", "pieces", "token_iterator")
_ENDS = ("end", "done", "end_of_tokens")
_ASYNCIO = Import("asyncio")


def stepped_off_loop(
    file: PythonFile, where: OnLoop, loop: ir.Loop, node: cst.For, level: Level, reason: str
) -> Fix | None:
    """`for t in tokens:` becomes `while (t := await asyncio.to_thread(next, tokens, None)) is not None:`."""
    scope, target = where.scope, node.target
    if not isinstance(target, cst.Name) or scope.kind != "function" or not scope.is_async or loop.is_async:
        return None
    if threads(file).is_positional or not is_free(file, _ASYNCIO) or iteration_obstacle(file, where, loop) is not None:
        return None
    start, head = file.tree.span(node).start, file.tree.span(node.iter)
    colon = file.source.text.find(":", _behind(file, head))
    indent = file.source.text[file.source.line_span(start).start : start]
    if colon < 0 or indent.strip() or file.source.text[_behind(file, head) : colon].strip():
        return None
    values = file.project.evaluator.value(loop.iterable, where.frame)
    never_none = all(isinstance(value, Tokens) for value in values)
    name, made = _iterator(file, loop.iterable, is_one=never_none and _are_generators(file, where, loop))
    end = "None" if never_none else free(file, loop, _ENDS)
    lines = [*made, *(() if never_none else (f"{end} = object()",))]
    step = f"while ({target.value} := await asyncio.to_thread(next, {name}, {end})) is not {end}"
    text = f"{file.source.newline}{indent}".join([*lines, step])
    imports = frozenset((_ASYNCIO,))
    return Fix("take each token in a thread", (Edit(Span(start, colon), text),), level, reason, imports)


def _behind(file: PythonFile, iterable: Span) -> int:
    """The end of an iterable with the brackets around it."""
    text, end = file.source.text, iterable.end
    while text[end : end + 1] in (" ", ")"):
        end += 1
    return end


def _iterator(file: PythonFile, iterable: ir.Expression, *, is_one: bool) -> tuple[str, tuple[str, ...]]:
    """The name of the iterator, and the line that gives it one; `is_one`: the iterable is an iterator itself."""
    if is_one and isinstance(iterable, ir.Name):
        return iterable.id, ()
    name, code = free(file, iterable, _ITERATORS), file.text(iterable)
    return name, (f"{name} = {code}" if is_one else f"{name} = iter({code})",)


def _are_generators(file: PythonFile, where: OnLoop, loop: ir.Loop) -> bool:
    """LlamaIndex gives its tokens in generators."""
    values = file.project.evaluator.value(loop.iterable, where.frame)
    return all(isinstance(value, Tokens) and value.owner is not None for value in values)
