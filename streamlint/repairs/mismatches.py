"""Make the way a stream is taken fit the way it was started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Import, Level
from streamlint.knowledge.llama_index import Method, Returns, Role
from streamlint.model import syntax as ir
from streamlint.repairs.keywords import left_out, untaken, untaken_keyword
from streamlint.repairs.mixing import of_call
from streamlint.repairs.obstacles import of_wait, split_at
from streamlint.repairs.off_loop import awaited_in_thread
from streamlint.repairs.streaming import release
from streamlint.repairs.threads import threads
from streamlint.serving.holders import Holders
from streamlint.source import Span
from streamlint.streams import Sent
from streamlint.streams.mismatches import Misfit, Mismatch, Mismatches
from streamlint.tree import nodes as cst
from streamlint.values import Values
from streamlint.values.domain import Bound, Llama, Origin, Tokens
from streamlint.waiting.blocking import Blocking

if TYPE_CHECKING:
    from streamlint.knowledge import Knowledge
    from streamlint.model.modules import Module
    from streamlint.tree.python import PythonFile

_NOTHING_CAME = "no token came through before"
_MAY_BLOCK = (
    "the async method holds the event loop if the LLM behind it is not asynchronous itself, which cannot be seen here"
)


def fitting_tokens(file: PythonFile, scope: ir.Scope, attribute: ir.Attribute, mismatch: Mismatch) -> Fix | None:
    """The other token generator, where what takes the tokens takes that one too."""
    match mismatch.kind:
        case Misfit.ASYNC_STARTED:
            return asynchronous_tokens(file, scope, attribute)
        case Misfit.SYNC_STARTED:
            waited = _await_around(file, mismatch)
            return _synchronous(file, scope, attribute) if waited is None else fitting_await(file, *waited, mismatch)
        case Misfit.FINISHED:
            return _streaming_call(file, scope, attribute, mismatch)
        case Misfit.UNAWAITED:
            return _awaited(file, scope, mismatch)
    return None


def fitting_loop(file: PythonFile, scope: ir.Scope, loop: ir.Loop, mismatch: Mismatch) -> Fix | None:
    """`async for`, a missing `await` or pair of brackets, or an iterator that is advanced in a thread."""
    if not scope.is_async or loop.body_start < 0 or mismatch.kind is Misfit.OBJECT:
        return None
    if mismatch.kind is Misfit.RUN:
        end = loop.iterable.end
        is_plain = isinstance(loop.iterable, ir.Name | ir.Attribute | ir.Call)
        return _safe("take the events of the run", [Edit(Span(end, end), ".stream_events()")]) if is_plain else None
    if mismatch.kind is Misfit.UNCALLED:
        return _safe("call it", [Edit(Span(loop.iterable.end, loop.iterable.end), "()")]) if loop.is_async else None
    edits = []
    if mismatch.kind is Misfit.ASYNC_LOOP:
        return _in_thread(file, scope, loop.iterable, file.text(loop.iterable))
    if split_at(file, scope, Span(loop.iterable.start, loop.iterable.end)) is not None:
        return None
    if not loop.is_async:
        edits.append(Edit(Span(loop.start, loop.start), "async "))
    if mismatch.kind is Misfit.UNAWAITED:
        edits.append(Edit(Span(loop.iterable.start, loop.iterable.start), "await "))
    return _safe("take the tokens with `async for`" if not loop.is_async else "await the call first", edits)


def fitting_await(file: PythonFile, scope: ir.Scope, waited: ir.Await, mismatch: Mismatch) -> Fix | None:
    """The asynchronous twin of an awaited synchronous call; no `await` in front of an iterator."""
    call = waited.value
    if isinstance(mismatch.value, Tokens) and mismatch.value.is_async:
        return _safe("leave out `await`", [Edit(Span(waited.start, call.start), "")], "await _")
    if not isinstance(call, ir.Call) or not isinstance(call.function, ir.Attribute):
        return None
    twin = _twin(file, scope, call, call.function) if _all_fit(file, call) else None
    if twin is not None and twin.level is Level.SAFE:
        return twin
    return _started_in_thread(file, scope, call) or twin


def _twin(file: PythonFile, scope: ir.Scope, call: ir.Call, function: ir.Attribute) -> Fix | None:
    """The asynchronous method with the same arguments; not safe where it may hold the event loop."""
    llama, version = file.project.knowledge.llama, release(file.project, file.path)
    for value in file.project.evaluator.value(function, file.frame(scope)):
        if not isinstance(value, Bound) or not isinstance(value.receiver, Llama):
            continue
        method = llama.method(value.receiver.role, value.name, of=value.receiver.name, version=version)
        if (
            method is not None
            and method.twin
            and _gives_stream(method, file.project.knowledge, version)
            and not untaken(call, value.receiver.role, method.twin)
        ):
            edit = Edit(_word(function), method.twin)
            native = value.receiver.native_async is True
            level, reason = (Level.SAFE, _NOTHING_CAME) if native else (Level.UNSAFE, _MAY_BLOCK)
            return Fix(f"await `{method.twin}`", (edit,), level, reason, drops=(f"_.{function.attribute}()",))
    return None


def _started_in_thread(file: PythonFile, scope: ir.Scope, call: ir.Call) -> Fix | None:
    """The call in a thread, where its tokens are sent as a synchronous stream has them and nothing else need change."""
    nodes = [node for node in file.tree.nodes_at(call.start, call.end) if isinstance(node, cst.Call)]
    asked = file.project.evaluator.value(call.function, file.frame(scope))
    receivers = [one.receiver for one in asked if isinstance(one, Bound) and isinstance(one.receiver, Llama)]
    if not receivers or any(one.role is not Role.CHAT_ENGINE for one in receivers):
        return None
    if len(nodes) != 1 or untaken_keyword(file, scope, call) or of_wait(file, scope, call) is not None:
        return None
    is_taken = False
    for module in file.project.evaluator.modules.loaded():
        for inner in module.scopes:
            attributes, loops = _takings(file, module, inner, call)
            if loops or any(module.path != file.path or not _is_sent_as_it_is(file, inner, one) for one in attributes):
                return None
            is_taken |= bool(attributes)
    return awaited_in_thread(file, nodes[0], *of_call(file, scope, call, _NOTHING_CAME)) if is_taken else None


def _is_sent_as_it_is(file: PythonFile, scope: ir.Scope, attribute: ir.Attribute) -> bool:
    return attribute.attribute == "response_gen" and _is_sent(file, scope, attribute, is_async=False)


def _await_around(file: PythonFile, mismatch: Mismatch) -> tuple[ir.Scope, ir.Await] | None:
    """The `await` in front of the synchronous call that started the stream: it fails before any token is asked for."""
    found = file.project.ask(Mismatches).call_at(mismatch.origin)
    waited = found[0].uses.parent(found[2]) if found is not None and found[0].path == file.path else None
    return (found[1], waited) if found is not None and isinstance(waited, ir.Await) else None


def _gives_stream(method: Method, knowledge: Knowledge, version: str | None) -> bool:
    """Whether the twin of this method gives an asynchronous stream, in a release: that of `query` came later than the method."""
    if method.returns is not Returns.QUERY_STREAM:
        return True
    streams = knowledge.names("llama_index_words", "async-streams")
    return any(knowledge.llama.role(name, version) is not None for name in streams)


def _all_fit(file: PythonFile, call: ir.Call) -> bool:
    """Whether everything that takes tokens of what the call gives can take them from its asynchronous twin.

    Where one cannot, the request that fails now would hang, or get an empty body.
    """
    for module in file.project.evaluator.modules.loaded():
        for scope in module.scopes:
            is_near = module.path == file.path and scope.is_async
            attributes, loops = _takings(file, module, scope, call)
            if any(not (is_near and _takes_asynchronously(file, scope, one)) for one in attributes):
                return False
            if any(not is_near or loop.body_start < 0 for loop in loops):
                return False
    return True


def _takings(
    file: PythonFile, module: Module, scope: ir.Scope, call: ir.Call
) -> tuple[list[ir.Attribute], list[ir.Loop]]:
    """Where a scope asks what the call gives for its tokens, and where it loops over the call's own tokens."""
    evaluator = file.project.evaluator
    frame = evaluator.any_call(module, scope)
    tokens = evaluator.knowledge.names("llama_index_words", "token-generators")
    asked = [one for one in scope.attributes if one.attribute in tokens]
    loops = [loop for loop in scope.loops if isinstance(loop.iterable, ir.Name | ir.Await)]
    return (
        [one for one in asked if _is_of(evaluator.value(one.base, frame), file, call)],
        [loop for loop in loops if _is_of(evaluator.iterated(loop, frame), file, call)],
    )


