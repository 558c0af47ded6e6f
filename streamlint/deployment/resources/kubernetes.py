"""Objects of Kubernetes, of all documents of a file; what a chart's template computes is not known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.deployment.limits import Anchor
from streamlint.deployment.resources.declared import Resource
from streamlint.deployment.units import Given
from streamlint.surroundings import templates, yaml_file
from streamlint.surroundings.document import Setting

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment

_SIGN = re.compile(r"^[ \t]*-?[ \t]*apiVersion[ \t]*:", re.MULTILINE)
_NAMES = re.compile(r".*\.ya?ml(?:\.(?:j2|jinja2?|tpl|tmpl|template|erb|in|example|sample))?", re.IGNORECASE)
_COMPUTED = re.compile(rf"{templates.HOLE}|\$\{{|\$\(")


def resources(deployment: Deployment) -> Iterator[Resource]:
    for path in deployment.files:
        source = deployment.source(path) if _NAMES.fullmatch(path.name) else None
        if source is not None and _SIGN.search(source.text):
            yield from _of_text(path, source.text)


def _of_text(path: Path, text: str) -> Iterator[Resource]:
    masked = templates.read(text).masked(text)
    for document in yaml_file.documents(masked):
        kind = document.get("kind")
        if kind is None or not document.has("apiVersion"):
            continue
        name = document.get("metadata", "name")
        span = document.places.get(("kind",), kind.span)
        title = name.value if name is not None and templates.HOLE not in name.value else ""
        yield Resource(kind.value, title, Anchor(path, span), document, (), partial(_value, path))


def _value(path: Path, setting: Setting) -> Given:
    is_known = _COMPUTED.search(setting.value) is None
    inside = setting.inside if setting.inside is not None or setting.is_text else setting.span
    return Given(setting.value, Anchor(path, setting.span), is_known, inside)


def group(resource: Resource) -> str:
    """The group of its `apiVersion`: `networking.k8s.io`, and nothing for what Kubernetes itself has."""
    version = resource.get("apiVersion")
    return version.text.rpartition("/")[0] if version is not None else ""

