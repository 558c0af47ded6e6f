"""A stream that is swallowed, and the names of a function that hold what was drained."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from streamlint.knowledge.llama_index import Role
from streamlint.model import syntax as ir
from streamlint.serving.ways import Hop, Way
from streamlint.values.activations import Frame
from streamlint.values.domain import Function, Llama, Tokens
from streamlint.values.said import last_word

if TYPE_CHECKING:
    from streamlint.project import Project


SENDING = ("send", "emit", "write_message")
"""How the names of methods begin that send something over a socket."""


class How(StrEnum):
    """In which form the tokens are taken."""

    LOOP = "loop"
    CALL = "call"
    JOIN = "join"
    COMPREHENSION = "comprehension"
    TEXT = "text"
    METHOD = "method"
    UNPACKED = "unpacked"
    STEPS = "steps"
    """By a loop that asks for the next one; the drain is the call that asks."""
    FILLED = "filled"
    """By a collection that was there before: `parts.extend(tokens)`."""
    RUN = "run"
    """By a model that is run to its end, and calls back with each token."""
    HELPER = "helper"
    """By a call that a repair lets give the iterator; no taking is found like this."""


@dataclass(frozen=True)
class Drain:
    """One place in a handler at which a stream is swallowed.

    `start` and `end` span the loop's head or the expression in the handler; `source` is what gives the tokens; `hops` lead into a
    helper where the tokens are taken there, the last one being the place itself. `kept` are the names that hold the result.
    """

    how: How
    start: int
    end: int
    tokens: Tokens | None
    stream: Llama | None
    source: ir.Expression
    branch: int
    kept: frozenset[str] = frozenset()
    loop: ir.Loop | None = None
    way: Way | None = None
    is_async: bool = False

    @property
    def hops(self) -> tuple[Hop, ...]:
        return self.way.steps if self.way is not None else ()

    @property
    def waits(self) -> bool:
        """Whether it takes tokens at all: the text of a chat stream is what came so far, nothing at first."""
        return self.how is not How.TEXT or self.stream is None or self.stream.role is not Role.CHAT_STREAM

    @property
    def is_loop(self) -> bool:
        return self.how is How.LOOP


class _Making(NamedTuple):
    """One place at which a name comes to hold something, or what it holds is given it."""

    start: int
    name: str
    value: ir.Expression
    is_put: bool


class DrainedNames:
    """Follows drained text through the names of its function, by the order of the text."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self._parsers = project.knowledge.names("untouched", "parsers")
        self._made_in: dict[ir.Scope, tuple[_Making, ...]] = {}
        self._parsing = project.knowledge.names("untouched", "parsing-methods")

    def with_names(self, drain: Drain, frame: Frame) -> Drain:
        """The names that an assignment around the drain gives its result."""
        kept = frozenset(
            b.name
            for b in frame.scope.bindings
            if b.kind in ("assign", "augmented") and b.value is not None and b.value.contains(drain)
            if not _is_beside(drain, b)
        )
        return replace(drain, kept=drain.kept | kept)

    def derived(self, drain: Drain, frame: Frame, *, as_text: bool = False) -> frozenset[str]:
        """The names that hold the drained text, or something made of it; `as_text`: but not what is parsed from it."""
        names = set(drain.kept)
        for start, name, value, is_put in self.makings(frame):
            is_here = is_put and value.contains(drain)
            if not is_here and (start <= drain.start or not names_in(value) & names):
                continue
            if self._starts_anew(value, frame):
                continue
            if not as_text or not self._is_parsed(value, names, frame):
                names.add(name)
            elif not is_put:  # what else a container holds stays there
                names.discard(name)
        return frozenset(names)

    def makings(self, frame: Frame) -> tuple[_Making, ...]:
        """Where a function gives a name something, or puts it into what a name of its own holds, in the order of the text."""
        known = self._made_in.get(frame.scope)
        if known is None:
            assigned = (one for one in frame.scope.bindings if one.kind in ("assign", "augmented"))
            found = [_Making(one.start, one.name, one.value, False) for one in assigned if one.value is not None]
            put = (one for one in self.evaluator.contents.of_module(frame.module).of_scope(frame.scope))
            found += [
                _Making(one.value.start, base.id, one.value, True)
                for one in put
                if (base := _own_name(one.base)) is not None
            ]
            known = self._made_in[frame.scope] = tuple(sorted(found, key=itemgetter(0)))
        return known

    def _is_parsed(self, value: ir.Expression, names: set[str], frame: Frame) -> bool:
        """Whether an expression reads data from text under one of these names: `json.loads(text)`."""
        calls = (part for part in ir.walk(value) if isinstance(part, ir.Call))
        for call in calls:
            if not any(names_in(argument) & names for argument in call.arguments):
                continue
            if last_word(call.function) in self._parsing or self.evaluator.names(call.function, frame) & self._parsers:
                return True
        return False

    def _starts_anew(self, value: ir.Expression, frame: Frame) -> bool:
        """Whether an expression is another stream, such as the answer to a question that a model wrote."""
        values = self.evaluator.value(value, frame)
        return any(isinstance(v, Llama) for v in values) or self.evaluator.tokens(values) is not None

    def uses(self, content: ir.Expression, names: frozenset[str], frame: Frame) -> bool:
        """Whether an expression, or a generator that it calls, takes one of these names."""
        if names_in(content) & names:
            return True
        for expression in ir.walk(content):
            if isinstance(expression, ir.Call):
                for value in self.evaluator.value(expression.function, frame):
                    if isinstance(value, Function) and value.path == frame.module.path:
                        inner = frame.module.scopes[value.scope]
                        if (
                            inner.parent == frame.scope.index
                            and {n.id for n in inner.names if n.bindings is None} & names
                        ):
                            return True
            if isinstance(expression, ir.Closure):
                inner = frame.module.scopes[expression.scope]
                if {n.id for n in inner.names} & names:
                    return True
        return False


def _is_beside(drain: Drain, binding: ir.Binding) -> bool:
    """Whether a name is given the result of another coroutine that runs beside this one: `text, title = await gather(a(), b())`."""
    run = binding.value.value if isinstance(binding.value, ir.Await) else None
    if not binding.path or not isinstance(run, ir.Call) or binding.path[0] >= len(run.arguments):
        return False
    others = (one for index, one in enumerate(run.arguments) if index != binding.path[0])
    return any(one.contains(drain) for one in others)


def root_of(source: ir.Expression) -> ir.Name | None:
    """The variable at the left end of a chain of attributes and calls, or of what a generator expression runs over."""
    root = source.first_iterable if isinstance(source, ir.Closure) and source.first_iterable is not None else source
    while isinstance(root, ir.Attribute | ir.Call):
        root = root.base if isinstance(root, ir.Attribute) else root.function
    return root if isinstance(root, ir.Name) else None


def names_in(expression: ir.Expression) -> set[str]:
    return {part.id for part in ir.evaluated((expression,)) if isinstance(part, ir.Name)}


def _own_name(container: ir.Expression) -> ir.Name | None:
    """The variable of a function that holds a container: `found` of `found[key]` and of `found.append`."""
    base = container.base if isinstance(container, ir.Subscript) else container
    return base if isinstance(base, ir.Name) and base.bindings else None
