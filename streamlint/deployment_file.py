"""A file around the code as rules see it: what it sets up, where that stands, and what is found about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from streamlint.beside_file import BesideFile
from streamlint.deployment.limits import Anchor
from streamlint.finding import Place
from streamlint.source import Source, Span

if TYPE_CHECKING:
    from pathlib import Path

    from streamlint.deployment import Deployment


class Node(Protocol):
    """What the checks of rules look at; each kind knows how it is found in a file."""

    @property
    def anchor(self) -> Anchor: ...

    @classmethod
    def in_file(cls, deployment: Deployment, path: Path) -> Iterable[Node]: ...


class DeploymentFile(BesideFile):
    """A file around the code; `source` has the file's real path."""

    def __init__(self, source: Source, deployment: Deployment) -> None:
        super().__init__(source)
        self.deployment = deployment

    def nodes(self, kind: type[Any]) -> Iterator[tuple[Any, Any]]:
        """What the file sets up of a kind, each as its own scope."""
        return iter([(each, each) for each in kind.in_file(self.deployment, self.path)])

    def place(self, place: Node | Anchor | Span) -> Place:
        span = place if isinstance(place, Span) else _anchor(place).span
        return self.place_of(span)

    def place_elsewhere(self, anchor: Anchor) -> Place | None:
        """A place in any file of the deployment; None where its text cannot be had."""
        source = self.source if anchor.path == self.path else self.deployment.source(anchor.path)
        return None if source is None else Place.of(source, anchor.span)


def _anchor(place: Node | Anchor) -> Anchor:
    return place if isinstance(place, Anchor) else place.anchor
