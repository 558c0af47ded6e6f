"""What the program gives to responses and frameworks as a body, and which generator functions end up in one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from streamlint.knowledge.responses import Fate, ResponseClass
from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.values import Values
from streamlint.values.activations import Frame
from streamlint.values.alternatives import alternatives
from streamlint.values.domain import (
    NOTHING,
    Class,
    Collection,
    Constant,
    Function,
    Generated,
    Iterated,
    Object,
    OffLoop,
    Unknown,
    Value,
    dotted_name,
)
from streamlint.values.limits import Limit
from streamlint.values.said import last_word

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.serving import Entry

_DEEPEST = 6


@dataclass(frozen=True, eq=False)
class Sending:
    """A body that is given to a response: the call, the expression in it, and the frame in which both stand."""

    frame: Frame
    call: ir.Call
    content: ir.Expression
    response: ResponseClass
    media_type: str | None
    """What the response says of its body; "" for nothing, None where it cannot be seen."""


@dataclass(frozen=True, eq=False)
class SentGenerator:
    """A generator function whose items a response sends; `frame` is the activation that the response gets."""

    frame: Frame
    sending: Sending


class Taken(NamedTuple):
    """A loop over a generator, in another one that is sent or taken so itself."""

    loop: ir.Loop
    frame: Frame


class Sent:
    """Looks at every call that makes a response, once."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self.reach = project.reach
        self._registering = project.registering

    # Questions

    def serves(self, module: Module, scope: ir.Scope) -> bool:
        """Whether requests run the scope, or the function that it stands in."""
        function = module.enclosing_function(scope)
        if function is None:
            return False
        if self.reach.from_request(module, function) is not None or self.reach.on_loop(module, function) is not None:
            return True
        return scope.is_generator and (module.path, scope.index) in self._sent_scopes

    def of_call(self, call: ir.Call, frame: Frame) -> Sending | None:
        """The body that this call gives to a response class, or to a subclass of one that adds nothing to it."""
        for value in self.evaluator.value(call.function, frame):
            response = self._response(value)
            if response is None:
                continue
            content = call.argument(response.content.position, response.content.keyword or None)
            if content is not None and not response.by_hand and not response.file:
                return Sending(frame, call, content, response, self.media_type(value, response, call, frame))
        return None

    def generator(self, path: Path, scope: ir.Scope) -> tuple[SentGenerator, ...]:
        """The responses that send what this generator yields."""
        return self._sent.get((path, scope.index), ())

    def mapped(self, sending: Sending) -> SentGenerator | None:
        """The function that `map(function, iterator)`, as a body, calls for each item: what it returns is sent."""
        call, frame = sending.content, sending.frame
        if not isinstance(call, ir.Call) or len(call.arguments) != 2:
            return None
        if self.evaluator.names(call.function, frame) != {"builtins.map"}:
            return None
        functions = list(self.evaluator.value(call.arguments[0], frame))
        if len(functions) != 1 or not isinstance(functions[0], Function):
            return None
        item = self.evaluator.element(self.evaluator.value(call.arguments[1], frame))
        given = self.evaluator.calls.named(functions[0], (item,), {})
        inner = self.evaluator.calls.frame(functions[0], given, frame)
        return None if inner.scope.is_generator or inner.scope.is_async else SentGenerator(inner, sending)

    def is_wrapped(self, entry: Entry) -> bool:
        """Whether what a handler returns may become something else before it is sent."""
        frame = self.evaluator.any_call(entry.module, entry.module.scopes[entry.scope.parent])
        for decorator in entry.scope.decorators:
            if isinstance(decorator, ir.Call) and any(name == "response_class" for name, _ in decorator.keywords):
                return True
            function = decorator.function if isinstance(decorator, ir.Call) else decorator
            if any(
                isinstance(value, Function | Class | Object | OffLoop)
                for value in self.evaluator.value(function, frame)
            ):
                return True
        return False

    def is_passed_on(self, item: ir.Yield, frame: Frame) -> bool:
        """Whether a generator yields what another generator of the project yielded."""
        return any(isinstance(value, Generated) for value in self._source(item, frame))

    # Responses

    def _response(self, value: Value) -> ResponseClass | None:
        responses = self.evaluator.knowledge.responses
        if not isinstance(value, Class):
            return responses.response(dotted_name(value))
        located = self.evaluator.scope_of(value)
        if located is None or any(not self._changes_nothing(one, located[0]) for one in located[1].bindings):
            return None
        lineage = list(self.evaluator.attributes.lineage(value))
        if sum(isinstance(owner, Class) for owner in lineage) != 1:
            return None
        outside = [responses.response(name) for name in self.evaluator.attributes.outside_bases(value)]
        return next((response for response in outside if response is not None), None)

    def _changes_nothing(self, binding: ir.Binding, module: Module) -> bool:
        """Whether a response with this in its class sends what one without it would: a further maker, or a bare `super()`."""
        if binding.kind != "function":
            return True
        method = module.scopes[binding.target]
        if {"classmethod", "staticmethod"} & method.decorator_words:
            return True
        return binding.name == "__init__" and _only_passes_on(method)

    def media_type(self, value: Value, response: ResponseClass, call: ir.Call, frame: Frame) -> str | None:
        """What a response says of its body, where it is made or afterwards; "" for nothing, None where it cannot be seen."""
        later = _told_later(call, frame.scope)
        if later:
            return _text(self.evaluator.value(later[0].value, frame)) if len(later) == 1 else None
        argument = response.media_type_argument
        given = call.argument(argument.position, argument.keyword or None) or call.argument(None, "content_type")
        if given is not None:
            return _text(self.evaluator.value(given, frame))
        if call.hides_keywords:
            return None
        headers = _last_of_view(call) if response.as_view else _headers(call, response)
        if headers is not None:
            return self._of_headers(headers, response, frame)
        if isinstance(value, Class):
            own = self.evaluator.attributes.of_class(value, "media_type")
            if any(isinstance(one, Constant) for one in own):
                return _text(own)
        return response.media_type

    def _of_headers(self, headers: ir.Expression, response: ResponseClass, frame: Frame) -> str | None:
        made = certain(self.evaluator.value(headers, frame))
        if len(made) != 1 or not isinstance(made[0], Collection) or made[0].kind != "dict":
            return None
        for name, values in made[0].items:
            if name is None or name.lower() == "content-type":
                return _text(values) if name is not None else None
        return response.media_type

    # All of them

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(name.rpartition(".")[2] for name in self._imported)

    @cached_property
    def all(self) -> tuple[Sending, ...]:
        """Every body that the modules of the project give to a response."""
        return tuple(self._find())

    def _modules(self) -> tuple[Module, ...]:
        """The modules that may make a response: where its package is imported, with the classes below it and its functions."""
        modules = self.evaluator.modules
        functions = {path for name in self._imported if not _is_class(name) for path in self._registering.users(name)}
        return modules.among(functions.union(modules.texts.saying(self._classes)))

    @cached_property
    def _imported(self) -> tuple[str, ...]:
        """The names of the table whose packages some file imports."""
        return tuple(name for name in self.evaluator.knowledge.responses.names if self._registering.imports(name))

    @cached_property
    def _classes(self) -> Mapping[str, set[Path]]:
        """The names of the classes of responses that the project may use, its own and renamed ones too."""
        words = (name.rpartition(".")[2] for name in self._imported if _is_class(name))
        return self.evaluator.modules.texts.descendants(words)

    def _may_make(self, function: ir.Expression, module: Module, scope: ir.Scope) -> bool:
        """Whether what is called may make a response, by its name; a variable may hold any class."""
        word = last_word(function)
        if word == "cls" or word in self._words or word in self._classes:
            return True
        return word[:1].isupper() and isinstance(function, ir.Name) and _is_variable(word, module, scope)

    def _find(self) -> Iterator[Sending]:
        for module in self._modules():
            for scope in module.scopes:
                frame = None
                for call in scope.calls:
                    if not self._may_make(call.function, module, scope):
                        continue
                    frame = frame or self.evaluator.any_call(module, scope)
                    sending = self.of_call(call, frame)
                    if sending is not None:
                        yield sending

    @cached_property
    def _sent(self) -> dict[tuple[Path, int], tuple[SentGenerator, ...]]:
        found: dict[tuple[Path, int], tuple[SentGenerator, ...]] = {}
        for sending in self.all:
            if sending.response.sync_iterator is Fate.TEXT:
                continue
            for generator in self._generators(self.evaluator.value(sending.content, sending.frame), 0):
                key = (generator.frame.module.path, generator.frame.scope.index)
                found[key] = (*found.get(key, ()), SentGenerator(generator.frame, sending))
        return found

    @cached_property
    def taken(self) -> Mapping[tuple[Path, int], tuple[Taken, ...]]:
        """The loops of sent generators over other generators of the project, by the function that is looped over."""
        found: dict[tuple[Path, int], tuple[Taken, ...]] = {}
        pending = [one.frame for sent in self._sent.values() for one in sent]
        for _ in range(_DEEPEST):
            inner = list[Frame]()
            for frame in pending:
                for loop in frame.scope.loops:
                    for value in self.evaluator.iterated(loop, frame):
                        if isinstance(value, Generated):
                            key = (value.frame.module.path, value.frame.scope.index)
                            inner += () if key in found else (value.frame,)
                            found[key] = (*found.get(key, ()), Taken(loop, frame))
            pending = inner
        return found

    @cached_property
    def _sent_scopes(self) -> frozenset[tuple[Path, int]]:
        return frozenset(self._sent)

    def _generators(self, values: Values, depth: int) -> Iterator[Generated]:
        """The project generators among some values, and those whose items they pass on as they are."""
        if depth > _DEEPEST:
            self.evaluator.give_up(Limit.GENERATORS)
            return
        for value in values:
            if isinstance(value, Iterated) and value.in_thread:
                yield from self._generators(value.over, depth + 1)
            if isinstance(value, Generated):
                yield value
                yield from self._generators(self._passed_on(value), depth + 1)

    def _passed_on(self, value: Generated) -> Values:
        """What a generator yields from, and what it loops over where it yields the loop's own variable."""
        sources = [self._source(item, value.frame) for item in value.frame.scope.yields]
        return alternatives(one for values in sources for one in values)

    def _source(self, item: ir.Yield, frame: Frame) -> Values:
        if item.value is not None and item.is_from:
            return self.evaluator.value(item.value, frame)
        if not isinstance(item.value, ir.Name):
            return NOTHING
        reaching = set(item.value.bindings or ())
        loops = [loop for loop in frame.scope.loops if reaching & set(loop.targets)]
        return alternatives(one for loop in loops for one in self.evaluator.iterated(loop, frame))


