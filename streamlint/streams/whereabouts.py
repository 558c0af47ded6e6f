"""In which functions a stream of tokens may be taken at all, there or in a helper: a look at names before anything is followed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.streams.beginnings import Beginnings
from streamlint.streams.drained import names_in
from streamlint.streams.flows import Edges, Leaves, Node, Under
from streamlint.streams.meant import Meant
from streamlint.streams.spreading import Lost, Spread
from streamlint.values.container_calls import GIVING
from streamlint.values.dispatching import registered_with
from streamlint.values.named import beginning
from streamlint.values.passing import BUILTINS, HANDING, PASSING
from streamlint.values.puts import GETTING
from streamlint.values.said import last_word

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.values.activations import Frame

_MOST = 3000
"""Where tokens come to more nodes than that, most of the project is followed anyway."""
Taking: TypeAlias = ir.Loop | ir.Expression


@dataclass(frozen=True)
class _Found:
    """What streams came to, and the functions that may take them."""

    leaves: Leaves
    streams: Spread
    taking: frozenset[ir.Scope]


class Whereabouts:
    """Says too much where something cannot be followed, and never too little: what it leaves out takes no tokens."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self._beginnings = project.ask(Beginnings)

    @cached_property
    def are_any(self) -> bool:
        """Whether tokens begin anywhere in the project."""
        return self._beginnings.are_any

    def may_take(self, frame: Frame) -> bool:
        """Whether a function, or a helper that it calls, may take the tokens of a stream."""
        return self._found is None or frame.scope in self._found.taking

    def may_hold(self, expression: ir.Expression, frame: Frame) -> bool:
        """Whether an expression may be a stream of tokens, hold one, or be something that makes one."""
        found = self._found
        return found is None or found.streams.holds(found.leaves.of(expression, frame.module, frame.scope))

    @cached_property
    def _found(self) -> _Found | None:
        """None where anything may hold them. It rests on values only, whose answers are final for whoever asks this."""
        return self._find()

    def _find(self) -> _Found | None:
        begun = self._beginnings.all()
        stops = self.evaluator.knowledge.names("llama_index_words", "stop-events")
        words = frozenset(name.rpartition(".")[2] for name in stops)
        leaves = Leaves(Meant(self.evaluator.modules, self._passing, self._tools), self._passing, words)
        edges = Edges(leaves)
        handing = HANDING | self.evaluator.knowledge.off_loop.words
        streams, functions = (Spread(edges, handing, runs_on=runs_on, most=_MOST) for runs_on in (True, False))
        try:
            for module, nodes in begun.items():
                edges.read(module)
                streams.begin(nodes)
            taking = frozenset(Takers(leaves, streams, functions).all())
        except Lost:
            return None
        is_lost = self._may_be_asked_for(streams) or self._may_be_asked_for(functions)
        return None if is_lost else _Found(leaves, streams, taking)

    @cached_property
    def _passing(self) -> frozenset[str]:
        """The words of calls that may give, or hand on, what they are given."""
        knowledge = self.evaluator.knowledge
        tables = (
            BUILTINS,
            knowledge.token_streams.callables,
            knowledge.llama.callables,
            knowledge.objects.dependencies,
        )
        words = frozenset(name.rpartition(".")[2] for names in tables for name in names)
        return words | PASSING | GIVING | knowledge.off_loop.words | self._tools

    def _may_be_asked_for(self, spread: Spread) -> bool:
        """Whether `getattr(self, "do_" + name)` may mean something that it came to."""
        words = {node[1] for node in spread.at if isinstance(node, tuple) and node[0] is Under.MEMBER}
        return any(word.startswith(prefix) for prefix in self._prefixes for word in words)

    @cached_property
    def _tools(self) -> frozenset[str]:
        """Methods of a tool that run the function which it is made of."""
        names = self.evaluator.knowledge.names
        return names("tools", "runs") | names("tools", "runs-elsewhere")

    @cached_property
    def _prefixes(self) -> frozenset[str]:
        found = set()
        for module in self.evaluator.modules.saying("getattr"):
            for scope in module.scopes:
                for call in scope.calls:
                    if last_word(call.function) == "getattr" and len(call.arguments) > 1:
                        found.add(beginning(call.arguments[1], self.evaluator.any_call(module, scope)))
        return frozenset(found - {""})


