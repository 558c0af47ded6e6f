"""What goes on after the client has left: runs of workflows, tasks and threads that take tokens from a model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain
from typing import TYPE_CHECKING

from streamlint.knowledge.llama_index import Role
from streamlint.knowledge.off_loop import Where
from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.streams import started as kept
from streamlint.streams.called_back import CalledBack
from streamlint.streams.gathered import own_object
from streamlint.streams.sockets import is_left, sends_in
from streamlint.streams.workflows import Workflows
from streamlint.values import Values
from streamlint.values.activations import Frame
from streamlint.values.domain import Class, Coroutine, Function, Llama, Object
from streamlint.values.said import last_word

if TYPE_CHECKING:
    from streamlint.project import Project


class Fault(StrEnum):
    """What runs on."""

    RUN = "run"
    TASK = "task"
    THREAD = "thread"
    GENERATION = "generation"
    """A thread that runs a model which fills a stream, or calls back with each token."""
    BRIDGE = "bridge"
    """A thread that hands tokens over to the event loop as it must."""


@dataclass(frozen=True)
class RunsOn:
    """Something that nobody ends: the call or the loop at which it is seen, and the local name that it has.

    Of a task or a thread, `scope` is where it is started, and `function` what it runs, where that could be stopped.
    Of a run, `scope` is the function that reads its events, where that is a task's.
    """

    what: Fault
    place: ir.Expression
    name: str | None
    loop: ir.Loop | None = None
    scope: ir.Scope | None = None
    function: ir.Scope | None = None


class Runs:
    """Looks at one function, mostly a generator, and at the functions around it."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self.workflows = project.ask(Workflows)
        self._called_back = project.ask(CalledBack)
        off_loop, names = project.knowledge.off_loop, project.knowledge.names
        self._tasks, self._threads = off_loop.outliving(Where.TASK), off_loop.outliving(Where.THREAD)
        self._ends = names("disconnects", "ends") | names("llama_index_words", "run-ends")
        self._harmless = names("llama_index_words", "handler-attributes")
        self._handed = names("disconnects", "handed")
        self._model_runs = names("disconnects", "runs")

    def of(self, frame: Frame) -> Iterator[RunsOn]:
        """What a generator starts, or reads from, and does not end; nothing where something near it is cancelled at all."""
        functions = list(kept.around(frame.module, frame.scope))
        if any(self._ends_something(frame.module, scope) for scope in functions):
            yield from self._left_by_tasks(functions, frame)
            return
        for loop in frame.scope.loops:
            if (found := self._run(loop, frame)) is not None:
                yield found
        handed = self._tasks_that_hand_over(functions, frame)
        for scope in functions:
            inner = frame if scope is frame.scope else self.evaluator.any_call(frame.module, scope)
            for call in scope.calls:
                yield from self._started(call, inner) if call not in handed else self._handing_over(call, inner)
        yield from self._of_owner(frame)

    def of_socket(self, frame: Frame) -> Iterator[RunsOn]:
        """The runs that a function has begun or was given, whose events it sends to a WebSocket, and that it does not end."""
        if not any(self._ends_something(frame.module, scope) for scope in kept.around(frame.module, frame.scope)):
            own = {one.name for one in frame.scope.bindings}
            sending = (loop for loop in frame.scope.loops if sends_in(loop, frame.scope) and not is_left(loop))
            found = (run for loop in sending if (run := self._run(loop, frame)) is not None)
            yield from (run for run in found if run.name is None or run.name in own)

    def _tasks_that_hand_over(self, functions: Sequence[ir.Scope], frame: Frame) -> tuple[ir.Call, ...]:
        """The one task beside a loop over what callbacks are handed, which is the run that hands it over."""
        if not any(self._is_handed(loop, frame) for loop in frame.scope.loops):
            return ()
        started = [call for call, _ in self._tasks_of(functions, frame)]
        return tuple(started) if len(started) == 1 else ()

    def _tasks_of(self, functions: Sequence[ir.Scope], frame: Frame) -> list[tuple[ir.Call, Frame]]:
        """The calls in some functions that start tasks, each with the frame of its function."""
        frames = [frame if one is frame.scope else self.evaluator.any_call(frame.module, one) for one in functions]
        return [
            (c, one) for one in frames for c in one.scope.calls if self._tasks & self.evaluator.names(c.function, one)
        ]

    def _is_handed(self, loop: ir.Loop, frame: Frame) -> bool:
        function = loop.iterable.function if isinstance(loop.iterable, ir.Call) else None
        is_named = isinstance(function, ir.Attribute) and function.attribute in self._handed
        return is_named and self.evaluator.tokens(self.evaluator.iterated(loop, frame)) is not None

    def _handing_over(self, call: ir.Call, frame: Frame) -> Iterator[RunsOn]:
        if self._is_kept_here(call, frame):
            name = next((one.name for one in frame.scope.bindings if one.value is call), None)
            yield RunsOn(Fault.TASK, call, name, None, frame.scope)

    def _ends_something(self, module: Module, scope: ir.Scope) -> bool:
        inner = (one for one in module.scopes if scope.contains(one))
        return any(attribute.attribute in self._ends for one in inner for attribute in one.attributes) or any(
            name.id in self._ends for name in scope.names
        )

    # Workflows

    def _left_by_tasks(self, functions: Sequence[ir.Scope], frame: Frame) -> Iterator[RunsOn]:
        """The runs whose events a task reads: `task.cancel()` ends the task alone."""
        started = self._tasks_of(functions, frame)
        tasks = {binding.name for call, one in started for binding in one.scope.bindings if binding.value is call}
        for call, one in started:
            for value in self.evaluator.value(call.arguments[0], one) if call.arguments else ():
                function = value.function if isinstance(value, Coroutine) else value
                located = self.evaluator.scope_of(function) if isinstance(function, Function) else None
                if located is None or located[0] is not frame.module or self._ends_something(*located):
                    continue
                if all(kept.only_cancels(inner, tasks, self._ends) for inner in functions):
                    runs = (self._run(loop, self.evaluator.any_call(*located)) for loop in located[1].loops)
                    yield from (replace(run, scope=located[1]) for run in runs if run is not None)

    def _run(self, loop: ir.Loop, frame: Frame) -> RunsOn | None:
        iterable = loop.iterable
        if not loop.is_async or loop.body_start < 0 or not isinstance(iterable, ir.Call):
            return None
        function = iterable.function
        if not isinstance(function, ir.Attribute) or not self._is_run(loop, frame):
            return None
        if isinstance(function.base, ir.Call):
            return RunsOn(Fault.RUN, iterable, None, loop)
        if isinstance(function.base, ir.Attribute) and self._is_of_own_object(function.base, frame):
            return RunsOn(Fault.RUN, iterable, ir.dotted(function.base))
        if not isinstance(function.base, ir.Name):
            return None
        if not self.workflows.is_alone(function.base, frame.module, frame.scope):
            return None
        for use in frame.module.uses.of(function.base, frame.scope):
            harmless = isinstance(use.parent, ir.Attribute) and use.parent.attribute in self._harmless
            if not harmless and not isinstance(use.parent, ir.Await):
                return None
        if any(one.loop is loop and one.waits_before is not None for one in self.workflows.ignored_results(frame)):
            return None  # the run has ended before its events are read
        return RunsOn(Fault.RUN, iterable, function.base.id, loop)

    def _is_of_own_object(self, held: ir.Attribute, frame: Frame) -> bool:
        """Whether a method reads a run that its object keeps, where each request makes one, and nothing of its class ends it."""
        owner = frame.module.scopes[max(frame.scope.parent, 0)]
        is_own = owner.kind == "class" and ir.dotted(held.base) == own_object(frame.module, frame.scope)
        if not is_own or self._ends_something(frame.module, owner):
            return False
        inside = (one for scope in frame.module.scopes if owner.contains(scope) for one in scope.attributes)
        known = self._harmless | {"stream_events"}
        parents = [frame.module.uses.parent(one) for one in inside if ir.dotted(one) == ir.dotted(held)]
        is_alone = all(isinstance(one, ir.Await) or getattr(one, "attribute", "") in known for one in parents)
        return is_alone and self._is_made_each_time(Class(frame.module.path, owner.index))

    def _is_run(self, loop: ir.Loop, frame: Frame) -> bool:
        tokens = self.evaluator.tokens(self.evaluator.iterated(loop, frame))
        return tokens is not None and tokens.items == "event" and tokens.owner is Role.WORKFLOW_HANDLER

    # Tasks and threads

    def _started(self, call: ir.Call, frame: Frame) -> Iterator[RunsOn]:
        begun = self._begun(call, frame)
        if begun is not None and self._is_kept_here(call, frame):
            name = next((one.name for one in frame.scope.bindings if one.value is call), None)
            yield RunsOn(begun[0], call, name, None, frame.scope, self._stoppable(begun[1], frame))
        elif begun is None and (self._is_kept_here(call, frame) or kept.names_of(call, frame.scope)):
            found = chain(self._by_helpers(call, frame), self._by_constructor(call, frame))
            what = next(found, None)
            if what is not None:
                yield RunsOn(what, call, None, None, frame.scope)

    def _begun(self, call: ir.Call, frame: Frame) -> tuple[Fault, Values] | None:
        """The task or thread that a call starts, and what that runs, where it runs a model to its end."""
        names = self.evaluator.names(call.function, frame)
        target = call.argument(1, "target")
        if names & self._tasks and call.arguments:
            what, run = Fault.TASK, self.evaluator.value(call.arguments[0], frame)
        elif names & self._threads and target is not None:
            run = self.evaluator.value(target, frame)
            if self._called_back.is_run_by(call, frame):
                return Fault.GENERATION, run
            what = Fault.BRIDGE if self._hands_over(run) else Fault.THREAD
        else:
            return None
        is_run = self._runs_model(run, what is Fault.TASK) or (what is Fault.TASK and self._calls_back(call, frame))
        is_run = is_run or (what is Fault.TASK and kept.is_waited_for(call, frame.scope) and self._asks_model(run))
        return (what, run) if run and is_run else None

    def _asks_model(self, run: Values) -> bool:
        """Whether one of these functions awaits the run of a model, or takes what it gives step by step."""
        for value in run:
            function = value.function if isinstance(value, Coroutine) else value
            located = self.evaluator.scope_of(function) if isinstance(function, Function) else None
            if located is None or not located[1].is_async or self._ends_something(*located):
                continue
            inner = self.evaluator.any_call(*located)
            taken = {loop.iterable.end for loop in located[1].loops if loop.is_async} | set(located[1].awaited)
            waited = (call.function for call in located[1].calls if call.end in taken)
            if any(self.evaluator.names(function, inner) & self._model_runs for function in waited):
                return True
        return False

    def _calls_back(self, call: ir.Call, frame: Frame) -> bool:
        """Whether a task runs a model that calls back with each token: `create_task(llm.ainvoke(question))`."""
        inside = (part for one in call.arguments[:1] for part in ir.walk(one) if isinstance(part, ir.Call))
        return any(self._called_back.filled(part, frame) for part in inside)

    def _by_helpers(self, call: ir.Call, frame: Frame) -> Iterator[Fault]:
        """What a function of the project starts for its caller: it is dropped there, or given back."""
        for value in self.evaluator.value(call.function, frame):
            located = self.evaluator.scope_of(value) if isinstance(value, Function) else None
            if not isinstance(value, Function) or located is None or located[1].is_generator:
                continue
            if self._ends_something(*located) or not self._may_start(located[1]):
                continue
            inner = self.evaluator.calls.running(value, call, frame)
            for started in inner.scope.calls:
                begun = self._begun(started, inner)
                if begun is None:
                    continue
                is_given_back = any(item.value is started for item in inner.scope.returns)
                if (
                    is_given_back
                    or self._is_unpacked(started, inner, call, frame)
                    or self._is_kept_here(started, inner)
                    or self._is_on_own(started, inner, call, frame)
                ):
                    yield begun[0]

    def _by_constructor(self, call: ir.Call, frame: Frame) -> Iterator[Fault]:
        """What the constructor of an object starts and keeps on it, where nothing of its class ends it."""
        for value in self.evaluator.value(call.function, frame):
            method = self.evaluator.attributes.method(value, "__init__") if isinstance(value, Class) else None
            owner = self.evaluator.scope_of(value) if isinstance(value, Class) else None
            if method is not None and owner is not None and not self._ends_something(*owner):
                bound = replace(method, receiver=Object(owner[0].path, owner[1].index))
                inner = self.evaluator.calls.running(bound, call, frame)
                yield from (what for what, _ in self._kept_on_own(inner))

    def _kept_on_own(self, inner: Frame) -> Iterator[tuple[Fault, ir.Call]]:
        """What a constructor starts that runs a model, and keeps on its object."""
        if self._may_start(inner.scope):
            for started in inner.scope.calls:
                begun = self._begun(started, inner)
                if begun is not None and any(one.value is started and one.is_attribute for one in inner.scope.stores):
                    yield begun[0], started

    def _of_owner(self, frame: Frame) -> Iterator[RunsOn]:
        """What the constructor of the object starts whose method this generator is: each request makes one for itself."""
        owner = frame.module.scopes[max(frame.scope.parent, 0)]
        if owner.kind != "class" or self._ends_something(frame.module, owner):
            return
        for inner in frame.module.inner(owner):
            if inner.name == "__init__" and inner.kind == "function":
                started = list(self._kept_on_own(self.evaluator.any_call(frame.module, inner)))
                if started and self._is_made_each_time(Class(frame.module.path, owner.index)):
                    yield from (RunsOn(what, call, None, None, inner) for what, call in started)

    def _is_made_each_time(self, made: Class) -> bool:
        """Whether objects of a class are made in functions only, which ask for their members and end nothing."""
        sites = [
            (module, scope, call)
            for module, scope, call in self.evaluator.callers.constructing(made)
            if made in self.evaluator.value(call.function, self.evaluator.any_call(module, scope))
        ]
        return bool(sites) and all(
            kept.is_only_asked(call, module, scope) and not self._ends_something(module, scope)
            for module, scope, call in sites
        )

    def _is_unpacked(self, started: ir.Call, inner: Frame, call: ir.Call, frame: Frame) -> bool:
        """Whether a helper gives back what it starts beside something else, and its caller keeps it: `queue, task = start(q)`."""
        names = {
            one.name for one in inner.scope.bindings if one.value is started and one.kind == "assign" and not one.path
        }
        places = {
            (place,)
            for item in inner.scope.returns
            if isinstance(item.value, ir.Sequence)
            for place, part in enumerate(item.value.items)
            if part is started or (isinstance(part, ir.Name) and part.id in names)
        }
        unpacked = {name for path, name in kept.names_of(call, frame.scope).items() if path in places}
        return bool(unpacked) and not self._is_given(unpacked, frame)

    def _is_on_own(self, started: ir.Call, inner: Frame, call: ir.Call, frame: Frame) -> bool:
        """Whether a method keeps what it starts on an object that its caller made, keeps for itself, and never ends."""
        made = call.function.base if isinstance(call.function, ir.Attribute) else None
        if made is None or not any(one.value is started and one.is_attribute for one in inner.scope.stores):
            return False
        if isinstance(made, ir.Name):
            assigned = frame.scope.assignment(made)
            made = assigned.value if assigned is not None else None
            if made is None or not self._is_kept_here(made, frame):
                return False
        if not isinstance(made, ir.Call) or not self._is_of_project(made, frame):
            return False
        located = [
            self.evaluator.scope_of(value)
            for other in frame.scope.calls
            for value in self.evaluator.value(other.function, frame)
            if isinstance(value, Function)
        ]
        return not any(one is not None and self._ends_something(*one) for one in located)

    def _is_of_project(self, made: ir.Call, frame: Frame) -> bool:
        values = self.evaluator.value(made.function, frame)
        return bool(values) and all(isinstance(value, Class) for value in values)

    def _may_start(self, scope: ir.Scope) -> bool:
        words = {name.rpartition(".")[2] for name in self._tasks | self._threads}
        return any(last_word(call.function) in words for call in scope.calls)

    def _stoppable(self, run: Values, frame: Frame) -> ir.Scope | None:
        """The one function of this module that runs, unless what it takes or waits for goes on without it."""
        functions = [value.function if isinstance(value, Coroutine) else value for value in run]
        located = self.evaluator.scope_of(functions[0]) if isinstance(functions[0], Function) else None
        if len(functions) != 1 or located is None or located[0] is not frame.module:
            return None
        inner = self.evaluator.any_call(*located)
        taken = [self.evaluator.tokens(self.evaluator.iterated(loop, inner)) for loop in located[1].loops]
        goes_on = any(one is not None and one.owner is Role.CHAT_STREAM for one in taken)
        return None if goes_on or self._awaits_run(inner) else located[1]

    def _runs_model(self, values: Values, is_async: bool) -> bool:
        """Whether a function takes a stream of tokens, or awaits a run, to its end, and looks at nothing that could stop it."""
        for value in values:
            function = value.function if isinstance(value, Coroutine) else value
            located = self.evaluator.scope_of(function) if isinstance(function, Function) else None
            if located is None or located[1].is_async is not is_async or self._ends_something(*located):
                continue
            inner = self.evaluator.any_call(*located)
            loops = (loop for loop in located[1].loops if self.evaluator.tokens(self.evaluator.iterated(loop, inner)))
            if any(not kept.may_stop(loop, located[1]) for loop in loops) or self._awaits_run(inner):
                return True
            if any(self._called_back.filled(call, inner) for call in located[1].calls if is_async):
                return True
        return False

    def _awaits_run(self, frame: Frame) -> bool:
        """Whether a function waits for the result of a workflow or agent that it starts there: `await agent.run(q)`."""
        awaited = (call for call in frame.scope.calls if call.end in frame.scope.awaited)
        return any(
            isinstance(value, Llama) and value.role is Role.WORKFLOW_HANDLER
            for call in awaited
            for value in self.evaluator.value(call, frame)
        )

    def _hands_over(self, values: Values) -> bool:
        located = [self.evaluator.scope_of(value) for value in values if isinstance(value, Function)]
        attributes = [one.attribute for found in located if found is not None for one in found[1].attributes]
        return "call_soon_threadsafe" in attributes

    def _is_kept_here(self, call: ir.Expression, frame: Frame) -> bool:
        """Whether what is started stays in this function: dropped, or under a name that nothing else is given."""
        scope = frame.scope
        if any(kept.starts_with(statement, call) for statement in scope.alone()):
            return True
        names = {binding.name for binding in scope.bindings if binding.value is call and binding.kind == "assign"}
        if len(names) != 1:
            return False
        return not self._is_given(names, frame)

    def _is_given(self, names: set[str], frame: Frame) -> bool:
        """Whether something else than this function is given what has one of these names in it."""
        functions = [one for one in frame.module.scopes if frame.scope.contains(one)]
        given = [
            part
            for one in functions
            for other in one.calls
            for part in (*other.arguments, *(v for _, v in other.keywords))
        ]
        given += [item.value for one in functions for item in one.returns if item.value is not None]
        given += [store.value for one in functions for store in one.stores]
        return any(isinstance(part, ir.Name) and part.id in names for root in given for part in ir.walk(root))
