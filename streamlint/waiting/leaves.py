"""What waits at the end of the ways: calls outside the project that hold the thread themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from streamlint.knowledge.blocking import BlockingCall, Tier, Unless
from streamlint.knowledge.llama_index import Kind, Method, Returns, Role, is_of_llama_index
from streamlint.model import syntax as ir
from streamlint.serving.ways import Way
from streamlint.values.activations import Frame
from streamlint.values.domain import Bound, Constant, External, Instance, Llama, Object, Value, dotted_name
from streamlint.values.said import last_word
from streamlint.values.starts import start_of
from streamlint.waiting.holds import Cause, Hold, hop_to
from streamlint.waiting.tested import is_tested

if TYPE_CHECKING:
    from streamlint.values import Evaluator

_ENTERING = frozenset(("enter_context",))
_NOTICEABLE = 0.01
"""Seconds; measured, other clients' waits vary by twice that without any block."""


class Leaves:
    """Reads the tables of what waits: libraries, heavy work, LlamaIndex."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator

    def of_outside(self, function: Value, call: ir.Call, frame: Frame) -> Hold | None:
        """The hold of calling a function or method outside the project, by its dotted name."""
        name = dotted_name(function)
        knowledge = self.evaluator.knowledge
        fact = knowledge.blocking.call(name)
        if (
            fact is not None
            and not self.is_lazy_call(fact, call, frame)
            and not self._returns_at_once(fact, call, frame)
            and not (fact.enters and self._waits_to_be_entered(call, frame))
        ):
            return self.library(fact, name, call, frame)
        heavy = knowledge.heavy.call(name)
        if heavy is not None and not self.is_lazy_call(heavy, call, frame) and not self._is_other(heavy, call, frame):
            return replace(self.library(heavy, name, call, frame), cause=Cause.HEAVY)
        if isinstance(function, External) and is_of_llama_index(name):
            return self._of_llama_name(name, call, frame)
        return None

    def of_llama(self, function: Bound, call: ir.Call, frame: Frame) -> Hold | None:
        receiver = function.receiver
        assert isinstance(receiver, Llama)
        method = self.evaluator.knowledge.llama.method(receiver.role, function.name, of=receiver.name)
        if method is None or not method.blocks or method.kind in (Kind.COROUTINE, Kind.ASYNC_GENERATOR):
            return self._of_integration(f"{receiver.name}.{function.name}", call, frame)
        if method.arguments and not any(call.argument(None, name) for name in method.arguments):
            return None
        if self._gives_coroutine(call, frame):
            return None
        reason = reason_of(method.heavy, receiver)
        return self.llama(frame.module.text(call.function), reason, method.heavy, call, frame, method, receiver)

    def of_role(self, role: Role, call: ir.Call, frame: Frame) -> Hold | None:
        """The hold of a method of something that must be LlamaIndex's, as its result is used."""
        if not isinstance(call.function, ir.Attribute):
            return None
        receiver = Llama(role, streaming=True)
        method = self.evaluator.knowledge.llama.method(role, call.function.attribute)
        text = frame.module.text(call.function)
        return self.llama(text, reason_of("", receiver), "", call, frame, method, receiver)

    def _of_integration(self, name: str, call: ir.Call, frame: Frame) -> Hold | None:
        """What a method waits for in the one class of an integration, where others of its kind keep all in memory."""
        fact = self.evaluator.knowledge.blocking.call(name)
        return self.library(fact, name, call, frame) if fact is not None else None

    def _gives_coroutine(self, call: ir.Call, frame: Frame) -> bool:
        """Whether an inherited method hands on what an `async` hook of the project gives: `_retrieve` behind `retrieve`."""
        if not isinstance(call.function, ir.Attribute):
            return False
        attributes, values = self.evaluator.attributes, self.evaluator.value(call.function.base, frame)
        hooks = (attributes.method(one, f"_{call.function.attribute}") for one in values if isinstance(one, Object))
        located = (self.evaluator.scope_of(hook) for hook in hooks if hook is not None)
        return any(one is not None and one[1].is_async for one in located)

    def llama(
        self,
        name: str,
        reason: str,
        heavy: str,
        call: ir.Call,
        frame: Frame,
        method: Method | None,
        receiver: Llama | None,
    ) -> Hold:
        hop = hop_to(call, frame, reason)
        cause = Cause.HEAVY if heavy else Cause.LLAMA
        tier = Tier.LIKELY if _is_lazy(method, receiver) else Tier.CERTAIN
        return Hold(cause, " ".join(name.split()), reason, tier, Way(hop), None, method, receiver)

    def _of_llama_name(self, name: str, call: ir.Call, frame: Frame) -> Hold | None:
        llama = self.evaluator.knowledge.llama
        text = frame.module.text(call.function)
        function = llama.function(name)
        if function is not None and function.blocks:
            return self.llama(text, reason_of(function.heavy, None), function.heavy, call, frame, None, None)
        owner, _, member = name.rpartition(".")
        method = llama.classmethod(owner, member)
        if method is not None and method.blocks:
            if method.arguments and not any(call.argument(None, one) for one in method.arguments):
                return None
            if method.heavy and self._has_nothing_to_do(call, frame):
                return None
            return self.llama(text, reason_of(method.heavy, None), method.heavy, call, frame, method, None)
        heavy = llama.constructor(name)
        over = llama.constructed_over(name)
        if heavy and (not over or self._is_given_any(call, over, frame)):
            return self.llama(text, reason_of(heavy, None), heavy, call, frame, None, None)
        return None

    def _is_given_any(self, call: ir.Call, names: tuple[str, ...], frame: Frame) -> bool:
        """Whether a call is given more than nothing for one of these arguments; the first may also come by position."""
        if not call.is_plain:
            return True
        given = (call.argument(0 if name == names[0] else None, name) for name in names)
        return any(one is not None and not self._is_empty(one, frame) for one in given)

    def _has_nothing_to_do(self, call: ir.Call, frame: Frame) -> bool:
        """Whether a call builds something of no documents at all."""
        keywords = self.evaluator.knowledge.names("llama_index_words", "sources")
        given = (call.argument(0 if number == 0 else None, name) for number, name in enumerate(sorted(keywords)))
        return any(one is not None and self._is_empty(one, frame) for one in given)

    def _is_empty(self, expression: ir.Expression, frame: Frame) -> bool:
        if isinstance(expression, ir.Name) and self._stays_empty(expression, frame):
            return True
        return _is_made_empty(expression) or self.evaluator.value(expression, frame) == frozenset((Constant(None),))

    @staticmethod
    def _stays_empty(name: ir.Name, frame: Frame) -> bool:
        """Whether a variable is only made empty, and used in this one place."""
        uses = frame.module.uses
        bindings = uses.bindings(name, frame.scope)
        made = all(one.kind == "assign" and one.value is not None and _is_made_empty(one.value) for one in bindings)
        return bool(bindings) and made and all(use.name is name for use in uses.of(name, frame.scope))

    def library(self, fact: BlockingCall, name: str, node: ir.Expression, frame: Frame) -> Hold:
        """An instance that is called goes by its class."""
        name = name.removesuffix(".__call__")
        hop = hop_to(node, frame, f"`{name}` {fact.reason}")
        return Hold(Cause.LIBRARY, name, fact.reason, fact.tier, Way(hop), fact)

    def _returns_at_once(self, fact: BlockingCall, call: ir.Call, frame: Frame) -> bool:
        if fact.needs_argument and not call.arguments and not call.keywords:
            return True
        if fact.category == "sleep" and self._is_short(call, frame):
            return True
        if is_tested(call, fact.asks, frame):
            return True
        if any(self._is_so(unless, call, frame) for unless in fact.unless):
            return True
        return self._is_other(fact, call, frame)

    def _is_other(self, fact: BlockingCall, call: ir.Call, frame: Frame) -> bool:
        """Whether a call is not given what it takes its time for."""
        return bool(fact.only) and not any(self._is_so(one, call, frame) for one in fact.only)

    def _is_so(self, condition: Unless, call: ir.Call, frame: Frame) -> bool:
        """Whether an argument is what a row asks for."""
        given = call.argument(condition.position, condition.keyword or None)
        if given is None:
            return False
        if condition.begins and start_of(self.evaluator, given, frame).startswith(condition.begins):
            return True
        texts = {frame.module.text(flag) for flag in _flags(given)}
        texts |= {repr(v.value) for v in self.evaluator.value(given, frame) if isinstance(v, Constant)}
        return condition.holds(texts)

    def _waits_to_be_entered(self, call: ir.Call, frame: Frame) -> bool:
        """Whether a call only makes a manager, whose `with` stands elsewhere and is known by what it enters."""
        entered = [entry.context for entry in frame.scope.entries]
        entered += [
            one for other in frame.scope.calls if last_word(other.function) in _ENTERING for one in other.arguments
        ]
        if any(one is call for one in entered):
            return False
        entering = self.evaluator.knowledge.blocking.entering
        return all(isinstance(one, Instance) and entering(one.name) for one in self.evaluator.value(call, frame))

    def _is_short(self, call: ir.Call, frame: Frame) -> bool:
        """A sleep that no heartbeat can tell from noise."""
        given = call.argument(0, None)
        values = self.evaluator.value(given, frame) if given is not None else ()
        times = [v.value if isinstance(v, Constant) else None for v in values]
        return bool(times) and all(isinstance(time, int | float) and time < _NOTICEABLE for time in times)

    def is_lazy_call(self, fact: BlockingCall, call: ir.Call, frame: Frame) -> bool:
        """Whether a call returns an iterator at once: always, or where it says so with a keyword."""
        given = call.argument(None, fact.lazy_with) if fact.lazy_with else None
        return fact.lazy or (isinstance(given, ir.Constant) and bool(given.value))


