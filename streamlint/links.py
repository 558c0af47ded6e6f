"""Folders that are reached through links: where a file really lies, and under which name its findings are told."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from streamlint.finding import Finding, Place


def real_path(path: Path) -> Path:
    """The file in the folder that it really lies in; a link to a file stays, as Python imports it where it stands."""
    return Path(os.path.realpath(path.parent)) / path.name


@dataclass(frozen=True)
class Renaming:
    """From the folder that a link leads to, to the name under which a run was given it."""

    real: Path
    named: Path

    @classmethod
    def of(cls, named: Path) -> Renaming:
        real = real_path(named)
        while real.name == named.name and real != real.parent and real != named:
            real, named = real.parent, named.parent
        return cls(real, named)

    def finding(self, finding: Finding) -> Finding:
        if self.real == self.named:
            return finding
        related = tuple(replace(each, place=self._place(each.place)) for each in finding.related)
        return replace(finding, place=self._place(finding.place), related=related)

    def _place(self, place: Place) -> Place:
        if not place.path.is_relative_to(self.real):
            return place
        return replace(place, path=self.named / place.path.relative_to(self.real))
