"""What of a file around the code nobody could read: the faults of the reader of its format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.deployment.compose_files import SIGN
from streamlint.deployment.limits import Anchor
from streamlint.deployment.nginx_files import NginxFiles
from streamlint.deployment.nginx_tree import NginxTrees
from streamlint.source import BYTEWISE, Source, Span
from streamlint.surroundings import dockerfile, hcl_file, procfile, unit_files, yaml_file
from streamlint.surroundings.document import Fault
from streamlint.surroundings.names import COMPOSE, DOCKERFILE, PROCFILE

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment


@dataclass(frozen=True)
class Unread:
    """A file that was read in part: where the first fault is, what it is, and how many there are."""

    anchor: Anchor
    message: str
    count: int

    @classmethod
    def in_file(cls, deployment: Deployment, path: Path) -> tuple[Unread, ...]:
        """One for a file with faults."""
        source = deployment.source(path)
        if source is None or source.is_python:
            return ()
        faults = [*_encoding(source), *_faults(deployment, path, source)]
        if not faults:
            return ()
        first = faults[0]
        end = min(first.offset + 1, len(source.text))
        return (cls(Anchor(path, Span(min(first.offset, end), end)), first.message, len(faults)),)


def _encoding(source: Source) -> tuple[Fault, ...]:
    if source.encoding != BYTEWISE:
        return ()
    first = next((at for at, character in enumerate(source.text) if not character.isascii()), 0)
    return (Fault(first, "what stands here is no UTF-8"),)


def _faults(deployment: Deployment, path: Path, source: Source) -> Sequence[Fault]:
    """Those of the one format that a file has, by its name and its text."""
    text = source.text
    if DOCKERFILE.fullmatch(path.name):
        return dockerfile.read(text).faults
    if PROCFILE.fullmatch(path.name):
        return procfile.read(text).faults
    if COMPOSE.fullmatch(path.name):
        documents = yaml_file.documents(text) if SIGN.search(text) else ()
        return [fault for document in documents for fault in document.faults]
    if path.suffix == ".tf":
        return hcl_file.read(text).faults
    if path.suffix == ".service":
        return unit_files.systemd(text).faults
    if "[program:" in text:
        return unit_files.supervisord(text).faults
    return _of_nginx(deployment, path)


def _of_nginx(deployment: Deployment, path: Path) -> Sequence[Fault]:
    files, trees = deployment.ask(NginxFiles), deployment.ask(NginxTrees)
    if path not in files.paths:
        return ()
    read = files.read(path)
    if path not in trees.cut:
        return read.faults
    last = read.directives[-1].span.start if read.directives else 0
    return (*read.faults, Fault(last, "more statements than are read of one configuration"))
