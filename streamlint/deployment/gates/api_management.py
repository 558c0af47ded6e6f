"""Policies of Azure API Management that pass requests on, and whether they collect the answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.deployment.gates.gate import Gate, Reading
from streamlint.deployment.limits import Anchor, Failure, Layer, Limit
from streamlint.deployment.units import Given
from streamlint.source import Span

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment

_SETTING = "buffer-response"
_COMMENT = re.compile(r"<!--(?:[^-]|-(?!->))*-->")
_POLICIES = re.compile(r"<policies\b")
_FORWARD = re.compile(r"<forward-request\b[^<>]{0,500}>")
_BUFFER = re.compile(r"\bbuffer-response\s*=\s*\"([^\"]*)\"")
_WRITTEN = re.compile(r"[^\n]")
_MOST = 50
"""Policies of one file."""


def gates(deployment: Deployment) -> Iterator[Gate]:
    found = [gate for path in deployment.files if path.suffix == ".xml" for gate in _of_file(deployment, path)]
    yield from (replace(gate, is_one_of_many=len(found) > 1) for gate in found)


def _of_file(deployment: Deployment, path: Path) -> Iterator[Gate]:
    source = deployment.source(path)
    if source is None or not _POLICIES.search(source.text):
        return
    text = _COMMENT.sub(lambda match: _WRITTEN.sub(" ", match[0]), source.text)
    for _, match in zip(range(_MOST), _FORWARD.finditer(text), strict=False):
        anchor = Anchor(path, Span(*match.span()))
        reading = _reading(match, path)
        yield Gate("api-management", "Azure API Management", "`forward-request`", Layer.BALANCER, anchor, (reading,))


def _reading(forward: re.Match[str], path: Path) -> Reading:
    """What it says of answers; they are collected where it says nothing."""
    match = _BUFFER.search(forward[0])
    if match is None:
        return Reading(Limit(Failure.BUFFER, _SETTING))
    inside = Span(forward.start() + match.start(1), forward.start() + match.end(1))
    text = match[1].strip().lower()
    given = Given(match[1], Anchor(path, inside), text in ("true", "false"), inside)
    limit = Limit(Failure.BUFFER, _SETTING, None, given.anchor, is_known=text == "true")
    return Reading(limit, given, cure="false", is_cured=text == "false")
