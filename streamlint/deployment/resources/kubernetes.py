"""Objects of Kubernetes, of all documents of a file; what a chart's template computes is not known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.deployment.documents import Documents, YamlFiles
from streamlint.deployment.limits import Anchor
from streamlint.deployment.resources.declared import Resource
from streamlint.deployment.resources.values import plain
from streamlint.surroundings import templates

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment

_SIGN = re.compile(r"^[ \t]*-?[ \t]*apiVersion[ \t]*:", re.MULTILINE)
_NAMES = re.compile(r".*\.ya?ml(?:\.(?:j2|jinja2?|tpl|tmpl|template|erb|in|example|sample))?", re.IGNORECASE)
_SHARED = ("Service", "Gateway")
"""Kinds that several groups have, so that theirs is a part of the name."""


def resources(deployment: Deployment) -> Iterator[Resource]:
    for path in deployment.files:
        source = deployment.source(path) if _NAMES.fullmatch(path.name) else None
        if source is not None and _SIGN.search(source.text):
            yield from _of_file(path, deployment.ask(YamlFiles).of(path))


def _of_file(path: Path, documents: Documents) -> Iterator[Resource]:
    for document in documents.every:
        kind = document.get("kind")
        version = document.get("apiVersion")
        if kind is None or version is None:
            continue
        name = document.get("metadata", "name")
        span = document.places.get(("kind",), kind.span)
        known = f"{kind.value} {_group(version.value)}".strip() if kind.value in _SHARED else kind.value
        title = name.value if name is not None and templates.HOLE not in name.value else ""
        yield Resource(
            known, title, Anchor(path, span), document, (), partial(plain, path), is_template=documents.is_template
        )


def _group(version: str) -> str:
    """The group of an `apiVersion`: `networking.k8s.io`, and nothing for what Kubernetes itself has."""
    return version.rpartition("/")[0]
