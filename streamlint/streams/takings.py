"""Where a function takes the tokens of a stream: loops, calls and expressions, its own and those of its helpers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from streamlint.knowledge.llama_index import Role
from streamlint.knowledge.off_loop import Where
from streamlint.knowledge.token_streams import TEXT
from streamlint.model import syntax as ir
from streamlint.model.branches import branch_of
from streamlint.running.never import Never
from streamlint.streams.called_back import run_by_thread
from streamlint.streams.drained import Drain, How, names_in
from streamlint.streams.gathered import Gathered, Turns
from streamlint.streams.helped_takings import HelpedTakings
from streamlint.streams.run_texts import RunTexts
from streamlint.streams.runners import Runners
from streamlint.streams.stepped import Stepped, Steps
from streamlint.streams.whereabouts import Whereabouts
from streamlint.values.activations import Frame
from streamlint.values.domain import (
    Bound,
    External,
    Function,
    Instance,
    Llama,
    Object,
    Token,
    Tokens,
    Value,
)
from streamlint.values.llama import STREAM_ROLES
from streamlint.values.said import last_word

if TYPE_CHECKING:
    from streamlint.project import Project

_FEW = 64
"""So many functions are searched sooner than it is found out where tokens may be."""
_TAKING = ("list", "tuple", "set", "frozenset", "sorted", "sum", "max", "min", "dict")
COLLECTORS = {f"builtins.{name}": 0 for name in _TAKING} | {"collections.deque": 0, "functools.reduce": 1}
"""What takes all items of an argument, by its position."""


class Takings(HelpedTakings):
    """Finds what takes tokens; a function's own takings are found once per frame."""

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self.gathered = project.ask(Gathered)
        self._never, self._runners = project.ask(Never), project.ask(Runners)
        self._run_texts = project.ask(RunTexts)
        self._steps, self._results = project.ask(Steps), project.evaluator.calls.llama.runs
        self.whereabouts = project.ask(Whereabouts)
        self._searched: set[ir.Scope] = set()
        self._without_call: dict[ir.Scope, tuple[ir.FormattedString | ir.Sequence, ...]] = {}

    def in_frame(self, frame: Frame) -> tuple[Drain, ...]:
        """Every drain directly in a function, and those in the helpers that it hands a stream to."""
        if not self.whereabouts.are_any:
            return ()
        self._searched.add(frame.scope)
        if len(self._searched) > _FEW and not self.whereabouts.may_take(frame):
            return ()
        return self.evaluator.solver.ask(("takings", frame), lambda: tuple(self._taken(frame)), (), ())

    def _taken(self, frame: Frame) -> Iterator[Drain]:
        """The drains that a call comes to with its arguments: of `if live: return tokens` not the one behind it."""
        return (drain for drain in self.found(frame) if not self._never.passes_by(drain, frame))

    def found(self, frame: Frame) -> Iterator[Drain]:
        """Every drain in the text of a function, whether tokens are seen to come to it or not, and whether a call comes to it."""
        scope = frame.scope
        for loop in scope.loops:
            drain = self._of_loop(loop, frame)
            if drain is not None:
                yield drain
        for stepped in self._steps.of(frame):
            drain = self._of_step(stepped, frame)
            if drain is not None:
                yield drain
        for call in scope.calls:
            drain = self._of_call(call, frame)
            if drain is not None:
                yield self.with_names(drain, frame)
        for expression in self._texts_and_unpackings(scope):
            drain = self._of_expression(expression, frame)
            if drain is not None:
                yield self.with_names(drain, frame)

    def _texts_and_unpackings(self, scope: ir.Scope) -> tuple[ir.FormattedString | ir.Sequence, ...]:
        """The expressions of a scope that may take tokens without a call; looked for once, however often it is called."""
        known = self._without_call.get(scope)
        if known is None:
            known = self._without_call[scope] = tuple(
                one
                for one in scope.expressions()
                if isinstance(one, ir.FormattedString)
                or (isinstance(one, ir.Sequence) and any(isinstance(item, ir.Starred) for item in one.items))
            )
        return known

    def _of_loop(self, loop: ir.Loop, frame: Frame) -> Drain | None:
        tokens = self.evaluator.tokens(self.evaluator.iterated(loop, frame))
        if tokens is None or (tokens.is_async is not None and tokens.is_async != loop.is_async):
            return None
        if not self._run_texts.are_read(tokens, loop, frame):
            return None
        if loop.body_start < 0:
            return self._of_comprehension(loop, tokens, frame)
        kept = self.gathered.of(Turns.of_loop(loop, frame.scope), frame)
        if kept is None:
            return None
        end = loop.iterable.end
        return Drain(
            How.LOOP, loop.start, end, tokens, None, loop.iterable, loop.branch, kept, loop, None, loop.is_async
        )

    def _of_comprehension(self, loop: ir.Loop, tokens: Tokens, frame: Frame) -> Drain | None:
        scope = frame.scope
        if scope.kind == "generator-expression":
            return None
        for expression in scope.expressions():
            if isinstance(expression, ir.Comprehension) and loop in expression.loops:
                drain = Drain(
                    How.COMPREHENSION,
                    expression.start,
                    expression.end,
                    tokens,
                    None,
                    loop.iterable,
                    loop.branch,
                    loop=loop,
                    is_async=loop.is_async,
                )
                return self.with_names(drain, frame)
        return None

    def _of_step(self, stepped: Stepped, frame: Frame) -> Drain | None:
        """A loop that asks for the next token until there is none."""
        tokens = self.evaluator.tokens(self.evaluator.value(stepped.source, frame)) or self._queued(stepped, frame)
        if tokens is None or tokens.items == "event":
            return None
        kept, call = self.gathered.of(Turns.of_steps(stepped, frame.scope), frame), stepped.call
        if kept is None:
            return None
        is_async = tokens.is_async is True
        return Drain(
            How.STEPS, call.start, call.end, tokens, None, stepped.source, call.branch, kept, is_async=is_async
        )

    def _queued(self, stepped: Stepped, frame: Frame) -> Tokens | None:
        """The tokens that somebody else puts into a queue, one for each step."""
        for one in self.evaluator.value(stepped.call, frame):
            if isinstance(one, Token) and one.items == TEXT:
                return Tokens(stepped.call.end in frame.scope.awaited, TEXT, one.origin)
        return None

    def _of_call(self, call: ir.Call, frame: Frame) -> Drain | None:
        if self.answers.is_join(call):
            return self._taking(How.JOIN, call, call.arguments[0], call.branch, frame)
        filled = self.gathered.filled(call, frame)
        if filled is not None:
            drain = self._taking(How.FILLED, call, call.arguments[0], call.branch, frame)
            return replace(drain, kept=frozenset((filled,))) if drain is not None else None
        for value in self.evaluator.value(call.function, frame):
            found = self._by_callee(value, call, frame)
            if found is not None:
                return found
        return self._of_steps(call, frame) or self._by_thread(call, frame) or self._run(call, frame)

    def _by_thread(self, call: ir.Call, frame: Frame) -> Drain | None:
        """A thread that this call waits for, whose function takes all tokens: `worker.join()`."""
        run = run_by_thread(self.evaluator, call, frame)
        return self._made_to_run(run, call, frame) if run is not None else None

    def _of_steps(self, call: ir.Call, frame: Frame) -> Drain | None:
        """A run of a workflow that is awaited, where a step takes all tokens and gives back the text: `await flow.run(q=q)`."""
        if call.end not in frame.scope.awaited or last_word(call.function) != "run":
            return None
        for module, scope, given in self._results.given(self.evaluator.origin(call, frame)):
            step = self.evaluator.any_call(module, scope)
            for drain in self.in_frame(step):
                if given.contains(drain) or names_in(given) & self.derived(drain, step, as_text=True):
                    return self._as_called(drain, call, frame, step, frozenset())
        return None

    def _run(self, call: ir.Call, frame: Frame) -> Drain | None:
        """A coroutine that is run to its end, and takes all tokens: `asyncio.run(collect(q))`, `await gather(collect(q), ...)`."""
        is_awaited = call.end in frame.scope.awaited
        in_a_thread = is_awaited and last_word(call.function) in self._thread_words
        if not in_a_thread and not any(
            isinstance(part, ir.Call) for part in call.children() if part is not call.function
        ):
            return None
        row = self.evaluator.calls.moving(call, frame)
        made = call.argument(row.position, row.keyword or None) if row is not None else None
        if row is None:
            return self._made_to_run(self._runners.given(call, frame), call, frame)
        if in_a_thread and row.where is Where.THREAD:
            made = self._in_a_thread(made, call, frame)
        elif row.where is Where.TASK and not is_awaited:
            return self._of_task(made, call, frame)
        elif row.where not in (Where.OWN_LOOP, Where.TASK):
            return None
        if row.variadic:
            return next(filter(None, (self._made_to_run(one, one, frame) for one in call.arguments)), None)
        return self._made_to_run(made, call, frame)

    def _made_to_run(self, made: ir.Expression | None, at: ir.Expression, frame: Frame) -> Drain | None:
        if not isinstance(made, ir.Call):
            return None
        for value in self.evaluator.value(made.function, frame):
            found = self._through_helper(value, made, frame) if isinstance(value, Function) else None
            if found is not None:
                return replace(found, start=at.start, end=at.end, source=at, branch=made.branch)
        return None

    def _of_task(self, made: ir.Expression | None, call: ir.Call, frame: Frame) -> Drain | None:
        """A task that is awaited by its name before anybody reads what it fills: `task = create_task(fill(queue))`."""
        names = {one.name for one in frame.scope.bindings if one.value is call}
        waits = (one for one in frame.scope.expressions() if isinstance(one, ir.Await) and one.start > call.end)
        at = next((one for one in waits if isinstance(one.value, ir.Name) and one.value.id in names), None)
        found = self._made_to_run(made, at, frame) if at is not None else None
        if found is None or at is None:
            return None
        before = (one for one in frame.scope.names if one.start < at.start and not call.contains(one))
        return None if any(one.id in found.kept for one in before) else found

    @cached_property
    def _thread_words(self) -> frozenset[str]:
        return self.evaluator.knowledge.off_loop.words_of(Where.THREAD)

    def _in_a_thread(self, given: ir.Expression | None, call: ir.Call, frame: Frame) -> ir.Call | None:
        """The call of a helper that a thread makes: `collect(tokens)` of `await to_thread(collect, tokens)`."""
        handed = self.evaluator.calls.handed(call, frame)
        if given is None or handed is None or isinstance(given, ir.Call):
            return None
        return ir.Call(call.start, call.end, given, handed[1], handed[2], call.branch)

    def _by_callee(self, value: Value, call: ir.Call, frame: Frame) -> Drain | None:
        match value:
            case External():
                position = COLLECTORS.get(value.name, len(call.arguments))
                if position < len(call.arguments):
                    return self._taking(How.CALL, call, call.arguments[position], call.branch, frame)
                if value.name == "builtins.str" and call.arguments:
                    return self._as_text(call, call.arguments[0], call.branch, frame)
            case Bound(receiver=Llama() as stream):
                if value.name in self.evaluator.knowledge.llama.draining(stream.role) and isinstance(
                    call.function, ir.Attribute
                ):
                    source = call.function.base
                    return Drain(
                        How.METHOD,
                        call.start,
                        call.end,
                        None,
                        stream,
                        source,
                        call.branch,
                        is_async=stream.role is Role.ASYNC_STREAM,
                    )
            case Bound(receiver=Instance() as held):
                return self._of_entered(held, value.name, call, frame)
            case Function():
                meant = self.evaluator.calls.meant(value, call, frame)
                return next(filter(None, (self._in_helper(one, call, frame) for one in meant)), None)
        return None

    def _of_entered(self, held: Instance, method: str, call: ir.Call, frame: Frame) -> Drain | None:
        """`stream.get_final_text()`, unless a loop has the tokens: then this only asks what they came to."""
        row = self.evaluator.knowledge.token_streams.managed(held.name)
        tokens = self.evaluator.calls.streams.managed(held)
        if row is None or tokens is None or method not in row.taken_by or not isinstance(call.function, ir.Attribute):
            return None
        looped = (self.evaluator.tokens(self.evaluator.iterated(loop, frame)) for loop in frame.scope.loops)
        if any(one is not None and one.origin == held.origin for one in looped):
            return None
        source = call.function.base
        return Drain(How.METHOD, call.start, call.end, tokens, None, source, call.branch, is_async=row.is_async)

    def _taking(self, how: How, call: ir.Call, argument: ir.Expression, branch: int, frame: Frame) -> Drain | None:
        values = self.evaluator.value(argument, frame)
        tokens = self.evaluator.tokens(values)
        if tokens is None or tokens.is_async is True or tokens.items == "event":
            return None
        return Drain(how, call.start, call.end, tokens, None, argument, branch)

    def _as_text(self, at: ir.Expression, argument: ir.Expression, branch: int, frame: Frame) -> Drain | None:
        for value in self.evaluator.value(argument, frame):
            if isinstance(value, Llama) and value.role in STREAM_ROLES:
                return Drain(How.TEXT, at.start, at.end, None, value, argument, branch)
            method = self.evaluator.attributes.method(value, "__str__") if isinstance(value, Object) else None
            if method is not None:
                asked = ir.Call(at.start, at.end, argument, (), (), branch)
                return self._through_helper(replace(method, receiver=value), asked, frame)
        return None

    def _of_expression(self, expression: ir.FormattedString | ir.Sequence, frame: Frame) -> Drain | None:
        if isinstance(expression, ir.FormattedString):
            shown = (part for n, part in enumerate(expression.values) if n not in expression.described)
            texts = (self._as_text(expression, part, -1, frame) for part in shown)
            found = next((one for one in texts if one is not None), None)
        else:
            starred = (item for item in expression.items if isinstance(item, ir.Starred))
            unpacked = (self._unpacked(expression, item, frame) for item in starred)
            found = next((one for one in unpacked if one is not None), None)
        return replace(found, branch=branch_of(expression, frame.scope)) if found is not None else None

    def _unpacked(self, at: ir.Sequence, item: ir.Starred, frame: Frame) -> Drain | None:
        tokens = self.evaluator.tokens(self.evaluator.value(item.value, frame))
        if tokens is None or tokens.is_async is True:
            return None
        return Drain(How.UNPACKED, at.start, at.end, tokens, None, item.value, -1)
