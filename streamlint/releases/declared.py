"""One statement about one package: what it admits, and where a file says so."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from streamlint.immutable import immutable
from streamlint.releases.ranges import ANY
from streamlint.source import Source, Span
from streamlint.surroundings import Fault, Setting

_SHAPE = re.compile(
    r"\s*[A-Za-z0-9][\w.-]*(?:\s*\[[^\]]*\])?(?P<specifier>(?:\s*[=<>!~]=?=?\s*[^\s,;@#()]+\s*,?)*)\s*(?=;|@|\Z)"
)
_EGG = re.compile(r"#egg=([\w.-]+)")
_NOWHERE = Span(0, 0)
_SECONDARY = re.compile(
    r"(?:^|[-_.])(?:dev|develop|tests?|testing|docs?|lint|ci|examples?|min|bench|build|typing)(?:$|[-_.\d])"
)


class Kind(StrEnum):
    """What a statement does to an environment."""

    REQUIRED = "required"
    CONSTRAINT = "constraint"
    LOCKED = "locked"


@immutable
class Declared:
    """One statement about a package; a conditional one holds in some environments and stands beside its like."""

    package: str
    specifier: SpecifierSet
    path: Path
    line: int
    conditional: bool = False
    span: Span = _NOWHERE
    """The statement; of a lock, the version."""
    written: Span | None = None
    """Where its specifier stands, or would; None where another one cannot be put there."""
    group: str = ""
    """The extra or group that it belongs to; nothing for what is always installed."""
    kind: Kind = Kind.REQUIRED
    is_beside: bool = False
    """Whether it counts only for its own group, as what is always installed names the package too."""
    is_sourced: bool = False
    """Whether the package comes from a repository, a folder or an address, whatever the specifier says."""
    extras: frozenset[str] = frozenset()
    """What is asked for beside the package itself: `standard` of `uvicorn[standard]`."""

    @property
    def is_secondary(self) -> bool:
        """Whether only those who work on the project install it."""
        return bool(_SECONDARY.search(self.group.lower()))

    def shown(self, text: str) -> str:
        """The package with its specifier, in the order that the file with this text has; a set of specifiers has none."""
        written = text[self.written.start : self.written.end].strip() if self.written is not None else ""
        same = sorted(written.replace(" ", "").split(",")) == sorted(map(str, self.specifier))
        return f"{self.package}{written if same else self.specifier}"


@immutable
class Reading:
    """What one file says, and where it cannot be read; `includes` are the files that it takes in, with what that makes of them."""

    declared: tuple[Declared, ...] = ()
    faults: tuple[Fault, ...] = ()
    includes: tuple[tuple[Path, Kind], ...] = ()
    manager: str = ""
    """The program that wrote the file, where one did: `pip-compile`, `uv`, `poetry`, …"""


def canonical(name: str) -> str:
    return str(canonicalize_name(name))


def is_secondary(name: str) -> bool:
    """Whether a file or group of this name is only for those who work on the project."""
    return bool(_SECONDARY.search(name.lower().removesuffix(".txt").removesuffix(".in")))


def of_text(source: Source, text: str, start: int | None, around: Span, group: str = "") -> Declared | None:
    """The statement of a requirement as PEP 508 has it, whose characters stand from `start` on, or only somewhere in `around`."""
    try:
        requirement = Requirement(text)
    except (ValueError, RecursionError):  # no requirement, or a number of more digits than Python reads
        return None
    specifier = of_url(requirement.url) if requirement.url else requirement.specifier
    declared = at(source, requirement.name, specifier, around, group)
    shape = _SHAPE.match(text) if start is not None and not requirement.url else None
    if shape is not None and start is not None:
        length = len(shape["specifier"].rstrip())
        begin = start + shape.start("specifier") + len(shape["specifier"]) - len(shape["specifier"].lstrip())
        end = max(begin, start + shape.start("specifier") + length)
        declared = replace(declared, written=Span(begin, end))
    declared = replace(declared, extras=frozenset(map(canonical, requirement.extras)))
    return replace(declared, conditional=requirement.marker is not None, is_sourced=requirement.url is not None)


def of_setting(source: Source, setting: Setting, group: str = "") -> Declared | None:
    """The statement of a requirement that is the text of a setting."""
    start = setting.inside.start if setting.inside is not None else None
    return of_text(source, setting.value, start, setting.inside or setting.span, group)


def of_settings(source: Source, settings: Iterable[Setting], group: str = "") -> tuple[Declared, ...]:
    found = (of_setting(source, each, group) for each in settings if each.is_text)
    return tuple(each for each in found if each is not None)


def of_egg(source: Source, text: str, span: Span) -> Declared | None:
    """An editable requirement, or one from a repository, that names its package behind `#egg=`."""
    egg = _EGG.search(text)
    return replace(at(source, egg[1], ANY, span), is_sourced=True) if egg is not None else None


def of_url(url: str) -> SpecifierSet:
    """The version in the name of a wheel; a repository's can be anything."""
    name = url.partition("#")[0].rpartition("/")[2]
    try:
        return SpecifierSet(f"=={parse_wheel_filename(name)[1]}")
    except InvalidWheelFilename:
        return ANY


def at(source: Source, name: str, specifier: SpecifierSet, span: Span, group: str = "") -> Declared:
    line = source.position(span.start).line
    return Declared(canonical(name), specifier, source.path, line, span=span, group=group)
