"""How far something spreads over the nodes of a project, read module by module where it comes to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.streams.flows import Argument, Edges, Leaf, Node, Step, Under
from streamlint.streams.meant import Definitions, Place
from streamlint.values.puts import GETTING
from streamlint.values.said import last_word

HOLDS, GIVES = 1, 2
"""Whether a node has it itself, or whether calling the node gives it."""


class Lost(Exception):
    """It came to where it cannot be followed."""


class Spread:
    """The nodes that something may come to from where it begins.

    `runs_on` says whether what is called still has it: a stream is one, whatever is called on it, but what a function
    gives is no function again. `handing` are the words of calls outside the project that run what they are given.
    """

    def __init__(self, edges: Edges, handing: frozenset[str], *, runs_on: bool, most: int) -> None:
        self.edges = edges
        self.meant = edges.meant
        self._handing = handing
        self._runs_on = runs_on
        self._most = most
        self.at: dict[Node, int] = {}
        self._pending: list[tuple[Node, int]] = []
        self._said: set[str] = set()

    def begin(self, nodes: Iterable[Node], level: int = HOLDS) -> list[Node]:
        """Go on from these nodes; gives those that it came to. `Lost` is raised where it goes anywhere."""
        for node in nodes:
            self._reach(node, level)
        found = []
        while self._pending:
            node, level = self._pending.pop()
            found.append(node)
            self._read_around(node)
            if isinstance(node, Argument):
                self._hand_over(node, level)
            for target, step in tuple(self.edges.ways.get(node, ())):
                self._reach(target, self._after(step, level))
        return found

    def _reach(self, node: Node, level: int) -> None:
        known = self.at.get(node, 0)
        if level & ~known:
            self.at[node] = known | level
            self._pending.append((node, level & ~known))
            if len(self.at) > self._most:
                raise Lost

    def _after(self, step: Step, level: int) -> int:
        match step:
            case Step.SAME:
                return level
            case Step.MADE:
                return GIVES
        called = HOLDS | GIVES if level & GIVES else 0
        return called | (level & HOLDS) if self._runs_on else called

    def holds(self, leaves: Iterable[Leaf]) -> bool:
        """Whether an expression of these leaves may hold it."""
        return any(self._after(step, self.at.get(node, 0)) & HOLDS for node, step in leaves)

    # Reading

    def _read_around(self, node: Node) -> None:
        """Read the modules in which a node may stand."""
        match node:
            case (ir.Scope(kind="module" | "class"), str(word)) | (Under(), str(word)):
                self._read_saying(word)
            case ("handed over",):
                for word in GETTING:
                    self._read_saying(word)

    def _read_saying(self, word: str) -> None:
        if word in self._said:
            return
        self._said.add(word)
        for module in self.meant.modules.saying(word):
            self.edges.read(module)

    # Arguments

    def _hand_over(self, given: Argument, level: int) -> None:
        """Give an argument to what its call may run."""
        module = self.edges.modules[given.scope]
        meant = self.meant.definitions(given.call.function, module, given.scope)
        if meant.is_open:
            raise Lost
        if given.number is None and given.keyword is None and not given.call.arguments and not given.call.keywords:
            meant = Definitions(tuple(inner for place in meant.places for inner in _within(place)))
        if not meant.places:
            meant = self._handed(given, module)
        for place in meant.places:
            for target in self._met_by(given, place):
                self._reach(target, level)

    def _handed(self, given: Argument, module: Module) -> Definitions:
        """What a call outside the project runs, or makes, of its other arguments."""
        call = given.call
        if last_word(call.function) not in self._handing and given.keyword is None:
            return Definitions(())
        places: list[Place] = []
        for other in (*call.arguments, *(value for _, value in call.keywords)):
            if isinstance(other, ir.Name | ir.Attribute | ir.Closure):
                found = self.meant.definitions(other, module, given.scope)
                places += found.places
        return Definitions(tuple(places))

    def _met_by(self, given: Argument, place: Place) -> Iterator[Node]:
        """The parameters and fields that an argument may meet."""
        if place.scope.kind == "class":
            yield from self._constructed(given, place)
            return
        for one in (place, *self._decorating(place)):
            self.edges.read(one.module)
            yield from ((one.scope, name) for name in _meeting(given, one.scope))

    def _constructed(self, given: Argument, place: Place) -> Iterator[Node]:
        pending, seen = [place], set[ir.Scope]()
        while pending:
            module, scope = pending.pop()
            if scope in seen:
                continue
            seen.add(scope)
            self.edges.read(module)
            for index in scope.by_name.get("__init__", ()):
                if scope.bindings[index].kind == "function":
                    method = module.scopes[scope.bindings[index].target]
                    yield from ((method, name) for name in _meeting(given, method))
            fields = [one.name for one in scope.bindings if one.annotation is not None]
            named = [given.keyword] if given.keyword is not None else fields
            yield from ((Under.ATTRIBUTE, name) for name in named)
            for base in scope.bases:
                word = last_word(base.base if isinstance(base, ir.Subscript) else base)
                pending += self.meant.named(word) if word else ()

    def _decorating(self, place: Place) -> Iterator[Place]:
        """The functions that stand in the decorators of a function, and run in its place."""
        module, scope = place
        for decorator in scope.decorators:
            function = decorator.function if isinstance(decorator, ir.Call) else decorator
            found = self.meant.definitions(function, module, module.scopes[max(scope.parent, 0)])
            if found.is_open:
                raise Lost
            for one in found.places:
                yield from _within(one)


def _within(place: Place) -> Iterator[Place]:
    """A function, and those that stand in it."""
    for scope in place.module.scopes:
        if scope.is_function and place.scope.contains(scope):
            yield Place(place.module, scope)


def _meeting(given: Argument, scope: ir.Scope) -> Iterator[str]:
    """The parameters that an argument may meet, whether the call brings the first one or not."""
    positional = [one.name for one in scope.parameters if one.kind == "positional"]
    if given.number is None and given.keyword is None:
        yield from (one.name for one in scope.parameters)
    elif given.number is not None:
        yield from positional[given.number : given.number + 2]
        if given.number + 1 >= len(positional):
            yield from (one.name for one in scope.parameters if one.kind == "starred")
    else:
        named = [one.name for one in scope.parameters if one.name == given.keyword]
        yield from named or (one.name for one in scope.parameters if one.kind == "mapping")
