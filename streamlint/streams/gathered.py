"""What a loop does with the tokens that it takes: gathers them under names, or passes them on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.streams.drained import names_in
from streamlint.streams.stepped import Stepped, taken
from streamlint.values.domain import Class, Collection, Function, Instance, Text, Token

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.values.activations import Frame

_HARMLESS = frozenset(
    f"builtins.{name}"
    for name in (
        "print", "len", "str", "repr", "isinstance", "hasattr", "getattr", "bool", "int", "float", "type", "id", "hash", "ord",
    )
)  # fmt: skip
_GATHERING = frozenset(("append", "extend", "add", "insert", "update", "appendleft"))
_FILLING = frozenset(("extend", "extendleft", "update", "writelines"))
_SENDING = ("flush", "finish")
"""What lets go what a handler has written to its answer."""
_WRITING = ("write", "writelines", "flush")
_FILES = frozenset(
    ("builtins.open", "io.open", "codecs.open", "gzip.open", "tempfile.NamedTemporaryFile", "tempfile.TemporaryFile")
)
_BUFFERS = frozenset(("io.StringIO", "io.BytesIO"))


def own_object(module: Module, scope: ir.Scope) -> str:
    """What a method calls its own object; "" of any other function."""
    is_method = scope.kind == "function" and scope.parent >= 0 and module.scopes[scope.parent].kind == "class"
    return scope.parameters[0].name if is_method and scope.parameters else ""


def on_object(own: str) -> str:
    """The name under which something is kept on an object, which is no name of the function."""
    return f"{own}."


@dataclass(frozen=True)
class Turns:
    """The part of a function that runs for each token; the names that hold one, and the call that takes it, if there is one."""

    start: int
    end: int
    names: frozenset[str]
    step: ir.Call | None = None

    @classmethod
    def of_loop(cls, loop: ir.Loop, scope: ir.Scope) -> Turns:
        return cls(loop.body_start, loop.end, frozenset(scope.bindings[index].name for index in loop.targets))

    @classmethod
    def of_steps(cls, stepped: Stepped, scope: ir.Scope) -> Turns:
        return cls(stepped.loop.start, stepped.loop.end, taken(stepped.call, scope), stepped.call)

    def has(self, place: ir.Expression | ir.Return | ir.Store) -> bool:
        return self.start <= place.start < self.end

    def carries(self, expression: ir.Expression, names: set[str]) -> bool:
        """Whether an expression has a token in it, under one of these names or as it is taken."""
        is_step = self.step is not None and self.step is not expression and expression.contains(self.step)
        return is_step or bool(names_in(expression) & names)


class Gathered:
    """Judges single loops."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        names = project.knowledge.names
        self._telling = _HARMLESS | names("untouched", "parsers") | names("cumulative", "writing")
        self._queueing = project.knowledge.names("computing", "hand-overs")
        self._writing = project.knowledge.names("computing", "held-back")
        self.log_methods = project.knowledge.names("records", "log-methods")

    def of(self, turns: Turns, frame: Frame) -> frozenset[str] | None:
        """The names that collect the tokens of a loop; None where the loop may pass them on."""
        scope = frame.scope
        carried, kept = self._assigned(turns, scope)
        if any(turns.has(item) for item in scope.yields):
            return None
        if any(turns.has(item) and item.value is not None for item in scope.returns):
            return None
        for store in scope.stores:
            if turns.has(store) and turns.carries(store.value, carried):
                if not self._is_added_under(store, frame):
                    return None
                kept.update(names_in(store.base))
        for call in scope.calls:
            given = (part for part in call.children() if part is not call.function)
            if not turns.has(call) or not any(self._is_given(part, turns, carried) for part in given):
                continue
            gatherer = "" if self._is_held_back(call, turns, frame) else self._gatherer(call, frame)
            if gatherer is None:
                return None
            if gatherer:
                kept.add(gatherer)
        is_filed = any(turns.has(call) and self._is_filed(call, frame) for call in scope.calls)
        is_for_the_file = is_filed and all(_only_counts(name, turns, scope) for name in kept)
        return None if is_for_the_file else frozenset(kept)

    @staticmethod
    def _is_given(argument: ir.Expression, turns: Turns, carried: set[str]) -> bool:
        """Whether an argument is a token, also where it is the very call that takes it."""
        return turns.carries(argument, carried) or argument is turns.step

    @staticmethod
    def _assigned(turns: Turns, scope: ir.Scope) -> tuple[set[str], set[str]]:
        """The names that hold tokens in the loop, and those that are made of themselves and tokens."""
        carried, kept = set(turns.names), set[str]()
        for one in scope.bindings:
            if one.value is None or not (turns.start <= one.start and one.end <= turns.end):
                continue
            if one.kind in ("assign", "augmented") and turns.carries(one.value, carried):
                if one.kind == "augmented" or one.name in names_in(one.value):
                    kept.add(one.name)
                carried.add(one.name)
        return carried, kept

    def _gatherer(self, call: ir.Call, frame: Frame) -> str | None:
        """The name of the collection that a call adds to, "" for a harmless call, None where the tokens may go anywhere."""
        function = call.function
        if isinstance(function, ir.Attribute):
            if function.attribute in self.log_methods:
                return ""
            own = own_object(frame.module, frame.scope)
            if isinstance(function.base, ir.Attribute) and own and ir.dotted(function.base.base) == own:
                return on_object(own) if self._is_kept_on(function, frame) else None
            collection = _collection(function.base) if function.attribute in _GATHERING else None
            if collection is not None:
                return collection.id if self._is_local_collection(collection, frame) else None
            if self._is_filed(call, frame):
                return ""
            if function.attribute == "write" and isinstance(function.base, ir.Name):
                return function.base.id if self._is_buffer(function.base, frame) else None
            if isinstance(function.base, ir.Name) and self.evaluator.names(function, frame) & self._queueing:
                return function.base.id
            if isinstance(function.base, ir.Constant) or any(
                isinstance(v, Token | Text) for v in self.evaluator.value(function.base, frame)
            ):
                return ""
        return "" if self._only_tells(function, frame) or self._only_makes_text(function, frame) else None

    def _only_makes_text(self, function: ir.Expression, frame: Frame) -> bool:
        """Whether a function of the project does nothing with a token but to make something of it: `framed(token)`."""
        values = self.evaluator.value(function, frame)
        located = [self.evaluator.scope_of(value) if isinstance(value, Function) else None for value in values]
        return bool(located) and all(one is not None and self._keeps_to_itself(*one) for one in located)

    def _keeps_to_itself(self, module: Module, scope: ir.Scope) -> bool:
        """Whether a function binds nothing but names of its own, and runs nothing that could pass on what it is given."""
        if scope.is_async or scope.is_generator or scope.stores or not scope.returns:
            return False
        if any(one.name not in scope.by_name for one in scope.bindings):
            return False
        inner = self.evaluator.any_call(module, scope)
        return all(self._only_tells(call.function, inner) for call in scope.calls)

    def _only_tells(self, function: ir.Expression, frame: Frame) -> bool:
        if isinstance(function, ir.Attribute) and isinstance(function.base, ir.Constant):
            return True
        names = self.evaluator.names(function, frame)
        return bool(names) and names <= self._telling

    def _is_added_under(self, store: ir.Store, frame: Frame) -> bool:
        """`parts[key] = parts[key] + token`, of a collection that is made here."""
        if store.is_attribute or not isinstance(store.base, ir.Name):
            return False
        return store.base.id in names_in(store.value) and self._is_local_collection(store.base, frame)

    def _is_held_back(self, call: ir.Call, turns: Turns, frame: Frame) -> bool:
        """Whether a handler writes to its answer, `self.write(token)`, and lets nothing of it go in the loop."""
        function = call.function
        if not isinstance(function, ir.Attribute) or ir.dotted(function.base) != own_object(frame.module, frame.scope):
            return False
        if function.attribute not in {name.rpartition(".")[2] for name in self._writing} or frame.parent is None:
            return False
        bases = self.evaluator.attributes.outside_bases(Class(frame.module.path, frame.parent.scope.index))
        if not {f"{base}.{function.attribute}" for base in bases} & self._writing:
            return False
        sent = (one.function for one in frame.scope.calls if turns.has(one) and isinstance(one.function, ir.Attribute))
        return not any(one.attribute in _SENDING and ir.dotted(one.base) == ir.dotted(function.base) for one in sent)

    def _is_kept_on(self, function: ir.Attribute, frame: Frame) -> bool:
        """Whether a method puts tokens into a list or a queue of its own object."""
        if self.evaluator.names(function, frame) & self._queueing:
            return True
        held = self.evaluator.value(function.base, frame) if function.attribute in _GATHERING else ()
        return any(isinstance(one, Collection) for one in held)

    def filled(self, call: ir.Call, frame: Frame) -> str | None:
        """The name of the local collection, or of the file in memory, that is given all items of an argument at once."""
        match call:
            case ir.Call(function=ir.Attribute(base=ir.Name() as base, attribute=word), arguments=(_,)) if (
                word in _FILLING
            ):
                is_one = self._is_buffer if word == "writelines" else self._is_local_collection
                return base.id if is_one(base, frame) else None
        return None

    def _is_local_collection(self, name: ir.Name, frame: Frame) -> bool:
        """Whether a name means a collection of this scope, or of a function around it."""
        owner = frame.module.uses.owner(name.id, frame.scope) if not name.bindings else None
        is_local = bool(name.bindings) or (owner is not None and owner.is_function)
        return is_local and any(isinstance(one, Collection) for one in self.evaluator.value(name, frame))

    def _is_filed(self, call: ir.Call, frame: Frame) -> bool:
        """Whether a call writes to a file that is opened in this function: that reaches no client."""
        function = call.function
        if not isinstance(function, ir.Attribute) or function.attribute not in _WRITING:
            return False
        name = function.base
        if not isinstance(name, ir.Name):
            return False
        made = [frame.scope.bindings[index].value for index in name.bindings or ()]
        calls = [one.function for one in made if isinstance(one, ir.Call)]
        return (
            bool(calls) and len(calls) == len(made) and all(self.evaluator.names(one, frame) & _FILES for one in calls)
        )

    def _is_buffer(self, name: ir.Name, frame: Frame) -> bool:
        return any(isinstance(one, Instance) and one.name in _BUFFERS for one in self.evaluator.value(name, frame))


def _only_counts(name: str, turns: Turns, scope: ir.Scope) -> bool:
    """Whether a name only has how many or how long the tokens are: `count += 1`, `size += len(token)`."""
    made = [one.value for one in scope.bindings if one.name == name and turns.start <= one.start < turns.end]
    return bool(made) and all(isinstance(one, ir.Constant) or _is_length(one) for one in made)


def _is_length(value: ir.Expression | None) -> bool:
    match value:
        case ir.Call(function=ir.Name(id="len")):
            return True
    return False


def _collection(base: ir.Expression) -> ir.Name | None:
    """The name of a collection, also where it is added to what stands in that: `parts[key]`, `parts.setdefault(key, [])`."""
    match base:
        case ir.Name():
            return base
        case ir.Subscript(base=ir.Name() as name):
            return name
        case ir.Call(function=ir.Attribute(base=ir.Name() as name, attribute="setdefault")):
            return name
    return None
