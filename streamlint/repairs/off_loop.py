"""Take what blocks off the event loop: a plain `def` where the framework runs it in a thread, or a thread for the one call."""

from __future__ import annotations

import re
from collections.abc import Iterator

from streamlint.fix import Edit, Fix, Import, Level
from streamlint.knowledge.blocking import BlockingCall
from streamlint.knowledge.frameworks import Purpose, Runner
from streamlint.model import syntax as ir
from streamlint.repairs.arguments import parted
from streamlint.repairs.given_too_late import stands_for_its_function, with_its_arguments
from streamlint.repairs.mixing import SAME_TOKENS, of_call
from streamlint.repairs.obstacles import iteration_obstacle, obstacle
from streamlint.repairs.threads import threads
from streamlint.repairs.written_back import writes_back
from streamlint.serving import Entry
from streamlint.serving.holders import Holders
from streamlint.sharing import SharedState
from streamlint.sharing.effects import Effects
from streamlint.sharing.tied import Tied
from streamlint.sharing.unfinished import Unfinished
from streamlint.source import Span
from streamlint.tree import nodes as cst
from streamlint.tree.python import PythonFile
from streamlint.values.activations import Frame
from streamlint.values.domain import Function, Generated, Object, Origin, dotted_name
from streamlint.waiting.held import Held, OnLoop
from streamlint.waiting.holds import Cause

_OPENING = re.compile(r"(?:[\s\\)]|#[^\n]*)*\(")
_LINE_BREAK = re.compile(r"[ \t]*\r?\n[ \t]*")
_FOR = re.compile(r"\bfor[\s\\(]+\Z")
_WIDEST = 200
"""Characters between `for` and its target, white space and brackets; behind more, or a comment, nothing is changed."""
_ASYNC = re.compile(r"async\s+")
_THREADABLE = (Purpose.ROUTE, Purpose.DEPENDENCY)
_TIGHTER = {"Attribute": "value", "Subscript": "value", "Call": "func", "Await": "expression"}


def off_loop(file: PythonFile, held: Held, node: cst.CSTNode) -> Fix | None:
    """The preferred repair of what holds the loop; None where there is no place for one, or somebody could see a difference."""
    where = held.on_loop
    if isinstance(held.site, ir.Loop) and isinstance(node, cst.For | cst.CompFor):
        return iterated_off_loop(file, where, held.site, node, *level_of(file, held))
    if isinstance(node, cst.With):
        return plain_function(file, where)
    if not isinstance(node, cst.Call):
        return None
    if stands_for_its_function(file, held):
        return with_its_arguments(file, held, node)
    loop = file.tree.parent(node)
    if isinstance(loop, cst.For) and obstacle(file, held) is None:
        return plain_function(file, where) or made_and_iterated_off_loop(file, where, loop, node, *level_of(file, held))
    if obstacle(file, held) is not None:
        return plain_function(file, where)
    return (
        _replacement(file, held, node)
        or plain_function(file, where)
        or in_thread(file, where, node, *level_of(file, held))
    )


# A plain function


def plain_function(file: PythonFile, where: OnLoop) -> Fix | None:
    """`async def` becomes `def`, for handlers that await nothing and that the framework then runs in a thread."""
    scope = where.scope
    entries = file.entries(scope)
    if not entries or not all(_is_threadable(entry) for entry in entries):
        return None
    if scope.has_await or scope.is_generator or not scope.is_async or _shares_objects(file, scope):
        return None
    project = file.project
    if project.ask(Tied).by(file.facts, scope) or project.ask(SharedState).written_by(file.facts, scope):
        return None
    if project.ask(Holders).others(file.facts, scope) or writes_back(file, scope):
        return None
    word = _ASYNC.match(file.source.text, scope.start)
    if word is None:
        return None
    title = project.knowledge.frameworks.framework(entries[0].framework).title
    return Fix(
        f"write `def {scope.name}`",
        (Edit(Span(word.start(), word.end()), ""),),
        Level.SAFE,
        f"`{scope.name}` awaits nothing, and {title} runs a plain `def` in a thread",
        claims=(Span(scope.start, scope.end),),
    )


