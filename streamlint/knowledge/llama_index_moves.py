"""Which import paths of LlamaIndex 0.9 mean nothing since 0.10, and where their names are in a later release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property

from streamlint.knowledge.llama_index import load
from streamlint.knowledge.llama_index_facts import release as numbers
from streamlint.knowledge.table import read

OLD, CORE = "llama_index", "llama_index.core"
SPLIT = "0.10"
"""The first release that is made of packages."""
_WHOLE = frozenset(("finetuning", "experimental", "cli", "core"))
"""Parts of the namespace that are one package each, however deep their modules lie."""


@dataclass(frozen=True)
class Target:
    """Where a name is now: a module, and the distribution that must be installed for it."""

    module: str
    name: str
    distribution: str

    @property
    def path(self) -> str:
        return f"{self.module}.{self.name}"


class LegacyPaths:
    """Asked by dotted paths; a release of None stands for the newest one."""

    @cached_property
    def oldest(self) -> str:
        return load().releases[0]

    @cached_property
    def newest(self) -> str:
        return load().releases[-1]

    def is_legacy(self, module: str, name: str) -> bool:
        """Whether `from module import name` (or, without a name, `import module`) meant something in 0.9 and means nothing now.

        A module that an integration has today is none of the old ones, whatever stood there.
        """
        if module == OLD:
            return bool(name) and name not in self._kinds and self._is_gone(f"{OLD}.{name}")
        if not module.startswith(f"{OLD}.") or module == CORE or module.startswith(f"{CORE}."):
            return False
        if module in self._integrations:
            return False
        is_namespace = not name and module.removeprefix(f"{OLD}.") in self._kinds
        return not is_namespace and self._is_gone(f"{module}.{name}" if name else module)

    def _is_gone(self, path: str) -> bool:
        if path in self._integrations or path.partition(".")[2].partition(".")[0] == "core":
            return False
        module, _, name = path.rpartition(".")
        if self.has(module, name, self.oldest):
            return True
        return module == OLD and name not in self._kinds

    def has(self, module: str, name: str, release: str) -> bool:
        """Whether a name could be imported from a module in a release that was looked at."""
        return load().is_public(f"{module}.{name}", release)

    def target(self, module: str, name: str, release: str | None = None) -> Target | None:
        """Where a name of 0.9 is in a release; None where it is nowhere, or where that is not known."""
        seen = self.seen(release)
        core = CORE + module.removeprefix(OLD)
        if self.has(core, name, seen):
            return Target(core, name, "llama-index-core")
        to = self._moved.get((module, name))
        if to is not None and self._works(to, seen):
            return (
                Target(to, name, distribution(to)) if not to.startswith(CORE) else Target(to, name, "llama-index-core")
            )
        nearby = self._in_core(module, name, seen)
        return Target(nearby, name, "llama-index-core") if nearby else None

    def module(self, module: str, release: str | None = None) -> Target | None:
        """Where a whole module of 0.9 is in a release."""
        outer, _, name = module.rpartition(".")
        return self.target(outer, name, release) if outer else None

    def seen(self, release: str | None) -> str:
        """The release that was looked at and speaks for this one: the newest that is not newer, of 0.10 at the least."""
        if release is None:
            return self.newest
        looked_at = [one for one in load().releases if one != self.oldest]
        older = [one for one in looked_at if numbers(one) <= numbers(release)]
        return older[-1] if older else looked_at[0]

    def _in_core(self, module: str, name: str, release: str) -> str:
        """The one module of core that has the name and is called as the old one was, one level deeper or elsewhere."""
        last = module.rpartition(".")[2]
        named = (one for one in load().modules_with(name, release) if one.startswith(f"{CORE}."))
        found = sorted((one for one in named if one.rpartition(".")[2] == last), key=lambda one: (one.count("."), one))
        return found[0] if found else ""

    def _works(self, module: str, release: str) -> bool:
        below = next(
            (limit for start, limit in self._limits.items() if module == start or module.startswith(f"{start}.")), None
        )
        return below is None or numbers(release) < numbers(below)

    @cached_property
    def _limits(self) -> Mapping[str, str]:
        return {row.text("module"): row.text("below") for row in read("llama_index_drift").rows("package")}

    @cached_property
    def _moved(self) -> Mapping[tuple[str, str], str]:
        rows = (*read("llama_index_moves").rows("moved"), *read("llama_index_drift").rows("path"))
        return {(row.text("module"), name): row.text("to") for row in rows for name in row.texts("names")}

    @cached_property
    def _integrations(self) -> frozenset[str]:
        """Every module that an integration has today."""
        return frozenset(to for to in self._moved.values() if not to.startswith(f"{CORE}."))

    @cached_property
    def _kinds(self) -> frozenset[str]:
        """What stands directly in the namespace today."""
        return frozenset(module.split(".")[1] for module in self._integrations) | {"core"}


def distribution(module: str) -> str:
    """The distribution that has a module: `llama_index.llms.openai` is of `llama-index-llms-openai`."""
    parts = module.split(".")[1:]
    kept = parts[:1] if parts[0] in _WHOLE else parts
    return "-".join(("llama-index", *kept)).replace("_", "-")


@cache
def legacy_paths() -> LegacyPaths:
    return LegacyPaths()
