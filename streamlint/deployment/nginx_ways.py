"""The way of a request through a server of nginx: rewriting, choice, `try_files` and `error_page`, and the path that is sent on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from streamlint.deployment.expressions import expression, is_too_long
from streamlint.deployment.nginx_choice import Nowhere, chosen
from streamlint.deployment.nginx_passing import Address
from streamlint.deployment.nginx_sites import Location, Server
from streamlint.deployment.nginx_tree import Statement

_MOST = 10
"""How often nginx looks for another location before it gives up."""
_GUESSES = 200
"""Paths that are tried: each of many rewrites may make one."""
_NUMBERED = re.compile(r"\$(?:\{(\d)\}|(\d))")
_PARAMETER = re.compile(r"\{[^}]*\}|<[^>]*>")
_PIECE = re.compile(r"\((/?\.[*+]\??)\)|\(\?:/\|\$\)|/\?|\\(.)|([\w/%~@:,;=-])|\.")


@dataclass(frozen=True, eq=False)
class Lead:
    """Where a request ends: the location that passes it on, and the path that it sends."""

    location: Location
    path: str


@dataclass
class _Request:
    """A request on its way through a server."""

    server: Server
    path: str
    is_whole: bool = True
    """False once a `rewrite` has taken the request as it is now: no location replaces its own part of the path."""
    has_failed: bool = False
    """Whether `error_page` was asked; nginx asks it once."""


class Ways:
    """Those of one server; each path is followed once."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._leads: dict[str, Lead | None] = {}
        self._turned: dict[str, tuple[str, ...]] = {}
        self._behind: dict[str, tuple[tuple[Address, ...], ...]] = {}

    def lead(self, path: str) -> Lead | None:
        if path not in self._leads:
            self._leads[path] = _followed(self._server, path)
        return self._leads[path]

    def behind(self, path: str) -> tuple[tuple[Address, ...], ...]:
        """All addresses to which some request is sent on as this path."""
        if path not in self._behind:
            passing = ((each, each.passing) for each in self._server.walk())
            found = (to.addresses for each, to in passing if to is not None and outside(each, path))
            self._behind[path] = tuple(dict.fromkeys(found))
        return self._behind[path]

    @cached_property
    def _rewrites(self) -> tuple[Statement, ...]:
        blocks = (self._server.statement, *(location.statement for location in self._server.walk()))
        return tuple(rewrite for block in blocks for rewrite in block.own("rewrite"))

    def turned_into(self, path: str) -> tuple[str, ...]:
        """The paths that some `rewrite` of the server turns into this one."""
        if path not in self._turned:
            found = (before for rewrite in self._rewrites for before in _before(rewrite, path))
            self._turned[path] = tuple(dict.fromkeys(islice(found, _GUESSES)))
        return self._turned[path]


def lead(server: Server, path: str) -> Lead | None:
    """Where a request for a decoded path ends, for a file that does not exist; None where nothing passes it on, or nobody knows."""
    return server.ask(Ways).lead(path)


def _followed(server: Server, path: str) -> Lead | None:
    rewritten = _rewritten(server.statement, path)
    if rewritten is None:
        return None
    request = _Request(server, rewritten.path, rewritten.is_whole or not rewritten.stays)
    for _ in range(_MOST):
        location = chosen(server.locations, request.path)
        if isinstance(location, Location):
            step = _through(request, location)
        elif location is Nowhere.NONE:
            step = _missing(request, (server.statement, *server.around))
        else:
            return None
        if not isinstance(step, str):
            return step
        request.path = step
    return None


def _through(request: _Request, location: Location) -> Lead | str | None:
    """What a location makes of a request: its end, another path, or nothing that can be told."""
    rewritten = _rewritten(location.statement, request.path)
    if rewritten is None:
        return None
    if not rewritten.is_whole and not rewritten.stays:
        return rewritten.path
    if tries := location.statement.own("try_files"):
        return _elsewhere(request, tries[-1].texts[-1] if tries[-1].texts else "")
    if location.passing is not None:
        sent = _sent(location, rewritten.path, is_whole=request.is_whole and rewritten.is_whole)
        return None if sent is None else Lead(location, sent)
    return _missing(request, (location.statement, *location.blocks))


def _elsewhere(request: _Request, target: str) -> Lead | str | None:
    """Where `try_files` or `error_page` send a request."""
    if target.startswith("@"):
        known = request.server.locations.named
        named = known.get(target) or known.get(target[1:])
        return None if named is None else _through(request, named)
    path = target.split("?")[0].replace("$uri", request.path)
    return path if path.startswith("/") and "$" not in path and path != request.path else None


def _missing(request: _Request, blocks: Sequence[Statement]) -> Lead | str | None:
    """Where `error_page` sends a request for a file that does not exist."""
    pages = next((pages for block in blocks if (pages := block.own("error_page"))), ())
    found = [each.texts[-1] for each in pages if "404" in each.texts[:-1]]
    if request.has_failed or not found:
        return None
    request.has_failed = True
    return _elsewhere(request, found[-1])


