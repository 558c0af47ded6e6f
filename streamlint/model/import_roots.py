"""Where imports may start beside the folders around a file, as far as packaging files say so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from pathlib import Path

from streamlint.immutable import immutable

Find = Callable[..., Path | None]


@immutable
class ImportRoots:
    """`folders` hold packages; `packages` lie in folders of other names."""

    folders: tuple[Path, ...] = ()
    packages: Mapping[str, Path] = field(default_factory=dict)

    def places(self, parts: list[str], find: Find) -> Iterator[Path | None]:
        """Where a dotted name may lie, as `find` tells for a folder and the names of what is in it."""
        for length in range(len(parts), 0, -1):
            folder = self.packages.get(".".join(parts[:length]))
            if folder is not None:
                yield find(folder.parent, folder.name, *parts[length:])
        for folder in self.folders:
            yield find(folder, *parts)

    @property
    def names(self) -> frozenset[str]:
        """What an import of a package in a folder of another name begins with."""
        return frozenset(name.partition(".")[0] for name in self.packages)
