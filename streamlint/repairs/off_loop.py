"""Take what blocks off the event loop: a plain `def` where the framework runs it in a thread, or a thread for the one call."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from streamlint.fix import Edit, Fix, Import, Level
from streamlint.knowledge.blocking import BlockingCall
from streamlint.knowledge.frameworks import Kind, Runner
from streamlint.knowledge.llama_index import Role
from streamlint.languages.held import Held, OnLoop
from streamlint.languages.python import PythonFile
from streamlint.project import syntax as ir
from streamlint.project.blocking import Cause
from streamlint.project.calls import dotted_name
from streamlint.project.entry_points import Entry
from streamlint.project.frames import Frame
from streamlint.project.modules import Module
from streamlint.project.values import Bound, Coroutine, Function, Instance, Llama, Object, Origin, Value
from streamlint.source import Span

_OPENING = re.compile(r"(?:[\s\\)]|#[^\n]*)*\(")
_LINE_BREAK = re.compile(r"[ \t]*\r?\n[ \t]*")
_ENDS_LINE = re.compile(r"[ \t]*(?:\r|\n|#)")
_ASYNC = re.compile(r"async\s+")
_MOST_FUNCTIONS = 400
_COMMON = 200
"""A name that is called more often than this is not looked for; somebody may mean the function."""
_HAVING_CONCURRENCY = ("fastapi", "starlette")
_THREADABLE = (Kind.ROUTE, Kind.DEPENDENCY)
_NEEDS_LOOP = frozenset(
    f"asyncio.{name}"
    for name in (
        "create_task", "ensure_future", "get_running_loop", "get_event_loop", "current_task", "all_tasks", "gather", "shield",
        "wait_for", "as_completed", "timeout", "timeout_at", "run_coroutine_threadsafe", "TaskGroup", "wrap_future",
    )
)  # fmt: skip
SAME_TOKENS = "the same tokens in the same order; each is waited for in a thread"
_TIGHTER = {cst.Attribute: "value", cst.Subscript: "value", cst.Call: "func", cst.Await: "expression"}


@dataclass(frozen=True)
class Threads:
    """How a module runs a function, or advances an iterator, in a thread."""

    run: str
    run_import: Import
    iterate_import: Import | None


_TO_THREAD = Threads("asyncio.to_thread", Import("asyncio"), None)


def threads(module: Module) -> Threads:
    """The way of the framework that the module imports, else that of the standard library."""
    imported = {name.partition(".")[0] for name, _, level in module.summary.imports if not level}
    for package in _HAVING_CONCURRENCY:
        if package in imported:
            where = f"{package}.concurrency"
            return Threads(
                "run_in_threadpool", Import(where, "run_in_threadpool"), Import(where, "iterate_in_threadpool")
            )
    return _TO_THREAD


def off_loop(held: Held, node: cst.CSTNode) -> Fix | None:
    """The preferred repair of what holds the loop; None where the text leaves no safe place for one."""
    if isinstance(node, cst.For | cst.CompFor):
        return iterated_off_loop(held.on_loop, node, *_level(held))
    if not isinstance(held.node, cst.Call):
        return None
    replaced = _replacement(held)
    if replaced is not None:
        return replaced
    return plain_function(held.on_loop) or in_thread(held.on_loop, held.node, *_level(held))


# A plain function


def plain_function(where: OnLoop) -> Fix | None:
    """`async def` becomes `def`, for handlers that await nothing and that the framework then runs in a thread."""
    file, scope = where.file, where.scope
    entries = [entry for entry in file.project.entries_of(file.path) if entry.scope.index == scope.index]
    if not entries or not all(_is_threadable(entry) for entry in entries):
        return None
    if scope.has_await or scope.is_generator or not scope.is_async or _is_shared(file, scope):
        return None
    if _declares_outer_names(file, scope) or _shares_objects(file, scope) or _needs_loop(file, scope):
        return None
    word = _ASYNC.match(file.source.text, scope.start)
    if word is None:
        return None
    framework = entries[0].framework
    return Fix(
        f"write `def {scope.name}`",
        (Edit(Span(word.start(), word.end()), ""),),
        Level.SAFE,
        f"`{scope.name}` awaits nothing, and {_NAMES.get(framework, framework)} runs a plain `def` in a thread",
        claims=(Span(scope.start, scope.end),),
    )


_NAMES = {"fastapi": "FastAPI", "starlette": "Starlette", "litestar": "Litestar"}


def _is_threadable(entry: Entry) -> bool:
    registration = entry.registration
    if registration is None or registration.sync_runner is not Runner.THREAD_POOL or entry.kind not in _THREADABLE:
        return False
    if entry.module.scopes[entry.scope.parent].kind == "class":
        return False
    return all(_registers(decorator, registration.framework, entry) for decorator in entry.scope.decorators)


def _registers(decorator: ir.Expression, framework: str, entry: Entry) -> bool:
    """Whether a decorator is a route's own; any other may await what it wraps."""
    if not isinstance(decorator, ir.Call) or not isinstance(decorator.function, ir.Attribute):
        return False
    return decorator.function.attribute in _ROUTING


