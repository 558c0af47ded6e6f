"""Which servers send an answer in chunks to HTTP/1.0 too, so that its pieces and its end can be told behind an old proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.knowledge.names import names
from streamlint.surroundings.names import DOCKERFILE

if TYPE_CHECKING:
    from streamlint.deployment.servers import Server
    from streamlint.deployment.streaming_routes import StreamingRoute
    from streamlint.deployment.whole import Deployment

_WITH_H11 = "h11"


class Chunking:
    """Judges the routes of a deployment, by the server that runs them or, where none is seen, by the packages beside them."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self._known: dict[tuple[StreamingRoute, int], bool] = {}

    def sends(self, route: StreamingRoute, server: Server | None) -> bool:
        key = (route, id(server))
        if key not in self._known:
            self._known[key] = self._of_server(route, server) if server is not None else self._of_packages(route)
        return self._known[key]

    def _of_server(self, route: StreamingRoute, server: Server) -> bool:
        if server.program in names("deployment_words", "sends-chunks"):
            return True
        worker = (server.worker_class or "").rpartition(".")[2].lower()
        if server.program not in names("deployment_words", "may-send-chunks") and not worker.startswith("uvicorn"):
            return False
        chosen = server.option("http")
        if _WITH_H11 in worker or (chosen is not None and chosen.is_known and chosen.text == _WITH_H11):
            return False
        is_told = chosen is not None and chosen.text in names("deployment_words", "chunking")
        return is_told or self._is_installed(route)

    def _of_packages(self, route: StreamingRoute) -> bool:
        """Whether the packages leave only servers that do."""
        project, place = route.project, route.place
        if project is None or place is None:
            return False
        versions = project.versions.near(place.path)
        may, never = (names("deployment_words", key) for key in ("may-send-chunks", "sends-no-chunks"))
        named = {name for name in may | never if versions.get(name) is not None}
        return not named & never and bool(named & may) and self._is_installed(route)

    def _is_installed(self, route: StreamingRoute) -> bool:
        """Whether a file says that uvicorn has what it takes: a lock, a requirement, an image that is built."""
        bringing = names("deployment_words", "brings-chunking")
        if any(extra in text for text in self._image_files() for extra in bringing):
            return True
        project, place = route.project, route.place
        if project is None or place is None:
            return False
        versions = project.versions.near(place.path)
        if any(versions.names_here(name) for name in names("deployment_words", "chunking")):
            return True
        pairs = (one.rstrip("]").split("[") for one in bringing)
        return any(extra in versions.extras(package) for package, extra in pairs)

    def _image_files(self) -> list[str]:
        paths = (path for path in self.deployment.files if DOCKERFILE.fullmatch(path.name))
        sources = (self.deployment.source(path) for path in paths)
        return [source.text for source in sources if source is not None]