def _is_threadable(entry: Entry) -> bool:
    registration = entry.registration
    if registration is None or registration.sync_runner is not Runner.THREAD_POOL or entry.kind not in _THREADABLE:
        return False
    return entry.module.scopes[entry.scope.parent].kind != "class"


def _shares_objects(file: PythonFile, scope: ir.Scope) -> bool:
    """Whether it calls the project's own objects from outside, or methods of them: they may rely on one call after the other."""
    evaluator, frame = file.project.evaluator, file.frame(scope)
    functions = (value for call in scope.calls for value in evaluator.value(call.function, frame))
    receivers = (one.receiver if isinstance(one, Function) else one for one in functions)
    return any(isinstance(one, Object) and not _is_made_in(one.origin, frame) for one in receivers)


def _is_made_in(origin: Origin | None, frame: Frame) -> bool:
    if origin is None or origin.path != frame.module.path:
        return False
    return frame.scope.start <= origin.start < frame.scope.end


# One call


def _replacement(file: PythonFile, held: Held, call: cst.Call) -> Fix | None:
    """The asynchronous function that takes the same arguments."""
    fact = held.hold.call
    if fact is None or not fact.drop_in or not _is_itself(file, held, fact):
        return None
    replacement = threads(file).own(fact.replacement)
    needed = Import(replacement.partition(".")[0] if replacement != fact.replacement else fact.replacement_import)
    if not can_await(file, held.on_loop, call) or not is_free(file, needed):
        return None
    opening, closing = brackets(file, call)
    head = Edit(_function_span(file, call), f"{opening}await {replacement}")
    return Fix(
        f"await `{replacement}`",
        (head, *_closed(file, call, closing)),
        Level.SAFE,
        "it waits for the same time, and other clients are served meanwhile",
        frozenset((needed,)),
        drops=(f"{file.tree.text(call.func)}()",),
    )


def _is_itself(file: PythonFile, held: Held, fact: BlockingCall) -> bool:
    if not isinstance(held.node, ir.Call):
        return False
    values = file.project.evaluator.value(held.node.function, held.frame)
    return {dotted_name(value) for value in values} == {fact.name}


def in_thread(file: PythonFile, where: OnLoop, call: cst.Call, level: Level, reason: str) -> Fix | None:
    """`f(x)` becomes `await run_in_threadpool(f, x)`."""
    return _handed_over(file, call, "await ", level, reason) if can_await(file, where, call) else None


def awaited_in_thread(file: PythonFile, call: cst.Call, level: Level, reason: str) -> Fix | None:
    """`await f(x)`, where nothing can be awaited, becomes `await run_in_threadpool(f, x)`."""
    return _handed_over(file, call, "", level, reason)


def _handed_over(file: PythonFile, call: cst.Call, word: str, level: Level, reason: str) -> Fix | None:
    how = threads(file)
    if not is_free(file, how.run_import) or not _can_hand_over(call):
        return None
    if how.is_positional and any(argument.keyword is not None or argument.star == "**" for argument in call.args):
        return None
    text, start = file.source.text, file.tree.span(call).start
    bracket = _OPENING.match(text, file.tree.span(call.func).end)
    if bracket is None:
        return None
    opening, closing = brackets(file, call) if word else ("", "")
    line_break = _LINE_BREAK.match(text, bracket.end()) if call.args else None
    edits = (
        Edit(Span(start, start), f"{opening}{word}{how.run}({line_break.group() if line_break else ''}"),
        *parted(file, call, Span(_function_span(file, call).end, bracket.end()), is_broken=line_break is not None),
        *_closed(file, call, closing),
    )
    return Fix(f"run it with `{how.run}`", edits, level, reason, frozenset((how.run_import,)))


def level_of(file: PythonFile, held: Held) -> tuple[Level, str]:
    """What it promises to do in a thread what holds the loop, and why."""
    hold = held.hold
    if isinstance(held.node, ir.Call) and (mixing := of_call(file, held.scope, held.node, ""))[0] is Level.UNSAFE:
        return mixing
    if not hold.is_direct:
        if isinstance(held.node, ir.Call) and _may_run_anywhere(file, held, held.node):
            return Level.SAFE, "the same helper with the same arguments, in a thread: it keeps and shares nothing"
        if isinstance(held.site, ir.Loop) and _may_step_anywhere(file, held):
            return Level.SAFE, "the same items in the same order; the generator keeps and shares nothing"
        return Level.UNSAFE, "the helper then runs in a thread: check what it shares with other code"
    if hold.cause is not Cause.LLAMA and hold.call is not None and not hold.call.thread_safe:
        owner = hold.name.rpartition(".")[0]
        return (
            Level.UNSAFE,
            f"the call then runs in another thread, and an object of `{owner}` may be tied to the one that made it",
        )
    if isinstance(held.node, ir.Call) and _gives_connection(file, held.node, held):
        return Level.UNSAFE, "the connection is then made in another thread than the one that goes on with it"
    return Level.SAFE, "the same call with the same arguments, in a thread"


