"""Imports that LlamaIndex 0.9 understood and later releases do not, with where their names are now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.knowledge.dependencies import packages
from streamlint.knowledge.llama_index_moves import CORE, OLD, LegacyPaths, Target, legacy_paths
from streamlint.model import syntax as ir
from streamlint.values.domain import dotted_name

if TYPE_CHECKING:
    from streamlint.model.modules import Module
    from streamlint.project import Project
    from streamlint.releases.versions import VersionAnswer

_LOADER = "importlib.import_module"


@dataclass(frozen=True)
class Moved:
    """One name of a statement: as it is imported, with its `as`, and where it is now; None for nowhere."""

    name: str
    alias: str
    target: Target | None


@dataclass(frozen=True)
class LegacyImport:
    """A statement that does not work any more: `module` is "" for `import a.b`; `is_known`: a file says which release is used."""

    module: str
    moved: tuple[Moved, ...]
    kept: tuple[tuple[str, str], ...]
    """Names of it that are right as they are, each with its `as`."""
    is_known: bool

    @property
    def lost(self) -> tuple[str, ...]:
        """The names that are nowhere."""
        return tuple(one.name for one in self.moved if one.target is None)

    @property
    def targets(self) -> tuple[Target, ...]:
        return tuple(one.target for one in self.moved if one.target is not None)

    @property
    def distributions(self) -> tuple[str, ...]:
        """What must be installed, each once, in the order of the names."""
        return tuple(dict.fromkeys(one.distribution for one in self.targets))


class LegacyImports:
    """Judges import statements; silent where the project surely uses a release before 0.10."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.paths: LegacyPaths = legacy_paths()

    # Questions

    def of_statement(self, line: ir.Import, module: Module, scope: ir.Scope) -> LegacyImport | None:
        """What is wrong with an import; nothing in one half of a pair of which the other half imports what there is now."""
        if line.level or not self._speaks_of_old(line) or not self._is_late(module.path):
            return None
        if self._has_other_half(line, scope) or self.project.modules.resolve(module.path, OLD) is not None:
            return None
        return self._from(line, module.path) if line.is_from else self._plain(line, module.path)

    def of_call(self, call: ir.Call, module: Module, scope: ir.Scope) -> LegacyImport | None:
        """`importlib.import_module("llama_index.indices")`."""
        given = call.argument(0, "name")
        if not isinstance(given, ir.Constant) or not isinstance(given.value, str):
            return None
        if not given.value.startswith(f"{OLD}.") or not self._is_late(module.path):
            return None
        if not self.paths.is_legacy(given.value, "") or self.paths.is_namespace(given.value):
            return None
        evaluator = self.project.evaluator
        called = evaluator.value(call.function, evaluator.any_call(module, scope))
        if not any(dotted_name(one) == _LOADER for one in called):
            return None
        target = self.paths.module(given.value, self._release(module.path))
        return LegacyImport("", (Moved(given.value, "", target),), (), self._is_known(module.path))

    def used(self, line: ir.Import, module: Module) -> tuple[ir.Attribute, ...]:
        """`llama_index.VectorStoreIndex`, below the name that `import llama_index` binds: what must be spelt anew."""
        bound = {alias or name for name, alias in line.names if name == OLD}
        found = []
        for scope in module.scopes:
            for attribute in scope.attributes:
                base = attribute.base
                if isinstance(base, ir.Name) and base.id in bound and _is_bound_by(line, module, base, scope):
                    found.append(attribute)
        return tuple(sorted(found, key=lambda one: one.start))

    def is_written_for_old(self, folder: Path) -> bool:
        """Whether files below a folder that surely use a release before 0.10 import it so, and none imports what came later."""
        modules = self.project.modules
        below = [path for path in modules.files if path.is_relative_to(folder)]
        rows = [(path, one) for path in below for one in modules.texts.imports(path) if not one.level]
        if any(one.module == CORE or one.module.startswith(f"{CORE}.") for _, one in rows):
            return False
        return any(self.paths.is_legacy(one.module, one.member) and not self._is_late(path) for path, one in rows)

    # Statements

    @staticmethod
    def _speaks_of_old(line: ir.Import) -> bool:
        names = (line.module,) if line.is_from else tuple(name for name, _ in line.names)
        return any(name == OLD or name.startswith(f"{OLD}.") for name in names)

    def _from(self, line: ir.Import, path: Path) -> LegacyImport | None:
        if [name for name, _ in line.names] == ["*"]:
            if not self.paths.is_legacy(line.module, "") and line.module != OLD:
                return None
            target = self._whole(line.module, path)
            return LegacyImport(line.module, (Moved("*", "", target),), (), self._is_known(path))
        release = self._release(path)
        gone = [(name, alias) for name, alias in line.names if self.paths.is_legacy(line.module, name)]
        if not gone:
            return None
        moved = tuple(Moved(name, alias, self.paths.target(line.module, name, release)) for name, alias in gone)
        return LegacyImport(
            line.module, moved, tuple(one for one in line.names if one not in gone), self._is_known(path)
        )

    def _whole(self, module: str, path: Path) -> Target | None:
        if module == OLD:
            return Target(OLD, "core", packages().core)
        return self.paths.module(module, self._release(path))

    def _plain(self, line: ir.Import, path: Path) -> LegacyImport | None:
        """`import llama_index` is found where something is read from it that is not there."""
        release, moved = self._release(path), []
        for name, alias in line.names:
            if name != OLD and self.paths.is_legacy(name, "") and (alias or not self.paths.is_namespace(name)):
                moved.append(Moved(name, alias, self.paths.module(name, release)))
            elif name == OLD:
                module = self.project.module(path)
                used = self.used(line, module) if module is not None else ()
                lost = [one.attribute for one in used if self._is_lost(one.attribute)]
                moved += [Moved(one, alias, self.paths.target(OLD, one, release)) for one in dict.fromkeys(lost)]
        gone = {one.name for one in moved}
        kept = tuple(one for one in line.names if one[0] not in gone)
        return LegacyImport("", tuple(moved), kept, self._is_known(path)) if moved else None

    def _is_lost(self, attribute: str) -> bool:
        """Of `llama_index.attribute`; what is a folder of integrations is there once one of them is imported."""
        return self.paths.is_legacy(OLD, attribute) and not self.paths.is_namespace(f"{OLD}.{attribute}")

    def _has_other_half(self, line: ir.Import, scope: ir.Scope) -> bool:
        """`try: from llama_index.core import X`, `except ImportError: from llama_index import X`."""
        for outer in scope.body.around(line):
            others = _imports(outer) if isinstance(outer, ir.Try | ir.If) else ()
            if any(self._is_current(other) for other in others if other is not line):
                return True
        return False

    def _is_current(self, line: ir.Import) -> bool:
        if line.is_from:
            return line.module.startswith(f"{OLD}.") and not any(
                self.paths.is_legacy(line.module, name) for name, _ in line.names
            )
        return any(name.startswith(f"{OLD}.core") for name, _ in line.names)

    # Releases

    def _is_late(self, path: Path) -> bool:
        return not any(answer.at_least(packages().namespaced) is False for answer in self._known(path))

    def _is_known(self, path: Path) -> bool:
        return any(answer.at_least(packages().namespaced) for answer in self._known(path))

    def _release(self, path: Path) -> str | None:
        return next((str(one.version) for one in self._known(path) if one.version is not None), None)

    def _known(self, path: Path) -> tuple[VersionAnswer, ...]:
        return self.project.versions.near(path).of_llama_index()


def _is_bound_by(line: ir.Import, module: Module, name: ir.Name, scope: ir.Scope) -> bool:
    """Whether a name has its value from an import, and never from anything but imports."""
    bindings = module.uses.bindings(name, scope)
    return all(one.kind == "import" for one in bindings) and any(one.start == line.start for one in bindings)


def _imports(statement: ir.Statement) -> Iterator[ir.Import]:
    for block in statement.blocks():
        yield from (one for one in block.walk() if isinstance(one, ir.Import))
