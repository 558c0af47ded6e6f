"""What findings about a held event loop have in common: who waits, why, and the ways out in words."""

from __future__ import annotations

from keyword import iskeyword
from typing import TYPE_CHECKING

from streamlint.fix import Level
from streamlint.repairs.off_loop import threads

if TYPE_CHECKING:
    from streamlint.fix import Fix
    from streamlint.languages.held import Held, OnLoop

STALL = (
    "measured: during a call of 0.4 s in an `async def` route every other client waited 0.40 s; during the same call in a "
    "thread, 0.01 s"
)


def way_out(held: Held, fix: Fix | None) -> str:
    """The help text: the offered repair first, then what else there is."""
    twin = _twin(held)
    if fix is not None and fix.level is Level.SAFE:
        return f"{fix.title}{twin}"
    run = threads(held.file.facts).run
    name = (
        held.hold.name
        if held.hold.is_direct
        else held.hold.hops[0].label.partition("`")[2].rstrip("`") or held.hold.name
    )
    named = f"{name}, " if all(part.isidentifier() and not iskeyword(part) for part in name.split(".")) else ""
    advice = f"run it in a thread: `await {run}({named}...)`"
    replacement = held.hold.call.replacement if held.hold.call is not None else ""
    if replacement:
        advice += f", or use `{replacement}`"
    if held.scope.is_async:
        return f"{advice}{twin}"
    return f"{advice}, from an `async def`; this function runs on the event loop although it is a plain `def`"


def _twin(held: Held) -> str:
    """The async twin, with the risk that comes with it."""
    method, receiver = held.hold.method, held.hold.receiver
    if method is None or not method.twin:
        return ""
    if receiver is not None and receiver.native_async:
        return f"; `await ….{method.twin}(...)` does the same, because this LLM is asynchronous itself"
    return f"; `await ….{method.twin}(...)` helps only if the LLM and the embedding model are asynchronous themselves"


def notes(where: OnLoop, *measured: str) -> tuple[str, ...]:
    return (*where.doubts, *measured)


def thread_of_tokens(where: OnLoop) -> str:
    """How to take tokens off the loop where no repair is offered."""
    if threads(where.file.facts).iterate_import is not None:
        return "take the tokens with `async for token in iterate_in_threadpool(...)`, directly in the `async def`"
    return "take the tokens in a plain `def` generator that the framework runs in a thread, or from a thread through a queue"
