"""Which releases a specifier admits, and whether all or none of them come after a given one."""

from __future__ import annotations

import re

from packaging.specifiers import Specifier, SpecifierSet
from packaging.version import Version

from streamlint.immutable import immutable

ANY = SpecifierSet()
_POETRY = re.compile(r"([~^])\s*([0-9][^\s,]*)")
_BARE = re.compile(r"v?\d[\w.*+!-]*")


def parse(text: str) -> SpecifierSet | None:
    """The specifier for `>=0.10,<0.11`, `==0.38` or plain `0.38`; None for anything else."""
    text = text.strip()
    try:
        return SpecifierSet(f"=={text}" if _BARE.fullmatch(text) else text)
    except ValueError:  # InvalidSpecifier, or a number of more digits than Python reads
        return None


def parse_target(text: str) -> SpecifierSet | None:
    """The specifier for what a person says is used: `0.14` is any release of that line, `0.14.25` the one."""
    specifier = parse(text)
    is_line = _BARE.fullmatch(text.strip()) and text.strip().removeprefix("v").count(".") < 2 and "*" not in text
    return parse(f"=={text.strip().removeprefix('v')}.*") if is_line and specifier is not None else specifier


def parse_poetry(text: str) -> tuple[SpecifierSet, ...]:
    """The alternatives of a Poetry constraint such as `^0.38`, `~1.2`, `1.*` or `^1.0 || ^2.0`."""
    found = [_parse_poetry(part) for part in re.split(r"\|\|?", text)]
    return tuple(specifier if specifier is not None else ANY for specifier in found)


def _parse_poetry(text: str) -> SpecifierSet | None:
    text = text.strip()
    if text in ("", "*"):
        return ANY
    parts = [part.strip() for part in re.split(r",|(?<=[\w*])\s+(?=[<>=!~^])", _POETRY.sub(_spelled_out, text))]
    sets = [parse(re.sub(r"^=(?!=)", "==", part)) for part in parts if part]
    known = [each for each in sets if each is not None]
    return None if len(known) < len(sets) else combine(*known)


def _spelled_out(match: re.Match[str]) -> str:
    try:
        version = Version(match[2])
    except ValueError:  # as above
        return match.group()
    release = version.release
    if match[1] == "~":
        kept = 1 if len(release) == 1 else 2
    else:
        kept = next((place for place, number in enumerate(release, 1) if number), len(release))
    return f">={version},<{_after(release[:kept])}"


def _after(release: tuple[int, ...]) -> str:
    """The first release that no longer begins with these numbers."""
    return ".".join(map(str, (*release[:-1], release[-1] + 1)))


def combine(*specifiers: SpecifierSet) -> SpecifierSet:
    return SpecifierSet(",".join(text for text in map(str, specifiers) if text))


def exact(specifier: SpecifierSet) -> Version | None:
    """The one release that the specifier admits, if it names one."""
    for each in specifier:
        if each.operator in ("==", "===") and not each.version.endswith(".*"):
            try:
                version = Version(each.version)
            except ValueError:  # as above
                return None
            return version if specifier.contains(version, prereleases=True) else None
    return None


def at_least(specifier: SpecifierSet, version: Version) -> bool | None:
    """Whether every release that the specifier admits is `version` or later; None where only some are."""
    bounds = _Bounds.of(specifier)
    if bounds is None:
        return None
    after = bounds.low is not None and bounds.low >= version
    before = bounds.high is not None and (bounds.high < version or (bounds.high == version and not bounds.closed))
    return None if after == before else after


@immutable
class _Bounds:
    low: Version | None = None
    high: Version | None = None
    closed: bool = False
    """Whether `high` itself is admitted."""

    @staticmethod
    def of(specifier: SpecifierSet) -> _Bounds | None:
        """None for a specifier that cannot be read, or that admits nothing."""
        found = _Bounds()
        try:
            for each in specifier:
                found = found.within(_Bounds.of_one(each))
        except ValueError:  # as above
            return None
        empty = found.low is not None and found.high is not None and found.low > found.high
        return None if empty else found

    @staticmethod
    def of_one(specifier: Specifier) -> _Bounds:
        operator, text = specifier.operator, specifier.version
        if operator == "!=":
            return _Bounds()
        release = Version(text.removesuffix(".*")).release
        if operator == "==" and text.endswith(".*"):
            return _Bounds(Version(text.removesuffix(".*")), Version(_after(release)))
        version = Version(text)
        if operator == "~=":
            return _Bounds(version, Version(_after(release[:-1])))
        if operator in ("==", "==="):
            return _Bounds(version, version, True)
        return _Bounds(low=version) if operator[0] == ">" else _Bounds(None, version, operator == "<=")

    def within(self, other: _Bounds) -> _Bounds:
        low = max((v for v in (self.low, other.low) if v is not None), default=None)
        if self.high is None or (other.high is not None and other.high < self.high):
            return _Bounds(low, other.high, other.closed)
        closed = self.closed and (other.high != self.high or other.closed)
        return _Bounds(low, self.high, closed)
