"""Loops that ask an iterator, or a queue, for its next item until there is none: `while True: token = next(tokens, None)`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.model.branches import is_handler
from streamlint.values.domain import Instance
from streamlint.values.puts import GETTING
from streamlint.values.token_streams import stepped

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.values.activations import Frame


@dataclass(frozen=True)
class Stepped:
    """The loop, the call in it that takes the next item, and what that is asked of."""

    loop: ir.While
    call: ir.Call
    source: ir.Expression


class Steps:
    """Finds them; a loop that something else than the end of the items may end is not one of them."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self._handing = project.knowledge.names("computing", "hand-overs")
        self._loops: dict[ir.Scope, tuple[ir.While, ...]] = {}

    def of(self, frame: Frame) -> Iterator[Stepped]:
        loops = self._loops.get(frame.scope)
        if loops is None:
            loops = tuple(one for one in frame.scope.body.walk() if isinstance(one, ir.While))
            self._loops[frame.scope] = loops
        for call in frame.scope.calls if loops else ():
            source = self._asked(call, frame)
            loop = next((one for one in reversed(loops) if one.contains(call)), None)
            if source is not None and loop is not None and _goes_on(loop, call, frame.scope):
                yield Stepped(loop, call, source)

    def _asked(self, call: ir.Call, frame: Frame) -> ir.Expression | None:
        """What a call takes the next item of; None where it does something else."""
        if isinstance(call.function, ir.Attribute) and call.function.attribute in GETTING and not call.arguments:
            return call.function.base if self._is_queue(call.function.base, frame) else None
        return stepped(self.evaluator, call, frame)

    def _is_queue(self, expression: ir.Expression, frame: Frame) -> bool:
        values = self.evaluator.value(expression, frame)
        return any(isinstance(value, Instance) and f"{value.name}.put" in self._handing for value in values)


def taken(step: ir.Call, scope: ir.Scope) -> frozenset[str]:
    """The names that hold an item as it was taken."""
    return frozenset(one.name for one in scope.bindings if one.value is not None and one.value.contains(step))


def _goes_on(loop: ir.While, step: ir.Call, scope: ir.Scope) -> bool:
    """Whether only an item, or that there is none, ends the loop."""
    is_endless = isinstance(loop.test, ir.Constant) and bool(loop.test.value)
    if not is_endless and not loop.test.contains(step):
        return False
    breaks = [one for one in loop.body.walk() if isinstance(one, ir.Line) and one.kind == "break"]
    return all(is_handler(scope, one.branch) or _asks_for(one.branch, taken(step, scope), scope) for one in breaks)


def _asks_for(branch: int, names: frozenset[str], scope: ir.Scope) -> bool:
    test = scope.branches[branch].test if branch >= 0 else None
    asked = {part.id for part in ir.walk(test) if isinstance(part, ir.Name)} if test is not None else set()
    return bool(asked & names) and not any(map(scope.owns, asked - names))
