"""The YAML documents of the files around the code, each file read once for all who ask."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.surroundings import templates, yaml_file
from streamlint.surroundings.document import Document

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment


@dataclass(frozen=True)
class Documents:
    """Those of one file; `text` has holes where a template computes, and the places of the file."""

    text: str = ""
    every: tuple[Document, ...] = ()
    is_template: bool = False

    @property
    def first(self) -> Document:
        return self.every[0] if self.every else Document()


class YamlFiles:
    """Those of a deployment."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._read: dict[Path, Documents] = {}

    def of(self, path: Path) -> Documents:
        """The documents of a file; none where its text cannot be had."""
        if path not in self._read:
            source = self._deployment.source(path)
            self._read[path] = _documents(source.text) if source is not None else Documents()
        return self._read[path]


def _documents(text: str) -> Documents:
    template = templates.read(text)
    masked = template.masked(text)
    is_template = any(mark.kind is not templates.Kind.COMMENT for mark in template.marks)
    return Documents(masked, yaml_file.documents(masked), is_template)
