"""Whether a function, or what it calls, is tied to the thread, the task or the event loop that runs it now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.knowledge.llama_index import Role
from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.values.activations import Frame
from streamlint.values.domain import (
    Bound,
    Coroutine,
    Function,
    Instance,
    Llama,
    Object,
    Origin,
    Unknown,
    Value,
    dotted_name,
)
from streamlint.values.limits import Limit

if TYPE_CHECKING:
    from streamlint.project import Project

_MOST_FUNCTIONS = 400


class Tied:
    """Answers with what ties it, as people write it, "" where nothing is seen to."""

    TOO_MUCH = "too much to follow"

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self.reach = project.reach
        self.facts = project.knowledge.shared_state
        self._answers: dict[tuple[Path, int, bool], str] = {}

    def by(self, module: Module, scope: ir.Scope) -> str:
        """What in a function, or in anything that it calls, fails or means something else in another thread."""
        return self._among([(module, scope)], with_objects=True)

    def through(self, at: ir.Expression, module: Module, scope: ir.Scope) -> str:
        """As `by`, for the functions of the project that this expression runs; objects of one thread are left to a person."""
        functions = [function for function, where in self.reach.callees(module, scope) if where is at]
        return self._among(filter(None, map(self.evaluator.scope_of, functions)), with_objects=False)

    def _among(self, functions: Iterable[tuple[Module, ir.Scope]], *, with_objects: bool) -> str:
        pending, seen = list(functions), set[tuple[Path, int]]()
        while pending:
            module, scope = pending.pop()
            if (module.path, scope.index) in seen:
                continue
            if len(seen) >= _MOST_FUNCTIONS:
                self.evaluator.limits.note(Limit.FUNCTIONS, module.path, scope.start)
                return self.TOO_MUCH
            seen.add((module.path, scope.index))
            key = (module.path, scope.index, with_objects)
            if key not in self._answers:
                ties = (self._ties(module, scope), self._objects(module, scope) if with_objects else ())
                self._answers[key] = next(chain(*ties), "")
            if self._answers[key]:
                return self._answers[key]
            located = (self.evaluator.scope_of(callee) for callee, _ in self.reach.callees(module, scope))
            pending += [one for one in located if one is not None and not one[1].is_async]
        return ""

    # One function

    def _ties(self, module: Module, scope: ir.Scope) -> Iterator[str]:
        frame = self.evaluator.any_call(module, scope)
        for call in scope.calls:
            if self._is_of_loop(call, frame) or self._is_of_process(call, frame):
                yield module.text(call.function)
        for expression in (*scope.attributes, *scope.names):
            if any(self.is_of_context(value) for value in self.evaluator.value(expression, frame)):
                yield module.text(expression)

    def _objects(self, module: Module, scope: ir.Scope) -> Iterator[str]:
        """Objects from outside the function that are used in it, and that no other thread may use."""
        frame = self.evaluator.any_call(module, scope)
        for call in scope.calls:
            values, base = self.evaluator.value(call.function, frame), _base(call.function)
            if any(self._is_for_one_thread(one, frame) for one in values) and not self._is_made_here(base, frame):
                yield module.text(call.function)
        for context in (entry.context for entry in scope.entries):
            values = self.evaluator.value(context, frame)
            if any(self._is_conversation(one, frame) for one in values) and not self._is_made_here(context, frame):
                yield module.text(context)
        for loop in scope.loops:
            values, walked = self.evaluator.iterated(loop, frame), loop.iterable
            if any(self._is_conversation(one, frame) for one in values) and not self._is_made_here(walked, frame):
                yield module.text(walked)

    def _is_made_here(self, expression: ir.Expression, frame: Frame) -> bool:
        """Whether the function makes an object itself, or has it from one that it makes: a cursor of its own connection."""
        pending, seen = [expression], set[int]()
        while pending:
            current = pending.pop()
            if id(current) in seen:
                continue
            seen.add(id(current))
            if isinstance(current, ir.Name):
                bound = frame.scope.sources(current)
                values = [one.value for one in bound if one.value is not None and one.kind != "parameter"]
                given = [one for one in bound if one.kind == "parameter" and self._is_fetched(one.name, frame)]
                if not bound or len(values) + len(given) != len(current.bindings or ()):
                    return False
                pending += values
            elif not isinstance(current, ir.Call):
                return False
            elif not self._is_made_by(current, frame):
                if not isinstance(current.function, ir.Attribute):
                    return False
                pending.append(current.function.base)
        return True

    def _is_fetched(self, name: str, frame: Frame) -> bool:
        """Whether a parameter is what a plain dependency makes for each request: in a thread of the framework, not on the loop."""
        parameter = next((one for one in frame.scope.parameters if one.name == name), None)
        found = self.evaluator.parameters.dependencies(parameter, frame) if parameter is not None else []
        functions = [value for given, where in found for value in self.evaluator.value(given, where)]
        located = [self.evaluator.scope_of(one) if isinstance(one, Function) else None for one in functions]
        return bool(located) and all(one is not None and self._makes(*one) for one in located)

    def _makes(self, module: Module, scope: ir.Scope) -> bool:
        """Whether all that a plain function gives, or yields, is made in it."""
        given = [one.value for one in scope.returns if one.value is not None]
        given += [one.value for one in scope.yields if one.value is not None]
        frame = self.evaluator.any_call(module, scope)
        is_plain = not scope.is_async and not scope.decorators
        return is_plain and bool(given) and all(self._is_made_here(one, frame) for one in given)

    def _is_made_by(self, call: ir.Call, frame: Frame) -> bool:
        values, makers = self.evaluator.value(call, frame), self.evaluator.value(call.function, frame)
        if makers and all(isinstance(one, Instance) and one.name in self.facts.factories for one in makers):
            return True
        return bool(values) and all(isinstance(one, Instance) and _is_made_in(one.origin, frame) for one in values)

    def is_of_context(self, value: Value) -> bool:
        """Whether a value is a context variable, a thread-local object, a request of the current context, or part of one."""
        if isinstance(value, Instance):
            return self.facts.is_of_context(value.name)
        if isinstance(value, Object):
            return any(self.facts.is_of_context(name) for name in self.evaluator.attributes.outside_bases(value))
        return self.facts.is_of_context(dotted_name(value))

    def _is_of_loop(self, call: ir.Call, frame: Frame) -> bool:
        for made in self.evaluator.value(call, frame):
            if isinstance(made, Coroutine) or (isinstance(made, Llama) and made.role is Role.WORKFLOW_HANDLER):
                return True
        functions = self.evaluator.value(call.function, frame)
        if any(self.facts.is_of_loop(dotted_name(one)) for one in functions):
            return True
        method = call.function.attribute if isinstance(call.function, ir.Attribute) else ""
        return method in self.facts.loop_methods and any(_may_be_anything(one) for one in functions)

    def _is_of_process(self, call: ir.Call, frame: Frame) -> bool:
        """Whether a call changes something for the whole process, which the loop does for one request after the other."""
        names = self.evaluator.names(call.function, frame)
        return bool(names & self.facts.process)

    def _is_for_one_thread(self, function: Value, frame: Frame) -> bool:
        """A call on an object from outside the function that other threads must not use, or not at the same time."""
        receiver = function.receiver if isinstance(function, Bound) else function
        if not isinstance(receiver, Instance):
            return False
        knowledge = self.evaluator.knowledge
        name = dotted_name(function) if isinstance(function, Bound) else f"{receiver.name}.__call__"
        fact = knowledge.blocking.call(name) or knowledge.heavy.call(name)
        if fact is None:
            return isinstance(function, Bound) and self._is_conversation(receiver, frame)
        return not fact.thread_safe and not _is_made_in(receiver.origin, frame)

    def _is_conversation(self, value: Value, frame: Frame) -> bool:
        if not isinstance(value, Instance) or _is_made_in(value.origin, frame):
            return False
        return self.evaluator.knowledge.blocking.is_one_at_a_time(value.name)


def _may_be_anything(function: Value) -> bool:
    """Whether a method is of an object of which nothing is known, or of what a known one holds."""
    if not isinstance(function, Bound):
        return not isinstance(function, Function)
    return isinstance(function.receiver, Unknown) or "." in function.name


def _base(function: ir.Expression) -> ir.Expression:
    """The object of a method; a function is its own."""
    return function.base if isinstance(function, ir.Attribute) else function


def _is_made_in(origin: Origin | None, frame: Frame) -> bool:
    if origin is None or origin.path != frame.module.path:
        return False
    return frame.scope.start <= origin.start < frame.scope.end