@dataclass(frozen=True)
class _Rewritten:
    """What the statements of a block make of a path."""

    path: str
    is_whole: bool
    stays: bool
    """Whether the request stays in the block, whatever its path is now."""


def _rewritten(block: Statement, path: str) -> _Rewritten | None:
    """None where the block answers by itself, or it cannot be said what it does."""
    is_whole = True
    for each in _flow(block):
        if each.directive.is_conditional or not each.texts:
            continue
        if each.name == "return":
            return None
        if each.name == "break":
            return _Rewritten(path, is_whole, stays=True)
        target = _applied(each, path)
        if target == "":
            return None
        if target is None:
            continue
        path, is_whole = target, False
        flag = each.texts[2] if len(each.texts) > 2 else ""
        if flag in ("break", "last"):
            return _Rewritten(path, is_whole, stays=flag == "break")
    return _Rewritten(path, is_whole, stays=False)


def _flow(block: Statement) -> Sequence[Statement]:
    """The statements of the rewrite module in their order."""
    return [each for each in block.inner if each.name in ("rewrite", "return", "break")]


def _applied(rewrite: Statement, path: str) -> str | None:
    """The path that a `rewrite` makes; None where it does not fit, "" where the answer is a redirection or cannot be told."""
    if len(rewrite.texts) < 2:
        return None
    compiled = expression(rewrite.texts[0])
    if compiled is None or is_too_long(rewrite.texts[0], path):
        return ""
    match = compiled.search(path)
    if match is None:
        return None
    flag = rewrite.texts[2] if len(rewrite.texts) > 2 else ""
    target = rewrite.texts[1]
    if flag in ("redirect", "permanent") or target.startswith(("http://", "https://", "$scheme")):
        return ""
    filled = _NUMBERED.sub(lambda number: _group(match, int(number[1] or number[2])), target).split("?")[0]
    return "" if "$" in filled else filled


def _group(match: re.Match[str], number: int) -> str:
    return (match[number] or "") if number <= (match.re.groups or 0) else ""


def _sent(location: Location, path: str, *, is_whole: bool) -> str | None:
    """The path that a location sends, with its own part of it replaced where the address has a path."""
    passing = location.passing
    if passing is None or not passing.is_known:
        return None
    if passing.uri is None or not passing.module.is_http or not is_whole:
        return path
    return passing.uri.split("?")[0] + path[len(location.pattern) :]


def outside(location: Location, path: str) -> tuple[str, ...]:
    """The paths, as users ask for them, that this location sends on as this one; those that can be guessed, each tried."""
    tried = dict.fromkeys(islice(_guesses(location, path), _GUESSES))
    return tuple(each for each in tried if _leads(location, each, path))


def _leads(location: Location, outer: str, path: str) -> bool:
    found = lead(location.server, outer)
    if found is None:
        return False
    is_it = found.location is location or found.location in _above(location)
    return is_it and found.path == path


def _above(location: Location) -> Iterator[Location]:
    """The location in which a condition stands: requests come to both."""
    if location.statement.name != "location" and location.outer is not None:
        yield location.outer


def _guesses(location: Location, path: str) -> Iterator[str]:
    inner = list(_before_sending(location, path))
    for each in inner:
        yield each
        yield from location.server.ask(Ways).turned_into(each)


def _before_sending(location: Location, path: str) -> Iterator[str]:
    """The paths that may come to a location for one that it sends."""
    uri = location.passing.uri if location.passing is not None else None
    if uri is not None and path.startswith(uri):
        yield location.pattern + path[len(uri) :]
    for rewrite in location.statement.own("rewrite"):
        yield from _before(rewrite, path)
    yield path


def _before(rewrite: Statement, path: str) -> Iterator[str]:
    """The paths that a plain `rewrite` turns into this one: texts, slashes and `(.*)`."""
    if len(rewrite.texts) < 2:
        return
    target = rewrite.texts[1].split("?")[0]
    parts = _NUMBERED.split(target)
    if not path.startswith(parts[0]):
        return
    pattern = "".join(re.escape(part) for part in parts[:1])
    numbers = []
    for first, second, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        numbers.append(int(first or second))
        pattern += "(.*)" + re.escape(text)
    match = re.fullmatch(pattern, path)
    if match is None:
        return
    filled = _filled(rewrite.texts[0], dict(zip(numbers, match.groups(), strict=True)))
    if filled is not None:
        yield filled
        yield filled.replace("//", "/")


def _filled(pattern: str, groups: dict[int, str]) -> str | None:
    """A path that fits a plain regular expression, with these texts as its groups."""
    text, at, number = "", 0, 0
    pattern = pattern.removeprefix("^").removesuffix("$")
    while at < len(pattern):
        piece = _PIECE.match(pattern, at)
        if piece is None:
            return None
        at = piece.end()
        if piece[1]:
            number += 1
            text += groups.get(number, "x")
        elif piece[0] in ("(?:/|$)", "/?"):
            text += "/"
        elif pattern[at : at + 1] in ("*", "+", "?"):
            return None
        else:
            text += piece[2] or piece[3] or "."
    return text


def sample(path: str) -> str:
    """A path that a route takes."""
    return _PARAMETER.sub("1", path)
