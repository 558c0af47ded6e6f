"""The operations of OpenAPI files that say how API Gateway passes them on, whichever file holds the description."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.deployment.documents import YamlFiles
from streamlint.deployment.limits import Anchor
from streamlint.deployment.resources.declared import Resource
from streamlint.deployment.resources.values import plain
from streamlint.deployment.units import Given
from streamlint.surroundings import json_file
from streamlint.surroundings.document import Document, Keys, Setting

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment

EXTENSION = "x-amazon-apigateway-integration"
_NAMES = re.compile(r".*\.(?:ya?ml|json|template)(?:\.(?:j2|jinja2?|tpl|tmpl|tftpl|template|erb|in))?", re.IGNORECASE)
_HTTP_API = "2.0"
"""The form of its requests that only HTTP APIs know."""
_HTTP_APIS = ("AWS::Serverless::HttpApi", "AWS::ApiGatewayV2::Api")
_ANY = "x-amazon-apigateway-any-method"


def resources(deployment: Deployment) -> Iterator[Resource]:
    for path in deployment.files:
        source = deployment.source(path) if _NAMES.fullmatch(path.name) else None
        if source is None or EXTENSION not in source.text:
            continue
        is_json = source.text.lstrip().startswith("{")
        documents = (json_file.read(source.text),) if is_json else deployment.ask(YamlFiles).of(path).every
        for document in documents:
            yield from _of_document(path, document, source.text)


def _of_document(path: Path, document: Document, text: str) -> Iterator[Resource]:
    value = partial(_value, path, text)
    for keys, first in _operations(document).items():
        kind = f"{EXTENSION} of HTTP API" if _is_of_http_api(document, keys) else EXTENSION
        place = document.places.get(keys, first.span)
        method = "ANY" if keys[-2] == _ANY else str(keys[-2]).upper()
        name = f"{method} {keys[-3]}"
        yield Resource(kind, name, Anchor(path, place), document, keys, value, called="integration of")


def _is_of_http_api(document: Document, keys: Keys) -> bool:
    """Whether an integration is of an API of the second version, as its path, its form or what holds it says."""
    form = document.get(*keys, "payloadFormatVersion")
    around = document.get(*keys[:2], "Type") if keys[0] == "Resources" else None
    return (
        keys[-3] == "$default"
        or (form is not None and form.value == _HTTP_API)
        or (around is not None and around.value in _HTTP_APIS)
    )


def _operations(document: Document) -> dict[Keys, Setting]:
    """The keys of each integration, with the first value in it; those of a path and a method."""
    found: dict[Keys, Setting] = {}
    for setting in document.settings:
        if EXTENSION in setting.keys:
            at = setting.keys.index(EXTENSION)
            if at >= 3 and setting.keys[at - 3] == "paths":
                found.setdefault(setting.keys[: at + 1], setting)
    return found


def _value(path: Path, text: str, setting: Setting) -> Given:
    given = plain(path, setting)
    if text[setting.span.start : setting.span.end].startswith("!"):  # a function of CloudFormation
        return Given(given.text, given.anchor, is_known=False)
    return given
