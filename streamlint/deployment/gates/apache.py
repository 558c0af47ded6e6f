"""What Apache passes on: each `ProxyPass` with its path, and the timeouts that hold there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from streamlint.deployment.gates.gate import ANYWHERE, Gate, Match, Reading
from streamlint.deployment.limits import Anchor, Failure, Layer, Limit
from streamlint.deployment.nginx_passing import Address
from streamlint.deployment.units import Given
from streamlint.knowledge.gates import default
from streamlint.source import Span
from streamlint.surroundings import apache_file
from streamlint.surroundings.apache_file import Directive, Word

if TYPE_CHECKING:
    from pathlib import Path

    from streamlint.deployment.whole import Deployment

_NAME = re.compile(r".*\.conf(?:\.\w+)?|[^.]+", re.IGNORECASE)
_SIGN = re.compile(r"^\s*(?:ProxyPass(?:Match)?\s|<Proxy\b)", re.MULTILINE | re.IGNORECASE)
_ADDRESS = re.compile(r"(https?|fcgi|ajp|uwsgi|h2c)://(\[[^\]]*\]|[^:/\s]*)(?::(\d+))?(/.*)?", re.IGNORECASE)
_HTTP10 = "force-proxy-request-1.0"
_SET = ("setenv", "setenvif", "browsermatch")


def gates(deployment: Deployment) -> Iterator[Gate]:
    for path in deployment.files:
        source = deployment.source(path) if _NAME.fullmatch(path.name) else None
        if source is not None and _SIGN.search(source.text):
            whole = apache_file.read(source.text)
            yield from _within(whole, (), path)


def _within(section: Directive, around: tuple[Directive, ...], path: Path) -> Iterator[Gate]:
    around = (*around, section)
    for each in section.inner:
        if each.name in ("proxypass", "proxypassmatch"):
            gate = _gate(each, around, path)
            yield from (gate,) if gate is not None else ()
        if each.is_section:
            yield from _within(each, around, path)


def _gate(directive: Directive, around: tuple[Directive, ...], path: Path) -> Gate | None:
    """`ProxyPass /chat http://app:8000/chat timeout=60`; in a `<Location>` its path is that of the section."""
    location = next(
        (each for each in reversed(around) if each.words and each.name in ("location", "locationmatch")), None
    )
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
        tuple(_readings(directive, around, target, path)),
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


def _port(match: re.Match[str]) -> int:
    return int(match[3]) if match[3] else 443 if match[1].lower() == "https" else 80


def _readings(directive: Directive, around: tuple[Directive, ...], target: Word, path: Path) -> Iterator[Reading]:
    own = next((word for word in directive.arguments if word.text.lower().startswith("timeout=")), None)
    if own is not None:
        yield _timeout("timeout", own.text.partition("=")[2], own, path)
    else:
        yield from _inherited(around, path)
    for section in reversed(around):
        for each in section.inner:
            words = [word for word in each.arguments if word.text.lower() == _HTTP10]
            if each.words and each.name in _SET and words:
                anchor = Anchor(path, each.span)
                yield Reading(Limit(Failure.MASK, _HTTP10, None, anchor), Given(each.name, anchor))


def _inherited(around: tuple[Directive, ...], path: Path) -> Iterator[Reading]:
    for name, setting in (("proxytimeout", "ProxyTimeout"), ("timeout", "Timeout")):
        for section in reversed(around):
            found = section.own(name)
            if found and found[-1].arguments:
                yield _timeout(setting, found[-1].arguments[0].text, found[-1].arguments[0], path)
                return
    yield Reading(Limit(Failure.IDLE, "Timeout", default("apache", "Timeout")))


def _timeout(setting: str, text: str, word: Word, path: Path) -> Reading:
    anchor = Anchor(path, word.span)
    seconds = float(text) if text.isdecimal() else None
    limit = Limit(Failure.IDLE, setting, seconds or None, anchor, seconds is not None and word.is_known)
    start = word.span.end - len(text)
    return Reading(limit, Given(text, anchor, word.is_known, Span(start, word.span.end)))
