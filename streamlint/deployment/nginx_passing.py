"""Where a location of nginx passes requests on to: the module, the addresses behind it, and which path they are sent."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from streamlint.deployment.nginx_tree import Statement
from streamlint.knowledge.nginx import Module
from streamlint.surroundings.numbers import whole_number

_ADDRESS = re.compile(
    r"(?:(?P<scheme>[a-z]+)://)?(?P<host>unix:[^:\s]+|\[[^\]]*\]|[^/:\s]*)(?::(?P<port>\d+)(?=/|$)|:(?=/|$))?(?P<uri>[/:].*)?$"
)
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_PORTS = {"http": 80, "https": 443}
_SAME = ("$request_uri", "$uri", "$uri$is_args$args", "$document_uri")


@dataclass(frozen=True)
class Address:
    """One server behind nginx: a host with its port, or the path of a socket."""

    host: str
    port: int | None = None
    socket: str = ""
    is_known: bool = True
    """Whether nothing of it is computed."""


@dataclass(frozen=True, eq=False)
class Passing:
    """What a `*_pass` says; `uri` is the path in it, None where it has none, so that the request's is sent."""

    statement: Statement
    module: Module
    addresses: tuple[Address, ...]
    upstream: Statement | None
    """The `upstream` block that the address names."""
    uri: str | None
    is_known: bool
    """Whether it can be said which path is sent."""

    @property
    def keeps_connections(self) -> bool:
        """Whether connections to what is behind are kept for later requests."""
        return self.upstream is not None and bool(self.upstream.own("keepalive"))


def passing(
    statement: Statement, module: Module, around: Iterable[Statement], upstreams: dict[str, Statement]
) -> Passing:
    """What a `*_pass` in a location means, with the blocks around it from the innermost out."""
    written = statement.texts[0] if statement.texts else ""
    is_computed = statement.directive.is_computed
    text = _filled(written, tuple(around))
    match = _ADDRESS.match(text)
    if match is None or is_computed or not written:
        return Passing(statement, module, (Address("", is_known=False),), None, None, is_known=False)
    host, uri = match["host"], match["uri"]
    if host.startswith("unix:"):
        return Passing(
            statement, module, (_address(host, None),), None, (uri or "").removeprefix(":") or None, is_known=True
        )
    is_variable = "$" in written and "$" not in host
    if uri in _SAME or (is_variable and uri is None):
        uri = None
    upstream = upstreams.get(host) if match["port"] is None else None
    if "$" in host:
        for same in _SAME:
            if host.endswith(same):
                host, uri = host.removesuffix(same), None
        upstream = upstreams.get(host)
    port = whole_number(match["port"]) if match["port"] else _PORTS.get(match["scheme"] or "http", 80)
    known = "$" not in (uri or "") and not (is_variable and uri is not None)
    addresses = _servers(upstream) if upstream is not None else (_address(host, port),)
    return Passing(statement, module, addresses, upstream, uri, known)


def _filled(text: str, around: tuple[Statement, ...]) -> str:
    """A text with the variables that `set` gives one known value."""

    def value(match: re.Match[str]) -> str:
        name = f"${match[1] or match[2]}"
        given = [each for block in around for each in block.own("set") if each.texts[:1] == (name,)]
        if len(given) != 1 or len(given[0].texts) != 2 or given[0].directive.is_conditional:
            return match[0]
        return given[0].texts[1] if given[0].directive.arguments[1].is_known else match[0]

    return _VARIABLE.sub(value, text)


def _servers(upstream: Statement) -> tuple[Address, ...]:
    found = []
    for server in upstream.own("server"):
        if not server.directive.arguments:
            continue
        match = _ADDRESS.match(server.texts[0])
        port = whole_number(match["port"]) if match is not None and match["port"] else 80
        known = not server.directive.is_computed
        address = _address(match["host"] if match is not None else "", port)
        found.append(address if known else Address(address.host, address.port, address.socket, is_known=False))
    return tuple(found) if found and not upstream.is_open else (*found, Address("", is_known=False))


def _address(host: str, port: int | None) -> Address:
    if host.startswith("unix:"):
        return Address("", None, host.removeprefix("unix:"), is_known="$" not in host)
    return Address(host, port, is_known=bool(host) and "$" not in host)
