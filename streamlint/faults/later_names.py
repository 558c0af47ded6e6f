"""Which imports of LlamaIndex name what the release that the project asks for does not have yet."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.version import Version

from streamlint.knowledge.dependencies import is_integration, packages
from streamlint.knowledge.llama_index import exports
from streamlint.releases import ranges

if TYPE_CHECKING:
    from streamlint.model import syntax as ir
    from streamlint.project import Project
    from streamlint.releases.versions import VersionAnswer


@dataclass(frozen=True)
class Later:
    """Names of one module, the first release in which all were seen, and what says that an earlier one is used."""

    dotted: tuple[str, ...]
    since: str
    used: VersionAnswer


class LaterNames:
    """Asked about imports; nothing is said of releases between the last without a name and the first with it."""

    def __init__(self, project: Project) -> None:
        self.versions = project.versions
        self._releases = project.knowledge.llama.releases

    def later(self, line: ir.Import, path: Path) -> Later | None:
        dotted = [] if line.level else [f"{line.module}.{name}" if line.is_from else name for name, _ in line.names]
        firsts = {name: since for name in dotted if (since := _first(name)) in self._releases[1:]}
        used = self._used(path) if firsts else None
        if used is None:
            return None
        late = {name: since for name, since in firsts.items() if _all_up_to(used, self._before(since))}
        return Later(tuple(late), max(late.values(), key=Version), used) if late else None

    def _before(self, release: str) -> Version:
        """The last release that was looked at before another one."""
        return Version(self._releases[self._releases.index(release) - 1])

    def _used(self, path: Path) -> VersionAnswer | None:
        versions = self.versions.near(path)
        core, umbrella = versions.get(packages().core), versions.get(packages().umbrella)
        if core is not None and not (core.is_open and umbrella is not None):
            return core
        named = (each.package for file in versions.dependency_files for each in versions.files.whole(file))
        # an integration brings a core of its own, which lies over the old package
        is_mixed = versions.below(packages().umbrella, packages().namespaced) and any(map(is_integration, named))
        return None if is_mixed else umbrella


def _all_up_to(used: VersionAnswer, last: Version) -> bool:
    """Whether every release that may be used is this one or an earlier one."""
    exact = [ranges.exact(choice) for choice in used.choices]
    bounds = zip(used.choices, exact, strict=True)
    return all(one <= last if one is not None else ranges.at_least(choice, last) is False for choice, one in bounds)


@cache
def _first(dotted: str) -> str:
    """The first release that was looked at in which a name could be imported; "" where that is the first of all, or none."""
    module, _, name = dotted.rpartition(".")
    begins = [held.since for held, names in exports().get(module, ()) if name in names.split()]
    return min(begins, key=Version) if begins and all(begins) else ""
