"""One declared thing, and all of those of a deployment; each module beside this one reads those of one kind of file."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.deployment.limits import Anchor
from streamlint.deployment.units import Given
from streamlint.source import Span
from streamlint.surroundings.document import Document, Keys, Setting

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment

Read = Callable[[Setting], Given]


@dataclass(frozen=True, eq=False)
class Resource:
    """`kind` is what its file calls it: `aws_lb`, `AWS::Lambda::Function`, `Ingress`.

    `keys` lead to it in its document; `value` says what a setting there comes to.
    """

    kind: str
    name: str
    anchor: Anchor
    document: Document
    keys: Keys
    value: Read = field(repr=False)
    is_template: bool = False
    """Whether a program makes the file from this one, so that nobody can say what it lacks."""
    called: str = ""
    """What people call its kind, where its file has a longer name for it."""

    @property
    def path(self) -> Path:
        return self.anchor.path

    @property
    def title(self) -> str:
        """How messages name it."""
        called = self.called or self.kind
        return f"{called} `{self.name}`" if self.name else called

    def get(self, *keys: str | int) -> Given | None:
        """The one value at these keys."""
        setting = self.document.get(*self.keys, *keys)
        return None if setting is None else self.value(setting)

    def has(self, *keys: str | int) -> bool:
        return self.document.has(*self.keys, *keys)

    def head(self, *keys: str | int) -> Span | None:
        """Where a key, or the head of a block, stands."""
        return self.document.places.get((*self.keys, *keys))

    def names(self, *keys: str | int) -> tuple[str | int, ...]:
        return self.document.names(*self.keys, *keys)

    def every(self, *keys: str | int) -> Iterator[tuple[Keys, Given]]:
        """All values below these keys, each with the keys that lead on to it."""
        cut = len(self.keys) + len(keys)
        for setting in self.document.under(*self.keys, *keys):
            yield setting.keys[cut:], self.value(setting)

    def found(self, way: tuple[str, ...], base: Keys = ()) -> Iterator[Given]:
        """The values at the end of a way."""
        yield from (given for keys in self.ways(way, base) if (given := self.get(*keys)) is not None)

    def ways(self, way: tuple[str, ...], base: Keys = ()) -> Iterator[Keys]:
        """Where a way leads: names, `*` for each entry, `*Key=value` for the entries of which that is so."""
        if not way:
            yield base
            return
        step, rest = way[0], way[1:]
        if not step.startswith("*"):
            yield from self.ways(rest, (*base, step))
            return
        name, _, value = step[1:].partition("=")
        for entry in self.names(*base):
            given = self.get(*base, entry, name) if name else None
            if not name or (given is not None and given.text == value):
                yield from self.ways(rest, (*base, entry))


class Resources:
    """Those of all files of a deployment."""

    def __init__(self, deployment: Deployment) -> None:
        self.rows: tuple[Resource, ...] = tuple(each for read in _readers() for each in read(deployment))

    def of(self, *kinds: str) -> Iterator[Resource]:
        for kind in kinds:
            yield from self._by_kind.get(kind, ())

    @cached_property
    def _by_kind(self) -> dict[str, list[Resource]]:
        found: dict[str, list[Resource]] = {}
        for each in self.rows:
            found.setdefault(each.kind, []).append(each)
        return found


def _readers() -> Iterator[Callable[[Deployment], Iterator[Resource]]]:
    """`resources` of each module beside this one that has it."""
    package = __name__.rpartition(".")[0]
    for name in sorted(each.name for each in pkgutil.iter_modules([str(Path(__file__).parent)])):
        module = import_module(f"{package}.{name}")
        if hasattr(module, "resources"):
            yield module.resources
