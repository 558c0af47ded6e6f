"""What Caddy passes on: each `reverse_proxy` with the paths that come to it, and the timeouts of its server."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from streamlint.deployment.gates.gate import ANYWHERE, Gate, Match, Reading
from streamlint.deployment.limits import Anchor, Failure, Layer, Limit
from streamlint.deployment.nginx_passing import Address
from streamlint.deployment.units import Given, duration
from streamlint.surroundings import caddyfile
from streamlint.surroundings.caddyfile import Directive, Word
from streamlint.surroundings.numbers import whole_number

if TYPE_CHECKING:
    from pathlib import Path

    from streamlint.deployment.whole import Deployment

_NAME = re.compile(r"(?:.*[-_.])?Caddyfile(?:[-_.].*)?|.*\.caddyfile", re.IGNORECASE)
_PASSING = ("handle", "handle_path", "route")
_ADDRESS = re.compile(r"(?:(https?|h2c)://)?(\[[^\]]*\]|[^:/]*)(?::(\d+))?/?")
_DEEPEST = 8
_MOST_BROUGHT = 20_000
"""Statements that imports bring; a bound for snippets that import each other again and again."""
_MOST_PATHS = 500
"""Of one matcher; what has more may take anything."""
_BUFFERS = "response_buffers"

_ANYTHING = (Match("/", is_known=False),)
_Named: TypeAlias = Mapping[str, tuple[Match, ...]]


@dataclass(frozen=True)
class _Around:
    """What is known of the requests at some place of a site."""

    matches: tuple[Match, ...] = ()
    cut: str = ""


def gates(deployment: Deployment) -> Iterator[Gate]:
    for path in deployment.files:
        source = deployment.source(path) if _NAME.fullmatch(path.name) else None
        if source is not None:
            yield from _File(path, caddyfile.read(source.text)).gates()


class _File:
    """One Caddyfile, with its snippets and the options that hold for all sites."""

    def __init__(self, path: Path, directives: tuple[Directive, ...]) -> None:
        self._path = path
        self._left = _MOST_BROUGHT + 4 * sum(1 for each in directives for _ in each.walk())
        self._snippets = {each.name[1:-1]: each for each in directives if re.fullmatch(r"\(.+\)", each.name)}
        self._options = [each for each in directives if not each.words]
        self._sites = [each for each in directives if each.words and each.has_block and each.name[:1] != "("]
        loose = [each for each in directives if each.words and not each.has_block]
        if not self._sites and len(directives) > 1 and loose:
            self._sites = [replace(directives[0], inner=list(directives[1:]))]

    def gates(self) -> Iterator[Gate]:
        server = self._of_server()
        for site in self._sites:
            for directive, around in self._passing(site, _Around(), self._matchers(site), 0):
                yield self._gate(site, directive, around, server)

    def _inner(self, directive: Directive, depth: int = 0) -> Iterator[Directive]:
        """What stands in a directive, with the snippets that it imports."""
        for each in directive.inner:
            self._left -= 1
            if self._left < 0:
                return
            name = each.arguments[0].text if each.name == "import" and each.arguments else ""
            if name in self._snippets and depth < _DEEPEST:
                yield from self._inner(self._snippets[name], depth + 1)
            else:
                yield each

    def _of_server(self) -> tuple[Reading, ...]:
        """The shortest time in which any of its listeners ends an answer."""
        found = [
            self._reading(Failure.TOTAL, "timeouts write", each)
            for options in self._options
            for each in options.walk()
            if each.words and each.name == "write" and len(each.words) > 1
        ]
        return tuple(sorted((each for each in found if each.limit.is_known), key=_length)[:1])

    def _passing(
        self, directive: Directive, around: _Around, named: _Named, depth: int
    ) -> Iterator[tuple[Directive, _Around]]:
        for each in self._inner(directive):
            if each.name == "reverse_proxy":
                yield each, self._within(each, around, named)
            elif each.name in _PASSING and depth < _DEEPEST:
                yield from self._passing(each, self._within(each, around, named), named, depth + 1)

    def _within(self, directive: Directive, around: _Around, named: _Named) -> _Around:
        """What is known behind the matcher of a directive."""
        matcher = next((word for word in directive.arguments[:1] if word.text[:1] in ("/", "@", "*")), None)
        if matcher is None or matcher.text == "*":
            return around
        matches = (_path(matcher),) if matcher.text.startswith("/") else named.get(matcher.text, ())
        if directive.name == "handle_path" and len(matches) == 1:
            return _Around((), f"{around.cut}{matches[0].text.rstrip('/')}")
        return replace(around, matches=matches)

    def _matchers(self, site: Directive) -> _Named:
        """The paths that each named matcher of a site asks for."""
        found: dict[str, tuple[Match, ...]] = {}
        for each in self._inner(site):
            if each.name.startswith("@") and each.name not in found:
                tests = [replace(each, words=each.words[1:])] if len(each.words) > 1 else list(self._inner(each))
                matches = tuple(match for test in tests for match in _tested(test, len(tests) == 1))
                found[each.name] = matches if len(matches) <= _MOST_PATHS else _ANYTHING
        return found

    def _gate(self, site: Directive, directive: Directive, around: _Around, server: tuple[Reading, ...]) -> Gate:
        readings = []
        for each in self._inner(directive):
            if each.name == _BUFFERS:
                readings.append(self._reading(Failure.BUFFER, _BUFFERS, each))
            for inner in self._inner(each) if each.name == "transport" else ():
                if inner.name == "read_timeout" and len(inner.words) > 1:
                    readings.append(self._reading(Failure.IDLE, "read_timeout", inner))
        name = f"site `{site.name}`" if site.words else "site"
        return Gate(
            "caddy",
            "Caddy",
            name,
            Layer.PROXY,
            Anchor(self._path, directive.span),
            (*readings, *server),
            tuple(self._addresses(directive)) or (ANYWHERE,),
            around.matches,
            around.cut,
            _asked(site),
        )

    def _reading(self, failure: Failure, setting: str, directive: Directive) -> Reading:
        anchor = Anchor(self._path, directive.span)
        word = directive.arguments[0] if directive.arguments else directive.words[0]
        seconds = duration(word.text) if failure is not Failure.BUFFER else None
        is_known = word.is_known and (failure is Failure.BUFFER or seconds is not None)
        return Reading(
            Limit(failure, setting, seconds or None, anchor, is_known), Given(word.text, anchor, True, word.span)
        )

    def _addresses(self, directive: Directive) -> Iterator[Address]:
        given = [word for word in directive.arguments if word.text[:1] not in ("/", "@", "*")]
        given += [word for each in self._inner(directive) if each.name == "to" for word in each.arguments]
        for word in given:
            match = _ADDRESS.fullmatch(word.text)
            if word.text.startswith("unix/"):
                yield Address("", None, word.text.removeprefix("unix/"), word.is_known)
            elif match is None or not word.is_known:
                yield ANYWHERE
            else:
                port = whole_number(match[3]) if match[3] else 443 if match[1] == "https" else 80
                yield Address(match[2] or "localhost", port)


def _length(reading: Reading) -> float:
    return reading.limit.seconds or float("inf")


def _tested(test: Directive, is_alone: bool) -> Iterator[Match]:
    """The paths that a matcher asks for; what it asks beside them nobody can say."""
    if test.name == "path":
        yield from (replace(_path(word), is_known=is_alone) for word in test.arguments)
    else:
        yield from _ANYTHING


def _asked(site: Directive) -> str:
    """The address of a site, as it is written: a name without a scheme has HTTPS."""
    word = site.words[0] if site.words else None
    if word is None or not word.is_known or not re.fullmatch(r"(https?://)?[\w.-]+(:\d+)?", word.text):
        return ""
    return word.text if "://" in word.text else f"https://{word.text}"


def _path(word: Word) -> Match:
    text = word.text
    if text.endswith("*") and "*" not in text[:-1]:
        return Match(text[:-1], "beginning")
    return Match(text, "exact") if "*" not in text else Match(text.partition("*")[0], "beginning", is_known=False)
