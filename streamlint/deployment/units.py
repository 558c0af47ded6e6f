"""What runs a command: a service, the image of a Dockerfile, a process, a unit, or a script that nobody here is seen to run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.deployment.limits import Anchor
from streamlint.source import Span
from streamlint.surroundings.templates import HOLE

if TYPE_CHECKING:
    from streamlint.knowledge import Knowledge

_PART = re.compile(r"[A-Za-z0-9]+")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(us|ms|s|m|h|min)?")
_VARIABLE = re.compile(r"\$\{(\w+)(?::?-([^${}]*))?\}|\$(\w+)")
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


class UnitKind(StrEnum):
    """How people call it."""

    SERVICE = "service"
    POD = "container"
    TASK = "ECS container"
    IMAGE = "image"
    PROCESS = "process"
    UNIT = "unit"
    PROGRAM = "program"
    SCRIPT = "script"


@dataclass(frozen=True)
class Given:
    """A value with its place; `inside` is where its characters stand one by one, where they do."""

    text: str
    anchor: Anchor
    is_known: bool = True
    inside: Span | None = None

    @property
    def seconds(self) -> float | None:
        """A number of seconds, or a duration such as `1m30s`; None where it is neither, or not known."""
        return duration(self.text) if self.is_known else None


@dataclass(frozen=True)
class Port:
    """A port of a container, and the one under which its host has it; None where that is computed or left open."""

    target: int | None
    published: int | None = None


@dataclass(frozen=True)
class Unit:
    """`names` are those under which other containers reach it; `settings` what is said of it beside its command."""

    kind: UnitKind
    name: str
    anchor: Anchor
    names: frozenset[str] = frozenset()
    image: str = ""
    """The image that its first stage begins with, or that it runs; "" where that cannot be said."""
    ports: tuple[Port, ...] = ()
    environment: Mapping[str, Given] = field(default_factory=dict)
    settings: Mapping[str, Given] = field(default_factory=dict)
    has_init: bool = False
    is_for_development: bool = False
    is_completed: bool = False
    """Whether another file says more of it, and is deployed with its own."""
    folder: Path = Path()
    """Where its code lies, as far as can be said."""

    @property
    def path(self) -> Path:
        return self.anchor.path

    @property
    def rank(self) -> tuple[bool, bool]:
        """Of several that run the same command, the one that is deployed as it stands comes first."""
        return self.is_for_development, self.is_completed

    @property
    def is_container(self) -> bool:
        return self.kind in (UnitKind.SERVICE, UnitKind.POD, UnitKind.TASK, UnitKind.IMAGE)

    @property
    def title(self) -> str:
        """How messages name it."""
        return f"{self.kind} `{self.name}`" if self.name else str(self.kind)


def duration(text: str) -> float | None:
    """The seconds of `90`, `1m30s`, `2min`; None where it is no duration."""
    total, at = 0.0, 0
    text = text.strip().lower()
    while at < len(text):
        match = _DURATION.match(text, at)
        if match is None:
            return None
        total += float(match[1]) * _SECONDS[match[2] or ""]
        at = match.end()
    return total if text else None


def assumed(text: str, environment: Mapping[str, Given] | None = None) -> str | None:
    """A text with its variables as they are set, or by the defaults that it gives; None where one has no value."""
    pieces, done = [], 0
    for match in _VARIABLE.finditer(text):
        given = (environment or {}).get(match[1] or match[3])
        value = given.text if given is not None and given.is_known and given.text else match[2]
        pieces += [text[done : match.start()], value or ""]
        done = match.end()
        if value is None:
            return None
    rest = "".join((*pieces, text[done:]))
    return None if any(sign in rest for sign in ("$", "`", HOLE)) else rest


def text_of(value: object) -> str:
    """A value of Python as a command would have it; None is no value."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def is_for_development(knowledge: Knowledge, *names: str) -> bool:
    """Whether a name of a file, a service or a stage says that nobody deploys it."""
    words = {part.lower() for name in names for part in _PART.findall(name)}
    return not words.isdisjoint(knowledge.names("deployment_words", "development"))
