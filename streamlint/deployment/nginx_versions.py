"""Which release of nginx runs a configuration, by the tags of the images that the files around the code name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.version import Version

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment

_NEWEST = Version("1.31")
"""What a tag without a number means today."""
_IMAGE = re.compile(
    r"^\s*(?:FROM\s+(?:--\S+\s+)*|image:\s*[\"']?)(?:[\w.-]+(?::\d+)?/)*(?:nginx|nginx-unprivileged|openresty)"
    r"(?::(?P<tag>[\w.-]+))?[\"']?\s*(?:$|\s|#)",
    re.MULTILINE | re.IGNORECASE,
)
_NAME = re.compile(r"(?:[\w.-]+(?::\d+)?/)*(?:nginx|nginx-unprivileged|openresty)(?:[:@].*)?", re.IGNORECASE)
_NUMBER = re.compile(r"(\d+\.\d+(?:\.\d+)?)(?![\w.])")
_NEWEST_TAGS = frozenset(("", "latest", "mainline", "stable", "alpine", "stable-alpine", "mainline-alpine"))


def is_nginx(image: str) -> bool:
    """Whether an image of this name runs nginx."""
    return bool(_NAME.fullmatch(image))


class NginxVersions:
    """Answers where all images of nginx that are named agree."""

    def __init__(self, deployment: Deployment) -> None:
        self._found: dict[Path, set[Version | None]] = {}
        for path in deployment.files:
            source = deployment.source(path)
            if source is not None and "nginx" in source.text:
                told = {_release(match["tag"] or "") for match in _IMAGE.finditer(source.text)}
                if told:
                    self._found[path] = told

    def of(self, path: Path) -> Version | None:
        """The release for a configuration; None where nobody says it, or two say different things."""
        beside = [told for at, told in self._found.items() if at.parent == path.parent]
        told = set().union(*(beside or self._found.values()))
        return next(iter(told)) if len(told) == 1 else None


def _release(tag: str) -> Version | None:
    match = _NUMBER.match(tag)
    if match is not None:
        return _of_line(match[1])
    return _NEWEST if tag.lower() in _NEWEST_TAGS else None


def _of_line(number: str) -> Version:
    """A tag with two numbers means the newest of its line."""
    return Version(number if number.count(".") == 2 else f"{number}.999")
