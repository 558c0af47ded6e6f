"""The generator functions whose items clients receive, and who else takes their items."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.knowledge.frameworks import Purpose
from streamlint.model import syntax as ir
from streamlint.serving.holders import Holders
from streamlint.streams.sent import Sent
from streamlint.values.domain import Function, Generated

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.values.activations import Frame

_OF_CLASSES = ("staticmethod", "classmethod")


class Generators:
    """Judges generator functions for any call of them."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self.reach = project.reach
        self.sent = project.ask(Sent)
        self.holders = project.ask(Holders)

    def is_served(self, frame: Frame) -> bool:
        """Whether requests run a generator function for its items: no dependency, no context manager."""
        module, scope = frame.module, frame.scope
        if not scope.is_generator or scope.kind != "function":
            return False
        entry = self.reach.entry(module, scope)
        if entry is not None:
            return entry.answers or entry.kind is Purpose.CALLBACK
        if self.is_sent(frame):
            return True
        reached = self.reach.from_request(module, scope)
        plain = all(ir.dotted(decorator) in _OF_CLASSES for decorator in scope.decorators)
        return reached is not None and reached.is_certain and plain

    def is_sent(self, frame: Frame) -> bool:
        """Whether a response, or the framework itself, sends what a generator function yields."""
        if not frame.scope.is_generator or frame.scope.kind != "function":
            return False
        entry = self.reach.entry(frame.module, frame.scope)
        if entry is not None:
            return entry.answers
        return bool(self.sent.generator(frame.module.path, frame.scope))

    def is_collected(self, frame: Frame) -> bool:
        """Whether only handlers call it that are no generators: they run to their end, whether the client stays or not."""
        if self.is_sent(frame):
            return False
        sites = self.evaluator.callers.of(Function(frame.module.path, frame.scope.index))
        entries = [self.reach.entry(site.module, site.scope) for site in sites]
        return bool(sites) and all(
            entry is not None and entry.kind is Purpose.ROUTE and not site.scope.is_generator
            for site, entry in zip(sites, entries, strict=True)
        )

    def is_looped_over(self, frame: Frame) -> bool:
        """Whether code of the project takes the items one by one, and so may go on when they end."""
        sites = self.evaluator.callers.of(Function(frame.module.path, frame.scope.index))
        modules = {id(site.module): site.module for site in sites}
        return any(
            isinstance(value, Generated) and value.frame.scope is frame.scope
            for module in modules.values()
            for other in module.scopes
            for loop in other.loops
            for value in self.evaluator.iterated(loop, self.evaluator.any_call(module, other))
        )

    def has_other_takers(self, frame: Frame) -> bool:
        """Whether something else than the responses that send it may take its items: it is used more often, or looped over."""
        others = self.holders.others(frame.module, frame.scope)
        sent = {id(one.sending) for one in self.sent.generator(frame.module.path, frame.scope)}
        return len(others) > len(sent) or self.is_looped_over(frame)