def _is_of(values: Values, file: PythonFile, call: ir.Call) -> bool:
    """Whether a value comes from this call."""
    made = (value.origin for value in values if isinstance(value, Llama | Tokens))
    return any(one == Origin(file.path, call.start, call.end) for one in made)


def _takes_asynchronously(file: PythonFile, scope: ir.Scope, attribute: ir.Attribute) -> bool:
    taken: ir.Expression = next((call for call in scope.calls if call.function is attribute), attribute)
    if any(loop.iterable is taken and loop.body_start >= 0 for loop in scope.loops):
        return True
    return _is_sent(file, scope, taken, is_async=True)


def asynchronous_loop(file: PythonFile, scope: ir.Scope, loop: ir.Loop) -> Fix | None:
    """As `asynchronous_tokens`, for a loop over them or over their name."""
    taken, where = loop.iterable, scope
    if isinstance(taken, ir.Name):
        owner, bound = file.facts.uses.owner(taken.id, scope), file.facts.uses.bindings(taken, scope)
        if owner is None or len(bound) != 1 or bound[0].value is None:
            return None
        taken, where = bound[0].value, owner
    return asynchronous_tokens(file, where, taken) if isinstance(taken, ir.Attribute) else None


def asynchronous_tokens(file: PythonFile, scope: ir.Scope, attribute: ir.Attribute) -> Fix | None:
    """`async_response_gen()` in place of `response_gen`, of which an asynchronous answer never gives a token."""
    edits = [Edit(_word(attribute), "async_response_gen()")]
    loop = next((loop for loop in scope.loops if loop.iterable is attribute), None)
    if loop is None:
        scope, loop = _loop_over_name(file, scope, attribute) or (scope, None)
    if loop is not None:
        if loop.body_start < 0:
            return None
        if not scope.is_async:
            made = _as_asynchronous_generator(file, scope)
            if made is None:
                return None
            edits += [made, Edit(Span(loop.start, loop.start), "async ")]
        elif not loop.is_async:
            if split_at(file, scope, Span(attribute.start, attribute.end)) is not None:
                return None
            edits.append(Edit(Span(loop.start, loop.start), "async "))
        return _safe("take the tokens with `async_response_gen()`", edits, f"_.{attribute.attribute}")
    if _is_sent(file, scope, attribute, is_async=True):
        return _safe("take the tokens with `async_response_gen()`", edits, f"_.{attribute.attribute}")
    return None


