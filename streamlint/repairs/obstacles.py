"""Why nothing that waits may be written at a place: what is shared, tied to a thread, locked, or still to come."""

from __future__ import annotations

from streamlint.faults.cleanups import Cleanups
from streamlint.immutable import immutable
from streamlint.knowledge.llama_index import Returns
from streamlint.knowledge.off_loop import Where
from streamlint.model import syntax as ir
from streamlint.repairs.written_back import written_back
from streamlint.sharing import SharedState
from streamlint.sharing.makers import Makers
from streamlint.sharing.tied import Tied
from streamlint.sharing.unfinished import Unfinished
from streamlint.source import Span
from streamlint.tree.python import PythonFile
from streamlint.values.domain import dotted_name
from streamlint.values.passing import ENTERING
from streamlint.waiting.held import Held, OnLoop
from streamlint.waiting.holds import Cause


@immutable
class Obstacle:
    """Why nothing is offered that waits at a place, in words: what stands in the way, and what a person can do."""

    reason: str
    way_out: str


def obstacle(file: PythonFile, held: Held) -> Obstacle | None:
    """What a new `await` in place of the held call or loop would break, or leave on the loop."""
    expression = held.node
    found = of_wait(file, held.scope, expression)
    if found is not None or not isinstance(expression, ir.Call):
        return found
    reasons = (_by_the_loop, _by_the_stack, _written_back, _of_its_maker, _unfinished)
    return next((one for reason in reasons if (one := reason(file, held, expression)) is not None), None)


def _by_the_loop(file: PythonFile, held: Held, call: ir.Call) -> Obstacle | None:
    """`loop.call_soon(f)`, which itself waits for nothing, and may be called by the loop's own thread alone."""
    row = file.project.evaluator.calls.moving(call, held.frame)
    if row is None or row.where not in (Where.LOOP, Where.TO_LOOP, Where.TASK):
        return None
    return Obstacle(
        "the event loop runs what this is given, in whatever thread it is called",
        "hand it a function that has the work done in a thread",
    )


def _by_the_stack(file: PythonFile, held: Held, call: ir.Call) -> Obstacle | None:
    """`stack.enter_context(manager)`: whoever leaves the stack leaves the manager, and is not the thread that entered it."""
    functions = file.project.evaluator.value(call.function, held.frame)
    if ENTERING.isdisjoint(map(dotted_name, functions)):
        return None
    return Obstacle(
        "the stack is left on the loop, and what was entered in a thread may belong to that",
        "enter it together with what needs it in one function that runs in a thread",
    )


def _written_back(file: PythonFile, held: Held, call: ir.Call) -> Obstacle | None:
    owner = written_back(file, held.scope, call)
    if not owner:
        return None
    return Obstacle(
        f"`{owner}` is read here and written back, and an `await` lets other requests write it in between",
        "do both in one function in a thread, under a lock",
    )


def obstacle_before_the_rest(file: PythonFile, held: Held, call: ir.Call) -> Obstacle | None:
    """As `obstacle`, for a call of which the same repair takes the rest off the loop too."""
    return of_wait(file, held.scope, call) or _of_its_maker(file, held, call) or _tied(file, held, call)


def of_wait(file: PythonFile, scope: ir.Scope, expression: ir.Expression) -> Obstacle | None:
    """What stands in the way of running an expression, or each step over it, in a thread that is waited for."""
    span = Span(expression.start, expression.end)
    return split_at(file, scope, span) or _in_helper(file, scope, expression) or _in_cleanup(file, scope, expression)


def split(file: PythonFile, where: OnLoop, expression: ir.Expression) -> Obstacle | None:
    """As `split_at`, for an expression."""
    return split_at(file, where.scope, Span(expression.start, expression.end))


def split_at(file: PythonFile, scope: ir.Scope, span: Span) -> Obstacle | None:
    """The lock that would be held during a wait, or the two steps that others could come between."""
    shared = file.project.ask(SharedState)
    lock = shared.lock_around(span.start, span.end, file.facts, scope)
    if lock:
        return Obstacle(
            f"`{lock}` is held here, and whoever else asks for it would stop the loop for good",
            "run all that the lock guards as one function in a thread, or use an `asyncio.Lock`",
        )
    word = shared.split_at(span.start, span.end, file.facts, scope)
    if not word:
        return None
    named = f"{_quoted(word)} is used" if word != shared.TOO_MUCH else "shared state may be used"
    return Obstacle(
        f"{named} before and after this, and an `await` lets other requests in between",
        "run all steps as one function in a thread, under a lock",
    )


