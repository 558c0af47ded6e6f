"""Which imports of LlamaIndex's integrations come with a distribution that nothing around the file installs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.knowledge.dependencies import bundled, distribution_of, is_integration, packages
from streamlint.model import syntax as ir
from streamlint.model.branches import arms, branch_of
from streamlint.releases.declared import Declared
from streamlint.surroundings.names import is_lock
from streamlint.values.domain import Function

if TYPE_CHECKING:
    from streamlint.model.modules import Module
    from streamlint.project import Project
    from streamlint.releases.versions import Versions


_FARTHEST = 4
"""Calls between an import and the choice that comes to it."""


@dataclass(frozen=True)
class Missing:
    """A distribution that is not installed, the name that needs it, and what a file says that would have to name it."""

    dotted: str
    distribution: str
    beside: Declared


class Integrations:
    """Asked about imports."""

    def __init__(self, project: Project) -> None:
        self.versions = project.versions
        self.evaluator = project.evaluator
        self._root = project.root
        self._modules = project.modules
        self._reach = project.reach
        self._own = any("llama_index" in path.parts for path in project.modules.files)

    def missing(self, line: ir.Import, path: Path) -> Missing | None:
        """The first distribution that an import needs and nothing brings; None where nobody says what is installed."""
        if line.level or self._own:
            return None
        dotted = [f"{line.module}.{name}" if line.is_from else name for name, _ in line.names]
        needed = {name: each for each in reversed(dotted) if (name := distribution_of(each))}
        missing = (self._missing(each, name, path) for name, each in needed.items())
        found = next((one for one in missing if one is not None), None)
        return found if found is not None and path in self._served else None

    @cached_property
    def _served(self) -> frozenset[Path]:
        """The files with something that a framework calls, and all that importing them runs; all files where it calls nothing."""
        called = {entry.module.path for entry in self._reach.entries}
        return frozenset(self._modules.around(called)) if called else self._modules.files

    def is_one_of_several(self, module: Module, scope: ir.Scope, depth: int = 0) -> bool:
        """Whether a function is called only where a setting, or an argument, asks for it by a text: one way of several."""
        if not scope.is_function or depth > _FARTHEST:
            return False
        sites = self.evaluator.callers.of(Function(module.path, scope.index))
        return bool(sites) and all(
            _is_asked_for(site.call, site.scope) or self.is_one_of_several(site.module, site.scope, depth + 1)
            for site in sites
        )

    def _missing(self, dotted: str, name: str, path: Path) -> Missing | None:
        versions = self.versions.near(path)
        if versions.below(packages().umbrella, packages().namespaced) is True:
            return None
        named = list(_named(versions))
        llama = [each for each in named if each.package in packages().main or is_integration(each.package)]
        if not llama or any(each.is_sourced for each in llama) or any(each.package == name for each in named):
            return None
        if self._is_brought(name, llama, versions):
            return None
        return Missing(dotted, name, llama[0])

    def _is_brought(self, name: str, llama: list[Declared], versions: Versions) -> bool:
        """Whether the umbrella, or another integration, may bring a distribution; of what is locked everything is named."""
        if any(is_lock(each.path.name) for each in llama):
            return False
        umbrella = packages().umbrella
        if name in bundled() and any(each.package == umbrella for each in llama):
            gone = bundled()[name]
            return not gone or versions.at_least(umbrella, gone) is not True
        brand = name.rpartition("-")[2]
        return any(brand in each.package for each in llama)


def _is_asked_for(call: ir.Call, scope: ir.Scope) -> bool:
    """Whether a call stands in a `case`, or where a test compares something with a text."""
    return any(row.arm.startswith("case") or _has_text(row.test) for row in arms(scope, branch_of(call, scope)))


def _has_text(test: ir.Expression | None) -> bool:
    parts = ir.walk(test) if test is not None else ()
    return any(isinstance(part, ir.Constant) and isinstance(part.value, str) for part in parts)


def _named(versions: Versions) -> Iterator[Declared]:
    for path in versions.dependency_files:
        yield from versions.files.whole(path)
