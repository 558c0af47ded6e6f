"""Framework objects through which an application passes its own: request, app, state; and who provides parameters."""

from __future__ import annotations

from collections.abc import Mapping

from streamlint.immutable import immutable
from streamlint.knowledge.table import read


@immutable
class TokenAlias:
    """A type name that stands for a stream: its kind, and "text" or "chunk" items."""

    is_async: bool
    items: str


@immutable
class Given:
    """Where a call takes a callback, and the classes of what that is given first."""

    position: int | None
    keyword: str
    classes: tuple[str, ...]


@immutable
class FrameworkObjects:
    """The table of framework objects, by dotted name."""

    families: Mapping[str, str]
    attributes: Mapping[str, Mapping[str, str]]
    states: frozenset[str]
    results: Mapping[str, str]
    dependencies: frozenset[str]
    markers: frozenset[str]
    token_aliases: Mapping[str, TokenAlias]
    callbacks: Mapping[str, Given]

    def family(self, name: str) -> str:
        """One name for all import paths, and for classes that carry the same state."""
        return self.families.get(name, name)

    def attribute(self, owner: str, name: str) -> str:
        """The class of what an attribute of this object is, or ""."""
        return self.attributes.get(self.family(owner), {}).get(name, "")

    def returns(self, call: str) -> str:
        return self.results.get(call, "")

    def is_state(self, name: str) -> bool:
        return name in self.states

    def is_dependency(self, name: str) -> bool:
        """Whether a call of this name tells what provides a parameter."""
        return name in self.dependencies

    def is_marker(self, name: str) -> bool:
        """Whether this name, with a provider in brackets, stands for what that provides."""
        return name in self.markers

    def given(self, call: str) -> Given | None:
        """What a call of this name, or a decorator, gives the callback that it takes."""
        return self.callbacks.get(call)

    def token_alias(self, name: str) -> TokenAlias | None:
        return self.token_aliases.get(name)


def framework_objects() -> FrameworkObjects:
    table = read("objects")
    return FrameworkObjects(
        families={name: row.texts("names")[0] for row in table.rows("family") for name in row.texts("names")},
        attributes={row.text("of"): row.mapping("attributes") for row in table.rows("attribute")},
        states=frozenset(name for row in table.rows("state") for name in row.texts("names")),
        results={call: row.text("gives") for row in table.rows("returns") for call in row.texts("calls")},
        dependencies=frozenset(name for row in table.rows("dependency") for name in row.texts("names")),
        markers=frozenset(name for row in table.rows("marker") for name in row.texts("names")),
        token_aliases={
            name: TokenAlias(row.flag("is_async"), row.text("items"))
            for row in table.rows("tokens")
            for name in row.texts("names")
        },
        callbacks={
            call: Given(row.number("position"), row.text("keyword"), row.texts("gives"))
            for row in table.rows("given")
            for call in row.texts("calls")
        },
    )
