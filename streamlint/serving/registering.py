"""Which files may register a function with a framework, by what they say: the others need not be parsed to find entry points."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.knowledge.signs import shaped, telling

if TYPE_CHECKING:
    from streamlint.knowledge.framework_table import Frameworks
    from streamlint.knowledge.frameworks import Registration
    from streamlint.model.modules import Modules


class Registering:
    """Follows names, not values: who imports what a framework has, and who calls, or decorates with, what its applications have.

    `told` are dotted names of functions that the user's rows say to register others.
    """

    def __init__(self, modules: Modules, frameworks: Frameworks, told: Iterable[str]) -> None:
        self.modules = modules
        self.texts = modules.texts
        self.frameworks = frameworks
        self.told = tuple(told)
        """The functions that register others, as the user's rows say."""
        self._importers: dict[str, frozenset[Path]] = {}
        self._direct: dict[str, frozenset[Path]] = {}
        """Of the importers of a package those that say its name."""
        self._named: dict[str, frozenset[str]] = {}
        self._given: dict[str, list[tuple[Path, Path]]] = {}
        """By name: who imports it from which file of the project."""

    @cached_property
    def frameworks_present(self) -> frozenset[str]:
        """The frameworks whose packages some file imports, and which some file may serve where that has to be said."""
        imported = [package for package in self.frameworks.packages if self._importing(package)]
        return frozenset(filter(self._may_be_served, self.frameworks.of_packages(imported)))

    def _may_be_served(self, name: str) -> bool:
        framework = self.frameworks.framework(name)
        return not framework.served_by or self.texts.tells(framework.served_by, telling(framework.served_with))

    @cached_property
    def files(self) -> frozenset[Path]:
        """The files in which a registration may stand."""
        found = set(self.texts.saying(map(_last, self.told)))
        for name in (*self.frameworks.functions, *self._applications()):
            found.update(self.users(name))
        found.update(self._viewing(), self._conventional(), self._whole(), self._on_applications(), self._shaped())
        return frozenset(found)

    def _applications(self) -> Iterator[str]:
        """The dotted names of the classes of applications, but those of hosts that nothing serves to many."""
        for name in self.frameworks.applications:
            application = self.frameworks.application(name)
            host = application.framework if application is not None else ""
            if not host or not self.frameworks.framework(host).served_by or host in self.frameworks_present:
                yield name

    def imports(self, dotted: str) -> bool:
        """Whether some file imports the package of a dotted name."""
        return bool(self._importing(dotted.partition(".")[0]))

    def _importing(self, package: str) -> frozenset[Path]:
        """The files that import a package which is none of the project's own, or what they have of it through such a file."""
        if package not in self._importers:
            self._importers[package] = frozenset(self._find_importing(package))
        return self._importers[package]

    def _find_importing(self, package: str) -> set[Path]:
        found: set[Path] = set()
        names = {"*"}
        pending = [path for path in self.texts.saying((package,)) if self._imports_from_outside(path, package)]
        self._direct[package] = frozenset(pending)
        while pending:
            found.update(pending)
            new = {name for path in pending for name in self._names_of(path, package, names)} - names
            names |= new
            # what a file has of the package, others may import from it; with new names all files are looked at again
            givers, words = (found, names) if new else (set(pending), names)
            pending = [path for word in words for path in self._receiving(word, givers) if path not in found]
        self._named[package] = frozenset(names)
        return found

    def names(self, dotted: str) -> frozenset[str] | None:
        """Under which names files import the package of a dotted name, or something of it, directly or through others.

        None for a name that the user's rows tell of, which may be one of the project's own.
        """
        if dotted in self.told:
            return None
        package = dotted.partition(".")[0]
        self._importing(package)
        return self._named[package]

    def _imports_from_outside(self, path: Path, package: str) -> bool:
        return self.modules.resolve(path, package) is None and package in self.texts.packages(path)

    def _names_of(self, path: Path, package: str, names: set[str]) -> Iterator[str]:
        """Under which names a file has something of the package, directly or through a file that hands it on."""
        for one in self.texts.imports(path):
            if (not one.level and one.module.partition(".")[0] == package) or one.member in names:
                yield one.name

    def _receiving(self, word: str, givers: set[Path]) -> Iterator[Path]:
        if word not in self._given:
            rows = (
                (path, self.modules.resolve(path, one.module, one.level)) for path, one in self.texts.importing(word)
            )
            self._given[word] = [(path, giver) for path, giver in rows if giver is not None]
        return (path for path, giver in self._given[word] if giver in givers)

    def users(self, dotted: str) -> Collection[Path]:
        """The files that may say a name of a package from outside."""
        package, *parts = dotted.replace(".*.", ".").split(".")
        importers = self._importing(package)
        if not importers:
            return set()
        # where the package is imported, all parts of the name stand; elsewhere the last may be all that there is
        whole = set.intersection(*(set(self.texts.saying((part,))) for part in parts))
        last = importers.intersection(self.texts.saying(parts[-1:]))
        return {path for path in last if path in whole or path not in self._direct[package]}

    # Classes

    def _viewing(self) -> Iterator[Path]:
        """The files with classes below a view of a framework."""
        words = {_last(name) for name in self.frameworks.views if self.users(name)}
        for paths in self.texts.descendants(words).values():
            yield from paths

    def _conventional(self) -> Iterator[Path]:
        """The files with a class and a method that a host calls by their names."""
        for name, views in self.frameworks.conventions.items():
            methods = set(self.texts.saying(method for view in views for method in view.methods))
            for path in self.texts.saying((name,)):
                if path in methods and any(head.name == name.encode() for head in self.texts.classes(path)):
                    yield path

    def _whole(self) -> Iterator[Path]:
        """The files that a framework runs as they are."""
        for name in self.frameworks.names:
            framework = self.frameworks.framework(name)
            for package in framework.packages if framework.whole_file else ():
                yield from self._importing(package)

    # Methods of applications

    def _on_applications(self) -> Iterator[Path]:
        rows = [
            row for package in self.frameworks.packages if self._importing(package) for row in self._methods(package)
        ]
        decorating = {_last(name): name.encode() for name, row in rows if row.may_decorate}
        said = {word.encode() for word in decorating}
        for path in self.texts.saying(decorating):
            if not said.isdisjoint(self.texts.decorators(path)):
                yield path
        yield from self._matching(_calls(name for name, row in rows if row.may_be_given), rows)
        yield from self._matching(_wrappers(name for name, row in rows if row.factory), rows)

    def _shaped(self) -> Iterator[Path]:
        """The files with the decorator of a route, whoever it belongs to."""
        for sign in shaped():
            yield from (path for path in self.texts.saying((sign,)) if self.texts.holds(path, sign))

    def _methods(self, package: str) -> Iterator[tuple[str, Registration]]:
        for name in self.frameworks.names:
            if name in self.frameworks_present and package in self.frameworks.framework(name).packages:
                yield from self.frameworks.methods(name)

    def _matching(self, pattern: re.Pattern[bytes], rows: Iterable[tuple[str, Registration]]) -> Iterator[Path]:
        for path in self.texts.saying({_last(name) for name, _ in rows}):
            if self.texts.matches(path, pattern):
                yield path


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _calls(names: Iterable[str]) -> re.Pattern[bytes]:
    """Calls of a method: `.add_url_rule(`, `.on_startup.append(`."""
    return re.compile(rb"\.\s*(?:" + _any_of(names) + rb")\s*\(")


def _wrappers(names: Iterable[str]) -> re.Pattern[bytes]:
    """Calls of what a method gives: `app.get("/")(home)`."""
    return re.compile(rb"\.\s*(?:" + _any_of(names) + rb")\s*\((?:[^()]|\([^()]*\))*\)\s*\(")


def _any_of(names: Iterable[str]) -> bytes:
    return "|".join(sorted({re.escape(name).replace(r"\.", r"\s*\.\s*") for name in names})).encode()
