"""How workflows are run and their events read: which runs are streamed, who takes the result, and how long a run may last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from streamlint.knowledge.llama_index import Role
from streamlint.model import syntax as ir
from streamlint.model.branches import branch_of, leads_to
from streamlint.model.modules import Module
from streamlint.model.uses import Use
from streamlint.values import limits
from streamlint.values.activations import Frame
from streamlint.values.call_sites import CallSite, argument_of
from streamlint.values.domain import Class, Function, Object, Origin

if TYPE_CHECKING:
    from streamlint.project import Project

_DEEPEST = 4


@dataclass(frozen=True)
class EventLoop:
    """A loop over the events of a run whose handler is a local variable, or has no name at all.

    `waits_before` is the `await` of the handler that comes first; `name` is None where nobody can await the handler.
    """

    loop: ir.Loop
    name: str | None
    waits_before: ir.Expression | None
    handler: ir.Expression


@dataclass(frozen=True)
class Limit:
    """How long a run may last; `place` is the call that makes the workflow, `is_default` whether nobody said so.

    `constructor` is where the workflow's own constructor, which takes no limit, calls that of its base.
    """

    seconds: float
    is_default: bool
    owner: Object
    place: Origin
    call: ir.Call
    constructor: ir.Call | None = None


class Workflows:
    """The questions about runs; `reach` tells which code requests run."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self.reach = project.reach
        names = project.knowledge.names
        self._tells_nothing = names("llama_index_words", "handler-attributes") | names("llama_index_words", "run-ends")

    # Results

    def ignored_results(self, frame: Frame) -> tuple[EventLoop, ...]:
        """Loops of a function over events of a run, where the result is not awaited after them."""
        return tuple(
            found
            for loop in frame.scope.loops
            if loop.is_async and loop.body_start >= 0 and (found := self._ignored(loop, frame)) is not None
        )

    def _ignored(self, loop: ir.Loop, frame: Frame) -> EventLoop | None:
        handler = self._handler(loop.iterable)
        if handler is None or not self._is_events(loop, frame):
            return None
        if isinstance(handler, ir.Call):
            return EventLoop(loop, None, None, handler)
        if not isinstance(handler, ir.Name) or not self.is_alone(handler, frame.module, frame.scope):
            return None
        return self._by_uses(loop, handler, frame, frame.module.uses.of(handler, frame.scope))

    def is_alone(self, handler: ir.Name, module: Module, scope: ir.Scope, depth: int = 0) -> bool:
        """Whether a run has only this local name: it is started here, or who starts it hands it over and keeps nothing."""
        bindings = module.uses.bindings(handler, scope)
        owner = module.uses.owner(handler.id, scope)
        if len(bindings) != 1 or owner is None or not owner.is_function:
            return False
        if bindings[0].kind != "parameter":
            return bindings[0].kind == "assign" and isinstance(bindings[0].value, ir.Call)
        if depth > _DEEPEST:
            self.evaluator.give_up(limits.Limit.NAMES, handler)
            return False
        sites = self.evaluator.callers.of(Function(module.path, owner.index))
        parameter = next(one for one in owner.parameters if one.name == handler.id)
        return bool(sites) and all(self._gives_away(site, parameter, owner, depth) for site in sites)

    def _gives_away(self, site: CallSite, parameter: ir.Parameter, owner: ir.Scope, depth: int) -> bool:
        given = argument_of(site.call, owner, parameter, site.is_bound)
        if not isinstance(given, ir.Name):
            return isinstance(given, ir.Call)
        others = (use for use in site.module.uses.of(given, site.scope) if use.name is not given)
        is_last = all(
            isinstance(one.parent, ir.Attribute) and one.parent.attribute in self._tells_nothing for one in others
        )
        return is_last and self.is_alone(given, site.module, site.scope, depth + 1)

    def _by_uses(self, loop: ir.Loop, handler: ir.Name, frame: Frame, uses: tuple[Use, ...]) -> EventLoop | None:
        awaits: list[tuple[Use, ir.Expression]] = []
        for use in uses:
            if isinstance(use.parent, ir.Await):
                awaits.append((use, use.parent))
            elif not (isinstance(use.parent, ir.Attribute) and use.parent.attribute in self._tells_nothing):
                return None
        if not awaits:
            return EventLoop(loop, handler.id, None, handler)
        before = [wait for use, wait in awaits if self._comes_first(wait, use.scope, loop, frame)]
        if before:
            return EventLoop(loop, handler.id, before[0], handler)
        return None

    def _comes_first(self, wait: ir.Expression, scope: ir.Scope, loop: ir.Loop, frame: Frame) -> bool:
        """Whether an await always runs before a loop, of the same function or of one in it: it stands alone above, on its way."""
        inner = loop if scope is frame.scope else frame.scope
        alone = scope.stands_alone(wait) or any(b.value is wait for b in scope.bindings)
        if not alone or wait.end > inner.start or not scope.contains(inner):
            return False
        inside = any(one.body_start <= wait.start < one.end for one in scope.loops)
        return not inside and leads_to(scope, branch_of(wait, scope), branch_of(inner, scope))

    def _handler(self, iterable: ir.Expression) -> ir.Expression | None:
        match iterable:
            case ir.Call(function=ir.Attribute(attribute="stream_events", base=base)):
                return base
        return None

    def _is_events(self, loop: ir.Loop, frame: Frame) -> bool:
        tokens = self.evaluator.tokens(self.evaluator.iterated(loop, frame))
        return tokens is not None and tokens.items == "event" and tokens.owner is Role.WORKFLOW_HANDLER

    # Time limits

    def limits(self, call: ir.Call, frame: Frame) -> tuple[Limit, ...]:
        """The known time limits of the run that this call starts, if its events are streamed to a client: the shortest first.

        Where several workflows may be meant, each has its own, or none that is known.
        """
        if not (isinstance(call.function, ir.Attribute) and call.function.attribute == "run"):
            return ()
        if self.evaluator.origin(call, frame) not in self._streamed:
            return ()
        found = [
            limit
            for value in self.evaluator.value(call.function.base, frame)
            if isinstance(value, Object) and value.origin is not None and self._is_plain(value)
            if (limit := self._limit_of(value, value.origin)) is not None
        ]
        return tuple(sorted(found, key=lambda limit: (limit.seconds, str(limit.place.path), limit.place.start)))

    def _is_plain(self, value: Object) -> bool:
        """Whether it is a workflow of the project; agents have no time limit."""
        outside = self.evaluator.attributes.outside_bases(value)
        roles = {self.evaluator.knowledge.llama.role(name) for name in outside}
        return Role.WORKFLOW in roles and Role.AGENT_WORKFLOW not in roles

    @cached_property
    def _streamed(self) -> frozenset[Origin]:
        """The `run()` calls whose events some code that a request runs iterates over."""
        found = set()
        for module in self.reach.touched():
            for scope in module.scopes:
                if not scope.loops or self.reach.from_request(module, scope) is None:
                    continue
                frame = self.evaluator.any_call(module, scope)
                for loop in scope.loops:
                    for value in self.evaluator.iterated(loop, frame):
                        tokens = self.evaluator.tokens(frozenset((value,)))
                        if tokens is not None and tokens.items == "event" and tokens.origin is not None:
                            found.add(tokens.origin)
        return frozenset(found)

    def _limit_of(self, value: Object, origin: Origin) -> Limit | None:
        made = self._call_at(origin)
        if made is None or self.evaluator.callers.stores("_timeout"):
            return None
        given = self._given(made, value)
        if given is None:
            seconds = self.evaluator.knowledge.llama.workflow_seconds
            return Limit(seconds, True, value, origin, made, self._constructor(value))
        if (
            isinstance(given, ir.Constant)
            and isinstance(given.value, int | float)
            and not isinstance(given.value, bool)
        ):
            return Limit(float(given.value), False, value, origin, made)
        return None

    def _given(self, made: ir.Call, value: Object) -> ir.Expression | None:
        """The expression that sets the limit, None where nothing does; what cannot be followed comes back as it stands."""
        method = self.evaluator.attributes.method(Class(value.path, value.scope), "__init__")
        passed = made.argument(0, "timeout")
        hidden = next((item for name, item in made.keywords if name is None), None)
        hidden = hidden or next((item for item in made.arguments if isinstance(item, ir.Starred)), None)
        if method is None:
            return passed or hidden
        located = self.evaluator.scope_of(method)
        assert located is not None
        inner = next((c for c in located[1].calls if _is_constructor_of_base(c)), None)
        if inner is None or len(inner.arguments) > (0 if _is_of_super(inner) else 1):
            return inner or made
        own = inner.argument(None, "timeout")
        passes_on = inner.hides_keywords
        if own is None:
            return (made.argument(None, "timeout") or hidden) if passes_on else None
        if isinstance(own, ir.Name):
            parameter = next((p for p in located[1].parameters if p.name == own.id), None)
            return (
                made.argument(None, own.id) or hidden or (parameter.default if parameter is not None else None) or own
            )
        return own

    def _constructor(self, value: Object) -> ir.Call | None:
        """The call of its base's constructor in that of a workflow, where that passes no keywords on."""
        method = self.evaluator.attributes.method(Class(value.path, value.scope), "__init__")
        located = self.evaluator.scope_of(method) if method is not None else None
        calls = located[1].calls if located is not None else ()
        inner = next((call for call in calls if _is_constructor_of_base(call)), None)
        return inner if inner is not None and not inner.hides_keywords else None

    def is_inherited(self, value: Object) -> bool:
        """Whether another class, which names this one as its base, may come to its constructor too."""
        located = self.evaluator.scope_of(value)
        name = located[1].name if located is not None else ""
        return any(
            name in (ir.dotted(base).rpartition(".")[2] for base in scope.bases)
            and _comes_to(module.scopes, scope, name)
            for module in self.evaluator.modules.saying(name)
            for scope in module.scopes
        )

    def _call_at(self, origin: Origin) -> ir.Call | None:
        module = self.evaluator.modules.load(origin.path)
        for scope in module.scopes if module is not None else ():
            for call in scope.calls:
                if (call.start, call.end) == (origin.start, origin.end):
                    return call
        return None


def _is_constructor_of_base(call: ir.Call) -> bool:
    """`super().__init__(...)`, or `Workflow.__init__(self, ...)`."""
    return isinstance(call.function, ir.Attribute) and call.function.attribute == "__init__"


def _comes_to(scopes: Sequence[ir.Scope], derived: ir.Scope, name: str) -> bool:
    """Whether a class has no constructor of its own, or one that calls that of `super()`, or of the class of this name."""
    own = [one for one in scopes if one.parent == derived.index and one.name == "__init__"]
    calls = [call for one in own for call in one.calls if _is_constructor_of_base(call)]
    return not calls or any(
        _is_of_super(call) or ir.dotted(call.function).split(".")[-2:-1] == [name] for call in calls
    )


def _is_of_super(call: ir.Call) -> bool:
    return isinstance(call.function, ir.Attribute) and isinstance(call.function.base, ir.Call)
