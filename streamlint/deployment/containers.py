"""The containers of a deployment as something that is stopped: how long each is waited for, and whether its server hears of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from streamlint.deployment.limits import Anchor, Failure
from streamlint.deployment.servers import Server, Servers
from streamlint.deployment.units import Unit, UnitKind
from streamlint.knowledge.names import names

if TYPE_CHECKING:
    from streamlint.deployment.following import Shell
    from streamlint.deployment.whole import Deployment

GRACE = "stop_grace_period"
_DEFAULT_GRACE = 10.0
"""Seconds that Compose waits where nothing is set (docs.docker.com, checked 2026-11-26)."""


class Hears(Enum):
    """Whether the server of a container is told to stop."""

    YES = auto()
    NO = auto()
    UNKNOWN = auto()


@dataclass(frozen=True)
class Container:
    """A service of a Compose file with the server that runs in it."""

    unit: Unit
    server: Server

    @property
    def anchor(self) -> Anchor:
        return self.unit.anchor

    @property
    def grace(self) -> float | None:
        """The seconds from the request to stop to the end; None where that is computed."""
        given = self.unit.settings.get(GRACE)
        return given.seconds if given is not None else _DEFAULT_GRACE

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
        ends_soon = any(limit.seconds is not None and limit.seconds < _DEFAULT_GRACE for limit in limits)
        return not ends_soon and hears(self.server) is not Hears.NO

    @classmethod
    def in_file(cls, deployment: Deployment, path: Path) -> tuple[Container, ...]:
        """The services of a file that run a server and are deployed."""
        rows = deployment.ask(Servers).rows
        own = (row for row in rows if row.unit.path == path and row.unit.kind is UnitKind.SERVICE)
        deployed = (row for row in own if not row.unit.is_for_development and not row.unit.is_completed)
        return tuple({row.unit.anchor: cls(row.unit, row) for row in deployed}.values())


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
