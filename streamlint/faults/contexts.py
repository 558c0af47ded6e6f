"""Generators that are sent after their view has returned, and what of the view's context they still ask for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.knowledge.contexts import ViewContext
from streamlint.model import syntax as ir
from streamlint.model.branches import branch_of
from streamlint.model.modules import Module
from streamlint.streams import Sent
from streamlint.values.activations import Frame
from streamlint.values.domain import Class, External, Function, Generated, Instance, Value, dotted_name

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.serving import Entry

Key = tuple[Path, int]
_DEEPEST = 3
"""Through so many helpers of helpers it is looked for what one asks for."""


@dataclass(frozen=True)
class Carried:
    """A generator that is sent: where its iterator is handed over (None: the view is the generator), and by which framework."""

    framework: str
    content: ir.Expression | None
    frame: Frame


@dataclass(frozen=True)
class Loss:
    """The first use of something that is gone when the generator runs."""

    use: ir.Expression
    name: str
    carried: Carried
    context: ViewContext


class Contexts:
    """The frameworks and their names are rows of a table."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self.reach = project.reach
        self.sent = project.ask(Sent)

    def lost(self, module: Module, scope: ir.Scope) -> Loss | None:
        """What a generator asks for that its view took with it."""
        carried = self._carried.get((module.path, scope.index))
        if carried is None:
            return None
        context = self.evaluator.knowledge.contexts[carried.framework]
        if self._is_kept(module, scope, context):
            return None
        for use in self._uses(module, scope):
            name = self._needed(use, module, context)
            if name:
                return Loss(use[1], name, carried, context)
        return self._lost_in_helpers(module, scope, carried, context)

    def _lost_in_helpers(self, module: Module, scope: ir.Scope, carried: Carried, context: ViewContext) -> Loss | None:
        """The first call of a function that asks for it: always, and not only in one of its branches."""
        frame = self.evaluator.any_call(module, scope)
        for call in scope.calls:
            values = self.evaluator.value(call.function, frame)
            helpers = [self.evaluator.scope_of(value) for value in values if isinstance(value, Function)]
            names = [self._asked_by(*helper, context) if helper is not None else "" for helper in helpers]
            if names and len(names) == len(values) and all(names):
                return Loss(call, names[0], carried, context)
        return None

    def _asked_by(self, module: Module, helper: ir.Scope, context: ViewContext, depth: int = 0) -> str:
        """What a synchronous helper, or one that it calls, asks for in every call, with no context of its own."""
        if helper.is_generator or self._is_kept(module, helper, context):
            return ""
        for use in self._uses(module, helper):
            if use[0] is helper and branch_of(use[1], helper) < 0 and (name := self._needed(use, module, context)):
                return name
        frame = self.evaluator.any_call(module, helper)
        for call in helper.calls if depth < _DEEPEST else ():
            values = self.evaluator.value(call.function, frame) if call.branch < 0 else ()
            located = [self.evaluator.scope_of(value) for value in values if isinstance(value, Function)]
            names = [self._asked_by(*one, context, depth + 1) if one is not None else "" for one in located]
            if names and len(names) == len(values) and all(names):
                return names[0]
        return ""

    def _is_kept(self, module: Module, scope: ir.Scope, context: ViewContext) -> bool:
        outer = self.evaluator.any_call(module, module.scopes[scope.parent])
        decorators = [one.function if isinstance(one, ir.Call) else one for one in scope.decorators]
        if any(dotted_name(value) in context.keeps for one in decorators for value in self.evaluator.value(one, outer)):
            return True
        opened = [entry.context for entry in scope.entries if isinstance(entry.context, ir.Call)]
        return any(isinstance(o.function, ir.Attribute) and o.function.attribute in context.opens for o in opened)

    @staticmethod
    def _uses(module: Module, scope: ir.Scope) -> list[tuple[ir.Scope, ir.Expression]]:
        """Names and attributes of a generator and of the closures in it, in the order of the text."""
        inside = [scope, *(one for one in module.scopes if one.parent == scope.index and one.kind != "function")]
        found = [(one, use) for one in inside for use in (*one.names, *one.attributes) if one.kind != "class"]
        return sorted(found, key=lambda row: (row[1].start, row[1].end))

    def _needed(self, use: tuple[ir.Scope, ir.Expression], module: Module, context: ViewContext) -> str:
        scope, expression = use
        frame = self.evaluator.any_call(module, scope)
        if isinstance(expression, ir.Attribute):
            bases = self.evaluator.value(expression.base, frame)
            names = {f"{name}.{expression.attribute}" for value in bases for name in self._outside(value)}
        elif isinstance(expression, ir.Name):
            names = {f"{one.module}.{one.member}" for one in module.uses.bindings(expression, scope)}
        else:
            return ""
        return next((name.rpartition(".")[2] for name in names if name in context.names), "") if len(names) == 1 else ""

    def _outside(self, base: Value) -> tuple[str, ...]:
        """Under which names of packages something is known: itself, or the classes above a model of the project."""
        match base:
            case External(name=name) | Instance(name=name):
                return (name,)
            case Class():
                return tuple(self.evaluator.attributes.outside_bases(base))
        return ()

    @cached_property
    def _carried(self) -> dict[Key, Carried]:
        found: dict[Key, Carried] = {}
        for sending in self.sent.all:
            if sending.response.framework in self.evaluator.knowledge.contexts:
                for generated in self._generators(sending.content, sending.frame):
                    carried = Carried(sending.response.framework, sending.content, sending.frame)
                    found.setdefault(self._key(generated), carried)
        for context in self.evaluator.knowledge.contexts.values():
            for content, frame in self._made_by_applications(context):
                for generated in self._generators(content, frame):
                    found.setdefault(self._key(generated), Carried(context.framework, content, frame))
        for entry in self.reach.entries:
            if (
                entry.framework in self.evaluator.knowledge.contexts
                and entry.answers
                and not self.sent.is_wrapped(entry)
            ):
                found.update(self._returned(entry))
        return found

    def _made_by_applications(self, context: ViewContext) -> Iterator[tuple[ir.Expression, Frame]]:
        """The bodies given to `app.response_class(...)`."""
        for word in sorted({name.rpartition(".")[2] for name in context.makes}):
            for module, scope, call in self.evaluator.callers.calls_of(word):
                frame = self.evaluator.any_call(module, scope)
                content = call.argument(0, "response")
                if content is not None and self.evaluator.names(call.function, frame) & context.makes:
                    yield content, frame

    def _returned(self, entry: Entry) -> Iterator[tuple[Key, Carried]]:
        frame = self.evaluator.any_call(entry.module, entry.scope)
        if entry.scope.is_generator:
            yield (entry.module.path, entry.scope.index), Carried(entry.framework, None, frame)
            return
        for item in entry.scope.returns:
            answer = item.value
            if isinstance(answer, ir.Sequence) and answer.kind == "tuple" and answer.items:
                answer = answer.items[0]
            if answer is not None:
                for generated in self._generators(answer, frame):
                    yield self._key(generated), Carried(entry.framework, answer, frame)

    def _generators(self, content: ir.Expression, frame: Frame, depth: int = 0) -> list[Generated]:
        """The generators that an expression may be, where nothing keeps their context for them: not even who hands them on."""
        if self._keeps(content, frame):
            return []
        given = self._given(content, frame) if depth < _DEEPEST else []
        if given:
            return [one for argument, there in given for one in self._generators(argument, there, depth + 1)]
        return [value for value in self.evaluator.value(content, frame) if isinstance(value, Generated)]

    def _given(self, content: ir.Expression, frame: Frame) -> list[tuple[ir.Expression, Frame]]:
        """What the known callers of a function give for its parameter, where the expression is nothing but that."""
        scope = frame.scope
        if not isinstance(content, ir.Name) or not content.bindings or not scope.is_function:
            return []
        if any(scope.bindings[index].kind != "parameter" for index in content.bindings):
            return []
        parameter = next(one for one in scope.parameters if one.name == content.id)
        return self.evaluator.callers.given(parameter, frame)

    def _keeps(self, content: ir.Expression, frame: Frame) -> bool:
        if isinstance(content, ir.Name) and content.bindings:
            made = [frame.scope.bindings[index].value for index in content.bindings]
            return any(value is not None and value is not content and self._keeps(value, frame) for value in made)
        if not isinstance(content, ir.Call):
            return False
        function = content.function.function if isinstance(content.function, ir.Call) else content.function
        kept = {name for context in self.evaluator.knowledge.contexts.values() for name in context.keeps}
        if not self.evaluator.names(function, frame).isdisjoint(kept):
            return True
        return any(self._keeps(one, frame) for one in (content.function, *content.arguments))

    @staticmethod
    def _key(generated: Generated) -> Key:
        return (generated.frame.module.path, generated.frame.scope.index)
