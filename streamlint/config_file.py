"""A dependency file as rules see it: its statements, where they stand, and what is found about them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from streamlint.beside_file import BesideFile
from streamlint.finding import UNREADABLE_FILE, Finding
from streamlint.releases.declared import Declared, Reading
from streamlint.source import Source, Span

if TYPE_CHECKING:
    from streamlint.project import Project


class ConfigFile(BesideFile):
    """A dependency file of a project; `source` has the file's real path."""

    def __init__(self, source: Source, project: Project) -> None:
        super().__init__(source)
        self.project = project

    @cached_property
    def reading(self) -> Reading:
        """What the file says itself, without what it includes."""
        return self.project.versions.files.reading(self.path)

    def nodes(self, kind: type[Any]) -> Iterator[tuple[Any, Any]]:
        """What the file holds of a kind, each as its own scope."""
        return iter([(each, each) for each in self.reading.declared] if kind is Declared else [])

    def faults(self) -> Iterator[Finding]:
        """Where the file is not what its format asks for; what can be read is judged."""
        code = UNREADABLE_FILE
        for fault in self.reading.faults[:1]:
            end = min(fault.offset + 1, len(self.source.text))
            where = self.place_of(Span(min(fault.offset, end), end))
            note = "what stands in this file behind the fault may not have been checked"
            yield Finding(
                code.code, code.name, code.severity, f"cannot be read here: {fault.message}", where, notes=(note,)
            )
