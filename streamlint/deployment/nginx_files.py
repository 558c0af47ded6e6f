"""Which files of a deployment are nginx's, and what an `include` brings in, as far as the files around here tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from streamlint.deployment.nginx_config_maps import NginxConfigMaps, is_configuration
from streamlint.surroundings import nginx_file
from streamlint.surroundings.nginx_file import Directive, NginxFile

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment

_TEMPLATE = re.compile(r"\.(?:template|tmpl|tpl|j2|jinja2?|erb|in|example|sample)$")
_OTHER = re.compile(r"Dockerfile|Containerfile|Procfile|.*\.(?:ya?ml|sh|py|service|ini|json|toml)", re.IGNORECASE)
_WORD = re.compile(r"(?:server|upstream|location|http|proxy_\w+|uwsgi_\w+|fastcgi_\w+|gzip|include)\b")
_GLOB = re.compile(r"[*?\[]")


class NginxFiles:
    """Those of one deployment; each is read when it is first asked for."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._read: dict[Path, NginxFile] = {}
        self._held = deployment.ask(NginxConfigMaps).parts

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        """The files that hold what nginx reads, in their fixed order."""
        return tuple(path for path in self._deployment.files if self._is_one(path))

    def parts(self, path: Path) -> tuple[NginxFile, ...]:
        """The configurations that a file holds: one, or those of the ConfigMaps in it."""
        return self._held.get(path) or (self.read(path),)

    def read(self, path: Path) -> NginxFile:
        """What a file holds; nothing where it cannot be had."""
        if path in self._held:
            parts = self._held[path]
            return NginxFile(
                tuple(directive for part in parts for directive in part.directives),
                tuple(fault for part in parts for fault in part.faults),
            )
        if path not in self._read:
            source = self._deployment.source(path)
            self._read[path] = NginxFile() if source is None else nginx_file.read(source.text)
        return self._read[path]

    def _is_one(self, path: Path) -> bool:
        if path in self._held:
            return True
        if _OTHER.fullmatch(_TEMPLATE.sub("", path.name)):
            return False
        source = self._deployment.source(path)
        if source is None or not _WORD.search(source.text):
            return False
        found = self.read(path)
        if is_configuration(found):
            return True
        settings = [each for each in found.directives if not each.is_unknown]
        return bool(settings) and not found.faults and all(_WORD.match(each.name) or each.is_block for each in settings)

    def included(self, path: Path, include: Directive) -> tuple[Path, ...] | None:
        """The files that an `include` in a file means; nothing for what cannot matter, None for what nobody here knows."""
        if len(include.arguments) != 1 or not include.is_known:
            return None
        written = PurePosixPath(include.texts[0])
        if written.name in self._deployment.knowledge.names("nginx", "stock-includes"):
            return ()
        for folder, pattern in self._candidates(path, written):
            if found := self._matching(folder, pattern):
                return found
        return None

    def _candidates(self, path: Path, written: PurePosixPath) -> Iterator[tuple[Path, tuple[str, ...]]]:
        """Where a written path may lead: below the folders around the file, with fewer and fewer of its own folders."""
        parts = tuple(part for part in written.parts if part != "/")
        around = [each for each in path.parents if each.is_relative_to(self._deployment.root)]
        for first in range(len(parts)):
            for folder in around:
                yield folder, parts[first:]

    def _matching(self, folder: Path, pattern: tuple[str, ...]) -> tuple[Path, ...]:
        written = folder.joinpath(*pattern)
        if not _GLOB.search("/".join(pattern)):
            source = self._deployment.source(written)
            if source is not None:
                return (written,)
        return tuple(path for path in self._known.get(written.parent, ()) if _fits(path.name, written.name))

    @cached_property
    def _known(self) -> dict[Path, tuple[Path, ...]]:
        found: dict[Path, tuple[Path, ...]] = {}
        for path in self._deployment.files:
            if not _OTHER.fullmatch(path.name):
                found[path.parent] = (*found.get(path.parent, ()), path)
        return found


def _fits(name: str, pattern: str) -> bool:
    """Whether a file, or what a template of this name becomes, is meant."""
    return fnmatchcase(name, pattern) or fnmatchcase(_TEMPLATE.sub("", name), pattern)


def is_glob(include: Directive) -> bool:
    return any(_GLOB.search(text) for text in include.texts)
