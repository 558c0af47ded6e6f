"""What findings about a held event loop have in common: who waits, why, and the ways out in words."""

from __future__ import annotations

from keyword import iskeyword
from typing import TYPE_CHECKING

from streamlint.fix import Fix, Level
from streamlint.knowledge.blocking import Tier
from streamlint.knowledge.llama_index import Role
from streamlint.model import syntax as ir
from streamlint.model.operators import Operator
from streamlint.repairs.obstacles import iteration_obstacle, obstacle, split
from streamlint.repairs.threads import threads

if TYPE_CHECKING:
    from streamlint.fact import Offer
    from streamlint.finding import Related
    from streamlint.tree.python import PythonFile
    from streamlint.waiting.held import Held, OnLoop

STALL = (
    "measured: during a call of 0.4 s in an `async def` route every other client waited 0.40 s; during the same call in a "
    "thread, 0.01 s"
)

_ONCE = "it is kept once it is there, so only the first request waits for it, and all others at that moment"


def spelt(file: PythonFile, held: Held) -> str:
    """What holds the loop, as the source spells it."""
    return called(file, held.node)


def called(file: PythonFile, node: ir.Expression) -> str:
    """What a call calls, or any other expression, as the source spells it."""
    return file.one_line(node.function if isinstance(node, ir.Call) else node)


def leaf(file: PythonFile, held: Held) -> str:
    """What the leaf does, under the name that its documentation has where the source spells it otherwise."""
    hold = held.hold
    reason = hold.reason if hold.tier is Tier.CERTAIN else f"likely {hold.reason}"
    if hold.is_direct and hold.name == spelt(file, held):
        return reason
    return f"`{hold.name}` {reason}"


def told(file: PythonFile, held: Held) -> tuple[str, tuple[Related, ...]]:
    """The label of a place that holds the loop, and the way through it: from the entry point down to the leaf, numbered."""
    before, inside = held.on_loop.way, held.inside
    label = leaf(file, held) if held.hold.is_direct else f"{held.hold.hops[0].label}: {leaf(file, held)}"
    if not before and not inside:
        return label, ()
    here = len(before) + 1
    return f"{here}. {label}", (*file.related(before, 1), *file.related(inside, here + 1))


def way_out(file: PythonFile, held: Held, offer: Offer) -> str:
    """The help text: the offered repair first, then what else there is."""
    fix = offer if isinstance(offer, Fix) else None
    twin = _twin(file, held)
    if fix is not None and fix.level is Level.SAFE:
        return fix.title
    stands_in_the_way = obstacle(file, held) if fix is None else None
    if stands_in_the_way is not None:
        return f"no repair is offered: {stands_in_the_way.reason}; {stands_in_the_way.way_out}{twin}"
    run = threads(file).run
    name = _name(file, held)
    if fix is not None:
        is_call = not isinstance(held.site, ir.Loop)
        advice = f"run it in a thread: `await {_handed_over(run, name)}`" if is_call else fix.title
    else:
        advice = _advice(held, run, name)
    replacement = threads(file).own(held.hold.call.replacement) if held.hold.call is not None else ""
    if replacement:
        advice += f", or use `{replacement}`"
    if held.scope.is_async:
        return f"{advice}{twin}"
    return f"{advice}, from an `async def`; this function runs on the event loop although it is a plain `def`"


def _name(file: PythonFile, held: Held) -> str:
    """What a person would hand to a thread: the function, or the class where it is the class's own method that is held."""
    if held.hold.is_direct:
        return spelt(file, held)
    name = held.hold.hops[0].label.partition("`")[2].rstrip("`") or held.hold.name
    if name.startswith("__") and isinstance(held.node, ir.Call):
        return file.text(held.node.function)
    return name


def _advice(held: Held, run: str, name: str) -> str:
    """What a person can do: only a call can be run in a thread by itself."""
    if isinstance(held.node, ir.Call) and any(entry.context is held.node for entry in held.scope.entries):
        return "enter it, and take what comes, in one function that runs in a thread, or in a plain `def` generator"
    if isinstance(held.site, Operator):
        return _way_out_of_operator(held, run, name)
    if isinstance(held.node, ir.Call) or held.hold.call is None:
        return f"run it in a thread: `await {_handed_over(run, name)}`"
    return "take what comes in one function that runs in a thread, or in a plain `def` generator"


def _way_out_of_operator(held: Held, run: str, name: str) -> str:
    """What calls a method that the text does not name is put into a function of its own: what stores is no expression."""
    stores = name == "__setitem__" or held.hold.hops[0].label.startswith("sets")
    return "do it in a function that runs in a thread" if stores else f"run it in a thread: `await {run}(lambda: ...)`"


def _handed_over(run: str, name: str) -> str:
    """The call that runs a function in a thread, with its name where that can be written."""
    can_be_written = all(part.isidentifier() and not iskeyword(part) for part in name.split("."))
    return f"{run}({name}, ...)" if can_be_written else f"{run}(...)"


def _twin(file: PythonFile, held: Held) -> str:
    """The async twin, with what it needs to be of any help."""
    method, receiver = held.hold.method, held.hold.receiver
    if method is None or not method.twin:
        return ""
    twin = f"; `await ….{method.twin}(...)`"
    facts = file.project.knowledge.llama.twin(receiver.role) if receiver is not None else None
    if facts is None or receiver is None:
        return f"{twin} helps only if what it calls is asynchronous itself"
    if facts.in_thread:
        since = f", from llama-index-core {facts.since} on" if facts.since else ""
        return f"{twin} does the same in a thread of its own{since}"
    if receiver.native_async:
        what = "embedding model" if receiver.role is Role.EMBEDDING else "LLM"
        return f"{twin} does the same, because this {what} is asynchronous itself"
    needs = " and the ".join(facts.needs)
    verb = "is asynchronous itself" if len(facts.needs) == 1 else "are asynchronous themselves"
    return f"{twin} helps only if the {needs} {verb}"


def notes(where: OnLoop, *measured: str) -> tuple[str, ...]:
    return (*where.doubts, *measured)


def notes_of(held: Held, *measured: str) -> tuple[str, ...]:
    """What there is to add about a hold: why it is only likely, how seldom it comes, what was measured."""
    return (*held.on_loop.doubts, *((_ONCE,) if held.hold.once else ()), *measured)


def thread_of_tokens(file: PythonFile, where: OnLoop, taken: ir.Loop | ir.Call) -> str:
    """How to take tokens off the loop where no repair is offered, and why none is where one could be written."""
    stands_in_the_way = (
        iteration_obstacle(file, where, taken) if isinstance(taken, ir.Loop) else split(file, where, taken)
    )
    if stands_in_the_way is not None:
        return f"no repair is offered: {stands_in_the_way.reason}; {stands_in_the_way.way_out}"
    if threads(file).iterate_import is not None:
        return "take the tokens with `async for token in iterate_in_threadpool(...)`, directly in the `async def`"
    return "take the tokens in a plain `def` generator that the framework runs in a thread, or from a thread through a queue"
