"""What `value.name` and `value[key]` give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from streamlint.knowledge.llama_index import Role
from streamlint.knowledge.platforms import platforms
from streamlint.knowledge.token_streams import FINISHED, TEXT
from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.values.activations import Frame
from streamlint.values.alternatives import alternatives
from streamlint.values.domain import (
    GAVE_UP,
    NOTHING,
    PENDING,
    UNKNOWN,
    Bound,
    Class,
    Collection,
    Constant,
    Coroutine,
    External,
    Function,
    Instance,
    Llama,
    Member,
    Object,
    Partial,
    Pending,
    ProjectModule,
    Super,
    Token,
    Tokens,
    Unknown,
    Value,
    Values,
    says,
)
from streamlint.values.enumerations import Enumerations
from streamlint.values.events import Events
from streamlint.values.fallbacks import Fallbacks
from streamlint.values.items import Items
from streamlint.values.lineages import Lineages, is_called
from streamlint.values.members import Members
from streamlint.values.said import last_word
from streamlint.values.tools import Tools
from streamlint.values.whole import Whole

_NEW = "builtins.object.__new__"


class Attributes:
    """Looks attributes up in project classes, outside instances, modules and LlamaIndex objects."""

    def __init__(self, evaluator: Whole) -> None:
        self.evaluator = evaluator
        lineages = Lineages(evaluator)
        self.lineage, self.outside_bases = lineages.of, lineages.outside_bases
        self.method, self.setter, self.below, self.made_by, self.spelt = (
            lineages.method,
            lineages.setter,
            lineages.below,
            lineages.made_by,
            lineages.spelt,
        )
        self._enumerations = Enumerations(evaluator)
        items = Items(evaluator)
        self.item, self.added, self.unpacked = items.of, items.added, items.unpacked
        members = Members(evaluator)
        self.of_module, self.put_on_module = members.of, members.put
        self.fallback = Fallbacks(evaluator, members)
        self._tools, self._events = Tools(evaluator), Events(evaluator)
        self._on_self: dict[ir.Scope, dict[str, list[tuple[ir.Scope, ir.Store]]]] = {}

    def value(self, base: Value, name: str, expression: ir.Attribute | None, frame: Frame | None) -> Values:
        match base:
            case ProjectModule():
                return self.of_module(base.path, name) or UNKNOWN
            case External():
                return self.of_external(base, name)
            case Instance():
                return self._of_instance(base, name)
            case Object() | Class():
                return self.of_class(base, name) or self.fallback.value(base, name) or UNKNOWN
            case Super():
                return self._above(base, name) or UNKNOWN
            case Member():
                return self._enumerations.of_member(base, name)
            case Llama():
                return self._of_llama(base, name)
            case Token():
                return self._of_token(base, name)
            case Bound():
                return self._of_bound(base, name)
            case Function() if name in self._tools.methods:
                return self._tools.method(base, name, expression, frame)
            case Function(receiver=None) if name in self._tools.queueing:
                return self._tools.queued(base, name)
            case Pending():
                return PENDING
            case Unknown():
                return self._of_unknown(base, name, expression, frame)
            case Tokens() | Collection() | Coroutine():
                return frozenset((Bound(base, name),))
            case Constant(value=str()) if name == "startswith":
                return frozenset((Bound(base, name),))
            case Constant() if name == "value":  # a member of an enumeration of texts or numbers
                return frozenset((base,))
        return UNKNOWN

    # Project classes

    def of_class(self, base: Object | Class, name: str) -> Values:
        """An attribute of a project class or its instance, inherited ones too; empty where nothing tells.

        A class that only says `engine = None` leaves it to its bases, and to whoever sets the attribute.
        """
        return self.evaluator.found(("member", base, name), lambda: self._of_class(base, name))

    def _of_class(self, base: Object | Class, name: str) -> Values:
        vague: Values = NOTHING
        for owner in self.lineage(base):
            if not isinstance(owner, Class) and any(isinstance(value, Unknown) for value in vague):
                break  # a field of the project's class
            found = self._own(owner, base, name) if isinstance(owner, Class) else self._inherited(owner, base, name)
            if says(found) or found == GAVE_UP or not isinstance(owner, Class):
                return self._set_later(found, base, name)
            vague = vague or found
        return self._stored(base, name, is_attribute=True) or vague

    def _set_later(self, found: Values, base: Object | Class, name: str) -> Values:
        """What its class has it for, and what code makes of it later: `service.is_live = True`, `self.count += 1`."""
        owners = [owner for owner in self.lineage(base) if isinstance(owner, Class)]
        holders = [*owners, *((one.path, one.scope) for one in owners if isinstance(base, Object))]
        return self.evaluator.union((found, *(self.evaluator.callers.set_later(name, one) for one in holders)))

    def _above(self, base: Super, name: str) -> Values:
        """An attribute as `super()` finds it: of the classes behind its own in the lineage of the receiver, bound to that."""
        lineage = self.lineage(base.receiver)
        behind = lineage[lineage.index(base.owner) + 1 :] if base.owner in lineage else ()
        for owner in behind:
            if not isinstance(owner, Class):
                return self._inherited(owner, base.receiver, name)
            found = self._own(owner, base.receiver, name)
            if says(found):
                return found
        return frozenset((External(_NEW),)) if name == "__new__" else NOTHING

    def _own(self, owner: Class, base: Object | Class, name: str) -> Values:
        located = self.evaluator.scope_of(owner)
        if located is None:
            return NOTHING
        module, scope = located
        found: list[Values] = []
        for index in reversed(scope.by_name.get(name, [])):
            binding = scope.bindings[index]
            if binding.kind != "function":
                field = self._field(module, scope, binding, base)
                found.append(alternatives(_bound_partial(one, base) for one in field))
            elif is_called(module.scopes[binding.target]):
                return self._method(module, scope, binding, base)
        if isinstance(base, Object):
            found.append(self._assigned_on_self(module, scope, name, base))
        return self.evaluator.union(found)

    def _field(self, module: Module, scope: ir.Scope, binding: ir.Binding, base: Object | Class) -> Values:
        evaluator = self.evaluator
        if isinstance(base, Class) and binding.kind == "assign" and self._enumerations.has(base):
            return frozenset((Member(module.path, scope.index, binding.name),))
        values = self._enumerations.given(binding, module, scope)
        if isinstance(base, Object) and binding.annotation is not None:
            given = evaluator.callers.field_values(base, binding.name)
            checked = self._validated(module, scope, binding.name)
            found = evaluator.union([v for v in (values, given, checked) if says(v)]) or values
            is_one_of_several = self._is_filled(base) and all(isinstance(value, Constant) for value in found)
            return evaluator.union((found, UNKNOWN)) if is_one_of_several else found
        return values

    def _validated(self, module: Module, scope: ir.Scope, field: str) -> Values:
        """What the validators of a field give for it: `@field_validator("backend")`."""
        words, found = self.evaluator.knowledge.names("answers_read", "field-validators"), list[Values]()
        for binding in scope.bindings:
            method = module.scopes[binding.target] if binding.kind == "function" else None
            for one in method.decorators if method is not None else ():
                named = one.arguments if isinstance(one, ir.Call) and last_word(one.function) in words else ()
                if method is not None and any(isinstance(n, ir.Constant) and n.value == field for n in named):
                    function = frozenset((Function(module.path, method.index),))
                    found.append(self.evaluator.calls.results(function, (), {}, None))
        return self.evaluator.union(found)

    def _is_filled(self, base: Object) -> bool:
        """Whether a request body, a form or the environment fills the fields, so that a default is only one of the values."""
        filled = tuple(self.evaluator.knowledge.names("answers_read", "filled-bases"))
        return any(name.endswith(filled) for name in self.outside_bases(base))

    def _method(self, module: Module, scope: ir.Scope, binding: ir.Binding, base: Object | Class) -> Values:
        evaluator = self.evaluator
        frame = evaluator.any_call(module, scope)
        function = module.scopes[binding.target]
        kinds = function.decorator_words
        raw = Function(module.path, function.index)
        if kinds & {"property", "cached_property"} and isinstance(base, Class):
            return UNKNOWN
        if kinds & {"property", "cached_property"}:
            return evaluator.calls.results(frozenset((self._bind(raw, base),)), (), {}, None)
        values = evaluator.binding(binding, frame)
        if "staticmethod" in kinds:
            return values
        receiver: Value = Class(base.path, base.scope) if "classmethod" in kinds else base
        if isinstance(base, Class) and "classmethod" not in kinds:
            return values
        return alternatives(self._bind(value, receiver) for value in values)

    @staticmethod
    def _bind(value: Value, receiver: Value) -> Value:
        if isinstance(value, Function) and value.receiver is None:
            return Function(value.path, value.scope, value.frame, receiver)
        return value

    def _assigned_on_self(self, module: Module, scope: ir.Scope, name: str, made: Object) -> Values:
        """What the methods of one class assign to `self.name`, where `self` is this object."""
        evaluator, stores = self.evaluator, self.stores_on_self(module, scope).get(name, ())
        found = []
        for method, store in stores:
            frame = self._making(module, method, store, made)
            found.append(evaluator.at(evaluator.value(store.value, frame), store.path))
        values = evaluator.union(found)
        for method, store in stores:
            values = evaluator.parameters.told(values, store.annotation, evaluator.any_call(module, method))
        return values

    def stores_on_self(self, module: Module, scope: ir.Scope) -> Mapping[str, list[tuple[ir.Scope, ir.Store]]]:
        """By attribute: where the methods of a class, and the functions in them, assign it."""
        known = self._on_self.get(scope)
        if known is None:
            known = self._on_self[scope] = {}
            for method in self._inside(module, scope):
                owner = method if method.parent == scope.index else self._method_around(module, method, scope)
                itself = owner.parameters[0].name if owner is not None and owner.parameters else None
                for store in method.stores:
                    if store.is_attribute and isinstance(store.base, ir.Name) and store.base.id == itself:
                        known.setdefault(store.member, []).append((method, store))
        return known

    @staticmethod
    def _inside(module: Module, scope: ir.Scope) -> Iterator[ir.Scope]:
        """The functions that stand in a class and store something."""
        for index in range(scope.index + 1, len(module.scopes)):
            method = module.scopes[index]
            if method.start >= scope.end:
                return
            if method.kind == "function" and method.stores:
                yield method

    def _making(self, module: Module, method: ir.Scope, store: ir.Store, made: Object) -> Frame:
        """The frame in which a method stores: for `__init__`, with what those give who make such an object."""
        evaluator = self.evaluator
        used = {part.id for part in ir.walk(store.value) if isinstance(part, ir.Name)}
        parameters = [p for p in method.parameters[1:] if p.name in used]
        if method.name != "__init__" or not parameters:
            return evaluator.any_call(module, method)
        function, callers = Function(module.path, method.index), evaluator.callers
        outer = evaluator.any_call(module, module.scopes[method.parent])
        given = (
            (p, callers.initial(function, method, p, made) or callers.given_to_constructor(made, p, outer))
            for p in parameters
        )
        known = ((p, values) for p, values in given if says(values) or p.default is not None)
        told = {p.name: values or self._unseen(p, outer) for p, values in known}
        return evaluator.frames.call(module, method, None, told, None)

    def _unseen(self, parameter: ir.Parameter, outer: Frame) -> Values:
        """What a constructor that nobody is seen to call may be given: its default, or something else."""
        default = self.evaluator.value(parameter.default, outer) if parameter.default is not None else NOTHING
        return self.evaluator.union((default, UNKNOWN))

    @staticmethod
    def _method_around(module: Module, function: ir.Scope, owner: ir.Scope) -> ir.Scope | None:
        """The method of a class in which a function stands, directly or not; None in a class or lambda within that class."""
        while function.parent != owner.index:
            function = module.scopes[function.parent]
        return function if function.kind == "function" else None

    def _inherited(self, outside: External, base: Object | Class, name: str) -> Values:
        role = self.evaluator.knowledge.llama.role(outside.name)
        if role is not None:
            native = None
            if isinstance(base, Object | Class):
                native = self.evaluator.calls.native_async(base, outside.name)
            return self._of_llama(Llama(role, outside.name, native_async=native), name)
        stored = self._stored(base, name, is_attribute=True) if isinstance(base, Object) else NOTHING
        family = self.evaluator.knowledge.token_streams.returns(outside.name) or outside.name
        return stored or self._of_instance(Instance(family), name)

    # What is stored on objects from outside the class

    def _stored(self, base: Instance | Object | Class, member: str, *, is_attribute: bool) -> Values:
        """What any module of the project stores under this name on an object of the same class, or on this class itself."""
        callers = self.evaluator.callers
        found = callers.stored(member, self.identity(base), is_attribute=is_attribute)
        return callers.lifespan_state(base, member) if isinstance(base, Instance) and not found else found

    def put_under(self, base: Instance, key: str) -> Values:
        """What the project stores under a constant key of an outside object: `app["engine"] = ...`."""
        return self._stored(base, key, is_attribute=False)

    def identity(self, value: Value) -> object:
        """What two values share where one store on them is a store on the other."""
        match value:
            case Instance():
                return self.evaluator.knowledge.objects.family(value.name)
            case Object():
                return (value.path, value.scope)
            case Collection():
                return value.origin
        return value

    # Outside the project

    def of_external(self, base: External, name: str) -> Values:
        knowledge = self.evaluator.knowledge
        full = f"{base.name}.{name}"
        made = knowledge.objects.attribute(base.name, name)
        if made:
            return frozenset((Instance(made),))
        if full in platforms().values:
            return frozenset((Constant(platforms().values[full]),))
        role = knowledge.llama.role(full) if not name[:1].isupper() else None
        if role is not None:
            return frozenset((Llama(role, full),))
        return frozenset((External(full),))

    def _of_instance(self, base: Instance, name: str) -> Values:
        knowledge = self.evaluator.knowledge
        made = knowledge.objects.attribute(base.name, name)
        if made:
            return frozenset((Instance(made),))
        stored = self._stored(base, name, is_attribute=True)
        if says(stored):
            return stored
        tokens = self.evaluator.calls.streams.attribute(base, name)
        if tokens is not None:
            return frozenset((tokens,))
        family = knowledge.blocking.attribute(base.name, name)
        if family and not knowledge.token_streams.has(f"{base.name}.{name}"):
            return frozenset((Instance(family),))
        return frozenset((Bound(base, name),))

    @staticmethod
    def _of_bound(base: Bound, name: str) -> Values:
        """A longer chain on an outside instance: `client.chat.completions`."""
        return frozenset((Bound(base.receiver, f"{base.name}.{name}"),))

    # LlamaIndex

    def _of_llama(self, base: Llama, name: str) -> Values:
        tokens = self.evaluator.calls.token_attribute(base, name)
        if tokens is not None:
            return frozenset((tokens,))
        if name == "response" and base.role is Role.RESPONSE and base.streaming is False:
            return frozenset((Token(FINISHED, base.origin),))
        part = self.evaluator.knowledge.llama.part(base.role, name)
        return frozenset((Llama(part, origin=base.origin) if part is not None else Bound(base, name),))

    def _of_token(self, base: Token, name: str) -> Values:
        streams = self.evaluator.calls.streams
        own = self._events.field(name) if base.items == "event" and not base.part else NOTHING
        if own:
            return frozenset((Token(TEXT, base.origin),))
        is_method = name == "get" or streams.as_text(base, name) is not UNKNOWN
        return frozenset((Bound(base, name),)) if is_method else streams.part(base, name)

    def _of_unknown(self, base: Unknown, name: str, expression: ir.Attribute | None, frame: Frame | None) -> Values:
        """Names that can mean nothing else: LlamaIndex's own, on a value of which nothing is known."""
        if expression is not None and frame is not None:
            origin = self.evaluator.origin(expression, frame)
            if name == "response_gen":
                return frozenset((Tokens(None, "text", origin),))
            if name in ("async_response_gen", "as_query_engine", "as_chat_engine"):
                return frozenset((Bound(Unknown(), name),))
        return frozenset((base,))


def _bound_partial(value: Value, base: Object | Class) -> Value:
    """A `partialmethod` as an object has it: with the object as the receiver of what it is made of."""
    if not isinstance(value, Partial) or not value.is_method or not isinstance(base, Object):
        return value
    functions = (
        one if not isinstance(one, Function) or one.receiver else replace(one, receiver=base) for one in value.function
    )
    return replace(value, function=alternatives(functions), is_method=False)
