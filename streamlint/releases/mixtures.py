"""Which requirements install two kinds of LlamaIndex over each other."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from packaging.version import Version

from streamlint.immutable import immutable
from streamlint.knowledge.dependencies import is_integration, packages
from streamlint.releases import lines, ranges
from streamlint.releases.declared import Declared, Kind
from streamlint.releases.pins import Pins
from streamlint.surroundings.names import environment_folder, is_lock

if TYPE_CHECKING:
    from streamlint.project import Project

_SINGLE = "installs all of LlamaIndex as one package, as before {0}"
_HELP_SINGLE = "take `{umbrella}` {0} or later beside the new packages, or leave these out and stay with the old one"
_APART = "asks for another line than its neighbour"
_HELP_APART = "ask for the same line of both, or for `{umbrella}` alone, which brings its own core"


@immutable
class Mixture:
    """The statement that a file's own one does not go with."""

    other: Declared
    label: str
    help: str


class Mixtures:
    """Asked about statements in dependency files."""

    def __init__(self, project: Project) -> None:
        self.files = project.versions.files
        self.pins = project.ask(Pins)

    def of(self, declared: Declared) -> Mixture | None:
        """The mixture of which a statement is the side that is told: the single package, or what stands in the judged file."""
        whole = self._together(declared)
        if whole is None or self._is_repeated(declared):
            return None
        for other in whole:
            if self._is_told(declared, other):
                if (self._is_single(declared) and self._is_new(other)) or (
                    self._is_single(other) and self._is_new(declared)
                ):
                    return Mixture(other, self._label(declared), _filled(_HELP_SINGLE))
                if self._are_apart(declared, other):
                    return Mixture(other, _APART, _filled(_HELP_APART))
        return None

    def _together(self, declared: Declared) -> tuple[Declared, ...] | None:
        """What is installed together with a statement; None where nobody can say."""
        whole = self.files.whole(declared.path)
        if not is_lock(declared.path.name):
            return tuple(each for each in whole if each.group in ("", declared.group) or not declared.group)
        twice = Counter(each.package for each in whole)
        return tuple(each for each in whole if twice[each.package] == 1) if twice[declared.package] == 1 else None

    def _is_repeated(self, declared: Declared) -> bool:
        """Whether a lock file only follows what the files beside it ask for."""
        if not is_lock(declared.path.name):
            return False
        folder = environment_folder(str(declared.path))
        beside = (each for each in self.pins.environment(declared.path) if environment_folder(str(each.path)) == folder)
        return any(self.of(each) is not None for each in beside if not is_lock(each.path.name))

    def _is_told(self, declared: Declared, other: Declared) -> bool:
        """Of two statements in one file the umbrella is told; of those in two files, that of the file that takes in the other."""
        if declared is other or other.kind is Kind.CONSTRAINT or declared.package == other.package:
            return False
        return declared.path != other.path or declared.package == packages().umbrella

    def _is_single(self, declared: Declared) -> bool:
        first = Version(packages().namespaced)
        return declared.package == packages().umbrella and ranges.at_least(declared.specifier, first) is False

    def _is_new(self, declared: Declared) -> bool:
        if declared.package != packages().core:
            return is_integration(declared.package)
        return ranges.at_least(declared.specifier, Version(packages().namespaced)) is not False

    def _are_apart(self, one: Declared, other: Declared) -> bool:
        """Whether the umbrella and the core have no line in common."""
        if {one.package, other.package} != set(packages().main) or one.is_sourced or other.is_sourced:
            return False
        both = [
            line
            for line in self.pins.lines
            if lines.admits(one.specifier, line) and lines.admits(other.specifier, line)
        ]
        return not both and not (self.pins.is_open(one) and self.pins.is_open(other))

    def _label(self, declared: Declared) -> str:
        return _SINGLE.format(packages().namespaced) if self._is_single(declared) else "is of the new kind"


def _filled(text: str) -> str:
    return text.format(packages().namespaced, umbrella=packages().umbrella)
