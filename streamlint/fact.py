"""What a rule knows of a place before anybody has looked at the tree there: a finding that stands on a node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from streamlint.fix import Fix
from streamlint.immutable import immutable
from streamlint.refusals import Refusal
from streamlint.source import Span

if TYPE_CHECKING:
    from streamlint.finding import Finding, Related
    from streamlint.values.domain import Origin

Offer: TypeAlias = Fix | Refusal | None
"""A repair, why there is none, or nothing."""


@immutable
class Stand:
    """The node that a fact is about: where it stands, what libcst may call it, and a word that is written in it."""

    span: Span
    types: tuple[str, ...]
    word: str

    def __str__(self) -> str:
        types = self.types[0] if len(self.types) == 1 else "fitting node"
        return f"{types} with `{self.word}`" if self.word else types


@immutable
class Fact:
    """A finding without its repair, and without the part of its help that depends on that."""

    finding: Finding
    stand: Stand
    help: str | Callable[[Offer], str] = ""
    repair: Callable[[Any], Offer] | None = None
    """Asked with libcst's node."""
    stops: frozenset[Origin] = frozenset()
    """Where the streams stop that the fact is about: what takes the tokens, or, where nothing does, what starts them.
    Facts that share one are one fault."""
    asides: tuple[Related, ...] = ()
    """What the fact is where another one speaks for its fault: labelled spans."""

    def told(self, offer: Offer = None) -> Finding:
        """The finding, with what its repair offers."""
        way_out = self.help if isinstance(self.help, str) else self.help(offer)
        return replace(self.finding, help=way_out, fix=offer if isinstance(offer, Fix) else None)


def of_facts(repair: Callable[..., Offer], *given: Any) -> Callable[[Any], Offer]:
    """A repair that finds its places in the facts that it is given, not from the node."""
    return lambda _: repair(*given)