def _is_variable(name: str, module: Module, scope: ir.Scope) -> bool:
    """Whether a name is assigned or given, where it is neither imported nor defined."""
    while name not in scope.by_name:
        if scope.parent < 0:
            return False
        scope = module.scopes[scope.parent]
    return any(scope.bindings[index].kind not in ("import", "class", "function") for index in scope.by_name[name])


def _only_passes_on(constructor: ir.Scope) -> bool:
    """`def __init__(self, *args, **kwargs): super().__init__(*args, **kwargs)`, and nothing beside that."""
    own = [one for one in constructor.body.statements if not _is_docstring(one)]
    if [one.kind for one in constructor.parameters[1:]] != ["starred", "mapping"] or len(own) != 1:
        return False
    call = own[0].values[0] if isinstance(own[0], ir.Line) and len(own[0].values) == 1 else None
    if not isinstance(call, ir.Call) or last_word(call.function) != "__init__":
        return False
    first, second = (one.name for one in constructor.parameters[1:])
    given = [ir.dotted(one.value) for one in call.arguments if isinstance(one, ir.Starred)]
    named = [(name, ir.dotted(one)) for name, one in call.keywords]
    return given == [first] and len(call.arguments) == 1 and named == [(None, second)]


def _is_docstring(statement: ir.Statement) -> bool:
    return (
        isinstance(statement, ir.Line) and len(statement.values) == 1 and isinstance(statement.values[0], ir.Constant)
    )


