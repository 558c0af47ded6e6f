"""How Poetry and Pipenv write what is needed: a table of names with constraints, tables or lists of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from streamlint.releases.declared import Declared, at, canonical
from streamlint.releases.ranges import ANY, parse_poetry
from streamlint.source import Source
from streamlint.surroundings import Document, Setting

_NO_PACKAGES = ("python",)


def table(source: Source, document: Document, keys: tuple[str, ...], group: str = "") -> Iterator[Declared]:
    """The statements of one table."""
    for name in document.names(*keys):
        if str(name) not in _NO_PACKAGES:
            yield from _package(source, str(name), tuple(document.under(*keys, name)), len(keys) + 1, group)


def _package(source: Source, name: str, settings: tuple[Setting, ...], depth: int, group: str) -> Iterator[Declared]:
    extras = frozenset(canonical(each.value) for each in settings if each.keys[depth : depth + 1] == ("extras",))
    versions = [each for each in settings if each.is_text and _is_version(each, depth)]
    if not versions:
        yield replace(at(source, name, ANY, settings[0].span, group), is_sourced=True, extras=extras)
    rows = [(setting, choice) for setting in versions for choice in parse_poetry(setting.value)]
    for setting, choice in rows:
        declared = at(source, name, choice, setting.inside or setting.span, group)
        written = setting.inside if len(rows) == 1 else None
        yield replace(declared, conditional=len(rows) > 1, written=written, extras=extras)


def _is_version(setting: Setting, depth: int) -> bool:
    """Whether a text is the constraint itself, or that of a table or of an entry in a list."""
    inner = tuple(key for key in setting.keys[depth:] if not isinstance(key, int))
    return inner in ((), ("version",))
