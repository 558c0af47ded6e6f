"""How long a stream may be silent at the REST API that asks a function: that depends on the kind of its endpoint."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from streamlint.deployment.gates.gate import Reading
from streamlint.deployment.limits import Failure, Limit
from streamlint.deployment.resources import Resource, Resources
from streamlint.deployment.units import Given
from streamlint.knowledge.gates import EndpointRow, default, endpoints

_PRODUCT = "apigw-rest"
_BY_DEFAULT = "EDGE"


def silences(resource: Resource, kind: str, resources: Resources) -> Iterator[Reading]:
    """The limit of the endpoint of what asks a function, called by its kind in the table; nothing where nobody can say."""
    row = endpoints().get(kind)
    apis = _apis(resource, row, resources) if row is not None else ()
    if row is None or not apis:
        return
    shared = (each for each in resources.of(*row.shared) if each.path == resource.path)
    found = [each for api in (*apis, *shared) for key in row.under for _, each in api.every(key)]
    kinds = [each for each in found if default(_PRODUCT, each.text.upper()) is not None]
    if len(kinds) != len(found) and not all(each.is_known for each in found):
        return
    first = next(iter(kinds), None)
    called = first.text.upper() if first is not None else _BY_DEFAULT
    if first is None and (found or any(api.is_template for api in apis)):
        return
    seconds, at = default(_PRODUCT, called), first.anchor if first is not None else None
    yield Reading(Limit(Failure.IDLE, "endpoint type", seconds, at), first)


def _apis(resource: Resource, row: EndpointRow, resources: Resources) -> Sequence[Resource]:
    """The APIs that may be meant; the resource itself where its own is meant."""
    if resource.kind in row.apis:
        return (resource,)
    near = [each for each in resources.of(*row.apis) if each.path.parent == resource.path.parent]
    named = [given for way in resource.ways(row.named) for _, given in resource.every(*way)] if row.named else []
    if named:
        return [each for each in near if any(_is_named(each, given) for given in named)]
    if row.is_implicit:
        return (resource,)
    return near if len(near) == 1 else ()


def _is_named(api: Resource, given: Given) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(api.name)}(?![\w-])", given.text) is not None