class Takers:
    """The functions in which something is that `streams` came to, and those that get text from them."""

    def __init__(self, leaves: Leaves, streams: Spread, functions: Spread) -> None:
        self._leaves = leaves
        self._streams = streams
        self._functions = functions
        self._takings: dict[ir.Scope, list[Taking]] = {}
        self._sought: set[Module] = set()

    def all(self) -> Iterator[ir.Scope]:
        """The functions that may take tokens, or call what takes them and gives back what it took."""
        edges = self._streams.edges
        for scope, module in tuple(edges.modules.items()):
            found = list(self._own(module, scope))
            if found:
                self._takings[scope] = found
        pending = list(self._takings)
        while pending:
            giving = [scope for scope in pending if self._gives(scope)]
            came = self._functions.begin(value for scope in giving for value in self._values_of(scope))
            pending = list(self._calling()) if came else []
        return iter(self._takings)

    def _own(self, module: Module, scope: ir.Scope) -> Iterator[Taking]:
        """The loops and expressions of a function that may take tokens."""
        for loop in scope.loops:
            if self._has(loop.iterable, module, module.scopes[loop.scope]):
                yield loop
        for call in scope.calls:
            parts = [*call.arguments, *(value for _, value in call.keywords)]
            if isinstance(call.function, ir.Attribute):
                parts.append(call if call.function.attribute in GETTING else call.function.base)
            if any(self._has(part, module, scope) for part in parts):
                yield call
        for one in scope.expressions():
            is_text = isinstance(one, ir.FormattedString | ir.Starred)
            if is_text and any(self._has(part, module, scope) for part in one.children()):
                yield one

    def _gives(self, scope: ir.Scope) -> bool:
        """Whether a function may give back, or put into a parameter, what it takes."""
        if scope.is_generator or not scope.is_function:
            return False
        takings = self._takings[scope]
        kept = set().union(*(_kept(one, scope) for one in takings))
        if not kept.isdisjoint(one.name for one in scope.parameters) or self._is_seen_around(kept, scope):
            return True
        values = [one.value for one in scope.returns if one.value is not None]
        if any(value.contains(one) for value in values for one in takings):
            return True
        grows = True
        while grows:
            more = {one.name for one in scope.bindings if one.value is not None and names_in(one.value) & kept}
            grows = not more <= kept
            kept |= more
        return any(names_in(value) & kept for value in values)

    def _is_seen_around(self, names: set[str], scope: ir.Scope) -> bool:
        """Whether a nested function reads one of some names from a function around it, which sees what is put there."""
        module = self._streams.edges.modules[scope]
        around = module.scopes[scope.parent] if scope.parent >= 0 else None
        return around is not None and around.is_function and any(name not in scope.by_name for name in names)

    def _values_of(self, scope: ir.Scope) -> tuple[Node, ...]:
        """What stands for a function as a value, also where another one runs it that it is registered with."""
        module = self._streams.edges.modules[scope]
        if scope.kind != "function":
            return (("function", scope),)
        around = module.scopes[scope.parent]
        bases = filter(None, map(registered_with, scope.decorators))
        above = (leaf.node for base in bases for leaf in self._leaves.of(base, module, around))
        return ((around, scope.name), ("function", scope), *above)

    def _calling(self) -> Iterator[ir.Scope]:
        """The functions that call what may give what it took, and were not known to take it there."""
        for scope, module in tuple(self._streams.edges.modules.items()):
            known = self._takings.get(scope, [])
            new = [call for call in scope.calls if call not in known and self._runs(call, module, scope)]
            if new:
                self._takings[scope] = [*known, *new]
                yield scope

    def _runs(self, call: ir.Call, module: Module, scope: ir.Scope) -> bool:
        """Whether a call runs one of the functions, itself or by what it hands it to: `await to_thread(collect, tokens)`."""
        if self._functions.holds(self._leaves.called(call.function, module, scope)):
            return True
        handed = (
            one for one in call.arguments if call.end in scope.awaited and isinstance(one, ir.Name | ir.Attribute)
        )
        return any(self._functions.holds(self._leaves.of(one, module, scope)) for one in handed)

    def _has(self, expression: ir.Expression, module: Module, scope: ir.Scope) -> bool:
        return self._streams.holds(self._leaves.of(expression, module, scope))


def _kept(taking: Taking, scope: ir.Scope) -> set[str]:
    """The names of a function that may hold what one taking took."""
    around = scope.body.loop_around(taking) if not isinstance(taking, ir.Loop) else None
    turns = taking if isinstance(taking, ir.Loop) else around
    kept = {one.name for one in scope.bindings if one.value is not None and one.value.contains(taking)}
    if turns is not None:
        kept |= {one.name for one in scope.bindings if turns.start <= one.start < turns.end}
        inside = (call for call in scope.calls if turns.start <= call.start < turns.end)
        kept |= {name for call in inside for name in names_in(call)}
    return kept
