"""The constructs of the AWS CDK that Python makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from streamlint.deployment.resources.declared import Resource
from streamlint.deployment.stacks import Construct, Stacks
from streamlint.deployment.units import Given
from streamlint.knowledge.gates import by_kind, endpoints
from streamlint.surroundings.document import Document, Keys, Setting

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment

_NAMED_BY = ("1", "0")
"""The arguments that name it: the second of a construct, the first of an origin."""


def resources(deployment: Deployment) -> Iterator[Resource]:
    kinds = {*by_kind(), *(api for row in endpoints().values() for api in row.apis)}
    for construct in deployment.ask(Stacks).constructs(kinds):
        given = construct.given
        settings = (Setting(keys, each.text, each.anchor.span, each.inside) for keys, each in given.items())
        called, document = construct.kind.rpartition(".")[2], Document(tuple(settings))
        value = partial(_value, given)
        yield Resource(
            construct.kind, _name(construct), construct.anchor, document, (), value, construct.is_open, called
        )


def _value(given: Mapping[Keys, Given], setting: Setting) -> Given:
    return given[setting.keys]


def _name(construct: Construct) -> str:
    names = (construct.given.get((key,)) for key in _NAMED_BY)
    return next((each.text for each in names if each is not None and each.is_known), "")
