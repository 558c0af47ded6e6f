"""The containers of a deployment as something that is stopped: how long each is waited for, and whether its server hears of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from streamlint.deployment.limits import Anchor, Failure
from streamlint.deployment.servers import Server, Servers
from streamlint.deployment.units import Given, Unit, UnitKind
from streamlint.knowledge.gates import default
from streamlint.knowledge.names import names

if TYPE_CHECKING:
    from streamlint.deployment.following import Shell
    from streamlint.deployment.whole import Deployment

_ENOUGH = 60.0
"""Seconds in which nearly all answers end."""
_SOON = 10.0
"""Seconds; a server that ends sooner by itself gains nothing from one who waits for longer."""


@dataclass(frozen=True)
class Stopping:
    """Who stops a container, and the names of the setting that says how long it waits before it kills it."""

    product: str
    who: str
    settings: tuple[str, ...]
    unit: str = ""
    """What stands behind a number of seconds."""
    most: float = math.inf

    @property
    def default(self) -> float | None:
        """Seconds, where nothing is set."""
        return default(self.product.lower(), self.settings[0])


_STOPPING = {
    UnitKind.SERVICE: Stopping("Compose", "Docker", ("stop_grace_period",), "s"),
    UnitKind.POD: Stopping("Kubernetes", "Kubernetes", ("terminationGracePeriodSeconds",)),
    UnitKind.TASK: Stopping("ECS", "ECS", ("stopTimeout", "StopTimeout"), most=120.0),
}


class Hears(Enum):
    """Whether the server of a container is told to stop."""

    YES = auto()
    NO = auto()
    UNKNOWN = auto()


@dataclass(frozen=True)
class Container:
    """A service of a Compose file, a container of Kubernetes or of ECS, with the server that runs in it."""

    unit: Unit
    server: Server

    @property
    def anchor(self) -> Anchor:
        return self.unit.anchor

    @property
    def stopping(self) -> Stopping:
        return _STOPPING[self.unit.kind]

    @property
    def setting(self) -> str:
        """The name of what is set, or could be."""
        return next((name for name in self.stopping.settings if name in self.unit.settings), self.stopping.settings[0])

    @property
    def given(self) -> Given | None:
        return self.unit.settings.get(self.setting)

    @property
    def grace(self) -> float | None:
        """The seconds from the request to stop to the end; None where that is computed."""
        return self.given.seconds if self.given is not None else self.stopping.default

    @property
    def enough(self) -> str:
        """What is to be written: as long as the server waits, and no more than is allowed."""
        allowed = min(max(_ENOUGH, self.patience), self.stopping.most)
        return f"{allowed:g}{self.stopping.unit}"

    @property
    def patience(self) -> float:
        """How long the server itself would wait for its streams, as far as it says so."""
        limits = (limit for limit in self.server.limits if limit.failure is Failure.SHUTDOWN)
        given = [limit.seconds for limit in limits if limit.seconds is not None and not limit.is_default]
        return min(given, default=0.0)

    @property
    def is_stopped_kindly(self) -> bool:
        """Whether a longer wait would help: the server hears of it and does not end its streams at once."""
        limits = [limit for limit in self.server.limits if limit.failure is Failure.SHUTDOWN and limit.is_known]
        ends_soon = any(limit.seconds is not None and limit.seconds < _SOON for limit in limits)
        return not ends_soon and hears(self.server) is not Hears.NO

    @classmethod
    def in_file(cls, deployment: Deployment, path: Path) -> tuple[Container, ...]:
        """Those of a file that run a server and are deployed."""
        rows = deployment.ask(Servers).rows
        own = (row for row in rows if row.unit.path == path and is_stopped(row.unit))
        deployed = (row for row in own if not row.unit.is_for_development and not row.unit.is_completed)
        return tuple({row.unit.anchor: cls(row.unit, row) for row in deployed}.values())


def is_stopped(unit: Unit) -> bool:
    """Whether something is known of who stops it."""
    return unit.kind in _STOPPING


@dataclass(frozen=True)
class Deaf:
    """A server in a container whose shell is told to stop in its place."""

    server: Server
    shell: Shell

    @property
    def anchor(self) -> Anchor:
        return Anchor(self.shell.path, self.shell.first.span)

    @cached_property
    def is_repairable(self) -> bool:
        """Whether `exec` before the command is all that is missing."""
        return self.shell.is_last and all(
            shell.hands_over for shell in self.server.command.shells if shell is not self.shell
        )

    @classmethod
    def in_file(cls, deployment: Deployment, path: Path) -> tuple[Deaf, ...]:
        found: dict[Anchor, Deaf] = {}
        for server in deployment.ask(Servers).rows:
            if server.unit.is_container and not server.unit.is_for_development and hears(server) is Hears.NO:
                shell = next(each for each in reversed(server.command.shells) if not _hands_over(each, server.unit))
                deaf = cls(server, shell)
                if deaf.anchor.path == path:
                    found.setdefault(deaf.anchor, deaf)
        return tuple(found.values())


def hears(server: Server) -> Hears:
    """Whether what Docker sends to the first process comes to the server."""
    command = server.command
    if server.unit.has_init or names("deployment_words", "inits") & set(command.passed):
        return Hears.UNKNOWN
    answers = {_hands_over(shell, server.unit) for shell in command.shells}
    return Hears.NO if False in answers else Hears.UNKNOWN if None in answers else Hears.YES


def _hands_over(shell: Shell, unit: Unit) -> bool | None:
    """Whether a shell gives its place to the command; None where that depends on which shell it is."""
    if shell.hands_over:
        return True
    if not shell.is_last:
        return None
    if shell.is_script:
        return False
    name = _shell_of(shell.name, unit.image)
    if name in names("deployment_words", "shells-exec"):
        return shell.is_alone or None  # bash from 5.1 on hands over behind other commands too (measured with 5.2.15)
    return None if name is None else False


def _shell_of(name: str, image: str) -> str | None:
    """Which shell `sh` is in an image."""
    if name not in ("sh", ""):
        return name
    repository = image.lower().partition("@")[0]
    words = {PurePosixPath(repository).name.partition(":")[0], *repository.split("/")}
    if any(word.startswith(each) for word in words for each in names("deployment_words", "bash-images")):
        return "bash"
    return (
        "dash"
        if any(word.startswith(each) for word in words for each in names("deployment_words", "dash-images"))
        else None
    )
