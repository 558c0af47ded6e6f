"""Which functions run on an event loop while clients wait, and through which calls they are reached."""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.serving.begun import AT_START, Begun
from streamlint.serving.entry_points import Entry
from streamlint.serving.leads import Leads
from streamlint.serving.own_loops import ELSEWHERE, OwnLoops
from streamlint.serving.reached import Key, Reached
from streamlint.serving.run_steps import RunSteps
from streamlint.serving.wrapped import Wrapped
from streamlint.values import Values
from streamlint.values.activations import Frame
from streamlint.values.domain import Class, External, Function, Generated, Object, OffLoop, Partial, Value, dotted_name

if TYPE_CHECKING:
    from streamlint.values import Evaluator

_STEPS = ("__aiter__", "__anext__")
_FROM_OUTSIDE = Reached(None)
"""How a coroutine function of a library comes to run, as its owner says."""


class Reach:
    """Follows calls forward from the entry points, once, when somebody asks how something is reached."""

    def __init__(self, evaluator: Evaluator, entries: Iterable[Entry]) -> None:
        self.evaluator = evaluator
        self._run_steps = RunSteps(evaluator)
        self._wrapped = Wrapped(evaluator)
        self._own_loops = OwnLoops(evaluator)
        self.entries = [entry for entry in entries if not self._is_test(entry.module)]

    # Questions

    def on_loop(self, module: Module, scope: ir.Scope) -> Reached | None:
        """How the scope comes to run on an event loop that serves requests; None where it does not."""
        key = (module.path, scope.index)
        on_loop, seen = self._ways
        found = on_loop.get(key)
        if found is not None:
            return found
        if scope.kind in ("lambda", "generator-expression") or not scope.is_async:
            return None
        if self.evaluator.knowledge.async_library:
            return None if self._is_test(module) else _FROM_OUTSIDE
        likely = self._leads.to(module, scope) if key not in seen else None
        if likely is None or self._is_test(module):
            return None
        return likely if likely.entry is None or key not in self._elsewhere else None

    @cached_property
    def _leads(self) -> Leads:
        on_loop, seen = self._ways
        return Leads(self.evaluator, seen | on_loop, self.callees)

    def entry(self, module: Module, scope: ir.Scope) -> Entry | None:
        """The entry point that a scope is; one whose answer is sent before any other."""
        return self._entry_by_scope.get((module.path, scope.index))

    @cached_property
    def _entry_by_scope(self) -> dict[Key, Entry]:
        found: dict[Key, Entry] = {}
        for entry in sorted(self.entries, key=lambda entry: not entry.answers):
            found.setdefault((entry.module.path, entry.scope.index), entry)
        return found

    def _is_test(self, module: Module) -> bool:
        return self.evaluator.modules.texts.is_test(module.path)

    def from_request(self, module: Module, scope: ir.Scope) -> Reached | None:
        """How a request comes to run the scope, on whatever thread; None where no request is known to."""
        key = (module.path, scope.index)
        on_loop, seen = self._ways
        return on_loop.get(key) or seen.get(key)

    def touches(self, path: Path) -> bool:
        """Whether code of a file may run for requests."""
        return path in self._paths or path in self._leads.paths

    def touched(self) -> tuple[Module, ...]:
        """The modules with code that a request is known to run."""
        return self.evaluator.modules.among(self._paths)

    def known(self) -> Iterator[tuple[Module, set[int]]]:
        """The same, each with the numbers of the scopes that a request is known to run."""
        scopes: dict[Path, set[int]] = {}
        for path, scope in (key for known in self._ways for key in known):
            scopes.setdefault(path, set()).add(scope)
        yield from ((module, scopes[module.path]) for module in self.touched())

    @cached_property
    def _paths(self) -> frozenset[Path]:
        return frozenset(path for known in self._ways for path, _ in known)

    # Walks

    @cached_property
    def _ways(self) -> tuple[dict[Key, Reached], dict[Key, Reached]]:
        """How requests come to run functions: on the event loop, and elsewhere. Dear, so nobody walks who only asks for entries."""
        on_loop: dict[Key, Reached] = {}
        seen: dict[Key, Reached] = {}
        begun = Begun(self.evaluator, self._spread)
        pending, waiting = deque(begun.requested(self.entries)), list(begun.at_start(self.entries))
        while pending or any(self._exists(*one[:2], on_loop, seen) for one in waiting):
            if not pending:
                pending, waiting = deque(waiting), []
            module, scope, reached, is_on_loop, serves = one = pending.popleft()
            known = on_loop if is_on_loop else seen
            key = (module.path, scope.index)
            if key in known or (not is_on_loop and key in on_loop):
                continue
            if not self._exists(module, scope, on_loop, seen):
                waiting.append(one)
                continue
            known[key] = reached
            for callee, call in self.callees(module, scope):
                located = self.evaluator.scope_of(callee)
                if located is None:
                    continue
                following = reached.calling(located[1].name, (module.path, call.start, call.end))
                pending.append((*located, following, located[1].is_async and serves, serves))
        return on_loop, seen

    def _exists(self, module: Module, scope: ir.Scope, *reached: Container[Key]) -> bool:
        """Whether a served process may have made a function: not one in a function that only a script runs, on its own loop."""
        outer = module.scopes[scope.parent]
        if not outer.is_function or module.path in self._with_entries:
            return True
        key = (module.path, outer.index)
        return any(key in known for known in reached) or key not in self._apart

    @cached_property
    def _with_entries(self) -> frozenset[Path]:
        return frozenset(entry.module.path for entry in self.entries)

    @cached_property
    def _elsewhere(self) -> frozenset[Key]:
        """What runs at start-up, in a script, or on a loop of its own."""
        return self._apart | self._spread(
            deque((one.module, one.scope) for one in self.entries if not one.on_request_path)
        )

    @cached_property
    def _apart(self) -> frozenset[Key]:
        """What runs in a script, or on a loop of its own."""
        pending: deque[tuple[Module, ir.Scope]] = deque()
        for module in self._starting():
            for scope in module.scopes:
                for callee in self._started_elsewhere(module, scope):
                    located = self.evaluator.scope_of(callee)
                    if located is not None:
                        pending.append(located)
        return self._spread(pending)

    def _spread(self, pending: deque[tuple[Module, ir.Scope]]) -> frozenset[Key]:
        """These functions, and all that they call."""
        found: set[Key] = set()
        while pending:
            module, scope = pending.popleft()
            key = (module.path, scope.index)
            if key in found:
                continue
            found.add(key)
            pending.extend((module, one) for one in module.inner(scope) if one.kind == "generator-expression")
            for callee, _ in self.callees(module, scope):
                located = self.evaluator.scope_of(callee)
                if located is not None:
                    pending.append(located)
        return frozenset(found)

    def before_requests(self, module: Module, scope: ir.Scope) -> bool:
        """Whether start-up runs a function before the first request comes."""
        return (module.path, scope.index) in self._started

    @cached_property
    def _started(self) -> frozenset[Key]:
        return self._spread(deque((one.module, one.scope) for one in self.entries if one.kind in AT_START))

    def _starting(self) -> tuple[Module, ...]:
        """The modules that may start something elsewhere: they say how, they are scripts, or they decorate with what does it."""
        modules, off_loop = self.evaluator.modules, self.evaluator.knowledge.off_loop
        starting = modules.saying("__main__", *off_loop.words_of(*ELSEWHERE))
        wrappers = {
            scope.name
            for module in starting
            for scope in module.scopes
            if scope.kind in ("function", "class") and self._starts_what_it_is_given(module, scope)
        }
        return (
            modules.among({module.path for module in (*starting, *modules.saying(*wrappers))}) if wrappers else starting
        )

    def _started_elsewhere(self, module: Module, scope: ir.Scope) -> Iterator[Function]:
        frame = self.evaluator.any_call(module, scope)
        for call in scope.calls:
            for moved in self._moved(call, frame):
                yield from self._functions(self.evaluator.value(moved.function, frame))
            given = self._own_loops.given(call, frame)
            if given is not None and not isinstance(given, ir.Call):
                yield from self._functions(self.evaluator.value(given, frame))
            elif given is not None:
                made = self.evaluator.value(given, frame)
                yield from self._functions(frozenset(value for value in made if isinstance(value, Partial)))
            if scope.kind == "module" and self._in_script(module, call):
                yield from self._functions(self.evaluator.value(call.function, frame))
        if scope.is_async and any(self._is_started_by(decorator, module, scope) for decorator in scope.decorators):
            yield Function(module.path, scope.index)

    def _is_started_by(self, decorator: ir.Expression, module: Module, scope: ir.Scope) -> bool:
        """Whether what a decorator gives runs the function on a loop of its own, as wrappers around tasks of a worker do."""
        frame = self.evaluator.any_call(module, module.scopes[scope.parent])
        for value in self.evaluator.value(decorator, frame):
            if isinstance(value, External):
                row = self.evaluator.knowledge.off_loop.call(value.name)
                if row is not None and row.where in ELSEWHERE:
                    return True
            located = self.evaluator.scope_of(value) if isinstance(value, Function | Class) else None
            if located is not None and self._starts_what_it_is_given(*located):
                return True
        return False

    def _starts_what_it_is_given(self, module: Module, wrapper: ir.Scope) -> bool:
        names = {wrapper.parameters[0].name} if wrapper.parameters else {"self"}
        pending = [wrapper]
        while pending:
            scope = pending.pop()
            pending += module.inner(scope)
            frame = self.evaluator.any_call(module, scope)
            moved = (moved for call in scope.calls for moved in self._moved(call, frame))
            if any(ir.dotted(call.function).partition(".")[0] in names for call in moved):
                return True
        return False

    @staticmethod
    def _in_script(module: Module, call: ir.Call) -> bool:
        return any(start <= call.start and call.end <= end for start, end in module.summary.script_spans)

    def _moved(self, call: ir.Call, frame: Frame) -> list[ir.Call]:
        """The coroutine calls that this call is given to run on a loop of its own: by themselves, by a name, gathered."""
        given = self._own_loops.given(call, frame)
        if given is None:
            return []
        bindings = given.bindings or () if isinstance(given, ir.Name) else ()
        values = (frame.scope.bindings[index].value for index in bindings)
        roots = [given, *(value for value in values if value is not None)]
        inner = (part for root in roots for part in ir.walk(root) if part is not root and isinstance(part, ir.Call))
        return [
            *(root for root in roots if isinstance(root, ir.Call)),
            *(one for one in inner if self._waits(one, frame)),
        ]

    def _waits(self, call: ir.Call, frame: Frame) -> bool:
        """Whether a call of a project's function only makes a coroutine."""
        located = map(self.evaluator.scope_of, self._functions(self.evaluator.value(call.function, frame)))
        return any(place is not None and place[1].is_async for place in located)

    def callees(self, module: Module, scope: ir.Scope) -> tuple[tuple[Function, ir.Expression], ...]:
        """The project functions that run when the scope runs, on the same loop where they are asynchronous."""
        key = ("callees", module.path, scope.index)
        return self.evaluator.solver.ask(key, lambda: tuple(dict.fromkeys(self._called(module, scope))), (), ())

    def _called(self, module: Module, scope: ir.Scope) -> Iterator[tuple[Function, ir.Expression]]:
        """What the function calls, and the generator expressions in it."""
        evaluator = self.evaluator
        for inner in module.inner(scope):
            if inner.kind == "generator-expression":
                yield from self.callees(module, inner)
        frame = evaluator.any_call(module, scope)
        away = {argument.start for call in scope.calls for argument in self._moved(call, frame)}
        for call in scope.calls:
            if call.start in away:
                continue
            for function in self._functions(evaluator.value(call.function, frame)):
                yield function, call
                yield from ((wrapped, call) for wrapped in self._wrapped.run_by(function))
            yield from ((step, call) for step in self._run_steps.begun_by(call, frame))
            yield from self._passed(call, frame)
            yield from self._sent(call, frame)
        for entry in scope.entries:
            for value in evaluator.value(entry.context, frame):
                if isinstance(value, Object):
                    names = ("__aenter__", "__aexit__") if entry.is_async else ("__enter__", "__exit__")
                    for name in names:
                        method = evaluator.attributes.method(value, name)
                        if method is not None:
                            yield method, entry.context
        for loop in scope.loops:
            for value in evaluator.iterated(loop, frame):
                yield from self._iterated(value, loop.iterable)
        for item in scope.yields:
            if item.is_from and item.value is not None:
                for value in evaluator.value(item.value, frame):
                    yield from self._iterated(value, item.value)

    def _iterated(self, value: Value, where: ir.Expression) -> Iterator[tuple[Function, ir.Expression]]:
        if isinstance(value, Generated):
            yield value.function, where
        elif isinstance(value, Object):
            for name in ("__aiter__", "__anext__", "__iter__", "__next__"):
                method = self.evaluator.attributes.method(value, name)
                if method is not None:
                    yield method, where

    def _sent(self, call: ir.Call, frame: Frame) -> Iterator[tuple[Function, ir.Expression]]:
        """The steps of an asynchronous iterator of the project that a streaming response is given: its server asks for them."""
        responses = self.evaluator.knowledge.responses
        if not any(responses.streaming(dotted_name(value)) for value in self.evaluator.value(call.function, frame)):
            return
        for argument in (*call.arguments, *(value for _, value in call.keywords)):
            for value in self.evaluator.value(argument, frame):
                methods = (
                    self.evaluator.attributes.method(value, name) for name in _STEPS if isinstance(value, Object)
                )
                yield from ((method, argument) for method in methods if method is not None)

    def _passed(self, call: ir.Call, frame: Frame) -> Iterator[tuple[Function, ir.Expression]]:
        """Asynchronous functions that a call is given by name run later, on the same loop as far as can be seen."""
        names = [a for a in call.arguments if isinstance(a, ir.Name | ir.Attribute | ir.Closure)]
        names += [value for _, value in call.keywords if isinstance(value, ir.Name | ir.Attribute | ir.Closure)]
        if not names:
            return
        row = self.evaluator.calls.moving(call, frame)
        for argument in names:
            is_handed_on = _is_parameter(argument, frame.scope)
            for value in self.evaluator.value(argument, frame):
                if isinstance(value, Generated):
                    yield value.function, call
                    continue
                if is_handed_on and isinstance(value, Function):
                    continue  # whoever calls this function hands it in, and is asked where that runs
                for function in self._functions(frozenset((value,))):
                    located = self.evaluator.scope_of(function)
                    if located is None or isinstance(value, Class | Object):
                        continue
                    if located[1].is_async and (row is None or row.where not in ELSEWHERE):
                        yield function, call

    def _functions(self, values: Values) -> Iterator[Function]:
        for value in values:
            match value:
                case Function():
                    yield value
                case Class():
                    method = self.evaluator.attributes.method(value, "__init__")
                    if method is not None:
                        yield method
                case Object():
                    method = self.evaluator.attributes.method(value, "__call__")
                    if method is not None:
                        yield method
                case Partial():
                    yield from self._functions(value.function)
                case OffLoop():
                    continue


def _is_parameter(argument: ir.Expression, scope: ir.Scope) -> bool:
    """Whether a name is what the callers give, and has no value of its own."""
    if not isinstance(argument, ir.Name) or not argument.bindings:
        return False
    if any(scope.bindings[index].kind != "parameter" for index in argument.bindings):
        return False
    return all(one.default is None for one in scope.parameters if one.name == argument.id)
