"""Which packages are LlamaIndex, which of their releases break a stream, and how a manager moves a package on."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from streamlint.immutable import immutable
from streamlint.knowledge.table import read


@immutable
class Broken:
    """The releases of a package, from one on and before another, in which a probe saw a stream break."""

    probe: str
    package: str
    first: str
    below: str
    what: str
    """What happens to the stream, as the end of a sentence that begins with the release."""
    needs: tuple[tuple[str, ...], ...]
    """Words: of each group one stands in the code of a project that is touched."""


@immutable
class Packages:
    """The names of LlamaIndex's packages, and the first line in which it is several."""

    umbrella: str
    core: str
    integrations: str
    namespaced: str

    @property
    def main(self) -> tuple[str, str]:
        """Those that decide which line is installed."""
        return self.umbrella, self.core


@cache
def packages() -> Packages:
    table = read("dependency_files")
    names, lines = table.mapping("packages"), table.mapping("lines")
    return Packages(names["umbrella"], names["core"], names["integrations"], lines["namespaced"])


@cache
def bundled() -> Mapping[str, str]:
    """What the umbrella brings, with the first release that was seen without it, or ""."""
    rows = read("dependency_files").rows("bundled")
    return {name: row.text("below") for row in rows for name in row.texts("names")}


@cache
def _integrations() -> frozenset[str]:
    begin = packages().integrations
    rows = read("llama_index_distributions").rows("kind")
    return frozenset(f"{begin}{row.text('name')}-{name}" for row in rows for name in row.text("names").split())


def is_integration(package: str) -> bool:
    """Whether a distribution adds to the namespace of LlamaIndex."""
    return package in _integrations()


def distribution_of(dotted: str) -> str:
    """The integration that a dotted name comes with, or ""."""
    first, *parts = dotted.replace("_", "-").split(".")
    if f"{first}-" != packages().integrations:
        return ""
    lengths = range(2, min(len(parts), 4) + 1)
    names = (packages().integrations + "-".join(parts[:length]) for length in lengths)
    return next((name for name in names if name in _integrations()), "")


@cache
def commands() -> Mapping[str, str]:
    """How each manager moves one package on, by its name."""
    return {row.text("name"): row.text("command") for row in read("dependency_files").rows("manager")}


@cache
def broken_releases() -> tuple[Broken, ...]:
    return tuple(
        Broken(
            row.text("probe"),
            row.text("package"),
            row.text("from"),
            row.text("below"),
            row.text("what"),
            tuple(tuple(each.split()) for each in row.texts("needs")),
        )
        for row in read("broken_releases").rows("release")
    )
