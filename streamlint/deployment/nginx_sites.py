"""The sites of nginx: servers, their locations with what holds for each by inheritance, and where these pass requests on to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from packaging.version import Version

from streamlint.deployment.limits import Anchor
from streamlint.deployment.nginx_passing import Address, Passing, passing
from streamlint.deployment.nginx_tree import NginxTrees, Statement
from streamlint.deployment.nginx_versions import NginxVersions
from streamlint.knowledge import nginx

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment

Analysis = TypeVar("Analysis")
_MODIFIERS = ("=", "^~", "~", "~*")
_TIME = re.compile(r"(\d+)(ms|[smhdwMy])?")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "M": 2592000, "y": 31536000, "": 1}


@dataclass(frozen=True)
class Effective:
    """What holds for a directive somewhere: its arguments, and the statement that says so, None for nginx's default."""

    name: str
    values: tuple[str, ...]
    statement: Statement | None
    block: Statement | None = None
    """The block in which it is written."""
    is_known: bool = True

    @property
    def value(self) -> str:
        return self.values[0] if self.values else ""

    @property
    def seconds(self) -> float | None:
        """A time; None where it is none, or not known."""
        return seconds(" ".join(self.values)) if self.is_known and self.values else None

    @property
    def shown(self) -> str:
        """How messages name it: `proxy_buffering on`, with a word where nobody wrote it."""
        return f"`{' '.join((self.name, *self.values))}`{' (the default)' if self.statement is None else ''}"


def seconds(text: str) -> float | None:
    """What nginx makes of `300`, `5m`, `1h 30m`; None for anything else."""
    total, at = 0.0, 0
    packed = text.replace(" ", "")
    while match := _TIME.match(packed, at):
        total += float(match[1]) * _SECONDS[match[2] or ""]
        at = match.end()
    return total if packed and at == len(packed) else None


@dataclass(frozen=True, eq=False)
class Server:
    """A `server` block, or the file around locations that some server elsewhere includes (`is_whole` is false)."""

    statement: Statement
    around: tuple[Statement, ...]
    upstreams: dict[str, Statement]
    version: Version | None
    is_whole: bool = True
    _analyses: dict[Callable[[Server], Any], Any] = field(default_factory=dict, repr=False)

    @cached_property
    def locations(self) -> Siblings:
        """Those that stand directly in it, in their order; each knows those in it."""
        return Siblings(Location(each, (self.statement, *self.around), self) for each in self.statement.own("location"))

    def walk(self) -> Iterator[Location]:
        """All locations, however deep, and the conditions in them that pass requests on by themselves."""
        for each in self.locations:
            yield from each.walk()

    @cached_property
    def broadest(self) -> dict[Address, Location]:
        """Of each address the location that sends most of what goes there."""
        found: dict[Address, Location] = {}
        for each in self.walk():
            for address in each.passing.addresses if each.passing is not None else ():
                before = found.get(address)
                if before is None or each.narrowness < before.narrowness:
                    found[address] = each
        return found

    def ask(self, kind: Callable[[Server], Analysis]) -> Analysis:
        """The one analysis of this kind, made when somebody first asks for it."""
        if kind not in self._analyses:
            self._analyses[kind] = kind(self)
        answer: Analysis = self._analyses[kind]
        return answer


