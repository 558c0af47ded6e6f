"""Which kind of server runs a Django project: read from its entry modules and from the commands beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.knowledge.responses import Fate
from streamlint.source import read_bytes
from streamlint.values.domain import External, Generated, Iterated, Tokens, Value

if TYPE_CHECKING:
    from streamlint.knowledge.responses import ResponseClass
    from streamlint.project import Project
    from streamlint.streams.sent import Sending

_APPLICATION = re.compile(r"\b(asgi|wsgi)\b")
_LARGEST = 100_000


class Interface(StrEnum):
    """How a server calls the application."""

    ASGI = "ASGI"
    WSGI = "WSGI"


class Servers:
    """Says something only where everything that is found says the same."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self.root = project.root

    @cached_property
    def django(self) -> Interface | None:
        """The interface that Django runs under; None where nothing tells, or both are in use."""
        made, started = self._made(), self._started()
        if len(started) == 1 and (started <= made or not made):
            return next(iter(started))
        return next(iter(made)) if len(made) == 1 and not started else None

    def takes_whole(self, sending: Sending) -> bool:
        """Whether Django reads this body to its end before it sends anything."""
        values = self.evaluator.value(sending.content, sending.frame)
        kinds = {_is_async(value) for value in values}
        if len(kinds) != 1 or None in kinds:
            return False
        return self.drains(sending.response, is_async=kinds == {True})

    def drains(self, response: ResponseClass, *, is_async: bool) -> bool:
        """Whether Django, as far as its server is known, reads such an iterator to its end for this response."""
        interface = self.django if response.framework == "django" and response.streaming else None
        if is_async:
            return interface is Interface.WSGI and response.async_iterator_wsgi is Fate.DRAINED
        return interface is Interface.ASGI and response.sync_iterator is Fate.DRAINED

    def _made(self) -> set[Interface]:
        """The kinds of applications that the modules make."""
        found = set()
        callers, names = self.evaluator.callers, self.evaluator.knowledge.names
        made = dict.fromkeys(names("servers", "makes-asgi"), Interface.ASGI)
        made |= dict.fromkeys(names("servers", "makes-wsgi"), Interface.WSGI)
        for dotted, interface in made.items():
            for module, scope, call in callers.calls_of(dotted.rpartition(".")[2]):
                values = self.evaluator.value(call.function, self.evaluator.any_call(module, scope))
                if External(dotted) in values:
                    found.add(interface)
        return found

    def _started(self) -> set[Interface]:
        """The kinds of servers that the project's commands start."""
        found = set()
        programs = sorted(self.evaluator.knowledge.names("servers", "programs"))
        server = re.compile(rf"\b(?:{'|'.join(map(re.escape, programs))})\b")
        for line in self._command_lines():
            if server.search(line):
                found |= {Interface(word.upper()) for word in _APPLICATION.findall(line)}
        return found

    def _command_lines(self) -> Iterator[str]:
        names = self.evaluator.knowledge.names
        for folder in sorted(names("servers", "command-folders")):
            for pattern in sorted(names("servers", "command-files")):
                for path in sorted((self.root / folder).glob(pattern)):
                    yield from _lines(path)


def _is_async(value: Value) -> bool | None:
    return value.is_async if isinstance(value, Generated | Iterated | Tokens) else None


def _lines(path: Path) -> Iterator[str]:
    """The lines that are no comments and install nothing."""
    try:
        content = read_bytes(path, _LARGEST + 1)
    except OSError:
        return
    text = content.decode("utf-8", "replace") if len(content) <= _LARGEST else ""
    for line in text.replace("\\\n", " ").splitlines():
        if not line.lstrip().startswith("#") and "install" not in line:
            yield line
