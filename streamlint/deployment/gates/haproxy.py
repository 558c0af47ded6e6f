"""The backends of HAProxy: the frontends that use them on which paths, and the timeouts that hold there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from streamlint.deployment.gates.gate import ANYWHERE, Gate, Match, Reading
from streamlint.deployment.limits import Anchor, Failure, Layer, Limit
from streamlint.deployment.nginx_passing import Address
from streamlint.deployment.units import Given
from streamlint.surroundings import haproxy_file
from streamlint.surroundings.haproxy_file import Line, Section
from streamlint.surroundings.numbers import whole_number

if TYPE_CHECKING:
    from pathlib import Path

    from streamlint.deployment.whole import Deployment

_NAME = re.compile(r".*haproxy.*\.cfg(?:\..+)?", re.IGNORECASE)
_TIME = re.compile(r"(\d+)(us|ms|s|m|h|d)?")
_SECONDS = {"us": 1e-6, "ms": 1e-3, None: 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_KINDS = {"path_beg": "beginning", "path": "exact", "path_dir": "prefix", "path_reg": "pattern"}
_PLAIN_FLAGS = frozenset(("-i", "--"))
_MOST = 500
"""Paths of one condition; what has more may ask for anything."""
_USES = ("use_backend", "default_backend")


def gates(deployment: Deployment) -> Iterator[Gate]:
    for path in deployment.files:
        source = deployment.source(path) if _NAME.fullmatch(path.name) else None
        if source is not None:
            yield from _File(path, haproxy_file.read(source.text)).gates()


class _Front:
    """A frontend, or a section that is its own: which backends it uses on which paths."""

    def __init__(self, section: Section) -> None:
        self.section = section
        self.chosen: dict[str, dict[Match, None]] = {}
        uses = [line for line in section.lines if line.words[0].text in _USES and len(line.words) > 1]
        for line in {tuple(word.text for word in line.words): line for line in uses}.values():
            self.chosen.setdefault(line.text(1), {}).update(dict.fromkeys(self._asked(line)))

    @property
    def is_computed(self) -> bool:
        """Whether some of its backends are named by what only a request says."""
        return any(
            not line.words[1].is_known or "%[" in line.text(1)
            for line in self.section.every("use_backend")
            if len(line.words) > 1
        )

    def _asked(self, line: Line) -> Sequence[Match]:
        """What a condition of one path asks for; any other may be anything."""
        condition = [word.text for word in line.words[2:]]
        if line.words[0].text == "default_backend" or not condition:
            return (Match("/"),)
        tests: Sequence[Match] = ()
        if condition[0] == "if" and len(condition) == 2:
            tests = self._tests.get(condition[1], ())
        elif condition[:2] == ["if", "{"] and condition[-1] == "}" and condition.count("}") == 1:
            tests = _paths(condition[2:-1])
        return tests or (Match("/", is_known=False),)

    @cached_property
    def _tests(self) -> Mapping[str, Sequence[Match]]:
        """The paths that a condition asks for, by its name; none where it asks for something else too."""
        found: dict[str, dict[Match, None]] = {}
        others = set()
        for line in self.section.every("acl"):
            paths = _paths([word.text for word in line.words[2:]])
            found.setdefault(line.text(1), {}).update(dict.fromkeys(paths))
            if not paths or len(found[line.text(1)]) > _MOST:
                others.add(line.text(1))
        return {name: tuple(paths) for name, paths in found.items() if name not in others}


def _paths(test: Sequence[str]) -> list[Match]:
    """`path_beg -i /chat /ask`: the paths of a test; none where it asks for something else, or for what a file lists."""
    if not test or test[0] not in _KINDS or not _PLAIN_FLAGS.issuperset(word for word in test if word[:1] == "-"):
        return []
    return [Match(word, _KINDS[test[0]]) for word in test[1:] if word[:1] != "-"]


class _File:
    """One configuration, looked through once, however many backends stand in it."""

    def __init__(self, path: Path, sections: Sequence[Section]) -> None:
        self._path = path
        self._sections = sections
        self._fronts = [_Front(each) for each in sections if each.kind in ("frontend", "listen")]
        self._users: dict[str, list[_Front]] = {}
        for front in self._fronts:
            for name in front.chosen:
                self._users.setdefault(name, []).append(front)
        self._is_computed = any(front.is_computed for front in self._fronts)

    def gates(self) -> Iterator[Gate]:
        named: dict[str, Section] = {}
        last: Section | None = None
        for section in self._sections:
            if section.kind == "defaults":
                named[section.name] = last = section
            elif section.kind in ("backend", "listen"):
                origin = section.head.behind("from")
                yield self._gate(section, named.get(origin) if origin else last)

    def _gate(self, section: Section, defaults: Section | None) -> Gate:
        users = self._users.get(section.name, ())
        around = (section, *(user.section for user in users), *((defaults,) if defaults is not None else ()))
        matches = self._matches(section, users)
        of_http = (*self._waiting(around), *self._delay(around)) if _speaks_http(section, defaults) else ()
        readings = (*self._timeout(section, defaults), *of_http)
        return Gate(
            "haproxy",
            "HAProxy",
            f"{section.kind} `{section.name}`",
            Layer.PROXY,
            Anchor(self._path, section.head.span),
            readings if matches is not None else (),
            tuple(_addresses(section)) or (ANYWHERE,),
            matches or (),
        )

    def _matches(self, section: Section, users: Sequence[_Front]) -> tuple[Match, ...] | None:
        """The paths that come to it; None where nothing does."""
        if section.kind == "listen":
            return ()
        found = tuple(dict.fromkeys(match for user in users for match in user.chosen[section.name]))
        return found or ((Match("/", is_known=False),) if self._is_computed else None)

    def _timeout(self, section: Section, defaults: Section | None) -> Iterator[Reading]:
        """How long it waits between two pieces of an answer; where nothing says so, for ever."""
        line = section.last("timeout", "server") or (defaults.last("timeout", "server") if defaults else None)
        if line is None or len(line.words) < 3:
            return
        word = line.words[2]
        match = _TIME.fullmatch(word.text)
        anchor = Anchor(self._path, line.span)
        seconds = float(match[1]) * _SECONDS[match[2]] if match is not None else None
        limit = Limit(Failure.IDLE, "timeout server", seconds or None, anchor, word.is_known and match is not None)
        yield Reading(limit, Given(word.text, anchor, word.is_known, word.span), unit="s")

    def _waiting(self, around: Sequence[Section]) -> Iterator[Reading]:
        for line in (each.last("http-response", "wait-for-body") for each in around):
            if line is not None:
                anchor = Anchor(self._path, line.span)
                limit = Limit(Failure.BUFFER, "http-response wait-for-body", None, anchor)
                yield Reading(limit, Given(line.text(1), anchor))

    def _delay(self, around: Sequence[Section]) -> Iterator[Reading]:
        """Headers and the first piece wait for 0.2 s unless it is told not to wait."""
        if not any(each.last("option", "http-no-delay") for each in around):
            yield Reading(Limit(Failure.FIRST_BYTE, "option http-no-delay", None, None))


def _speaks_http(section: Section, defaults: Section | None) -> bool:
    """Where nothing says so it passes on bytes."""
    line = section.last("mode") or (defaults.last("mode") if defaults is not None else None)
    return line is not None and line.text(1) != "tcp"


def _addresses(section: Section) -> Iterator[Address]:
    for line in section.every("server"):
        if len(line.words) < 3:
            continue
        is_known, (host, _, port) = line.words[2].is_known, line.text(2).rpartition(":")
        if line.text(2).startswith(("unix@", "/")):
            yield Address("", None, line.text(2).removeprefix("unix@"), is_known)
        elif host and (number := whole_number(port)) is not None:
            yield Address(host, number, is_known=is_known)
        else:
            yield Address(line.text(2), None, is_known=is_known)
