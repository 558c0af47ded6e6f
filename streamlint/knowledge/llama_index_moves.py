"""Which import paths of LlamaIndex 0.9 mean nothing since 0.10, and where their names are in a later release."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, cached_property

from streamlint.immutable import immutable
from streamlint.knowledge.llama_index import load
from streamlint.knowledge.llama_index_facts import release as numbers
from streamlint.knowledge.table import read

OLD, CORE = "llama_index", "llama_index.core"
_WHOLE = frozenset(("cli", "core", "experimental", "finetuning"))
"""Parts of the namespace that are one distribution each; of the others each package below the part is one."""
_DEEP = (("indices", "managed"), "storage")
"""Parts of which each package two steps below is one."""
_RENAMED = frozenset(("llama_index.readers.file",))
"""Integrations whose modules are called otherwise than those of 0.9 (`flat_reader`, now `flat`; checked with 0.1.33)."""


@immutable
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

        A module that an integration has today is none of the old ones, whatever stood there, nor is what lies in its package:
        the integrations took their modules along (`llama_index.agent.openai.base`; llama-index-agent-openai 0.1.7 and 0.4.12),
        but for one.
        """
        if module == OLD:
            return bool(name) and self._is_gone(f"{OLD}.{name}")
        if not module.startswith(f"{OLD}.") or self._is_today(module) or self._is_taken_along(module):
            return False
        return self._is_gone(f"{module}.{name}" if name else module)

    def _is_taken_along(self, module: str) -> bool:
        """Whether a module lies in an integration, which has the modules of 0.9 still, or never had this one under its name."""
        outer, _, name = module.rpartition(".")
        return outer in self._integrations and not (outer in _RENAMED and self.has(outer, name, self.oldest))

    def _is_gone(self, path: str) -> bool:
        module, _, name = path.rpartition(".")
        if self._is_today(path) or any(self.has(module, name, release) for release in load().releases[1:]):
            return False
        if self.has(module, name, self.oldest) or (module, name) in self._moved:
            return True
        if module == OLD:
            return name not in self._kinds and (not name.startswith("__") or name == "__version__")
        return module not in self._namespaces and self._was_module(module)

    def is_namespace(self, module: str) -> bool:
        """Whether integrations stand below a module today, so that `import module` works and gives a package without names."""
        return module in self._namespaces

    def _was_module(self, module: str) -> bool:
        """Whether 0.9 had a module that no later release has: nothing can be imported from it now, whatever it is called."""
        return self._is_of(module, self.oldest) and not any(self._is_of(module, one) for one in load().releases[1:])

    def _is_of(self, module: str, release: str) -> bool:
        outer, _, name = module.rpartition(".")
        return self.has(outer, name, release)

    def _is_today(self, path: str) -> bool:
        return path in self._integrations or path in (OLD, CORE)

    def has(self, module: str, name: str, release: str) -> bool:
        """Whether a name could be imported from a module in a release that was looked at."""
        return load().is_public(f"{module}.{name}", release)

    def target(self, module: str, name: str, release: str | None = None) -> Target | None:
        """Where a name of 0.9 is in a release; None where it is nowhere, or where that is not known."""
        seen = self.seen(release)
        core = CORE + module.removeprefix(OLD)
        if self.has(core, name, seen):
            return Target(core, name, distribution(core))
        to = self._moved.get((module, name))
        if to is not None and self._works(to, seen):
            return Target(to, name, distribution(to))
        nearby = self._in_core(module, name, seen)
        return Target(nearby, name, distribution(nearby)) if nearby else None

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
        """The module of core that has the name and is called as the old one was; for a class also one in the same part of it.

        What the namespace itself had may be in any part. Names of functions come twice with another meaning, as
        `messages_to_prompt` of each model does, and what an old module took from another library is not sought.
        """
        if module.startswith(f"{OLD}.bridge"):
            return ""
        part, last = module.split(".")[1:2], module.rpartition(".")[2]
        named = sorted(
            (one for one in load().modules_with(name, release) if one.startswith(f"{CORE}.")),
            key=lambda one: (one.count("."), one),
        )
        called = [one for one in named if one.rpartition(".")[2] == last]
        related = [one for one in named if name[:1].isupper() and one.split(".")[2:3] == (part or one.split(".")[2:3])]
        return next(iter((*called, *related)), "")

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
        return frozenset(to for to in self._moved.values() if to != CORE and not to.startswith(f"{CORE}."))

    @cached_property
    def _namespaces(self) -> frozenset[str]:
        """What is a folder of integrations today: `llama_index.llms`."""
        parts = [module.split(".") for module in self._integrations]
        return frozenset(".".join(one[:end]) for one in parts for end in range(1, len(one)))

    @cached_property
    def _kinds(self) -> frozenset[str]:
        """What stands directly in the namespace today."""
        return frozenset(module.split(".")[1] for module in self._integrations) | {"core"}


def distribution(module: str) -> str:
    """The distribution of a module by its name: `llama_index.llms.openai` is of `llama-index-llms-openai`; "" for others."""
    package, *parts = module.split(".")
    if package != OLD or not parts:
        return ""
    depth = 1 if parts[0] in _WHOLE else 3 if tuple(parts[:2]) in _DEEP or parts[0] in _DEEP else 2
    return "-".join(("llama-index", *parts[:depth])).replace("_", "-")


@cache
def legacy_paths() -> LegacyPaths:
    return LegacyPaths()
