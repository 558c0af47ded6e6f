"""What address a client asks, as far as its text can be told, and which route answers there."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from functools import cache

from streamlint.immutable import immutable
from streamlint.knowledge.names import names
from streamlint.serving.route_paths import UNKNOWN_PART

HOLE = "\0"
"""Stands for a piece of an address that cannot be told; no address holds this character."""
_SCHEME = re.compile(rf"(?:https?|wss?|{HOLE})://([^/?#]*)(.*)", re.DOTALL)
_PARAMETER = re.compile(
    r"\(\?P?<\w+>(?:[^()]|\([^()]*\))*\)|\{(\w*)(?::([^{}]*))?\}|<(?:(\w+)(?:\([^)]*\))?:)?(\w+)(?::(\w+))?>"
)
_NUMBERS = rf"(?:[\d{HOLE}]+)"
_SEGMENT = r"[^/]+"


@immutable
class Address:
    """The path of a request, with `HOLE` for what is unknown; `is_based`: something unknown may stand before it."""

    path: str
    is_based: bool = False

    @classmethod
    def of(cls, text: str) -> Address | None:
        """The address in a URL; None where it leads to another host, or nothing of its path is known."""
        text = re.sub(f"{HOLE}+", HOLE, text.strip())
        rest, is_based = text, False
        if match := _SCHEME.fullmatch(text):
            if not _is_here(match[1]):
                return None
            rest = match[2]
        elif text.startswith(HOLE):
            rest, is_based = text[1:], True
            if not rest.startswith("/"):
                return None
        elif not text.startswith("/"):
            rest, is_based = "/" + text.removeprefix("./"), True
        path = re.split(r"[?#]", rest, maxsplit=1)[0]
        says_nothing = HOLE in path and not path.replace(HOLE, "").strip("/")
        return cls(_trimmed(path), is_based) if not says_nothing and not path.startswith("//") else None


@cache
def _is_here(host: str) -> bool:
    """Whether a host may be where the application runs: this machine, its network, a service by its bare name, or unknown."""
    name, _, port = host.rpartition("@")[2].partition(":")
    if port in names("clients", "others-ports"):
        return False
    if HOLE in name:
        return name == HOLE
    try:
        return ipaddress.ip_address(name.strip("[]")).is_private
    except ValueError:
        return "." not in name or name.endswith(tuple(names("clients", "local-hosts")))


@immutable
class Pattern:
    """The path of a route, and what addresses it answers."""

    path: str

    def answers(self, address: Address) -> bool:
        """Whether the address is one of the route, from its beginning to its end."""
        expression = _expression(_trimmed(self.path))
        return expression is not None and expression.fullmatch(address.path) is not None

    def ends(self, address: Address) -> bool:
        """Whether the address is the end of one of the route, where not all of both can be told."""
        own = _segments(self.path.removeprefix(UNKNOWN_PART))
        asked = _segments(address.path)
        is_open = self.path.startswith(UNKNOWN_PART)
        if address.is_based and len(asked) < len(own):
            return _same(own[len(own) - len(asked) :], asked)
        return is_open and len(own) <= len(asked) and _same(own, asked[len(asked) - len(own) :])

    @property
    def literals(self) -> tuple[int, int]:
        """How much of the path is written out: of two that answer an address, the one with more is meant."""
        segments = _segments(self.path)
        return sum(not _PARAMETER.search(each) for each in segments), -len(segments)


def answering(address: Address, paths: Iterable[str]) -> frozenset[str]:
    """Those of these paths that an address means: the most exact ones; none where it may be several that differ."""
    patterns = [Pattern(path) for path in dict.fromkeys(paths)]
    exact = [each for each in patterns if each.answers(address)]
    if exact:
        most = max(each.literals for each in exact)
        return frozenset(each.path for each in exact if each.literals == most)
    ending = {_shape(each.path): each.path for each in patterns if each.ends(address)}
    return frozenset(ending.values()) if len(ending) == 1 else frozenset()


def spoken(path: str) -> str:
    """The longest of the segments that every address of a route has to say; "" where there is none."""
    return max(
        (each for each in _segments(path) if UNKNOWN_PART not in each and not _PARAMETER.search(each)),
        key=len,
        default="",
    )


def _trimmed(path: str) -> str:
    return path.removesuffix("$").rstrip("/") or "/"


def _segments(path: str) -> list[str]:
    """The parts between slashes; those in a parameter's own pattern do not count."""
    kept = _PARAMETER.sub(lambda match: match.group().replace("/", "\n"), _trimmed(path))
    return [each.replace("\n", "/") for each in kept.split("/") if each]


def _same(own: Sequence[str], asked: Sequence[str]) -> bool:
    """Whether segments of a route answer those of an address, of which at least one is written out in both."""
    expressions = [_expression(each) for each in own]
    if not all(one is not None and one.fullmatch(other) for one, other in zip(expressions, asked, strict=True)):
        return False
    return any(not _PARAMETER.search(each) for each in own)


def _shape(path: str) -> str:
    """A path without the names of its parameters."""
    return _PARAMETER.sub("{}", _trimmed(path))


@cache
def _expression(path: str) -> re.Pattern[str] | None:
    """What matches the addresses of a path, or of a part of one; None where the path is not known."""
    if UNKNOWN_PART in path:
        return None
    found, end = "", 0
    for match in _PARAMETER.finditer(path):
        found += re.escape(path[end : match.start()]) + _parameter(match)
        end = match.end()
    return re.compile(found + re.escape(path[end:]))


def _parameter(match: re.Match[str]) -> str:
    kinds = {kind for kind in (match[2], match[3], match[5]) if kind}
    if kinds & names("clients", "numbers"):
        return _NUMBERS
    if kinds & names("clients", "paths") or ".*" in match.group() or ".+" in match.group():
        return ".+"
    return _SEGMENT
