"""What holds an event loop at a node: a call, an iteration, a `with` or a property, and how it comes to run there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from streamlint.finding import Related, Severity
from streamlint.knowledge.blocking import Tier
from streamlint.project import syntax as ir
from streamlint.project.blocking import Hold
from streamlint.project.reach import Reached
from streamlint.project.values import Tokens
from streamlint.project.ways import Hop

if TYPE_CHECKING:
    from streamlint.languages.python import PythonFile

Site: TypeAlias = ir.Call | ir.Entry | ir.Loop | ir.Attribute
SITES = (ir.Call, ir.Entry, ir.Loop, ir.Attribute)
"""What can hold a loop."""

_FAR = 3
_NEAR = 2
"""What is only likely to wait, behind more calls than this, cannot be judged: each of them may not come to it."""


@dataclass(frozen=True)
class OnLoop:
    """A scope that an event loop runs while clients wait."""

    file: PythonFile
    scope: ir.Scope
    reached: Reached

    @property
    def waiting(self) -> str:
        """Who waits, as the end of a sentence."""
        entry = self.reached.entry
        if entry is None:
            return "other clients wait"
        return f"{entry.title} waits"

    @property
    def way(self) -> tuple[Related, ...]:
        """The calls that lead here from the entry point."""
        entry = self.reached.entry
        hops = self.reached.hops
        if entry is None or not hops:
            return ()
        title = entry.title
        first = Hop(hops[0].path, hops[0].start, hops[0].end, f"{title} {hops[0].label}")
        return self.file.related((first, *hops[1:]))

    @property
    def doubts(self) -> tuple[str, ...]:
        if self.reached.entry is not None:
            return ()
        name = self.file.facts.qualified_name(self.scope)
        told = f"no route is seen to call `{name}`, but the application imports its module, so it is likely to run on the loop"
        return (told,)

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
    def file(self) -> PythonFile:
        return self.on_loop.file

    @property
    def scope(self) -> ir.Scope:
        return self.on_loop.scope

    @property
    def severity(self) -> Severity:
        return self.on_loop.severity(self.hold.tier is Tier.CERTAIN)

    @property
    def inside(self) -> tuple[Related, ...]:
        """The hops behind the node, down to the leaf."""
        return self.file.related(self.hold.hops[1:])


def on_loop(file: PythonFile, scope: ir.Scope) -> OnLoop | None:
    """A scope, if an event loop that serves requests runs it."""
    reached = file.on_loop(scope)
    return OnLoop(file, scope, reached) if reached is not None else None


def held_at(file: PythonFile, site: Site, scope: ir.Scope) -> Held | None:
    """What holds the loop at a site; what is likely at best is left out where it is far away or only likely to run."""
    if id(site) not in file.held:
        file.held[id(site)] = _held_at(file, site, scope)
    return file.held[id(site)]


def _held_at(file: PythonFile, site: Site, scope: ir.Scope) -> Held | None:
    where = on_loop(file, scope)
    hold = _hold(where, site) if where is not None else None
    return (
        Held(site, _node(site), where, hold)
        if where is not None and hold is not None and _is_told(where, hold)
        else None
    )


def _is_told(where: OnLoop, hold: Hold) -> bool:
    """What no entry point is known to reach is told only where the hold is certain and at most one helper away.

    The lock of a file that a helper writes is held for moments, and only seldom by somebody else.
    """
    if not where.reached.is_certain:
        return hold.tier is Tier.CERTAIN and hold.way.length <= _NEAR
    if hold.tier is Tier.CERTAIN:
        return True
    is_lock = hold.call is not None and hold.call.category == "file lock"
    return hold.is_direct or (hold.way.length <= _FAR and not is_lock)


def swallowed(where: OnLoop) -> frozenset[tuple[int, int]]:
    """Where in this file a handler takes a whole stream, which is a fault of its own: starts and ends."""
    project, found = where.file.project, set()
    for entry in {where.file.entry(where.scope), where.reached.entry} - {None}:
        assert entry is not None
        for drain in project.drains.of(entry, project.evaluator.any_call(entry.module, entry.scope)):
            if entry.module.path == where.file.path:
                found.add((drain.start, drain.end))
            found |= {(hop.start, hop.end) for hop in drain.hops if hop.path == where.file.path}
    return frozenset(found)


def sync_tokens(where: OnLoop, iterable: ir.Expression) -> Tokens | None:
    """The tokens that iterating an expression takes one by one, without awaiting them."""
    evaluator = where.file.project.evaluator
    tokens = evaluator.tokens(evaluator.value(iterable, where.file.frame(where.scope)))
    return tokens if tokens is not None and tokens.is_async is not True else None


def _node(site: Site) -> ir.Expression:
    match site:
        case ir.Entry(context=context):
            return context
        case ir.Loop(iterable=iterable):
            return iterable
        case _:
            return site


def _hold(where: OnLoop, site: Site) -> Hold | None:
    """What the site itself holds: a call that is iterated or entered is a site of its own."""
    blocking, frame, node = where.file.project.blocking, where.file.frame(where.scope), _node(site)
    told = blocking.of_call(node, frame) if isinstance(node, ir.Call) else None
    match site:
        case ir.Call():
            return told
        case ir.Attribute():
            return blocking.of_attribute(site, frame)
        case ir.Entry() if told is None:
            return blocking.of_entry(site, frame)
        case ir.Loop() if told is None and not site.is_async:
            return blocking.of_iteration(node, frame)
    return None