def _quoted(word: str) -> str:
    """`word`, or for what `Accesses` calls `file path` the path alone, as it is written."""
    path = word.removeprefix("file ")
    return f"`{word}`" if path == word else f"what is at `{path}`"


def _in_cleanup(file: PythonFile, scope: ir.Scope, expression: ir.Expression) -> Obstacle | None:
    if not file.project.ask(Cleanups).cuts(expression, file.frame(scope)):
        return None
    return Obstacle(
        "once the client has left, the server cancels what is awaited in this cleanup, so that it would not be done",
        "await it in a shielded scope: `with anyio.CancelScope(shield=True):`",
    )


def _in_helper(file: PythonFile, scope: ir.Scope, expression: ir.Expression) -> Obstacle | None:
    """What the functions of the project behind a place do that must not be done in another thread."""
    tie = file.project.ask(Tied).through(expression, file.facts, scope)
    if tie:
        return Obstacle(
            f"`{tie}` belongs to the thread or the task that runs it now",
            "move only what waits to a thread, in the helper",
        )
    word = file.project.ask(SharedState).written_through(expression, file.facts, scope)
    if word:
        return Obstacle(
            f"{_quoted(word)} is written there, and several threads would do so at the same time",
            "put a lock around what writes it, then run it in a thread",
        )
    return None


def _of_its_maker(file: PythonFile, held: Held, call: ir.Call) -> Obstacle | None:
    """A call on an object that fails in every thread but the one that made it, here or in a helper."""
    makers = file.project.ask(Makers)
    owner = makers.used_by(call, file.facts, held.scope)
    if not owner:
        return None
    named = f"`{owner}`" if owner != makers.TOO_MUCH else "something behind it"
    return Obstacle(
        f"{named} may only be used by the thread that made it",
        "make it and use it in one function, and run that in a thread",
    )


def _tied(file: PythonFile, held: Held, call: ir.Call) -> Obstacle | None:
    """What a call gives, where only the thread that makes it may use it."""
    unfinished, frame = file.project.ask(Unfinished), file.frame(held.scope)
    is_tied = unfinished.is_for_its_thread(call, frame) or file.project.ask(Makers).given_by(
        call, file.facts, held.scope
    )
    if not is_tied or held.scope.stands_alone(call):
        return None
    return Obstacle(
        "what it gives may only be used by the thread that makes it",
        "make it and use it in one function, and run that in a thread",
    )


def _unfinished(file: PythonFile, held: Held, call: ir.Call) -> Obstacle | None:
    """What is still to come when the call has returned, and would be waited for on the loop."""
    tied = _tied(file, held, call)
    if tied is not None:
        return tied
    scope, fact = held.scope, held.hold.call if held.hold.is_direct else None
    unfinished, frame = file.project.ask(Unfinished), file.frame(scope)
    is_llama = held.hold.cause is Cause.LLAMA
    more = _gives_unseen_chunks(file, held, call) if is_llama else unfinished.gives_more(call, fact, frame)
    if not more or any(loop.iterable is call for loop in scope.loops):
        return None
    if not unfinished.is_waited_for(call, fact, file.facts, scope):
        return None
    return Obstacle(
        "it returns before everything is there, and what takes the rest would wait on the loop as before",
        "make it and take all of it in one function that runs in a thread, or in a plain `def` generator",
    )


def _gives_unseen_chunks(file: PythonFile, held: Held, call: ir.Call) -> bool:
    """Whether an LLM gives chunks of which STL202 could not tell any more that they are, once the call is moved."""
    method, evaluator = held.hold.method, file.project.evaluator
    if method is None or method.returns not in (Returns.CHUNKS, Returns.TEXT_TOKENS):
        return False
    return evaluator.tokens(evaluator.value(call, held.frame)) is None


def iteration_obstacle(file: PythonFile, where: OnLoop, loop: ir.Loop) -> Obstacle | None:
    """What a wait in each step of a loop would break: no two steps need run in the same thread."""
    makers, asked = file.project.ask(Makers), (loop.iterable, file.facts, where.scope)
    if makers.is_read_by_one(*asked):
        return Obstacle(
            f"`{file.one_line(loop.iterable)}` may only be read by the thread that made it",
            "make it and read all of it in one function, and run that in a thread",
        )
    if makers.kept_between_steps(*asked):
        return Obstacle(
            "it goes on with what may only be used by one thread, and each step may run in another one",
            "read all of it in one function, and run that in a thread",
        )
    return of_wait(file, where.scope, loop.iterable)