def _may_run_anywhere(file: PythonFile, held: Held, call: ir.Call) -> bool:
    """Whether all that a helper does is known, and any number of threads may do it at once."""
    evaluator, effects = file.project.evaluator, file.project.ask(Effects)
    values = evaluator.value(call.function, held.frame)
    located = [evaluator.scope_of(value) if isinstance(value, Function) else None for value in values]
    plain = [one for one in located if one is not None and not one[1].is_generator and not one[1].is_async]
    return bool(plain) and len(plain) == len(located) and not any(effects.of(*one, in_thread=True) for one in plain)


def _may_step_anywhere(file: PythonFile, held: Held) -> bool:
    """Whether a loop runs over generators of the project that only compute, so that each step may be done in any thread."""
    evaluator, effects = file.project.evaluator, file.project.ask(Effects)
    values = evaluator.value(held.node, held.frame)
    located = [evaluator.scope_of(one.function) for one in values if isinstance(one, Generated) and not one.is_async]
    known = [one for one in located if one is not None]
    return bool(known) and len(known) == len(values) and not any(effects.of(*one, in_thread=True) for one in known)


def _gives_connection(file: PythonFile, call: ir.Call, held: Held) -> bool:
    """Whether a call gives what talks to a database, and somebody goes on with it."""
    fact = held.hold.call
    if fact is None or fact.category != "database" or held.scope.stands_alone(call):
        return False
    return file.project.ask(Unfinished).gives_one_at_a_time(call, file.frame(held.scope))


def _can_hand_over(call: cst.Call) -> bool:
    """Whether the arguments can stand behind another one; the end of an iterator cannot pass through a thread."""
    if isinstance(call.func, cst.Name) and call.func.value == "next" and len(call.args) < 2:
        return False
    if any(argument.keyword is not None and argument.keyword.value == "func" for argument in call.args):
        return False
    return not any(isinstance(argument.value, cst.GeneratorExp) and not argument.value.lpar for argument in call.args)


def _function_span(file: PythonFile, call: cst.Call) -> Span:
    """The function of a call with the parentheses around it."""
    text, start, end = file.source.text, file.tree.span(call).start, file.tree.span(call.func).end
    bracket = _OPENING.match(text, end)
    return Span(start, start + len(text[start : bracket.end() - 1 if bracket else end].rstrip()))


def brackets(file: PythonFile, call: cst.Call) -> tuple[str, str]:
    """The parentheses that `await …` needs where something follows that binds tighter."""
    if call.lpar:
        return "", ""
    parent = file.tree.parent(call)
    field = _TIGHTER.get(type(parent).__name__) if parent is not None else None
    return ("(", ")") if field is not None and getattr(parent, field) is call else ("", "")


def _closed(file: PythonFile, call: cst.Call, closing: str) -> Iterator[Edit]:
    end = file.tree.span(call).end
    if closing:
        yield Edit(Span(end, end), closing)


def can_await(file: PythonFile, where: OnLoop, call: cst.Call) -> bool:
    """Whether `await` may stand there: directly in the body of an `async def`, and not yet behind another one."""
    scope = where.scope
    if scope.kind != "function" or not scope.is_async or not stands_in_body(file, scope, file.tree.span(call)):
        return False
    return not isinstance(file.tree.parent(call), cst.Await)


def stands_in_body(file: PythonFile, scope: ir.Scope, span: Span) -> bool:
    """Not in a comprehension, nor in the decorators, defaults and first iterables that belong to another scope's text."""
    inner = (s for s in file.facts.scopes if s.parent == scope.index)
    if any(s.start <= span.start < s.end or _in_decorators(s, span) for s in inner):
        return False
    comprehensions = (cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp, cst.Lambda)
    around = file.tree.within(Span(scope.start, span.start + 1), *comprehensions)
    return not any(place.contains(span) and place != span for _, place in around)


