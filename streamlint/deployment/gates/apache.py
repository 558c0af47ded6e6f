"""What Apache passes on: each `ProxyPass` with its path, and the timeouts that hold there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamlint.deployment.gates.gate import ANYWHERE, Gate, Match, Reading
from streamlint.deployment.limits import Anchor, Failure, Layer, Limit
from streamlint.deployment.nginx_passing import Address
from streamlint.deployment.units import Given
from streamlint.knowledge.gates import default
from streamlint.source import Span
from streamlint.surroundings import apache_file
from streamlint.surroundings.apache_file import Directive, Word
from streamlint.surroundings.numbers import whole_number

if TYPE_CHECKING:
    from pathlib import Path

    from streamlint.deployment.whole import Deployment

_NAME = re.compile(r".*\.conf(?:\.\w+)?|[^.]+", re.IGNORECASE)
_SIGN = re.compile(r"^\s*(?:ProxyPass(?:Match)?\s|<Proxy\b)", re.MULTILINE | re.IGNORECASE)
_ADDRESS = re.compile(r"(https?|fcgi|ajp|uwsgi|h2c)://(\[[^\]]*\]|[^:/\s]*)(?::(\d+))?(/.*)?", re.IGNORECASE)
_HTTP10 = "force-proxy-request-1.0"
_SET = ("setenv", "setenvif", "browsermatch")


@dataclass(frozen=True)
class _Around:
    """What holds at some place: the nearest of what the sections around it say."""

    location: Directive | None = None
    timeout: Directive | None = None
    proxy_timeout: Directive | None = None
    old: Directive | None = None
    """What makes Apache speak HTTP/1.0."""

    def within(self, section: Directive) -> _Around:
        is_location = bool(section.words) and section.name in ("location", "locationmatch")
        return _Around(
            section if is_location else self.location,
            _last(section, _is_timeout, "timeout") or self.timeout,
            _last(section, _is_timeout, "proxytimeout") or self.proxy_timeout,
            _last(section, _speaks_old, *_SET) or self.old,
        )


def gates(deployment: Deployment) -> Iterator[Gate]:
    for path in deployment.files:
        source = deployment.source(path) if _NAME.fullmatch(path.name) else None
        if source is not None and _SIGN.search(source.text):
            whole = apache_file.read(source.text)
            yield from _within(whole, _Around(), path)


def _within(section: Directive, outer: _Around, path: Path) -> Iterator[Gate]:
    around = outer.within(section)
    for each in section.inner:
        if each.name in ("proxypass", "proxypassmatch"):
            gate = _gate(each, around, path)
            yield from (gate,) if gate is not None else ()
        if each.is_section:
            yield from _within(each, around, path)


def _last(section: Directive, test: Callable[[Directive], bool], *names: str) -> Directive | None:
    return next((each for each in reversed(section.inner) if each.name in names and test(each)), None)


def _is_timeout(directive: Directive) -> bool:
    return bool(directive.arguments)


def _speaks_old(directive: Directive) -> bool:
    return any(word.text.lower() == _HTTP10 for word in directive.arguments)


def _gate(directive: Directive, around: _Around, path: Path) -> Gate | None:
    """`ProxyPass /chat http://app:8000/chat timeout=60`; in a `<Location>` its path is that of the section."""
    location = around.location
    plain = [word for word in directive.arguments if word.text.lower() != "nocanon"]
    own = plain[0] if plain and _ADDRESS.match(plain[0].text) is None and plain[0].text != "!" else None
    target = plain[1] if own is not None and len(plain) > 1 else plain[0] if plain and own is None else None
    where = own or (location.arguments[0] if location is not None and location.arguments else None)
    if target is None or target.text == "!":
        return None
    match = _ADDRESS.fullmatch(target.text)
    is_pattern = directive.name == "proxypassmatch" or (location is not None and location.name == "locationmatch")
    kind = "pattern" if is_pattern else "beginning"
    address = ANYWHERE if match is None or not target.is_known else Address(match[2], _port(match))
    sent = match[4] or "" if match is not None else ""
    asked = where.text if where is not None else "/"
    cut, matches = _mapping(asked, sent, kind)
    return Gate(
        "apache",
        "Apache",
        f"`{directive.words[0].text}` of `{asked}`",
        Layer.PROXY,
        Anchor(path, directive.span),
        tuple(_readings(directive, around, path)),
        (address,),
        matches,
        cut,
    )


def _mapping(asked: str, sent: str, kind: str) -> tuple[str, tuple[Match, ...]]:
    """Which paths come here, and what is taken off their beginning: `/api/` to `http://app/` takes `/api` off."""
    if kind == "pattern":
        return "", (Match(asked, kind, is_known=not sent),)
    before, behind = asked.rstrip("/"), sent.rstrip("/")
    if not sent or before == behind:
        return "", (Match(asked, kind),) if before else ()
    if before.endswith(behind):
        return before.removesuffix(behind), ()
    return "", (Match(asked, kind, is_known=False),)


def _port(match: re.Match[str]) -> int | None:
    return whole_number(match[3]) if match[3] else 443 if match[1].lower() == "https" else 80


def _readings(directive: Directive, around: _Around, path: Path) -> Iterator[Reading]:
    own = next((word for word in directive.arguments if word.text.lower().startswith("timeout=")), None)
    if own is not None:
        yield _timeout("timeout", own.text.partition("=")[2], own, path)
    elif (given := around.proxy_timeout or around.timeout) is not None:
        word = given.arguments[0]
        yield _timeout("ProxyTimeout" if around.proxy_timeout is not None else "Timeout", word.text, word, path)
    else:
        yield Reading(Limit(Failure.IDLE, "Timeout", default("apache", "Timeout")))
    if around.old is not None:
        anchor = Anchor(path, around.old.span)
        yield Reading(Limit(Failure.MASK, _HTTP10, None, anchor), Given(around.old.name, anchor))


def _timeout(setting: str, text: str, word: Word, path: Path) -> Reading:
    anchor = Anchor(path, word.span)
    seconds = float(text) if text.isdecimal() else None
    limit = Limit(Failure.IDLE, setting, seconds or None, anchor, seconds is not None and word.is_known)
    start = word.span.end - len(text)
    return Reading(limit, Given(text, anchor, word.is_known, Span(start, word.span.end)))
