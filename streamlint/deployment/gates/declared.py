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
from streamlint.surroundings.document import Keys

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment


def gates(deployment: Deployment) -> Iterator[Gate]:
    """Those of the table that take every request, whatever its path."""
    rows = {kind: row for kind, row in by_kind().items() if not row.has_paths}
    resources = deployment.ask(Resources)
    found = [
        declared(resource, rows[resource.kind])
        for resource in resources.of(*rows)
        if is_meant(resource, rows[resource.kind]) and not _is_waived(resource, rows[resource.kind], resources)
    ]
    beside = Counter(map(_place, found))
    yield from (replace(gate, is_one_of_many=beside[_place(gate)] > 1) for gate in found if gate.readings)


def declared(resource: Resource, row: GateRow) -> Gate:
    """A resource as what a row of the table says of it."""
    readings = tuple(reading for limit in row.limits for reading in readings_of(resource, limit))
    layer = Layer[row.layer]
    return Gate(row.product, row.title, resource.title, layer, resource.anchor, readings, resource=resource)


def readings_of(resource: Resource, row: LimitRow, base: Keys = ()) -> Iterator[Reading]:
    """The values of a limit below some keys, or what holds where none is written."""
    for way in resource.ways(row.needs, base):
        if (row.needs and not resource.has(*way)) or _is_another(resource, row, way):
            continue
        found = [part for given in resource.found(row.at, way) if (part := _part(given, row.within)) is not None]
        written = [given for given in found if given.text and (not row.only or given.text.lower() in row.only)]
        yield from (_reading(given, row) for given in written)
        is_silent = not found and not resource.is_template and not _is_strange(resource, row, way)
        if is_silent and (row.default is not None or row.is_always):
            yield Reading(Limit(Failure[row.failure], row.setting, row.default), None, row.most, row.write, row.cure)


def _is_strange(resource: Resource, row: LimitRow, way: Keys) -> bool:
    """Whether a table or a list stands where a value should, so that nobody can say what it comes to."""
    return any(resource.names(*keys) for keys in resource.ways(row.at, way))


def _is_another(resource: Resource, row: LimitRow, way: Keys) -> bool:
    if row.unless is None:
        return False
    given = resource.get(*way[: len(way) - row.unless.above], row.unless.key)
    return given is not None and any(word in given.text.lower() for word in row.unless.holds)


def is_meant(resource: Resource, row: GateRow) -> bool:
    """Whether it has the settings that the table asks of its kind."""
    given = ((resource.get(key), values) for key, values in row.only.items())
    return all(resource.has(key) for key in row.needs) and all(
        each is None or (each.is_known and each.text in values) for each, values in given
    )


def _is_waived(resource: Resource, row: GateRow, resources: Resources) -> bool:
    return any(each.path.parent == resource.path.parent for each in resources.of(*row.unless_beside))


def _place(gate: Gate) -> tuple[str, Path]:
    return gate.product, gate.anchor.path.parent


def _reading(given: Given, row: LimitRow) -> Reading:
    """A value that is written; one that its reader passes over leaves the default."""
    failure, text = Failure[row.failure], given.text.strip().lower()
    is_endless = text in row.unlimited
    is_misread = row.is_whole_number and given.is_known and not text.isdecimal()
    seconds = None if is_endless else row.default if is_misread else duration(text)
    is_holding = failure is Failure.BUFFER and not is_endless
    is_known = given.is_known and (
        is_holding or (failure is not Failure.BUFFER and (is_endless or seconds is not None))
    )
    limit = Limit(failure, row.setting, seconds, given.anchor, is_known)
    is_cured = failure is Failure.BUFFER and is_endless
    return Reading(limit, given, row.most, row.write, row.cure, is_misread=is_misread, is_cured=is_cured)


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
