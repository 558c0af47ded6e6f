"""Which server a proxy's address means: by the names of containers, the ports of machines, the paths of sockets."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from streamlint.deployment.composed import Service, Services
from streamlint.deployment.dockerfiles import Images
from streamlint.deployment.limits import Certainty
from streamlint.deployment.nginx_passing import Address
from streamlint.deployment.servers import Server, Servers
from streamlint.deployment.workloads import Workloads

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment

_CLUSTER = re.compile(r"[\w-]+(?:\.svc(?:\.cluster\.local)?)?")
"""What stands behind the name of a service: its namespace."""
_THIS_MACHINE = frozenset(("localhost", "127.0.0.1", "::1", "[::1]", "0.0.0.0", "host.docker.internal", "172.17.0.1"))  # noqa: S104


@dataclass(frozen=True)
class Meant:
    """A server that may be behind an address; None where nothing that starts one was found."""

    server: Server | None
    certainty: Certainty


class Upstreams:
    """Judges the addresses of a deployment."""

    def __init__(self, deployment: Deployment) -> None:
        self.servers = deployment.ask(Servers).rows
        self._services = {name for service in deployment.ask(Services).rows for name in service.names}
        self._workloads = deployment.ask(Workloads)
        self._services |= self._workloads.commanded
        self._images = deployment.ask(Images)
        self._words = deployment.knowledge.names
        self._building = {
            name for service in deployment.ask(Services).rows if self._may_serve(service) for name in service.names
        }
        self._starting = {name for server in self.servers for name in server.unit.names}

    def of(self, addresses: Sequence[Address]) -> tuple[Meant, ...]:
        """The servers behind some addresses; where none of them can be, nothing."""
        found = [meant for address in addresses for meant in self._of(address)]
        best = max((each.certainty for each in found), default=None)
        return tuple({id(each.server): each for each in found if each.certainty is best}.values())

    def is_unknown(self, addresses: Sequence[Address]) -> bool:
        """Whether nothing that was found is behind some addresses, and yet something may be."""
        return any(each.certainty is Certainty.POSSIBLE for each in self.of(addresses))

    def _may_serve(self, service: Service) -> bool:
        """Whether a service may run a program of the project that was not understood."""
        image = self._images.built(*service.dockerfile) if service.dockerfile is not None else None
        command = service.command or (image.command if image is not None else None)
        base = PurePosixPath(image.base.partition(":")[0]).name if image is not None else ""
        words = command.words if command is not None else ()
        if base in self._words("deployment_words", "other-images"):
            return False
        if words and PurePosixPath(words[0].text).name in self._words("deployment_words", "other-programs"):
            return False
        return service.dockerfile is not None or service.command is not None

    def _of(self, address: Address) -> list[Meant]:
        if not address.is_known:
            return [Meant(server, Certainty.POSSIBLE) for server in self.servers] or [Meant(None, Certainty.POSSIBLE)]
        address = self._within(address)
        judged = [(server, self._certainty(address, server)) for server in self.servers]
        found = [Meant(server, certainty) for server, certainty in judged if certainty is not None]
        if found or self._is_another(address):
            return found
        return [Meant(None, Certainty.POSSIBLE)]

    def _within(self, address: Address) -> Address:
        """An address of a cluster as the port of the container there; others as they are."""
        host, _, zone = address.host.partition(".")
        name = host if host in self._workloads.services and _CLUSTER.fullmatch(zone) else address.host
        target = self._workloads.target(name, str(address.port)) if address.port is not None else None
        return replace(address, host=name, port=address.port if target is None else target)

    def _is_another(self, address: Address) -> bool:
        """Whether an address is known to lead to something else: a service that starts none, where all else is known."""
        if address.host in self._services:
            return address.host in self._starting or address.host not in self._building
        return bool(self.servers) and not address.socket and all(_ports(server) for server in self.servers)

    def _certainty(self, address: Address, server: Server) -> Certainty | None:
        """How sure it is that a server is behind an address; None where it is not."""
        if address.socket:
            same = [bind.socket for bind in server.binds if bind.socket]
            return Certainty.CERTAIN if os.path.basename(address.socket) in map(os.path.basename, same) else None
        if address.host in server.unit.names:
            inside = {bind.port for bind in server.binds if bind.port is not None}
            return Certainty.CERTAIN if not inside or address.port in inside else None
        if address.host in self._services:
            return None
        ports = _ports(server)
        if not ports:
            return Certainty.POSSIBLE if address.host in _THIS_MACHINE else None
        if address.port not in ports:
            return None
        return Certainty.CERTAIN if address.host in _THIS_MACHINE else Certainty.LIKELY


def _ports(server: Server) -> set[int]:
    """The ports under which its machine has it."""
    if server.unit.ports:
        return {port.published for port in server.unit.ports if port.published is not None}
    return {bind.port for bind in server.binds if bind.port is not None}
