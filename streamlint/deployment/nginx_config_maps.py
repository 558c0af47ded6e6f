"""The configurations of nginx that ConfigMaps of Kubernetes hold, each read where it stands in its file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.deployment.resources import Resource, Resources
from streamlint.source import Span
from streamlint.surroundings import nginx_file
from streamlint.surroundings.nginx_file import NginxFile

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment

_KEY = re.compile(r"(?:.*\.)?conf(?:[._-].*)?|.*nginx.*|default", re.IGNORECASE)
_BLOCKS = frozenset(("server", "upstream", "location", "http"))
_MOST = 30
"""Configurations of one file."""
_WRITTEN = re.compile(r"[^\n]")


class NginxConfigMaps:
    """Those of a deployment, by the file that they stand in."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        found: dict[Path, list[NginxFile]] = {}
        for resource in deployment.ask(Resources).of("ConfigMap"):
            for span in self._texts(resource):
                parts = found.setdefault(resource.path, [])
                if len(parts) < _MOST:
                    parts.extend(self._of(resource.path, span))
        self.parts: dict[Path, tuple[NginxFile, ...]] = {path: tuple(parts) for path, parts in found.items() if parts}

    def _texts(self, resource: Resource) -> Iterator[Span]:
        for keys, given in resource.every("data"):
            if len(keys) == 1 and _KEY.fullmatch(str(keys[0])):
                yield given.anchor.span

    def _of(self, path: Path, span: Span) -> Iterator[NginxFile]:
        """What a text holds; only where it stands line by line as it is, so that all has its place in the file."""
        source = self._deployment.source(path)
        if source is None or source.text[span.start : span.start + 1] != "|":
            return
        start = source.line_span(span.start).end
        before = _WRITTEN.sub(" ", source.text[:start])
        read = nginx_file.read(before + source.text[start : span.end])
        if is_configuration(read):
            yield read


def is_configuration(read: NginxFile) -> bool:
    """Whether a text has one of the blocks of nginx."""
    return any(each.is_block and each.name in _BLOCKS for each in read.directives)