def _headers(call: ir.Call, response: ResponseClass) -> ir.Expression | None:
    """The headers of a response, by their keyword or in their place."""
    place = response.parameters.index("headers") if "headers" in response.parameters else None
    return call.argument(place, "headers")


def _told_later(call: ir.Call, scope: ir.Scope) -> list[ir.Store]:
    """`made.headers["Content-Type"] = ...` of the response that a call makes."""
    names = {one.name for one in scope.bindings if one.value is call and one.kind == "assign" and not one.path}
    if len(names) != 1:
        return []
    return [one for one in scope.stores if _is_kind_of(one, *names)]


def _is_kind_of(store: ir.Store, made: str) -> bool:
    """Whether a store says what kind of document a response is; Django takes its headers by the response's own brackets."""
    base = store.base.base if isinstance(store.base, ir.Attribute) and store.base.attribute == "headers" else store.base
    if not isinstance(base, ir.Name) or base.id != made:
        return False
    member = store.member.lower()
    return member in ("mimetype", "content_type") if store.is_attribute else member == "content-type"


def _last_of_view(call: ir.Call) -> ir.Expression | None:
    """What may be headers among what a view would return: the last of several, `make_response(body, 200, headers)`."""
    last = call.arguments[-1] if call.placed > 1 else None
    return None if isinstance(last, ir.Constant) else last


def _is_class(name: str) -> bool:
    return name.rpartition(".")[2][:1].isupper()


def items_of(scope: ir.Scope) -> tuple[ir.Yield, ...]:
    """What a generator gives as its items; of a function that `map` calls for each of them, what it returns."""
    returned = () if scope.is_generator else scope.returns
    return (*scope.yields, *(ir.Yield(one.start, one.end, one.value, False) for one in returned))


def certain(values: Values) -> list[Value]:
    """All alternatives where every one of them says something; none where one is unknown."""
    return [] if any(isinstance(value, Unknown) for value in values) else list(values)


def _text(values: Values) -> str | None:
    texts = {value.value if isinstance(value, Constant) else None for value in values}
    one = texts.pop() if len(texts) == 1 else None
    return one.partition(";")[0].strip().lower() if isinstance(one, str) else None