_ROUTING = frozenset(("get", "post", "put", "patch", "delete", "head", "options", "trace", "api_route", "route"))


def _is_shared(file: PythonFile, scope: ir.Scope) -> bool:
    """Whether the project calls the function itself, and so awaits what it returns."""
    callers = file.project.evaluator.callers
    return len(callers.calls_of(scope.name)) > _COMMON or bool(callers.of(Function(file.path, scope.index)))


def _declares_outer_names(file: PythonFile, scope: ir.Scope) -> bool:
    """What two threads may change at the same time, one event loop changes one after the other."""
    span = Span(scope.start, scope.end)
    return any(
        isinstance(node, cst.Global | cst.Nonlocal) and span.contains(place) for node, place in file.spans.items()
    )


def _shares_objects(file: PythonFile, scope: ir.Scope) -> bool:
    """Whether it calls methods of the project's own objects from outside: they may rely on being called one after the other."""
    evaluator, frame = file.project.evaluator, file.frame(scope)
    functions = (value for call in scope.calls for value in evaluator.value(call.function, frame))
    receivers = (one.receiver for one in functions if isinstance(one, Function))
    return any(isinstance(one, Object) and not _is_made_in(one.origin, frame) for one in receivers)


def _is_made_in(origin: Origin | None, frame: Frame) -> bool:
    if origin is None or origin.path != frame.module.path:
        return False
    return frame.scope.start <= origin.start < frame.scope.end


def _needs_loop(file: PythonFile, scope: ir.Scope) -> bool:
    """Whether something in a function, or in what it calls, fails in a thread: no loop there, or an object tied to its thread."""
    evaluator = file.project.evaluator
    pending: list[tuple[Module, ir.Scope]] = [(file.facts, scope)]
    seen: set[tuple[object, int]] = set()
    while pending:
        module, current = pending.pop()
        if (module.path, current.index) in seen or len(seen) > _MOST_FUNCTIONS:
            continue
        seen.add((module.path, current.index))
        frame = evaluator.any_call(module, current)
        if any(_fails_in_thread(file, call, frame) for call in current.calls):
            return True
        located = (evaluator.scope_of(callee) for callee, _ in file.project.reach.callees(module, current))
        pending += [each for each in located if each is not None and not each[1].is_async and not each[1].is_generator]
    return False


def _fails_in_thread(file: PythonFile, call: ir.Call, frame: Frame) -> bool:
    evaluator = file.project.evaluator
    for made in evaluator.value(call, frame):
        if isinstance(made, Coroutine) or (isinstance(made, Llama) and made.role is Role.WORKFLOW_HANDLER):
            return True
    functions = evaluator.value(call.function, frame)
    return any(dotted_name(one) in _NEEDS_LOOP or _is_tied(file, one, frame) for one in functions)


