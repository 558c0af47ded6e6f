"""The processes of a Procfile: a name and the command that is run under it, one a line."""

from __future__ import annotations

import re

from streamlint.immutable import immutable
from streamlint.surroundings.document import Fault
from streamlint.surroundings.written import Written

_LINE = re.compile(r"[^\r\n]+")
_PROCESS = re.compile(r"[ \t]*([A-Za-z0-9_-]+)[ \t]*:[ \t]*(?=\S)")


@immutable(slots=True)
class Process:
    name: str
    command: Written


@immutable
class Procfile:
    processes: tuple[Process, ...] = ()
    faults: tuple[Fault, ...] = ()


def read(text: str) -> Procfile:
    """The processes of a Procfile; never raises."""
    found, faults = [], []
    for line in _LINE.finditer(text):
        if not line[0].strip() or line[0].lstrip().startswith("#"):
            continue
        process = _PROCESS.match(line[0])
        if process is None:
            faults.append(Fault(line.start(), "a line is no process with its command"))
            continue
        command = line[0][process.end() :].rstrip()
        found.append(Process(process[1], Written.plain(command, line.start() + process.end())))
    return Procfile(tuple(found), tuple(faults))
