"""Where what stands in a module goes to: from names, attributes and results to others, whatever the order of the text."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from enum import Enum
from typing import NamedTuple, TypeAlias

from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.streams.meant import Meant
from streamlint.values.puts import GETTING, Puts
from streamlint.values.said import last_word
from streamlint.values.token_streams import STEPPING, STEPS

HANDED_OVER = ("handed over",)
"""What is put into queues: who asks for it may have another name for the queue."""
ENDED_WITH = ("ended with",)
"""What the step that ends a run of a workflow says to its last event."""
Node: TypeAlias = Hashable
"""What may hold something: a variable (its scope and name), what a function gives, what is kept under a word, an argument."""
_BELOW = "__init_subclass__"
_RESULT, _RUN = "result", "run"
_MENTIONING = frozenset(("Annotated", "Provide", "Closing"))
"""What stands for something that is named in its brackets."""
_STEPPING = frozenset(name.rpartition(".")[2] for name in STEPPING)
_ADDED = frozenset(("BitOr", "Add", "Mult"))


class Under(Enum):
    """In which way something is kept under a word."""

    ATTRIBUTE = "attribute"
    """Stored on an object."""
    MEMBER = "member"
    """Of a class or a module."""
    KEY = "key"
    PUT = "put"
    """Put into a container of this name."""


class Step(Enum):
    """How something goes from one node to another."""

    SAME = "same"
    CALLED = "called"
    """The other one has what calling it gives."""
    MADE = "made"
    """Calling the other one gives it."""


class Leaf(NamedTuple):
    """What an expression may hold something from."""

    node: Node
    step: Step = Step.SAME


class Argument(NamedTuple):
    """One argument of a call, by its number or keyword; by neither what `*` and `**` give, and the function below a decorator."""

    call: ir.Call
    scope: ir.Scope
    number: int | None
    keyword: str | None


def gives(scope: ir.Scope) -> Node:
    """What a function returns or yields."""
    return ("gives", scope)


def both(leaves: Iterable[Leaf]) -> list[Leaf]:
    """What is handed to somebody who may call it."""
    return [Leaf(leaf.node, step) for leaf in leaves for step in (leaf.step, Step.CALLED)]


class Leaves:
    """Takes expressions apart, as far as something in them may be what the whole one is, or holds.

    `passing` are the words of calls that may give what they are given, or hand it on; `stops` the events that end a run.
    """

    def __init__(self, meant: Meant, passing: frozenset[str], stops: frozenset[str] = frozenset()) -> None:
        self.meant = meant
        self.stops = stops
        self._passing = passing
        self._known: dict[ir.Expression, list[Leaf]] = {}

    def of(self, expression: ir.Expression, module: Module, scope: ir.Scope) -> list[Leaf]:
        """The nodes that an expression may hold something from; of its own calls and attributes the expressions themselves."""
        known = self._known.get(expression)
        if known is None:
            known = self._known[expression] = self._read(expression, module, scope)
        return known

    def _read(self, expression: ir.Expression, module: Module, scope: ir.Scope) -> list[Leaf]:
        found: list[Leaf] = []
        pending = [expression]
        while pending:
            current = pending.pop()
            match current:
                case ir.Constant() | ir.FormattedString() | ir.Yield():
                    pass
                case ir.Name():
                    found += self._name(current, module, scope)
                case ir.Attribute():
                    found += self._attribute(current, module, scope)
                    pending.append(current.base)
                case ir.Call():
                    leaves, more = self._call(current, module, scope)
                    found += leaves
                    found += both(leaf for part in more for leaf in self.of(part, module, scope))
                case ir.Subscript():
                    found += _key(current.key)
                    pending.append(current.base)
                    if last_word(current.base) in _MENTIONING:
                        found += self.mentioned(current.key, module, scope)
                case ir.Mapping():
                    pending += [value for _, value in current.items]
                case ir.Choice():
                    pending += current.options
                case ir.Operation():
                    pending += current.operands if current.operator in _ADDED else ()
                case ir.Closure():
                    found += self._closure(current, module)
                    pending += current.defaults
                case ir.Comprehension():
                    pending.append(current.element)
                    found.append(Leaf(current))
                case _:
                    pending += current.children()
            if isinstance(current, ir.Sequence | ir.Mapping):
                found.append(Leaf(current))
        return found

    def mentioned(self, annotation: ir.Expression, module: Module, scope: ir.Scope) -> list[Leaf]:
        """All that an annotation names: an object of such a class, or what such a function gives."""
        found = []
        for part in ir.walk(annotation):
            if isinstance(part, ir.Name):
                found += self._name(part, module, scope)
            elif isinstance(part, ir.Attribute):
                found += self._attribute(part, module, scope)
        return both(found)

    def called(self, function: ir.Expression, module: Module, scope: ir.Scope) -> list[Leaf]:
        """What the function of a call may be."""
        if not isinstance(function, ir.Attribute):
            return self.of(function, module, scope)
        below = self.of(function.base, module, scope) if function.attribute in self.meant.tools else []
        return [*self._attribute(function, module, scope), *below]

    def _name(self, name: ir.Name, module: Module, scope: ir.Scope) -> list[Leaf]:
        owner = self.meant.owner(name.id, module, scope)
        if owner is not None:
            return [Leaf((owner, name.id))]
        return [Leaf((Under.MEMBER, name.id))] if module.summary.star_imports else []

    def _attribute(self, attribute: ir.Attribute, module: Module, scope: ir.Scope) -> list[Leaf]:
        found = [Leaf(attribute), Leaf((Under.ATTRIBUTE, attribute.attribute))]
        if not self.meant.is_outside(attribute.base, module, scope):
            found.append(Leaf((Under.MEMBER, attribute.attribute)))
        return found

    @staticmethod
    def _closure(closure: ir.Closure, module: Module) -> list[Leaf]:
        inner = module.scopes[closure.scope]
        if inner.kind == "generator-expression":
            return [Leaf(gives(inner))]
        return [Leaf(gives(inner), Step.MADE), Leaf(("function", inner))]

    def _call(self, call: ir.Call, module: Module, scope: ir.Scope) -> tuple[list[Leaf], list[ir.Expression]]:
        """Nodes that a call may give something from, and the parts that it may hand on."""
        function, word = call.function, last_word(call.function)
        given = [*call.arguments, *(value for _, value in call.keywords)]
        found = [Leaf(leaf.node, Step.CALLED) for leaf in self.called(function, module, scope)]
        found.append(Leaf(call))
        if isinstance(function, ir.Attribute) and word in GETTING and not call.arguments:
            found.append(Leaf(HANDED_OVER))
        match function:
            case ir.Name(id="getattr") if len(call.arguments) > 1:
                return [*found, *self._named(call.arguments[1])], given
            case ir.Name(id="super"):
                return [*found, *self._around(module, scope)], []
            case ir.Name():
                return found, given if self._hands_on(function, module, scope) else []
            case ir.Attribute(base=base) if word in self._passing:
                return [*found, *_key(call.arguments[0] if call.arguments else function)], [base, *given]
            case ir.Attribute(base=base):
                return found, [base] if self.meant.is_outside(base, module, scope) else []
        return found, given

    def _hands_on(self, name: ir.Name, module: Module, scope: ir.Scope) -> bool:
        """Whether a call of a name may give what it is given: it is a variable, or something outside that the tables know."""
        bindings = tuple(self.meant.bindings(name.id, module, scope))
        if not bindings:
            return name.id in self._passing
        words = {(one.member or one.module).rpartition(".")[2] for one in bindings if one.kind == "import"}
        return bool(words & self._passing) or any(one.kind not in ("function", "class", "import") for one in bindings)

    @staticmethod
    def _named(name: ir.Expression) -> list[Leaf]:
        if not isinstance(name, ir.Constant):
            return []
        return [Leaf((under, str(name.value))) for under in (Under.ATTRIBUTE, Under.MEMBER)]

    @staticmethod
    def _around(module: Module, scope: ir.Scope) -> list[Leaf]:
        """The class around a function, as `super()` has it."""
        current = scope
        while current.kind != "class" and current.parent >= 0:
            current = module.scopes[current.parent]
        return [Leaf((module.scopes[current.parent], current.name), Step.CALLED)] if current.kind == "class" else []


def _key(key: ir.Expression) -> list[Leaf]:
    """What is stored under a key: `holder[key]`, `holder.get(key)`."""
    word = str(key.value) if isinstance(key, ir.Constant) else last_word(key)
    return [Leaf((Under.KEY, word))] if word else []


class Edges:
    """From each node of the modules that were read to those that may have something from it."""

    def __init__(self, leaves: Leaves) -> None:
        self._leaves = leaves
        self.meant = leaves.meant
        self.ways: dict[Node, list[tuple[Node, Step]]] = {}
        self.modules: dict[ir.Scope, Module] = {}
        """The modules that were read, by their scopes."""

    def read(self, module: Module) -> None:
        if module.summary.module in self.modules:
            return
        self.modules.update(dict.fromkeys(module.scopes, module))
        for scope in module.scopes:
            self._read_bindings(module, scope)
            self._read_results(module, scope)
            self._read_stores(module, scope)
            for call in scope.calls:
                self._read_call(call, module, scope)
        for puts in Puts(module).by_word.values():
            for put in puts:
                kept = self._container(put.named, module)
                self._add(
                    self._leaves.of(put.value, module, put.scope), *((kept, HANDED_OVER) if put.hands_over else (kept,))
                )

    def _add(self, leaves: Iterable[Leaf], *targets: Node) -> None:
        for node, step in leaves:
            self.ways.setdefault(node, []).extend((target, step) for target in targets)

    @staticmethod
    def _container(named: tuple[int | None, str], module: Module) -> Node:
        """What is put into a container: other modules have those that no function has under the same name."""
        owner, word = named
        scope = module.scopes[owner] if owner else None
        return (Under.PUT, word) if scope is None or scope.kind == "class" else (Under.PUT, word, scope)

    # Names

    def _read_bindings(self, module: Module, scope: ir.Scope) -> None:
        outer = module.scopes[max(scope.parent, 0)]
        for parameter in scope.parameters:
            variable = (scope, parameter.name)
            if parameter.default is not None:
                self._add(both(self._leaves.of(parameter.default, module, outer)), variable)
            if parameter.annotation is not None:
                self._add(self._leaves.mentioned(parameter.annotation, module, outer), variable)
        if scope.parameters and outer.kind == "class":
            around = module.scopes[max(outer.parent, 0)]
            self._add(
                [Leaf((around, outer.name)), Leaf((around, outer.name), Step.CALLED)], (scope, scope.parameters[0].name)
            )
        for binding in scope.bindings:
            self._read_binding(binding, module, scope)

    def _read_binding(self, binding: ir.Binding, module: Module, scope: ir.Scope) -> None:
        variable = (scope, binding.name)
        where = module.scopes[binding.scope]
        if binding.kind == "outside":
            owner = self.meant.owner(binding.name, module, scope)
            if owner is not None:
                self._add([Leaf((owner, binding.name))], variable)
                self._add([Leaf(variable)], (owner, binding.name))
            return
        is_own = scope.kind not in ("module", "class")
        put: Node = (Under.PUT, binding.name, scope) if is_own else (Under.PUT, binding.name)
        self._add([Leaf(put)], variable)
        if binding.value is not None:
            self._add(self._leaves.of(binding.value, module, where), variable)
            self._add([Leaf(put)], *_made_in(binding.value))
        if binding.annotation is not None:
            self._add(self._leaves.mentioned(binding.annotation, module, where), variable)
        if binding.kind in ("function", "class"):
            self._read_definition(module.scopes[binding.target], variable, module, scope)
        elif binding.kind == "import" and binding.member:
            there = self.meant.imported(binding, module)
            came: Node = (Under.MEMBER, binding.member) if there is None else (there.summary.module, binding.member)
            self._add([Leaf(came)], variable)
        if not is_own:
            self._add([Leaf(variable)], (Under.MEMBER, binding.name))
            self._add([Leaf((Under.ATTRIBUTE, binding.name))], variable)

    def _read_definition(self, defined: ir.Scope, variable: Node, module: Module, scope: ir.Scope) -> None:
        for decorator in defined.decorators:
            self._add(both(self._leaves.of(decorator, module, scope)), variable)
        if defined.kind == "class":
            self._add([leaf for base in defined.bases for leaf in self._leaves.of(base, module, scope)], variable)
            name = ir.Name(defined.start, defined.start, defined.name, None)
            below = ir.Call(
                defined.start, defined.end, ir.Attribute(defined.start, defined.start, name, _BELOW), (), ()
            )
            for keyword, value in defined.keywords:
                self._add(self._leaves.of(value, module, scope), variable, Argument(below, scope, None, keyword))
            return
        self._add([Leaf(gives(defined), Step.MADE)], variable)
        if defined.decorators:  # a property, or what else runs it
            self._add([Leaf(gives(defined))], variable)
            for decorator in defined.decorators:
                function = decorator.function if isinstance(decorator, ir.Call) else decorator
                call = ir.Call(decorator.start, decorator.end, function, (), ())
                self._add([Leaf(variable)], Argument(call, scope, None, None))
        if scope.kind == "class" and defined.name.startswith("__") and defined.name != "__init__":
            around = module.scopes[max(scope.parent, 0)]
            self._add([Leaf(gives(defined), Step.MADE)], (around, scope.name))
            if defined.name in STEPS:  # an iterator, which gives itself to who iterates over it
                for method in module.inner(scope):
                    self._add([Leaf(gives(defined))], *((method, one.name) for one in method.parameters[:1]))

    # Functions

    def _read_results(self, module: Module, scope: ir.Scope) -> None:
        result = gives(scope)
        for value in (*(item.value for item in scope.returns), *(item.value for item in scope.yields)):
            if value is not None:
                self._add(self._leaves.of(value, module, scope), result)
        states = (item.value.items for item in scope.yields if isinstance(item.value, ir.Mapping))  # of a lifespan
        for key, given in (item for items in states for item in items):
            if isinstance(key, ir.Constant):
                self._add(self._leaves.of(given, module, scope), (Under.ATTRIBUTE, str(key.value)))
        if scope.name in STEPS:
            for source in filter(None, map(_stepped, scope.calls)):
                self._add(self._leaves.of(source, module, scope), result)
        if scope.is_generator or scope.kind == "generator-expression":
            for loop in dict.fromkeys((*scope.loops, *scope.clauses)):
                self._add(self._leaves.of(loop.iterable, module, module.scopes[loop.scope]), result)
        if scope.returns_annotation is not None:
            outer = module.scopes[max(scope.parent, 0)]
            self._add(self._leaves.mentioned(scope.returns_annotation, module, outer), result)

    def _read_stores(self, module: Module, scope: ir.Scope) -> None:
        for store in scope.stores:
            under = Under.ATTRIBUTE if store.is_attribute else Under.KEY
            word = store.member or (last_word(store.key) if store.key is not None else "")
            kept: Node = (under, word)
            self._add(self._leaves.of(store.value, module, scope), kept)
            if store.is_attribute:
                self._add([Leaf((Under.PUT, word))], kept, *_made_in(store.value))

    def _read_call(self, call: ir.Call, module: Module, scope: ir.Scope) -> None:
        for number, argument in enumerate(call.arguments):
            hides = number >= call.placed
            self._add(self._leaves.of(argument, module, scope), Argument(call, scope, None if hides else number, None))
        for keyword, value in call.keywords:
            self._add(self._leaves.of(value, module, scope), Argument(call, scope, None, keyword))
            if keyword == _RESULT and last_word(call.function) in self._leaves.stops:
                self._add(self._leaves.of(value, module, scope), ENDED_WITH)
                self._add([Leaf(ENDED_WITH, Step.MADE)], (Under.ATTRIBUTE, _RUN))


def _made_in(expression: ir.Expression) -> Iterator[Node]:
    """The containers, and what calls give, in what a name is given."""
    made = (ir.Sequence, ir.Mapping, ir.Comprehension, ir.Call)
    return (part for part in ir.walk(expression) if isinstance(part, made))


def _stepped(call: ir.Call) -> ir.Expression | None:
    """What may be an iterator whose next item a call asks for."""
    if isinstance(call.function, ir.Attribute) and call.function.attribute in STEPS:
        return call.function.base
    return call.arguments[0] if last_word(call.function) in _STEPPING and call.arguments else None
