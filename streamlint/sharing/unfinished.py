"""What a call gives before everything is there: an iterator, a manager, a response whose body still comes; and who waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from streamlint.knowledge.blocking import BlockingCall
from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.streams import Sent
from streamlint.values.activations import Frame
from streamlint.values.domain import Constant, External, Function, Generated, Instance, Iterated, dotted_name
from streamlint.values.limits import Limit

if TYPE_CHECKING:
    from streamlint.project import Project

_KEYWORD = "stream"
_DEEPEST = 6


class Unfinished:
    """Judges the results of calls."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self.reach = project.reach
        self.sent = project.ask(Sent)

    # Questions

    def gives_more(self, call: ir.Call, fact: BlockingCall | None, frame: Frame) -> bool:
        """Whether something of what a call starts is still to come when it has returned."""
        if fact is not None and (
            fact.enters or fact.lazy or fact.pages or (fact.iterates and self._streams(call, fact, frame))
        ):
            return True
        if self._leaves_unread(call, frame) or self._returns_more(call, frame, 0):
            return True
        if fact is not None and fact.name in self.evaluator.knowledge.names("answers_read", "given-by-steps"):
            return True
        blocking = self.evaluator.knowledge.blocking
        for value in self.evaluator.value(call, frame):
            if isinstance(value, Generated | Iterated) and not value.is_async:
                return True
            if isinstance(value, Instance) and blocking.comes_later(value.name):
                return fact is None or not fact.iterates or self._streams(call, fact, frame)
        return False

    def is_for_its_thread(self, call: ir.Call, frame: Frame) -> bool:
        """Whether what a call gives may only be used by the thread that makes it."""
        for function in self.evaluator.value(call.function, frame):
            fact = self.evaluator.knowledge.blocking.call(dotted_name(function))
            if isinstance(function, External) and fact is not None and not fact.thread_safe:
                made = self.evaluator.value(call, frame)
                owners = (one.name for one in made if isinstance(one, Instance))
                return any(self.evaluator.knowledge.blocking.is_one_at_a_time(owner) for owner in owners)
        return False

    def gives_one_at_a_time(self, call: ir.Call, frame: Frame) -> bool:
        """Whether what a call gives is for one thread at a time: a connection of a pool, a cursor."""
        blocking = self.evaluator.knowledge.blocking
        made = (one for one in self.evaluator.value(call, frame) if isinstance(one, Instance))
        return any(blocking.is_one_at_a_time(one.name) for one in made)

    def is_waited_for(self, call: ir.Call, fact: BlockingCall | None, module: Module, scope: ir.Scope) -> bool:
        """Whether the loop may wait for the rest of what a call gives; what is handed on is taken for waited for."""
        says = call.argument(None, _KEYWORD) is not None or not call.hides_keywords
        read = self._read("at-hand")
        if fact is not None and fact.pages:
            read |= self._read("of-a-page")
        return self._waits_for(call, module, scope, read if says else read | self._read("of-an-answer"), 0)

    def _read(self, key: str) -> frozenset[str]:
        return self.evaluator.knowledge.names("answers_read", key)

    # Where it stands

    def _waits_for(
        self, expression: ir.Expression, module: Module, scope: ir.Scope, at_hand: frozenset[str], depth: int
    ) -> bool:
        if depth > _DEEPEST:
            self.evaluator.limits.note(Limit.NAMES, module.path, expression.start)
            return True
        parent = module.uses.parent(expression)
        match parent:
            case None:
                return self._stands_alone(expression, module, scope, at_hand, depth)
            case ir.Attribute():
                return parent.attribute not in at_hand and self._part_waits(parent, module, scope, at_hand, depth)
            case ir.Subscript(base=base, key=ir.Constant(value=str() as key)) if base is expression:
                is_there = key in self.evaluator.knowledge.names("answers_read", "items-at-hand")
                return not is_there and self._waits_for(parent, module, scope, at_hand, depth + 1)
            case ir.Subscript() if parent.base is expression:
                return self._waits_for(parent, module, scope, at_hand, depth + 1)
            case ir.Walrus():
                return self._names_wait(expression, module, scope, at_hand, depth) or self._waits_for(
                    parent, module, scope, at_hand, depth + 1
                )
            case ir.Call():
                return not self._is_taken_elsewhere(expression, parent, module, scope)
        return True

    def _part_waits(
        self, part: ir.Attribute, module: Module, scope: ir.Scope, at_hand: frozenset[str], depth: int
    ) -> bool:
        """As `waits_for`, for an attribute: a method that only hands out an iterator waits where that is used."""
        around = module.uses.parent(part)
        if not isinstance(around, ir.Call) or around.function is not part:
            return self._waits_for(part, module, scope, at_hand, depth + 1)
        functions = self.evaluator.value(part, self.evaluator.any_call(module, scope))
        facts = [self.evaluator.knowledge.blocking.call(dotted_name(function)) for function in functions]
        is_lazy = bool(facts) and all(fact is not None and fact.lazy for fact in facts)
        return not is_lazy or self._waits_for(around, module, scope, at_hand, depth + 1)

    def _stands_alone(
        self, expression: ir.Expression, module: Module, scope: ir.Scope, at_hand: frozenset[str], depth: int
    ) -> bool:
        if scope.stands_alone(expression):
            return False
        entry = next((entry for entry in scope.entries if entry.context is expression), None)
        if entry is not None and self._is_entered(entry, module, scope):
            return True
        if any(loop.iterable is expression for loop in scope.loops):
            return True
        if any(store.value is expression for store in scope.stores):
            return True
        if any(item.value is expression for item in scope.returns):
            return True
        bound = [binding for binding in scope.bindings if binding.value is expression]
        return (not bound and entry is None) or self._names_wait(expression, module, scope, at_hand, depth)

    def _is_entered(self, entry: ir.WithItem, module: Module, scope: ir.Scope) -> bool:
        """Whether entering waits: a response is there already, a manager is not."""
        values = self.evaluator.value(entry.context, self.evaluator.any_call(module, scope))
        names = [value.name for value in values if isinstance(value, Instance)]
        return not names or any(self.evaluator.knowledge.blocking.entering(name) for name in names)

    def _names_wait(
        self, expression: ir.Expression, module: Module, scope: ir.Scope, at_hand: frozenset[str], depth: int
    ) -> bool:
        """Whether a use of a name that is bound to the expression waits on the loop."""
        for binding in scope.bindings:
            if binding.value is not expression:
                continue
            if binding.path:
                return True
            for use in module.uses.of(ir.Name(0, 0, binding.name, ()), scope):
                if self._runs_in_thread(module, use.scope, scope):
                    continue
                if self._waits_for(use.name, module, use.scope, at_hand, depth + 1):
                    return True
        return False

    def _runs_in_thread(self, module: Module, inner: ir.Scope, outer: ir.Scope) -> bool:
        """Whether a use stands in a plain function that is handed on: if the loop runs it, that is found there."""
        return inner is not outer and not inner.is_async and self.reach.on_loop(module, inner) is None

    def _is_taken_elsewhere(self, expression: ir.Expression, call: ir.Call, module: Module, scope: ir.Scope) -> bool:
        """Whether a call runs in a thread what is given to it, or sends it as the body of a response, which does."""
        if call.function is expression:
            return False
        frame = self.evaluator.any_call(module, scope)
        row = self.evaluator.calls.moving(call, frame)
        if row is not None and row.off_loop:
            return True
        sending = self.sent.of_call(call, frame)
        if sending is not None and sending.content is expression:
            return True
        names = self.evaluator.names(call.function, frame)
        functions = [value for value in self.evaluator.value(call.function, frame) if isinstance(value, Function)]
        return names == {"builtins.print"} or (bool(functions) and all(map(self._is_sync_generator, functions)))

    def _is_sync_generator(self, function: Function) -> bool:
        """A generator of the project that runs on the loop is judged where it is iterated."""
        located = self.evaluator.scope_of(function)
        return located is not None and located[1].is_generator and not located[1].is_async

    def _leaves_unread(self, call: ir.Call, frame: Frame) -> bool:
        """Whether a keyword of a call says that the body is to stay on the wire."""
        unread = self.evaluator.knowledge.names("answers_read", "unread")
        given = [value for keyword, value in call.keywords if keyword in unread]
        return any(self.evaluator.value(one, frame) != {Constant(True)} for one in given)

    def _returns_more(self, call: ir.Call, frame: Frame, depth: int) -> bool:
        """Whether a function of the project gives what a call in it starts: `return client.create(..., stream=True)`."""
        if depth > _DEEPEST:
            self.evaluator.limits.note(Limit.NAMES, frame.module.path, call.start)
            return True
        for function in self.evaluator.value(call.function, frame):
            located = self.evaluator.scope_of(function) if isinstance(function, Function) else None
            if located is None or located[1].is_generator or located[1].is_async:
                continue
            inner = self.evaluator.any_call(*located)
            if any(self._is_more(one, inner, depth + 1) for one in self._returned(located[1])):
                return True
        return False

    @staticmethod
    def _returned(scope: ir.Scope) -> Iterator[ir.Call]:
        """The calls whose results a function returns, directly or through a name."""
        for item in scope.returns:
            names = item.value.bindings or () if isinstance(item.value, ir.Name) else ()
            values = (item.value, *(scope.bindings[index].value for index in names))
            yield from (value for value in values if isinstance(value, ir.Call))

    def _is_more(self, call: ir.Call, frame: Frame, depth: int) -> bool:
        facts = map(self.evaluator.knowledge.blocking.call, self.evaluator.names(call.function, frame))
        is_lazy = (
            fact.lazy or fact.pages or (fact.iterates and self._streams(call, fact, frame))
            for fact in facts
            if fact is not None
        )
        return any(is_lazy) or self._returns_more(call, frame, depth)

    def _streams(self, call: ir.Call, fact: BlockingCall, frame: Frame) -> bool:
        given = call.argument(None, _KEYWORD)
        if given is None:
            return _KEYWORD in fact.name.rpartition(".")[2] or call.hides_keywords
        return any(not isinstance(v, Constant) or bool(v.value) for v in self.evaluator.value(given, frame))
