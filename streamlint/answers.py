"""Which routes a repair changes, and who reads what they answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.fix import Level
from streamlint.outcome import Applied
from streamlint.readers import Readers
from streamlint.serving.affected import Affected, titles
from streamlint.timings import READERS, phase

if TYPE_CHECKING:
    from streamlint.discovery import Patterns
    from streamlint.finding import Finding, Place
    from streamlint.project import Project
    from streamlint.readers import Pages
    from streamlint.serving import Entry
    from streamlint.source import Span


class Answers:
    """Of one project; `real` gives the file that a finding names in the folder that it really lies in."""

    def __init__(self, project: Project, real: Callable[[Path], Path], pages: Pages, exclude: Patterns) -> None:
        self._real = real
        self._affected = Affected(project)
        self._readers = Readers(project, pages, exclude)

    def applied(self, finding: Finding) -> Applied:
        """A fixed finding with the entry points that run the changed code, as `GET /chat`, where clients may notice it."""
        return Applied(finding, titles(self._entries(finding)))

    def read(self, finding: Finding, insists: bool) -> Finding:
        """The finding with those who depend on the answer that its fix changes; then the fix waits for who `insists`."""
        assert finding.fix is not None
        with phase(READERS):
            readers = self._readers.of(self._entries(finding), finding.code)
        return replace(finding, readers=readers, fix=replace(finding.fix, is_held=bool(readers) and not insists))

    def _entries(self, finding: Finding) -> tuple[Entry, ...]:
        fix = finding.fix
        if fix is None or fix.level is Level.SAFE:
            return ()
        found = self._running(finding.place, (finding.place.span, *(edit.span for edit in fix.edits)))
        if found:
            return found
        places = (related.place for related in finding.related)
        return next((found for place in places if (found := self._running(place, (place.span,)))), ())

    def _running(self, place: Place, spans: Iterable[Span]) -> tuple[Entry, ...]:
        return self._affected.entries(self._real(place.path), spans)
