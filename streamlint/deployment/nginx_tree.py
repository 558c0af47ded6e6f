"""The configurations of a deployment, each as nginx sees it: one tree, with what `include` brings in its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from streamlint.deployment.limits import Anchor
from streamlint.deployment.nginx_files import NginxFiles, is_glob
from streamlint.source import Span
from streamlint.surroundings.nginx_file import Directive, NginxFile

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment

_DEEPEST = 8
"""Includes in one another."""
_MOST = 20_000
"""Statements of one tree; a bound for files that include each other again and again."""


@dataclass(frozen=True, eq=False)
class Statement:
    """A directive, and where it is written. A whole file, or what stands around it, is one without a name."""

    directive: Directive
    path: Path
    inner: tuple[Statement, ...] = ()
    is_missing: bool = False
    """Whether it is an `include` of what is not here."""

    @property
    def name(self) -> str:
        return self.directive.name

    @property
    def texts(self) -> tuple[str, ...]:
        return self.directive.texts

    @property
    def anchor(self) -> Anchor:
        """Its name and arguments."""
        return Anchor(self.path, self.directive.head)

    def own(self, *names: str) -> tuple[Statement, ...]:
        """What it holds under these names, not what blocks in it hold."""
        return tuple(each for name in names for each in self._by_name.get(name, ()))

    @cached_property
    def _by_name(self) -> dict[str, list[Statement]]:
        found: dict[str, list[Statement]] = {}
        for each in self.inner:
            found.setdefault(each.name, []).append(each)
        return found

    @cached_property
    def is_open(self) -> bool:
        """Whether it holds text that nobody here can see: a template's, or that of a missing file."""
        return any(each.is_missing or each.directive.is_unknown for each in self.inner)


class NginxTrees:
    """One tree for each configuration that no other one includes."""

    def __init__(self, deployment: Deployment) -> None:
        self._files = deployment.ask(NginxFiles)
        self._sites = deployment.knowledge.names("nginx", "site-folders")
        self._left = _MOST
        self._found_cut: set[Path] = set()

    @property
    def cut(self) -> frozenset[Path]:
        """The files of whose tree only the beginning is there."""
        return frozenset(self._found_cut) if self.rows else frozenset()

    @cached_property
    def rows(self) -> tuple[Statement, ...]:
        """The trees, each in a nameless statement at the place of its file."""
        roots = [path for path in self._files.paths if path not in self._included]
        taken = {path for root in roots for path in self._brought(root)}
        return tuple(self._tree(root, part) for root in roots if root not in taken for part in self._files.parts(root))

    @cached_property
    def _included(self) -> set[Path]:
        found: set[Path] = set()
        for path in self._files.paths:
            for directive in self._files.read(path).walk():
                if directive.name == "include":
                    found.update(each for each in self._files.included(path, directive) or () if each != path)
        return found

    def _brought(self, root: Path) -> tuple[Path, ...]:
        """Parts of `http` that lie beside a main file, which asks for such without saying where they lie here."""
        asks = (each for each in self._files.read(root).walk() if each.name == "include" and self._asks(root, each))
        if not any(True for _ in asks):
            return ()
        beside = (path for path in self._files.paths if path != root and path not in self._included)
        return tuple(path for path in beside if path.is_relative_to(root.parent) and self._is_part(path))

    def _asks(self, path: Path, include: Directive) -> bool:
        folder = PurePosixPath(include.texts[0]).parent.name if include.texts else ""
        return is_glob(include) and folder in self._sites and self._files.included(path, include) is None

    def _is_part(self, path: Path) -> bool:
        names = {each.name for each in self._files.read(path).directives if each.is_block}
        return bool(names & {"server", "upstream"}) and "http" not in names

    def _tree(self, root: Path, part: NginxFile) -> Statement:
        self._left = _MOST
        inner = tuple(self._statements(root, part.directives, (root,)))
        return Statement(Directive("", (), Span(0, 0), Span(0, 0)), root, inner)

    def _statements(self, path: Path, directives: Iterable[Directive], around: tuple[Path, ...]) -> Iterator[Statement]:
        for directive in directives:
            self._left -= 1
            if self._left < 0:
                self._found_cut.add(path)
                return
            if directive.name == "include" and not directive.is_block:
                yield from self._including(path, directive, around)
            else:
                inner = tuple(self._statements(path, directive.inner, around))
                yield Statement(directive, path, inner)

    def _including(self, path: Path, include: Directive, around: tuple[Path, ...]) -> Iterator[Statement]:
        found = self._files.included(path, include)
        if found is None and self._asks(path, include):
            found = self._brought(around[0])
        elif (found is None and not is_glob(include)) or len(around) > _DEEPEST:
            yield Statement(include, path, is_missing=True)
        for each in found or ():
            if each not in around:
                yield from self._statements(each, self._files.read(each).directives, (*around, each))