def _in_decorators(scope: ir.Scope, span: Span) -> bool:
    return any(decorator.start <= span.start < decorator.end for decorator in scope.decorators)


def is_free(file: PythonFile, needed: Import) -> bool:
    """Whether the name that an import binds means nothing else in any scope of the module."""
    packages = {known.package for known in file.project.knowledge.off_loop.thread_functions}
    for scope in file.facts.scopes:
        for index in scope.by_name.get(needed.binds, ()):
            binding = scope.bindings[index]
            if binding.kind != "import" or binding.level or binding.member != needed.name:
                return False
            if binding.module.partition(".")[0] not in {needed.module.partition(".")[0], *packages}:
                return False
    return True


# Iteration


def iterated_off_loop(
    file: PythonFile,
    where: OnLoop,
    loop: ir.Loop,
    node: cst.For | cst.CompFor,
    level: Level = Level.SAFE,
    reason: str = SAME_TOKENS,
) -> Fix | None:
    """`for t in tokens` becomes `async for t in iterate_in_threadpool(tokens)`."""
    scope = where.scope
    needed = _iterating(file, where)
    if needed is None or iteration_obstacle(file, where, loop) is not None:
        return None
    iterable = file.tree.span(node.iter)
    if isinstance(node, cst.CompFor) and not _in_own_comprehension(file, scope, iterable):
        return None
    start = _word_of(file, node)
    if start is None:
        return None
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


def _word_of(file: PythonFile, node: cst.For | cst.CompFor) -> int | None:
    """Where `for` stands; libcst does not say it of a comprehension."""
    if isinstance(node, cst.For):
        return file.tree.span(node).start
    target = file.tree.span(node.target).start
    word = _FOR.search(file.source.text, max(0, target - _WIDEST), target)
    return word.start() if word is not None else None


def made_and_iterated_off_loop(
    file: PythonFile, where: OnLoop, loop: cst.For, call: cst.Call, level: Level, reason: str
) -> Fix | None:
    """`for t in f(x)` becomes `async for t in iterate_in_threadpool(await run_in_threadpool(f, x))`: both may wait."""
    needed, made = _iterating(file, where), in_thread(file, where, call, level, reason)
    if needed is None or made is None or loop.asynchronous is not None or call.lpar:
        return None
    start, span = file.tree.span(loop).start, file.tree.span(call)
    head, *rest = made.edits
    return Fix(
        "make the iterator and advance it in a thread",
        (
            Edit(Span(start, start), "async "),
            Edit(head.span, f"{needed.name}({head.text}"),
            *rest,
            Edit(Span(span.end, span.end), ")"),
        ),
        level,
        f"{SAME_TOKENS}, and so is the first" if level is Level.SAFE else reason,
        frozenset((*made.imports, needed)),
    )


def _iterating(file: PythonFile, where: OnLoop) -> Import | None:
    """What advances an iterator in a thread, where that can be written."""
    needed = threads(file).iterate_import or _of_framework(file, where)
    if needed is None or where.scope.kind != "function" or not where.scope.is_async:
        return None
    return needed if is_free(file, needed) else None


def _of_framework(file: PythonFile, where: OnLoop) -> Import | None:
    """For a module that imports no framework: what the framework has whose route iterates."""
    entry = where.reached.entry
    functions = file.project.knowledge.off_loop.thread_functions
    known = next((one for one in functions if entry is not None and one.package == entry.framework), None)
    return Import(known.module, known.iterate) if known is not None else None


def _in_own_comprehension(file: PythonFile, scope: ir.Scope, span: Span) -> bool:
    inner = (s for s in file.facts.scopes if s.parent == scope.index)
    return not any(s.start <= span.start < s.end for s in inner)


def next_off_loop(file: PythonFile, where: OnLoop, call: cst.Call) -> Fix | None:
    """`next(tokens, None)` in a thread; without a default, the end of the stream cannot pass through a thread."""
    if len(call.args) != 2:
        return None
    return in_thread(file, where, call, Level.SAFE, "the same token, waited for in a thread")
