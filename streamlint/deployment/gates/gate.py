"""One hop before the servers, whatever its product: what passes it, what it fails a stream by, and where that is written."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.deployment.expressions import expression, is_too_long
from streamlint.deployment.limits import Anchor, Failure, Layer, Limit
from streamlint.deployment.nginx_passing import Address
from streamlint.deployment.units import Given

if TYPE_CHECKING:
    from streamlint.deployment.resources import Resource
    from streamlint.deployment.whole import Deployment

ANYWHERE = Address("", is_known=False)
MOST_SERVERS = 100
"""Of one name that many gates pass requests on to; further ones tell nothing new."""


@dataclass(frozen=True)
class Match:
    """Which requests come here, by their path: exactly this one, all below it, or all that a pattern fits."""

    text: str
    kind: str = "prefix"
    is_known: bool = True
    """Whether nothing else decides."""

    def takes(self, path: str) -> bool:
        if self.kind == "exact":
            return path == self.text
        if self.kind == "pattern":
            pattern = expression(self.text)
            return pattern is not None and not is_too_long(self.text, path) and pattern.match(path) is not None
        given = self.text.rstrip("/")
        return (
            path == given or path.startswith(f"{given}/") or (self.kind == "beginning" and path.startswith(self.text))
        )


@dataclass(frozen=True)
class Reading:
    """A limit with the value that was read for it, and what sets it where nothing is written."""

    limit: Limit
    given: Given | None = None
    most: float | None = None
    write: str = ""
    cure: str = ""
    """The value with which nothing is held back."""
    unit: str = ""
    """What must stand behind a number of seconds."""
    is_misread: bool = False
    """Whether what is written is passed over, so that the default holds."""
    is_cured: bool = False
    """Whether what is written says that nothing is held back."""


@dataclass(frozen=True, eq=False)
class Gate:
    """`product` names it in tables and rules, `title` and `name` for people: `AWS load balancer`, `aws_lb "main"`."""

    product: str
    title: str
    name: str
    layer: Layer
    anchor: Anchor
    readings: tuple[Reading, ...] = ()
    addresses: tuple[Address, ...] = (ANYWHERE,)
    matches: tuple[Match, ...] = ()
    """None where every request comes here."""
    cut: str = ""
    """The beginning of the path that is taken off before it is sent on."""
    address: str = ""
    """Where users ask it, without a path: `https://chat.example.org`; nothing where nobody can say."""
    is_one_of_many: bool = False
    """Whether others of its kind stand beside it, and nothing says which of them users ask."""
    resource: Resource | None = field(default=None, repr=False)

    @classmethod
    def in_file(cls, deployment: Deployment, path: Path) -> Iterable[Gate]:
        return deployment.ask(Gates).of_file.get(path, ())

    def readings_of(self, failure: Failure) -> Iterator[Reading]:
        """What it fails a stream by in this way; what is not known counts for nothing."""
        return (each for each in self.readings if each.limit.failure is failure and each.limit.is_known)

    # How routes are matched with it

    def rivals(self, path: str) -> Iterable[Sequence[Address]]:
        """Nothing: what stands beside it is a gate of its own."""
        return ()

    @property
    def is_conditional(self) -> bool:
        return not all(match.is_known for match in self.matches)

    @property
    def is_broadest(self) -> bool:
        return self.is_whole

    @property
    def is_whole(self) -> bool:
        """Whether all requests pass it, whatever their path."""
        return not self.matches or any(match.text in ("", "/") and match.kind != "exact" for match in self.matches)

    def outside(self, path: str) -> str | None:
        asked = f"{self.cut.rstrip('/')}{path}"
        return asked if self.takes(asked) else None

    def takes(self, path: str) -> bool:
        return not self.matches or any(match.takes(path) for match in self.matches)

    def below(self, path: str) -> str | None:
        """The first path that begins with this one and comes here."""
        plain = (match.text for match in self.matches if match.kind != "pattern")
        return next((text for text in plain if text.startswith(path)), None)


class Gates:
    """Those of all files of a deployment."""

    def __init__(self, deployment: Deployment) -> None:
        self.rows: tuple[Gate, ...] = tuple(each for make in _makers() for each in make(deployment))

    @cached_property
    def of_file(self) -> dict[Path, list[Gate]]:
        found: dict[Path, list[Gate]] = {}
        for each in self.rows:
            for path in dict.fromkeys((each.anchor.path, *(_path(reading) for reading in each.readings))):
                if path is not None:
                    found.setdefault(path, []).append(each)
        return found


def _path(reading: Reading) -> Path | None:
    return reading.given.anchor.path if reading.given is not None else None


def _makers() -> Iterator[Callable[[Deployment], Iterator[Gate]]]:
    """`gates` of each module beside this one that has it."""
    package = __name__.rpartition(".")[0]
    for name in sorted(each.name for each in pkgutil.iter_modules([str(Path(__file__).parent)])):
        module = import_module(f"{package}.{name}")
        if hasattr(module, "gates"):
            yield module.gates
