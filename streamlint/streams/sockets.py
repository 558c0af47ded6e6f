"""Which functions run for a WebSocket, and which loops send to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from streamlint.knowledge.frameworks import Purpose
from streamlint.model import syntax as ir
from streamlint.streams.drained import SENDING
from streamlint.values.said import last_word

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.values.activations import Frame


class Sockets:
    """Asked about functions."""

    def __init__(self, project: Project) -> None:
        self._reach = project.reach

    def is_of_socket(self, frame: Frame) -> bool:
        """Whether a function handles a WebSocket, or runs for one."""
        reached = self._reach.on_loop(frame.module, frame.scope)
        entry = self._reach.entry(frame.module, frame.scope) or (reached.entry if reached is not None else None)
        return entry is not None and entry.kind is Purpose.WEBSOCKET


def sendings(loop: ir.Loop, scope: ir.Scope) -> Iterator[ir.Call]:
    """The calls in a loop that send something, by their names."""
    inside = (call for call in scope.calls if loop.body_start <= call.start < loop.end)
    return (call for call in inside if last_word(call.function).startswith(SENDING))


def sends_in(loop: ir.Loop, scope: ir.Scope) -> bool:
    """Whether a loop waits for something to be sent: where the client has left, that raises, and the loop ends."""
    return any(call.end in scope.awaited for call in sendings(loop, scope))


def is_left(loop: ir.Loop) -> bool:
    """Whether a loop may end before what it runs over, on purpose."""
    return any(isinstance(one, ir.Line) and one.kind == "break" for one in loop.body.walk())
