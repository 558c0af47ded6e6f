"""What holds an event loop at a call, an iteration, a `with` or a property, and how it comes to run there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING, TypeAlias

from streamlint.finding import Severity
from streamlint.knowledge.blocking import Tier
from streamlint.model import syntax as ir
from streamlint.model.operators import Operator
from streamlint.running.memos import Memos
from streamlint.running.never import Never
from streamlint.serving.ways import Hop
from streamlint.streams import Drains
from streamlint.values.domain import Class, Function, Object, Values
from streamlint.values.lineages import is_abstract
from streamlint.waiting.blocking import Blocking
from streamlint.waiting.holds import FARTHEST, stronger

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.serving.reached import Reached
    from streamlint.source import Placed
    from streamlint.values.activations import Frame
    from streamlint.values.domain import Tokens, Value
    from streamlint.waiting.holds import Hold

Site: TypeAlias = ir.Call | ir.WithItem | ir.Loop | ir.Attribute | Operator
SITES = (ir.Call, ir.WithItem, ir.Loop, ir.Attribute, Operator)
"""What can hold a loop."""

_NEAR = 2
_FAR = 3
"""What is likely to wait behind more calls than this cannot be judged where one of them may not come to it."""


@dataclass(frozen=True)
class OnLoop:
    """A function that an event loop runs while clients wait."""

    frame: Frame
    reached: Reached

    @property
    def scope(self) -> ir.Scope:
        return self.frame.scope

    @property
    def waiting(self) -> str:
        """Who waits, as the end of a sentence."""
        entry = self.reached.entry
        if entry is None or not entry.on_request_path:
            return "other clients wait"
        return f"{entry.title} waits"

    @property
    def way(self) -> tuple[Hop, ...]:
        """The calls that lead here from the entry point."""
        entry = self.reached.entry
        hops = self.reached.hops
        if entry is None or not hops:
            return ()
        first = Hop(hops[0].path, hops[0].start, hops[0].end, f"{entry.title} {hops[0].label}")
        return (first, *hops[1:])

    @property
    def doubts(self) -> tuple[str, ...]:
        return (self.reached.doubt,) if self.reached.doubt else ()

    def severity(self, certain: bool = True) -> Severity:
        return Severity.ERROR if certain and self.reached.is_certain else Severity.WARNING


@dataclass(frozen=True)
class Held:
    """A hold at `site`, which runs on a loop: `node` is the call or attribute itself, what is iterated, or what is entered."""

    site: Site
    node: ir.Expression
    on_loop: OnLoop
    hold: Hold

    @property
    def start(self) -> int:
        return self.site.start

    @property
    def end(self) -> int:
        return self.site.end

    @property
    def scope(self) -> ir.Scope:
        return self.on_loop.scope

    @property
    def frame(self) -> Frame:
        return self.on_loop.frame

    @property
    def severity(self) -> Severity:
        return self.on_loop.severity(self.hold.tier is Tier.CERTAIN)

    @property
    def inside(self) -> tuple[Hop, ...]:
        """The hops behind the node, down to the leaf."""
        return self.hold.hops[1:]


class Holdings:
    """Judges places in functions, for any call of them; each is judged once, as several rules ask."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self.reach = project.reach
        self.blocking = project.ask(Blocking)
        self.drains = project.ask(Drains)
        self._memos = project.ask(Memos)
        self._never = project.ask(Never)
        self._known: dict[Site, Held | None] = {}
        self._on_loop: dict[Frame, OnLoop | None] = {}

    def on_loop(self, frame: Frame) -> OnLoop | None:
        """A function, if an event loop that serves requests runs it."""
        if frame not in self._on_loop:
            reached = self.reach.on_loop(frame.module, frame.scope)
            self._on_loop[frame] = OnLoop(frame, reached) if reached is not None else None
        return self._on_loop[frame]

    def at(self, site: Site, frame: Frame) -> Held | None:
        """What holds the loop at a site; what is likely at best is left out where it is far away or only likely to run."""
        if site not in self._known:
            self._known[site] = self._at(site, frame)
        return self._known[site]

    def swallowed(self, where: OnLoop) -> frozenset[tuple[int, int]]:
        """Where in its file a handler takes a whole stream, which is a fault of its own: starts and ends."""
        path, found = where.frame.module.path, set()
        for entry in {self.reach.entry(where.frame.module, where.scope), where.reached.entry} - {None}:
            assert entry is not None
            for drain in self.drains.of(entry, self.evaluator.any_call(entry.module, entry.scope)):
                if entry.module.path == path:
                    found.add((drain.start, drain.end))
                found |= {(hop.start, hop.end) for hop in drain.hops if hop.path == path}
        return frozenset(found)

    def sync_tokens(self, iterable: ir.Expression, frame: Frame) -> Tokens | None:
        """The tokens that iterating an expression takes one by one, without awaiting them."""
        tokens = self.evaluator.tokens(self.evaluator.value(iterable, frame))
        return tokens if tokens is not None and tokens.is_async is not True else None

    def _at(self, site: Site, frame: Frame) -> Held | None:
        where = self.on_loop(frame)
        hold = self._hold(site, frame) if where is not None else None
        if hold is None or not self._never.comes_to(_node(site), frame):
            return None
        if self._memos.is_filled_once(_node(site), frame):
            hold = replace(hold, tier=Tier.LIKELY, once=True)
        if where is None or not self._is_worth_telling(where, hold):
            return None
        return Held(site, _node(site), where, hold)

    def _hold(self, site: Site, frame: Frame) -> Hold | None:
        """What the site itself holds: a call that is iterated or entered is a site of its own."""
        node = _node(site)
        told = self.blocking.of_call(node, frame) if isinstance(node, ir.Call) else None
        match site:
            case ir.Call():
                return told or self._of_receivers(site, frame)
            case ir.Attribute():
                return self.blocking.of_attribute(site, frame)
            case Operator() if self.blocking.implied.is_asked(site):
                return self.blocking.implied.of_operator(site, frame)
            case ir.WithItem() if told is None:
                return self.blocking.of_entry(site, frame)
            case ir.Loop() if told is None and not site.is_async:
                return self.blocking.of_iteration(node, frame)
        return None

    def _of_receivers(self, call: ir.Call, frame: Frame) -> Hold | None:
        """What a method holds that its class leaves to those below: as the known callers of the function around it have it."""
        function, parameters = call.function, frame.scope.parameters
        is_own = isinstance(function, ir.Attribute) and isinstance(function.base, ir.Name) and parameters
        if not is_own or function.base.id != parameters[0].name:  # type: ignore[attr-defined]  # an Attribute of a Name
            return None
        if not any(self._is_abstract(value) for value in self.evaluator.value(function, frame)):
            return None
        known = [one for one in self.evaluator.callers.frames(frame.module, frame.scope) if one is not frame]
        found = reduce(stronger, (self.blocking.of_call(call, one) for one in known or self._below(frame)), None)
        return replace(found, tier=Tier.LIKELY) if found is not None and not known else found

    def _below(self, frame: Frame) -> Iterator[Frame]:
        """The method as objects of the classes below run it that somebody makes."""
        module, scope = frame.module, frame.scope
        for made in self.evaluator.attributes.below(Class(module.path, scope.parent)):
            if self.evaluator.callers.names(made):
                receiver: Values = frozenset((Object(made.path, made.scope),))
                yield self.evaluator.frames.call(module, scope, None, {scope.parameters[0].name: receiver}, None)

    def _is_worth_telling(self, where: OnLoop, hold: Hold) -> bool:
        """What no entry point is known to reach is told only where the hold is certain, and near or come to in any case.

        The lock of a file that a helper writes is held for moments, and only seldom by somebody else.
        """
        if not where.reached.is_certain:
            return hold.tier is Tier.CERTAIN and (hold.way.length <= _NEAR or all(map(self._is_come_to, hold.hops[1:])))
        is_certain = hold.tier is Tier.CERTAIN
        if not is_certain and not hold.is_direct and hold.call is not None and hold.call.category == "file lock":
            return False
        is_near = hold.is_within(FARTHEST if is_certain else _FAR)
        return is_near or all(map(self._is_come_to, hold.hops[1:]))

    def _is_come_to(self, hop: Hop) -> bool:
        """Whether a function comes to a place in it whatever it is given."""
        module = self.evaluator.modules.load(hop.path)
        if module is None:
            return False
        scope = module.around(hop)[0]
        if any(one.end <= hop.start for one in scope.returns) or _is_chosen(hop, scope):
            return False
        return _is_straight(hop, scope.body) or self._waits_in_each_arm(hop, self.evaluator.any_call(module, scope))

    def _waits_in_each_arm(self, hop: Hop, frame: Frame) -> bool:
        """Whether a function waits whichever arm of the `if` around a place it takes; an arm may end with an error."""
        choice = next((one for one in frame.scope.body.around(hop) if isinstance(one, ir.If)), None)
        if choice is None or choice.arms[-1].test is not None or not _is_straight(choice, frame.scope.body):
            return False
        return all(
            _is_straight(hop, arm) or _ends_with_an_error(arm) or self._waits_in(arm, frame) for arm in choice.arms
        )

    def _waits_in(self, arm: ir.Arm, frame: Frame) -> bool:
        """Whether a call of an arm itself waits, which nothing in it can keep from running."""
        calls = (one for one in frame.scope.calls if _is_straight(one, arm) and not _is_chosen(one, frame.scope))
        return any(self.blocking.of_call(one, frame) is not None for one in calls)

    def _is_abstract(self, value: Value) -> bool:
        located = self.evaluator.scope_of(value) if isinstance(value, Function) else None
        return located is not None and is_abstract(located[1])


