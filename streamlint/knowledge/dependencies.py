"""Which packages are LlamaIndex, which of their releases break a stream, and how a manager moves a package on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from streamlint.knowledge.table import read


@dataclass(frozen=True)
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
    docs: str


@dataclass(frozen=True)
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
            row.text("docs"),
        )
        for row in read("broken_releases").rows("release")
    )