@dataclass(frozen=True, eq=False)
class Location:
    """A `location` block, or an `if` or `limit_except` in one; `blocks` are those around it from the innermost out."""

    statement: Statement
    blocks: tuple[Statement, ...]
    server: Server
    outer: Location | None = field(default=None, repr=False)

    @classmethod
    def in_file(cls, deployment: Deployment, path: Path) -> Iterable[Location]:
        """Those that pass requests on in a file; what several blocks include is there several times."""
        return deployment.ask(NginxSites).of_file.get(path, ())

    @property
    def anchor(self) -> Anchor:
        """Where it passes requests on, or where it begins."""
        return self.passing.statement.anchor if self.passing is not None else self.statement.anchor

    @property
    def home(self) -> Location:
        """The location whose block may hold settings for it: an `if` takes hardly any."""
        return self if self.statement.name == "location" or self.outer is None else self.outer.home

    @property
    def is_as_home(self) -> bool:
        """Whether it is a condition in which the same holds as around: one fault of both."""
        if self.home is self or self.passing is None or self.home.passing is None:
            return False
        return self.home.passing.module is self.passing.module

    @property
    def is_conditional(self) -> bool:
        """Whether a request that comes here need not be treated by it."""
        return self.statement.name != "location" or self.statement.directive.is_conditional

    @property
    def modifier(self) -> str:
        """`=`, `^~`, `~`, `~*`, `@`, or nothing for a prefix."""
        first = self.statement.texts[0] if self.statement.texts else ""
        if first in _MODIFIERS and len(self.statement.texts) > 1:
            return first
        marks = ("@", "=", "^~", "~*", "~")
        return next((mark for mark in marks if first.startswith(mark)), "")

    @property
    def pattern(self) -> str:
        """The path, regular expression or name, without the modifier."""
        texts = self.statement.texts
        if len(texts) > 1:
            return texts[1]
        return texts[0].removeprefix(self.modifier) if texts else ""

    @property
    def title(self) -> str:
        """How people know it: `location /api/`."""
        return " ".join((self.statement.name, *self.statement.texts))

    @property
    def narrowness(self) -> tuple[bool, bool, int]:
        """By how much it takes less than others."""
        return self.is_conditional, self.modifier in ("=", "@"), len(self.pattern)

    @property
    def is_known(self) -> bool:
        """Whether it can be said which requests come here."""
        arguments = self.statement.directive.arguments
        computed = self.modifier not in ("~", "~*") and not all(each.is_known for each in arguments)
        return not self.statement.directive.is_computed and not computed

    @cached_property
    def inner(self) -> Siblings:
        """Locations directly in it."""
        return self._of(self.statement.own("location"))

    @cached_property
    def conditions(self) -> tuple[Location, ...]:
        """What is treated otherwise on a condition, and passes on by itself."""
        inside = self._of(self.statement.own("if", "limit_except"))
        return tuple(each for each in inside if each._own_pass is not None)

    def _of(self, statements: Iterable[Statement]) -> Siblings:
        return Siblings(Location(each, (self.statement, *self.blocks), self.server, self) for each in statements)

    def walk(self) -> Iterator[Location]:
        yield self
        for each in (*self.inner, *self.conditions):
            yield from each.walk()

    @cached_property
    def passing(self) -> Passing | None:
        """Where it passes requests on to; a location inherits nothing of this."""
        statement = self._own_pass
        if statement is None:
            return None
        module = nginx.modules()[statement.name]
        return passing(statement, module, (self.statement, *self.blocks), self.server.upstreams)

    @property
    def _own_pass(self) -> Statement | None:
        return next(iter(self.statement.own(*nginx.modules())), None)

    def setting(self, name: str) -> Effective:
        """What holds here for a directive that inner blocks inherit as a whole."""
        for block in (self.statement, *self.blocks):
            if written := block.own(name):
                known = all(each.directive.is_known and not each.directive.is_conditional for each in written)
                return Effective(name, written[-1].texts, written[-1], block, known)
            if block.is_open:
                return Effective(name, (), None, is_known=False)
        value = nginx.default(name, self.server.version)
        return Effective(name, () if value is None else (value,), None, is_known=self.server.is_whole)

    def of_module(self, name: str) -> Effective:
        """What holds for a setting of the module that passes on: `buffering`, `read_timeout`."""
        prefix = self.passing.module.prefix if self.passing is not None else "proxy"
        return self.setting(f"{prefix}_{name}")


class Siblings(tuple[Location, ...]):
    """The locations of one block, by how nginx looks for them."""

    @cached_property
    def are_known(self) -> bool:
        return all(each.is_known for each in self)

    @cached_property
    def exact(self) -> dict[str, Location]:
        return {each.pattern: each for each in reversed(self) if each.modifier == "="}

    @cached_property
    def prefixes(self) -> dict[str, Location]:
        return {each.pattern: each for each in reversed(self) if each.modifier in ("", "^~")}

    @cached_property
    def expressions(self) -> tuple[Location, ...]:
        return tuple(each for each in self if each.modifier in ("~", "~*"))

    @cached_property
    def named(self) -> dict[str, Location]:
        return {each.pattern: each for each in reversed(self) if each.modifier == "@"}

    @cached_property
    def folders(self) -> frozenset[str]:
        """Paths for which nginx answers with the same and a slash, as that is passed on."""
        static = (*self.exact.values(), *self.prefixes.values())
        passing = (each.pattern for each in static if each.passing is not None)
        return frozenset(path.removesuffix("/") for path in passing if path.endswith("/"))


class NginxSites:
    """All servers of a deployment."""

    def __init__(self, deployment: Deployment) -> None:
        versions = deployment.ask(NginxVersions)
        trees = deployment.ask(NginxTrees).rows
        self.servers = tuple(server for tree in trees for server in _servers(tree, versions.of(tree.path)))

    @cached_property
    def of_file(self) -> dict[Path, tuple[Location, ...]]:
        """The locations that pass requests on, by the file in which they say so."""
        found: dict[Path, list[Location]] = {}
        for server in self.servers:
            for location in server.walk():
                if location.passing is not None and not location.is_as_home:
                    found.setdefault(location.anchor.path, []).append(location)
        return {path: tuple(locations) for path, locations in found.items()}

    @cached_property
    def at(self) -> dict[Anchor, tuple[Location, ...]]:
        """The same by the statement that passes on, which several locations may include."""
        found: dict[Anchor, list[Location]] = {}
        for locations in self.of_file.values():
            for location in locations:
                found.setdefault(location.anchor, []).append(location)
        return {anchor: tuple(locations) for anchor, locations in found.items()}


def _servers(tree: Statement, version: Version | None) -> Iterator[Server]:
    """The servers of a configuration, those of `stream` and `mail` left out."""
    https = tree.own("http")
    for http in https or (tree,):
        around = (http, tree) if https else (tree,)
        upstreams = {each.texts[0]: each for each in http.own("upstream") if each.texts}
        for server in http.own("server"):
            if server.directive.is_block:
                yield Server(server, around, upstreams, version)
        if not https and tree.own("location"):
            yield Server(tree, (), upstreams, version, is_whole=False)