def _is_made_empty(expression: ir.Expression) -> bool:
    """`[]`, `()`, `list()`."""
    if isinstance(expression, ir.Sequence):
        return not any(expression.children())
    is_call = isinstance(expression, ir.Call) and not expression.arguments and not expression.keywords
    return is_call and isinstance(expression, ir.Call) and ir.dotted(expression.function) in ("list", "tuple", "set")


def _is_lazy(method: Method | None, receiver: Llama | None) -> bool:
    """An LLM's stream: most integrations send the request at the first step, some before they return."""
    if method is None or receiver is None or receiver.role is not Role.LLM:
        return False
    return method.returns in (Returns.CHUNKS, Returns.TEXT_TOKENS)


def reason_of(heavy: str, receiver: Llama | None) -> str:
    """What completes "it ..." for LlamaIndex: the heavy work that it does, or for what its caller waits."""
    if heavy:
        return f"does {heavy}" if not heavy.startswith("an ") else f"makes {heavy}"
    return (
        "waits for the model"
        if receiver is not None and receiver.role == "llm"
        else "waits for retrieval and the model"
    )


def _flags(expression: ir.Expression) -> Iterator[ir.Expression]:
    """The expression, and the flags that it joins: `mode | fcntl.LOCK_NB`."""
    yield expression
    if isinstance(expression, ir.Operation) and expression.operator == "BitOr":
        for operand in expression.operands:
            yield from _flags(operand)