def _loop_over_name(file: PythonFile, scope: ir.Scope, taken: ir.Expression) -> tuple[ir.Scope, ir.Loop] | None:
    """The loop over `tokens` of `tokens = answer.response_gen`, where nothing else reads that name."""
    bound = [one for one in scope.bindings if one.value is taken and one.kind == "assign" and not one.path]
    if len(bound) != 1 or len(scope.by_name[bound[0].name]) != 1:
        return None
    uses = file.facts.uses.of(ir.Name(0, 0, bound[0].name, ()), scope)
    loops = [(use.scope, loop) for use in uses for loop in use.scope.loops if loop.iterable is use.name]
    return loops[0] if len(uses) == len(loops) == 1 and loops[0][0].is_async else None


def _as_asynchronous_generator(file: PythonFile, scope: ir.Scope) -> Edit | None:
    """`async def` for a generator function that only a response is given, and in which nothing waits but for the tokens."""
    definition = file.tree.definition(scope)
    outer = file.facts.scopes[scope.parent]
    if (
        definition is None
        or not scope.is_generator
        or not outer.is_function
        or scope.decorators
        or scope.returns_annotation
    ):
        return None
    span = Span(scope.start, scope.end)
    if (
        len(scope.loops) != 1
        or any(one.is_from for one in scope.yields)
        or file.tree.within(span, cst.Return, cst.Lambda)
    ):
        return None
    uses = [(each, name) for each in file.facts.scopes for name in each.names if name.id == scope.name]
    made = [call for call in outer.calls if any(call.function is name for _, name in uses)]
    if len(uses) != 1 or len(made) != 1 or not _is_sent(file, outer, made[0], is_async=True):
        return None
    blocking, frame = file.project.ask(Blocking), file.frame(scope)
    if any(blocking.of_call(call, frame) is not None for call in scope.calls):
        return None
    start = file.tree.span(definition).start
    return Edit(Span(start, start), "async ")


def _synchronous(file: PythonFile, scope: ir.Scope, attribute: ir.Attribute) -> Fix | None:
    call = next((call for call in scope.calls if call.function is attribute), None)
    if call is None:
        return None
    tokens = f"{file.text(attribute.base)}.response_gen"
    whole = Span(call.start, call.end)
    if any(loop.iterable is call and loop.is_async and loop.body_start >= 0 for loop in scope.loops):
        return _in_thread(file, scope, call, tokens, "_.async_response_gen()")
    if _is_sent(file, scope, call, is_async=False):
        return _safe("take the tokens with `response_gen`", [Edit(whole, tokens)], "_.async_response_gen()")
    return None


