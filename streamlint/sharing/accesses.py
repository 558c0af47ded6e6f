"""What a function itself reads, writes and goes on with that other requests have too, each with the place where it happens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.knowledge.llama_index import Role
from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.sharing.lasting import Lasting, Parameters
from streamlint.sharing.lifetimes import Lifetimes
from streamlint.sharing.paths import Paths
from streamlint.values import Values
from streamlint.values.domain import Bound, Function, Instance, Llama, Value, dotted_name
from streamlint.values.evidence import ReceiverEvidence
from streamlint.values.said import last_word

if TYPE_CHECKING:
    from streamlint.project import Project

_VIEWS = frozenset(("items", "keys", "values"))
_ANY = "*"
_CHATTING = (Role.CHAT_ENGINE, Role.AGENT_RUNNER)
_WRITING_MODES = frozenset("wax+")


class How(StrEnum):
    """What is done: a change is one step, two of which may come in any order; a step belongs to a conversation.

    A turn is a step of a chat that all clients share: what it says depends on those before, and is there for those that follow.
    """

    READ = "reads"
    SET = "sets"
    CHANGE = "changes"
    STEP = "goes on with"
    TURN = "talks to"


@dataclass(frozen=True, order=True)
class Access:
    """One use of shared state: its last word, and the key or attribute of it ("*" for all of it)."""

    word: str
    member: str
    how: How

    def disturbs(self, other: Access) -> bool:
        """Whether somebody else who does the same in between makes a difference to the two."""
        if self.word != other.word or not (self.member == other.member or _ANY in (self.member, other.member)):
            return False
        if self.how is other.how:
            return self.how in (How.SET, How.STEP, How.TURN)
        return How.READ not in (self.how, other.how) or not {How.STEP, How.TURN} & {self.how, other.how}


@dataclass(frozen=True)
class Event:
    """An access and where it happens, in character offsets: at the end of a call, behind the end of an assignment.

    `since` is where an augmented assignment begins, which reads before it evaluates what it adds.
    """

    access: Access
    at: int
    since: int


@dataclass(frozen=True)
class Activation:
    """A function, with those of its parameters that are given something lasting."""

    module: Module
    scope: ir.Scope
    given: Parameters

    @property
    def key(self) -> tuple[Path, int, Parameters]:
        return (self.module.path, self.scope.index, self.given)


class Accesses:
    """Finds them once for each activation of a function."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self.lasting = project.ask(Lasting)
        self.lifetimes = project.ask(Lifetimes)
        self.evidence = project.ask(ReceiverEvidence)
        self.facts = project.knowledge.shared_state
        self.paths = project.ask(Paths)
        names = project.knowledge.names
        self._turns = names("llama_index_words", "turns") | names("llama_index_words", "restarts")
        self._own: dict[tuple[Path, int, Parameters], tuple[Event, ...]] = {}

    def of(self, activation: Activation) -> tuple[Event, ...]:
        if activation.key not in self._own:
            self._own[activation.key] = tuple(self._find(activation))
        return self._own[activation.key]

    def _find(self, activation: Activation) -> Iterator[Event]:
        scope = activation.scope
        yield from self._rebound(activation)
        for store in scope.stores:
            end = max(store.value.end, store.end) + 1
            yield from self._changed(store.base, store.member, store.is_attribute, How.SET, end, end, activation)
        for change in scope.changes:
            if isinstance(change.target, ir.Attribute | ir.Subscript):
                how = How.CHANGE if change.is_augmented else How.SET
                yield from self._changed(*_target(change.target), how, change.end + 1, change.start, activation)
        for call in scope.calls:
            yield from self._called(call, activation)
        for entry in scope.entries:
            yield from self._entered(entry, activation)
        for loop in scope.loops:
            yield from self._walked(loop, activation)
        yield from self._read(activation)

    def _rebound(self, activation: Activation) -> Iterator[Event]:
        """Names that are declared `global` or `nonlocal`."""
        for binding in activation.scope.bindings:
            if binding.name in activation.scope.by_name or binding.kind == "merge":
                continue
            if self.lasting.cell(binding.name, activation.module, activation.scope):
                end = max(binding.end, binding.value.end if binding.value is not None else 0) + 1
                how = How.CHANGE if binding.kind == "augmented" else How.SET
                yield Event(Access(binding.name, _ANY, how), end, binding.start if how is How.CHANGE else end)

    def _changed(
        self,
        base: ir.Expression,
        member: str,
        is_attribute: bool,
        how: How,
        end: int,
        since: int,
        activation: Activation,
    ) -> Iterator[Event]:
        if not self.lasting.of(base, activation.module, activation.scope, activation.given):
            return
        if is_attribute:
            yield Event(Access(member, _ANY, how), end, since)
            return
        direct = isinstance(base, ir.Name | ir.Attribute) and bool(member)
        for number, word in enumerate(self._words(base, activation.scope)):
            yield Event(Access(word, member if direct and not number else _ANY, how), end, since)

    def _called(self, call: ir.Call, activation: Activation) -> Iterator[Event]:
        frame = self.evaluator.any_call(activation.module, activation.scope)
        functions = self.evaluator.value(call.function, frame)
        names = {dotted_name(value) for value in functions}
        if names & self.facts.changing_functions and call.arguments and self._lasts(call.arguments[0], activation):
            yield from self._on(call.arguments[0], How.CHANGE, call, activation)
        yield from self._file(call, names, activation)
        yield from self._process(call, names, activation)
        if isinstance(call.function, ir.Attribute) and self._is_turn(call, call.function, functions, activation):
            yield from self._on(call.function.base, How.TURN, call, activation)
            return
        if not isinstance(call.function, ir.Attribute) or not self._lasts(call.function.base, activation):
            return
        how = self._how(call.function.attribute, functions)
        if how is not None:
            yield from self._on(call.function.base, how, call, activation)

    def _is_turn(self, call: ir.Call, method: ir.Attribute, functions: Values, activation: Activation) -> bool:
        """Whether a call goes on with a chat that all clients share; one that is looked up by a key is somebody's own."""
        if method.attribute not in self._turns:
            return False
        frame = self.evaluator.any_call(activation.module, activation.scope)
        if self.lifetimes.is_looked_up(method.base, frame):
            return False
        receivers = [one.receiver for one in functions if isinstance(one, Bound) and isinstance(one.receiver, Llama)]
        made = [one.origin for one in receivers if one.role in _CHATTING]
        if made or receivers:
            return any(one is not None and self.lifetimes.is_made_once(one) for one in made)
        return self.evidence.role(call, frame) in _CHATTING and self._lasts(method.base, activation)

    def _how(self, method: str, functions: Iterable[Value]) -> How | None:
        """What a method does to a lasting object: nothing, where the tables say that any number may use it at once."""
        for function in functions:
            if isinstance(function, Function) or (isinstance(function, Bound) and isinstance(function.receiver, Llama)):
                return None
            if not isinstance(function, Bound) or not isinstance(function.receiver, Instance):
                continue
            fact = self.evaluator.knowledge.blocking.call(dotted_name(function))
            if self.facts.is_lock(function.receiver.name):
                return How.STEP
            if fact is not None and fact.thread_safe:
                return None
            if fact is not None and fact.category != "http":
                return How.STEP
        if method in self.facts.steps:
            return How.STEP
        return How.CHANGE if method in self.facts.changing else None

    def _on(self, base: ir.Expression, how: How, at: ir.Expression, activation: Activation) -> Iterator[Event]:
        for word in self._words(base, activation.scope):
            yield Event(Access(word, _ANY, how), at.end, at.end)

    def _lasts(self, expression: ir.Expression, activation: Activation) -> bool:
        return self.lasting.of(expression, activation.module, activation.scope, activation.given)

    def _process(self, call: ir.Call, names: set[str], activation: Activation) -> Iterator[Event]:
        """What holds for the whole process from here on; the rest of the function counts on it."""
        for word in sorted(names & self.facts.process):
            for at in (call.end, activation.scope.end):
                yield Event(Access(word, _ANY, How.STEP), at, at)

    def _file(self, call: ir.Call, names: set[str], activation: Activation) -> Iterator[Event]:
        """A file that is read or written, by the text that names it."""
        kinds = (
            (self.facts.file_removes, How.SET),
            (self.facts.file_writes, How.CHANGE),
            (self.facts.file_reads, How.READ),
        )
        how = next((how for known, how in kinds if names & known), None)
        named = self.paths.named(call, names) if how is not None else None
        if how is None or named is None or self.paths.is_own(named, activation.module, activation.scope):
            return
        if "builtins.open" in names:
            mode = call.argument(1, "mode")
            is_written = isinstance(mode, ir.Constant) and bool(_WRITING_MODES & set(str(mode.value)))
            how = How.CHANGE if is_written else How.READ
        text = " ".join(activation.module.text(named).split())
        yield Event(Access(f"file {text}", _ANY, how), call.end, call.end)

    def _entered(self, entry: ir.WithItem, activation: Activation) -> Iterator[Event]:
        """A `with` that changes something for everybody while its block runs, or talks to a lasting object around it."""
        if entry.is_async:
            return
        frame = self.evaluator.any_call(activation.module, activation.scope)
        made = entry.context.function if isinstance(entry.context, ir.Call) else entry.context
        names = self.evaluator.names(made, frame)
        words = sorted(names & self.facts.managers)
        if not words and not isinstance(entry.context, ir.Call) and self._lasts(entry.context, activation):
            words = list(self._words(entry.context, activation.scope))
        for word in words:
            for at in (entry.context.end, entry.body_end):
                yield Event(Access(word, _ANY, How.STEP), at, at)

    def _walked(self, loop: ir.Loop, activation: Activation) -> Iterator[Event]:
        """A loop over a lasting collection to which some request adds, or from which it takes: the loop counts on its size."""
        walked = loop.iterable
        if isinstance(walked, ir.Call) and isinstance(walked.function, ir.Attribute) and not walked.arguments:
            walked = walked.function.base if walked.function.attribute in _VIEWS else walked
        if loop.is_async or last_word(walked) not in self._growing:
            return
        where = self._around(loop, activation)
        if not self._lasts(walked, where):
            return
        for word in self._words(walked, where.scope):
            for at in (loop.iterable.end, loop.end):
                yield Event(Access(word, _ANY, How.STEP), at, at)

    def _around(self, loop: ir.Loop, activation: Activation) -> Activation:
        """Where a loop's iterable is evaluated: a generator expression's first one belongs to the scope around it."""
        if loop.scope == activation.scope.index:
            return activation
        module = activation.module
        outer = module.scopes[loop.scope]
        return Activation(module, outer, self.lasting.given(module, outer))

    @cached_property
    def _growing(self) -> frozenset[str]:
        """The last words of the collections to which code that requests run adds something, or from which it removes something."""
        found: set[str] = set()
        for module in self.lasting.reach.touched():
            for scope in module.scopes:
                if not scope.is_function or self.lasting.reach.from_request(module, scope) is None:
                    continue
                found.update(last_word(store.base) for store in scope.stores if not store.is_attribute)
                targets = (change.target for change in scope.changes if not change.is_augmented)
                found.update(last_word(target.base) for target in targets if isinstance(target, ir.Subscript))
                methods = (call.function for call in scope.calls if self._is_change(call))
                found.update(last_word(method.base) for method in methods if isinstance(method, ir.Attribute))
        return frozenset(found - {""})

    def _read(self, activation: Activation) -> Iterator[Event]:
        scope = activation.scope
        skipped = [(store.start, store.end) for store in scope.stores]
        skipped += [(change.target.start, change.target.end) for change in scope.changes]
        skipped += [(call.function.start, call.function.end) for call in scope.calls if self._is_change(call)]
        keys: dict[ir.Expression, ir.Expression] | None = None
        for expression in (*scope.names, *scope.attributes):
            if any(start <= expression.start and expression.end <= end for start, end in skipped):
                continue
            if not self._lasts(expression, activation):
                continue
            if keys is None:
                keys = {one.base: one.key for one in scope.expressions() if isinstance(one, ir.Subscript)}
            key = keys.get(expression)
            member = str(key.value) if isinstance(key, ir.Constant) else _ANY
            yield Event(Access(last_word(expression), member, How.READ), expression.end, expression.end)

    def _is_change(self, call: ir.Call) -> bool:
        return isinstance(call.function, ir.Attribute) and call.function.attribute in self.facts.changing

    def _words(self, base: ir.Expression, scope: ir.Scope) -> list[str]:
        """The words under which an object goes, its own first: what a local name stands for counts too."""
        words: dict[str, None] = {}
        pending: list[ir.Expression | None] = [base]
        seen: set[int] = set()
        while pending:
            current = pending.pop()
            if current is None or id(current) in seen:
                continue
            seen.add(id(current))
            match current:
                case ir.Name():
                    words[current.id] = None
                    pending += [one.value for one in scope.sources(current)]
                case ir.Attribute():
                    words[current.attribute] = None
                case ir.Subscript():
                    pending.append(current.base)
                case ir.Call(function=ir.Attribute() as method):
                    pending.append(method.base)
                case ir.Await() | ir.Walrus():
                    pending.append(current.value)
                case ir.Choice():
                    pending += current.options
        return list(words)


def _target(target: ir.Attribute | ir.Subscript) -> tuple[ir.Expression, str, bool]:
    if isinstance(target, ir.Attribute):
        return target.base, target.attribute, True
    return target.base, str(target.key.value) if isinstance(target.key, ir.Constant) else "", False
