"""A Python file as rules see it: what the Project knows of each of its expressions and scopes, and a tree for repairs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from streamlint.fact import Fact
from streamlint.faults.resources import Resources
from streamlint.finding import Finding, Place, Related, Severity
from streamlint.knowledge.frameworks import Purpose
from streamlint.model import syntax as ir
from streamlint.model.operators import Operator
from streamlint.model.summary import UnparsableFile
from streamlint.serving.ways import straight
from streamlint.source import Placed, Source, Span
from streamlint.streams import Drains, Sent
from streamlint.tree.stands import stand_on
from streamlint.values import Values
from streamlint.values.domain import UNKNOWN, Origin
from streamlint.values.operators import Operators
from streamlint.waiting import Holdings
from streamlint.waiting.held import SITES, Held

if TYPE_CHECKING:
    from streamlint.fact import Offer
    from streamlint.faults.resources import Outlived
    from streamlint.model.modules import Module
    from streamlint.project import Project
    from streamlint.rule import Rule
    from streamlint.serving import Entry
    from streamlint.serving.ways import Hop
    from streamlint.streams.drained import Drain
    from streamlint.streams.sent import Sending, SentGenerator
    from streamlint.tree.stands import Node
    from streamlint.tree.tree import Tree
    from streamlint.values.activations import Frame
    from streamlint.waiting.held import OnLoop

__all__ = ["PythonFile", "UnparsableFile"]

_SHOWN = 12
"""Of a longer chain of calls a person reads how it begins and how it ends."""


class PythonFile:
    """The facts of one file; its tree is parsed when somebody first asks for it."""

    def __init__(self, source: Source, project: Project) -> None:
        """Raises `UnparsableFile` when the text is no Python for the standard parser."""
        self.source = source
        self.path = source.path
        self.project = project
        summarised = project.module(source.path)
        if summarised is None or summarised.source.text != source.text:
            raise _unparsable(source)
        self.facts: Module = summarised
        self._frames: dict[ir.Scope, Frame] = {}
        self._on_loop: dict[ir.Scope, OnLoop | None] = {}
        self._serving: dict[ir.Scope, bool] = {}
        self._sending: dict[ir.Call, Sending | None] = {}

    @cached_property
    def tree(self) -> Tree:
        """The nodes of libcst."""
        from streamlint.tree.tree import Tree

        return Tree(self.source, self.facts.summary)

    # Places

    def text(self, place: Placed) -> str:
        return self.source.text[place.start : place.end]

    def one_line(self, place: Placed) -> str:
        """The text on one line, as a message quotes it."""
        return " ".join(self.text(place).split())

    def place(self, place: Placed) -> Place:
        span = Span(place.start, place.end)
        start = self.source.position(span.start)
        return Place(self.path, span, start, self.source.position(span.end), self.source.line(start.line))

    def name_span(self, scope: ir.Scope) -> Span:
        """The name of a function behind its `def`."""
        word = re.compile(rf"\bdef\b[\s\\]*({re.escape(scope.name)})").search(self.source.text, scope.start)
        return Span(*word.span(1)) if word is not None else Span(scope.start, scope.start)

    def word_span(self, place: Placed, word: str) -> Span:
        """Where a dotted name stands in a statement for the last time; all of the statement where it does not."""
        words = re.compile(rf"(?<![\w.]){re.escape(word)}(?!\w)")
        found = list(words.finditer(self.source.text, place.start, place.end))
        return Span(*found[-1].span()) if found else Span(place.start, place.end)

    # Facts

    def nodes(self, kind: type[Any]) -> Iterator[tuple[Any, ir.Scope]]:
        """What the Summary has of a kind, each with its scope, in the order of the text, outer ones first."""
        if kind is Held:
            return iter(sorted(self._holds(), key=_in_text))
        if kind is Operator or kind in _LISTED:
            return iter(self._directly(kind, self.facts.scopes))
        return iter(self._by_kind.get(kind, ()))

    def _directly(self, kind: type[Any], scopes: Iterable[ir.Scope]) -> list[tuple[Any, ir.Scope]]:
        """What stands directly in some scopes."""
        if kind is Operator:
            asked = self.project.ask(Operators)
            return sorted(((one, scope) for scope in scopes for one in asked.of(scope)), key=_in_text)
        return sorted(((node, scope) for scope in scopes for node in _listed(scope, kind)), key=_in_text)

    @cached_property
    def _by_kind(self) -> dict[type[Any], list[tuple[ir.Expression, ir.Scope]]]:
        """The expressions by their classes, each list in the order of the text."""
        found: dict[type[Any], list[tuple[ir.Expression, ir.Scope]]] = {}
        for scope, node in self._expressions.values():
            found.setdefault(type(node), []).append((node, scope))
        for rows in found.values():
            rows.sort(key=_in_text)
        return found

    @cached_property
    def _expressions(self) -> dict[tuple[int, int], tuple[ir.Scope, ir.Expression]]:
        found: dict[tuple[int, int], tuple[ir.Scope, ir.Expression]] = {}
        for scope in self.facts.scopes:
            for expression in scope.expressions():
                found.setdefault((expression.start, expression.end), (scope, expression))
        return found

    def expression(self, place: Placed) -> tuple[ir.Scope, ir.Expression] | None:
        """The expression at a place, with the scope that it belongs to."""
        return self._expressions.get((place.start, place.end))

    def value(self, place: Placed) -> Values:
        """What the expression at a place may be."""
        known = self.expression(place)
        return UNKNOWN if known is None else self.project.evaluator.value(known[1], self.frame(known[0]))

    def frame(self, scope: ir.Scope) -> Frame:
        found = self._frames.get(scope)
        if found is None:
            found = self._frames[scope] = self.project.evaluator.any_call(self.facts, scope)
        return found

    def entry(self, scope: ir.Scope) -> Entry | None:
        """The entry point that this scope is; routes before anything else."""
        return min(self.entries(scope), key=lambda entry: not entry.answers, default=None)

    def entries(self, scope: ir.Scope) -> Sequence[Entry]:
        """The entry points that this scope is."""
        return self._entries.get(scope.index, ())

    @cached_property
    def _entries(self) -> dict[int, list[Entry]]:
        found: dict[int, list[Entry]] = {}
        for entry in self.project.entries_of(self.path):
            found.setdefault(entry.scope.index, []).append(entry)
        return found

    def on_loop(self, scope: ir.Scope) -> OnLoop | None:
        """How a scope comes to run on an event loop that serves requests; None where it does not."""
        if scope not in self._on_loop:
            self._on_loop[scope] = self.project.ask(Holdings).on_loop(self.frame(scope))
        return self._on_loop[scope]

    def _holds(self) -> Iterator[tuple[Held, ir.Scope]]:
        """What holds a loop, wherever it does."""
        holdings = self.project.ask(Holdings)
        on_loop = [scope for scope in self.facts.scopes if self.on_loop(scope) is not None]
        for kind in SITES if on_loop else ():
            for site, scope in self._directly(kind, on_loop):
                held = holdings.at(site, self.frame(scope))
                if held is not None:
                    yield held, scope

    def drains(self, scope: ir.Scope) -> Iterator[tuple[Entry, Drain]]:
        """The streams that a handler swallows instead of sending them on, or what runs for a WebSocket and answers there."""
        entry = self.entry(scope)
        if entry is None:
            reached = self.project.reach.on_loop(self.facts, scope)
            led_to = reached.entry if reached is not None else None
            entry = led_to if led_to is not None and led_to.kind is Purpose.WEBSOCKET else None
        if entry is not None:
            yield from ((entry, drain) for drain in self.project.ask(Drains).of(entry, self.frame(scope)))

    # What is sent

    def serves(self, scope: ir.Scope) -> bool:
        """Whether requests run the scope, or the function around it."""
        if scope not in self._serving:
            self._serving[scope] = self.project.ask(Sent).serves(self.facts, scope)
        return self._serving[scope]

    def sending(self, call: ir.Call, scope: ir.Scope) -> Sending | None:
        """The body that a call gives to a response, in code that requests run."""
        if call not in self._sending:
            found = self.project.ask(Sent).of_call(call, self.frame(scope)) if self.serves(scope) else None
            self._sending[call] = found
        return self._sending[call]

    def answers(self, scope: ir.Scope) -> Entry | None:
        """The entry point whose framework gets what a scope returns as it is."""
        entry = self.entry(scope) if scope.is_function and not scope.is_generator else None
        if entry is None or not entry.answers or self.project.ask(Sent).is_wrapped(entry):
            return None
        return entry

    def sent_items(self, item: ir.Yield, scope: ir.Scope) -> Sequence[SentGenerator]:
        """The generators whose items a response sends, of which this `yield` gives one; none where the item is another's."""
        generators = self.project.ask(Sent).generator(self.path, scope)
        return [one for one in generators if not self.project.ask(Sent).is_passed_on(item, one.frame)]

    def outlived(self, entry: ir.WithItem, scope: ir.Scope) -> Outlived | None:
        """The response that needs this `with` item after its block has ended, in code that requests run."""
        return self.project.ask(Resources).outlived(entry, self.frame(scope)) if self.serves(scope) else None

    # Findings

    def fact(
        self,
        rule: Rule,
        on: Node,
        *,
        at: Placed | None = None,
        label: str = "",
        help: str | Callable[[Offer], str] = "",
        notes: Sequence[str] = (),
        related: Sequence[Related] = (),
        repair: Callable[[Any], Offer] | None = None,
        severity: Severity | None = None,
        stops: Iterable[Origin] = (),
        asides: Sequence[Related] = (),
        **names: str,
    ) -> Fact:
        """What a rule has to say about a node of the Summary, shown at `at`.

        `repair` is asked for when libcst's node is there, which it is given; `help` may depend on its answer. `stops` and
        `asides` join it with the facts of other rules about the same stream.
        """
        stand = stand_on(self._node(on), rule.stands_on)
        finding = Finding(
            rule.code,
            rule.name,
            severity or rule.severity,
            rule.message.format(**names),
            self.place(at or (on if isinstance(on, Span) else stand.span)),
            label,
            tuple(related),
            notes=tuple(notes),
        )
        return Fact(finding, stand, help, repair, frozenset(stops), tuple(asides))

    def _node(self, on: Node) -> Node:
        """What stands at a span: an expression, or a loop with this head."""
        known = self.expression(on) if isinstance(on, Span) else None
        if known is not None or not isinstance(on, Span):
            return known[1] if known is not None else on
        loops = (loop for scope in self.facts.scopes for loop in scope.loops)
        return next((loop for loop in loops if (loop.start, loop.iterable.end) == (on.start, on.end)), on)

    def related(self, hops: Sequence[Hop], first: int = 0) -> tuple[Related, ...]:
        """Hops as secondary places, numbered from `first` on; of a very long way its beginning and its end."""
        hops = straight(hops)
        left_out = max(0, len(hops) - _SHOWN)
        numbered = list(enumerate(hops, first))
        shown = (*numbered[: _SHOWN // 2], *numbered[len(hops) - _SHOWN // 2 :]) if left_out else numbered
        found = []
        for index, (number, hop) in enumerate(shown, 1):
            place = self.project.place(hop.path, hop.start, hop.end)
            if place is not None:
                more = f", and so on through {left_out:,} more" if left_out and index == _SHOWN // 2 else ""
                found.append(Related(place, f"{number}. {hop.label}{more}" if first else f"{hop.label}{more}"))
        return tuple(found)


def _unparsable(source: Source) -> UnparsableFile:
    from streamlint.model.summary import summarise

    try:
        summarise(source)
    except UnparsableFile as error:
        return error
    return UnparsableFile("cannot be read", 1, 1)


def _in_text(row: tuple[Any, ir.Scope]) -> tuple[int, int]:
    return (row[0].start, -row[0].end)


_LISTED = (ir.Scope, ir.Call, ir.Attribute, ir.WithItem, ir.Return, ir.Yield, ir.Loop, ir.Import)


def _listed(scope: ir.Scope, kind: type[Any]) -> Sequence[Any]:
    """What stands directly in a scope: the first iterable of a generator expression belongs to the scope around it."""
    match kind:
        case ir.Scope:
            return (scope,)
        case ir.Call:
            return scope.calls
        case ir.Attribute:
            return scope.attributes
        case ir.WithItem:
            return scope.entries
        case ir.Return:
            return scope.returns
        case ir.Import:
            return [line for line in scope.body.walk() if isinstance(line, ir.Import)]
        case ir.Yield:
            return scope.yields if scope.kind != "generator-expression" else ()
    return [loop for loop in scope.loops if loop.scope == scope.index]
