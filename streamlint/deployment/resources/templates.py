"""The resources of CloudFormation and SAM templates, in YAML and JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.deployment.documents import YamlFiles
from streamlint.deployment.limits import Anchor
from streamlint.deployment.resources.declared import Resource
from streamlint.deployment.units import Given
from streamlint.source import Span
from streamlint.surroundings import json_file
from streamlint.surroundings.document import Document, Keys, Setting

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment

_SIGN = re.compile(r"AWSTemplateFormatVersion|AWS::(?:Serverless|\w+::\w+)")
_NAMES = (".yaml", ".yml", ".json", ".template")


def resources(deployment: Deployment) -> Iterator[Resource]:
    for path in deployment.files:
        source = deployment.source(path) if path.suffix in _NAMES else None
        if source is not None and _SIGN.search(source.text):
            yield from _of_file(deployment, path, source.text)


def _of_file(deployment: Deployment, path: Path, text: str) -> Iterator[Resource]:
    is_json = text.lstrip().startswith("{")
    document = json_file.read(text) if is_json else deployment.ask(YamlFiles).of(path).first
    shared = document.places.get(("Globals", "Api"))
    if shared is not None:
        value = partial(_value, document, path, text)
        yield Resource("AWS::Serverless::Api of all", "", Anchor(path, shared), document, ("Globals", "Api"), value)
    for name in document.names("Resources"):
        kind = document.get("Resources", name, "Type")
        if kind is None or not kind.value.startswith("AWS::"):
            continue
        span = document.places.get(("Resources", name), kind.span)
        yield Resource(
            kind.value,
            str(name),
            Anchor(path, span),
            document,
            ("Resources", name, "Properties"),
            partial(_value, document, path, text),
        )


def _value(document: Document, path: Path, text: str, setting: Setting) -> Given:
    """What a setting comes to: a reference to a parameter means its default."""
    written = text[setting.span.start : setting.span.end]
    name = _referred(setting, written)
    if name is not None:
        default = document.get("Parameters", name, "Default")
        if default is None:
            return Given(setting.value, Anchor(path, setting.span), is_known=False)
        return Given(default.value, Anchor(path, default.span))
    is_known = not written.startswith("!") and not _is_computed(setting.keys)
    return Given(setting.value, Anchor(path, setting.span), is_known, _inside(setting, text))


def _referred(setting: Setting, written: str) -> str | None:
    if written.startswith("!Ref"):
        return setting.value
    return setting.value if setting.keys[-1] == "Ref" else None


def _is_computed(keys: Keys) -> bool:
    return any(isinstance(key, str) and key.startswith("Fn::") for key in keys)


def _inside(setting: Setting, text: str) -> Span | None:
    if setting.inside is not None or text[setting.span.start : setting.span.end] != setting.value:
        return setting.inside
    return setting.span