def _is_tied(file: PythonFile, function: Value, frame: Frame) -> bool:
    """A blocking call on an object from outside the function that other threads must not use."""
    if not isinstance(function, Bound) or not isinstance(function.receiver, Instance):
        return False
    fact = file.project.knowledge.blocking.call(dotted_name(function))
    if fact is None or fact.thread_safe:
        return False
    return not _is_made_in(function.receiver.origin, frame)


# One call


def _replacement(held: Held) -> Fix | None:
    """The asynchronous function that takes the same arguments."""
    fact, call, file = held.hold.call, held.node, held.file
    if fact is None or not fact.drop_in or not isinstance(call, cst.Call) or not _is_itself(held, fact):
        return None
    needed = Import(fact.replacement_import)
    if not can_await(held.on_loop, call) or not _is_free(file, needed):
        return None
    opening, closing = brackets(file, call)
    head = Edit(_function_span(file, call), f"{opening}await {fact.replacement}")
    return Fix(
        f"await `{fact.replacement}`",
        (head, *_closed(file, call, closing)),
        Level.SAFE,
        "it waits for the same time, and other clients are served meanwhile",
        frozenset((needed,)),
        drops=(f"{file.text(call.func)}()",),
    )


def _is_itself(held: Held, fact: BlockingCall) -> bool:
    known = held.file.expression(held.node)
    if known is None or not isinstance(known[1], ir.Call):
        return False
    values = held.file.project.evaluator.value(known[1].function, held.file.frame(known[0]))
    return {dotted_name(value) for value in values} == {fact.name}


def in_thread(where: OnLoop, call: cst.Call, level: Level, reason: str) -> Fix | None:
    """`f(x)` becomes `await run_in_threadpool(f, x)`."""
    file, how = where.file, threads(where.file.facts)
    if not can_await(where, call) or not _is_free(file, how.run_import) or not _can_hand_over(call):
        return None
    text, start = file.source.text, file.span(call).start
    bracket = _OPENING.match(text, file.span(call.func).end)
    if bracket is None:
        return None
    opening, closing = brackets(file, call)
    line_break = _LINE_BREAK.match(text, bracket.end()) if call.args else None
    comma = "" if not call.args else "," if _ENDS_LINE.match(text, bracket.end()) else ", "
    edits = (
        Edit(Span(start, start), f"{opening}await {how.run}({line_break.group() if line_break else ''}"),
        Edit(Span(_function_span(file, call).end, bracket.end()), comma),
        *_closed(file, call, closing),
    )
    return Fix(f"run it with `{how.run}`", edits, level, reason, frozenset((how.run_import,)))


def _level(held: Held) -> tuple[Level, str]:
    hold = held.hold
    if not hold.is_direct:
        return (
            Level.UNSAFE,
            "the helper then runs in a thread: check that what it shares with other code may be used there",
        )
    if hold.cause is not Cause.LLAMA and hold.call is not None and not hold.call.thread_safe:
        owner = hold.name.rpartition(".")[0]
        return (
            Level.UNSAFE,
            f"the call then runs in another thread, and an object of `{owner}` may be tied to the one that made it",
        )
    return Level.SAFE, "the same call with the same arguments, in a thread"


def _can_hand_over(call: cst.Call) -> bool:
    """Whether the arguments can stand behind another one."""
    if any(argument.keyword is not None and argument.keyword.value == "func" for argument in call.args):
        return False
    return not any(isinstance(argument.value, cst.GeneratorExp) and not argument.value.lpar for argument in call.args)


def _function_span(file: PythonFile, call: cst.Call) -> Span:
    """The function of a call with the parentheses around it."""
    text, start, end = file.source.text, file.span(call).start, file.span(call.func).end
    bracket = _OPENING.match(text, end)
    return Span(start, start + len(text[start : bracket.end() - 1 if bracket else end].rstrip()))