def _node(site: Site) -> ir.Expression:
    match site:
        case ir.WithItem(context=context):
            return context
        case ir.Loop(iterable=iterable):
            return iterable
        case Operator(on=on):
            return on
        case _:
            return site


def _is_straight(place: Placed, block: ir.Block) -> bool:
    """Whether whoever comes to a block comes to a place in it, once, or leaves with an error before."""
    around = block.around(place) if block.contains(place) else ()
    return bool(around) and not any(
        isinstance(one, ir.Loop | ir.While | ir.Match | ir.Handler)
        or (isinstance(one, ir.If) and one is not place and not _asks_first(one, place))
        for one in around
    )


def _asks_first(choice: ir.If, place: Placed) -> bool:
    """Whether a place stands in the first test of an `if`."""
    test = choice.arms[0].test
    return test is not None and test.contains(place)


def _ends_with_an_error(arm: ir.Arm) -> bool:
    last = arm.statements[-1] if arm.statements else None
    return isinstance(last, ir.Line) and last.kind == "raise"


def _is_chosen(hop: Placed, scope: ir.Scope) -> bool:
    """Whether what is evaluated there may be left out, in an expression: one of several values, an item of a comprehension."""
    for one in scope.expressions():
        if isinstance(one, ir.Comprehension) and one.contains(hop):
            return True
        if isinstance(one, ir.Choice) and any(option.contains(hop) for option in one.options[one.operator != "if" :]):
            return True
    return False
