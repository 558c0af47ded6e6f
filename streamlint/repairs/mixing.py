"""What becomes of a chat that all clients share where a repair lets two of them talk to it at once: its messages mix."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from streamlint.fix import Fix, Level
from streamlint.model import syntax as ir
from streamlint.sharing import SharedState
from streamlint.streams.mismatches import Mismatches

if TYPE_CHECKING:
    from streamlint.streams.drained import Drain
    from streamlint.tree.python import PythonFile
    from streamlint.values.domain import Origin, Tokens

SAME_TOKENS = "the same tokens in the same order; each is waited for in a thread"
_MIXED = "all clients share `{0}`, and two of them may then talk to it at once: their messages mix in one history"


def of_call(file: PythonFile, scope: ir.Scope, call: ir.Call, reason: str) -> tuple[Level, str]:
    """The level at which a call on an engine runs in a thread, and the reason, which is `reason` where it is safe."""
    word = file.project.ask(SharedState).chat_at(call, file.facts, scope)
    return (Level.UNSAFE, _MIXED.format(word)) if word else (Level.SAFE, reason)


def of_tokens(file: PythonFile, tokens: Tokens) -> tuple[Level, str]:
    """The level at which tokens are taken in a thread, and the reason."""
    word = _chat_of(file, tokens.origin)
    return (Level.UNSAFE, _MIXED.format(word)) if word else (Level.SAFE, SAME_TOKENS)


def off_its_loop(file: PythonFile, scope: ir.Scope, drain: Drain, fix: Fix) -> Fix:
    """The repair of a drain which kept the event loop, and with it all other clients, until its last token."""
    made = drain.stream or drain.tokens
    if not scope.is_async or drain.is_async or made is None:
        return fix
    word = _chat_of(file, made.origin)
    return replace(fix, level=Level.UNSAFE, reason=f"{fix.reason}; {_MIXED.format(word)}") if word else fix


def _chat_of(file: PythonFile, origin: Origin | None) -> str:
    """The chat that all clients share and that gave these tokens; "" where there is none."""
    found = file.project.ask(Mismatches).call_at(origin)
    return file.project.ask(SharedState).chat_at(found[2], found[0], found[1]) if found is not None else ""
