"""The constructs that a Python program makes with the AWS CDK, as its calls say them; what it computes is not known."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streamlint.deployment.limits import Anchor
from streamlint.deployment.units import Given, text_of
from streamlint.model import syntax as ir
from streamlint.source import Span
from streamlint.surroundings.document import Keys
from streamlint.surroundings.names import STACKS
from streamlint.values.domain import Bound, Constant, Instance

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment
    from streamlint.model.modules import Module
    from streamlint.project import Project
    from streamlint.values.activations import Frame

_DURATIONS = {"millis": 0.001, "seconds": 1.0, "minutes": 60.0, "hours": 3600.0, "days": 86400.0}
"""Seconds."""
_DEEPEST = 6
_MOST = 50
_ENDLESS = 1e9
"""No limit is so high."""


@dataclass(frozen=True)
class Construct:
    """What a call makes; `kind` is the whole name of its class or method, `given` what its arguments say."""

    kind: str
    anchor: Anchor
    given: Mapping[Keys, Given]
    is_open: bool
    """Whether more may be said of it where nobody sees it."""


class Stacks:
    """The files of Python that make constructs, and those of the kinds that somebody asks for."""

    def __init__(self, deployment: Deployment) -> None:
        self._changes = deployment.knowledge.names("gates", "stack-overrides")
        modules = (
            (project, module)
            for project in deployment.projects
            for path in sorted(project.modules.texts.saying((STACKS,)))
            if (module := project.module(path)) is not None
        )
        self.modules: tuple[tuple[Project, Module], ...] = tuple(each for each in modules if STACKS in each[1].packages)

    def constructs(self, kinds: Collection[str]) -> Iterator[Construct]:
        for project, module in self.modules:
            is_changed = any(word in module.source.text for word in self._changes)
            for scope in module.scopes:
                frame = project.evaluator.any_call(module, scope)
                for call in scope.calls:
                    kind = next((name for name in _names(project, call.function, frame) if name in kinds), "")
                    if kind:
                        said = _Said(project, module, frame)
                        said.read(call, ())
                        anchor = Anchor(module.path, Span(call.function.start, call.function.end))
                        yield Construct(kind, anchor, said.given, is_changed or call.hides_keywords)


def _names(project: Project, function: ir.Expression, frame: Frame) -> Iterator[str]:
    """The names of a class, or of a method of what a class made."""
    found = sorted(project.evaluator.names(function, frame))
    yield from found
    if not found and isinstance(function, ir.Attribute):
        for value in project.evaluator.value(function, frame):
            if isinstance(value, Bound) and isinstance(value.receiver, Instance):
                yield f"{value.receiver.name}.{value.name}"


@dataclass
class _Said:
    """What the arguments of a call say, by their names; those by position by their numbers."""

    project: Project
    module: Module
    frame: Frame
    given: dict[Keys, Given] = field(default_factory=dict)

    def read(self, call: ir.Call, keys: Keys) -> None:
        for number, argument in enumerate(call.arguments):
            self._put(argument, (*keys, str(number)))
        for name, argument in call.keywords:
            if name is not None:
                self._put(argument, (*keys, name))

    def _put(self, value: ir.Expression, keys: Keys) -> None:
        """One value, or those that a list, a mapping or a struct of the CDK holds."""
        before = len(self.given)
        if len(keys) <= _DEEPEST:
            for key, item in self._parts(value):
                self._put(item, (*keys, key))
        if len(self.given) == before:
            self.given[keys] = self._leaf(value)

    def _parts(self, value: ir.Expression) -> Iterator[tuple[str | int, ir.Expression]]:
        if isinstance(value, ir.Sequence):
            yield from enumerate(value.items[:_MOST])
        elif isinstance(value, ir.Mapping):
            yield from ((str(key.value), item) for key, item in value.items[:_MOST] if isinstance(key, ir.Constant))
        elif isinstance(value, ir.Call) and not self._unit(value):
            yield from ((name, item) for name, item in value.keywords if name is not None)

    def _leaf(self, value: ir.Expression) -> Given:
        """A number, a text, a duration in seconds, or the name of a member; all else is not known."""
        anchor = Anchor(self.module.path, Span(value.start, value.end))
        if isinstance(value, ir.Attribute) and self._is_of_stacks(value):
            return Given(value.attribute, anchor, inside=Span(value.end - len(value.attribute), value.end))
        unit = self._unit(value)
        at = value.argument(0, "amount") if isinstance(value, ir.Call) and unit else value
        constant = self._constant(at) if at is not None else None
        if unit and isinstance(constant, int | float):
            inside = self._inside(at) if unit == 1 else None
            return Given(text_of(float(constant * unit)), anchor, inside=inside)
        if unit or constant is None:
            return Given(self.module.text(value), anchor, is_known=False)
        return Given(text_of(constant), anchor, inside=self._inside(value))

    def _unit(self, value: ir.Expression) -> float:
        """How many seconds one of a `Duration` has; 0 for what is none."""
        named = value.function if isinstance(value, ir.Call) else None
        if not isinstance(named, ir.Attribute) or not self._is_of_stacks(named):
            return 0
        return _DURATIONS.get(named.attribute, 0)

    def _is_of_stacks(self, value: ir.Attribute) -> bool:
        return any(name.startswith(f"{STACKS}.") for name in self.project.evaluator.names(value, self.frame))

    def _constant(self, value: ir.Expression) -> int | float | str | None:
        """The one plain value that an expression is; what callers give is not known."""
        parameters = {each.name for each in self.frame.scope.parameters}
        if any(isinstance(each, ir.Name) and each.id in parameters for each in ir.walk(value)):
            return None
        (only, *others) = self.project.evaluator.value(value, self.frame) or (None,)
        if others or not isinstance(only, Constant):
            return None
        if isinstance(only.value, int | float):
            return only.value if abs(only.value) < _ENDLESS else None
        return only.value if isinstance(only.value, str) else None

    def _inside(self, value: ir.Expression | None) -> Span | None:
        """Where a number is written as it is."""
        is_number = isinstance(value, ir.Constant) and self.module.text(value).isdecimal()
        return Span(value.start, value.end) if value is not None and is_number else None
