"""By which words a file is told from one that cannot matter; asked of every file, so it knows rows and nothing else."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import cache
from typing import NamedTuple

from streamlint.knowledge.table import read

MANY_CLIENTS = ("sse", "http", "streamable-http")
"""The transports of tool servers over which more than one client may come."""
Form = tuple[str, re.Pattern[bytes]]
"""A word, and what stands around it where it counts."""


class Host(NamedTuple):
    """What runs functions for many only where code says so."""

    packages: tuple[str, ...]
    served_by: tuple[str, ...]
    told: tuple[Form, ...]


@cache
def entrances() -> tuple[str, ...]:
    """Texts of which one stands in every file that may hold an entry point or a stream, beside conventions."""
    rows = (row for row in read("frameworks").rows("framework") if not row.texts("served-by"))
    packages = {name for row in rows for name in row.texts("packages")}
    return (*sorted(packages), *read("signs").texts("entrance"), *shaped())


@cache
def hosts() -> tuple[Host, ...]:
    """The hosts whose packages are an entrance only where some file says that they serve many."""
    rows = (row for row in read("frameworks").rows("framework") if row.texts("served-by"))
    return tuple(
        Host(row.texts("packages"), row.texts("served-by"), telling(row.mapping("served-with").items())) for row in rows
    )


def telling(calls: Iterable[tuple[str, str]]) -> tuple[Form, ...]:
    """Calls of methods that may be told a transport by a keyword: `server.run(transport="sse")`, `server.run("sse")`."""
    return tuple((word, _telling(word, keyword)) for word, keyword in calls)


def _telling(word: str, keyword: str) -> re.Pattern[bytes]:
    told = rb"\b" + keyword.encode() + rb"\s*=|[\"'](?:" + "|".join(MANY_CLIENTS).encode() + rb")[\"']"
    return re.compile(rb"\.\s*" + word.encode() + rb"\s*\((?:[^()]|\([^()]*\))*?(?:" + told + rb")")


@cache
def shaped() -> tuple[str, ...]:
    """Decorators of routes, as they look also where their application cannot be followed."""
    return read("signs").texts("shaped")


@cache
def conventions() -> tuple[tuple[str, frozenset[str]], ...]:
    """The classes that a host calls by their names, each with its methods."""
    found: dict[str, frozenset[str]] = {}
    for row in read("frameworks").rows("convention"):
        name = row.text("class")
        found[name] = found.get(name, frozenset()).union(row.texts("methods"))
    return tuple(found.items())


@cache
def showing() -> tuple[str, ...]:
    """The packages of hosts that have no responses and show what functions have."""
    return _packages(row.text("name") for row in read("frameworks").rows("framework") if row.text("shows"))


@cache
def with_contexts() -> tuple[str, ...]:
    """The packages of frameworks with objects that are there only while a view runs."""
    return _packages(row.text("framework") for row in read("contexts").rows("context"))


def _packages(frameworks: Iterable[str]) -> tuple[str, ...]:
    wanted = frozenset(frameworks)
    rows = (row for row in read("frameworks").rows("framework") if row.text("name") in wanted)
    return tuple(sorted(name for row in rows for name in row.texts("packages")))


@cache
def _words() -> frozenset[bytes]:
    """The words of which one makes a file worth a look."""
    hosted = (name for host in hosts() for name in host.packages)
    return frozenset(
        sign.encode() for sign in (*entrances(), *hosted, *read("signs").texts("further")) if "." not in sign
    )


def is_worth_a_look(words: Collection[bytes]) -> bool:
    """Whether a file with these words can matter at all; never wrong in the negative."""
    if not _words().isdisjoint(words):
        return True
    held = (methods for name, methods in conventions() if name.encode() in words)
    return any(method.encode() in words for methods in held for method in methods)