def brackets(file: PythonFile, call: cst.Call) -> tuple[str, str]:
    """The parentheses that `await …` needs where something follows that binds tighter."""
    if call.lpar:
        return "", ""
    for parent in file.spans:
        field = _TIGHTER.get(type(parent))
        if field is not None and getattr(parent, field) is call:
            return "(", ")"
    return "", ""


def _closed(file: PythonFile, call: cst.Call, closing: str) -> Iterator[Edit]:
    end = file.span(call).end
    if closing:
        yield Edit(Span(end, end), closing)


def can_await(where: OnLoop, call: cst.Call) -> bool:
    """Whether `await` may stand there: directly in the body of an `async def`, and not yet behind another one."""
    scope, file = where.scope, where.file
    if scope.kind != "function" or not scope.is_async or not _stands_in_body(file, scope, file.span(call)):
        return False
    return not any(isinstance(node, cst.Await) and node.expression is call for node in file.spans)


def _stands_in_body(file: PythonFile, scope: ir.Scope, span: Span) -> bool:
    """Not in a comprehension, nor in the decorators, defaults and first iterables that belong to another scope's text."""
    inner = (s for s in file.facts.scopes if s.parent == scope.index)
    if any(s.start <= span.start < s.end or _in_decorators(s, span) for s in inner):
        return False
    comprehensions = (cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp, cst.Lambda)
    around = (place for node, place in file.spans.items() if isinstance(node, comprehensions))
    return not any(place.contains(span) and place.start >= scope.start for place in around)


def _in_decorators(scope: ir.Scope, span: Span) -> bool:
    return any(decorator.start <= span.start < decorator.end for decorator in scope.decorators)


def _is_free(file: PythonFile, needed: Import) -> bool:
    """Whether the name that an import binds means nothing else in any scope of the module."""
    for scope in file.facts.scopes:
        for index in scope.by_name.get(needed.binds, ()):
            binding = scope.bindings[index]
            if binding.kind != "import" or binding.level or binding.member != needed.name:
                return False
            if binding.module.partition(".")[0] not in (needed.module.partition(".")[0], "fastapi", "starlette"):
                return False
    return True


# Iteration


def iterated_off_loop(
    where: OnLoop, node: cst.For | cst.CompFor, level: Level = Level.SAFE, reason: str = SAME_TOKENS
) -> Fix | None:
    """`for t in tokens` becomes `async for t in iterate_in_threadpool(tokens)`."""
    file, scope = where.file, where.scope
    needed = threads(file.facts).iterate_import or _of_framework(where)
    if needed is None or scope.kind != "function" or not scope.is_async or not _is_free(file, needed):
        return None
    iterable = file.span(node.iter)
    if isinstance(node, cst.CompFor) and not _in_own_comprehension(file, scope, iterable):
        return None
    start = file.span(node).start
    return Fix(
        "advance the iterator in a thread",
        (
            Edit(Span(start, start), "async "),
            Edit(Span(iterable.start, iterable.start), f"{needed.name}("),
            Edit(Span(iterable.end, iterable.end), ")"),
        ),
        level,
        reason,
        frozenset((needed,)),
    )


def _of_framework(where: OnLoop) -> Import | None:
    """For a module that imports no framework: what the framework has whose route iterates."""
    entry = where.reached.entry
    if entry is None or entry.framework not in _HAVING_CONCURRENCY:
        return None
    return Import(f"{entry.framework}.concurrency", "iterate_in_threadpool")


def _in_own_comprehension(file: PythonFile, scope: ir.Scope, span: Span) -> bool:
    inner = (s for s in file.facts.scopes if s.parent == scope.index)
    return not any(s.start <= span.start < s.end for s in inner)


def next_off_loop(where: OnLoop, call: cst.Call) -> Fix | None:
    """`next(tokens, None)` in a thread; without a default, the end of the stream cannot pass through a thread."""
    if len(call.args) != 2:
        return None
    return in_thread(where, call, Level.SAFE, "the same token, waited for in a thread")
