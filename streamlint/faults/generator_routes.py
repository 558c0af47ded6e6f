"""Path operations of FastAPI that are generator functions, where the release cannot send them piece by piece."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from streamlint.knowledge.frameworks import Purpose
from streamlint.knowledge.releases import Driven, Releases
from streamlint.model import syntax as ir
from streamlint.streams.sent import certain
from streamlint.values.domain import External, Instance

if TYPE_CHECKING:
    from pathlib import Path

    from streamlint.project import Project
    from streamlint.serving import Entry
    from streamlint.values.activations import Frame


@dataclass(frozen=True)
class DrivenRoute:
    """`release` is empty where every release does it."""

    effect: Driven
    release: str


class GeneratorRoutes:
    """Silent where the response class is unknown, or the release matters and is unknown."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self.versions = project.versions
        self._frameworks = frozenset(row.framework for row in project.knowledge.releases.generator_routes)

    def of(self, entry: Entry) -> DrivenRoute | None:
        scope = entry.scope
        if entry.framework not in self._frameworks or entry.kind is not Purpose.ROUTE or not scope.is_generator:
            return None
        frame = self.evaluator.any_call(entry.module, entry.module.scopes[scope.parent])
        classes = {self._class(decorator, entry.framework, frame) for decorator in scope.decorators}
        name = classes.pop() if len(classes) == 1 else None
        if name is None or self._has_defaults:
            return None
        for row in self.evaluator.knowledge.releases.generator_routes:
            if (
                row.framework == entry.framework
                and name in row.classes
                and self._holds(row.releases, entry.module.path)
            ):
                bounded = row.releases.first or row.releases.below
                release = str(self.versions.near(entry.module.path).get(row.releases.package)) if bounded else ""
                return DrivenRoute(row.of_async if scope.is_async else row.of_sync, release)
        return None

    def _class(self, decorator: ir.Expression, framework: str, frame: Frame) -> str | None:
        """The class of answer that a decorator gives, "" for none; None for any other decorator, or where it cannot be told."""
        if not isinstance(decorator, ir.Call) or not isinstance(decorator.function, ir.Attribute):
            return None
        if decorator.hides_keywords:
            return None
        owners = certain(self.evaluator.value(decorator.function.base, frame))
        if not owners or not all(isinstance(owner, Instance) and self._is_router(owner, framework) for owner in owners):
            return None
        preferred = self.evaluator.knowledge.responses.preferred(framework)
        given = decorator.argument(None, preferred.declares_class) if preferred is not None else None
        if given is None:
            return ""
        values = certain(self.evaluator.value(given, frame))
        names = {value.name if isinstance(value, External) else None for value in values}
        return names.pop() if len(names) == 1 else None

    def _is_router(self, owner: Instance, framework: str) -> bool:
        application = self.evaluator.knowledge.frameworks.application(owner.name)
        return application is not None and application.framework == framework

    @cached_property
    def _has_defaults(self) -> bool:
        """Whether an application or router of the project brings a response class or a class of routes of its own."""
        calls = (
            call
            for word in self.evaluator.knowledge.names("untouched", "application-calls")
            for _, _, call in self.evaluator.callers.calls_of(word)
        )
        elsewhere = self.evaluator.knowledge.names("untouched", "application-keywords")
        return any(keyword is None or keyword in elsewhere for call in calls for keyword, _ in call.keywords)

    def _holds(self, releases: Releases, path: Path) -> bool:
        versions = self.versions.near(path)
        before = not releases.below or versions.below(releases.package, releases.below) is True
        return before and (not releases.first or versions.at_least(releases.package, releases.first) is True)
