"""Balancers and gateways of clouds, as the resources of Terraform, CloudFormation and Kubernetes declare them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.deployment.gates.gate import Gate, Reading
from streamlint.deployment.limits import Failure, Layer, Limit
from streamlint.deployment.resources import Resource, Resources
from streamlint.deployment.units import Given, duration
from streamlint.knowledge.gates import GateRow, LimitRow, by_kind
from streamlint.source import Span

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment


def gates(deployment: Deployment) -> Iterator[Gate]:
    """Those of the table."""
    rows = by_kind()
    found = [
        gate
        for resource in deployment.ask(Resources).of(*rows)
        if (gate := _gate(resource, rows[resource.kind])) is not None
    ]
    beside = Counter(map(_place, found))
    yield from (replace(gate, is_one_of_many=beside[_place(gate)] > 1) for gate in found)


def _place(gate: Gate) -> tuple[str, Path]:
    return gate.product, gate.anchor.path.parent


def _gate(resource: Resource, row: GateRow) -> Gate | None:
    for key, values in row.only.items():
        given = resource.get(key)
        if given is not None and (not given.is_known or given.text not in values):
            return None
    readings = tuple(reading for limit in row.limits for reading in readings_of(resource, limit))
    return Gate(
        row.product, row.title, resource.title, Layer[row.layer], resource.anchor, readings, resource=resource
    )


def readings_of(resource: Resource, row: LimitRow) -> Iterator[Reading]:
    """The values of a limit, or the default where none is written."""
    found = [part for given in resource.found(row.at) if (part := _part(given, row.within)) is not None]
    yield from (_reading(given, row) for given in found if given.text)
    if not any(given.text for given in found) and (row.default is not None or row.failure == Failure.BUFFER.name):
        yield Reading(Limit(Failure[row.failure], row.setting, row.default), None, row.most, row.write)


def _reading(given: Given, row: LimitRow) -> Reading:
    is_endless = given.text.strip().lower() in row.unlimited
    seconds = None if is_endless else duration(given.text)
    is_known = given.is_known and (is_endless or seconds is not None or row.failure == Failure.BUFFER.name)
    failure = Failure[row.failure]
    if failure is Failure.BUFFER and is_endless:
        is_known = False
    return Reading(Limit(failure, row.setting, seconds, given.anchor, is_known), given, row.most, row.write)


def _part(given: Given, name: str) -> Given | None:
    """The value of a name in a text of `name=value` pairs; the whole of it where no name is asked for."""
    if not name:
        return given
    match = re.search(rf"(?:^|,)\s*{re.escape(name)}\s*=\s*([^,\s]*)", given.text)
    if match is None:
        return None if given.is_known else given
    inside = None
    if given.inside is not None:
        inside = Span(given.inside.start + match.start(1), given.inside.start + match.end(1))
    return Given(match[1], given.anchor, given.is_known, inside)
