"""Who reads the old answer of a route that a repair would change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from streamlint.finding import Related
from streamlint.knowledge.frameworks import Purpose
from streamlint.readers.addresses import answering, spoken
from streamlint.readers.asking import Ask, Reading
from streamlint.readers.programs import Programs
from streamlint.readers.promises import Promises

if TYPE_CHECKING:
    from streamlint.discovery import Patterns
    from streamlint.project import Project
    from streamlint.readers.pages import Pages
    from streamlint.serving import Entry

_Route = tuple[str, tuple[str, ...]]


class Readers:
    """Of one project; `pages` are those of the run."""

    def __init__(self, project: Project, pages: Pages, exclude: Patterns) -> None:
        self._project = project
        self._pages = pages
        self._programs = Programs(project, exclude)
        self._promises = Promises(project)

    def of(self, entries: Sequence[Entry], code: str) -> tuple[Related, ...]:
        """Who depends on what these entry points answer, where a repair of a rule changes that."""
        found: dict[Related, None] = {}
        for entry in entries:
            found.update(dict.fromkeys(self._promises.of(entry)))
            if entry.kind is Purpose.ROUTE:
                asks = (ask for route in entry.routes if route[0] for ask in self._asking(route))
                found.update((Related(ask.place, str(ask.reading)), None) for ask in asks if self._matters(ask, code))
        return tuple(sorted(found, key=lambda one: (str(one.place.path), one.place.span, one.label)))

    def _asking(self, route: _Route) -> Iterator[Ask]:
        """The requests that the route answers, and no other one of the project."""
        path, methods = route
        word = spoken(path)
        for ask in (*self._programs.asking(word), *self._pages.asking(self._project.root, word)):
            if _takes(methods, ask.method) and path in answering(ask.address, self._paths(ask.method)):
                yield ask

    def _paths(self, method: str) -> Iterable[str]:
        """The paths of all routes that take a method."""
        routes = (
            route for entry in self._project.reach.entries for route in entry.routes if entry.kind is Purpose.ROUTE
        )
        return (path for path, methods in routes if path and _takes(methods, method))

    def _matters(self, ask: Ask, code: str) -> bool:
        """Whether the repair changes what the request reads: one that frames events gives those who listen what they wait for."""
        return ask.reading is not Reading.EVENTS or code not in self._project.knowledge.names(
            "clients", "framing-rules"
        )


def _takes(methods: Sequence[str], method: str) -> bool:
    return not method or not methods or method in (each.upper() for each in methods)
