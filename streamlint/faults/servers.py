"""Which kind of server runs a Django project: read from its entry modules and from the commands around it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.deployment.served import ServedRoutes
from streamlint.deployment.servers import Server, Servers
from streamlint.knowledge.responses import Fate
from streamlint.values.domain import External, Generated, Iterated, Tokens, Value

if TYPE_CHECKING:
    from streamlint.knowledge.responses import ResponseClass
    from streamlint.project import Project
    from streamlint.streams.sent import Sending

_APPLICATION = re.compile(r".*[./_](asgi|wsgi)(?::\w+)?")


class Interface(StrEnum):
    """How a server calls the application."""

    ASGI = "ASGI"
    WSGI = "WSGI"


class DjangoServers:
    """Says something only where everything that is found says the same."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.evaluator = project.evaluator

    @cached_property
    def interface(self) -> Interface | None:
        """The interface that Django runs under; None where nothing tells, or both are in use."""
        made = set().union(*self._made.values())
        if len(made) == 1 and not self._started:
            return next(iter(made))
        agreed = len(self._started) == 1 and (self._started <= made or not made)
        return next(iter(self._started)) if agreed else None

    def takes_whole(self, sending: Sending) -> Interface | None:
        """The interface under which Django reads this body to its end before it sends anything, where it runs under that."""
        kinds = {_is_async(value) for value in self.evaluator.value(sending.content, sending.frame)}
        if len(kinds) != 1 or None in kinds:
            return None
        return self.interface if self.drains(sending.response, is_async=kinds == {True}) else None

    def drains(self, response: ResponseClass, *, is_async: bool) -> bool:
        """Whether Django, as far as its server is known, reads such an iterator to its end for this response."""
        interface = self.interface if response.framework == "django" and response.streaming else None
        if is_async:
            return interface is Interface.WSGI and response.async_iterator_wsgi is Fate.DRAINED
        return interface is Interface.ASGI and response.sync_iterator is Fate.DRAINED

    @cached_property
    def _made(self) -> dict[Path, set[Interface]]:
        """The kinds of applications that each module makes."""
        found: dict[Path, set[Interface]] = {}
        callers, names = self.evaluator.callers, self.evaluator.knowledge.names
        made = dict.fromkeys(names("servers", "makes-asgi"), Interface.ASGI)
        made |= dict.fromkeys(names("servers", "makes-wsgi"), Interface.WSGI)
        for dotted, interface in made.items():
            for module, scope, call in callers.calls_of(dotted.rpartition(".")[2]):
                values = self.evaluator.value(call.function, self.evaluator.any_call(module, scope))
                if External(dotted) in values:
                    found.setdefault(module.path, set()).add(interface)
        return found

    @cached_property
    def _started(self) -> set[Interface]:
        """The kinds of applications that the commands around the project serve."""
        servers = self.project.deployment.ask(Servers).rows
        return {interface for server in servers for interface in self._served(server)}

    def _served(self, server: Server) -> Iterator[Interface]:
        """What one server serves: by the module that it names, or by that name where the module is not to be seen."""
        applications = self.project.deployment.ask(ServedRoutes).applications(server)
        own = [one for one in applications if one.project is self.project]
        for application in own:
            yield from self._made.get(application.path, ())
        if own == list(applications) and not any(one.path in self._made for one in own):
            words = (word.text for word in server.command.words)
            yield from (Interface(match[1].upper()) for word in words if (match := _APPLICATION.fullmatch(word)))


def _is_async(value: Value) -> bool | None:
    return value.is_async if isinstance(value, Generated | Iterated | Tokens) else None
