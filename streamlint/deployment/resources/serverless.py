"""The functions of `serverless.yml`, and what it says for all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from streamlint.deployment.documents import YamlFiles
from streamlint.deployment.limits import Anchor
from streamlint.deployment.resources.declared import Resource
from streamlint.deployment.resources.values import plain

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment

_NAME = re.compile(r"serverless[^/]*\.ya?ml", re.IGNORECASE)


def resources(deployment: Deployment) -> Iterator[Resource]:
    for path in deployment.files:
        source = deployment.source(path) if _NAME.fullmatch(path.name) else None
        document = deployment.ask(YamlFiles).of(path).first
        if source is None or not document.has("provider"):
            continue
        whole = document.places.get(("provider",))
        if whole is not None:
            yield Resource(
                "serverless provider", "", Anchor(path, whole), document, ("provider",), partial(plain, path)
            )
        for name in document.names("functions"):
            span = document.places.get(("functions", name))
            if span is not None:
                yield Resource(
                    "serverless function",
                    str(name),
                    Anchor(path, span),
                    document,
                    ("functions", name),
                    partial(plain, path),
                )