def _streaming_call(file: PythonFile, scope: ir.Scope, attribute: ir.Attribute, mismatch: Mismatch) -> Fix | None:
    """`stream_chat` in place of `chat`, where nothing but the tokens is taken from the answer."""
    found = file.project.ask(Mismatches).call_at(mismatch.origin)
    if found is None or found[0].path != file.path:
        return None
    call = found[2]
    if not isinstance(call.function, ir.Attribute) or not _is_only_use(file, scope, attribute, found[1], call):
        return None
    is_async = call.function.attribute == "achat"
    if is_async != (attribute.attribute == "async_response_gen"):
        return None
    name, edits, drops = "astream_chat" if is_async else "stream_chat", [], [f"_.{call.function.attribute}()"]
    if untaken_keyword(file, found[1], call):
        without = left_out(file, found[1], call)
        if without is None:
            return None
        edits, drops = [without[0]], [*drops, without[1]]
    return _safe(f"ask with `{name}`", [Edit(_word(call.function), name), *edits], *drops)


def _is_only_use(file: PythonFile, scope: ir.Scope, attribute: ir.Attribute, asking: ir.Scope, call: ir.Call) -> bool:
    """Whether an attribute is all that is read of what a call gives, there or through a helper that only this place calls."""
    given = attribute.base
    if isinstance(given, ir.Name):
        bound, uses = file.facts.uses.bindings(given, scope), file.facts.uses.of(given, scope)
        if len(bound) != 1 or len(uses) != 1 or bound[0].value is None or bound[0].kind != "assign" or bound[0].path:
            return False
        given = bound[0].value
    given = given.value if isinstance(given, ir.Await) else given
    return given is call or (isinstance(given, ir.Call) and _is_given_by(file, asking, call))


def _is_given_by(file: PythonFile, helper: ir.Scope, call: ir.Call) -> bool:
    """Whether a function does nothing with what a call gives but to return it, and one place calls it."""
    returned = [item.value for item in helper.returns if item.value is not None]
    returned = [item.value if isinstance(item, ir.Await) else item for item in returned]
    is_plain = helper.is_function and not helper.is_generator and returned == [call]
    return is_plain and len(file.project.ask(Holders).readers(file.facts, helper)) == 1


def _awaited(file: PythonFile, scope: ir.Scope, mismatch: Mismatch) -> Fix | None:
    found = file.project.ask(Mismatches).call_at(mismatch.origin)
    if found is None or found[0].path != file.path or not found[1].is_async or not scope.is_async:
        return None
    call = found[2]
    if split_at(file, found[1], Span(call.start, call.end)) is not None:
        return None
    is_chained = any(part.base is call for part in found[1].attributes)
    edits = [Edit(Span(call.start, call.start), "(await " if is_chained else "await ")]
    if is_chained:
        edits.append(Edit(Span(call.end, call.end), ")"))
    return _safe("await the call first", edits)


def _in_thread(file: PythonFile, scope: ir.Scope, iterable: ir.Expression, tokens: str, *drops: str) -> Fix | None:
    needed: Import | None = threads(file).iterate_import
    if needed is None or of_wait(file, scope, iterable) is not None:
        return None
    edit = Edit(Span(iterable.start, iterable.end), f"{needed.name}({tokens})")
    title = f"advance the iterator with `{needed.name}`"
    return Fix(title, (edit,), Level.SAFE, _NOTHING_CAME, frozenset((needed,)), drops=drops)


def _is_sent(file: PythonFile, scope: ir.Scope, tokens: ir.Expression, *, is_async: bool) -> bool:
    """Whether a response that takes such an iterator gets the expression as its body."""
    for call in scope.calls:
        sending = file.project.ask(Sent).of_call(call, file.frame(scope))
        if sending is not None and sending.content is tokens:
            fate = sending.response.async_iterator if is_async else sending.response.sync_iterator
            return fate.streams
    return False


def _word(attribute: ir.Attribute) -> Span:
    return Span(attribute.end - len(attribute.attribute), attribute.end)


def _safe(title: str, edits: list[Edit], *drops: str) -> Fix:
    return Fix(title, tuple(sorted(edits)), Level.SAFE, _NOTHING_CAME, drops=drops)
