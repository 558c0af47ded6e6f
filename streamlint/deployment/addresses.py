"""Under which address people reach a server or a proxy: on their machine, or only in the container of a service."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from streamlint.deployment.composed import Service, Services
from streamlint.deployment.dockerfiles import Images
from streamlint.deployment.nginx_versions import is_nginx
from streamlint.deployment.units import UnitKind
from streamlint.surroundings.numbers import whole_number

if TYPE_CHECKING:
    from streamlint.deployment.nginx_sites import Location
    from streamlint.deployment.servers import Server
    from streamlint.deployment.whole import Deployment


class Reached(NamedTuple):
    """An address, and the service in whose container alone it answers; nothing where nobody can say."""

    address: str = ""
    inside: str = ""


class Addresses:
    """Those of one deployment."""

    def __init__(self, deployment: Deployment) -> None:
        self._images = deployment.ask(Images)
        self._services = {service.anchor: service for service in deployment.ask(Services).rows}
        self._proxies = [service for service in self._services.values() if self._runs_nginx(service)]

    def of_server(self, server: Server, path: str) -> Reached:
        """Where a server answers for a path."""
        port = next((bind.port for bind in server.binds if bind.port is not None), None)
        if port is None:
            return Reached()
        service = self._services.get(server.unit.anchor) if server.unit.kind is UnitKind.SERVICE else None
        return _reached(port, path, service)

    def of_location(self, location: Location, path: str) -> Reached:
        """Where nginx answers for a path that a location takes."""
        listens = location.server.statement.own("listen")
        text, *words = listens[0].texts if listens and listens[0].texts else ("80",)
        port = whole_number(text.rpartition(":")[2])
        if port is None or not path.startswith("/"):
            return Reached()
        return _reached(port, path, self._running(location), "https" if "ssl" in words else "http")

    def _runs_nginx(self, service: Service) -> bool:
        built, given = service.dockerfile, service.get("image")
        image = self._images.built(*built) if built is not None else None
        name = image.base if image is not None else given.text if given is not None else ""
        return is_nginx(name)

    def _running(self, location: Location) -> Service | None:
        """The service that runs the configuration of a location, if there is only one that may."""
        name = location.server.statement.path.name
        naming = [service for service in self._proxies if any(name in text for text in service.volumes)]
        found = naming or self._proxies
        return found[0] if len(found) == 1 else None


def _reached(port: int, path: str, service: Service | None, scheme: str = "http") -> Reached:
    own = service.get("network_mode") if service is not None else None
    if service is None or (own is not None and own.text == "host"):
        return Reached(f"{scheme}://localhost:{port}{path}")
    published = next((each.published for each in service.ports if each.target == port and each.published), None)
    if published is None:
        return Reached(f"{scheme}://localhost:{port}{path}", service.name)
    return Reached(f"{scheme}://localhost:{published}{path}")
