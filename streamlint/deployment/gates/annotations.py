"""Annotations of an Ingress that do not say what they seem to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.deployment.gates.gate import Gate
from streamlint.deployment.limits import Anchor
from streamlint.deployment.units import duration

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment

_BARE = re.compile(r"-?\d+(?:\.\d+)?|true|false|yes|no|on|off|null|~", re.IGNORECASE)


@dataclass(frozen=True)
class Annotation:
    """One value; `meant` is what was to be written, in quotes, nothing where nobody can say."""

    gate: Gate
    anchor: Anchor
    written: str
    meant: str
    reason: str
    is_default_left: bool

    @classmethod
    def in_file(cls, deployment: Deployment, path: Path) -> Iterator[Annotation]:
        for gate in Gate.in_file(deployment, path):
            if gate.anchor.path == path and gate.resource is not None and gate.resource.kind == "Ingress":
                yield from _of_units(gate, deployment)
                yield from _of_bare(gate, deployment)


def _of_units(gate: Gate, deployment: Deployment) -> Iterator[Annotation]:
    for reading in gate.readings:
        if not reading.is_misread or reading.given is None or reading.given.anchor.path != gate.anchor.path:
            continue
        written = _written(reading.given.anchor, deployment)
        seconds = duration(reading.given.text)
        meant = f'"{seconds:.0f}"' if seconds is not None else ""
        yield Annotation(gate, reading.given.anchor, written, meant, "it takes a whole number of seconds", True)


def _of_bare(gate: Gate, deployment: Deployment) -> Iterator[Annotation]:
    if gate.resource is None:
        return
    for keys, given in gate.resource.every("metadata", "annotations"):
        written = _written(given.anchor, deployment)
        if len(keys) == 1 and given.is_known and _BARE.fullmatch(written):
            yield Annotation(gate, given.anchor, written, f'"{written}"', "an annotation is a text, in quotes", False)


def _written(anchor: Anchor, deployment: Deployment) -> str:
    source = deployment.source(anchor.path)
    return source.slice(anchor.span) if source is not None else ""
