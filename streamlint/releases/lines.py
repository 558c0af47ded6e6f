"""Which release lines, as `0.14`, a specifier lets in."""

from __future__ import annotations

from collections.abc import Iterable

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from streamlint.releases import ranges

Line = tuple[int, int]


def line_of(release: str | Version) -> Line:
    numbers = (*(release if isinstance(release, Version) else Version(release)).release, 0)
    return numbers[0], numbers[1]


def shown(line: Line) -> str:
    return f"{line[0]}.{line[1]}"


def after(line: Line) -> str:
    """The first release of the next line."""
    return f"{line[0]}.{line[1] + 1}"


def lines(releases: Iterable[str]) -> tuple[Line, ...]:
    """The lines of some releases, given from the oldest on."""
    return tuple(dict.fromkeys(map(line_of, releases)))


def admits(specifier: SpecifierSet, line: Line) -> bool:
    """Whether a release of the line may be one that the specifier lets in."""
    if specifier == ranges.ANY:
        return True
    below_all = ranges.at_least(specifier, Version(after(line))) is True
    above_all = ranges.at_least(specifier, Version(shown(line))) is False
    return not below_all and not above_all


def is_open(specifier: SpecifierSet, newest: Line) -> bool:
    """Whether releases of lines that nobody knows yet are let in."""
    return specifier == ranges.ANY or ranges.at_least(specifier, Version(after(newest))) is not False
