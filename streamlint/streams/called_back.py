"""Calls that run a model to its end while its callbacks fill what is sent afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from streamlint.knowledge.token_streams import TEXT
from streamlint.model import syntax as ir
from streamlint.streams.drained import Drain, How, names_in
from streamlint.values.domain import Class, Instance, Object, Token, Tokens, Value

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.values import Evaluator
    from streamlint.values.activations import Frame

_GIVEN = ("callbacks", "callback_manager")


class CalledBack:
    """Looks at calls that give a complete answer, and at what their callbacks are made of."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self._facts = project.knowledge.token_streams
        self._methods = self._facts.handed_methods

    def of(self, frame: Frame) -> Iterator[Drain]:
        """Each as a drain whose names are the callbacks, and what those were given to fill."""
        for call in frame.scope.calls:
            names = self.filled(call, frame)
            if names and self._is_waited_for(call, frame):
                is_async = call.end in frame.scope.awaited
                tokens = Tokens(is_async, TEXT, self.evaluator.origin(call, frame))
                yield Drain(How.RUN, call.start, call.end, tokens, None, call, call.branch, names, is_async=is_async)
            filled = self._filled_to_the_end(run_by_thread(self.evaluator, call, frame) or call, frame)
            if filled is not None:
                tokens = Tokens(False, TEXT, self.evaluator.origin(call, frame))
                yield Drain(How.RUN, call.start, call.end, tokens, None, filled, call.branch, frozenset((filled.id,)))

    def is_run_by(self, thread: ir.Call, frame: Frame) -> bool:
        """Whether a thread runs a model that fills a stream, or calls back with each token."""
        call = made_by_thread(self.evaluator, thread, thread, frame)
        return call is not None and (self._filled_to_the_end(call, frame) is not None or bool(self.filled(call, frame)))

    def _filled_to_the_end(self, call: ir.Call, frame: Frame) -> ir.Name | None:
        """The name of a stream that this call puts all tokens into: `model.generate(**inputs, streamer=streamer)`."""
        method = call.function.attribute if isinstance(call.function, ir.Attribute) else ""
        given = ((value, self._facts.fillers.get((method, keyword or ""))) for keyword, value in call.keywords)
        for value, makers in given:
            made = _made(value, frame) if makers and isinstance(value, ir.Name) else None
            if makers and isinstance(made, ir.Call) and self.evaluator.names(made.function, frame) & makers:
                return value if isinstance(value, ir.Name) else None
        return None

    def _is_waited_for(self, call: ir.Call, frame: Frame) -> bool:
        """Whether the whole answer is there when the call has returned."""
        origin = self.evaluator.origin(call, frame)
        made = self.evaluator.value(call, frame)
        answers = self.evaluator.awaited(made) if call.end in frame.scope.awaited else made
        return any(isinstance(one, Token) and one.origin == origin for one in answers)

    def filled(self, call: ir.Call, frame: Frame) -> frozenset[str]:
        """The names that those callbacks of a call have here which are given tokens, and those of what they were made with."""
        found: set[str] = set()
        for given in self._given(call, frame):
            for part in ir.walk(given):
                made = _made(part, frame) if isinstance(part, ir.Name) else part
                if isinstance(made, ir.Call) and self._is_called_back(made, frame):
                    arguments = (*made.arguments, *(value for _, value in made.keywords))
                    found |= {part.id} if isinstance(part, ir.Name) else set()
                    found.update(name for one in arguments for name in names_in(one))
        return frozenset(found)

    def _given(self, call: ir.Call, frame: Frame) -> Iterator[ir.Expression]:
        """The callbacks that a call, its `config=`, or what made its receiver is given."""
        receiver = call.function.base if isinstance(call.function, ir.Attribute) else None
        made = _made(receiver, frame) if isinstance(receiver, ir.Name) else receiver
        for one in (call, made):
            if isinstance(one, ir.Call):
                yield from (value for name, value in one.keywords if name in _GIVEN)
        config = call.argument(None, "config")
        if isinstance(config, ir.Mapping):
            yield from (
                value for key, value in config.items if isinstance(key, ir.Constant) and key.value == "callbacks"
            )

    def _is_called_back(self, call: ir.Call, frame: Frame) -> bool:
        """Whether a call makes an object that is given each token, of a class of the project or of the client."""
        return any(
            self._takes(value, method) for value in self.evaluator.value(call, frame) for method in self._methods
        )

    def _takes(self, value: Value, method: str) -> bool:
        if isinstance(value, Object):
            return self.evaluator.attributes.method(Class(value.path, value.scope), method) is not None
        return isinstance(value, Instance) and self._facts.handed(value.name, method) is not None


def run_by_thread(evaluator: Evaluator, call: ir.Call, frame: Frame) -> ir.Call | None:
    """What a thread runs that this call waits for: `thread.join()`, of `thread = Thread(target=model.generate, kwargs=...)`."""
    function = call.function
    if not isinstance(function, ir.Attribute) or function.attribute != "join" or call.arguments:
        return None
    made = _made(function.base, frame) if isinstance(function.base, ir.Name) else None
    return made_by_thread(evaluator, made, call, frame) if isinstance(made, ir.Call) else None


def made_by_thread(evaluator: Evaluator, made: ir.Call, at: ir.Call, frame: Frame) -> ir.Call | None:
    """The call that a thread makes, as if it stood at another one."""
    handed, target = evaluator.calls.handed(made, frame), made.argument(None, "target")
    if handed is None or target is None:
        return None
    return ir.Call(at.start, at.end, target, handed[1], handed[2], at.branch)


def _made(name: ir.Name, frame: Frame) -> ir.Expression | None:
    """What the one assignment of a local name gives it."""
    assigned = frame.scope.assignment(name)
    return assigned.value if assigned is not None else None
