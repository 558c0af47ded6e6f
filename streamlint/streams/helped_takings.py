"""What helpers of the project take of a stream, as the code that calls them sees it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.serving.ways import Hop, Way
from streamlint.streams.answers import Answers
from streamlint.streams.drained import Drain, DrainedNames, How, names_in
from streamlint.streams.gathered import on_object, own_object
from streamlint.streams.given_back import filled_in, keeps_on_object, may_return, names_given, seen_by_both, where_kept
from streamlint.values.activations import Frame
from streamlint.values.domain import Class, Function

if TYPE_CHECKING:
    from streamlint.project import Project


class HelpedTakings(DrainedNames, ABC):
    """Looks into the functions that a call comes to; `in_frame` says what one takes itself."""

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self.answers = project.ask(Answers)
        self._kept_in: dict[ir.Scope, frozenset[str]] = {}

    @abstractmethod
    def in_frame(self, frame: Frame) -> tuple[Drain, ...]:
        """Every drain directly in a function, and those in the helpers that it hands a stream to."""

    def _in_helper(self, function: Function, call: ir.Call, frame: Frame) -> Drain | None:
        """A helper that takes all tokens and gives back text, and is waited for."""
        located = self.evaluator.scope_of(function)
        if located is None or (located[1].is_async and call.end not in frame.scope.awaited):
            return None
        return self._through_helper(function, call, frame)

    def _through_helper(self, function: Function, call: ir.Call, frame: Frame) -> Drain | None:
        located = self.evaluator.scope_of(function)
        if located is None or located[1].is_generator or not self._may_give(located[1], call, frame):
            return None
        inner = self.evaluator.calls.running(function, call, frame)
        for drain in self.in_frame(inner):
            filled = filled_in(drain, inner, call, frame) | self._filled_object(drain, inner, call, frame)
            if not filled and not self._returned(drain, inner):
                continue
            return self._as_called(drain, call, frame, inner, filled)
        return None

    @staticmethod
    def _as_called(drain: Drain, call: ir.Call, frame: Frame, inner: Frame, kept: frozenset[str]) -> Drain:
        """A drain in another function, as its caller sees it."""
        place = Hop(inner.module.path, drain.start, drain.end, WHERE[drain.how])
        through = Hop(frame.module.path, call.start, call.end, f"calls `{inner.scope.name}`")
        way = (drain.way or Way(place)).behind(through)
        return replace(
            drain, start=call.start, end=call.end, source=call, branch=call.branch, way=way, kept=kept, loop=None
        )

    def _may_give(self, scope: ir.Scope, call: ir.Call, frame: Frame) -> bool:
        """Whether a helper may return text, or put tokens into something that this call hands in, or that both see."""
        may_be_kept = self._kept_in.get(scope)
        if may_be_kept is None:
            may_be_kept = self._kept_in[scope] = where_kept(scope)
        given = names_given(scope, call)
        is_method = isinstance(call.function, ir.Attribute)
        return (
            may_return(scope)
            or not may_be_kept.isdisjoint(given)
            or bool(seen_by_both(may_be_kept, scope, frame))
            or (is_method and keeps_on_object(scope))
        )

    def _filled_object(self, drain: Drain, inner: Frame, call: ir.Call, frame: Frame) -> frozenset[str]:
        """The name of the object on which a method keeps the tokens, where the caller has just made it."""
        if on_object(own_object(inner.module, inner.scope)) not in drain.kept:
            return frozenset()
        base = call.function.base if isinstance(call.function, ir.Attribute) else None
        assigned = frame.scope.assignment(base)
        made = assigned.value if assigned is not None else None
        if not isinstance(base, ir.Name) or not isinstance(made, ir.Call):
            return frozenset()
        is_new = any(isinstance(value, Class) for value in self.evaluator.value(made.function, frame))
        return frozenset((base.id,)) if is_new else frozenset()

    def _returned(self, drain: Drain, frame: Frame) -> bool:
        """Whether a function gives back the text that it drained, and no stream; data read from the text is another thing."""
        derived = self.derived(drain, frame, as_text=True)
        for item in frame.scope.returns:
            if item.value is None or self.answers.is_stream(item.value, frame):
                continue
            within = item.value.contains(drain)
            if within or names_in(item.value) & derived:
                return True
        return False


WHERE = {
    How.LOOP: "takes every token here",
    How.CALL: "collects every token here",
    How.JOIN: "joins every token here",
    How.COMPREHENSION: "collects every token here",
    How.TEXT: "turns the stream into text here",
    How.METHOD: "waits for the whole answer here",
    How.UNPACKED: "unpacks every token here",
    How.STEPS: "asks for every token here",
    How.FILLED: "collects every token here",
    How.RUN: "runs the model to its end here",
}
