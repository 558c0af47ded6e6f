"""What nginx does where nobody says it, and how its modules for passing requests on are called."""

from __future__ import annotations

from functools import cache

from packaging.version import Version

from streamlint.immutable import immutable
from streamlint.knowledge.table import Row, read


@immutable
class Module:
    """What passes requests on: the directive, and the prefix of its settings."""

    name: str
    prefix: str
    holds: bool
    """Whether it may wait for more of the answer before it sends what it has."""
    is_http: bool

    def setting(self, name: str) -> str:
        """What one of its settings is called: `proxy_buffering`."""
        return f"{self.prefix}_{name}"


@cache
def modules() -> dict[str, Module]:
    """By the directive that passes on."""
    rows = read("nginx").rows("module")
    return {
        row.text("name"): Module(row.text("name"), row.text("prefix"), row.flag("holds"), row.flag("http"))
        for row in rows
    }


def default(name: str, version: Version | None) -> str | None:
    """What holds where a directive is nowhere written; an unknown release is taken for an old one."""
    fitting = (row for row in _defaults().get(name, ()) if _holds(row, version))
    return next((row.text("value") for row in fitting), None)


@cache
def _defaults() -> dict[str, tuple[Row, ...]]:
    found: dict[str, tuple[Row, ...]] = {}
    for row in read("nginx").rows("default"):
        for name in row.texts("names"):
            found[name] = (*found.get(name, ()), row)
    return found


def _holds(row: Row, version: Version | None) -> bool:
    first, below = row.text("first"), row.text("below")
    if version is None:
        return not first
    return (not first or version >= Version(first)) and (not below or version < Version(below))
