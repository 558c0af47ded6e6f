"""What only some releases of a framework do to a stream."""

from __future__ import annotations

from enum import StrEnum

from streamlint.immutable import immutable
from streamlint.knowledge.table import Row, read


class Compressed(StrEnum):
    """What a compressor makes of tokens that come one by one."""

    HELD = "held"
    SPLIT = "split"


class Driven(StrEnum):
    """What a framework makes of a route that is a generator function."""

    DRAINED = "drained"
    REFUSED = "refused"


@immutable
class Releases:
    """From one release on, until before another one; "" where there is no such border."""

    package: str
    first: str
    below: str


@immutable
class Compression:
    """Middleware that compresses responses."""

    names: frozenset[str]
    releases: Releases
    framework: str
    registrations: tuple[str, ...]
    class_keywords: tuple[str, ...]
    applications: tuple[str, ...]
    setting: str
    listed_as: str
    of_sync: Compressed
    of_async: Compressed
    exempt: frozenset[str]


@immutable
class GeneratorRoute:
    """A route with `yield` whose class of answer is one of these."""

    framework: str
    classes: frozenset[str]
    releases: Releases
    of_sync: Driven
    of_async: Driven


@immutable
class ReleaseFacts:
    """The table; of the rows for one thing, those that stand first come first."""

    compressions: tuple[Compression, ...]
    generator_routes: tuple[GeneratorRoute, ...]


def release_facts() -> ReleaseFacts:
    table = read("releases")
    return ReleaseFacts(
        tuple(map(_compression, table.rows("compression"))), tuple(map(_generator_route, table.rows("generator-route")))
    )


def _generator_route(row: Row) -> GeneratorRoute:
    return GeneratorRoute(
        row.text("framework"),
        frozenset(row.texts("classes")),
        _releases(row),
        Driven(row.text("sync")),
        Driven(row.text("async")),
    )


def _compression(row: Row) -> Compression:
    names = row.texts("names")
    return Compression(
        frozenset(names),
        _releases(row),
        row.text("framework"),
        row.texts("registrations"),
        row.texts("class-keywords"),
        row.texts("applications"),
        row.text("setting"),
        names[0],
        Compressed(row.text("sync-iterator")),
        Compressed(row.text("async-iterator")),
        frozenset(row.texts("exempt")),
    )


def _releases(row: Row) -> Releases:
    return Releases(row.text("package"), row.text("from"), row.text("below"))
