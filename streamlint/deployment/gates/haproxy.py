"""The backends of HAProxy: the frontends that use them on which paths, and the timeouts that hold there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from streamlint.deployment.gates.gate import ANYWHERE, Gate, Match, Reading
from streamlint.deployment.limits import Anchor, Failure, Layer, Limit
from streamlint.deployment.nginx_passing import Address
from streamlint.deployment.units import Given
from streamlint.surroundings import haproxy_file
from streamlint.surroundings.haproxy_file import Line, Section, Word

if TYPE_CHECKING:
    from pathlib import Path

    from streamlint.deployment.whole import Deployment

_NAME = re.compile(r".*haproxy.*\.cfg(?:\..+)?", re.IGNORECASE)
_TIME = re.compile(r"(\d+)(us|ms|s|m|h|d)?")
_SECONDS = {"us": 1e-6, "ms": 1e-3, None: 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_KINDS = {"path_beg": "beginning", "path": "exact", "path_dir": "prefix", "path_reg": "pattern"}


def gates(deployment: Deployment) -> Iterator[Gate]:
    for path in deployment.files:
        source = deployment.source(path) if _NAME.fullmatch(path.name) else None
        if source is not None:
            sections = haproxy_file.read(source.text)
            yield from (_gate(each, sections, path) for each in sections if each.kind in ("backend", "listen"))


def _gate(section: Section, sections: Sequence[Section], path: Path) -> Gate:
    matches, is_used = _matches(section, sections)
    front = _front(section, sections)
    readings = (
        *_timeout(section, sections, path),
        *_waiting((section, *front), path),
        *_delay((section, *front), path),
    )
    return Gate(
        "haproxy",
        "HAProxy",
        f"{section.kind} `{section.name}`",
        Layer.PROXY,
        Anchor(path, section.head.span),
        readings if is_used else (),
        tuple(_addresses(section)) or (ANYWHERE,),
        matches,
    )


def _defaults(section: Section, sections: Sequence[Section]) -> Section | None:
    """The section of defaults that holds: that which is named, or the last one before it."""
    named = section.head.behind("from")
    before = [each for each in sections[: sections.index(section)] if each.kind == "defaults"]
    return next((each for each in reversed(before) if not named or each.name == named), None)


def _timeout(section: Section, sections: Sequence[Section], path: Path) -> Iterator[Reading]:
    """How long it waits between two pieces of an answer; where nothing says so, for ever."""
    defaults = _defaults(section, sections)
    line = section.last("timeout", "server") or (defaults.last("timeout", "server") if defaults is not None else None)
    if line is None or len(line.words) < 3:
        return
    word = line.words[2]
    match = _TIME.fullmatch(word.text)
    anchor = Anchor(path, line.span)
    seconds = int(match[1]) * _SECONDS[match[2]] if match is not None else None
    limit = Limit(Failure.IDLE, "timeout server", seconds or None, anchor, word.is_known and match is not None)
    yield Reading(limit, Given(word.text, anchor, word.is_known, word.span), unit="s")


def _waiting(around: Sequence[Section], path: Path) -> Iterator[Reading]:
    for line in (line for each in around for line in each.every("http-response", "wait-for-body")):
        anchor = Anchor(path, line.span)
        yield Reading(Limit(Failure.BUFFER, "http-response wait-for-body", None, anchor), Given(line.text(1), anchor))


def _delay(around: Sequence[Section], path: Path) -> Iterator[Reading]:
    """Headers and the first piece wait for 0.2 s unless it is told not to wait."""
    if not any(each.last("option", "http-no-delay") for each in around):
        yield Reading(Limit(Failure.FIRST_BYTE, "option http-no-delay", None, None))


def _front(section: Section, sections: Sequence[Section]) -> tuple[Section, ...]:
    """The frontends that use a backend, and the defaults that hold for it."""
    defaults = _defaults(section, sections)
    users = [each for each in sections if each.kind in ("frontend", "listen") and any(_uses(each, section))]
    return (*users, *((defaults,) if defaults is not None else ()))


def _uses(front: Section, section: Section) -> Iterator[Line]:
    for line in front.lines:
        if line.words[0].text in ("use_backend", "default_backend") and line.text(1) == section.name:
            yield line


def _matches(section: Section, sections: Sequence[Section]) -> tuple[tuple[Match, ...], bool]:
    """The paths that come to it, and whether any do."""
    if section.kind == "listen":
        return (), True
    found: list[Match] = []
    for front in sections:
        for line in _uses(front, section) if front.kind in ("frontend", "listen") else ():
            found += [Match("/")] if line.starts("default_backend") else _chosen(line, front)
    computed = any(
        not line.words[1].is_known or "%[" in line.text(1)
        for each in sections
        for line in each.every("use_backend")
        if len(line.words) > 1
    )
    if computed and not found:
        found.append(Match("/", is_known=False))
    return tuple(found), bool(found)


def _chosen(line: Line, front: Section) -> list[Match]:
    """What a condition of one path asks for; any other may be anything."""
    condition = [word.text for word in line.words[2:]]
    if len(condition) == 2 and condition[0] == "if":
        tests = [each for each in front.every("acl", condition[1]) if len(each.words) > 3]
        if tests and all(each.text(2) in _KINDS for each in tests):
            return [Match(word.text, _KINDS[each.text(2)]) for each in tests for word in _values(each)]
    return [Match("/", is_known=not condition)]


def _values(test: Line) -> list[Word]:
    return [word for word in test.words[3:] if not word.text.startswith("-")]


def _addresses(section: Section) -> Iterator[Address]:
    for line in section.every("server"):
        host, _, port = line.text(2).rpartition(":")
        if len(line.words) < 3:
            continue
        if line.text(2).startswith(("unix@", "/")):
            yield Address("", None, line.text(2).removeprefix("unix@"), line.words[2].is_known)
        elif port.isdecimal() and host:
            yield Address(host, int(port), is_known=line.words[2].is_known)
        else:
            yield Address(line.text(2), None, is_known=line.words[2].is_known)
