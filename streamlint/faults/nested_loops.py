"""Calls that start or patch an event loop where one runs already."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.model.branches import arms
from streamlint.running.never import Never
from streamlint.serving.ways import Hop, Way
from streamlint.values.activations import Frame
from streamlint.values.domain import Function

if TYPE_CHECKING:
    from streamlint.project import Project


class Fault(StrEnum):
    """What such a call does to the loop."""

    STARTS = "starts"
    PATCHES = "patches"


@dataclass(frozen=True)
class Nested:
    """A fault, and the hops that lead to it; a fault of the call itself has none."""

    fault: Fault
    way: Way | None = None
    is_certain: bool = True
    """Whether nothing decides that the helper comes to it."""
    awaited: str = ""
    """The method to await instead, where the call makes the coroutine itself."""

    @property
    def hops(self) -> tuple[Hop, ...]:
        return self.way.steps if self.way is not None else ()


class NestedLoops:
    """Judges calls in code of which it is known that a loop runs it."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self.known = project.knowledge.nested_loops
        self._never = project.ask(Never)
        self._asking: dict[Frame, bool] = {}

    def of_call(self, call: ir.Call, frame: Frame) -> Nested | None:
        """The fault of a call, or of the plain function that it runs on the same thread."""
        names = self._names(call, frame)
        if names & self.known.patches:
            return Nested(Fault.PATCHES)
        if self._patched or self._asks(frame):
            return None
        if names & self.known.starts:
            return Nested(Fault.STARTS, awaited=next((self.known.awaited.get(name, "") for name in sorted(names)), ""))
        return self._of_functions(call, frame)

    def _of_functions(self, call: ir.Call, frame: Frame) -> Nested | None:
        """The fault of the one function that a call runs, on whichever object."""
        values = self.evaluator.value(call.function, frame)
        functions = [one for one in values if isinstance(one, Function)]
        if len(functions) != len(values) or len({(one.path, one.scope) for one in functions}) != 1:
            return None
        for function in functions:
            found = self._of_function(function, call, frame)
            if found is not None:
                hop = Hop(frame.module.path, call.start, call.end, f"calls `{found[0]}`")
                return replace(found[1], way=found[1].way.behind(hop) if found[1].way is not None else Way(hop))
        return None

    def _of_function(self, function: Function, call: ir.Call, caller: Frame) -> tuple[str, Nested] | None:
        located = self.evaluator.scope_of(function)
        if located is None or located[1].is_async or located[1].is_generator:
            return None
        frame = self.evaluator.calls.running(function, call, caller)
        found: Nested | None = self.evaluator.solver.ask(("nested", frame), lambda: self._in_frame(frame), None, None)
        return (located[1].name, found) if found is not None else None

    def _in_frame(self, frame: Frame) -> Nested | None:
        """What a plain function does with these arguments, or likely does: where a test of data lets it."""
        likely: Nested | None = None
        for call in frame.scope.calls:
            found = self.of_call(call, frame) if _is_under_data(call, frame) else None
            if found is not None and found.fault is Fault.STARTS and self._never.comes_to(call, frame):
                here = Hop(frame.module.path, call.start, call.end, "starts a loop where one runs")
                whole = found if found.way is not None else replace(found, way=Way(here))
                if call.branch < 0 and whole.is_certain:
                    return whole
                likely = likely or replace(whole, is_certain=False)
        return likely

    @cached_property
    def _patched(self) -> bool:
        """Whether some module of the project allows loops within loops."""
        packages = self.known.patching_packages
        loaded = self.evaluator.modules.saying(*packages)
        return any(name in packages for module in loaded for name, _, _ in module.summary.imports)

    def _asks(self, frame: Frame) -> bool:
        """Whether the function, or one around it, looks first whether a loop runs."""
        current: Frame | None = frame
        while current is not None and current.scope.is_function:
            if current not in self._asking:
                self._asking[current] = any(self._is_question(call, current) for call in current.scope.calls)
            if self._asking[current]:
                return True
            current = current.parent
        return False

    def _is_question(self, call: ir.Call, frame: Frame) -> bool:
        if isinstance(call.function, ir.Attribute) and call.function.attribute == "is_running":
            return True
        return bool(self._names(call, frame) & self.known.asks)

    def _names(self, call: ir.Call, frame: Frame) -> frozenset[str]:
        return self.evaluator.names(call.function, frame) - {""}


def _is_under_data(call: ir.Call, frame: Frame) -> bool:
    """Whether only tests of data stand around a call: what asks something may ask for a loop."""
    tests = [row.test for row in arms(frame.scope, call.branch)]
    return all(test is not None and not any(isinstance(one, ir.Call) for one in ir.walk(test)) for test in tests)
